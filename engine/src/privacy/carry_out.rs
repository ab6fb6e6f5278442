//! Carries a request out: erases, or makes the answer ready; and writes its end down with its history, its audit entry and the
//! word that goes to recipients and to the controller, in one transaction.

use super::{entry, words};
use crate::{
    error::{Error, Result},
    fault,
    service::Engine,
    store::{self, Conn, request_steps::End, requests::RequestRow},
};
use domain::{
    access::{Actor, Permission},
    id::RequestId,
    notice::pause_ms,
    privacy::{
        ErasureDone, PersonRecord,
        basis::Basis,
        request::{Deed, RESULTS_MS, RequestKind, RequestState, Step, Subject},
    },
    problem::{Code, Problem},
    profile::{IdentityKind, Profile},
    time::Timestamp,
};
use std::collections::BTreeSet;

/// What a held person's request is refused with.
const HELD: &str =
    "The person is under a legal hold: what is known of them is kept for as long as the hold is in force.";

/// A change of a request's state.
#[derive(Debug)]
pub(crate) struct Changed<'a> {
    pub(crate) step: Step,
    pub(crate) action: &'static str,
    pub(crate) note: Option<&'a str>,
}

/// Writes a change down that was just made to a row: history, audit, and the callbacks of its controller.
pub(crate) async fn changed(
    engine: &Engine,
    conn: &mut Conn,
    actor: &Actor,
    id: RequestId,
    it: &Changed<'_>,
) -> Result<()> {
    let now = engine.inner.store.clock.now();
    let row = store::requests::find(conn, id).await?;
    let row = row.ok_or_else(|| Problem::not_found("privacy request"))?;
    store::requests::step(conn, id, now, &actor.name, it.step, it.note).await?;
    let detail = serde_json::json!({ "kind": row.kind()?, "state": row.state()? });
    store::audit::insert(conn, now, actor, entry(&row, it.action, detail)).await?;
    words::call_back(engine, conn, row, now).await
}

/// Carries a request out. One at a time, so that the account of an erasure is one.
///
/// 1. Say that it has begun.
/// 2. Find out who is meant, and erase them or count what is known of them.
/// 3. Say what it came to, or, where it could not be done, why, and when it is tried again.
///
/// # Errors
/// `state_refused`, `identity_unverified`; what stands in the way of the deed itself is on the record too.
pub(crate) async fn carry_out(engine: &Engine, actor: &Actor, id: RequestId) -> Result<()> {
    let _one = engine.inner.carrying.lock().await;
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    let row = found(&mut tx, id).await?;
    row.state()?.check(Deed::Run)?;
    actor.require_in(Permission::Privacy, row.dataset())?;
    if !row.verified() {
        return Err(Problem::new(Code::IdentityUnverified).on("verified_how").into());
    }
    let now = store.clock.now();
    let first = row.state()? == RequestState::Pending;
    store::request_steps::started(&mut tx, id, now).await?;
    if first {
        let it = Changed {
            step: Step::Started,
            action: "request.started",
            note: None,
        };
        changed(engine, &mut tx, actor, id, &it).await?;
    }
    tx.commit().await?;
    fault::stop_point("request.started")?;
    let done = match row.kind()? {
        RequestKind::Erasure => erase(engine, actor, &row).await,
        RequestKind::Access | RequestKind::Portability => answer(engine, actor, &row).await,
    };
    match done {
        Ok(()) => super::forget_ended(engine, store.clock.now()).await,
        Err(error) => {
            failed(engine, &row, &error).await?;
            Err(error)
        }
    }
}

/// Writes down why it could not be done. It is tried again by itself, with pauses that grow, unless somebody has to decide.
async fn failed(engine: &Engine, row: &RequestRow, error: &Error) -> Result<()> {
    let store = &engine.inner.store;
    let why = match error {
        Error::Problem(problem) => problem.message.clone(),
        _ => Code::Internal.sentence().to_owned(),
    };
    let now = store.clock.now();
    let pause = match error {
        Error::Problem(_) => None,
        _ => pause_ms(row.tries + 1),
    };
    let mut tx = store.write().await?;
    store::request_steps::failed(&mut tx, row.id(), &why, pause.map(|ms| now.plus_ms(ms))).await?;
    store::requests::step(
        &mut tx,
        row.id(),
        now,
        &Actor::system().name,
        Step::Failed,
        Some(&why),
    )
    .await?;
    tx.commit().await
}

/// Everything that is known of the people whom a request is about, each record once.
pub(crate) async fn look_up(engine: &Engine, actor: &Actor, row: &RequestRow) -> Result<Vec<PersonRecord>> {
    let subjects = store::requests::subjects(&mut *engine.inner.store.read().await?, row.id()).await?;
    let (mut seen, mut kept) = (BTreeSet::new(), BTreeSet::new());
    let mut all = Vec::new();
    for subject in subjects {
        let Some(mut record) = engine.person_record(actor, row.dataset(), &subject.value).await? else {
            continue;
        };
        record
            .store
            .retain(|it| means(&it.profile, &subject) && seen.insert(it.profile.id));
        record
            .warehouse
            .retain(|it| means(&it.profile, &subject) && kept.insert(it.profile.id));
        if !record.store.is_empty() || !record.warehouse.is_empty() {
            all.push(record);
        }
    }
    Ok(all)
}

