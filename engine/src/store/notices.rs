//! Rows of notices, of what leaves the console of them, and of the addresses that it goes to.

use super::Conn;
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, JobId, NoticeId, RecurringId},
    notice::{Channel, Delivery, DeliveryState, Notice, NoticeKind},
    time::Timestamp,
};
use sqlx::FromRow;

/// A new notice.
#[derive(Debug)]
pub(crate) struct NewNotice<'a> {
    /// What it tells of: told once.
    pub(crate) cause: &'a str,
    pub(crate) recipient: &'a str,
    pub(crate) dataset: DatasetId,
    pub(crate) kind: NoticeKind,
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) job: Option<JobId>,
    pub(crate) recurring: Option<RecurringId>,
}

/// Writes it, unless its cause was told already: then nothing is given.
pub(crate) async fn insert(conn: &mut Conn, new: &NewNotice<'_>, at: Timestamp) -> Result<Option<NoticeId>> {
    let id: Option<i64> = sqlx::query_scalar(
        "INSERT INTO notices (cause, recipient, dataset_id, kind, title, text, job_id, recurring_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (cause) DO NOTHING RETURNING id",
    )
    .bind(new.cause)
    .bind(new.recipient)
    .bind(new.dataset.0)
    .bind(new.kind.as_str())
    .bind(new.title)
    .bind(new.text)
    .bind(new.job.map(|job| job.0))
    .bind(new.recurring.map(|recurring| recurring.0))
    .bind(at.ms())
    .fetch_optional(conn)
    .await?;
    Ok(id.map(NoticeId))
}

#[derive(FromRow)]
struct NoticeRow {
    id: i64,
    kind: String,
    dataset: String,
    title: String,
    text: String,
    job_id: Option<i64>,
    recurring_id: Option<i64>,
    created_at: i64,
    read_at: Option<i64>,
}

impl NoticeRow {
    fn show(self) -> Result<Notice> {
        let kind = NoticeKind::parse(&self.kind).ok_or_else(|| {
            Error::Corrupt(format!("notice {} is of the unknown kind {}", self.id, self.kind))
        })?;
        Ok(Notice {
            id: NoticeId(self.id),
            kind,
            dataset: self.dataset,
            title: self.title,
            text: self.text,
            job: self.job_id.map(JobId),
            recurring: self.recurring_id.map(RecurringId),
            created_at: Timestamp::from_ms(self.created_at),
            read_at: self.read_at.map(Timestamp::from_ms),
        })
    }
}

/// A person's notices, newest first, below `before` (0: from the newest); of one dataset where they are bound to it.
pub(crate) async fn list(
    conn: &mut Conn,
    recipient: &str,
    bound: Option<DatasetId>,
    before: i64,
    rows: u32,
) -> Result<Vec<Notice>> {
    let found: Vec<NoticeRow> = sqlx::query_as(
        "SELECT n.id, n.kind, d.slug AS dataset, n.title, n.text, n.job_id, n.recurring_id, n.created_at, n.read_at
         FROM notices n JOIN datasets d ON d.id = n.dataset_id
         WHERE n.recipient = $1 AND ($2 IS NULL OR n.dataset_id = $2) AND ($3 = 0 OR n.id < $3)
         ORDER BY n.id DESC LIMIT $4",
    )
    .bind(recipient)
    .bind(bound.map(|dataset| dataset.0))
    .bind(before)
    .bind(i64::from(rows) + 1)
    .fetch_all(conn)
    .await?;
    found.into_iter().map(NoticeRow::show).collect()
}

/// How many of a person's notices are not read.
pub(crate) async fn unread(conn: &mut Conn, recipient: &str, bound: Option<DatasetId>) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "SELECT count(*) FROM notices WHERE recipient = $1 AND read_at IS NULL AND ($2 IS NULL OR dataset_id = $2)",
    )
    .bind(recipient)
    .bind(bound.map(|dataset| dataset.0))
    .fetch_one(conn)
    .await?)
}

