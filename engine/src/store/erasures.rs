//! Rows of erasures of single persons: what was done where, and what is still to be done.

use super::{
    Conn,
    ingest::{Key, json, many},
    keys::Keys,
};
use crate::error::{Error, Result};
use domain::{id::DatasetId, privacy::Erasure, profile::IdentityKind, time::Timestamp};

/// An erasure whose store part is being committed.
#[derive(Debug)]
pub(crate) struct NewErasure<'a> {
    pub(crate) dataset: DatasetId,
    /// Of `privacy_requests`; `None`: asked for directly.
    pub(crate) request: Option<i64>,
    pub(crate) actor: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) people: i64,
    pub(crate) profiles: i64,
    pub(crate) events: i64,
}

/// An erasure that is not finished.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct ErasureRow {
    pub(crate) id: i64,
    pub(crate) dataset_id: i64,
    pub(crate) at: i64,
}

/// Writes an erasure down, with whose rows the warehouse and stored exports still have. Gives its number.
pub(crate) async fn insert(conn: &mut Conn, new: &NewErasure<'_>, ids: &[i64]) -> Result<i64> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO erasures (dataset_id, request_id, actor, at, people, profiles, events) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
    )
    .bind(new.dataset.0)
    .bind(new.request)
    .bind(new.actor)
    .bind(new.at.ms())
    .bind(new.people)
    .bind(new.profiles)
    .bind(new.events)
    .fetch_one(&mut *conn)
    .await?;
    sqlx::query("INSERT INTO erasure_people (erasure_id, profile_id) SELECT $1, value FROM json_each($2)")
        .bind(id)
        .bind(json(&ids)?)
        .execute(conn)
        .await?;
    Ok(id)
}

/// The erasures whose people the warehouse still has, oldest first.
pub(crate) async fn owed(conn: &mut Conn) -> Result<Vec<ErasureRow>> {
    Ok(sqlx::query_as(
        "SELECT id, dataset_id, at FROM erasures WHERE scrubbed_at IS NULL AND warehouse_at IS NULL ORDER BY id",
    )
    .fetch_all(conn)
    .await?)
}

/// The erasures of whose people dead bytes may still be in the files, oldest first.
pub(crate) async fn unscrubbed(conn: &mut Conn) -> Result<Vec<ErasureRow>> {
    Ok(sqlx::query_as(
        "SELECT id, dataset_id, at FROM erasures WHERE scrubbed_at IS NULL AND warehouse_at IS NOT NULL ORDER BY id",
    )
    .fetch_all(conn)
    .await?)
}

/// The people of an erasure.
pub(crate) async fn people(conn: &mut Conn, erasure: i64) -> Result<Vec<i64>> {
    Ok(
        sqlx::query_scalar("SELECT profile_id FROM erasure_people WHERE erasure_id = $1 ORDER BY profile_id")
            .bind(erasure)
            .fetch_all(conn)
            .await?,
    )
}

/// What an erasure took: events of the store, profiles and events of the warehouse.
pub(crate) async fn taken(conn: &mut Conn, erasure: i64) -> Result<(i64, i64, i64)> {
    Ok(
        sqlx::query_as("SELECT events, warehouse_profiles, warehouse_events FROM erasures WHERE id = $1")
            .bind(erasure)
            .fetch_one(conn)
            .await?,
    )
}

