//! How long a deletion would take and in how many jobs: what was measured, else a trial, else the documented speed; with
//! the warehouse's lag and quiet hours. Starting a job asks the same as the page did, so both say the same.

use super::{Engine, jobs::check_rate};
use crate::{
    error::{Error, Result},
    quiet::{self, Quiet},
    store::{self, rule_sql::RuleScope},
};
use domain::{
    access::{Actor, Permission},
    estimate::{self, Accuracy, Estimate, Estimated, PROFILES_MIN, Question, Trial},
    id::{DatasetId, SegmentId},
    impact::PlannedJob,
    job::QuietHours,
    plan::{JOB_SECONDS_MAX, plan},
    time::Timestamp,
};
use std::time::{Duration, Instant};

/// A segment is tried out at most this often.
const TRIAL_EVERY: Duration = Duration::from_secs(60);
/// Segments whose trial is remembered; older ones are forgotten first.
const TRIALS_MAX: usize = 1_000;

/// What is to be estimated: so many people with so many events, under these conditions.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// How many profiles would go.
    pub profiles: i64,
    /// How many events they have.
    pub events: i64,
    /// Profiles a second at most.
    pub max_rate: Option<i64>,
    /// Hours in which nobody would be deleted.
    pub quiet_hours: Option<QuietHours>,
    /// When it would begin; `None`: now.
    pub start_at: Option<Timestamp>,
}

/// An estimate and what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// How long.
    pub estimate: Estimate,
    /// In how many jobs.
    pub plan: Vec<PlannedJob>,
    /// The longest job that is allowed, seconds.
    pub job_seconds_max: i64,
}

impl Engine {
    /// How long deleting so many people of a segment would take.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid` for a rate that no job may have or for quiet hours that are none.
    pub async fn estimate(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        segment: SegmentId,
        mut ask: Ask,
    ) -> Result<Forecast> {
        actor.require_in(Permission::View, dataset)?;
        check_rate(ask.max_rate)?;
        ask.quiet_hours = ask.quiet_hours.map(quiet::checked).transpose()?;
        self.forecast(dataset, segment, &ask).await
    }

