//! The binary `lethe`: one program, from the command line to the console.
//!
//! Reading order: `cli` (what can be typed), `command` (what is run, wherever the data is open), `local` (the way to the
//! server that holds it), `serve` and `router` (a server from start to stop), `session` and `security` (who is let in),
//! `rest` and `wire` (the API and its shapes), `bench` (what all of it takes on this machine).

mod assets;
mod bench;
mod cli;
mod command;
mod config;
mod deletion;
mod demo;
mod download;
mod foreground;
mod importing;
mod local;
mod log;
mod members_file;
mod named_people;
mod opendsr_setup;
mod output;
mod privacy_files;
mod receipt_files;
mod rest;
mod router;
mod security;
mod serve;
mod session;
mod session_files;
mod suppressing;
mod tracking;
mod wire;

use std::process::ExitCode;

/// Memory comes from here for SQLite, too, which is where most of it goes: each connection has a thread, and the system's
/// allocator keeps for each thread what it once held. How it gives memory back is set in `.cargo/config.toml`.
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Rendering on the server has been seen to hang on one worker.
const WORKERS_MIN: usize = 4;

fn main() -> ExitCode {
    // What is stored is personal: no file of ours is for others to read.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let workers = std::thread::available_parallelism().map_or(WORKERS_MIN, |n| n.get().max(WORKERS_MIN));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(cli::main());
            // A read of standard input cannot be called back; it must not keep the process.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            output::note(&format!("The program could not start: {error}."));
            ExitCode::FAILURE
        }
    }
}