/// Counts events that were deleted in the transaction.
pub(crate) async fn add_events(conn: &mut Conn, erasure: i64, events: i64) -> Result<()> {
    sqlx::query("UPDATE erasures SET events = events + $2 WHERE id = $1")
        .bind(erasure)
        .bind(events)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes down that the warehouse has these people no more. False where that was known already.
pub(crate) async fn removed(
    conn: &mut Conn,
    erasure: i64,
    (profiles, events): (i64, i64),
    at: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE erasures SET warehouse_profiles = $2, warehouse_events = $3, warehouse_at = $4 WHERE id = $1 AND warehouse_at IS NULL",
    )
    .bind(erasure)
    .bind(profiles)
    .bind(events)
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down that no byte of these people is left, and forgets their numbers.
pub(crate) async fn scrubbed(conn: &mut Conn, erasure: i64, at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE erasures SET scrubbed_at = $2 WHERE id = $1")
        .bind(erasure)
        .bind(at.ms())
        .execute(&mut *conn)
        .await?;
    sqlx::query("DELETE FROM erasure_people WHERE erasure_id = $1")
        .bind(erasure)
        .execute(conn)
        .await?;
    Ok(())
}

/// How many people a stored export has, once some have been struck out of it.
pub(crate) async fn set_exported(conn: &mut Conn, job: domain::id::JobId, people: i64) -> Result<()> {
    sqlx::query("UPDATE job_exports SET people = $2 WHERE job_id = $1")
        .bind(job.0)
        .bind(people)
        .execute(conn)
        .await?;
    Ok(())
}

/// How these people are known, each identity with its look-up key.
pub(crate) async fn identities(
    conn: &mut Conn,
    keys: &Keys,
    dataset: DatasetId,
    ids: &[i64],
) -> Result<Vec<(i64, Key)>> {
    let rows: Vec<(i64, i64, String)> = many(
        sqlx::query_scalar(
            "SELECT json_group_array(json_array(profile_id, kind, value)) FROM identities WHERE profile_id IN (SELECT value FROM json_each($1))",
        )
        .bind(json(&ids)?)
        .fetch_one(conn)
        .await?,
    )?;
    rows.into_iter()
        .map(|(profile, kind, value)| {
            let kind = IdentityKind::from_number(kind)
                .ok_or_else(|| Error::Corrupt(format!("an identity has the unknown kind {kind}")))?;
            Ok((profile, Key::new(keys, dataset, kind, value)))
        })
        .collect()
}

#[derive(sqlx::FromRow)]
struct ShownRow {
    id: i64,
    at: i64,
    actor: String,
    request_id: Option<i64>,
    people: i64,
    profiles: i64,
    events: i64,
    warehouse_profiles: i64,
    warehouse_events: i64,
    scrubbed_at: Option<i64>,
}

/// The newest erasures of a dataset. Those of nobody are only there to have the files wiped.
pub(crate) async fn newest(conn: &mut Conn, dataset: DatasetId, rows: i64) -> Result<Vec<Erasure>> {
    let found: Vec<ShownRow> = sqlx::query_as(
        "SELECT id, at, actor, request_id, people, profiles, events, warehouse_profiles, warehouse_events, scrubbed_at
         FROM erasures WHERE dataset_id = $1 AND people > 0 ORDER BY id DESC LIMIT $2",
    )
    .bind(dataset.0)
    .bind(rows)
    .fetch_all(conn)
    .await?;
    let shown = found.into_iter().map(|row| Erasure {
        id: row.id,
        at: Timestamp::from_ms(row.at),
        by: row.actor,
        requested: row.request_id.is_some(),
        people: row.people,
        profiles: row.profiles,
        events: row.events,
        warehouse_profiles: row.warehouse_profiles,
        warehouse_events: row.warehouse_events,
        scrubbed_at: row.scrubbed_at.map(Timestamp::from_ms),
    });
    Ok(shown.collect())
}

/// What all erasures for a privacy request came to; who was asked for and who is held is not written with them.
pub(crate) async fn of_request(
    conn: &mut Conn,
    request: domain::id::RequestId,
) -> Result<domain::privacy::ErasureDone> {
    let (deleted, profiles, events, warehouse_profiles, warehouse_events): (i64, i64, i64, i64, i64) = sqlx::query_as(
        "SELECT coalesce(sum(people), 0), coalesce(sum(profiles), 0), coalesce(sum(events), 0),
           coalesce(sum(warehouse_profiles), 0), coalesce(sum(warehouse_events), 0) FROM erasures WHERE request_id = $1",
    )
    .bind(request.0)
    .fetch_one(conn)
    .await?;
    Ok(domain::privacy::ErasureDone {
        deleted,
        profiles,
        events,
        warehouse_profiles,
        warehouse_events,
        ..domain::privacy::ErasureDone::default()
    })
}

/// When the last erasure for a privacy request was scrubbed.
pub(crate) async fn scrubbed_at(
    conn: &mut Conn,
    request: domain::id::RequestId,
) -> Result<Option<Timestamp>> {
    let at: Option<i64> = sqlx::query_scalar("SELECT max(scrubbed_at) FROM erasures WHERE request_id = $1")
        .bind(request.0)
        .fetch_one(conn)
        .await?;
    Ok(at.map(Timestamp::from_ms))
}
