//! Privacy requests, what happens to them by themselves: those whose time has come are carried out, recipients and controllers
//! are told, and what is no longer needed is taken away. What people do about them is `service::requests`, `request_deeds` and
//! `recipients`; the erasure itself is `service::erasures`.
//!
//! Reading order: this file, `carry_out` (what a request asks for), `words` (who is told), `sealed` (their receipts), `opendsr` (this server as a
//! processor). A process that is killed at any moment goes on at the next start: an erasure can be made twice and is counted
//! by what is written of it, word is kept until it has been taken.

mod carry_out;
pub(crate) mod opendsr;
mod sealed;
pub(crate) mod words;

pub(crate) use carry_out::{Changed, carry_out, changed, look_up};

use crate::{
    error::{Error, Result},
    service::Engine,
    store::{self, audit::Entry, erasures::NewErasure, requests::RequestRow},
};
use domain::{access::Actor, id::RequestId, privacy::request::Step, problem::Code, time::Timestamp};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// It looks so often; nothing to do costs two looks into an index.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What is no longer needed is looked for so often.
const TIDY_EVERY: Duration = Duration::from_secs(30);
/// After a failure of the database it waits this long.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// The task that carries out and takes away.
pub(crate) async fn run(engine: Engine, mut stop: watch::Receiver<bool>) {
    let mut tidied: Option<Instant> = None;
    while !*stop.borrow() {
        let rung = engine.inner.requests.notified();
        let rest = match look(&engine, &mut tidied).await {
            Ok(true) => continue,
            Ok(false) => LOOK_EVERY,
            Err(error) => {
                tracing::warn!(%error, "privacy requests could not be looked at; they will be again");
                engine.inner.store.note(&error);
                AFTER_FAILURE
            }
        };
        tokio::select! {
            // Somebody may have been erased: an answer that names them is not to be had any more.
            () = rung => tidied = None,
            () = tokio::time::sleep(rest) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Looks once. Says whether there was something to do.
async fn look(engine: &Engine, tidied: &mut Option<Instant>) -> Result<bool> {
    let store = &engine.inner.store;
    if tidied.is_none_or(|at| at.elapsed() >= TIDY_EVERY) {
        tidy(engine).await?;
        *tidied = Some(Instant::now());
    }
    let due = store::requests::due(&mut *store.read().await?, store.clock.now()).await?;
    let Some(row) = due else { return Ok(false) };
    // What stood in its way is on the record with the next try, so that the next look finds the next one.
    match carry_out(engine, &Actor::system(), row.id()).await {
        // Somebody has carried it out or taken it back while this waited for its turn.
        Err(Error::Problem(problem)) if problem.code == Code::StateRefused => Ok(true),
        done => done.map(|()| true),
    }
}

/// Takes away what is no longer needed: who ended requests were about, and records that have been kept long enough.
pub(crate) async fn tidy(engine: &Engine) -> Result<()> {
    let store = &engine.inner.store;
    let now = store.clock.now();
    forget_ended(engine, now).await?;
    sealed::seal_due(engine).await?;
    // Whoever has been erased by another door since is not to be named by an answer that nobody can have any more.
    let answers = store::request_steps::answerable(&mut *store.read().await?, now).await?;
    for id in answers {
        let Some(row) = store::requests::find(&mut *store.read().await?, id).await? else {
            continue;
        };
        if look_up(engine, &Actor::system(), &row).await?.is_empty() {
            forget(engine, &row).await?;
        }
    }
    let mut tx = store.write().await?;
    let removed = store::request_steps::remove_old(&mut tx, now).await?;
    for id in &removed {
        let entry = Entry {
            action: "privacy.record_removed",
            dataset: None,
            object: format!("request:{id}"),
            detail: serde_json::json!({}),
        };
        store::audit::insert(&mut tx, now, &Actor::system(), entry).await?;
    }
    tx.commit().await
}

/// Forgets who ended requests were about, where nothing is left to be done with it.
pub(crate) async fn forget_ended(engine: &Engine, now: Timestamp) -> Result<()> {
    let store = &engine.inner.store;
    let ids = store::request_steps::forgettable(&mut *store.read().await?, now).await?;
    for id in ids {
        if let Some(row) = store::requests::find(&mut *store.read().await?, id).await? {
            forget(engine, &row).await?;
        }
    }
    Ok(())
}

/// Forgets who a request was about, and has the dead bytes of it wiped: an erasure of nobody is written down, which is followed
/// by a wipe of both files like any other.
async fn forget(engine: &Engine, row: &RequestRow) -> Result<()> {
    let store = &engine.inner.store;
    let now = store.clock.now();
    let mut tx = store.write().await?;
    if store::request_steps::forget(&mut tx, row.id(), now).await? {
        let system = Actor::system();
        store::requests::step(&mut tx, row.id(), now, &system.name, Step::Forgotten, None).await?;
        let wipe = NewErasure {
            dataset: row.dataset(),
            request: Some(row.id),
            actor: &system.name,
            at: now,
            profiles: 0,
            people: 0,
            events: 0,
        };
        store::erasures::insert(&mut tx, &wipe, &[]).await?;
        tx.commit().await?;
        engine.inner.erase.notify_one();
    }
    Ok(())
}

/// What stands in the audit log about a request.
pub(crate) fn entry(row: &RequestRow, action: &'static str, detail: serde_json::Value) -> Entry {
    Entry {
        action,
        dataset: Some(row.dataset()),
        object: format!("request:{}", RequestId(row.id)),
        detail,
    }
}
