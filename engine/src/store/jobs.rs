//! Rows of jobs: reading them, inserting one, writing what people want. The runner's writes are in `job_steps`.

use super::Conn;
use crate::error::{Error, Result};
use domain::{
    erasure::Erasure,
    export::Export,
    id::{DatasetId, JobId, SegmentId},
    impact::WarehouseKept,
    job::{Counts, Intent, Job, JobSpec, JobState, JobStatus, Phase, Progress, QuietHours},
    plan::PlanPlace,
    time::Timestamp,
};
use sqlx::{FromRow, Row as _};

/// A job as stored.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct JobRow {
    pub(crate) id: i64,
    pub(crate) dataset_id: i64,
    pub(crate) dataset: String,
    pub(crate) segment_id: i64,
    pub(crate) segment_name: String,
    pub(crate) rule: Option<String>,
    rule_shown: Option<String>,
    spec: String,
    state: String,
    intent: String,
    intent_by: Option<String>,
    intent_at: Option<i64>,
    pub(crate) holds_place: Option<i64>,
    /// It is this job's turn among those of its plan.
    pub(crate) holds_segment: Option<i64>,
    pub(crate) paused_at: Option<i64>,
    pub(crate) ending: Option<String>,
    pub(crate) waiting_for: Option<String>,
    pub(crate) max_rate: Option<i64>,
    requested_by: String,
    pub(crate) approved_by: Option<String>,
    pub(crate) plan_hash: String,
    reason: Option<String>,
    pub(crate) end_reason: Option<String>,
    pub(crate) now_at: i64,
    pub(crate) confirmed_count: i64,
    pub(crate) freeze_seq: i64,
    pub(crate) freeze_cursor: i64,
    pub(crate) freeze_upto: i64,
    pub(crate) epoch: i64,
    pub(crate) pass: i64,
    pub(crate) cursor: i64,
    pub(crate) sweep_cursor: Option<Vec<u8>>,
    pub(crate) scrub_cursor: i64,
    erasure: Option<String>,
    pub(crate) resumes: i64,
    pub(crate) going_id: Option<i64>,
    pub(crate) going_events: i64,
    pub(crate) point_deletes: i64,
    matched: i64,
    deleted: i64,
    spared: i64,
    held: i64,
    failed: i64,
    gone: i64,
    joined_after: Option<i64>,
    events_deleted: i64,
    pub(crate) batches: i64,
    work_ms: i64,
    pub(crate) rate: Option<f64>,
    phases: String,
    warehouse_kept: Option<String>,
    export: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) start_at: i64,
    pub(crate) start_now_at: Option<i64>,
    quiet_set: i64,
    quiet_hours: Option<String>,
    started_at: Option<i64>,
    /// The plan that it belongs to: its first job.
    pub(crate) plan_id: Option<i64>,
    pub(crate) plan_no: i64,
    pub(crate) plan_of: i64,
    /// Its part of the frozen set: ids above this, up to and including the next.
    pub(crate) range_after: i64,
    pub(crate) range_upto: i64,
    estimate: Option<String>,
    took_ms: Option<i64>,
    pub(crate) paused_ms: i64,
    pub(crate) verified_at: Option<i64>,
    scrubbed_at: Option<i64>,
    pub(crate) finished_at: Option<i64>,
}

pub(super) const SELECT: &str = "SELECT j.*, d.slug AS dataset,
     (SELECT json_object('people', x.people, 'bytes', x.bytes, 'written_at', x.written_at, 'kept_until', x.kept_until,
        'wiped_at', x.wiped_at, 'wiped_by', x.wiped_by) FROM job_exports x WHERE x.job_id = j.id) AS export
   FROM jobs j JOIN datasets d ON d.id = j.dataset_id";

impl JobRow {
    /// Where it stands.
    pub(crate) fn state(&self) -> Result<JobState> {
        JobState::parse(&self.state)
            .ok_or_else(|| Error::Corrupt(format!("job {} has the unknown state {}", self.id, self.state)))
    }

    /// What people want.
    pub(crate) fn intent(&self) -> Result<Intent> {
        Intent::parse(&self.intent)
            .ok_or_else(|| Error::Corrupt(format!("job {} has the unknown intent {}", self.id, self.intent)))
    }

    /// What was asked.
    pub(crate) fn spec(&self) -> Result<JobSpec> {
        json(&self.spec, "spec")
    }

