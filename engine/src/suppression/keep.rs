//! Takes off the list what has come to its end: it refuses nothing any more, and is personal data that is kept no longer
//! than it is needed.

use crate::{error::Result, service::Engine, store::suppression_ends as ends};
use tokio::sync::watch;

/// Rows that are looked at in one transaction: were all of them taken off, the lock would be held some 20 ms.
const ROWS: i64 = 5_000;

/// Takes off what has ended, in slices.
pub(super) async fn take_off_ended(engine: &Engine, stop: &watch::Receiver<bool>) -> Result<()> {
    let store = &engine.inner.store;
    let now = store.clock.now();
    let datasets = ends::ended(&mut *store.read().await?, now).await?;
    for dataset in datasets {
        let mut from = ends::START;
        loop {
            let to = ends::end(&mut *store.read().await?, dataset, &from, ROWS).await?;
            let mut tx = store.write().await?;
            ends::slice(&mut tx, dataset, &from, to.as_ref(), now).await?;
            if to.is_none() {
                ends::forget_sources(&mut tx, dataset, now).await?;
            }
            tx.commit().await?;
            match to {
                Some(to) if !*stop.borrow() => from = to,
                _ => break,
            }
        }
    }
    Ok(())
}
