//! The warehouse file: opening it, copying a slice of changes into it, counting in it. Its connections see lethe.db as
//! the attached, read-only `live`; every write goes to one file alone, so nothing relies on two files committing together.

use super::{Conn, Writer, jobs::JobRow, open};
use crate::error::{Error, Result};
use domain::{impact::WarehouseKept, time::Timestamp};
use sqlx::{Row as _, SqlitePool, sqlite::SqliteConnectOptions};
use std::path::Path;

/// Changes taken over in one transaction, and lines taken out of the log in one: each waits for the disk once.
const SLICE: i64 = 20_000;
/// Targets that are looked up in the copy with one statement.
const KEPT_AT_ONCE: i64 = 100_000;

/// Opens the warehouse of a data directory and brings its schema up to date: one connection that writes, one that counts.
pub(crate) async fn connect(dir: &Path) -> Result<(Writer, SqlitePool)> {
    let file = dir.join("warehouse.db");
    let live = live(dir)?;
    let copier = pool(open::writing(&file), live.clone()).await?;
    sqlx::migrate!("./migrations_warehouse").run(&copier).await?;
    Ok((Writer::new(copier), pool(open::reading(&file), live).await?))
}

async fn pool(connect: SqliteConnectOptions, live: String) -> Result<SqlitePool> {
    let options = open::pool_options(1).after_connect(move |conn, _| {
        let live = live.clone();
        Box::pin(async move {
            let attached = sqlx::query("ATTACH DATABASE $1 AS live")
                .bind(live)
                .execute(conn)
                .await;
            attached.map(|_| ())
        })
    });
    Ok(options.connect_with(connect).await?)
}

/// How lethe.db is attached: read-only, its path escaped as an address wants it.
fn live(dir: &Path) -> Result<String> {
    let path = dir.join("lethe.db");
    let text = path
        .to_str()
        .ok_or_else(|| Error::Start("The path of the data directory must be valid UTF-8.".to_owned()))?;
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Ok(format!("file:{escaped}?mode=ro"))
}

/// How far the copy is: every change up to and including this number is in it.
pub(crate) async fn watermark(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT seq FROM main.watermark")
        .fetch_one(conn)
        .await?)
}

/// Copies the next slice of changes. Gives the new watermark and whether more may follow.
pub(crate) async fn copy_slice(copier: &Writer, epoch: i64, now: Timestamp) -> Result<(i64, bool)> {
    let mut tx = copier.begin(epoch).await?;
    let from = watermark(&mut tx).await?;
    let row = sqlx::query("SELECT count(*), coalesce(max(seq), 0), (SELECT change_seq FROM live.installation) FROM (SELECT seq FROM live.change_log WHERE seq > $1 ORDER BY seq LIMIT $2)")
        .bind(from)
        .bind(SLICE)
        .fetch_one(&mut *tx)
        .await?;
    let (rows, last, newest): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let more = rows == SLICE;
    // A number that was drawn and left no row in the log needs no copying.
    let upto = if more { last } else { newest };
    if upto == from {
        return Ok((from, false));
    }
    if rows > 0 {
        copy_rows(&mut tx, from, upto, now).await?;
    }
    sqlx::query("UPDATE main.watermark SET seq = $1, moved_at = $2")
        .bind(upto)
        .bind(now.ms())
        .execute(&mut *tx)
        .await?;
    crate::fault::stop_point("warehouse.slice")?;
    tx.commit().await?;
    Ok((upto, more))
}

async fn copy_rows(conn: &mut Conn, from: i64, upto: i64, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO main.profiles (id, dataset_id, identities, first_seen_at, last_seen_at, created_at, attributes, copied_at)
         SELECT p.id, p.dataset_id, (SELECT json_group_array(json_array(i.kind, i.value)) FROM live.identities i WHERE i.profile_id = p.id),
           p.first_seen_at, p.last_seen_at, p.created_at, p.attributes, $3
         FROM live.profiles p WHERE p.id IN (SELECT c.profile_id FROM live.change_log c WHERE c.seq > $1 AND c.seq <= $2)",
    )
    .bind(from)
    .bind(upto)
    .bind(now.ms())
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "INSERT OR IGNORE INTO main.events (profile_id, at, eid, dataset_id, kind, value_micros, quantity_micros, campaign_id, properties)
         SELECT e.profile_id, e.at, e.eid, c.dataset_id, k.name, e.value_micros, e.quantity_micros, e.campaign_id, e.properties
         FROM live.change_log c
         CROSS JOIN live.events e ON e.profile_id = c.profile_id AND e.at = c.event_at AND e.eid = c.event_eid
         CROSS JOIN live.event_kinds k ON k.id = e.kind_id
         WHERE c.seq > $1 AND c.seq <= $2 AND c.event_eid IS NOT NULL",
    )
    .bind(from)
    .bind(upto)
    .execute(conn)
    .await?;
    Ok(())
}

