//! Notices: written in the transaction of what they tell of, so that none is lost and none comes twice; and, where that is
//! set up, put into an outbox in the same transaction, from which `outbox` delivers them by e-mail and webhook.
//!
//! A delivery is made at least once: a process that is killed between the other side's yes and writing it down tries again.
//! The key is the same at every try, so that the receiver can tell. Nothing of a person in a dataset is ever in a notice.

mod mail;
mod outbox;
mod settings;
mod webhook;

use crate::{
    error::Result,
    service::Engine,
    store::{
        self, Conn,
        jobs::JobRow,
        notices::{NewDelivery, NewNotice},
    },
};
use domain::{
    id::{DatasetId, JobId},
    job::{Counts, JobState},
    notice::{Channel, NoticeKind, job_ended},
    problem::Problem,
    time::Timestamp,
};
pub(crate) use outbox::{cut, deliver, run, timed, verdict};

/// Writes a notice and puts it into the outbox for every way that is set up. Told once: a cause that is known changes nothing.
pub(crate) async fn tell(conn: &mut Conn, notice: &NewNotice<'_>, now: Timestamp) -> Result<()> {
    let Some(id) = store::notices::insert(conn, notice, now).await? else {
        return Ok(());
    };
    let mut ways = Vec::new();
    if settings::smtp(conn).await?.is_some()
        && let Some(address) = store::notices::address(conn, notice.recipient).await?
    {
        ways.push((Channel::Mail, address));
    }
    if let Some(hook) = settings::webhook(conn).await? {
        ways.push((Channel::Webhook, hook.url));
    }
    if ways.is_empty() {
        return Ok(());
    }
    let slug = store::datasets::slug(conn, notice.dataset).await?;
    for (channel, target) in ways {
        let key = new_key();
        let body = serde_json::json!({
            "id": key, "type": notice.kind.as_str(), "created_at": now.to_rfc3339(), "dataset": slug,
            "recipient": notice.recipient, "title": notice.title, "text": notice.text,
            "job": notice.job.map(JobId::number), "recurring": notice.recurring.map(domain::id::RecurringId::number),
        })
        .to_string();
        let new = NewDelivery {
            key: &key,
            notice: Some(id),
            channel,
            target: &target,
            title: notice.title,
            body: &body,
            next_at: Some(now),
        };
        store::notices::insert_delivery(conn, &new, now).await?;
    }
    Ok(())
}

/// The host of an address to which requests may be sent.
///
/// # Errors
/// `invalid` on `field`.
pub(crate) fn host_of(url: &str, field: &str) -> std::result::Result<String, Problem> {
    let read = webhook::Address::read(url);
    read.map(|address| address.host().to_owned())
        .map_err(|problem| problem.on(field))
}

/// One request, signed like a webhook's.
pub(crate) async fn post_signed(
    (url, secret): (&str, &str),
    key: &str,
    seconds: i64,
    body: &str,
) -> std::result::Result<String, String> {
    let hook = settings::Webhook {
        url: url.to_owned(),
        secret: secret.to_owned(),
    };
    timed(webhook::send(&hook, key, seconds, body)).await
}

/// One request with these headers.
pub(crate) async fn post(
    url: &str,
    headers: &[(&'static str, String)],
    body: &str,
) -> std::result::Result<String, String> {
    timed(webhook::post(url, headers, body)).await
}

/// A name for a delivery that no other one has, on any installation.
pub(crate) fn new_key() -> String {
    format!("ld_{:032x}", rand::random::<u128>())
}

/// Tells who asked for a job that it has ended. Called in the transaction that ends it.
pub(crate) async fn job_end(
    conn: &mut Conn,
    engine: &Engine,
    job: &JobRow,
    end: JobState,
    counts: &Counts,
) -> Result<()> {
    let id = JobId(job.id);
    // The reason may have been written in this transaction.
    let reason = store::jobs::find(conn, id).await?.and_then(|job| job.end_reason);
    let (title, text) = job_ended(id, &job.segment_name, end, counts, reason.as_deref());
    let notice = NewNotice {
        cause: &format!("job:{id}:ended"),
        recipient: job.requested_by(),
        dataset: DatasetId(job.dataset_id),
        kind: NoticeKind::JobEnded,
        title: &title,
        text: &text,
        job: Some(id),
        recurring: None,
    };
    tell(conn, &notice, engine.inner.store.clock.now()).await
}

/// Tells who asked for a job that it waits for somebody to do something: once a job, however often it waits.
pub(crate) async fn job_waits(conn: &mut Conn, engine: &Engine, job: &JobRow, reason: &str) -> Result<()> {
    let id = JobId(job.id);
    let notice = NewNotice {
        cause: &format!("job:{id}:waits"),
        recipient: job.requested_by(),
        dataset: DatasetId(job.dataset_id),
        kind: NoticeKind::JobWaits,
        title: &format!("{} “{}”: waits for somebody", id.number(), job.segment_name),
        text: reason,
        job: Some(id),
        recurring: None,
    };
    tell(conn, &notice, engine.inner.store.clock.now()).await
}