    /// Who asked.
    pub(crate) fn requested_by(&self) -> &str {
        &self.requested_by
    }

    /// The quiet hours that hold: those of the confirmation, until somebody changes them.
    pub(crate) fn quiet_hours(&self) -> Result<Option<QuietHours>> {
        match self.quiet_set {
            0 => Ok(self.spec()?.quiet_hours),
            _ => self
                .quiet_hours
                .as_deref()
                .map(|text| json(text, "quiet_hours"))
                .transpose(),
        }
    }

    /// The counts so far.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::of(
            self.matched,
            self.deleted,
            self.spared,
            self.held,
            self.failed,
            self.gone,
        );
        counts.joined_after = self.joined_after;
        counts
    }

    /// The greatest profile id whose turn has come.
    pub(crate) fn decided_upto(&self) -> i64 {
        if self.pass == 1 {
            self.cursor
        } else {
            self.freeze_upto.min(self.range_upto)
        }
    }

    /// The job under whose number the frozen set lies that this one has a part of.
    pub(crate) fn set(&self) -> i64 {
        self.plan_id.unwrap_or(self.id)
    }

    /// Its place in a plan; `None`: it is a job by itself.
    fn place(&self) -> Option<PlanPlace> {
        self.plan_id.map(|id| PlanPlace {
            id: JobId(id),
            job: u32::try_from(self.plan_no).unwrap_or(u32::MAX),
            of: u32::try_from(self.plan_of).unwrap_or(u32::MAX),
        })
    }

    /// What the scrub found so far; `None` before it.
    pub(crate) fn erasure(&self) -> Result<Option<Erasure>> {
        self.erasure
            .as_deref()
            .map(|text| json(text, "erasure"))
            .transpose()
    }

    /// Whether deleting has begun, whatever came of it.
    pub(crate) const fn begun(&self) -> bool {
        self.started_at.is_some()
    }

    /// The stored export, once it is complete; also after it was wiped.
    pub(crate) fn export(&self) -> Result<Option<Export>> {
        self.export
            .as_deref()
            .map(|text| json(text, "export"))
            .transpose()
    }

    /// The phases so far.
    pub(crate) fn phases(&self) -> Result<Vec<Phase>> {
        json(&self.phases, "phases")
    }

    /// As shown. `epoch` is the running process's.
    pub(crate) fn show(self, epoch: i64, now: Timestamp) -> Result<Job> {
        let (state, intent, counts) = (self.state()?, self.intent()?, self.counts());
        let orphaned = self.epoch != 0 && self.epoch != epoch;
        let status = JobStatus::of(
            state,
            intent,
            self.paused_at.is_some(),
            self.waiting_for.is_some(),
            orphaned,
        );
        let reason_paused = self.reason_paused(state, status);
        let phases = self.phases()?;
        let erasure = self.erasure()?;
        let plan = self.place();
        let estimated = read(self.estimate.as_deref(), "estimate")?;
        let quiet_hours = self.quiet_hours()?;
        let export = self.export()?;
        let spec = self.spec()?;
        let warehouse_kept: Option<WarehouseKept> = read(self.warehouse_kept.as_deref(), "warehouse_kept")?;
        Ok(Job {
            id: JobId(self.id),
            segment_id: SegmentId(self.segment_id),
            rule: self.rule_shown,
            state,
            status,
            intent,
            intent_by: self.intent_by,
            reason_paused,
            requested_by: self.requested_by,
            reason: self.reason,
            created_at: Timestamp::from_ms(self.created_at),
            start_at: Timestamp::from_ms(self.start_at),
            start_local: None,
            started_at: self.started_at.map(Timestamp::from_ms),
            finished_at: self.finished_at.map(Timestamp::from_ms),
            end_reason: self.end_reason,
            phases,
            plan,
            estimated,
            took_ms: self.took_ms,
            counts,
            events_deleted: self.events_deleted,
            progress: Progress::of(
                state,
                &counts,
                self.verified_at.is_some(),
                self.batches,
                self.rate,
            ),
            max_rate: self.max_rate,
            quiet_hours,
            work_ms: self.work_ms,
            verified_at: self.verified_at.map(Timestamp::from_ms),
            scrubbed_at: self.scrubbed_at.map(Timestamp::from_ms),
            erasure,
            warehouse_kept,
            suppress: spec.suppress,
            export_asked: spec.export,
            export,
            as_of: now,
            dataset: self.dataset,
            segment_name: self.segment_name,
        })
    }

    fn reason_paused(&self, state: JobState, status: JobStatus) -> Option<String> {
        match status {
            JobStatus::Paused | JobStatus::Pausing => {
                let by = self.intent_by.as_deref().unwrap_or("somebody");
                let at = self
                    .intent_at
                    .map(|ms| format!(" at {} UTC", Timestamp::from_ms(ms).time_hm()))
                    .unwrap_or_default();
                let until = if state.holds_place() {
                    "It keeps its place until it is resumed or cancelled."
                } else {
                    "It does not start until it is resumed."
                };
                Some(format!("Paused by {by}{at}. {until}"))
            }
            JobStatus::Interrupted => {
                Some("The server was restarted. The job goes on by itself in a moment.".to_owned())
            }
            JobStatus::Waiting => self.waiting_for.clone(),
            _ => None,
        }
    }
}

