//! The warehouse file: opening it, copying a slice of changes into it, counting in it. Its connections see lethe.db as
//! the attached, read-only `live`; every write goes to one file alone, so nothing relies on two files committing together.

use super::{Conn, Writer, open};
use crate::error::{Error, Result};
use domain::time::Timestamp;
use sqlx::{AssertSqlSafe, QueryBuilder, Row as _, Sqlite, SqlitePool, sqlite::SqliteConnectOptions};
use std::path::Path;

/// Changes taken over in one transaction, and lines taken out of the log in one: each waits for the disk once.
const SLICE: i64 = 20_000;
/// Connections that read: one for jobs, one for counts, one for pages and exports. None holds a view of the file for long.
const READERS: u32 = 3;

/// Page cache of the store where it is attached, in KiB (negative: KiB, as SQLite wants it).
const LIVE_CACHE: &str = "-1024";

/// Opens the warehouse of a data directory and brings its schema up to date: one connection that writes, a few that read.
pub(crate) async fn connect(dir: &Path) -> Result<(Writer, SqlitePool)> {
    let file = dir.join("warehouse.db");
    let live = live(dir)?;
    let copier = pool(1, open::writing(&file), live.clone()).await?;
    sqlx::migrate!("./migrations_warehouse").run(&copier).await?;
    Ok((
        Writer::new(copier),
        pool(READERS, open::reading(&file), live).await?,
    ))
}

async fn pool(size: u32, connect: SqliteConnectOptions, live: String) -> Result<SqlitePool> {
    let options = open::pool_options(size).after_connect(move |conn, _| {
        let live = live.clone();
        Box::pin(async move {
            sqlx::query("ATTACH DATABASE $1 AS live")
                .bind(live)
                .execute(&mut *conn)
                .await?;
            let cache = format!("PRAGMA live.cache_size = {LIVE_CACHE}");
            sqlx::query(AssertSqlSafe(cache)).execute(conn).await?;
            Ok(())
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

/// The same, and when it moved last.
pub(crate) async fn watermark_moved(conn: &mut Conn) -> Result<(i64, Timestamp)> {
    let (seq, moved_at) = sqlx::query_as("SELECT seq, moved_at FROM main.watermark")
        .fetch_one(conn)
        .await?;
    Ok((seq, Timestamp::from_ms(moved_at)))
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
        copy(&mut tx, Which::Logged(from, upto), now).await?;
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

/// Whom to copy.
#[derive(Debug, Clone, Copy)]
enum Which {
    /// Whoever and whatever the change log has after the first number, up to the second.
    Logged(i64, i64),
    /// Everyone with an id above the first, up to the second, whatever the log says.
    Range(i64, i64),
}

/// Copies people and events: the one place that says what the copy of a row is.
async fn copy(conn: &mut Conn, which: Which, now: Timestamp) -> Result<()> {
    let mut people = QueryBuilder::<Sqlite>::new(
        "INSERT OR REPLACE INTO main.profiles (id, dataset_id, identities, first_seen_at, last_seen_at, created_at, attributes, copied_at)
         SELECT p.id, p.dataset_id, (SELECT json_group_array(json_array(i.kind, i.value)) FROM live.identities i WHERE i.profile_id = p.id),
           p.first_seen_at, p.last_seen_at, p.created_at, p.attributes, ",
    );
    people.push_bind(now.ms()).push(" FROM live.profiles p WHERE ");
    let mut events = QueryBuilder::<Sqlite>::new(
        "INSERT OR IGNORE INTO main.events (profile_id, at, eid, dataset_id, kind, value_micros, quantity_micros, campaign_id, properties)
         SELECT e.profile_id, e.at, e.eid, k.dataset_id, k.name, e.value_micros, e.quantity_micros, e.campaign_id, e.properties FROM ",
    );
    match which {
        Which::Logged(from, upto) => {
            people.push("p.id IN (SELECT c.profile_id FROM live.change_log c WHERE c.seq > ");
            people
                .push_bind(from)
                .push(" AND c.seq <= ")
                .push_bind(upto)
                .push(")");
            events.push(
                "live.change_log c
                 CROSS JOIN live.events e ON e.profile_id = c.profile_id AND e.at = c.event_at AND e.eid = c.event_eid
                 CROSS JOIN live.event_kinds k ON k.id = e.kind_id WHERE c.event_eid IS NOT NULL AND c.seq > ",
            );
            events.push_bind(from).push(" AND c.seq <= ").push_bind(upto);
        }
        Which::Range(after, upto) => {
            people
                .push("p.id > ")
                .push_bind(after)
                .push(" AND p.id <= ")
                .push_bind(upto);
            events.push(
                "live.events e CROSS JOIN live.event_kinds k ON k.id = e.kind_id WHERE e.profile_id > ",
            );
            events
                .push_bind(after)
                .push(" AND e.profile_id <= ")
                .push_bind(upto);
        }
    }
    people.build().execute(&mut *conn).await?;
    events.build().execute(&mut *conn).await?;
    match which {
        Which::Logged(from, upto) => drop_merged(conn, from, upto).await,
        Which::Range(..) => Ok(()),
    }
}

/// Drops the rows of profiles that became one with another: what they had has been copied under the other's number, for the
/// change that says so is the last of those of a merge.
async fn drop_merged(conn: &mut Conn, from: i64, upto: i64) -> Result<()> {
    for sql in [
        "DELETE FROM main.events WHERE profile_id IN (SELECT m.profile_id FROM live.merged_profiles m WHERE m.seq > $1 AND m.seq <= $2)",
        "DELETE FROM main.profiles WHERE id IN (SELECT m.profile_id FROM live.merged_profiles m WHERE m.seq > $1 AND m.seq <= $2)",
    ] {
        sqlx::query(sql).bind(from).bind(upto).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Copies everyone with ids in (`after`, `upto`] at once, whatever the log says: for a store that was filled beside it.
pub(crate) async fn copy_range(conn: &mut Conn, after: i64, upto: i64, now: Timestamp) -> Result<()> {
    copy(conn, Which::Range(after, upto), now).await
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
    .execute(&mut *conn)
    .await?;
    sqlx::query("DELETE FROM merged_profiles WHERE seq <= $1")
        .bind(watermark)
        .execute(conn)
        .await?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or(SLICE) >= SLICE)
}

/// The number of the last change that was given out, as the warehouse's connection sees it.
pub(crate) async fn newest(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT change_seq FROM live.installation")
        .fetch_one(conn)
        .await?)
}
