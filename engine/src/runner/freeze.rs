//! Freeze: the target set is fixed in id order, in short transactions, up to the greatest id at confirmation.

use super::{Memory, Step, begin, finish, plan};
use crate::{
    error::Result,
    fault,
    service::Engine,
    store::{self, jobs::JobRow, rule_sql::RuleScope, targets::Membership},
};
use domain::{id::JobId, job::JobState, rule::Rule, time::Timestamp};
use std::time::{Duration, Instant};

/// Ids of the first slice.
pub(super) const WINDOW_FIRST: i64 = 20_000;
/// Ids of a slice at most.
const WINDOW_MAX: i64 = 200_000;
/// A slice should hold the write lock about this long.
const TARGET: Duration = Duration::from_millis(25);

/// What decides who is in, by the job's own record: not by the segment, which people may have edited meanwhile.
pub(super) fn membership(job: &JobRow) -> Result<Membership> {
    Ok(match &job.rule {
        Some(text) => Membership::Rule(Box::new(parse(text)?)),
        None => Membership::Listed(job.segment_id),
    })
}

fn parse(text: &str) -> Result<Rule> {
    domain::rule::parse(text)
        .map_err(|e| crate::Error::Corrupt(format!("a job's rule does not parse at {}", e.position)))
}

/// One slice; after the last one, the job goes on to its turn.
pub(super) async fn step(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    let store = &engine.inner.store;
    let who = membership(job)?;
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Freezing).await?;
    let begun = Instant::now();
    match store::targets::next_slice(
        &mut tx,
        job.dataset_id,
        job.freeze_cursor,
        fault::slice(memory.window),
        job.freeze_upto,
    )
    .await?
    {
        Some(upto) => {
            let segments = store::frozen_rules::defs(&mut tx, job).await?;
            let scope = RuleScope {
                dataset_id: job.dataset_id,
                now: Timestamp::from_ms(job.now_at),
                segments: &segments,
            };
            let added =
                store::targets::freeze_slice(&mut tx, JobId(job.id), &who, &scope, job.freeze_cursor, upto)
                    .await?;
            fault::stop_point("freeze.slice")?;
            store::targets::set_freeze_cursor(&mut tx, JobId(job.id), upto, added).await?;
            tx.commit().await?;
            memory.window = if begun.elapsed() > TARGET {
                memory.window / 2
            } else {
                memory.window * 2
            }
            .clamp(500, WINDOW_MAX);
            Ok(Step::Again)
        }
        None => {
            drop(tx);
            frozen(engine, job, memory).await
        }
    }
}

/// The set is complete. More people than were confirmed: nothing is deleted. The jobs of a plan get their parts of it.
async fn frozen(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    let matched = job.counts().matched;
    if matched > job.confirmed_count.saturating_add(job.spec()?.count_tolerance) {
        let reason = format!(
            "count_moved: {matched} people matched when the list was fixed, {} were confirmed. Nothing was deleted.",
            job.confirmed_count
        );
        return finish::end_early(engine, job, JobState::Failed, Some(&reason)).await;
    }
    if plan::unsplit(job) {
        return plan::split(engine, job).await;
    }
    begin::step(engine, job, memory).await
}
