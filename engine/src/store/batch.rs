//! One batch of a job: who is next, deleting them, and the row that says so. The SQL of `runner::batch`.
//!
//! Design notes. People are deleted by lists of ids in key order, a thousand a statement: SQLite then walks each table
//! once and deletes as it goes, where a subquery would look every target up again for each table. Whoever of the batch is
//! not to be deleted gets a row in `job_outcomes` first. What is not in `job_outcomes` and not above the cursor was
//! deleted: a row per deleted person would cost more than the deletion.

use super::{
    Conn, datasets,
    deletion_map::{Entry, Fate, MAP},
    ingest::{json, many},
    jobs::JobRow,
    leaf,
    rule_sql::RuleScope,
    targets::{Membership, push_membership},
};
use crate::error::Result;
use domain::{
    id::{DatasetId, JobId},
    job::{Outcome, Tally},
    time::Timestamp,
};
use sqlx::{AssertSqlSafe, QueryBuilder, Row as _, Sqlite, sqlite::SqliteArguments};
use std::sync::Arc;

/// Ids of a statement where there are many.
pub(crate) const STEP: usize = 1_024;
/// Ids of a statement, tried in this order: few texts a table, so that the statement cache keeps them all.
const CHUNKS: [usize; 4] = [STEP, 128, 16, 1];
/// Who has more events than this goes bit by bit: so many take about 5 ms.
pub(crate) const EVENTS_AT_ONCE: i64 = 10_000;

/// One of the target set, as it was when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    /// The profile.
    pub(crate) id: i64,
    /// The number of its last change; `None`: it is not there.
    pub(crate) changed: Option<i64>,
    /// About how many events it has.
    pub(crate) events: i64,
}

/// The next targets of a job.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ahead {
    /// The number of the last change to anybody when they were looked at: as long as it is that, they are as they were.
    pub(crate) seq: i64,
    /// In id order.
    pub(crate) targets: Vec<Target>,
}

/// Looks at the next `limit` targets above `after`; a retry pass has the failed alone. Nobody is left where none comes.
pub(crate) async fn look(conn: &mut Conn, job: &JobRow, after: i64, limit: i64) -> Result<Ahead> {
    let mut q = QueryBuilder::<Sqlite>::new(
        "SELECT (SELECT change_seq FROM installation), json_group_array(json_array(t.profile_id, p.changed_seq, coalesce(p.events, 0)))
           FROM (SELECT profile_id FROM ",
    );
    if job.pass == 1 {
        q.push("job_targets WHERE job_id = ")
            .push_bind(job.set())
            .push(" AND profile_id <= ")
            .push_bind(job.range_upto);
    } else {
        q.push("job_outcomes WHERE outcome = 'failed' AND job_id = ")
            .push_bind(job.id);
    }
    q.push(" AND profile_id > ")
        .push_bind(after)
        .push(" ORDER BY profile_id LIMIT ")
        .push_bind(limit)
        .push(") t LEFT JOIN profiles p ON p.id = t.profile_id");
    let row = q.build().fetch_one(conn).await?;
    let found: Vec<(i64, Option<i64>, i64)> = many(row.try_get(1)?)?;
    let mut targets: Vec<Target> = found
        .into_iter()
        .map(|(id, changed, events)| Target { id, changed, events })
        .collect();
    targets.sort_unstable_by_key(|target| target.id);
    Ok(Ahead {
        seq: row.try_get(0)?,
        targets,
    })
}

/// Above the first id, up to and including the second.
pub(crate) type Range = (i64, i64);

/// In a retry pass the failed of the range get another chance: their outcome is taken back. Gives how many.
pub(crate) async fn reopen_failed(conn: &mut Conn, job: JobId, (after, upto): Range) -> Result<i64> {
    let done = sqlx::query("DELETE FROM job_outcomes WHERE job_id = $1 AND profile_id > $2 AND profile_id <= $3 AND outcome = 'failed'")
        .bind(job.0)
        .bind(after)
        .bind(upto)
        .execute(conn)
        .await?;
    Ok(count(done.rows_affected()))
}

/// Marks these targets as gone.
pub(crate) async fn mark_gone(conn: &mut Conn, job: JobId, absent: &[i64]) -> Result<()> {
    sqlx::query(
        "INSERT INTO job_outcomes (job_id, profile_id, outcome, reason)
         SELECT $1, value, 'gone', 'Already deleted by another way before its turn.' FROM json_each($2)",
    )
    .bind(job.0)
    .bind(json(&absent)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks those of the range who changed since the freeze and no longer match as spared. Gives who.
pub(crate) async fn mark_spared(
    conn: &mut Conn,
    job: &JobRow,
    (after, upto): Range,
    who: &Membership,
    scope: &RuleScope<'_>,
) -> Result<Vec<i64>> {
    let mut q = QueryBuilder::new("INSERT INTO job_outcomes (job_id, profile_id, outcome, reason) SELECT ");
    q.push_bind(job.id)
        .push(", t.profile_id, 'spared', 'Changed after the list was fixed and no longer matches the segment.' FROM job_targets t CROSS JOIN profiles p ON p.id = t.profile_id WHERE t.job_id = ")
        .push_bind(job.set())
        .push(" AND t.profile_id > ")
        .push_bind(after)
        .push(" AND t.profile_id <= ")
        .push_bind(upto);
    q.push(" AND p.changed_seq > ")
        .push_bind(job.freeze_seq)
        .push(" AND NOT (");
    push_membership(&mut q, who, scope)?;
    q.push(") AND NOT EXISTS (SELECT 1 FROM job_outcomes o WHERE o.job_id = ")
        .push_bind(job.id)
        .push(" AND o.profile_id = t.profile_id) RETURNING profile_id");
    Ok(q.build_query_scalar().fetch_all(conn).await?)
}

/// Marks one target as failed.
pub(crate) async fn mark_failed(conn: &mut Conn, job: JobId, target: i64, reason: &str) -> Result<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO job_outcomes (job_id, profile_id, outcome, reason) VALUES ($1, $2, $3, $4)",
    )
    .bind(job.0)
    .bind(target)
    .bind(Outcome::Failed.as_str())
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(())
}

/// What was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    pub(crate) profiles: i64,
    pub(crate) events: i64,
}

