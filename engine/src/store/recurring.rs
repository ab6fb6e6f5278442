//! Rows of recurring deletions and of their due moments.

use super::{Conn, jobs::to_json};
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, JobId, RecurringId, SegmentId},
    job::JobState,
    recurring::{RecurringJob, RecurringRun, RecurringSpec, RunOutcome},
    time::Timestamp,
};
use sqlx::{FromRow, QueryBuilder, Sqlite};

/// A recurring deletion as stored.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct RecurringRow {
    pub(crate) id: i64,
    pub(crate) dataset_id: i64,
    dataset: String,
    pub(crate) segment_name: String,
    spec: String,
    pub(crate) definition: Vec<u8>,
    confirmed_count: i64,
    pub(crate) created_by: String,
    created_at: i64,
    pub(crate) next_at: Option<i64>,
    stopped_at: Option<i64>,
    stopped_by: Option<String>,
    stop_reason: Option<String>,
}

const SELECT: &str =
    "SELECT r.*, d.slug AS dataset FROM recurring_jobs r JOIN datasets d ON d.id = r.dataset_id WHERE ";

impl RecurringRow {
    /// Its number.
    pub(crate) fn id(&self) -> RecurringId {
        RecurringId(self.id)
    }

    /// What was confirmed.
    pub(crate) fn spec(&self) -> Result<RecurringSpec> {
        serde_json::from_str(&self.spec)
            .map_err(|e| Error::Corrupt(format!("spec of recurring {}: {e}", self.id)))
    }

    /// Whether it was stopped.
    pub(crate) fn stopped(&self) -> bool {
        self.stopped_at.is_some()
    }

    /// As shown; the moment by the clock of its zone is the caller's to add.
    pub(crate) fn show(self) -> Result<RecurringJob> {
        Ok(RecurringJob {
            id: self.id(),
            spec: self.spec()?,
            dataset: self.dataset,
            segment_name: self.segment_name,
            confirmed_count: self.confirmed_count,
            created_by: self.created_by,
            created_at: Timestamp::from_ms(self.created_at),
            next_at: self.next_at.map(Timestamp::from_ms),
            next_local: None,
            stopped_at: self.stopped_at.map(Timestamp::from_ms),
            stopped_by: self.stopped_by,
            stop_reason: self.stop_reason,
        })
    }
}

/// A new recurring deletion.
#[derive(Debug)]
pub(crate) struct NewRecurring<'a> {
    pub(crate) dataset: DatasetId,
    pub(crate) segment_name: &'a str,
    pub(crate) spec: &'a RecurringSpec,
    pub(crate) definition: &'a [u8],
    pub(crate) confirmed_count: i64,
    pub(crate) created_by: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) next_at: Timestamp,
}

/// Inserts one; a unique violation says that the segment has one that is not stopped.
pub(crate) async fn insert(conn: &mut Conn, new: &NewRecurring<'_>) -> Result<RecurringId> {
    let id = sqlx::query_scalar(
        "INSERT INTO recurring_jobs (dataset_id, segment_id, segment_name, spec, definition, confirmed_count, created_by, created_at, next_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
    )
    .bind(new.dataset.0)
    .bind(new.spec.segment_id.0)
    .bind(new.segment_name)
    .bind(to_json(new.spec)?)
    .bind(new.definition)
    .bind(new.confirmed_count)
    .bind(new.created_by)
    .bind(new.now.ms())
    .bind(new.next_at.ms())
    .fetch_one(conn)
    .await?;
    Ok(RecurringId(id))
}

fn select(condition: &'static str, value: i64) -> QueryBuilder<Sqlite> {
    let mut q = QueryBuilder::new(SELECT);
    q.push(condition).push_bind(value);
    q
}

/// One.
pub(crate) async fn find(conn: &mut Conn, id: RecurringId) -> Result<Option<RecurringRow>> {
    Ok(select("r.id = ", id.0)
        .build_query_as()
        .fetch_optional(conn)
        .await?)
}

/// The one of a segment that is not stopped.
pub(crate) async fn of_segment(conn: &mut Conn, segment: SegmentId) -> Result<Option<RecurringRow>> {
    let mut q = select("r.stopped_at IS NULL AND r.segment_id = ", segment.0);
    Ok(q.build_query_as().fetch_optional(conn).await?)
}

