//! One batch: one transaction that deletes people, counts them and moves the cursor. It commits whole or not at all.

use super::{LOOK_EVERY, Memory, Step, ahead, begin, freeze::membership, hold};
use crate::{
    clock::millis,
    error::{Error, Result},
    fault,
    service::Engine,
    store::{
        self, Tx,
        batch::{EVENTS_AT_ONCE, Target},
        jobs::JobRow,
        rule_sql::RuleScope,
    },
};
use domain::{
    id::{DatasetId, JobId},
    job::{Batch, Intent, JobState, Pace, Tally, batch_max},
    time::Timestamp,
};
use std::time::{Duration, Instant};

/// Rows of the first batch, people and what belongs to them.
pub(super) const ROWS_FIRST: i64 = 2_000;
/// Rows of a batch at least: below this the commit itself is what takes the time.
const ROWS_MIN: i64 = 64;
/// Rows of a batch at most.
const ROWS_MAX: i64 = 200_000;
/// People of a batch at most.
pub(super) const PEOPLE_MAX: i64 = 20_000;
/// A batch should hold the write lock about this long: less than the 50 ms that it may, since some are slower than others.
const TARGET: Duration = Duration::from_millis(30);
/// A batch may grow by this much a step, in percent.
const GROWTH_PERCENT: u128 = 150;
/// Tries of the same batch before it is halved, and of one person before they are recorded as failed.
const TRIES_MAX: u8 = 3;
/// The pause between two tries.
const BETWEEN_TRIES: Duration = Duration::from_millis(20);
/// More than half failing says that something is wrong with the store and not with the people; below this many it may
/// still be chance.
const FAILED_MIN: i64 = 50;

/// What came of a transaction.
enum Came {
    /// A batch up to this id was committed: its people, its rows, how long the lock was held.
    Done {
        upto: i64,
        people: i64,
        rows: i64,
        held: Duration,
    },
    /// Something was done that is no batch: the pass is over, or a large person is under way.
    Moved,
    /// Not now, for this reason.
    Waits(String),
    /// Not before somebody has done something about this.
    WaitsForSomebody(String),
    /// People want something else.
    Intent,
}

/// One batch, or the end of the pass.
///
/// 1. Rest, where the limit set by the person or the duty cycle says so.
/// 2. Look at the next people; while the batch is written, at those after them.
/// 3. Begin; the fence and the intent are read again inside the transaction.
/// 4. Stop where the warehouse copy or a campaign stands in the way.
/// 5. Decide who is gone, held or spared; delete the others and all that belongs to them.
/// 6. Row of the batch, counters, cursor, pace; commit.
/// 7. Adapt the size to the time it took.
pub(super) async fn step(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    let last = memory.last.as_ref();
    if let Some(rest) = last.and_then(|last| last.rest_left(engine, job.max_rate)) {
        return Ok(Step::Rest(rest));
    }
    match one(engine, job, memory).await {
        Ok(step) => {
            memory.tries = 0;
            Ok(step)
        }
        Err(Error::Fenced) => Err(Error::Fenced),
        // Nothing is wrong with anybody in the batch: the whole job waits, see `hold`.
        Err(error) if error.retryable() || error.storage() || error.damaged() => Err(error),
        Err(error) => failed(engine, job, memory, &error).await,
    }
}

async fn one(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    let store = &engine.inner.store;
    let begun = Instant::now();
    memory.seen.follow(job);
    if memory.seen.short(1) {
        let ahead = memory.seen.more(store, job, people(job, memory)).await?;
        memory.seen.take(ahead);
    }
    let look = async {
        // This batch, and the next.
        let wanted = people(job, memory);
        match memory.seen.short(wanted * 2) {
            true => memory.seen.more(store, job, wanted).await.map(Some),
            false => Ok(None),
        }
    };
    let (came, further) = tokio::join!(write(engine, job, memory, begun), look);
    let came = came?;
    if let Some(ahead) = further? {
        memory.seen.take(ahead);
    }
    match came {
        Came::Done {
            upto,
            people,
            rows,
            held,
        } => {
            fault::stop_point("batch.committed")?;
            memory.seen.served(upto);
            adapt(memory, rows, held);
            memory.rows_a_person = (rows / people.max(1)).max(ahead::ROWS_A_PERSON);
            memory.last = Some(hold::Done {
                batch: Batch {
                    targets: people,
                    work_ms: millis(begun.elapsed()),
                    max_rate: job.max_rate,
                },
                ended: Instant::now(),
            });
            Ok(Step::Again)
        }
        Came::Moved => Ok(Step::Again),
        Came::Intent => Ok(Step::Again),
        Came::Waits(reason) => {
            engine.inner.copy.notify_one();
            begin::wait(engine, job, &reason).await
        }
        Came::WaitsForSomebody(reason) => begin::wait_for_somebody(engine, job, &reason).await,
    }
}

