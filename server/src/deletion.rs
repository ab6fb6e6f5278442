//! Starting a deletion, as REST and the command line both do it: from the words on the wire to the engine's job.

use crate::wire::{Job, StartJob};
use domain::{access::Actor, dataset::Dataset};
use engine::{Engine, Idempotency, Started};

/// What came of it.
#[derive(Debug)]
pub(crate) enum Begun {
    /// A job, new or by an earlier request of the same key.
    Job(Box<Job>),
    /// A dry run: nothing was written.
    DryRun(Box<Job>),
}

/// Starts a deletion or tries it dry.
pub(crate) async fn start(
    engine: &Engine,
    actor: &Actor,
    dataset: &Dataset,
    asked: &StartJob,
    once: Option<Idempotency>,
) -> engine::Result<Begun> {
    let mut spec = asked.spec()?;
    if !asked.dry_run {
        let started = engine.start_job(actor, dataset.id, spec, once).await?;
        return Ok(Begun::Job(Box::new(match started {
            Started::New(job) | Started::Repeated(job) => job.into(),
        })));
    }
    // A dry run is how people learn name and number, so what was not sent is not held against them.
    spec.consent = true;
    if asked.confirm_name.is_empty() {
        spec.confirm_name = engine.segment(actor, dataset.id, spec.segment_id).await?.name;
    }
    if asked.confirm_count.is_none() {
        spec.count_tolerance = i64::MAX;
    }
    let job = engine.dry_run(actor, dataset.id, spec).await?;
    Ok(Begun::DryRun(Box::new(job.into())))
}
