//! Who is told of a request: the controller by OpenDSR callbacks at every change of state, and the dataset's recipients of every
//! erasure (GDPR art. 19) by signed webhook. Each word is kept until the other side has taken it, tried again with pauses that
//! grow, and given up in the end; a person sees how it stands.
//!
//! A recipient must know who was erased, to erase them too. That is put together at each try out of what the request says, and
//! the request says it only until all recipients have been told or given up.

use super::opendsr::Status;
use crate::{
    error::Result,
    fault, notify,
    service::Engine,
    store::{
        self, Conn,
        recipients::{DueWord, NewWord},
        requests::RequestRow,
    },
};
use domain::{
    id::{RecipientId, RequestId},
    notice::DeliveryState,
    profile::IdentityKind,
    time::Timestamp,
};
use tokio::sync::watch;

/// Puts a callback for each of the controller's addresses on its way, as the request stands in this transaction.
pub(crate) async fn call_back(
    engine: &Engine,
    conn: &mut Conn,
    row: RequestRow,
    now: Timestamp,
) -> Result<()> {
    let (Some(processor), targets) = (engine.processor(), row.callbacks()?) else {
        return Ok(());
    };
    if targets.is_empty() {
        return Ok(());
    }
    let request = row.show()?;
    for target in targets {
        let status = Status::of(&request, processor, Some(&target), now);
        let word = NewWord {
            key: &notify::new_key(),
            request: request.id,
            recipient: None,
            target: &target,
            body: Some(&store::jobs::to_json(&status)?),
        };
        store::recipients::insert_word(conn, &word, now).await?;
    }
    Ok(())
}

/// Puts word of an erasure for each of the dataset's recipients on its way.
pub(super) async fn tell_recipients(conn: &mut Conn, row: &RequestRow, now: Timestamp) -> Result<()> {
    for recipient in store::recipients::list(conn, row.dataset()).await? {
        let word = NewWord {
            key: &notify::new_key(),
            request: row.id(),
            recipient: Some(recipient.id),
            target: &recipient.url,
            body: None,
        };
        store::recipients::insert_word(conn, &word, now).await?;
    }
    Ok(())
}

/// The task that delivers.
pub(crate) async fn run(engine: Engine, stop: watch::Receiver<bool>) {
    notify::deliver(&engine, stop, "word about privacy requests", |engine| {
        Box::pin(one(engine))
    })
    .await;
}

/// One word, if any is due. Says whether there was one.
async fn one(engine: &Engine) -> Result<bool> {
    let store = &engine.inner.store;
    let due = store::recipients::due_word(&mut *store.read().await?, store.clock.now()).await?;
    let Some(due) = due else { return Ok(false) };
    let tried = attempt(engine, &due).await?;
    fault::stop_point("request.told")?;
    let (state, said, pause) = notify::verdict(tried, due.tries);
    if state != DeliveryState::Sent {
        tracing::warn!(
            word = due.key,
            "word about a privacy request could not be delivered"
        );
    }
    let next = pause.map(|ms| store.clock.now().plus_ms(ms));
    let mut tx = store.write().await?;
    store::recipients::record(&mut tx, due.id, state, &notify::cut(&said), next).await?;
    tx.commit().await?;
    if due.recipient_id.is_some() && state != DeliveryState::Waiting {
        super::forget_ended(engine, store.clock.now()).await?;
    }
    Ok(true)
}

/// One try; gives what the other side said, or why it did not come to that.
async fn attempt(engine: &Engine, due: &DueWord) -> Result<std::result::Result<String, String>> {
    match (due.recipient_id, &due.body) {
        (Some(recipient), _) => tell(engine, due, RecipientId(recipient)).await,
        (None, Some(body)) => Ok(call(engine, due, body).await),
        (None, None) => Ok(Err("There is nothing to say.".to_owned())),
    }
}

/// Calls a controller back, signed with the operator's certificate.
async fn call(engine: &Engine, due: &DueWord, body: &str) -> std::result::Result<String, String> {
    let processor = engine.processor();
    let processor = processor.ok_or_else(|| "OpenDSR is not set up any more.".to_owned())?;
    let (domain, signature) = (processor.domain().to_owned(), processor.sign(body.as_bytes())?);
    let headers = [
        ("x-opendsr-processor-domain", domain.clone()),
        ("x-opendsr-signature", signature.clone()),
        // Section 10.1 of the specification: the names of its predecessor are honoured.
        ("x-opengdpr-processor-domain", domain),
        ("x-opengdpr-signature", signature),
    ];
    notify::post(&due.target, &headers, body).await
}

/// Tells a recipient who was erased.
async fn tell(
    engine: &Engine,
    due: &DueWord,
    recipient: RecipientId,
) -> Result<std::result::Result<String, String>> {
    let store = &engine.inner.store;
    let mut conn = store.read().await?;
    let Some(secret) = store::recipients::secret(&mut conn, recipient).await? else {
        return Ok(Err("The recipient was removed.".to_owned()));
    };
    let id = RequestId(due.request_id);
    let Some(row) = store::requests::find(&mut conn, id).await? else {
        return Ok(Err("The request is no longer on record.".to_owned()));
    };
    let subjects = store::requests::subjects(&mut conn, id).await?;
    drop(conn);
    let request = row.show()?;
    let identities: Vec<_> = subjects
        .iter()
        .map(|it| serde_json::json!({ "kind": it.kind.map(IdentityKind::as_str), "value": it.value }))
        .collect();
    let body = serde_json::json!({
        "id": due.key, "type": "person_erased", "request": request.id.number(), "dataset": request.dataset,
        "regulation": request.regulation, "erased_at": request.ended_at.map(Timestamp::to_rfc3339), "identities": identities,
        "text": "This person has asked for erasure and was erased here. Erase what you were given of them, too (GDPR art. 19).",
    })
    .to_string();
    let seconds = store.clock.now().ms() / 1_000;
    Ok(notify::post_signed((&due.target, &secret), &due.key, seconds, &body).await)
}
