//! The target set of a job: fixing it, and deleting it batch by batch. The SQL of `runner::freeze` and `runner::batch`.
//!
//! Design notes. A batch is a range of ids of `job_targets`, so each table is touched in key order. Whoever of the range
//! is not to be deleted gets a row in `job_outcomes` first; the deletes then take the range less those rows. What is not
//! in `job_outcomes` and not above the cursor was deleted: a row per deleted person would cost more than the deletion.

use super::{
    Conn,
    deletion_map::{Fate, MAP},
    jobs::JobRow,
    rule_sql::{RuleScope, push_rule},
};
use crate::error::Result;
use domain::{id::JobId, job::Outcome, rule::Rule, time::Timestamp};
use sqlx::{QueryBuilder, Row as _, Sqlite};

/// What decides who is in: a rule, or membership of a manual or list segment.
#[derive(Debug)]
pub(crate) enum Membership {
    /// The frozen rule.
    Rule(Box<Rule>),
    /// Members by hand or by list of this segment.
    Listed(i64),
}

/// Appends the condition over `p` (a row of profiles).
fn push_membership(q: &mut QueryBuilder<Sqlite>, who: &Membership, scope: &RuleScope<'_>) -> Result<()> {
    match who {
        Membership::Rule(rule) => push_rule(q, rule, scope),
        Membership::Listed(segment) => {
            q.push("EXISTS (SELECT 1 FROM memberships m WHERE m.profile_id = p.id AND m.segment_id = ")
                .push_bind(*segment)
                .push(" AND m.member = 1)");
            Ok(())
        }
    }
}

/// Freezes the people with ids in (`after`, `upto`]. Gives how many were added.
pub(crate) async fn freeze_slice(
    conn: &mut Conn,
    job: JobId,
    who: &Membership,
    scope: &RuleScope<'_>,
    after: i64,
    upto: i64,
) -> Result<i64> {
    let mut q = QueryBuilder::new("INSERT INTO job_targets (job_id, profile_id) SELECT ");
    q.push_bind(job.0)
        .push(", p.id FROM profiles p WHERE p.id > ")
        .push_bind(after)
        .push(" AND p.id <= ")
        .push_bind(upto);
    q.push(" AND p.dataset_id = ")
        .push_bind(scope.dataset_id)
        .push(" AND ");
    push_membership(&mut q, who, scope)?;
    q.push(" ORDER BY p.id");
    let added = q.build().execute(&mut *conn).await?.rows_affected();
    Ok(i64::try_from(added).unwrap_or(i64::MAX))
}

/// The end of the slice of about `ids` ids after `after`: skips the blocks of other datasets. `None`: nothing is left.
pub(crate) async fn next_slice(
    conn: &mut Conn,
    dataset: i64,
    after: i64,
    ids: i64,
    last: i64,
) -> Result<Option<i64>> {
    let block: Option<(i64, i64)> = sqlx::query_as("SELECT first_id, last_id FROM profile_blocks WHERE dataset_id = $1 AND last_id > $2 AND first_id <= $3 ORDER BY first_id LIMIT 1")
        .bind(dataset)
        .bind(after)
        .bind(last)
        .fetch_optional(conn)
        .await?;
    Ok(block
        .filter(|_| after < last)
        .map(|(first, end)| (after.max(first - 1) + ids).min(end).min(last)))
}