/// The transaction of a batch.
async fn write(engine: &Engine, job: &JobRow, memory: &Memory, begun: Instant) -> Result<Came> {
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    let locked = Instant::now();
    store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Deleting).await?;
    let job = store::jobs::find(&mut tx, JobId(job.id))
        .await?
        .ok_or(Error::Fenced)?;
    fault::stop_point("batch.begun")?;
    if let Some(id) = job.going_id {
        return go_on(engine, tx, &job, id, memory, begun).await;
    }
    if job.intent()? != Intent::Run {
        return Ok(Came::Intent);
    }
    // In the transaction that deletes: a campaign that is activated comes before this batch or finds it done.
    if let Some(reason) = begin::campaign_in_the_way(&mut tx, &job).await? {
        return Ok(Came::WaitsForSomebody(reason));
    }
    let targets = next(&mut tx, &job, memory).await?;
    let (Some(first), Some(last)) = (targets.first(), targets.last()) else {
        store::job_steps::move_to(&mut tx, store, &job, JobState::Sweeping, store.clock.now()).await?;
        tx.commit().await?;
        return Ok(Came::Moved);
    };
    let newest = targets.iter().filter_map(|target| target.changed).max();
    if newest.is_some_and(|newest| newest > engine.inner.warehouse.watermark()) {
        return Ok(Came::Waits(
            "Waiting until the data warehouse has a copy of the next people on the list.".to_owned(),
        ));
    }
    let held = match held(&mut tx, store.clock.now(), &job, &targets).await? {
        Ok(held) => held,
        Err(reason) => return Ok(Came::WaitsForSomebody(reason)),
    };
    let (mut tally, going) = sort(&mut tx, &job, &targets, held, newest).await?;
    if job.point_deletes != 0 {
        store::sweep::points(&mut tx, store, &job, &going).await?;
    }
    if let (Some(large), [_]) = (
        going
            .first()
            .filter(|_| first.events > fault::slice(EVENTS_AT_ONCE)),
        &targets[..],
    ) {
        // Reopened in a retry pass, they must not count as failed while they go.
        store::batch::delete_but_events(&mut tx, *large).await?;
        store::batch::set_going(&mut tx, JobId(job.id), *large, 0).await?;
        tx.commit().await?;
        return Ok(Came::Moved);
    }
    let deleted = store::batch::delete(&mut tx, &going).await?;
    (tally.deleted, tally.events) = (deleted.profiles, deleted.events);
    let people = i64::try_from(targets.len()).unwrap_or(i64::MAX);
    record(
        &mut tx,
        engine,
        &job,
        (first.id, last.id, people),
        tally,
        (memory, begun),
    )
    .await?;
    tx.commit().await?;
    Ok(Came::Done {
        upto: last.id,
        people,
        rows: ahead::rows(&targets),
        held: locked.elapsed(),
    })
}

/// The next targets: as they were seen beforehand, or, where anybody has changed since, looked at once more in here.
async fn next(tx: &mut Tx, job: &JobRow, memory: &Memory) -> Result<Vec<Target>> {
    let people = people(job, memory);
    let seq = store::members::change_seq(tx).await?;
    if let Some(seen) = memory.seen.next(seq, people, memory.rows) {
        return Ok(seen);
    }
    let now = store::batch::look(tx, job, job.cursor, people).await?;
    Ok(ahead::cut(now.targets.iter(), people, memory.rows))
}

/// Who of the targets is under legal hold now, each with the hold's name; or why nobody may be deleted before somebody has
/// done something about it.
async fn held(
    tx: &mut Tx,
    now: Timestamp,
    job: &JobRow,
    targets: &[Target],
) -> Result<Result<Vec<(i64, String)>, String>> {
    let present = targets.iter().filter(|target| target.changed.is_some());
    let present: Vec<i64> = present.map(|target| target.id).collect();
    match store::holds::held_of(tx, DatasetId(job.dataset_id), &present, now).await {
        Ok(held) => Ok(Ok(held)),
        Err(Error::Problem(problem)) => Ok(Err(format!(
            "The rule of a legal hold cannot be applied, so nobody is deleted: {}",
            problem.message
        ))),
        Err(other) => Err(other),
    }
}

