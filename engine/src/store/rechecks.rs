//! Rows of the looks whether deleted people live again, and the look itself: the hashes of `erased` in their order against
//! the look-up in its own.

use super::{Conn, erased::Source, keys::HASH_BYTES};
use crate::error::{Error, Result};
use domain::{
    id::DatasetId,
    suppression::{CameBack, Reason, Recheck},
    time::Timestamp,
};
use sqlx::FromRow;

/// Looks that are kept of a dataset.
const KEPT: i64 = 30;

/// A look that is not over.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Open {
    pub(crate) id: i64,
    pub(crate) dataset_id: i64,
    cursor: Option<String>,
}

/// A place in `erased`.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Place(String, i64, i64);

impl Open {
    /// How far it is.
    pub(crate) fn place(&self) -> Place {
        let read = |text: &str| serde_json::from_str(text).ok();
        self.cursor.as_deref().and_then(read).unwrap_or_default()
    }
}

/// Begins a look, unless one of the dataset is not over.
pub(crate) async fn begin(conn: &mut Conn, dataset: DatasetId, by: &str, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO rechecks (dataset_id, asked_by, started_at)
         SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM rechecks WHERE dataset_id = $1 AND finished_at IS NULL)",
    )
    .bind(dataset.0)
    .bind(by)
    .bind(now.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// The datasets whose last look began before a moment, and in which somebody was deleted.
pub(crate) async fn due(conn: &mut Conn, before: Timestamp) -> Result<Vec<DatasetId>> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT d.id FROM datasets d WHERE EXISTS (SELECT 1 FROM erased e WHERE e.dataset_id = d.id)
           AND coalesce((SELECT max(started_at) FROM rechecks r WHERE r.dataset_id = d.id), 0) <= $1",
    )
    .bind(before.ms())
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(DatasetId).collect())
}

/// Those that are not over, the oldest first.
pub(crate) async fn open(conn: &mut Conn) -> Result<Vec<Open>> {
    let sql = "SELECT id, dataset_id, cursor FROM rechecks WHERE finished_at IS NULL ORDER BY id";
    Ok(sqlx::query_as(sql).fetch_all(conn).await?)
}

/// Hashes of one kind that one deletion took.
#[derive(Debug, FromRow)]
pub(crate) struct Taken {
    source: String,
    source_id: i64,
    no: i64,
    kind: i64,
    hashes: Vec<u8>,
}

impl Taken {
    /// Its place.
    pub(crate) fn place(&self) -> Place {
        Place(self.source.clone(), self.source_id, self.no)
    }

    /// How many there are.
    pub(crate) fn identities(&self) -> i64 {
        i64::try_from(self.hashes.len() / HASH_BYTES).unwrap_or(i64::MAX)
    }
}

/// The next hashes after a place.
pub(crate) async fn next(conn: &mut Conn, dataset: DatasetId, after: &Place) -> Result<Option<Taken>> {
    Ok(sqlx::query_as(
        "SELECT source, source_id, no, kind, hashes FROM erased
         WHERE dataset_id = $1 AND (source, source_id, no) > ($2, $3, $4) ORDER BY source, source_id, no LIMIT 1",
    )
    .bind(dataset.0)
    .bind(&after.0)
    .bind(after.1)
    .bind(after.2)
    .fetch_optional(conn)
    .await?)
}

/// How many of them somebody has, and how many of these are refused by a deletion.
pub(crate) async fn alive(
    conn: &mut Conn,
    dataset: DatasetId,
    taken: &Taken,
    now: Timestamp,
) -> Result<(i64, i64)> {
    Ok(sqlx::query_as(
        "WITH RECURSIVE
           low (v) AS MATERIALIZED (SELECT 0 UNION ALL SELECT v + 1 FROM low WHERE v < 255 AND v + 1 < $2),
           high (v) AS MATERIALIZED (SELECT 0 UNION ALL SELECT v + 256 FROM high WHERE v + 256 < $2)
         SELECT count(*), count(s.hash) FROM high CROSS JOIN low
           CROSS JOIN identity_lookup l ON l.dataset_id = $3 AND l.kind = $4 AND l.hash = substr($1, (high.v + low.v) * 16 + 1, 16)
           CROSS JOIN profiles p ON p.id = l.profile_id
           LEFT JOIN suppressions s ON s.dataset_id = $3 AND s.kind = $4 AND s.hash = l.hash
             AND s.refuses = 'all' AND s.reason <> 'person' AND (s.ends_at IS NULL OR s.ends_at > $5)
          WHERE high.v + low.v < $2",
    )
    .bind(&taken.hashes)
    .bind(taken.identities())
    .bind(dataset.0)
    .bind(taken.kind)
    .bind(now.ms())
    .fetch_one(conn)
    .await?)
}

