//! The target set of a job: fixing it, and looking at it afterwards. The SQL of `runner::freeze` and of the check of who
//! is left; deleting it is in `batch`.

use super::{
    Conn,
    jobs::JobRow,
    rule_sql::{RuleScope, push_rule, push_segment},
};
use crate::error::Result;
use domain::{id::JobId, rule::Rule};
use sqlx::{QueryBuilder, Sqlite};

/// What decides who is in: a rule, or the stored members of a segment: by hand, by list, or of the moment of disabling.
#[derive(Debug)]
pub(crate) enum Membership {
    /// The frozen rule.
    Rule(Box<Rule>),
    /// The members of this segment, of a disabled one or a list the stored ones.
    Listed(i64),
}

/// Appends the condition over `p` (a row of profiles).
pub(super) fn push_membership(
    q: &mut QueryBuilder<Sqlite>,
    who: &Membership,
    scope: &RuleScope<'_>,
) -> Result<()> {
    match who {
        Membership::Rule(rule) => push_rule(q, rule, scope),
        Membership::Listed(segment) => push_segment(q, *segment, scope),
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

/// Removes up to `rows` of a set of which nobody was deleted, and as many of the names that were kept for it; `set`: the job under
/// whose number it lies, of a plan the first.
pub(crate) async fn drop_slice(conn: &mut Conn, set: i64, rows: i64) -> Result<()> {
    for sql in [
        "DELETE FROM job_targets WHERE job_id = $1 AND profile_id <= (SELECT max(profile_id) FROM
           (SELECT profile_id FROM job_targets WHERE job_id = $1 ORDER BY profile_id LIMIT $2))",
        "DELETE FROM job_target_names WHERE (job_id, profile_id) IN (SELECT n.job_id, n.profile_id FROM jobs j
           CROSS JOIN job_target_names n ON n.job_id = j.id WHERE j.id = $1 OR j.plan_id = $1 LIMIT $2)",
    ] {
        sqlx::query(sql).bind(set).bind(rows).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Of the decided targets without an outcome, how many still exist. They were counted as deleted, so it must be none.
pub(crate) async fn still_there(conn: &mut Conn, job: &JobRow) -> Result<i64> {
    let found = sqlx::query_scalar(
        "SELECT count(*) FROM job_targets t CROSS JOIN profiles p ON p.id = t.profile_id
         WHERE t.job_id = $1 AND t.profile_id > $3 AND t.profile_id <= $2 AND NOT EXISTS (SELECT 1 FROM job_outcomes o WHERE o.job_id = $4 AND o.profile_id = t.profile_id)",
    )
    .bind(job.set())
    .bind(job.decided_upto())
    .bind(job.range_after)
    .bind(job.id)
    .fetch_one(conn)
    .await?;
    Ok(found)
}

/// How many people are in now who were not in the target set. Looks at those who changed since the freeze, or at everyone.
pub(crate) async fn joined_after(
    conn: &mut Conn,
    job: &JobRow,
    who: &Membership,
    scope: &RuleScope<'_>,
    everyone: bool,
) -> Result<i64> {
    let mut q = QueryBuilder::new("SELECT count(*) ");
    super::rule_sql::push_dataset_scan(&mut q, scope.dataset_id);
    if !everyone {
        q.push(" AND (p.changed_seq > ")
            .push_bind(job.freeze_seq)
            .push(" OR p.id > ")
            .push_bind(job.freeze_upto)
            .push(")");
    }
    q.push(" AND NOT EXISTS (SELECT 1 FROM job_targets t WHERE t.job_id = ");
    q.push_bind(job.set()).push(" AND t.profile_id = p.id) AND ");
    push_membership(&mut q, who, scope)?;
    Ok(q.build_query_scalar().fetch_one(conn).await?)
}
