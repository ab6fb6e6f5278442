//! Why a job does not go on though it may: quiet hours, the health of the machine, a database that is locked or full, a disk
//! that fails. Each hold but that of a damaged file ends by itself, and none stands in the way of a pause or a cancel: those are looked at first (`tick`).

use super::{AFTER_FAILURE, LOOK_EVERY, Step};
use crate::{
    error::{DAMAGED, Error, Result},
    health,
    quiet::Quiet,
    service::{Cause, Engine},
    store::{self, jobs::JobRow},
};
use domain::{
    id::JobId,
    job::{Batch, Hold, QuietHours},
    time::Timestamp,
};
use std::time::{Duration, Instant};

/// A checkpoint that may end a hold is tried this often: it holds up writers for a moment each time.
const RELIEVE_EVERY: Duration = Duration::from_secs(1);

/// A batch that was done, and when it ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub(super) batch: Batch,
    pub(super) ended: Instant,
}

impl Done {
    /// How much of the rest after it is left, by the limit and the duty cycle of now; `None`: it is over.
    pub(super) fn rest_left(&self, engine: &Engine, max_rate: Option<i64>) -> Option<Duration> {
        let rest = self.batch.rest_ms(max_rate, engine.inner.health.duty());
        let rest = Duration::from_millis(u64::try_from(rest).unwrap_or(0));
        rest.checked_sub(self.ended.elapsed())
            .filter(|left| !left.is_zero())
    }

    /// What passed between the end of its rest and `begun`, milliseconds.
    pub(super) fn between_ms(&self, engine: &Engine, begun: Instant) -> i64 {
        let rest = self
            .batch
            .rest_ms(self.batch.max_rate, engine.inner.health.duty());
        crate::clock::millis(begun.saturating_duration_since(self.ended)) - rest
    }
}

/// Whether the job has to wait before it does anything: how long until the next look, or nothing. `deletes`: what comes next
/// deletes people, so quiet hours hold it.
pub(super) async fn gate(engine: &Engine, job: &JobRow, deletes: bool) -> Result<Option<Step>> {
    if let Some(hold) = engine.inner.health.look() {
        say(engine, job, Cause::Looked, hold.sentence());
        relieve(engine, &hold).await;
        return Ok(Some(Step::Rest(health::LOOK_EVERY)));
    }
    let hours = if deletes { job.quiet_hours()? } else { None };
    if let Some(hours) = hours
        && let Some((reason, rest)) = quiet(&hours, engine.inner.store.clock.now())
    {
        say(engine, job, Cause::Looked, reason);
        return Ok(Some(Step::Rest(rest)));
    }
    // Before anything is deleted the gate is passed twice, and only the second one looks for quiet hours.
    if deletes {
        engine.inner.holds.clear_looked(JobId(job.id));
    }
    Ok(None)
}

/// The reason and the time until the next look, where a moment lies in quiet hours. A zone that is no longer known holds:
/// nobody can say that these are not the hours.
fn quiet(hours: &QuietHours, now: Timestamp) -> Option<(String, Duration)> {
    let Ok(quiet) = Quiet::of(hours) else {
        let reason = format!(
            "This version does not know the time zone {} of the quiet hours, so nobody is deleted. The job goes on when a version that knows it runs.",
            hours.zone
        );
        return Some((reason, LOOK_EVERY));
    };
    let until = quiet.until(now)?;
    let reason = format!("Quiet hours until {} ({}).", quiet.clock(until), hours.zone);
    let left = u64::try_from(until.ms() - now.ms()).unwrap_or(0);
    Some((reason, Duration::from_millis(left).min(LOOK_EVERY)))
}

/// Empties the log into the file, where that may end the hold.
async fn relieve(engine: &Engine, hold: &Hold) {
    if !hold.helped_by_checkpoint() || !engine.inner.health.relieve(RELIEVE_EVERY) {
        return;
    }
    let shrunk = async {
        let mut conn = engine.inner.store.writer_idle().await?;
        store::pages::empty_log(&mut conn).await
    };
    if let Err(error) = shrunk.await {
        tracing::warn!(%error, "the log could not be emptied; it is tried again");
    }
}