/// Writes down what a slice found, and how far the look is.
pub(crate) async fn record(
    conn: &mut Conn,
    id: i64,
    taken: &Taken,
    (found, against): (i64, i64),
) -> Result<()> {
    let cursor = super::jobs::to_json(&taken.place())?;
    sqlx::query(
        "UPDATE rechecks SET cursor = $2, identities = identities + $3, found = found + $4, against = against + $5 WHERE id = $1",
    )
    .bind(id)
    .bind(cursor)
    .bind(taken.identities())
    .bind(found)
    .bind(against)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "INSERT INTO recheck_found (recheck_id, source, source_id, kind, identities, found, against) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (recheck_id, source, source_id, kind) DO UPDATE SET identities = identities + excluded.identities,
           found = found + excluded.found, against = against + excluded.against",
    )
    .bind(id)
    .bind(&taken.source)
    .bind(taken.source_id)
    .bind(taken.kind)
    .bind(taken.identities())
    .bind(found)
    .bind(against)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a look, and lets the oldest go.
pub(crate) async fn finish(conn: &mut Conn, open: &Open, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE rechecks SET finished_at = $2, cursor = NULL WHERE id = $1")
        .bind(open.id)
        .bind(now.ms())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "DELETE FROM rechecks WHERE dataset_id = $1 AND id <= (SELECT id FROM rechecks WHERE dataset_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
    )
    .bind(open.dataset_id)
    .bind(KEPT)
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct RecheckRow {
    id: i64,
    asked_by: String,
    started_at: i64,
    finished_at: Option<i64>,
    identities: i64,
    found: i64,
    against: i64,
}

/// The newest looks of a dataset, each with what it found.
pub(crate) async fn newest(conn: &mut Conn, dataset: DatasetId, rows: u32) -> Result<Vec<Recheck>> {
    let looks: Vec<RecheckRow> = sqlx::query_as(
        "SELECT id, asked_by, started_at, finished_at, identities, found, against FROM rechecks WHERE dataset_id = $1 ORDER BY id DESC LIMIT $2",
    )
    .bind(dataset.0)
    .bind(i64::from(rows))
    .fetch_all(&mut *conn)
    .await?;
    let mut shown = Vec::with_capacity(looks.len());
    for look in looks {
        shown.push(Recheck {
            by_source: by_source(conn, look.id).await?,
            id: look.id,
            asked_by: look.asked_by,
            started_at: Timestamp::from_ms(look.started_at),
            finished_at: look.finished_at.map(Timestamp::from_ms),
            identities: look.identities,
            found: look.found,
            against: look.against,
        });
    }
    Ok(shown)
}

/// What a look found by deletion, the newest first, where it found somebody.
pub(crate) async fn by_source(conn: &mut Conn, id: i64) -> Result<Vec<CameBack>> {
    let rows: Vec<(String, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT source, source_id, sum(identities), sum(found), sum(against) FROM recheck_found WHERE recheck_id = $1
         GROUP BY source, source_id HAVING sum(found) > 0 ORDER BY source_id DESC",
    )
    .bind(id)
    .fetch_all(conn)
    .await?;
    let show = |(source, source_id, identities, found, against): (String, i64, i64, i64, i64)| {
        let reason = Reason::parse(&source)
            .ok_or_else(|| Error::Corrupt("a look was at an unknown deletion".to_owned()))?;
        Ok(CameBack {
            reason,
            source_id,
            identities,
            found,
            against,
        })
    };
    rows.into_iter().map(show).collect()
}

/// How many identities of a deletion the look before this one found.
pub(crate) async fn found_before(conn: &mut Conn, open: &Open, source: Source) -> Result<i64> {
    let (source, source_id) = source.columns();
    Ok(sqlx::query_scalar(
        "SELECT coalesce(sum(found), 0) FROM recheck_found WHERE source = $3 AND source_id = $4
           AND recheck_id = (SELECT max(id) FROM rechecks WHERE dataset_id = $1 AND id < $2)",
    )
    .bind(open.dataset_id)
    .bind(open.id)
    .bind(source)
    .bind(source_id)
    .fetch_one(conn)
    .await?)
}
