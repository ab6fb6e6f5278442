//! The keeper of the write-ahead log: copies what has been committed into the file while the writer goes on, on a second
//! core and while the writer computes. Knows nothing of jobs.
//!
//! Design notes. The log starts anew only when a transaction begins and all of the log is in the file. Under a writer that
//! never rests that moment would never come, so every so often the keeper takes the writing connection for the little that
//! is left. SQLite before 3.51.3 could corrupt a file when one connection copied the log while another committed; the
//! version is asserted at start.

use crate::{error::Result, service::Engine, store::space};
use std::time::Duration;
use tokio::sync::watch;

/// It looks so often; nothing to copy costs some microseconds.
const LOOK_EVERY: Duration = Duration::from_millis(40);
/// Pages that are copied in one go while a writer is busy: 16 MB. Each go waits twice for the disk, which the writer needs
/// as well.
const PAGES_AT_ONCE: i64 = 2_048;
/// Pages in the log from which on it is started anew: 64 MB, so that the file stays as small as it is kept, and readers
/// find pages in it quickly.
const PAGES_MAX: i64 = 8_192;
/// After a failure it waits this long.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// The task.
pub(super) async fn run(engine: Engine, mut stop: watch::Receiver<bool>) {
    let mut before = 0;
    while !*stop.borrow() {
        let rest = match look(&engine, before).await {
            Ok(pages) => {
                before = pages;
                LOOK_EVERY
            }
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log could not be copied; it will be tried again");
                engine.inner.store.note(&error);
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Looks once. `before`: pages in the log at the last look.
async fn look(engine: &Engine, before: i64) -> Result<i64> {
    let store = &engine.inner.store;
    let mut conn = store.keep().await?;
    let log = space::log(&mut conn).await?;
    let waiting = log.pages - log.copied;
    if waiting >= PAGES_AT_ONCE || (waiting > 0 && log.pages == before) {
        space::copy_log(&mut conn).await?;
    }
    if log.pages > PAGES_MAX {
        // What was committed meanwhile, with nobody writing: the next transaction starts the log anew.
        space::copy_log(&mut *store.writer_idle().await?).await?;
    }
    Ok(log.pages)
}
