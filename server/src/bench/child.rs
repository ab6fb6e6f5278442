//! Processes that a measurement starts: this very binary, in an environment of its own, and what the system says about
//! them. Each is killed when it is let go of.

use super::{Done, said};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// A server that was asked to stop is killed after this long; a stop that wipes may take a second.
const STOP_MAX: Duration = Duration::from_secs(30);

/// This binary on a data directory. Nothing of our own environment reaches it: settings of the machine would be measured.
fn command(data: &Path, args: &[&str]) -> Done<Command> {
    let binary = std::env::current_exe().map_err(said)?;
    let mut command = Command::new(binary);
    command
        .args(args)
        .arg("--json")
        .arg("--data")
        .arg(data)
        .env_clear()
        .env("LETHE_LOG", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    Ok(command)
}

/// Runs a command to its end and reads its answer; says how long the process lived.
pub(super) async fn run<T: DeserializeOwned>(data: &Path, args: &[&str]) -> Done<(T, Duration)> {
    let begun = Instant::now();
    let output = command(data, args)?
        .stderr(Stdio::piped())
        .output()
        .await
        .map_err(said)?;
    let took = begun.elapsed();
    let name = args.first().copied().unwrap_or_default();
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`lethe {name}` failed: {}", why.trim()));
    }
    let answer = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("`lethe {name}` gave an answer that cannot be read: {error}."))?;
    Ok((answer, took))
}

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// When its process was asked for.
    pub(super) spawned: Instant,
}

impl Server {
    /// Starts one on any free port, and waits until it says which.
    pub(super) async fn start(data: &Path) -> Done<Self> {
        #[derive(Deserialize)]
        struct Said {
            address: String,
        }
        let mut command = command(data, &["serve", "--listen", "127.0.0.1:0"])?;
        let spawned = Instant::now();
        let mut child = command.spawn().map_err(said)?;
        let out = child.stdout.take().ok_or("The server has no output.")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).await.map_err(said)?;
        let told: Said =
            serde_json::from_str(&line).map_err(|_| "The server did not say where it listens.".to_owned())?;
        let address = told.address.trim_start_matches("http://").parse().map_err(said)?;
        Ok(Self {
            child,
            address,
            spawned,
        })
    }

    /// Megabytes of memory that it holds now.
    pub(super) fn memory_mb(&self) -> Done<f64> {
        memory_mb(self.child.id().unwrap_or(0), "VmRSS")
    }

    /// Megabytes of memory that it has held at most.
    pub(super) fn memory_peak_mb(&self) -> Done<f64> {
        memory_mb(self.child.id().unwrap_or(0), "VmHWM")
    }

    /// Asks it to stop, and waits until it has.
    pub(super) async fn stop(mut self) -> Done<()> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id.and_then(rustix::process::Pid::from_raw) {
            rustix::process::kill_process(id, rustix::process::Signal::TERM).map_err(said)?;
        }
        match tokio::time::timeout(STOP_MAX, self.child.wait()).await {
            Ok(ended) => ended.map(|_| ()).map_err(said),
            Err(_) => Err("The server did not stop when it was asked to.".to_owned()),
        }
    }
}

/// Megabytes of memory that this process has held at most.
pub(super) fn own_memory_peak_mb() -> Done<f64> {
    memory_mb(std::process::id(), "VmHWM")
}

/// A line of what Linux says about a process: `VmHWM:    12345 kB`.
fn memory_mb(process: u32, line: &str) -> Done<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).map_err(said)?;
    let found = status.lines().find_map(|text| {
        text.strip_prefix(line)?
            .strip_prefix(':')?
            .split_whitespace()
            .next()
    });
    let kb: f64 = found
        .and_then(|kb| kb.parse().ok())
        .ok_or("The system does not say how much memory a process holds.")?;
    Ok(kb * 1_024.0 / 1e6)
}
