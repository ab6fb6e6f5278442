//! Jobs as people use them: look, pause, resume, cancel, set the speed. Starting one is in `start`.

use super::Engine;
use crate::{
    calendar,
    error::{DAMAGED, Result},
    quiet::Quiet,
    store::{self, Tx, audit::Entry, jobs::JobRow},
};
use domain::{
    access::{Actor, Permission},
    guard::grouped,
    id::{DatasetId, JobId, SegmentId},
    job::{Intent, Job, JobState, Leftover},
    page::{Page, PageRequest},
    problem::{Code, Problem},
};

/// The greatest speed limit that makes sense, profiles a second.
const RATE_MAX: i64 = 10_000_000;

impl Engine {
    /// The jobs of a dataset, newest first; of one segment where it is named.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn jobs(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        segment: Option<SegmentId>,
        page: PageRequest,
    ) -> Result<Page<Job>> {
        actor.require_in(Permission::View, dataset)?;
        let rows = store::jobs::list(
            &mut *self.inner.store.read().await?,
            dataset,
            segment,
            page.after(),
            page.rows(),
        )
        .await?;
        let jobs = rows
            .into_iter()
            .map(|row| self.show(row))
            .collect::<Result<Vec<_>>>()?;
        Ok(Page::from_fetched(jobs, page.rows(), |job| job.id.to_string()))
    }

    /// One job.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn job(&self, actor: &Actor, dataset: DatasetId, id: JobId) -> Result<Job> {
        let job = self.job_row(actor, id).await?;
        if job.dataset_id == dataset.0 {
            self.show(job)
        } else {
            Err(Problem::not_found("job").into())
        }
    }

    /// One job, whichever dataset it is in.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn job_anywhere(&self, actor: &Actor, id: JobId) -> Result<Job> {
        let job = self.job_row(actor, id).await?;
        self.show(job)
    }

    /// The job that holds the dataset's one place, if any.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn running_job(&self, actor: &Actor, dataset: DatasetId) -> Result<Option<Job>> {
        actor.require_in(Permission::View, dataset)?;
        let found = store::jobs::holder(&mut *self.inner.store.read().await?, dataset).await?;
        found.map(|row| self.show(row)).transpose()
    }

    /// Asks the runner to stop before the next batch. The job keeps its place.
    ///
    /// # Errors
    /// `state_refused` where it cannot be paused any more.
    pub async fn pause_job(&self, actor: &Actor, dataset: DatasetId, id: JobId) -> Result<Job> {
        self.wish(actor, dataset, id, Intent::Hold).await
    }

    /// Lets a paused job go on.
    ///
    /// # Errors
    /// `state_refused` where it is not paused, or was cancelled: a cancel beats a resume.
    pub async fn resume_job(&self, actor: &Actor, dataset: DatasetId, id: JobId) -> Result<Job> {
        self.wish(actor, dataset, id, Intent::Run).await
    }

    /// Ends the job, and those behind it in its plan. Who was deleted stays deleted; the rest is kept.
    ///
    /// # Errors
    /// `state_refused` where everyone has been decided about already.
    pub async fn cancel_job(&self, actor: &Actor, dataset: DatasetId, id: JobId) -> Result<Job> {
        self.wish(actor, dataset, id, Intent::Cancel).await
    }

    /// Sets the speed limit in profiles a second, also while it runs, of the job and of those behind it in its plan; `None`: no
    /// limit.
    ///
    /// # Errors
    /// `invalid`, `state_refused` where the job is over.
    pub async fn set_job_rate(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: JobId,
        max_rate: Option<i64>,
    ) -> Result<Job> {
        actor.require_in(Permission::DeleteInBulk, dataset)?;
        check_rate(max_rate)?;
        let mut tx = self.inner.store.write().await?;
        let job = row_in(&mut tx, dataset, id).await?;
        if job.state()?.terminal() {
            return Err(Problem::because(
                Code::StateRefused,
                "The job is over, so its speed cannot be changed.",
            )
            .into());
        }
        let now = self.inner.store.clock.now();
        store::jobs::set_rate(&mut tx, id, max_rate, now).await?;
        for later in store::plans::behind(&mut tx, &job).await? {
            store::jobs::set_rate(&mut tx, JobId(later.id), max_rate, now).await?;
        }
        self.audit_job(
            &mut tx,
            actor,
            "job.rate_set",
            dataset,
            id,
            serde_json::json!({ "max_rate": max_rate }),
        )
        .await?;
        let job = row_in(&mut tx, dataset, id).await?;
        tx.commit().await?;
        self.inner.wake.notify_one();
        self.show(job)
    }

    /// The targets that were not deleted, each with its reason, in id order; of a job that is over, also those whose turn
    /// never came.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn leftovers(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: JobId,
        page: PageRequest,
    ) -> Result<Page<Leftover>> {
        self.job(actor, dataset, id).await?;
        let mut conn = self.inner.store.read().await?;
        let job = store::jobs::find(&mut conn, id)
            .await?
            .ok_or_else(|| Problem::not_found("job"))?;
        let rows = store::exports::leftovers(&mut conn, &job, page.after(), page.rows()).await?;
        Ok(Page::from_fetched(rows, page.rows(), |leftover| {
            leftover.profile.to_string()
        }))
    }

    async fn job_row(&self, actor: &Actor, id: JobId) -> Result<JobRow> {
        actor.require(Permission::View)?;
        let job = store::jobs::find(&mut *self.inner.store.read().await?, id)
            .await?
            .ok_or_else(|| Problem::not_found("job"))?;
        actor
            .require_in(Permission::View, DatasetId(job.dataset_id))
            .map_err(|_| Problem::not_found("job"))?;
        Ok(job)
    }

    async fn wish(&self, actor: &Actor, dataset: DatasetId, id: JobId, wish: Intent) -> Result<Job> {
        actor.require_in(Permission::DeleteInBulk, dataset)?;
        let mut tx = self.inner.store.write().await?;
        let job = row_in(&mut tx, dataset, id).await?;
        let (state, intent) = (job.state()?, job.intent()?);
        if !intent.may_become(wish, state) {
            return Err(refused(&job, state, intent, wish).into());
        }
        store::jobs::set_intent(&mut tx, id, wish, &actor.name, self.inner.store.clock.now()).await?;
        let action = match wish {
            Intent::Run => "job.resumed",
            Intent::Hold => "job.paused",
            Intent::Cancel => "job.cancelled",
        };
        self.audit_job(
            &mut tx,
            actor,
            action,
            dataset,
            id,
            serde_json::json!({ "state": state.as_str() }),
        )
        .await?;
        if wish == Intent::Cancel {
            self.cancel_behind(&mut tx, actor, dataset, &job).await?;
        }
        let job = row_in(&mut tx, dataset, id).await?;
        tx.commit().await?;
        self.inner.wake.notify_one();
        self.show(job)
    }

    pub(super) async fn audit_job(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        action: &'static str,
        dataset: DatasetId,
        id: JobId,
        detail: serde_json::Value,
    ) -> Result<()> {
        let entry = Entry {
            action,
            dataset: Some(dataset),
            object: format!("job:{id}"),
            detail,
        };
        store::audit::insert(tx, self.inner.store.clock.now(), actor, entry).await
    }

    pub(super) fn show(&self, mut row: JobRow) -> Result<Job> {
        if let Some(reason) = self.inner.holds.reason(JobId(row.id)) {
            row.waiting_for = Some(reason);
        }
        if self.damaged() {
            // It is not taken up after a restart either, so it does not go on by itself in a moment.
            row.epoch = self.inner.store.epoch;
            row.waiting_for = Some(DAMAGED.to_owned());
        }
        let now = self.inner.store.clock.now();
        let zone = row.spec()?.start_zone;
        let mut job = row.show(self.inner.store.epoch, now)?;
        job.start_local = zone.and_then(|zone| calendar::shown(job.start_at, &zone));
        if let Some(quiet) = job.quiet_hours.as_ref().and_then(|hours| Quiet::of(hours).ok()) {
            // What is left to work does not say when it is done: quiet hours lie in between.
            let progress = &mut job.progress;
            progress.eta_low = progress.eta_low.map(|work| quiet.stretched(now, work));
            progress.eta_high = progress.eta_high.map(|work| quiet.stretched(now, work));
        }
        Ok(job)
    }
}

