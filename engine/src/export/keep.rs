//! The task that wipes stored exports when their time has come, at the start and from then on. What is wiped, and what is
//! left, is decided in `service::exports`.

use crate::{clock::millis, error::Result, service::Engine, store};
use std::time::Duration;
use tokio::sync::watch;

/// The directory is looked through at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// After a failure it waits this long.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// The task, until told to stop.
pub(crate) async fn run(engine: Engine, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let rest = match look(&engine).await {
            Ok(rest) => rest,
            Err(error) => {
                tracing::error!(%error, "stored exports could not be wiped; it is tried again");
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

/// Wipes what is due; gives how long it may rest, which is until the next is due at most.
async fn look(engine: &Engine) -> Result<Duration> {
    engine.wipe_due_exports().await?;
    let store = &engine.inner.store;
    let next = store::exports::next_due(&mut *store.read().await?).await?;
    let left = next.map_or(millis(LOOK_EVERY), |at| at.ms() - store.clock.now().ms());
    // Never at once: what could not be wiped is due all the time.
    let left = Duration::from_millis(u64::try_from(left).unwrap_or(0)).max(Duration::from_secs(1));
    Ok(left.min(LOOK_EVERY))
}
