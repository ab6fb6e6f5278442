//! The task that destroys what proofs are made of when the term of a receipt is over, at the start and from then on. The receipt
//! itself stays, with its root. What is destroyed, and in which order, is decided in `service::receipts`.

use crate::{error::Result, service::Engine};
use std::time::Duration;
use tokio::sync::watch;

/// A term is in days.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// After a failure it waits this long.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// The task, until told to stop.
pub(crate) async fn run(engine: Engine, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let rest = match look(&engine).await {
            Ok(()) => LOOK_EVERY,
            Err(error) => {
                tracing::error!(%error, "the keys of a receipt whose term is over could not be destroyed; it is tried again");
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

async fn look(engine: &Engine) -> Result<()> {
    engine.destroy_due_proofs().await.map(|_| ())
}
