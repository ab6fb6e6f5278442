//! What goes on by itself about people who were deleted: entries of the list of suppressions that have come to their end are
//! taken off it (`keep`), and once a day it is looked whether somebody lives again (`recheck`). Who is let in is decided in
//! `import::suppressed`.

mod keep;
mod recheck;

use crate::{error::Result, service::Engine};
pub(crate) use recheck::carry_out;
use std::time::Duration;
use tokio::sync::watch;

/// It looks at least this often what is due.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// After a failure it waits this long.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// The task, until told to stop.
pub(crate) async fn run(engine: Engine, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let asked = engine.inner.recheck.notified();
        let rest = match look(&engine, &stop).await {
            Ok(()) => LOOK_EVERY,
            Err(error) => {
                tracing::error!(%error, "what is due about deleted people could not be done; it is tried again");
                engine.inner.store.note(&error);
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = asked => {}
            () = tokio::time::sleep(rest) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn look(engine: &Engine, stop: &watch::Receiver<bool>) -> Result<()> {
    keep::take_off_ended(engine, stop).await?;
    recheck::due(engine, stop).await
}