/// Copies everyone with ids in (`after`, `upto`] at once, whatever the log says: for a store that was filled beside it.
pub(crate) async fn copy_range(conn: &mut Conn, after: i64, upto: i64, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO main.profiles (id, dataset_id, identities, first_seen_at, last_seen_at, created_at, attributes, copied_at)
         SELECT p.id, p.dataset_id, (SELECT json_group_array(json_array(i.kind, i.value)) FROM live.identities i WHERE i.profile_id = p.id),
           p.first_seen_at, p.last_seen_at, p.created_at, p.attributes, $3
         FROM live.profiles p WHERE p.id > $1 AND p.id <= $2",
    )
    .bind(after)
    .bind(upto)
    .bind(now.ms())
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "INSERT OR IGNORE INTO main.events (profile_id, at, eid, dataset_id, kind, value_micros, quantity_micros, campaign_id, properties)
         SELECT e.profile_id, e.at, e.eid, k.dataset_id, k.name, e.value_micros, e.quantity_micros, e.campaign_id, e.properties
         FROM live.events e CROSS JOIN live.event_kinds k ON k.id = e.kind_id WHERE e.profile_id > $1 AND e.profile_id <= $2",
    )
    .bind(after)
    .bind(upto)
    .execute(conn)
    .await?;
    Ok(())
}

/// The least and the greatest profile id of the store.
pub(crate) async fn ids(conn: &mut Conn) -> Result<(i64, i64)> {
    Ok(
        sqlx::query_as("SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM live.profiles")
            .fetch_one(conn)
            .await?,
    )
}

/// Takes what the copy has passed out of the log, as far as one transaction goes; on the store's writer. Gives whether
/// more may be left.
pub(crate) async fn trim_log(conn: &mut Conn, watermark: i64) -> Result<bool> {
    let done = sqlx::query(
        "DELETE FROM change_log WHERE seq IN (SELECT seq FROM change_log WHERE seq <= $1 ORDER BY seq LIMIT $2)",
    )
    .bind(watermark)
    .bind(SLICE)
    .execute(conn)
    .await?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or(SLICE) >= SLICE)
}

/// What the copy keeps of the people that a job deleted. Counted in slices of the list: SQLite keeps what a statement sorts
/// out in memory, and a list may have millions.
pub(crate) async fn kept(conn: &mut Conn, job: &JobRow) -> Result<WarehouseKept> {
    let decided = job.decided_upto();
    let mut kept = WarehouseKept::default();
    let mut after = job.range_after;
    while after < decided {
        let upto: Option<i64> = sqlx::query_scalar(
            "SELECT profile_id FROM live.job_targets WHERE job_id = $1 AND profile_id > $2 ORDER BY profile_id LIMIT 1 OFFSET $3",
        )
        .bind(job.set())
        .bind(after)
        .bind(KEPT_AT_ONCE - 1)
        .fetch_optional(&mut *conn)
        .await?;
        let upto = upto.map_or(decided, |id| id.min(decided));
        let (profiles, events) = kept_between(conn, job, after, upto).await?;
        kept.profiles += profiles;
        kept.events += events;
        after = upto;
    }
    Ok(kept)
}

async fn kept_between(conn: &mut Conn, job: &JobRow, after: i64, upto: i64) -> Result<(i64, i64)> {
    Ok(sqlx::query_as(
        "WITH gone AS MATERIALIZED (
           SELECT t.profile_id AS id FROM live.job_targets t WHERE t.job_id = $1 AND t.profile_id > $2 AND t.profile_id <= $3
             AND NOT EXISTS (SELECT 1 FROM live.job_outcomes o WHERE o.job_id = $4 AND o.profile_id = t.profile_id))
         SELECT (SELECT count(*) FROM gone CROSS JOIN main.profiles p ON p.id = gone.id),
                (SELECT count(*) FROM gone CROSS JOIN main.events e ON e.profile_id = gone.id)",
    )
    .bind(job.set())
    .bind(after)
    .bind(upto)
    .bind(job.id)
    .fetch_one(conn)
    .await?)
}
