//! Commands about the limits of the installation.

use super::{Command, Outcome, misplaced};
use domain::{
    access::Actor,
    problem::{Code, Problem},
};
use engine::Engine;

pub(super) async fn run(engine: &Engine, actor: &Actor, command: Command) -> engine::Result<Outcome> {
    match command {
        Command::LimitsShow => Ok(Outcome::Limits(engine.limits(actor).await?.into())),
        Command::LimitsSet {
            job_seconds_max,
            proof_days,
        } => {
            if let Some(days) = proof_days {
                let days = if days == "default" { "" } else { &days };
                engine.set_proof_days(actor, days).await?;
            }
            if let Some(seconds) = job_seconds_max {
                engine.set_job_seconds_max(actor, read(&seconds)?).await?;
            }
            Ok(Outcome::Limits(engine.limits(actor).await?.into()))
        }
        _ => Err(misplaced()),
    }
}

/// A number of seconds, or nothing for the usual limit.
fn read(word: &str) -> Result<Option<i64>, Problem> {
    if word == "default" {
        return Ok(None);
    }
    word.parse().map(Some).map_err(|_| {
        let message = "The longest job is a whole number of seconds, or the word default.";
        Problem::because(Code::Invalid, message).on("job_seconds_max")
    })
}
