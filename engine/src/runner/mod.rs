//! The runner: the only writer of a job's state, cursor and counters. One task for all jobs.
//!
//! It takes the smallest next step of the job that has waited longest, so jobs of different datasets interleave by
//! batch. It is woken by a bell and looks by itself every second: the bell buys speed, the clock buys truth. What it
//! knows besides the database is only pace; after a crash nothing is missing.

mod ahead;
mod batch;
mod begin;
mod disable;
mod export;
mod finish;
mod freeze;
mod hold;
mod keeper;
mod plan;
mod receipt;
mod report;
pub(crate) mod scrub;
mod sweep;
mod tick;
mod unneeded;

use crate::service::Engine;
use std::{
    collections::HashMap,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use tokio::{sync::watch, task::JoinHandle};

/// It looks at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a failure of the database it waits this long.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// What the runner remembers of a job between steps: pace, never truth.
#[derive(Debug)]
pub(crate) struct Memory {
    /// People of the next batch at most.
    people: i64,
    /// Rows of the next batch: people and what belongs to them.
    rows: i64,
    /// Rows that a person of the last batch had.
    rows_a_person: i64,
    /// Targets that have been looked at beforehand.
    seen: ahead::Seen,
    /// Ids of the next slice of the freeze.
    window: i64,
    /// The sweep.
    sweep: sweep::Sweep,
    /// Where the scrub is.
    scrub: scrub::Work,
    /// Where measuring for the report is.
    report: report::Work,
    /// Where the receipt's tree is.
    receipt: receipt::Work,
    /// Where the export is.
    export: export::Work,
    /// The batch before.
    last: Option<hold::Done>,
    /// Tries of the same batch that failed.
    tries: u8,
    /// Its waiting period is not over before this moment, whatever the computer's clock says by then.
    waited: Option<Instant>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            people: batch::PEOPLE_MAX,
            rows: batch::ROWS_FIRST,
            rows_a_person: ahead::ROWS_A_PERSON,
            seen: ahead::Seen::default(),
            window: freeze::WINDOW_FIRST,
            sweep: sweep::Sweep::default(),
            scrub: scrub::Work::default(),
            report: report::Work::default(),
            receipt: receipt::Work::default(),
            export: export::Work::default(),
            last: None,
            tries: 0,
            waited: None,
        }
    }
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Something was done: look again at once.
    Again,
    /// Nothing to do before this long, unless the bell rings.
    Rest(Duration),
}

/// The runner's own state.
#[derive(Debug, Default)]
pub(crate) struct Runner {
    memories: HashMap<i64, Memory>,
    /// The job that was served last, so that the next one comes first.
    served: i64,
    /// Target sets that are to go.
    unneeded: unneeded::Unneeded,
}

/// The background tasks of an engine.
#[derive(Debug)]
pub struct Tasks {
    stop: watch::Sender<bool>,
    handles: Vec<JoinHandle<()>>,
}

impl Tasks {
    /// Asks them to stop, and waits until they have: the open batch is finished first.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for handle in self.handles {
            if let Err(error) = handle.await {
                tracing::error!(%error, "a background task did not end well");
            }
        }
    }
}

impl Engine {
    /// Starts the runner and what goes on beside it: one task for each thing that comes due by itself.
    #[must_use]
    pub fn start_tasks(&self) -> Tasks {
        let (stop, stopped) = watch::channel(false);
        self.inner.worked.store(true, Ordering::Release);
        macro_rules! start {
            ($($task:path,)*) => { vec![$(tokio::spawn($task(self.clone(), stopped.clone())),)*] };
        }
        let handles = start![
            run,
            keeper::run,
            crate::warehouse::run,
            crate::warehouse::retention::run,
            crate::health::run,
            crate::service::keep_time,
            crate::recurring::run,
            crate::notify::run,
            crate::export::keep::run,
            crate::receipt::keep::run,
            crate::privacy::run,
            crate::privacy::words::run,
            crate::erasing::run,
            crate::suppression::run,
            crate::service::check_structure,
        ];
        Tasks { stop, handles }
    }
}

async fn run(engine: Engine, mut stop: watch::Receiver<bool>) {
    let mut runner = Runner::default();
    while !*stop.borrow() {
        let rung = engine.inner.wake.notified();
        let rest = match runner.tick(&engine).await {
            Ok(Step::Again) => continue,
            Ok(Step::Rest(rest)) => rest.min(LOOK_EVERY),
            Err(error) => {
                tracing::error!(%error, "the runner could not go on; it will try again");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = rung => {}
            () = tokio::time::sleep(rest) => {}
            _ = stop.changed() => {}
        }
    }
}