/// Marks one of a person's notices as read, or all of them up to one. Says how many it was.
pub(crate) async fn mark_read(
    conn: &mut Conn,
    recipient: &str,
    id: NoticeId,
    and_older: bool,
    at: Timestamp,
) -> Result<u64> {
    let done = sqlx::query(
        "UPDATE notices SET read_at = $4 WHERE recipient = $1 AND read_at IS NULL AND (id = $2 OR ($3 AND id < $2))",
    )
    .bind(recipient)
    .bind(id.0)
    .bind(and_older)
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Where a person's notices go by e-mail.
pub(crate) async fn address(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    let found: Option<Option<String>> =
        sqlx::query_scalar("SELECT notice_email FROM users WHERE name = $1 AND disabled_at IS NULL")
            .bind(name)
            .fetch_optional(conn)
            .await?;
    Ok(found.flatten())
}

/// Says where, or that they stay in the console.
pub(crate) async fn set_address(conn: &mut Conn, name: &str, address: Option<&str>) -> Result<()> {
    sqlx::query("UPDATE users SET notice_email = $2 WHERE name = $1")
        .bind(name)
        .bind(address)
        .execute(conn)
        .await?;
    Ok(())
}

/// A new delivery.
#[derive(Debug)]
pub(crate) struct NewDelivery<'a> {
    pub(crate) key: &'a str,
    /// `None`: a test.
    pub(crate) notice: Option<NoticeId>,
    pub(crate) channel: Channel,
    pub(crate) target: &'a str,
    pub(crate) title: &'a str,
    pub(crate) body: &'a str,
    /// When the loop is to take it; `None`: the caller delivers it.
    pub(crate) next_at: Option<Timestamp>,
}

/// Writes it.
pub(crate) async fn insert_delivery(conn: &mut Conn, new: &NewDelivery<'_>, at: Timestamp) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "INSERT INTO deliveries (key, notice_id, channel, target, title, body, next_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
    )
    .bind(new.key)
    .bind(new.notice.map(|notice| notice.0))
    .bind(new.channel.as_str())
    .bind(new.target)
    .bind(new.title)
    .bind(new.body)
    .bind(new.next_at.map(Timestamp::ms))
    .bind(at.ms())
    .fetch_one(conn)
    .await?)
}

/// A delivery as it is tried.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Due {
    pub(crate) id: i64,
    pub(crate) key: String,
    pub(crate) channel: String,
    pub(crate) target: String,
    pub(crate) body: String,
    pub(crate) tries: i64,
}

/// The delivery that has been due longest, if any is.
pub(crate) async fn due(conn: &mut Conn, now: Timestamp) -> Result<Option<Due>> {
    Ok(sqlx::query_as(
        "SELECT id, key, channel, target, body, tries FROM deliveries WHERE next_at <= $1 ORDER BY next_at, id LIMIT 1",
    )
    .bind(now.ms())
    .fetch_optional(conn)
    .await?)
}

/// What came of a try.
pub(crate) async fn record(
    conn: &mut Conn,
    id: i64,
    state: DeliveryState,
    said: &str,
    next_at: Option<Timestamp>,
) -> Result<()> {
    sqlx::query("UPDATE deliveries SET state = $2, said = $3, next_at = $4, tries = tries + 1 WHERE id = $1")
        .bind(id)
        .bind(state.as_str())
        .bind(said)
        .bind(next_at.map(Timestamp::ms))
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct DeliveryRow {
    key: String,
    channel: String,
    target: String,
    title: String,
    state: String,
    tries: i64,
    said: Option<String>,
    created_at: i64,
    next_at: Option<i64>,
}

/// The last deliveries, newest first; the one of a key where it is named.
pub(crate) async fn deliveries(conn: &mut Conn, key: Option<&str>, rows: u32) -> Result<Vec<Delivery>> {
    let found: Vec<DeliveryRow> = sqlx::query_as(
        "SELECT key, channel, target, title, state, tries, said, created_at, next_at FROM deliveries
         WHERE $1 IS NULL OR key = $1 ORDER BY id DESC LIMIT $2",
    )
    .bind(key)
    .bind(i64::from(rows))
    .fetch_all(conn)
    .await?;
    let unknown = || Error::Corrupt("a delivery has an unknown channel or state".to_owned());
    let show = |row: DeliveryRow| {
        Ok(Delivery {
            channel: Channel::parse(&row.channel).ok_or_else(unknown)?,
            state: DeliveryState::parse(&row.state).ok_or_else(unknown)?,
            key: row.key,
            target: row.target,
            title: row.title,
            tries: row.tries,
            said: row.said,
            created_at: Timestamp::from_ms(row.created_at),
            next_at: row.next_at.map(Timestamp::from_ms),
        })
    };
    found.into_iter().map(show).collect()
}
