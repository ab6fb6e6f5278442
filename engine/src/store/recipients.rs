//! Rows of those to whom data was disclosed, and of what is on its way to them and, as OpenDSR callbacks, to controllers.

use super::Conn;
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, RecipientId, RequestId},
    notice::DeliveryState,
    privacy::request::{Recipient, Told},
    time::Timestamp,
};
use sqlx::FromRow;

/// Writes a recipient down.
pub(crate) async fn insert(
    conn: &mut Conn,
    dataset: DatasetId,
    (name, url, secret): (&str, &str, &str),
    by: &str,
    at: Timestamp,
) -> Result<RecipientId> {
    let id = sqlx::query_scalar(
        "INSERT INTO privacy_recipients (dataset_id, name, url, secret, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)
         RETURNING id",
    )
    .bind(dataset.0)
    .bind(name)
    .bind(url)
    .bind(secret)
    .bind(by)
    .bind(at.ms())
    .fetch_one(conn)
    .await?;
    Ok(RecipientId(id))
}

/// Takes a recipient out of use; what it was told stays on record. Its secret goes. False where there is none.
pub(crate) async fn remove(
    conn: &mut Conn,
    dataset: DatasetId,
    id: RecipientId,
    at: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE privacy_recipients SET removed_at = $3, secret = '' WHERE dataset_id = $1 AND id = $2 AND removed_at IS NULL",
    )
    .bind(dataset.0)
    .bind(id.0)
    .bind(at.ms())
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "UPDATE privacy_deliveries SET state = 'given_up', next_at = NULL, said = 'The recipient was removed.'
         WHERE recipient_id = $1 AND state = 'waiting' AND EXISTS (SELECT 1 FROM privacy_recipients WHERE id = $1 AND dataset_id = $2)",
    )
    .bind(id.0)
    .bind(dataset.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

#[derive(FromRow)]
struct RecipientRow {
    id: i64,
    name: String,
    url: String,
    created_by: String,
    created_at: i64,
}

/// The recipients of a dataset that are in use, by name.
pub(crate) async fn list(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<Recipient>> {
    let rows: Vec<RecipientRow> = sqlx::query_as(
        "SELECT id, name, url, created_by, created_at FROM privacy_recipients
         WHERE dataset_id = $1 AND removed_at IS NULL ORDER BY name, id",
    )
    .bind(dataset.0)
    .fetch_all(conn)
    .await?;
    let show = |row: RecipientRow| Recipient {
        id: RecipientId(row.id),
        name: row.name,
        url: row.url,
        created_by: row.created_by,
        created_at: Timestamp::from_ms(row.created_at),
    };
    Ok(rows.into_iter().map(show).collect())
}

/// A recipient's secret; nothing where it was removed.
pub(crate) async fn secret(conn: &mut Conn, id: RecipientId) -> Result<Option<String>> {
    Ok(
        sqlx::query_scalar("SELECT secret FROM privacy_recipients WHERE id = $1 AND removed_at IS NULL")
            .bind(id.0)
            .fetch_optional(conn)
            .await?,
    )
}

/// Word for a recipient or, with a body, for a controller.
#[derive(Debug)]
pub(crate) struct NewWord<'a> {
    pub(crate) key: &'a str,
    pub(crate) request: RequestId,
    pub(crate) recipient: Option<RecipientId>,
    pub(crate) target: &'a str,
    pub(crate) body: Option<&'a str>,
}

/// Puts it on its way.
pub(crate) async fn insert_word(conn: &mut Conn, new: &NewWord<'_>, at: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO privacy_deliveries (key, request_id, recipient_id, target, body, next_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(new.key)
    .bind(new.request.0)
    .bind(new.recipient.map(|id| id.0))
    .bind(new.target)
    .bind(new.body)
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// Word as it is tried.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct DueWord {
    pub(crate) id: i64,
    pub(crate) key: String,
    pub(crate) request_id: i64,
    pub(crate) recipient_id: Option<i64>,
    pub(crate) target: String,
    pub(crate) body: Option<String>,
    pub(crate) tries: i64,
}

/// The word that has been due longest. Word about the same request to the same address goes in order.
pub(crate) async fn due_word(conn: &mut Conn, now: Timestamp) -> Result<Option<DueWord>> {
    Ok(sqlx::query_as(
        "SELECT id, key, request_id, recipient_id, target, body, tries FROM privacy_deliveries d
         WHERE next_at <= $1 AND NOT EXISTS (SELECT 1 FROM privacy_deliveries b
           WHERE b.request_id = d.request_id AND b.id < d.id AND b.target = d.target AND b.state = 'waiting')
         ORDER BY next_at, id LIMIT 1",
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
    sqlx::query(
        "UPDATE privacy_deliveries SET state = $2, said = $3, next_at = $4, tries = tries + 1 WHERE id = $1 AND state = 'waiting'",
    )
    .bind(id)
    .bind(state.as_str())
    .bind(said)
    .bind(next_at.map(Timestamp::ms))
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct ToldRow {
    key: String,
    recipient: Option<String>,
    target: String,
    body: Option<String>,
    state: String,
    tries: i64,
    said: Option<String>,
    created_at: i64,
    next_at: Option<i64>,
}

/// Who was told about a request, in order.
pub(crate) async fn told(conn: &mut Conn, request: RequestId) -> Result<Vec<Told>> {
    let rows: Vec<ToldRow> = sqlx::query_as(
        "SELECT d.key, r.name AS recipient, d.target, d.body, d.state, d.tries, d.said, d.created_at, d.next_at
         FROM privacy_deliveries d LEFT JOIN privacy_recipients r ON r.id = d.recipient_id WHERE d.request_id = $1 ORDER BY d.id",
    )
    .bind(request.0)
    .fetch_all(conn)
    .await?;
    let show = |row: ToldRow| {
        let body: Option<serde_json::Value> = row.body.and_then(|body| serde_json::from_str(&body).ok());
        Ok(Told {
            state: DeliveryState::parse(&row.state)
                .ok_or_else(|| Error::Corrupt("word to a recipient has an unknown state".to_owned()))?,
            key: row.key,
            recipient: row.recipient,
            host: row.target.split('/').nth(2).unwrap_or_default().to_owned(),
            says: body.and_then(|body| body["request_status"].as_str().map(str::to_owned)),
            tries: row.tries,
            said: row.said,
            created_at: Timestamp::from_ms(row.created_at),
            next_at: row.next_at.map(Timestamp::from_ms),
        })
    };
    rows.into_iter().map(show).collect()
}

/// How many recipients were told of an erasure, and how many were not.
pub(crate) async fn told_count(conn: &mut Conn, request: RequestId) -> Result<(i64, i64)> {
    Ok(sqlx::query_as(
        "SELECT count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state <> 'sent') FROM privacy_deliveries
         WHERE request_id = $1 AND recipient_id IS NOT NULL",
    )
    .bind(request.0)
    .fetch_one(conn)
    .await?)
}
