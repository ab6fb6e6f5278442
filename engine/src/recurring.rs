//! What happens when a recurring deletion is due. Knows the services and the calendar; nothing of how a job runs.
//!
//! 1. A due moment is decided once: the job carries the key `recurring:ID:MOMENT`, so that a process that is killed after
//!    starting it finds it again; the run has the same two as its key.
//! 2. Missed while the server was down: the last moment is made up for within a day, else skipped; either is written down.
//! 3. Everything that was confirmed is looked at again: whether the person may still delete, the rule, whether the segment
//!    is enabled, how many match. Too many: nobody is deleted. A busy place: the job is queued.
//! 4. When the job has ended well, the segment is enabled again where that was confirmed.

mod due;
mod settle;

use crate::{error::Result, service::Engine, store};
use std::time::Duration;
use tokio::sync::watch;

/// It looks so often: a due moment is told to the minute.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a failure it waits this long.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// The task.
pub(crate) async fn run(engine: Engine, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let rest = match look(&engine).await {
            Ok(()) => LOOK_EVERY,
            Err(error) => {
                tracing::error!(%error, "recurring deletions could not be looked at; they will be again");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = stop.changed() => {}
        }
    }
}

/// One look at all of them. One that fails stands in nobody's way.
async fn look(engine: &Engine) -> Result<()> {
    // Nobody is deleted from a file that was not checked.
    if !engine.ready() {
        return Ok(());
    }
    let store = &engine.inner.store;
    let ended = store::recurring::unsettled(&mut *store.read().await?).await?;
    for run in &ended {
        if let Err(error) = settle::settle(engine, run).await {
            tracing::error!(%error, recurring = run.recurring_id, "a run of a recurring deletion cannot be settled; it is tried again");
        }
    }
    let due = store::recurring::due(&mut *store.read().await?, store.clock.now()).await?;
    for row in &due {
        if let Err(error) = due::decide(engine, row).await {
            tracing::error!(%error, recurring = row.id, "a recurring deletion is due and cannot be started; it is tried again");
        }
    }
    Ok(())
}
