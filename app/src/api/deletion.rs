//! Before a deletion: its impact, its estimate, its start.

use super::Reply;
use domain::{estimate::Accuracy, impact::Impact, job::Job, segment::Segment};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the delete page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeletionView {
    /// The segment.
    pub segment: Segment,
    /// What deleting its people would do.
    pub impact: Impact,
    /// The unfinished deletion that has the dataset's one place.
    pub running: Option<Job>,
    /// The speed limit that the estimate reckons with.
    pub max_rate: Option<i64>,
    /// The longest job that is allowed, seconds.
    pub job_seconds_max: i64,
    /// How good the newest estimates were.
    pub accuracy: Option<Accuracy>,
    /// Whether the password must be given once more.
    pub password_needed: bool,
    /// The waiting period that is offered first, in seconds.
    pub wait_seconds: i64,
    /// The time zones that quiet hours may be meant by.
    pub zones: Vec<String>,
    /// Makes a double click one deletion.
    pub key: String,
}

/// An estimate in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimateView {
    /// How long.
    pub words: String,
    /// On what basis, and at the documented speed.
    pub basis: String,
    /// What is included, and what is not.
    pub includes: String,
    /// In how many jobs, and why.
    pub plan: String,
    /// In how many.
    pub jobs: usize,
    /// Whether quiet hours are in it.
    pub quiet: bool,
}

/// What an estimate is asked about: the conditions as they are typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    /// How many profiles.
    pub profiles: i64,
    /// How many events they have.
    pub events: i64,
    /// Profiles a second at most; empty: no limit.
    pub max_rate: String,
    /// When quiet hours begin; empty: there are none.
    pub quiet_from: String,
    /// When they end.
    pub quiet_to: String,
    /// The zone by which both are meant.
    pub quiet_zone: String,
}

/// What the confirm form sends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StartForm {
    /// The dataset.
    pub ds: String,
    /// The segment.
    pub segment: String,
    /// The typed name.
    pub confirm_name: String,
    /// The typed number.
    pub confirm_count: String,
    /// The consent box.
    pub consent: String,
    /// The box about running campaigns.
    pub seen: String,
    /// The box about everyone.
    pub everyone: String,
    /// The box about a very large share of the dataset.
    pub most: String,
    /// `now`, `wait`, `at` or `queue`.
    pub start: String,
    /// The day and time of the start, by the clock of its zone: `2026-11-27T09:00`.
    pub start_on: String,
    /// The zone by which the start is meant and shown.
    pub start_zone: String,
    /// Profiles a second at most.
    pub max_rate: String,
    /// When quiet hours begin; empty: there are none.
    pub quiet_from: String,
    /// When they end.
    pub quiet_to: String,
    /// The zone by which both are meant.
    pub quiet_zone: String,
    /// Whether people who no longer match stay.
    pub spare_changed: String,
    /// Why.
    pub reason: String,
    /// Whether the people are written to a file first.
    pub export: String,
    /// What is refused of them afterwards.
    pub suppress: String,
    /// The plan that the page showed.
    pub plan_hash: String,
    /// The page's idempotency key.
    pub key: String,
    /// The password, where it is needed.
    pub password: String,
}

/// What deleting a segment's people would do, under the conditions that were typed before a refusal.
#[server]
pub async fn show_deletion(ds: String, id: String, typed: Conditions) -> Reply<DeletionView> {
    use super::{
        door::{self, Door, reply},
        start,
    };
    use domain::access::Permission;
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        actor.require_in(Permission::DeleteInBulk, ds)?;
        let segment = engine.segment(actor, ds, door::id(&id, "segment")?).await?;
        // What cannot be read is said beside its box; the estimate then does without it.
        let max_rate = door::rate(&typed.max_rate).ok().flatten();
        let mut impact = engine.impact(actor, ds, segment.id, max_rate).await?;
        let mut ask = start::asked(&typed).unwrap_or_default();
        (ask.profiles, ask.events, ask.max_rate) = (impact.profiles, impact.events, max_rate);
        let forecast = match engine.estimate(actor, ds, segment.id, ask.clone()).await {
            Err(engine::Error::Problem(_)) => {
                ask.quiet_hours = None;
                engine.estimate(actor, ds, segment.id, ask).await
            }
            found => found,
        }?;
        (impact.estimate, impact.plan) = (forecast.estimate, forecast.plan);
        Ok(DeletionView {
            impact,
            max_rate,
            job_seconds_max: forecast.job_seconds_max,
            accuracy: engine.estimate_accuracy(actor, ds).await?,
            running: engine.running_job(actor, ds).await?,
            password_needed: door.password_needed(),
            wait_seconds: door::settings().page_wait_seconds,
            zones: engine::time_zones(),
            key: leptos::nonce::Nonce::new().to_string(),
            segment,
        })
    })
    .await
}

/// How long a deletion of so many people would take under these conditions. Counts nobody anew.
#[server]
pub async fn compute_estimate(ds: String, segment: String, typed: Conditions) -> Reply<EstimateView> {
    use super::{
        door::{self, Door, reply},
        start,
    };
    use crate::components::estimate_words;
    reply(async {
        let door = Door::open(&ds).await?;
        let segment = door::id(&segment, "segment")?;
        let ask = start::asked(&typed)?;
        let limit = ask.max_rate;
        let found = door
            .engine
            .estimate(door.actor(), door.id(), segment, ask)
            .await?;
        let jobs = found.plan.len();
        Ok(estimate_words(
            &found.estimate,
            jobs,
            limit,
            found.job_seconds_max,
        ))
    })
    .await
}

/// Starts a deletion, or says why not.
#[server]
pub async fn start_job(form: StartForm) -> Result<(), ServerFnError> {
    use super::{back, door, start};
    use crate::paths;
    back::post(start::back(&form), async {
        let door = door::Door::open(&form.ds).await?;
        start::password(&door, &form).await?;
        let (spec, once) = (start::spec(&door, &form)?, start::once(&form));
        start::share(&door, &form, spec.segment_id).await?;
        let job = door
            .engine
            .start_job(door.actor(), door.id(), spec, once)
            .await
            .map_err(start::refused)?
            .job();
        Ok(back::done(&paths::job(&form.ds, job.id), "started"))
    })
    .await
}