/// The database is locked or full: the job waits and tries again. A full disk gives up its ballast, so that what was begun
/// can be brought to its end.
pub(super) fn database(engine: &Engine, job: &JobRow, error: &Error) -> Step {
    tracing::warn!(%error, job = job.id, "a job has to wait for the database");
    let reason = if error.disk_full() {
        engine.inner.health.full()
    } else {
        "Waiting for the database: something else has locked it. It is tried again by itself.".to_owned()
    };
    engine.inner.store.note(error);
    say(engine, job, Cause::Tried, reason);
    Step::Rest(LOOK_EVERY)
}

/// A step failed for a reason that is not expected: the job stays where it is and says so, the others go on. After an error
/// of the disk the writer is opened anew first; a file that contradicts itself is not touched any more.
pub(super) fn failure(engine: &Engine, job: &JobRow, error: &Error) -> Step {
    tracing::error!(%error, job = job.id, "a job cannot go on");
    engine.inner.store.note(error);
    let reason = if error.damaged() {
        engine.found_damaged();
        DAMAGED
    } else if error.storage() {
        "Waiting for the disk, which reported an error. Nothing was half done; the file is opened anew and the step is tried \
         again. If this stays, look at the disk: the server's log says what failed."
    } else {
        "Something failed on the server, and its log says what. Nothing was half done; it is tried again by itself."
    };
    say(engine, job, Cause::Tried, reason.to_owned());
    Step::Rest(AFTER_FAILURE)
}

/// Notes a reason that is found anew at every look.
pub(super) fn look_said(engine: &Engine, job: &JobRow, reason: String) {
    say(engine, job, Cause::Looked, reason);
}

/// Notes the reason where people look for it, and in the log where it is new.
fn say(engine: &Engine, job: &JobRow, cause: Cause, reason: String) {
    let log = reason.clone();
    if engine.inner.holds.set(JobId(job.id), cause, reason) {
        tracing::info!(job = job.id, reason = log, "a job holds");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_says_until_when_by_the_clock_on_the_wall() {
        let hours = QuietHours::read("22:00", "06:00", "Europe/Berlin").expect("quiet hours");
        let now = Timestamp::parse_rfc3339("2026-07-10T23:00:00Z").expect("a moment");
        let (reason, rest) = quiet(&hours, now).expect("quiet");
        assert_eq!(reason, "Quiet hours until 06:00 (Europe/Berlin).");
        assert_eq!(rest, LOOK_EVERY);
        assert!(quiet(&hours, now.plus_ms(5 * 3_600_000)).is_none());
    }

    #[tokio::test]
    async fn people_who_wait_make_the_job_rest_after_a_batch_and_quick_answers_end_that() {
        let dir = tempfile::tempdir().expect("a directory");
        let options = crate::OpenOptions {
            dir: dir.path().to_owned(),
            clock: crate::clock::Clock::system(),
        };
        let engine = Engine::open(options).await.expect("open");
        let rest = || {
            let batch = Batch {
                targets: 10,
                work_ms: 60_000,
                max_rate: None,
            };
            let ended = Instant::now();
            Done { batch, ended }.rest_left(&engine, None)
        };
        let answers = |ms, how_many| {
            for _ in 0..how_many {
                engine.answered(Duration::from_millis(ms));
            }
        };
        engine.inner.health.look();
        assert_eq!(rest(), None, "nobody is there");
        answers(300, 40);
        while rest().is_none() {
            engine.inner.health.look();
            tokio::time::sleep(health::LOOK_EVERY / 5).await;
        }
        answers(3, 1_000);
        while rest().is_some() {
            engine.inner.health.look();
            tokio::time::sleep(health::LOOK_EVERY / 5).await;
        }
        engine.close().await;
    }

    #[test]
    fn a_zone_that_nobody_knows_holds() {
        let hours = QuietHours::read("22:00", "06:00", "Mars/Olympus").expect("quiet hours");
        let noon = Timestamp::parse_rfc3339("2026-07-10T12:00:00Z").expect("a moment");
        assert!(quiet(&hours, noon).is_some_and(|(reason, _)| reason.contains("Mars/Olympus")));
    }
}