/// Sorts the targets: who is gone, held or spared gets an outcome. Gives the tally so far, and who goes, in id order.
async fn sort(
    tx: &mut Tx,
    job: &JobRow,
    targets: &[Target],
    held: Vec<(i64, String)>,
    newest: Option<i64>,
) -> Result<(Tally, Vec<i64>)> {
    let id = JobId(job.id);
    let mut tally = Tally::default();
    let (Some(first), Some(last)) = (targets.first(), targets.last()) else {
        return Ok((tally, Vec::new()));
    };
    // A retry pass goes one by one: between two failed ones lie people who were deleted before.
    let range = if job.pass == 1 {
        (job.cursor, last.id)
    } else {
        (first.id - 1, last.id)
    };
    if job.pass > 1 {
        tally.failed = -store::batch::reopen_failed(tx, id, range).await?;
    }
    let absent: Vec<i64> = targets
        .iter()
        .filter(|target| target.changed.is_none())
        .map(|target| target.id)
        .collect();
    if !absent.is_empty() {
        store::batch::mark_gone(tx, id, &absent).await?;
        tally.gone = i64::try_from(absent.len()).unwrap_or(i64::MAX);
    }
    if !held.is_empty() {
        store::holds::mark_held(tx, id, &held).await?;
        tally.held = i64::try_from(held.len()).unwrap_or(i64::MAX);
    }
    let mut staying: Vec<i64> = held.into_iter().map(|(id, _)| id).collect();
    if newest.is_some_and(|newest| newest > job.freeze_seq)
        && job.spec()?.spare_changed
        && !fault::planted("skip-recheck")
    {
        let segments = store::frozen_rules::defs(tx, job).await?;
        let scope = RuleScope {
            dataset_id: job.dataset_id,
            now: Timestamp::from_ms(job.now_at),
            segments: &segments,
        };
        let spared = store::batch::mark_spared(tx, job, range, &membership(job)?, &scope).await?;
        tally.spared = i64::try_from(spared.len()).unwrap_or(i64::MAX);
        staying.extend(spared);
    }
    fault::stop_point("batch.decided")?;
    staying.sort_unstable();
    let going = targets
        .iter()
        .filter(|target| target.changed.is_some() && staying.binary_search(&target.id).is_err());
    Ok((tally, going.map(|target| target.id).collect()))
}

/// Takes the next events of a person who goes bit by bit; after the last ones, they are counted as deleted. A person who
/// has begun to go is finished whatever people want meanwhile.
async fn go_on(
    engine: &Engine,
    mut tx: Tx,
    job: &JobRow,
    id: i64,
    memory: &Memory,
    begun: Instant,
) -> Result<Came> {
    let most = fault::slice(memory.rows);
    let events = store::batch::nibble(&mut tx, id, most).await?;
    fault::stop_point("batch.nibbled")?;
    store::batch::set_going(&mut tx, JobId(job.id), id, events).await?;
    let done = events < most;
    if done {
        let tally = Tally {
            deleted: 1,
            failed: -i64::from(job.pass > 1),
            events: job.going_events + events,
            ..Tally::default()
        };
        if job.pass > 1 {
            store::batch::reopen_failed(&mut tx, JobId(job.id), (id - 1, id)).await?;
        }
        record(&mut tx, engine, job, (id, id, 1), tally, (memory, begun)).await?;
    }
    tx.commit().await?;
    Ok(Came::Moved)
}

