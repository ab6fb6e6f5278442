//! Erasing single persons, what follows the store's part: a task that takes them out of the warehouse, strikes them out of
//! stored exports and wipes the dead bytes of both files. Each step is written down, so that a restart goes on there; each
//! may be done twice. Who is erased, and the store's part, is decided in `service::erasures`.
//!
//! Reading order: this file, `copies` (finding people whom the store has no more), `wipe` (dead bytes).

pub(crate) mod copies;
mod wipe;

use crate::{
    error::Result,
    export::strike,
    fault,
    service::Engine,
    store::{
        self, Tx,
        audit::Entry,
        batch::Deleted,
        erasures::{self, ErasureRow},
    },
};
use domain::{access::Actor, id::DatasetId};
use std::{collections::HashSet, time::Duration};
use tokio::sync::watch;
use wipe::Which;

/// It looks at least this often.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// After a failure, or where a reader was in the way, it waits this long: an erasure is to be scrubbed within a minute.
const AGAIN: Duration = Duration::from_secs(2);
/// Tries of a command to finish its erasure before it leaves that to the next server.
const SETTLE_TRIES: u32 = 3;
/// Events of one person that are deleted in one transaction: some hundredths of a second.
const EVENTS_AT_ONCE: i64 = 5_000;
/// The pause between two scrubs: both files are read whole, so a scrub is for all erasures that came before it.
const BETWEEN: Duration = Duration::from_secs(5);

/// The task, until told to stop.
pub(crate) async fn run(engine: Engine, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let rung = engine.inner.erase.notified();
        let settled = match engine.ready() {
            true => settle(&engine).await,
            // Pages of a file are written only when its structure has been checked.
            false => remove_owed(&engine).await.map(|()| Settled::Later),
        };
        let rest = match settled {
            Ok(Settled::Nothing) => LOOK_EVERY,
            Ok(Settled::All) => {
                tokio::select! {
                    () = tokio::time::sleep(BETWEEN) => continue,
                    _ = stop.changed() => continue,
                }
            }
            Ok(Settled::Later) => AGAIN,
            Err(error) => {
                tracing::warn!(%error, "an erasure could not be finished; it will be tried again");
                engine.inner.store.note(&error);
                engine.inner.warehouse.copier.note(&error);
                AGAIN
            }
        };
        tokio::select! {
            () = rung => {}
            () = tokio::time::sleep(rest) => {}
            _ = stop.changed() => {}
        }
    }
}

impl Engine {
    /// Finishes erasures here and now, for a process in which no task does: what is not done is done by the next server.
    pub async fn settle_erasures(&self) {
        for _ in 0..SETTLE_TRIES {
            match settle(self).await {
                Ok(Settled::Nothing | Settled::All) => return,
                Ok(Settled::Later) => tokio::time::sleep(AGAIN).await,
                Err(error) => {
                    tracing::warn!(%error, "an erasure could not be finished; the next server does it");
                    return;
                }
            }
        }
    }
}

/// What there was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Nothing.
    Nothing,
    /// All of it was done.
    All,
    /// Somebody's long look at a file is in the way: it is tried again.
    Later,
}

/// Finishes all erasures whose store part is done.
///
/// 1. Take what is left of them out of the store, and the people out of the warehouse, where that was not done.
/// 2. Wipe the dead bytes of both files, and empty their logs.
/// 3. Strike the people out of stored exports: last, for one that is being written may have read them just before.
/// 4. Write it down.
pub(crate) async fn settle(engine: &Engine) -> Result<Settled> {
    let store = &engine.inner.store;
    remove_owed(engine).await?;
    let rows = erasures::unscrubbed(&mut *store.read().await?).await?;
    if rows.is_empty() {
        return Ok(Settled::Nothing);
    }
    for row in &rows {
        let ids = erasures::people(&mut *store.read().await?, row.id).await?;
        unmark(engine, &ids).await?;
    }
    for which in [Which::Store, Which::Warehouse] {
        if !wipe::file(engine, which).await? {
            return Ok(Settled::Later);
        }
    }
    for row in &rows {
        strike_out(engine, row).await?;
        written_off(engine, row).await?;
    }
    // Receipts of privacy requests wait for this.
    engine.inner.requests.notify_one();
    Ok(Settled::All)
}

/// Takes everyone out of the warehouse whom an erasure has taken out of the store.
pub(crate) async fn remove_owed(engine: &Engine) -> Result<()> {
    for row in erasures::owed(&mut *engine.inner.store.read().await?).await? {
        remove(engine, &row).await?;
    }
    Ok(())
}

