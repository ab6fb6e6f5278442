//! What the runner writes about a job besides batches: adopting it, moving its state, waiting, pausing. Every write is
//! fenced: it names the epoch of this process, and zero rows changed means that another process has taken over.

use super::{
    Conn, Store,
    jobs::{JobRow, to_json},
    plans,
};
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, JobId},
    job::{JobState, Phase},
    time::Timestamp,
};

/// Fails with `Fenced` when this is no longer the process that owns the store, or the job is in another state.
pub(crate) async fn fence(conn: &mut Conn, store: &Store, id: JobId, state: JobState) -> Result<()> {
    let found: Option<i64> = sqlx::query_scalar("SELECT j.id FROM jobs j, installation i WHERE j.id = $1 AND j.state = $2 AND j.epoch = $3 AND i.epoch = $3")
        .bind(id.0)
        .bind(state.as_str())
        .bind(store.epoch)
        .fetch_optional(conn)
        .await?;
    found.map(|_| ()).ok_or(Error::Fenced)
}

/// This process takes the job up. Counts a resume where an older process was deleting people: waiting wears nothing out.
pub(crate) async fn adopt(conn: &mut Conn, store: &Store, job: &JobRow) -> Result<()> {
    let resumed = i64::from(job.epoch != 0 && job.state()? == JobState::Deleting);
    let done = sqlx::query("UPDATE jobs SET epoch = $2, resumes = resumes + $3 WHERE id = $1 AND epoch = $4 AND (SELECT epoch FROM installation) = $2")
        .bind(job.id)
        .bind(store.epoch)
        .bind(resumed)
        .bind(job.epoch)
        .execute(conn)
        .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Error::Fenced)
    }
}

/// Moves the state, closing the open phase and opening the next. The table in domain says what is legal.
pub(crate) async fn move_to(
    conn: &mut Conn,
    store: &Store,
    job: &JobRow,
    next: JobState,
    now: Timestamp,
) -> Result<()> {
    let state = job.state()?;
    if !state.may_become(next) {
        return Err(Error::Corrupt(format!(
            "job {} cannot go from {} to {}",
            job.id,
            state.as_str(),
            next.as_str()
        )));
    }
    fence(conn, store, JobId(job.id), state).await?;
    let mut phases = job.phases()?;
    if let Some(open) = phases.last_mut() {
        open.finished_at = Some(now);
    }
    if !next.terminal() {
        phases.push(Phase {
            name: next,
            started_at: now,
            finished_at: None,
        });
    }
    sqlx::query(
        "UPDATE jobs SET state = $2, phases = $3, waiting_for = NULL, updated_at = $4,
           holds_place = CASE WHEN $5 THEN NULL ELSE holds_place END,
           holds_segment = CASE WHEN $5 THEN NULL ELSE holds_segment END,
           started_at = CASE WHEN $2 = 'deleting' THEN coalesce(started_at, $4) ELSE started_at END,
           finished_at = CASE WHEN $5 THEN $4 ELSE NULL END
         WHERE id = $1",
    )
    .bind(job.id)
    .bind(next.as_str())
    .bind(to_json(&phases)?)
    .bind(now.ms())
    .bind(next.terminal())
    .execute(&mut *conn)
    .await?;
    if next.terminal() {
        plans::hand_on(conn, job).await?;
    }
    Ok(())
}

/// Says why it ends as it does.
pub(crate) async fn set_ending(
    conn: &mut Conn,
    id: JobId,
    ending: Option<&str>,
    reason: Option<&str>,
) -> Result<()> {
    sqlx::query(
        "UPDATE jobs SET ending = coalesce($2, ending), end_reason = coalesce($3, end_reason) WHERE id = $1",
    )
    .bind(id.0)
    .bind(ending)
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(())
}

/// Says, or unsays, what it waits for.
pub(crate) async fn set_waiting(conn: &mut Conn, id: JobId, reason: Option<&str>) -> Result<()> {
    sqlx::query("UPDATE jobs SET waiting_for = $2 WHERE id = $1")
        .bind(id.0)
        .bind(reason)
        .execute(conn)
        .await?;
    Ok(())
}

/// Acknowledges a hold.
pub(crate) async fn set_paused(conn: &mut Conn, id: JobId, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE jobs SET paused_at = $2, waiting_for = NULL WHERE id = $1 AND intent = 'hold'")
        .bind(id.0)
        .bind(now.ms())
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes the dataset's one place. False where another job has it.
pub(crate) async fn take_place(conn: &mut Conn, id: JobId) -> Result<bool> {
    let done = sqlx::query("UPDATE jobs SET holds_place = 1 WHERE id = $1")
        .bind(id.0)
        .execute(conn)
        .await
        .map_err(Error::from);
    match done {
        Ok(_) => Ok(true),
        Err(e) if e.unique_violation() => Ok(false),
        Err(e) => Err(e),
    }
}

/// The oldest job of the dataset, older than this one, that waits for the place too. One whose turn in its plan has not come
/// does not.
pub(crate) async fn queued_before(conn: &mut Conn, dataset: DatasetId, id: JobId) -> Result<Option<JobId>> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT j.id FROM jobs j WHERE j.dataset_id = $1 AND j.state = 'queued' AND j.id < $2
           AND NOT EXISTS (SELECT 1 FROM jobs b WHERE b.plan_id = j.plan_id AND b.plan_no < j.plan_no
             AND b.state NOT IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed')) ORDER BY j.id LIMIT 1",
    )
    .bind(dataset.0)
    .bind(id.0)
    .fetch_optional(conn)
    .await?;
    Ok(found.map(JobId))
}

/// Stores what the check of who is left found.
pub(crate) async fn set_verified(
    conn: &mut Conn,
    id: JobId,
    joined_after: i64,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("UPDATE jobs SET joined_after = $2, verified_at = $3 WHERE id = $1")
        .bind(id.0)
        .bind(joined_after)
        .bind(now.ms())
        .execute(conn)
        .await?;
    Ok(())
}