    /// How good the newest estimates of the dataset were; `None`: none has been checked against a finished job yet.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn estimate_accuracy(&self, actor: &Actor, dataset: DatasetId) -> Result<Option<Accuracy>> {
        actor.require_in(Permission::View, dataset)?;
        let newest = store::estimates::checked(&mut *self.inner.store.read().await?, dataset).await?;
        Ok(estimate::accuracy(&newest))
    }

    /// The estimate, the limit and the plan, without asking who wants to know.
    pub(super) async fn forecast(
        &self,
        dataset: DatasetId,
        segment: SegmentId,
        ask: &Ask,
    ) -> Result<Forecast> {
        let store = &self.inner.store;
        let (finished, limit, newest) = {
            let mut conn = store.read().await?;
            (
                store::estimates::finished_jobs(&mut conn, dataset).await?,
                store::settings::number(&mut conn, store::settings::JOB_SECONDS_MAX).await?,
                store::members::change_seq(&mut conn).await?,
            )
        };
        let known = finished.iter().any(|job| job.profiles >= PROFILES_MIN);
        let trial = if known {
            None
        } else {
            self.trial(dataset, segment).await
        };
        // What is copied while the job waits for its time is waited for by nobody.
        let wait_ms = ask
            .start_at
            .map_or(0, |at| (at.ms() - store.clock.now().ms()).max(0));
        let file = store.dir.join("lethe.db");
        let store_bytes = std::fs::metadata(file).map_or(0, |file| file.len());
        let question = Question {
            profiles: ask.profiles,
            events: ask.events,
            max_rate: ask.max_rate,
            finished: &finished,
            trial,
            copy_ms: (self.inner.warehouse.behind_ms(newest) - wait_ms).max(0),
            store_bytes: i64::try_from(store_bytes).unwrap_or(i64::MAX),
        };
        let mut estimate = estimate::estimate(&question);
        let job_seconds_max = limit.unwrap_or(JOB_SECONDS_MAX);
        let plan = plan(ask.profiles, estimate.rate, job_seconds_max);
        if let Some(hours) = &ask.quiet_hours {
            rest(
                &mut estimate,
                hours,
                ask.start_at.unwrap_or_else(|| store.clock.now()),
            );
        }
        Ok(Forecast {
            estimate,
            plan,
            job_seconds_max,
        })
    }

    /// In how many jobs, by what each of them is expected to take, in order. The parts are alike but for one person; the first one waits
    /// for the warehouse, and each begins where the one before it ends, so its quiet hours are those of that time.
    pub(super) async fn expected(
        &self,
        dataset: DatasetId,
        segment: SegmentId,
        ask: &Ask,
    ) -> Result<Vec<Estimated>> {
        let whole = self.forecast(dataset, segment, ask).await?;
        let Some(part) = whole.plan.first().filter(|_| whole.plan.len() > 1) else {
            return Ok(vec![whole.estimate.into()]);
        };
        let of_part = Ask {
            profiles: part.profiles,
            events: share(ask.events, part.profiles, ask.profiles),
            quiet_hours: None,
            ..ask.clone()
        };
        let first = self.forecast(dataset, segment, &of_part).await?.estimate;
        let later = without_copy(first);
        let mut at = ask.start_at.unwrap_or_else(|| self.inner.store.clock.now());
        let rested = whole.plan.iter().map(|job| {
            let mut estimate = if job.job == 1 { first } else { later };
            if let Some(hours) = &ask.quiet_hours {
                rest(&mut estimate, hours, at);
            }
            at = at.plus_ms(estimate.expected_ms);
            Estimated::from(estimate)
        });
        Ok(rested.collect())
    }

    /// A trial of the segment: the one of the last minute, else a new one, unless a job runs. What goes wrong with it is no
    /// reason to refuse an estimate.
    async fn trial(&self, dataset: DatasetId, segment: SegmentId) -> Option<Trial> {
        let mut trials = self.inner.memory.trials.lock().await;
        if let Some((at, found)) = trials.get(&segment)
            && at.elapsed() < TRIAL_EVERY
        {
            return *found;
        }
        let found = match self.try_out(dataset, segment).await {
            Ok(found) => found,
            Err(Error::Problem(_)) => None,
            Err(error) => {
                tracing::info!(%error, "a trial could not be made, so the estimate does without it");
                None
            }
        };
        if trials.len() >= TRIALS_MAX {
            let oldest = trials.iter().min_by_key(|(_, (at, _))| *at).map(|(id, _)| *id);
            oldest.and_then(|id| trials.remove(&id));
        }
        trials.insert(segment, (Instant::now(), found));
        found
    }

    async fn try_out(&self, dataset: DatasetId, segment: SegmentId) -> Result<Option<Trial>> {
        let store = &self.inner.store;
        let people = {
            let mut view = store.view().await?;
            if store::estimates::job_runs(&mut view).await? || self.inner.health.look().is_some() {
                return Ok(None);
            }
            let segments = store::segments::defs(&mut view, dataset).await?;
            let scope = RuleScope {
                dataset_id: dataset.0,
                now: store.clock.now(),
                segments: &segments,
            };
            store::profiles::page(
                &mut view,
                &scope,
                Some(segment.0),
                0,
                store::estimates::TRIAL_PEOPLE,
            )
            .await?
        };
        store::estimates::try_out(store.write().await?, &people).await
    }
}

/// Adds quiet hours to an estimate that begins at this moment.
fn rest(estimate: &mut Estimate, hours: &QuietHours, at: Timestamp) {
    if let Ok(quiet) = Quiet::of(hours) {
        let rests = |seconds: i64| quiet.stretched(at, seconds);
        estimate.seconds_low = rests(estimate.seconds_low);
        estimate.seconds_high = rests(estimate.seconds_high);
        estimate.expected_ms += (rests(estimate.expected_ms / 1_000) - estimate.expected_ms / 1_000) * 1_000;
        estimate.quiet = true;
    }
}

/// The same for a job that begins when the copy has caught up.
fn without_copy(estimate: Estimate) -> Estimate {
    let seconds = estimate.copy_seconds;
    Estimate {
        seconds_low: (estimate.seconds_low - seconds).max(0),
        seconds_high: (estimate.seconds_high - seconds).max(0),
        expected_ms: (estimate.expected_ms - seconds * 1_000).max(0),
        copy_seconds: 0,
        ..estimate
    }
}

fn share(of: i64, part: i64, whole: i64) -> i64 {
    let share = i128::from(of) * i128::from(part) / i128::from(whole.max(1));
    i64::try_from(share).unwrap_or(of)
}