/// The store's part of an erasure, in its transaction: everything of these people, but for the events of somebody who has so
/// many that the others would wait for it. Nobody sees those, and what deletes them follows at once, see `rest`.
pub(crate) async fn delete(tx: &mut Tx, ids: &[i64]) -> Result<Deleted> {
    let many = store::batch::with_more_events(tx, ids, fault::slice(EVENTS_AT_ONCE)).await?;
    let few: Vec<i64> = ids.iter().filter(|id| !many.contains(id)).copied().collect();
    let mut deleted = store::batch::delete(tx, &few).await?;
    for id in many {
        deleted.profiles += store::batch::delete_but_events(tx, id).await?;
    }
    Ok(deleted)
}

/// Deletes what events are left of an erasure's people, some at a time, and counts them in the same transaction.
async fn rest(engine: &Engine, row: &ErasureRow, ids: &[i64]) -> Result<()> {
    let (store, at_once) = (&engine.inner.store, fault::slice(EVENTS_AT_ONCE));
    let left = store::batch::with_more_events(&mut *store.read().await?, ids, 0).await?;
    for id in left {
        loop {
            let mut tx = store.write().await?;
            let gone = store::batch::nibble(&mut tx, id, at_once).await?;
            erasures::add_events(&mut tx, row.id, gone).await?;
            fault::stop_point("erase.nibbled")?;
            tx.commit().await?;
            if gone < at_once {
                break;
            }
        }
    }
    Ok(())
}

/// What is left of one erasure's people in the store, its part in the warehouse, and the note of it in the store. Two at once
/// do it once.
async fn remove(engine: &Engine, row: &ErasureRow) -> Result<()> {
    let inner = &engine.inner;
    let ids = erasures::people(&mut *inner.store.read().await?, row.id).await?;
    rest(engine, row, &ids).await?;
    let removing = async {
        let mut tx = inner.warehouse.copier.begin(inner.store.epoch).await?;
        let removed = store::warehouse_people::remove(&mut tx, row.id, &ids).await?;
        fault::stop_point("erase.warehouse")?;
        tx.commit().await?;
        Ok(removed)
    };
    let removed = inner.warehouse.noting(removing).await?;
    let rows = (removed.rows.profiles, removed.rows.events);
    let now = inner.store.clock.now();
    let mut tx = inner.store.write().await?;
    if !erasures::removed(&mut tx, row.id, rows, now).await? {
        return Ok(());
    }
    for (job, kept) in removed.jobs {
        store::job_reports::set_kept(&mut tx, job, kept).await?;
    }
    let (events, ..) = erasures::taken(&mut tx, row.id).await?;
    let detail =
        serde_json::json!({ "events": events, "warehouse_profiles": rows.0, "warehouse_events": rows.1 });
    let entry = entry("privacy.erased_from_warehouse", row, detail);
    store::audit::insert(&mut tx, now, &Actor::system(), entry).await?;
    fault::stop_point("erase.noted")?;
    tx.commit().await
}

async fn unmark(engine: &Engine, ids: &[i64]) -> Result<()> {
    let inner = &engine.inner;
    let mut tx = inner.warehouse.copier.begin(inner.store.epoch).await?;
    store::warehouse_people::unmark(&mut tx, ids).await?;
    tx.commit().await
}

async fn strike_out(engine: &Engine, row: &ErasureRow) -> Result<()> {
    let store = &engine.inner.store;
    let ids: HashSet<i64> = erasures::people(&mut *store.read().await?, row.id)
        .await?
        .into_iter()
        .collect();
    let struck = engine
        .blocking("striking a person out of an export", move |data| {
            strike::out(data, &ids)
        })
        .await?;
    for file in struck {
        let mut tx = store.write().await?;
        if file.whole {
            erasures::set_exported(&mut tx, file.job, file.left).await?;
        }
        let detail = serde_json::json!({ "people": file.struck });
        let mut entry = entry("privacy.struck_from_export", row, detail);
        entry.object = format!("job:{}", file.job);
        store::audit::insert(&mut tx, store.clock.now(), &Actor::system(), entry).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn written_off(engine: &Engine, row: &ErasureRow) -> Result<()> {
    let store = &engine.inner.store;
    let now = store.clock.now();
    let mut tx = store.write().await?;
    erasures::scrubbed(&mut tx, row.id, now).await?;
    let detail = serde_json::json!({ "after_ms": (now.ms() - row.at).max(0) });
    let entry = entry("privacy.scrubbed", row, detail);
    store::audit::insert(&mut tx, now, &Actor::system(), entry).await?;
    fault::stop_point("erase.scrubbed")?;
    tx.commit().await
}

fn entry(action: &'static str, row: &ErasureRow, detail: serde_json::Value) -> Entry {
    Entry {
        action,
        dataset: Some(DatasetId(row.dataset_id)),
        object: format!("erasure:{}", row.id),
        detail,
    }
}