/// The job, as not there where it belongs to another dataset.
pub(super) async fn row_in(tx: &mut Tx, dataset: DatasetId, id: JobId) -> Result<JobRow> {
    let job = store::jobs::find(tx, id)
        .await?
        .filter(|job| job.dataset_id == dataset.0);
    Ok(job.ok_or_else(|| Problem::not_found("job"))?)
}

/// Checks a speed limit.
pub(super) fn check_rate(max_rate: Option<i64>) -> Result<()> {
    match max_rate {
        Some(rate) if !(1..=RATE_MAX).contains(&rate) => {
            let message = format!(
                "A speed limit is a whole number from 1 to {} profiles a second. Leave it empty for no limit.",
                grouped(RATE_MAX)
            );
            Err(Problem::because(Code::Invalid, message).on("max_rate").into())
        }
        _ => Ok(()),
    }
}

pub(super) fn refused(job: &JobRow, state: JobState, intent: Intent, wish: Intent) -> Problem {
    let number = JobId(job.id).number();
    let message = match (intent, wish) {
        _ if state.terminal() => format!("{number} is over ({}).", state.as_str().replace('_', " ")),
        (Intent::Cancel, _) => format!("{number} has been cancelled. That cannot be taken back."),
        (Intent::Hold, Intent::Hold) => format!("{number} is paused already."),
        (Intent::Run, Intent::Run) => format!("{number} is not paused."),
        _ => format!("{number} has decided about everyone and is only being finished."),
    };
    Problem::because(Code::StateRefused, message)
        .text("state", state.as_str())
        .text("intent", intent.as_str())
}
