//! Commands about jobs.

use super::{Command, Outcome, misplaced, segments};
use crate::{
    deletion::{self, Begun},
    wire::{Job, Page},
};
use domain::{
    access::Actor,
    id::{DatasetId, JobId},
    problem::Problem,
};
use engine::Engine;

pub(super) async fn run(engine: &Engine, actor: &Actor, command: Command) -> engine::Result<Outcome> {
    match command {
        Command::JobStart {
            dataset,
            segment,
            mut start,
        } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            start.segment_id = segments::find(engine, actor, &dataset, &segment)
                .await?
                .id
                .to_string();
            match deletion::start(engine, actor, &dataset, &start, None).await? {
                Begun::Job(job) | Begun::DryRun(job) => Ok(Outcome::Job(job)),
            }
        }
        Command::JobList { dataset, page } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let jobs = engine.jobs(actor, dataset.id, None, page).await?;
            Ok(Outcome::Jobs(Page::of(jobs, Job::from)))
        }
        Command::JobShow { job } => {
            let job = engine.job_anywhere(actor, number(&job)?).await?;
            Ok(Outcome::Job(Box::new(job.into())))
        }
        Command::JobPause { job } => {
            let (dataset, id) = place(engine, actor, &job).await?;
            Ok(Outcome::Job(Box::new(
                engine.pause_job(actor, dataset, id).await?.into(),
            )))
        }
        Command::JobResume { job } => {
            let (dataset, id) = place(engine, actor, &job).await?;
            Ok(Outcome::Job(Box::new(
                engine.resume_job(actor, dataset, id).await?.into(),
            )))
        }
        Command::JobCancel { job, alone } => {
            let (dataset, id) = place(engine, actor, &job).await?;
            let job = if alone {
                engine.cancel_job_alone(actor, dataset, id).await?
            } else {
                engine.cancel_job(actor, dataset, id).await?
            };
            Ok(Outcome::Job(Box::new(job.into())))
        }
        _ => Err(misplaced()),
    }
}

fn number(word: &str) -> Result<JobId, Problem> {
    JobId::parse(word).ok_or_else(|| Problem::not_found("job"))
}

/// Where a job is: its number alone says it, for numbers are unique in the installation.
async fn place(engine: &Engine, actor: &Actor, word: &str) -> engine::Result<(DatasetId, JobId)> {
    let id = number(word)?;
    let job = engine.job_anywhere(actor, id).await?;
    Ok((engine.dataset(actor, &job.dataset).await?.id, id))
}
