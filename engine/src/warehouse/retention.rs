//! How long the warehouse keeps people who were deleted: a task that marks the people of jobs that ended before there were
//! marks, and removes the rows of those whose term is over, slice by slice. The term is a setting of the dataset; without
//! one the rows stay. Each slice commits whole in the warehouse's file; the audit entry follows in the store, once, found
//! missing by its object, so a kill between the two files loses neither.

use crate::{
    error::Result,
    fault,
    service::Engine,
    store::{self, audit::Entry, warehouse_deletions::Deletion},
};
use domain::{
    access::Actor,
    id::{DatasetId, JobId},
    impact::WarehouseKept,
    time::{DAY_MS, Timestamp},
};
use std::time::Duration;
use tokio::sync::watch;

/// It looks so often, and whenever it is rung: a term is in days.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// After a failure it waits this long.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// The pause between two slices, so that the copy gets its turn.
const BETWEEN: Duration = Duration::from_millis(20);
/// Deletions that are looked at for a missing audit entry in one go.
const AUDITED_AT_ONCE: i64 = 200;
/// What is written down when the rows of a deletion have been removed.
const REMOVED: &str = "warehouse.removed";

/// The setting of a dataset: days.
pub(crate) fn setting(dataset: DatasetId) -> String {
    format!("warehouse_keep_days:{dataset}")
}

/// The task, until told to stop.
pub(crate) async fn run(engine: Engine, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let rung = engine.inner.retain.notified();
        let rest = match look(&engine, &stop).await {
            Ok(()) => LOOK_EVERY,
            Err(error) => {
                tracing::warn!(%error, "rows of deleted people could not be looked after in the warehouse; it will be tried again");
                engine.inner.store.note(&error);
                engine.inner.warehouse.copier.note(&error);
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

/// Looks once: marks what is not marked, removes what is due, writes down what has been removed.
async fn look(engine: &Engine, stop: &watch::Receiver<bool>) -> Result<()> {
    fault::stop_point("retention.look")?;
    mark_old(engine, stop).await?;
    let mut removed = false;
    for dataset in store::datasets::list(&mut *engine.inner.store.read().await?).await? {
        while !*stop.borrow() && remove_next(engine, dataset.id).await? {
            removed = true;
            tokio::time::sleep(BETWEEN).await;
        }
    }
    if removed {
        // The copier's one connection is given back after every few pages: the copy waits no longer than for those.
        let copier = &engine.inner.warehouse.copier;
        while !*stop.borrow() && store::warehouse_deletions::vacuum_slice(&mut *copier.idle().await?).await? {
            tokio::time::sleep(BETWEEN).await;
        }
        store::warehouse_deletions::empty_log(&mut *copier.idle().await?).await?;
    }
    write_down(engine).await?;
    fault::stop_point("retention.idle")
}

/// Marks the people of jobs that ended under a release that did not.
async fn mark_old(engine: &Engine, stop: &watch::Receiver<bool>) -> Result<()> {
    let inner = &engine.inner;
    while !*stop.borrow() {
        let unmarked = store::warehouse_deletions::unmarked(&mut *inner.warehouse.read().await?).await?;
        let Some(id) = unmarked else { return Ok(()) };
        let Some(job) = store::jobs::find(&mut *inner.store.read().await?, id).await? else {
            return Ok(());
        };
        let at = Timestamp::from_ms(job.finished_at.unwrap_or(job.created_at));
        while !*stop.borrow() && inner.warehouse.mark(&inner.store, &job, at, at).await? {
            tokio::time::sleep(BETWEEN).await;
        }
    }
    Ok(())
}

/// The moment up to which deletions are due; `None`: the dataset has no term.
pub(crate) async fn due_before(engine: &Engine, dataset: DatasetId) -> Result<Option<Timestamp>> {
    let days = term(engine, dataset).await?;
    let now = engine.inner.store.clock.now();
    Ok(days.map(|days| now.minus_ms(days.saturating_mul(DAY_MS))))
}

/// The term of a dataset, days.
pub(crate) async fn term(engine: &Engine, dataset: DatasetId) -> Result<Option<i64>> {
    store::settings::number(&mut *engine.inner.store.read().await?, &setting(dataset)).await
}

/// Removes one slice of the oldest deletion that is due. Whether there was one.
async fn remove_next(engine: &Engine, dataset: DatasetId) -> Result<bool> {
    let inner = &engine.inner;
    // Read anew for every slice: who lengthens the term stops the removal.
    let Some(before) = due_before(engine, dataset).await? else {
        return Ok(false);
    };
    let due =
        store::warehouse_deletions::next_due(&mut *inner.warehouse.read().await?, dataset, before).await?;
    let Some(deletion) = due else { return Ok(false) };
    let removing = async {
        let mut tx = inner.warehouse.copier.begin(inner.store.epoch).await?;
        let now = inner.store.clock.now();
        store::warehouse_deletions::remove_slice(&mut tx, JobId(deletion.job_id), now).await?;
        fault::stop_point("retention.slice")?;
        tx.commit().await
    };
    inner.warehouse.noting(removing).await?;
    Ok(true)
}

/// Writes down in the store what has been removed, each deletion once, and tells its job.
async fn write_down(engine: &Engine) -> Result<()> {
    let inner = &engine.inner;
    let mut after = 0;
    loop {
        let mut conn = inner.warehouse.read().await?;
        let removed = store::warehouse_deletions::removed_after(&mut conn, after, AUDITED_AT_ONCE).await?;
        drop(conn);
        let Some(last) = removed.last() else { return Ok(()) };
        after = last.job_id;
        for deletion in removed {
            let known =
                store::audit::exists(&mut *inner.store.read().await?, REMOVED, &object(&deletion)).await?;
            if !known {
                audit(engine, &deletion).await?;
            }
        }
    }
}

fn object(deletion: &Deletion) -> String {
    format!("job:{}", deletion.job_id)
}

async fn audit(engine: &Engine, deletion: &Deletion) -> Result<()> {
    let inner = &engine.inner;
    let dataset = DatasetId(deletion.dataset_id);
    let went = deletion.went()?;
    let days = term(engine, dataset).await?;
    let mut tx = inner.store.write().await?;
    // Asked once more in the transaction: two looks at once write one entry.
    if store::audit::exists(&mut tx, REMOVED, &object(deletion)).await? {
        return Ok(());
    }
    let entry = Entry {
        action: REMOVED,
        dataset: Some(dataset),
        object: object(deletion),
        detail: serde_json::json!({ "profiles": went.profiles, "events": went.events, "keep_days": days }),
    };
    store::audit::insert(&mut tx, inner.store.clock.now(), &Actor::system(), entry).await?;
    store::job_reports::set_kept(&mut tx, JobId(deletion.job_id), WarehouseKept::default()).await?;
    fault::stop_point("retention.audit")?;
    tx.commit().await
}
