//! Following a job until it ends.

use super::{client::Failure, way::Way};
use crate::{
    command::{Command, Outcome},
    output,
    wire::Job,
};
use domain::{guard::grouped, job::JobState};
use std::time::Duration;

/// How often a job is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What is said on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// Nothing.
    Silent,
    /// A line for people at every change.
    Lines,
    /// A JSON object a line at every change.
    Json,
}

/// Looks at a job until it has ended.
pub(super) async fn follow(way: &Way, id: &str, telling: Telling) -> Result<Box<Job>, Failure> {
    let mut told = String::new();
    loop {
        let Outcome::Job(job) = way.run(Command::JobShow { job: id.to_owned() }, None).await? else {
            return Err(Failure::Failed("The answer is not a job.".to_owned()));
        };
        let line = line(&job);
        if line != told && telling != Telling::Silent {
            match telling {
                Telling::Json => output::answer(&serde_json::to_string(&job).unwrap_or_default()),
                _ => output::answer(&line),
            }
            told = line;
        }
        if ended(&job) {
            return Ok(job);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Looks at the jobs behind one in its plan until each has ended: a deletion is over when all of it is. Their numbers follow
/// that of the first.
pub(super) async fn behind(way: &Way, job: &Job) -> Result<Vec<Box<Job>>, Failure> {
    let mut ended = Vec::new();
    let Some(plan) = &job.plan else { return Ok(ended) };
    let first: i64 = plan.id.parse().unwrap_or_default();
    for no in plan.job..plan.of {
        let id = (first + i64::from(no)).to_string();
        ended.push(follow(way, &id, Telling::Silent).await?);
    }
    Ok(ended)
}

/// Whether a job is over.
pub(super) fn ended(job: &Job) -> bool {
    JobState::parse(&job.state).is_none_or(JobState::terminal)
}

/// A job on one line.
pub(super) fn line(job: &Job) -> String {
    let mut line = format!(
        "{}  {}",
        job.number.as_deref().unwrap_or("dry run"),
        job.status.replace('_', " ")
    );
    if let Some(percent) = job.progress.percent {
        line.push_str(&format!("  {percent} %"));
    }
    line.push_str(&format!(
        "  {} of {} deleted",
        grouped(job.counts.deleted),
        grouped(job.counts.matched)
    ));
    if let (Some(low), Some(high)) = (job.progress.eta_low, job.progress.eta_high) {
        line.push_str(&format!("  {} left", domain::estimate::range_in_words(low, high)));
    }
    if let Some(reason) = &job.reason_paused {
        line.push_str(&format!("  ({reason})"));
    }
    line
}