/// Notes how far the freeze has looked, and the size of the set so far.
pub(crate) async fn set_freeze_cursor(conn: &mut Conn, job: JobId, cursor: i64, added: i64) -> Result<()> {
    sqlx::query(
        "UPDATE jobs SET freeze_cursor = $2, matched = matched + $3, waiting_for = NULL WHERE id = $1",
    )
    .bind(job.0)
    .bind(cursor)
    .bind(added)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes the set of a job that ends before deleting.
pub(crate) async fn drop_targets(conn: &mut Conn, job: JobId) -> Result<()> {
    sqlx::query("DELETE FROM job_targets WHERE job_id = $1")
        .bind(job.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// The next range of the target set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    /// Above this id.
    pub(crate) after: i64,
    /// Up to and including this one.
    pub(crate) upto: i64,
    /// The first id in it.
    pub(crate) first: i64,
    /// How many targets.
    pub(crate) targets: i64,
    /// How many of them exist.
    pub(crate) present: i64,
    /// The newest change among them.
    pub(crate) changed: i64,
}

/// Finds the next `size` targets above the cursor. A retry pass takes the failed alone. `None`: the pass is done.
pub(crate) async fn next_range(conn: &mut Conn, job: &JobRow, size: i64) -> Result<Option<Range>> {
    let statement = if job.pass == 1 {
        "SELECT count(*), min(t.profile_id), max(t.profile_id), count(p.id), coalesce(max(p.changed_seq), 0)
         FROM (SELECT profile_id FROM job_targets WHERE job_id = $1 AND profile_id > $2 ORDER BY profile_id LIMIT $3) t
         LEFT JOIN profiles p ON p.id = t.profile_id"
    } else {
        "SELECT count(*), min(t.profile_id), max(t.profile_id), count(p.id), coalesce(max(p.changed_seq), 0)
         FROM (SELECT profile_id FROM job_outcomes WHERE job_id = $1 AND profile_id > $2 AND outcome = 'failed' ORDER BY profile_id LIMIT $3) t
         LEFT JOIN profiles p ON p.id = t.profile_id"
    };
    let row = sqlx::query(statement)
        .bind(job.id)
        .bind(job.cursor)
        .bind(size)
        .fetch_one(conn)
        .await?;
    let targets: i64 = row.try_get(0)?;
    if targets == 0 {
        return Ok(None);
    }
    Ok(Some(Range {
        after: job.cursor,
        first: row.try_get(1)?,
        upto: row.try_get(2)?,
        targets,
        present: row.try_get(3)?,
        changed: row.try_get(4)?,
    }))
}

/// In a retry pass the failed of the range get another chance: their outcome is taken back. Gives how many.
pub(crate) async fn reopen_failed(conn: &mut Conn, job: JobId, range: &Range) -> Result<i64> {
    let done = sqlx::query("DELETE FROM job_outcomes WHERE job_id = $1 AND profile_id > $2 AND profile_id <= $3 AND outcome = 'failed'")
        .bind(job.0)
        .bind(range.after)
        .bind(range.upto)
        .execute(conn)
        .await?;
    Ok(count(done.rows_affected()))
}

/// Marks those of the range who are absent as gone. Gives how many.
pub(crate) async fn mark_gone(conn: &mut Conn, job: JobId, range: &Range) -> Result<i64> {
    let done = sqlx::query(
        "INSERT INTO job_outcomes (job_id, profile_id, outcome, reason)
         SELECT t.job_id, t.profile_id, 'gone', 'Already deleted by another way before its turn.' FROM job_targets t
         WHERE t.job_id = $1 AND t.profile_id > $2 AND t.profile_id <= $3 AND NOT EXISTS (SELECT 1 FROM profiles p WHERE p.id = t.profile_id)
           AND NOT EXISTS (SELECT 1 FROM job_outcomes o WHERE o.job_id = t.job_id AND o.profile_id = t.profile_id)",
    )
    .bind(job.0)
    .bind(range.after)
    .bind(range.upto)
    .execute(conn)
    .await?;
    Ok(count(done.rows_affected()))
}

/// Marks those of the range who changed since the freeze and no longer match as spared. Gives how many.
pub(crate) async fn mark_spared(
    conn: &mut Conn,
    job: &JobRow,
    range: &Range,
    who: &Membership,
    scope: &RuleScope<'_>,
) -> Result<i64> {
    let mut q = QueryBuilder::new(
        "INSERT INTO job_outcomes (job_id, profile_id, outcome, reason) SELECT t.job_id, t.profile_id, 'spared', 'Changed after the list was fixed and no longer matches the segment.' FROM job_targets t CROSS JOIN profiles p ON p.id = t.profile_id WHERE t.job_id = ",
    );
    q.push_bind(job.id)
        .push(" AND t.profile_id > ")
        .push_bind(range.after)
        .push(" AND t.profile_id <= ")
        .push_bind(range.upto);
    q.push(" AND p.changed_seq > ")
        .push_bind(job.freeze_seq)
        .push(" AND NOT (");
    push_membership(&mut q, who, scope)?;
    q.push(") AND NOT EXISTS (SELECT 1 FROM job_outcomes o WHERE o.job_id = t.job_id AND o.profile_id = t.profile_id)");
    Ok(count(q.build().execute(conn).await?.rows_affected()))
}

/// Marks one target as failed.
pub(crate) async fn mark_failed(conn: &mut Conn, job: JobId, range: &Range, reason: &str) -> Result<()> {
    sqlx::query(
        "INSERT OR REPLACE INTO job_outcomes (job_id, profile_id, outcome, reason) VALUES ($1, $2, $3, $4)",
    )
    .bind(job.0)
    .bind(range.upto)
    .bind(Outcome::Failed.as_str())
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(())
}

/// What a batch deleted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Deleted {
    pub(crate) profiles: i64,
    pub(crate) events: i64,
}

/// Deletes those of the range who have no outcome, with all that belongs to them but the look-up (see the sweep).
pub(crate) async fn delete_range(
    conn: &mut Conn,
    job: JobId,
    range: &Range,
    exceptions: bool,
) -> Result<Deleted> {
    let mut deleted = Deleted::default();
    for entry in MAP.iter().filter(|entry| entry.fate == Fate::Delete) {
        let mut q = QueryBuilder::new("DELETE FROM ");
        q.push(entry.table).push(" WHERE ").push(entry.column);
        q.push(" IN (SELECT t.profile_id FROM job_targets t WHERE t.job_id = ")
            .push_bind(job.0);
        q.push(" AND t.profile_id > ")
            .push_bind(range.after)
            .push(" AND t.profile_id <= ")
            .push_bind(range.upto);
        if exceptions {
            q.push(" AND NOT EXISTS (SELECT 1 FROM job_outcomes o WHERE o.job_id = t.job_id AND o.profile_id = t.profile_id)");
        }
        q.push(")");
        let rows = count(q.build().execute(&mut *conn).await?.rows_affected());
        match entry.table {
            "events" => deleted.events = rows,
            "profiles" => deleted.profiles = rows,
            _ => {}
        }
    }
    Ok(deleted)
}

/// A committed batch, as counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) deleted: i64,
    pub(crate) spared: i64,
    pub(crate) held: i64,
    /// Negative in a retry pass, where the failed got another outcome.
    pub(crate) failed: i64,
    pub(crate) gone: i64,
    pub(crate) events: i64,
    pub(crate) ms: i64,
}