/// Writes the batch down and checks the sum: a job that miscounts is halted before anything is committed.
async fn record(
    tx: &mut Tx,
    engine: &Engine,
    job: &JobRow,
    (first, upto, people): (i64, i64, i64),
    mut tally: Tally,
    (memory, begun): (&Memory, Instant),
) -> Result<()> {
    let store = &engine.inner.store;
    fault::stop_point("batch.deleted")?;
    #[cfg(feature = "faults")]
    store::planted::bugs(tx, job, first, &mut tally).await?;
    tally.ms = millis(begun.elapsed()).max(1);
    let batch = Batch {
        targets: people,
        work_ms: tally.ms,
        max_rate: job.max_rate,
    };
    let between = memory
        .last
        .as_ref()
        .map_or(0, |last| last.between_ms(engine, begun));
    let cycle = batch.cycle_ms(engine.inner.health.duty(), between);
    let pace = Pace { rate: job.rate }.with(people, cycle);
    store::batch::record(tx, job, (first, upto), &tally, pace.rate, store.clock.now()).await?;
    fault::stop_point("batch.recorded")?;
    let after = store::jobs::find(tx, JobId(job.id)).await?.ok_or(Error::Fenced)?;
    if after.counts().hold() {
        Ok(())
    } else {
        Err(Error::Corrupt(format!(
            "the counts of job {} do not add up",
            job.id
        )))
    }
}

/// People of the next batch at most.
fn people(job: &JobRow, memory: &Memory) -> i64 {
    if job.pass > 1 {
        return 1;
    }
    let fit = fault::slice(memory.people.min(memory.rows / memory.rows_a_person)).max(1);
    batch_max(job.max_rate).map_or(fit, |max| fit.min(max))
}

/// As many rows as fit into the time, growing slowly and shrinking at once. People who were set apart because of a batch
/// that failed come together again.
fn adapt(memory: &mut Memory, rows: i64, held: Duration) {
    let fit = u128::from(rows.unsigned_abs()) * TARGET.as_micros() / held.as_micros().max(1);
    let most = u128::from(memory.rows.unsigned_abs()) * GROWTH_PERCENT / 100;
    // A batch that was cut short by people says nothing about more rows than it had.
    memory.rows = i64::try_from(fit.min(most))
        .unwrap_or(ROWS_MAX)
        .clamp(ROWS_MIN, ROWS_MAX);
    memory.people = (memory.people * 2).min(PEOPLE_MAX);
}

/// A batch that cannot be done: three tries, then half, down to the one person it hangs on, who is recorded as failed.
async fn failed(engine: &Engine, job: &JobRow, memory: &mut Memory, error: &Error) -> Result<Step> {
    memory.tries += 1;
    let people = people(job, memory);
    tracing::warn!(%error, job = job.id, tries = memory.tries, people, "a batch failed");
    if memory.tries < TRIES_MAX {
        return Ok(Step::Rest(BETWEEN_TRIES));
    }
    memory.tries = 0;
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Deleting).await?;
    if job.going_id.is_some() {
        drop(tx);
        let reason = "The events of one person cannot be deleted; the server's log says why. It is tried again by itself.";
        return begin::wait(engine, job, reason)
            .await
            .map(|_| Step::Rest(LOOK_EVERY));
    }
    let next = next(&mut tx, job, memory).await?;
    if next.len() > 1 {
        memory.people = i64::try_from(next.len() / 2).unwrap_or(1);
        return Ok(Step::Again);
    }
    if let Some(target) = next.first() {
        let reason = "Could not be deleted after three tries; the server's log says why.";
        store::batch::mark_failed(&mut tx, JobId(job.id), target.id, reason).await?;
        let tally = Tally {
            failed: i64::from(job.pass == 1),
            ..Tally::default()
        };
        let (at, now) = ((target.id, target.id), store.clock.now());
        store::batch::record(&mut tx, job, at, &tally, job.rate, now).await?;
        give_up(engine, &mut tx, job).await?;
    }
    tx.commit().await?;
    Ok(Step::Again)
}

/// Ends a pass in which more than half of the people fail.
async fn give_up(engine: &Engine, tx: &mut Tx, job: &JobRow) -> Result<()> {
    let job = store::jobs::find(tx, JobId(job.id)).await?.ok_or(Error::Fenced)?;
    let counts = job.counts();
    if job.pass > 1 || counts.failed < FAILED_MIN || counts.failed * 2 <= counts.decided() {
        return Ok(());
    }
    let reason = format!(
        "Stopped: {} of the first {} people could not be deleted, which is more than half. The server's log says why.",
        counts.failed,
        counts.decided()
    );
    let store = &engine.inner.store;
    store::job_steps::set_ending(tx, JobId(job.id), Some("failed"), Some(&reason)).await?;
    store::job_steps::move_to(tx, store, &job, JobState::Sweeping, store.clock.now()).await
}