/// Whether a profile has the identity as the kind that it was given as.
fn means(profile: &Profile, subject: &Subject) -> bool {
    let is = |own: &Option<String>| own.as_deref() == Some(subject.value.as_str());
    match subject.kind {
        None => true,
        Some(IdentityKind::UserId) => is(&profile.user_id),
        Some(IdentityKind::Email) => is(&profile.email),
        Some(IdentityKind::Phone) => is(&profile.phone),
        Some(IdentityKind::AnonymousId) => profile.anonymous_ids.contains(&subject.value),
    }
}

/// The identities by which people are erased. One that names somebody as another kind than it was given as names nobody; one
/// that names people as its own kind and as another one is for a person to sort out.
///
/// # Errors
/// `several_known`.
async fn meant(engine: &Engine, actor: &Actor, row: &RequestRow) -> Result<Vec<String>> {
    let subjects = store::requests::subjects(&mut *engine.inner.store.read().await?, row.id()).await?;
    let mut all = Vec::new();
    for subject in subjects {
        if subject.kind.is_some() {
            let record = engine.person_record(actor, row.dataset(), &subject.value).await?;
            let profiles = record.iter().flat_map(|record| {
                let store = record.store.iter().map(|it| &it.profile);
                store.chain(record.warehouse.iter().map(|it| &it.profile))
            });
            let (right, wrong): (Vec<&Profile>, Vec<&Profile>) =
                profiles.partition(|profile| means(profile, &subject));
            if !right.is_empty() && !wrong.is_empty() {
                return Err(Problem::new(Code::SeveralKnown).on("identities").into());
            }
            if !wrong.is_empty() {
                continue;
            }
        }
        all.push(subject.value);
    }
    Ok(all)
}

/// Erases, and ends the request by what that came to.
async fn erase(engine: &Engine, actor: &Actor, row: &RequestRow) -> Result<()> {
    let identities = meant(engine, actor, row).await?;
    let found = look_up(engine, actor, row).await?;
    let records = people(&found);
    let now = engine
        .erase_people(actor, row.dataset(), &identities, Some(row.id))
        .await?;
    fault::stop_point("request.erased")?;
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    // A try that was cut off may have erased before this one: what is written down counts.
    let account = ErasureDone {
        requested: now.requested,
        held: now.held,
        ..store::erasures::of_request(&mut tx, row.id()).await?
    };
    let records = records.max(account.deleted);
    if account.held > 0 {
        let reason = match account.deleted {
            0 => HELD.to_owned(),
            _ => format!("{HELD} What the other identities name was erased."),
        };
        let end = End {
            account: Some(account),
            records: Some(records),
            refusal: Some((Basis::LegalClaims, &reason)),
            results_until: None,
        };
        finish(engine, &mut tx, actor, row, RequestState::Declined, &end).await?;
    } else {
        let end = End {
            account: Some(account),
            records: Some(records),
            ..End::default()
        };
        finish(engine, &mut tx, actor, row, RequestState::Completed, &end).await?;
    }
    if account.deleted > 0 {
        words::tell_recipients(&mut tx, row, store.clock.now()).await?;
    }
    fault::stop_point("request.ended")?;
    tx.commit().await
}

/// Makes the answer ready: it is put together when it is downloaded, so that no copy of it lies about.
async fn answer(engine: &Engine, actor: &Actor, row: &RequestRow) -> Result<()> {
    let found = look_up(engine, actor, row).await?;
    let store = &engine.inner.store;
    let until: Timestamp = store.clock.now().plus_ms(RESULTS_MS);
    let end = End {
        records: Some(people(&found)),
        results_until: (!found.is_empty()).then_some(until),
        ..End::default()
    };
    let mut tx = store.write().await?;
    finish(engine, &mut tx, actor, row, RequestState::Completed, &end).await?;
    tx.commit().await
}

async fn finish(
    engine: &Engine,
    tx: &mut Conn,
    actor: &Actor,
    row: &RequestRow,
    state: RequestState,
    end: &End<'_>,
) -> Result<()> {
    let now = engine.inner.store.clock.now();
    store::request_steps::ended(tx, row.id(), state, end, &actor.name, now).await?;
    let (step, action) = match state {
        RequestState::Declined => (Step::Declined, "request.declined"),
        _ => (Step::Completed, "request.completed"),
    };
    let note = end.refusal.map(|(_, reason)| reason);
    changed(engine, tx, actor, row.id(), &Changed { step, action, note }).await
}

/// How many people are in these records: a profile and its copy are one.
fn people(found: &[PersonRecord]) -> i64 {
    let store = found
        .iter()
        .flat_map(|it| it.store.iter().map(|it| it.profile.id));
    let kept = found
        .iter()
        .flat_map(|it| it.warehouse.iter().map(|it| it.profile.id));
    let all: BTreeSet<_> = store.chain(kept).collect();
    i64::try_from(all.len()).unwrap_or(i64::MAX)
}

async fn found(conn: &mut Conn, id: RequestId) -> Result<RequestRow> {
    let row = store::requests::find(conn, id).await?;
    row.ok_or_else(|| Problem::not_found("privacy request").into())
}