/// Deletes these people, in id order, with all that belongs to them but the look-up (see the sweep).
pub(crate) async fn delete(conn: &mut Conn, ids: &[i64]) -> Result<Deleted> {
    let mut deleted = Deleted::default();
    for entry in MAP.iter().filter(|entry| entry.fate == Fate::Delete) {
        crate::fault::stop_point(entry.table)?;
        if ids.len() > STEP && !any_between(conn, entry, ids).await? {
            continue;
        }
        let rows = delete_from(conn, entry.table, entry.column, ids).await?;
        match entry.table {
            "events" => deleted.events = rows,
            "profiles" => deleted.profiles = rows,
            _ => {}
        }
    }
    Ok(deleted)
}

/// Whether a table has anything in the span of these ids: many people are in no segment by hand, and asking once is
/// quicker than looking each of them up.
async fn any_between(conn: &mut Conn, entry: &Entry, ids: &[i64]) -> Result<bool> {
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
        return Ok(false);
    };
    let mut q = QueryBuilder::<Sqlite>::new("SELECT EXISTS (SELECT 1 FROM ");
    q.push(entry.table)
        .push(" WHERE ")
        .push(entry.column)
        .push(" BETWEEN ")
        .push_bind(first)
        .push(" AND ")
        .push_bind(last)
        .push(")");
    Ok(q.build_query_scalar().fetch_one(conn).await?)
}

/// Deletes a person but for their events, which are too many for one go. Nobody sees the person any more. Gives 1 where the
/// profile was there.
pub(crate) async fn delete_but_events(conn: &mut Conn, id: i64) -> Result<i64> {
    let mut profiles = 0;
    let others = MAP
        .iter()
        .filter(|entry| entry.fate == Fate::Delete && entry.table != "events");
    for entry in others {
        let rows = delete_from(conn, entry.table, entry.column, &[id]).await?;
        if entry.table == "profiles" {
            profiles = rows;
        }
    }
    Ok(profiles)
}

/// Of these people, those with more than `events` events.
pub(crate) async fn with_more_events(conn: &mut Conn, ids: &[i64], events: i64) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(
        "SELECT j.value FROM json_each($1) j WHERE EXISTS (SELECT 1 FROM events e WHERE e.profile_id = j.value LIMIT 1 OFFSET $2)",
    )
    .bind(super::ingest::json(&ids)?)
    .bind(events)
    .fetch_all(conn)
    .await?)
}

