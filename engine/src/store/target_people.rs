//! People of a target set (of a job in a plan: its part), and people without those of one: pages for lists, and the filling of a segment by hand from one.
//! Fixing a target set is in `targets`.

use super::{
    Conn,
    ingest::json,
    profiles::push_scan_above,
    rule_sql::{RuleScope, push_segment},
};
use crate::error::Result;
use domain::{
    id::{DatasetId, JobId, ProfileId, SegmentId},
    segment::SegmentKind,
    time::Timestamp,
};
use sqlx::{QueryBuilder, Sqlite};

/// Rows written in one transaction when a segment is filled: a few milliseconds of lock.
pub(crate) const SLICE: i64 = 5_000;

/// Which people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Among {
    /// Members of this segment alone.
    pub(crate) segment: Option<i64>,
    /// Those on the list of this job alone.
    pub(crate) targets: Option<JobId>,
    /// Without those on the list of this job.
    pub(crate) exclude: Option<JobId>,
}

/// The ids of up to `rows` people above `after`, in order. A list of a job is walked by its own key.
pub(crate) async fn page(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    among: Among,
    after: i64,
    rows: u32,
) -> Result<Vec<ProfileId>> {
    let mut q = QueryBuilder::new("SELECT p.id ");
    let order = if let Some(job) = among.targets {
        q.push("FROM jobs j CROSS JOIN job_targets t ON t.job_id = coalesce(j.plan_id, j.id) AND t.profile_id <= j.range_upto AND t.profile_id > max(j.range_after, ")
            .push_bind(after)
            .push(") CROSS JOIN profiles p ON p.id = t.profile_id WHERE j.id = ")
            .push_bind(job.0);
        " ORDER BY t.profile_id LIMIT "
    } else {
        push_scan_above(&mut q, scope.dataset_id, after);
        " ORDER BY b.first_id, p.id LIMIT "
    };
    push_rest(&mut q, scope, among)?;
    q.push(order).push_bind(i64::from(rows));
    let ids: Vec<i64> = q.build_query_scalar().fetch_all(conn).await?;
    Ok(ids.into_iter().map(ProfileId).collect())
}

/// Appends what else must hold for `p`: the segment, and not being on a list.
fn push_rest(q: &mut QueryBuilder<Sqlite>, scope: &RuleScope<'_>, among: Among) -> Result<()> {
    if let Some(job) = among.exclude {
        q.push(" AND NOT EXISTS (SELECT 1 FROM jobs j CROSS JOIN job_targets x ON x.job_id = coalesce(j.plan_id, j.id) AND x.profile_id = p.id \
                AND x.profile_id > j.range_after AND x.profile_id <= j.range_upto WHERE j.id = ")
            .push_bind(job.0)
            .push(")");
    }
    if let Some(segment) = among.segment {
        q.push(" AND ");
        push_segment(q, segment, scope)?;
    }
    Ok(())
}

/// Which of these people are on the list of a job.
pub(crate) async fn those_on(conn: &mut Conn, job: JobId, ids: &[ProfileId]) -> Result<Vec<ProfileId>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let found: Vec<i64> = sqlx::query_scalar(
        "SELECT t.profile_id FROM jobs j CROSS JOIN job_targets t ON t.job_id = coalesce(j.plan_id, j.id)
           AND t.profile_id > j.range_after AND t.profile_id <= j.range_upto
         WHERE j.id = $1 AND t.profile_id IN (SELECT value FROM json_each($2))",
    )
    .bind(job.0)
    .bind(json(&ids)?)
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(ProfileId).collect())
}

/// Draws the number of a segment that is to be filled before it is there: until it is, no rule and no page can mean it.
pub(crate) async fn draw_segment(
    conn: &mut Conn,
    dataset: DatasetId,
    name: &str,
    at: Timestamp,
) -> Result<SegmentId> {
    // AUTOINCREMENT never gives the number of a removed row out again.
    let id = super::segments::insert(conn, dataset, name, SegmentKind::Manual, None, at).await?;
    super::segments::delete(conn, id).await?;
    Ok(id)
}

/// Lets the next `SLICE` people of the list above `after` be members of the drawn segment. Gives the last of them; `None`:
/// nobody is left.
pub(crate) async fn fill_slice(
    conn: &mut Conn,
    segment: SegmentId,
    job: JobId,
    after: i64,
    at: Timestamp,
) -> Result<Option<i64>> {
    let last: Option<i64> = sqlx::query_scalar(
        "SELECT max(profile_id) FROM (SELECT t.profile_id FROM jobs j CROSS JOIN job_targets t ON t.job_id = coalesce(j.plan_id, j.id)
           AND t.profile_id > max(j.range_after, $2) AND t.profile_id <= j.range_upto WHERE j.id = $1 ORDER BY t.profile_id LIMIT $3)",
    )
    .bind(job.0)
    .bind(after)
    .bind(crate::fault::slice(SLICE))
    .fetch_one(&mut *conn)
    .await?;
    let Some(last) = last else { return Ok(None) };
    sqlx::query(
        "INSERT INTO memberships (profile_id, segment_id, joined_at)
         SELECT p.id, $1, $2 FROM jobs j CROSS JOIN job_targets t ON t.job_id = coalesce(j.plan_id, j.id)
           AND t.profile_id > max(j.range_after, $4) AND t.profile_id <= $5 CROSS JOIN profiles p ON p.id = t.profile_id
         WHERE j.id = $3 ORDER BY p.id",
    )
    .bind(segment.0)
    .bind(at.ms())
    .bind(job.0)
    .bind(after)
    .bind(last)
    .execute(conn)
    .await?;
    Ok(Some(last))
}

/// Makes the drawn and filled segment, with its count. A unique violation says that its name is taken.
pub(crate) async fn make_filled(
    conn: &mut Conn,
    dataset: DatasetId,
    id: SegmentId,
    name: &str,
    members: i64,
    at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO segments (id, dataset_id, name, kind, count_value, counted_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $6)",
    )
    .bind(id.0)
    .bind(dataset.0)
    .bind(name)
    .bind(SegmentKind::Manual.as_str())
    .bind(members)
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(())
}
