//! The command line: what was typed is turned into a command, run where the data is, and answered. Ends with 0 when
//! done, 1 when refused or failed (with one sentence on standard error), 2 when it was typed wrongly.

mod args;
mod client;
mod follow;
mod receipt;
mod say;
mod scan;
mod suppression;
mod way;
mod words;

pub(crate) use way::clock;

use crate::{
    bench,
    command::{Command, Input, Outcome},
    config::{Layer, Settings},
    output,
    serve::{self, Demo, Stop},
    wire::Job,
};
use args::{Cli, Deed, Listen};
use clap::Parser as _;
use client::Failure;
use follow::Telling;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use way::Way;

/// Does what was typed.
pub(crate) async fn main() -> ExitCode {
    // Answers to --help and to what was typed wrongly are clap's own; it ends the process with 0 or 2.
    let cli = Cli::parse();
    let json = cli.common.json;
    match run(cli).await {
        Ok(code) => code,
        Err(Failure::Refused(problem)) => {
            if json {
                output::answer(&serde_json::json!({ "error": problem }).to_string());
            }
            output::note(&problem.message);
            ExitCode::FAILURE
        }
        Err(Failure::Failed(sentence)) => {
            output::note(&sentence);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let settings = settings(&cli)?;
    #[cfg(feature = "faults")]
    if let Some(plan) = crate::config::fault_plan() {
        engine::fault::arm(&plan).map_err(Failure::Failed)?;
    }
    let json = cli.common.json;
    match cli.deed {
        Deed::Serve {
            print_config: true, ..
        } => {
            output::answer(&settings.shown());
            Ok(ExitCode::SUCCESS)
        }
        Deed::Serve { .. } => serve::run(&settings, None, json).await.map_err(Failure::Failed),
        Deed::Demo { profiles, .. } => serve::run(
            &settings,
            Some(Demo {
                extra_profiles: profiles,
            }),
            json,
        )
        .await
        .map_err(Failure::Failed),
        Deed::Scan => scan::run(&settings.data, json).await,
        Deed::Receipt(receipt::Receipt::Verify { file, key, identity }) => {
            receipt::run(&file, key, identity, json)
        }
        Deed::Bench(args) => bench(args, cli.common.data, json).await,
        deed => {
            crate::log::start(settings.log.as_deref().unwrap_or("warn"));
            at_data(deed, &settings, json).await
        }
    }
}

/// Measures, unless it is interrupted: then what it started ends with it, and what it made goes.
async fn bench(args: bench::Args, data: Option<PathBuf>, json: bool) -> Result<ExitCode, Failure> {
    let mut stop = Stop::listen().map_err(|error| Failure::Failed(error.to_string()))?;
    let done = tokio::select! {
        done = bench::main(args, data, json) => done,
        () = stop.asked() => Err("Interrupted.".to_owned()),
    };
    done.map(|()| ExitCode::SUCCESS).map_err(Failure::Failed)
}

fn settings(cli: &Cli) -> Result<Settings, Failure> {
    let listen = match &cli.deed {
        Deed::Serve { listen, .. } | Deed::Demo { listen, .. } => listen.clone(),
        _ => Listen {
            listen: None,
            public_origin: None,
        },
    };
    let flags = Layer {
        data: cli.common.data.clone(),
        listen: listen.listen,
        public_origin: listen.public_origin,
        ..Layer::default()
    };
    Settings::load(flags, cli.common.config.clone()).map_err(Failure::Failed)
}

/// Runs a command on the data directory and answers.
async fn at_data(deed: Deed, settings: &Settings, json: bool) -> Result<ExitCode, Failure> {
    let after = After::of(&deed);
    let input = match &deed {
        Deed::Import(import) => Some(open(&import.file).await?),
        _ => None,
    };
    let command =
        words::command(deed).map_err(|error| Failure::Failed(format!("No password came: {error}.")))?;
    let Some(command) = command else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut way = Way::to(settings).await?;
    let mut stop = Stop::listen().map_err(|error| Failure::Failed(error.to_string()))?;
    let done = tokio::select! {
        done = deed_and_after(&mut way, command, input, after, json) => done,
        () = stop.asked() => {
            Err(Failure::Failed("Interrupted. What was committed stays; an unfinished job goes on under `lethe serve`.".to_owned()))
        }
    };
    way.leave().await;
    done
}

/// What follows a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// The answer.
    Answer,
    /// The answer, and a word about who will carry the job out.
    Hint,
    /// The job's end, then the answer.
    Wait,
    /// A line at every change until the job's end.
    Watch,
}

impl After {
    fn of(deed: &Deed) -> Self {
        match deed {
            Deed::Job(args::Job::Start(start)) if start.dry_run => Self::Answer,
            Deed::Job(args::Job::Start(start)) if start.wait => Self::Wait,
            Deed::Job(args::Job::Start(_) | args::Job::Resume { .. }) => Self::Hint,
            Deed::Job(args::Job::Watch { .. }) => Self::Watch,
            _ => Self::Answer,
        }
    }
}

async fn deed_and_after(
    way: &mut Way,
    command: Command,
    input: Option<Input>,
    after: After,
    json: bool,
) -> Result<ExitCode, Failure> {
    let outcome = way.run(command, input).await?;
    let job = match &outcome {
        Outcome::Job(job) if !follow::ended(job) => job.id.clone(),
        _ => None,
    };
    match (after, job) {
        (After::Wait, Some(id)) => {
            way.work();
            let job = follow::follow(way, &id, Telling::Silent).await?;
            let others = follow::behind(way, &job).await?;
            answer(&Outcome::Job(job.clone()), json);
            std::iter::once(&job)
                .chain(&others)
                .try_for_each(|job| end(job).map(|_| ()))?;
            Ok(ExitCode::SUCCESS)
        }
        (After::Watch, Some(_)) if way.alone() => {
            let message =
                "No server holds the data directory, so nothing carries the job out. Start `lethe serve`.";
            Err(Failure::Failed(message.to_owned()))
        }
        (After::Watch, Some(id)) => {
            follow::follow(way, &id, if json { Telling::Json } else { Telling::Lines }).await?;
            Ok(ExitCode::SUCCESS)
        }
        (After::Hint, Some(_)) if way.alone() => {
            answer(&outcome, json);
            output::note("No server holds the data directory: the job waits until `lethe serve` starts.");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            answer(&outcome, json);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn answer(outcome: &Outcome, json: bool) {
    output::answer(&if json {
        say::json(outcome)
    } else {
        say::text(outcome)
    });
}

/// How a job that was waited for ended.
fn end(job: &Job) -> Result<ExitCode, Failure> {
    if job.state != "cancelled" && job.state != "failed" {
        return Ok(ExitCode::SUCCESS);
    }
    let reason = job
        .end_reason
        .as_ref()
        .map_or(String::new(), |reason| format!(": {reason}"));
    Err(Failure::Failed(format!(
        "The job was {}{reason}.",
        if job.state == "failed" {
            "ended by a failure"
        } else {
            "cancelled"
        }
    )))
}

/// Opens an import's file; `-` is standard input.
async fn open(file: &Path) -> Result<Input, Failure> {
    if file.as_os_str() == "-" {
        return Ok(Box::pin(tokio::io::stdin()));
    }
    let opened = tokio::fs::File::open(file).await;
    let file =
        opened.map_err(|error| Failure::Failed(format!("{} cannot be read: {error}.", file.display())))?;
    Ok(Box::pin(file))
}