/// Reads JSON of ours; `what` names it, should it contradict itself.
pub(super) fn json<T: serde::de::DeserializeOwned>(text: &str, what: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::Corrupt(format!("{what} of a job: {e}")))
}

/// The same of a column that may be empty.
fn read<T: serde::de::DeserializeOwned>(text: Option<&str>, what: &str) -> Result<Option<T>> {
    text.map(|text| json(text, what)).transpose()
}

/// JSON of something of ours; our own types always can be written.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::Corrupt(format!("writing JSON: {e}")))
}

/// One job.
pub(crate) async fn find(conn: &mut Conn, id: JobId) -> Result<Option<JobRow>> {
    let mut q = sqlx::QueryBuilder::new(SELECT);
    q.push(" WHERE j.id = ").push_bind(id.0);
    Ok(q.build_query_as().fetch_optional(conn).await?)
}

/// The jobs of a dataset, newest first, below `before` (0: from the newest).
pub(crate) async fn list(
    conn: &mut Conn,
    dataset: DatasetId,
    segment: Option<SegmentId>,
    before: i64,
    rows: u32,
) -> Result<Vec<JobRow>> {
    let mut q = sqlx::QueryBuilder::new(SELECT);
    q.push(" WHERE j.dataset_id = ").push_bind(dataset.0);
    if before > 0 {
        q.push(" AND j.id < ").push_bind(before);
    }
    if let Some(segment) = segment {
        q.push(" AND j.segment_id = ").push_bind(segment.0);
    }
    q.push(" ORDER BY j.id DESC LIMIT ")
        .push_bind(i64::from(rows) + 1);
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// Every job that is not over, oldest first.
pub(crate) async fn unfinished(conn: &mut Conn) -> Result<Vec<JobRow>> {
    let mut q = sqlx::QueryBuilder::new(SELECT);
    q.push(" WHERE j.state NOT IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed') ORDER BY j.id");
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// The job that holds the dataset's one place.
pub(crate) async fn holder(conn: &mut Conn, dataset: DatasetId) -> Result<Option<JobRow>> {
    let mut q = sqlx::QueryBuilder::new(SELECT);
    q.push(" WHERE j.holds_place = 1 AND j.dataset_id = ")
        .push_bind(dataset.0);
    Ok(q.build_query_as().fetch_optional(conn).await?)
}

/// The first job of the dataset that waits for its place.
pub(crate) async fn first_queued(conn: &mut Conn, dataset: DatasetId) -> Result<Option<JobRow>> {
    let first = super::job_steps::queued_before(conn, dataset, JobId(i64::MAX)).await?;
    match first {
        Some(id) => find(conn, id).await,
        None => Ok(None),
    }
}

/// The unfinished job of a segment; of a plan, the one whose turn it is.
pub(crate) async fn of_segment(conn: &mut Conn, segment: SegmentId) -> Result<Option<JobRow>> {
    let mut q = sqlx::QueryBuilder::new(SELECT);
    q.push(" WHERE j.state NOT IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed') AND j.segment_id = ")
        .push_bind(segment.0)
        .push(" ORDER BY j.id LIMIT 1");
    Ok(q.build_query_as().fetch_optional(conn).await?)
}

/// The job that was started with this key, and the hash of the request's body.
pub(crate) async fn by_key(conn: &mut Conn, actor: &str, key: &str) -> Result<Option<(JobId, Vec<u8>)>> {
    let row =
        sqlx::query("SELECT id, idempotency_hash FROM jobs WHERE requested_by = $1 AND idempotency_key = $2")
            .bind(actor)
            .bind(key)
            .fetch_optional(conn)
            .await?;
    Ok(match row {
        Some(row) => Some((
            JobId(row.try_get(0)?),
            row.try_get::<Option<Vec<u8>>, _>(1)?.unwrap_or_default(),
        )),
        None => None,
    })
}

/// A new job, all that `start_job` has worked out.
#[derive(Debug)]
pub(crate) struct NewJob<'a> {
    pub(crate) dataset: DatasetId,
    pub(crate) segment_name: &'a str,
    pub(crate) rule: Option<&'a str>,
    pub(crate) rule_shown: Option<&'a str>,
    pub(crate) spec: &'a JobSpec,
    pub(crate) plan_hash: &'a str,
    pub(crate) requested_by: &'a str,
    pub(crate) key: Option<(&'a str, &'a [u8])>,
    pub(crate) now: Timestamp,
    pub(crate) start_at: Timestamp,
    pub(crate) takes_place: bool,
}

/// Inserts the job. Fails with a unique violation where the place is taken or the segment has an unfinished job.
/// The cut-off (the greatest id given out so far) and the change number are read in the same transaction.
pub(crate) async fn insert(conn: &mut Conn, job: &NewJob<'_>) -> Result<JobId> {
    let phases = to_json(&[Phase {
        name: JobState::Freezing,
        started_at: job.now,
        finished_at: None,
    }])?;
    let id = sqlx::query_scalar(
        "INSERT INTO jobs (dataset_id, segment_id, segment_name, rule, rule_shown, spec, plan_hash, state, holds_place, max_rate,
           requested_by, reason, idempotency_key, idempotency_hash, now_at, confirmed_count, freeze_seq, freeze_upto, phases,
           created_at, start_at, updated_at, holds_segment)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, change_seq,
           (SELECT coalesce(max(next_id) - 1, 0) FROM profile_blocks WHERE dataset_id = $1), $17, $15, $18, $15, 1
         FROM installation RETURNING id",
    )
    .bind(job.dataset.0)
    .bind(job.spec.segment_id.0)
    .bind(job.segment_name)
    .bind(job.rule)
    .bind(job.rule_shown)
    .bind(to_json(job.spec)?)
    .bind(job.plan_hash)
    .bind(JobState::Freezing.as_str())
    .bind(job.takes_place.then_some(1_i64))
    .bind(job.spec.max_rate)
    .bind(job.requested_by)
    .bind(job.spec.reason.as_deref())
    .bind(job.key.map(|(key, _)| key))
    .bind(job.key.map(|(_, hash)| hash))
    .bind(job.now.ms())
    .bind(job.spec.confirm_count)
    .bind(phases)
    .bind(job.start_at.ms())
    .fetch_one(conn)
    .await?;
    Ok(JobId(id))
}

/// Writes what people want. The caller has checked that it is legal, in the same transaction.
pub(crate) async fn set_intent(
    conn: &mut Conn,
    id: JobId,
    intent: Intent,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("UPDATE jobs SET intent = $2, intent_by = $3, intent_at = $4, updated_at = $4,
           paused_ms = paused_ms + CASE WHEN $2 <> 'hold' AND intent = 'hold' AND state NOT IN ('scheduled', 'queued', 'awaiting_approval') THEN max($4 - coalesce(paused_at, $4), 0) ELSE 0 END,
           paused_at = CASE WHEN $2 = 'run' THEN NULL ELSE paused_at END WHERE id = $1")
        .bind(id.0)
        .bind(intent.as_str())
        .bind(by)
        .bind(now.ms())
        .execute(conn)
        .await?;
    Ok(())
}

/// Sets the speed limit; `None`: no limit.
pub(crate) async fn set_rate(
    conn: &mut Conn,
    id: JobId,
    max_rate: Option<i64>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("UPDATE jobs SET max_rate = $2, updated_at = $3 WHERE id = $1")
        .bind(id.0)
        .bind(max_rate)
        .bind(now.ms())
        .execute(conn)
        .await?;
    Ok(())
}
