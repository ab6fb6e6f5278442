//! Looking at the list of suppressions: by deletion, what stopped something last, what was entered by hand, page by page,
//! one identity; and taking one off it, or one that has come to its end.

use super::{
    Conn,
    suppressions::{self, Added},
};
use crate::error::{Error, Result};
use domain::{
    id::DatasetId,
    profile::IdentityKind,
    suppression::{Reason, Refusal, Refuses, Suppression, SuppressionId, SuppressionSource},
    time::Timestamp,
};
use sqlx::QueryBuilder;

const SELECT: &str = "SELECT kind, hash, reason, source_id, refuses, added_at, ends_at, late_until, added_by, note, stopped, stopped_purchases, \
     stopped_at FROM suppressions";

#[derive(sqlx::FromRow)]
struct Row {
    kind: i64,
    hash: Vec<u8>,
    reason: String,
    source_id: Option<i64>,
    refuses: String,
    added_at: i64,
    ends_at: Option<i64>,
    late_until: Option<i64>,
    added_by: Option<String>,
    note: Option<String>,
    stopped: i64,
    stopped_purchases: i64,
    stopped_at: Option<i64>,
}

fn unreadable() -> Error {
    Error::Corrupt("a suppression cannot be read".to_owned())
}

impl Row {
    fn show(self) -> Result<Suppression> {
        let kind = IdentityKind::from_number(self.kind).ok_or_else(unreadable)?;
        let hash = self.hash.try_into().map_err(|_| unreadable())?;
        Ok(Suppression {
            id: SuppressionId { kind, hash },
            reason: Reason::parse(&self.reason).ok_or_else(unreadable)?,
            source_id: self.source_id,
            refusal: Refusal {
                refuses: Refuses::parse(&self.refuses).ok_or_else(unreadable)?,
                added_at: Timestamp::from_ms(self.added_at),
                ends_at: self.ends_at.map(Timestamp::from_ms),
            },
            late_until: self.late_until.map(Timestamp::from_ms),
            added_by: self.added_by,
            note: self.note,
            stopped: self.stopped,
            stopped_purchases: self.stopped_purchases,
            stopped_at: self.stopped_at.map(Timestamp::from_ms),
        })
    }
}

/// One identity.
pub(crate) async fn find(
    conn: &mut Conn,
    dataset: DatasetId,
    id: SuppressionId,
) -> Result<Option<Suppression>> {
    let mut q = QueryBuilder::new(SELECT);
    q.push(" WHERE dataset_id = ")
        .push_bind(dataset.0)
        .push(" AND kind = ")
        .push_bind(id.kind.number())
        .push(" AND hash = ")
        .push_bind(id.hash.to_vec());
    let row: Option<Row> = q.build_query_as().fetch_optional(conn).await?;
    row.map(Row::show).transpose()
}

/// A page in the order of the keys, after one of them.
pub(crate) async fn page(
    conn: &mut Conn,
    dataset: DatasetId,
    after: Option<SuppressionId>,
    rows: u32,
) -> Result<Vec<Suppression>> {
    let mut q = QueryBuilder::new(SELECT);
    q.push(" WHERE dataset_id = ").push_bind(dataset.0);
    if let Some(after) = after {
        q.push(" AND (kind, hash) > (")
            .push_bind(after.kind.number())
            .push(", ")
            .push_bind(after.hash.to_vec())
            .push(")");
    }
    q.push(" ORDER BY kind, hash LIMIT ").push_bind(i64::from(rows));
    shown(q.build_query_as().fetch_all(conn).await?)
}

/// Those that stopped something last.
pub(crate) async fn stopped_last(
    conn: &mut Conn,
    dataset: DatasetId,
    rows: u32,
) -> Result<Vec<Suppression>> {
    let mut q = QueryBuilder::new(SELECT);
    q.push(" WHERE stopped > 0 AND dataset_id = ")
        .push_bind(dataset.0)
        .push(" ORDER BY stopped_at DESC LIMIT ")
        .push_bind(i64::from(rows));
    shown(q.build_query_as().fetch_all(conn).await?)
}

/// Those that were entered by hand last.
pub(crate) async fn by_hand_last(
    conn: &mut Conn,
    dataset: DatasetId,
    rows: u32,
) -> Result<Vec<Suppression>> {
    let mut q = QueryBuilder::new(SELECT);
    q.push(" WHERE reason = 'person' AND dataset_id = ")
        .push_bind(dataset.0)
        .push(" ORDER BY added_at DESC LIMIT ")
        .push_bind(i64::from(rows));
    shown(q.build_query_as().fetch_all(conn).await?)
}

fn shown(rows: Vec<Row>) -> Result<Vec<Suppression>> {
    rows.into_iter().map(Row::show).collect()
}

#[derive(sqlx::FromRow)]
struct SourceRow {
    reason: String,
    source_id: i64,
    refuses: String,
    added_at: i64,
    ends_at: Option<i64>,
    identities: i64,
    stopped: i64,
    stopped_purchases: i64,
    stopped_at: Option<i64>,
}

/// What each deletion put on the list, the newest first.
pub(crate) async fn sources(
    conn: &mut Conn,
    dataset: DatasetId,
    rows: u32,
) -> Result<Vec<SuppressionSource>> {
    let found: Vec<SourceRow> = sqlx::query_as(
        "SELECT reason, source_id, refuses, added_at, ends_at, identities, stopped, stopped_purchases, stopped_at
           FROM suppression_sources WHERE dataset_id = $1 ORDER BY added_at DESC, source_id DESC LIMIT $2",
    )
    .bind(dataset.0)
    .bind(i64::from(rows))
    .fetch_all(conn)
    .await?;
    let show = |row: SourceRow| {
        Ok(SuppressionSource {
            reason: Reason::parse(&row.reason).ok_or_else(unreadable)?,
            source_id: row.source_id,
            refuses: Refuses::parse(&row.refuses).ok_or_else(unreadable)?,
            added_at: Timestamp::from_ms(row.added_at),
            ends_at: row.ends_at.map(Timestamp::from_ms),
            identities: row.identities,
            stopped: row.stopped,
            stopped_purchases: row.stopped_purchases,
            stopped_at: row.stopped_at.map(Timestamp::from_ms),
        })
    };
    found.into_iter().map(show).collect()
}

/// Enters one identity by hand. Where it is on the list already, it keeps whatever refuses more.
pub(crate) async fn enter(
    conn: &mut Conn,
    dataset: DatasetId,
    id: SuppressionId,
    refusal: Refusal,
    (by, note): (&str, &str),
) -> Result<()> {
    let added = Added {
        dataset,
        reason: Reason::Person,
        source_id: None,
        refusal,
    };
    suppressions::add(conn, &added, id.kind.number(), &id.hash).await?;
    sqlx::query(
        "UPDATE suppressions SET added_by = $4, note = $5 WHERE dataset_id = $1 AND kind = $2 AND hash = $3",
    )
    .bind(dataset.0)
    .bind(id.kind.number())
    .bind(id.hash.as_slice())
    .bind(by)
    .bind(note)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes one identity off the list. False: it was not on it.
pub(crate) async fn lift(conn: &mut Conn, dataset: DatasetId, id: SuppressionId) -> Result<bool> {
    let done = sqlx::query("DELETE FROM suppressions WHERE dataset_id = $1 AND kind = $2 AND hash = $3")
        .bind(dataset.0)
        .bind(id.kind.number())
        .bind(id.hash.as_slice())
        .execute(&mut *conn)
        .await?;
    suppressions::changed(conn).await?;
    Ok(done.rows_affected() == 1)
}
