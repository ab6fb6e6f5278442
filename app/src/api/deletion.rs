//! Before a deletion: its impact, its estimate, its start.

use super::Reply;
use domain::{impact::Impact, job::Job, segment::Segment};
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
    /// `now`, `wait` or `queue`.
    pub start: String,
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
    /// The plan that the page showed.
    pub plan_hash: String,
    /// The page's idempotency key.
    pub key: String,
    /// The password, where it is needed.
    pub password: String,
}

/// What deleting a segment's people would do.
#[server]
pub async fn show_deletion(ds: String, id: String) -> Reply<DeletionView> {
    use super::door::{self, Door, reply};
    use domain::{access::Permission, job::PASSWORD_FRESH_MS};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        actor.require_in(Permission::DeleteInBulk, ds)?;
        let segment = engine.segment(actor, ds, door::id(&id, "segment")?).await?;
        Ok(DeletionView {
            impact: engine.impact(actor, ds, segment.id, None).await?,
            running: engine.running_job(actor, ds).await?,
            password_needed: door::now().ms() - door.session.password_at.ms() > PASSWORD_FRESH_MS,
            wait_seconds: door::settings().page_wait_seconds,
            zones: engine::time_zones(),
            key: leptos::nonce::Nonce::new().to_string(),
            segment,
        })
    })
    .await
}

/// How long a deletion would take at a speed limit; an empty text means none.
#[server]
pub async fn compute_estimate(
    ds: String,
    segment: String,
    #[server(default)] max_rate: String,
) -> Reply<EstimateView> {
    use super::door::{self, Door, reply};
    use crate::components::estimate_words;
    reply(async {
        let door = Door::open(&ds).await?;
        let segment = door::id(&segment, "segment")?;
        let limit = door::rate(&max_rate)?;
        let impact = door
            .engine
            .impact(door.actor(), door.id(), segment, limit)
            .await?;
        Ok(estimate_words(&impact.estimate, impact.plan.len(), limit))
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