async fn delete_from(conn: &mut Conn, table: &'static str, column: &'static str, ids: &[i64]) -> Result<i64> {
    let (mut rest, mut rows) = (ids, 0);
    for size in CHUNKS {
        if rest.len() < size {
            continue;
        }
        // Only names of the deletion map and placeholders are put together here.
        let places = vec!["?"; size].join(",");
        let sql: Arc<str> = Arc::from(format!("DELETE FROM {table} WHERE {column} IN ({places})"));
        while rest.len() >= size {
            let (chunk, later) = rest.split_at(size);
            let mut binds = SqliteArguments::default();
            sqlx::Arguments::reserve(&mut binds, size, 0);
            for id in chunk {
                // Numbers can always be bound.
                sqlx::Arguments::add(&mut binds, *id).map_err(sqlx::Error::Encode)?;
            }
            let done = sqlx::query_with(AssertSqlSafe(Arc::clone(&sql)), binds)
                .execute(&mut *conn)
                .await?;
            rows += count(done.rows_affected());
            rest = later;
        }
    }
    Ok(rows)
}

/// Deletes up to `limit` events of one person, oldest first. Gives how many; fewer than the limit: none is left.
pub(crate) async fn nibble(conn: &mut Conn, id: i64, limit: i64) -> Result<i64> {
    let last: Option<(i64, i64)> =
        sqlx::query_as("SELECT at, eid FROM events WHERE profile_id = $1 ORDER BY at, eid LIMIT 1 OFFSET $2")
            .bind(id)
            .bind(limit - 1)
            .fetch_optional(&mut *conn)
            .await?;
    let done = match last {
        Some((at, eid)) => {
            sqlx::query("DELETE FROM events WHERE profile_id = $1 AND (at, eid) <= ($2, $3)")
                .bind(id)
                .bind(at)
                .bind(eid)
                .execute(conn)
                .await?
        }
        None => {
            sqlx::query("DELETE FROM events WHERE profile_id = $1")
                .bind(id)
                .execute(conn)
                .await?
        }
    };
    Ok(count(done.rows_affected()))
}

/// Notes who is half gone and how many of their events went so far.
pub(crate) async fn set_going(conn: &mut Conn, job: JobId, id: i64, events: i64) -> Result<()> {
    sqlx::query("UPDATE jobs SET going_id = $2, going_events = going_events + $3 WHERE id = $1")
        .bind(job.0)
        .bind(id)
        .bind(events)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes the batch's row, and the job's cursor, counters and pace, in the transaction that deleted the people.
pub(crate) async fn record(
    conn: &mut Conn,
    job: &JobRow,
    (first, upto): (i64, i64),
    tally: &Tally,
    rate: Option<f64>,
    now: Timestamp,
) -> Result<()> {
    let before: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT leaf FROM job_batches WHERE job_id = $1 AND no = $2")
            .bind(job.id)
            .bind(job.batches)
            .fetch_optional(&mut *conn)
            .await?
            .flatten();
    let row = leaf::BatchRow {
        job: job.id,
        no: job.batches + 1,
        pass: job.pass,
        epoch: job.epoch,
        first,
        last: upto,
        tally: *tally,
        at: now.ms(),
    };
    sqlx::query("INSERT INTO job_batches (job_id, no, pass, epoch, first_id, last_id, deleted, spared, held, failed, gone, events, ms, at, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)")
        .bind(row.job)
        .bind(row.no)
        .bind(row.pass)
        .bind(row.epoch)
        .bind(row.first)
        .bind(row.last)
        .bind(tally.deleted)
        .bind(tally.spared)
        .bind(tally.held)
        .bind(tally.failed)
        .bind(tally.gone)
        .bind(tally.events)
        .bind(tally.ms)
        .bind(row.at)
        .bind(row.leaf(before.as_deref()).as_slice())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "UPDATE jobs SET cursor = $2, deleted = deleted + $3, spared = spared + $4, held = held + $5, failed = failed + $6, gone = gone + $7,
           events_deleted = events_deleted + $8, batches = batches + 1, work_ms = work_ms + $9, rate = $10, resumes = 0, waiting_for = NULL,
           going_id = NULL, going_events = 0, updated_at = $11
         WHERE id = $1",
    )
    .bind(job.id)
    .bind(upto)
    .bind(tally.deleted)
    .bind(tally.spared)
    .bind(tally.held)
    .bind(tally.failed)
    .bind(tally.gone)
    .bind(tally.events)
    .bind(tally.ms)
    .bind(rate)
    .bind(now.ms())
    .execute(&mut *conn)
    .await?;
    datasets::touch(conn, DatasetId(job.dataset_id), now).await
}

/// Begins a retry pass over the failed.
pub(crate) async fn next_pass(conn: &mut Conn, job: JobId) -> Result<()> {
    sqlx::query("UPDATE jobs SET pass = pass + 1, cursor = 0, sweep_cursor = NULL WHERE id = $1")
        .bind(job.0)
        .execute(conn)
        .await?;
    Ok(())
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