/// Those of a dataset, newest first, below `before` (0: from the newest).
pub(crate) async fn list(
    conn: &mut Conn,
    dataset: DatasetId,
    before: i64,
    rows: u32,
) -> Result<Vec<RecurringRow>> {
    let mut q = select("r.dataset_id = ", dataset.0);
    if before > 0 {
        q.push(" AND r.id < ").push_bind(before);
    }
    q.push(" ORDER BY r.id DESC LIMIT ")
        .push_bind(i64::from(rows) + 1);
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// Those that are due, the longest due first.
pub(crate) async fn due(conn: &mut Conn, now: Timestamp) -> Result<Vec<RecurringRow>> {
    let mut q = select("r.next_at <= ", now.ms());
    q.push(" ORDER BY r.next_at, r.id");
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// Stops one that is not stopped. Says whether it did.
pub(crate) async fn stop(
    conn: &mut Conn,
    id: RecurringId,
    by: &str,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE recurring_jobs SET next_at = NULL, stopped_at = $2, stopped_by = $3, stop_reason = $4
         WHERE id = $1 AND stopped_at IS NULL",
    )
    .bind(id.0)
    .bind(at.ms())
    .bind(by)
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Says when it is due next, where it has not been stopped meanwhile.
pub(crate) async fn set_next(conn: &mut Conn, id: RecurringId, next: Timestamp) -> Result<()> {
    sqlx::query("UPDATE recurring_jobs SET next_at = $2 WHERE id = $1 AND stopped_at IS NULL")
        .bind(id.0)
        .bind(next.ms())
        .execute(conn)
        .await?;
    Ok(())
}

/// What became of a due moment.
#[derive(Debug)]
pub(crate) struct NewRun<'a> {
    pub(crate) recurring: RecurringId,
    pub(crate) due_at: Timestamp,
    pub(crate) decided_at: Timestamp,
    pub(crate) outcome: RunOutcome,
    pub(crate) matched: Option<i64>,
    pub(crate) job: Option<JobId>,
    pub(crate) note: Option<&'a str>,
}

/// Writes it down; a moment is decided once.
pub(crate) async fn insert_run(conn: &mut Conn, run: &NewRun<'_>) -> Result<()> {
    // Only a job is followed to its end.
    let settled = (run.outcome != RunOutcome::Started).then(|| run.decided_at.ms());
    sqlx::query(
        "INSERT INTO recurring_runs (recurring_id, due_at, decided_at, outcome, matched, job_id, note, settled_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(run.recurring.0)
    .bind(run.due_at.ms())
    .bind(run.decided_at.ms())
    .bind(run.outcome.as_str())
    .bind(run.matched)
    .bind(run.job.map(|job| job.0))
    .bind(run.note)
    .bind(settled)
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct RunRow {
    due_at: i64,
    outcome: String,
    matched: Option<i64>,
    job_id: Option<i64>,
    note: Option<String>,
    enabled_at: Option<i64>,
    job_state: Option<String>,
    deleted: Option<i64>,
}

impl RunRow {
    fn show(self) -> Result<RecurringRun> {
        let unknown = |what: &str| Error::Corrupt(format!("a recurring run has the unknown {what}"));
        let state = self.job_state.as_deref();
        Ok(RecurringRun {
            due_at: Timestamp::from_ms(self.due_at),
            outcome: RunOutcome::parse(&self.outcome).ok_or_else(|| unknown("outcome"))?,
            matched: self.matched,
            job: self.job_id.map(JobId),
            job_state: state
                .map(|text| JobState::parse(text).ok_or_else(|| unknown("state")))
                .transpose()?,
            deleted: self.deleted,
            note: self.note,
            enabled_at: self.enabled_at.map(Timestamp::from_ms),
        })
    }
}

/// The due moments of one, newest first, before the moment `before` (0: from the newest). Where a run's job is a plan of several,
/// its state is that of the earliest that is not over, and after that the worst that came of any; the deleted are added up.
pub(crate) async fn runs(
    conn: &mut Conn,
    id: RecurringId,
    before: i64,
    rows: u32,
) -> Result<Vec<RecurringRun>> {
    let found: Vec<RunRow> = sqlx::query_as(
        "SELECT r.due_at, r.outcome, r.matched, r.job_id, r.note, r.enabled_at,
           (SELECT j.state FROM jobs j WHERE j.id = r.job_id OR j.plan_id = r.job_id
             ORDER BY CASE j.state WHEN 'failed' THEN 1 WHEN 'cancelled' THEN 2 WHEN 'completed_with_leftovers' THEN 3
               WHEN 'completed' THEN 4 ELSE 0 END, j.plan_no LIMIT 1) AS job_state,
           (SELECT sum(j.deleted) FROM jobs j WHERE j.id = r.job_id OR j.plan_id = r.job_id) AS deleted
         FROM recurring_runs r
         WHERE r.recurring_id = $1 AND ($2 = 0 OR r.due_at < $2) ORDER BY r.due_at DESC LIMIT $3",
    )
    .bind(id.0)
    .bind(before)
    .bind(i64::from(rows) + 1)
    .fetch_all(conn)
    .await?;
    found.into_iter().map(RunRow::show).collect()
}

/// A run whose jobs have all ended, and about which something is left to do.
#[derive(Debug, FromRow)]
pub(crate) struct Unsettled {
    pub(crate) recurring_id: i64,
    pub(crate) due_at: i64,
    /// Whether every one of its jobs came to its end.
    pub(crate) ended_well: bool,
}

/// All of them. A run is several jobs where its job is a plan; while one of them is not over, the segment is not free.
pub(crate) async fn unsettled(conn: &mut Conn) -> Result<Vec<Unsettled>> {
    Ok(sqlx::query_as(
        "SELECT r.recurring_id, r.due_at, min(j.state IN ('completed', 'completed_with_leftovers')) AS ended_well
         FROM recurring_runs r JOIN jobs j ON j.id = r.job_id OR j.plan_id = r.job_id
         WHERE r.settled_at IS NULL GROUP BY r.recurring_id, r.due_at
         HAVING min(j.state IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed')) = 1",
    )
    .fetch_all(conn)
    .await?)
}

/// Nothing is left to do about a run.
pub(crate) async fn settle(
    conn: &mut Conn,
    run: &Unsettled,
    enabled_at: Option<Timestamp>,
    note: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE recurring_runs SET settled_at = $3, enabled_at = $4, note = coalesce($5, note) WHERE recurring_id = $1 AND due_at = $2",
    )
    .bind(run.recurring_id)
    .bind(run.due_at)
    .bind(now.ms())
    .bind(enabled_at.map(Timestamp::ms))
    .bind(note)
    .execute(conn)
    .await?;
    Ok(())
}