/// Writes the batch's row, and the job's cursor, counters and pace, in the transaction that deleted the people.
pub(crate) async fn record_batch(
    conn: &mut Conn,
    job: &JobRow,
    range: &Range,
    tally: &Tally,
    rate: Option<f64>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("INSERT INTO job_batches (job_id, no, pass, epoch, first_id, last_id, deleted, spared, held, failed, gone, events, ms, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
        .bind(job.id)
        .bind(job.batches + 1)
        .bind(job.pass)
        .bind(job.epoch)
        .bind(range.first)
        .bind(range.upto)
        .bind(tally.deleted)
        .bind(tally.spared)
        .bind(tally.held)
        .bind(tally.failed)
        .bind(tally.gone)
        .bind(tally.events)
        .bind(tally.ms)
        .bind(now.ms())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "UPDATE jobs SET cursor = $2, deleted = deleted + $3, spared = spared + $4, held = held + $5, failed = failed + $6, gone = gone + $7,
           events_deleted = events_deleted + $8, batches = batches + 1, work_ms = work_ms + $9, rate = $10, resumes = 0, waiting_for = NULL, updated_at = $11
         WHERE id = $1",
    )
    .bind(job.id)
    .bind(range.upto)
    .bind(tally.deleted)
    .bind(tally.spared)
    .bind(tally.held)
    .bind(tally.failed)
    .bind(tally.gone)
    .bind(tally.events)
    .bind(tally.ms)
    .bind(rate)
    .bind(now.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// Begins a retry pass over the failed.
pub(crate) async fn next_pass(conn: &mut Conn, job: JobId) -> Result<()> {
    sqlx::query("UPDATE jobs SET pass = pass + 1, cursor = 0, sweep_cursor = NULL WHERE id = $1")
        .bind(job.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Of the decided targets without an outcome, how many still exist. They were counted as deleted, so it must be none.
pub(crate) async fn still_there(conn: &mut Conn, job: &JobRow) -> Result<i64> {
    let decided = if job.pass == 1 {
        job.cursor
    } else {
        job.freeze_upto
    };
    let found = sqlx::query_scalar(
        "SELECT count(*) FROM job_targets t CROSS JOIN profiles p ON p.id = t.profile_id
         WHERE t.job_id = $1 AND t.profile_id <= $2 AND NOT EXISTS (SELECT 1 FROM job_outcomes o WHERE o.job_id = t.job_id AND o.profile_id = t.profile_id)",
    )
    .bind(job.id)
    .bind(decided)
    .fetch_one(conn)
    .await?;
    Ok(found)
}

/// How many people are in now who were not in the target set.
pub(crate) async fn joined_after(
    conn: &mut Conn,
    job: &JobRow,
    who: &Membership,
    scope: &RuleScope<'_>,
) -> Result<i64> {
    let mut q = QueryBuilder::new("SELECT count(*) ");
    super::rule_sql::push_dataset_scan(&mut q, scope.dataset_id);
    q.push(" AND (p.changed_seq > ")
        .push_bind(job.freeze_seq)
        .push(" OR p.id > ")
        .push_bind(job.freeze_upto)
        .push(") AND NOT EXISTS (SELECT 1 FROM job_targets t WHERE t.job_id = ");
    q.push_bind(job.id).push(" AND t.profile_id = p.id) AND ");
    push_membership(&mut q, who, scope)?;
    Ok(q.build_query_scalar().fetch_one(conn).await?)
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Notes, for a rule segment that is being disabled, in what its members differ from the target set: who came to match
/// (member 1) and who no longer does (member 0). Looks at those who changed since the freeze, or at everyone.
pub(crate) async fn correct_members(
    conn: &mut Conn,
    job: &JobRow,
    who: &Membership,
    scope: &RuleScope<'_>,
    everyone: bool,
) -> Result<()> {
    for joined in [true, false] {
        let mut q = QueryBuilder::new(
            "INSERT OR REPLACE INTO memberships (profile_id, segment_id, member, joined_at) SELECT p.id, ",
        );
        q.push_bind(job.segment_id)
            .push(", ")
            .push_bind(i64::from(joined))
            .push(", ")
            .push_bind(scope.now.ms())
            .push(" ");
        super::rule_sql::push_dataset_scan(&mut q, scope.dataset_id);
        if !everyone {
            q.push(" AND p.changed_seq > ").push_bind(job.freeze_seq);
        }
        q.push(if joined { " AND NOT EXISTS" } else { " AND EXISTS" });
        q.push(" (SELECT 1 FROM job_targets t WHERE t.job_id = ")
            .push_bind(job.id)
            .push(" AND t.profile_id = p.id) AND ");
        q.push(if joined { "(" } else { "NOT (" });
        push_membership(&mut q, who, scope)?;
        q.push(")");
        q.build().execute(&mut *conn).await?;
    }
    Ok(())
}
