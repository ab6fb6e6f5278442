//! Plans: the jobs behind the first one, their parts of the frozen set, and whose turn it is. The SQL of `runner::plan` and
//! of the services around it; what a single job does is elsewhere and asks only for its part.

use super::{
    Conn,
    jobs::{JobRow, SELECT, to_json},
};
use crate::error::Result;
use domain::{
    estimate::Estimated,
    id::JobId,
    job::{JobState, Phase},
    time::Timestamp,
};

/// Notes what a new job is expected to take. For several of these it makes the job the first of a plan, and the others
/// behind it: alike in all, queued, with no part of the set yet. Their numbers follow the first one's.
pub(crate) async fn make(
    conn: &mut Conn,
    first: JobId,
    estimated: &[Estimated],
    now: Timestamp,
) -> Result<()> {
    if let Some(of_first) = estimated.first() {
        set_estimate(conn, first, *of_first).await?;
    }
    if estimated.len() < 2 {
        return Ok(());
    }
    let of = i64::try_from(estimated.len()).unwrap_or(i64::MAX);
    sqlx::query("UPDATE jobs SET plan_id = id, plan_of = $2 WHERE id = $1")
        .bind(first.0)
        .bind(of)
        .execute(&mut *conn)
        .await?;
    let queued = to_json(&[Phase {
        name: JobState::Queued,
        started_at: now,
        finished_at: None,
    }])?;
    for (no, estimated) in (2_i64..).zip(estimated.iter().skip(1)) {
        sqlx::query(
            "INSERT INTO jobs (dataset_id, segment_id, segment_name, rule, rule_shown, spec, plan_hash, state, max_rate, requested_by,
               reason, now_at, confirmed_count, freeze_seq, freeze_upto, phases, created_at, start_at, updated_at, estimate,
               plan_id, plan_no, plan_of, range_after, range_upto)
             SELECT dataset_id, segment_id, segment_name, rule, rule_shown, spec, plan_hash, 'queued', max_rate, requested_by,
               reason, now_at, confirmed_count, freeze_seq, freeze_upto, $2, created_at, start_at, updated_at, $3, id, $4, plan_of, 0, 0
             FROM jobs WHERE id = $1",
        )
        .bind(first.0)
        .bind(queued.as_str())
        .bind(to_json(estimated)?)
        .bind(no)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

async fn set_estimate(conn: &mut Conn, job: JobId, estimated: Estimated) -> Result<()> {
    sqlx::query("UPDATE jobs SET estimate = $2 WHERE id = $1")
        .bind(job.0)
        .bind(to_json(&estimated)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes what it took, milliseconds.
pub(crate) async fn set_took(conn: &mut Conn, job: JobId, took_ms: i64) -> Result<()> {
    sqlx::query("UPDATE jobs SET took_ms = $2 WHERE id = $1")
        .bind(job.0)
        .bind(took_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// The jobs of a plan, in order.
pub(crate) async fn jobs(conn: &mut Conn, plan: JobId) -> Result<Vec<JobRow>> {
    let mut q = sqlx::QueryBuilder::new(SELECT);
    q.push(" WHERE j.plan_id = ")
        .push_bind(plan.0)
        .push(" ORDER BY j.plan_no");
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// The jobs of the plan behind this one that are not over, in order. None, where it is a job by itself.
pub(crate) async fn behind(conn: &mut Conn, job: &JobRow) -> Result<Vec<JobRow>> {
    let mut q = sqlx::QueryBuilder::new(SELECT);
    q.push(" WHERE j.plan_id = ").push_bind(job.plan_id);
    q.push(" AND j.plan_no > ").push_bind(job.plan_no);
    q.push(" AND j.state NOT IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed') ORDER BY j.plan_no");
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// What became of the jobs before one in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// One of them is not over.
    Open,
    /// This one failed.
    Failed(JobId),
    /// All of them are over, and none failed.
    Over,
}

/// What became of the jobs before this one.
pub(crate) async fn before(conn: &mut Conn, job: &JobRow) -> Result<Before> {
    let rows: Vec<(i64, bool)> = sqlx::query_as(
        "SELECT id, state = 'failed' FROM jobs WHERE plan_id = $1 AND plan_no < $2
           AND state NOT IN ('completed', 'completed_with_leftovers', 'cancelled') ORDER BY plan_no",
    )
    .bind(job.plan_id)
    .bind(job.plan_no)
    .fetch_all(conn)
    .await?;
    Ok(match rows.as_slice() {
        [] => Before::Over,
        all if all.iter().any(|(_, failed)| !failed) => Before::Open,
        [(id, _), ..] => Before::Failed(JobId(*id)),
    })
}

/// Hands the segment on to the earliest job of the plan that is not over. To be called in the transaction that ends a job.
pub(crate) async fn hand_on(conn: &mut Conn, job: &JobRow) -> Result<()> {
    if job.plan_id.is_none() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE jobs SET holds_segment = 1 WHERE id = (SELECT id FROM jobs WHERE plan_id = $1
           AND state NOT IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed') ORDER BY plan_no LIMIT 1)",
    )
    .bind(job.plan_id)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the job ends because the one before it in its plan does: both were cancelled, or that one failed.
pub(crate) async fn ends_with_the_one_before(conn: &mut Conn, job: &JobRow) -> Result<bool> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT b.id FROM jobs b JOIN jobs j ON j.id = $1 AND b.plan_id = j.plan_id AND b.plan_no = j.plan_no - 1
         WHERE (j.intent = 'cancel' AND b.intent = 'cancel') OR (j.state = 'failed' AND b.state = 'failed')",
    )
    .bind(job.id)
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// A target set that nobody needs any more: every job that has a part of it is over, and none has begun to delete.
pub(crate) async fn unneeded_set(conn: &mut Conn) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar(
        "SELECT coalesce(j.plan_id, j.id) FROM jobs j WHERE j.state IN ('cancelled', 'failed') AND j.started_at IS NULL
           AND (EXISTS (SELECT 1 FROM job_targets t WHERE t.job_id = coalesce(j.plan_id, j.id))
             OR EXISTS (SELECT 1 FROM job_target_names n WHERE n.job_id = j.id))
           AND NOT EXISTS (SELECT 1 FROM jobs b WHERE b.plan_id = j.plan_id AND (b.started_at IS NOT NULL
             OR b.state NOT IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed'))) LIMIT 1",
    )
    .fetch_optional(conn)
    .await?)
}

/// The greatest id of the first `people` targets above `after`; `None`: there are not so many.
pub(crate) async fn end_of_part(conn: &mut Conn, set: i64, after: i64, people: i64) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar(
        "SELECT profile_id FROM job_targets WHERE job_id = $1 AND profile_id > $2 ORDER BY profile_id LIMIT 1 OFFSET $3",
    )
    .bind(set)
    .bind(after)
    .bind(people - 1)
    .fetch_optional(conn)
    .await?)
}

/// A part of the frozen set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Ids above this.
    pub(crate) after: i64,
    /// Ids up to this.
    pub(crate) upto: i64,
    /// How many people.
    pub(crate) people: i64,
}

/// Gives each job of the plan its part, in order.
pub(crate) async fn split(conn: &mut Conn, plan: i64, parts: &[Part]) -> Result<()> {
    for (no, part) in (1_i64..).zip(parts) {
        sqlx::query(
            "UPDATE jobs SET range_after = $3, range_upto = $4, cursor = $3, matched = $5 WHERE plan_id = $1 AND plan_no = $2",
        )
        .bind(plan)
        .bind(no)
        .bind(part.after)
        .bind(part.upto)
        .bind(part.people)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
