//! Recurring deletions: looking, confirming, stopping.

use super::Reply;
use domain::{
    page::Page,
    recurring::{RecurringJob, RecurringRun},
    segment::Segment,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the page that confirms one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecurringDraft {
    /// The segment.
    pub segment: Segment,
    /// How many are in it now, counted for this page.
    pub matched: i64,
    /// Stands for what the page shows: where that has changed, the confirmation is refused.
    pub plan_hash: String,
    /// The one that the segment has already.
    pub existing: Option<RecurringJob>,
    /// Running campaigns that use the segment now.
    pub running: Vec<String>,
    /// Whether the password must be given once more.
    pub password_needed: bool,
    /// The time zones that there are.
    pub zones: Vec<String>,
}

/// The data of one's page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecurringView {
    /// The recurring deletion.
    pub it: RecurringJob,
    /// Its due moments, newest first.
    pub runs: Page<RecurringRun>,
}

/// What the form sends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RecurringFields {
    /// The dataset.
    pub ds: String,
    /// The segment.
    pub segment: String,
    /// The hash of what the page showed.
    pub plan_hash: String,
    /// `day`, `week` or `month`.
    pub every: String,
    /// The day of the week, where it counts.
    pub weekday: String,
    /// The day of the month, where it counts.
    pub day: String,
    /// The time of day.
    pub at: String,
    /// The zone by which it is meant.
    pub zone: String,
    /// The typed name.
    pub confirm_name: String,
    /// The typed ceiling.
    pub ceiling: String,
    /// The consent box.
    pub consent: String,
    /// `enable` or `leave`: what becomes of the segment after a run.
    pub after: String,
    /// The box about running campaigns.
    pub proceed: String,
    /// Profiles a second at most.
    pub max_rate: String,
    /// When quiet hours begin; empty: there are none.
    pub quiet_from: String,
    /// When they end.
    pub quiet_to: String,
    /// The zone by which both are meant.
    pub quiet_zone: String,
    /// Why.
    pub reason: String,
    /// What is refused afterwards of the people of each run.
    pub suppress: String,
    /// The password, where it is needed.
    pub password: String,
}

/// The recurring deletions of a dataset, newest first.
#[server]
pub async fn list_recurring(ds: String, cursor: String) -> Reply<Page<RecurringJob>> {
    use super::door::{Door, reply};
    use domain::page::PageRequest;
    reply(async {
        let door = Door::open(&ds).await?;
        let page = PageRequest {
            limit: None,
            cursor: Some(cursor).filter(|c| !c.is_empty()),
        };
        Ok(door.engine.recurring_jobs(door.actor(), door.id(), page).await?)
    })
    .await
}

/// One with what became of its due moments.
#[server]
pub async fn show_recurring(ds: String, id: String, cursor: String) -> Reply<RecurringView> {
    use super::door::{Door, recurring_id, reply};
    use domain::page::PageRequest;
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        let id = recurring_id(&id)?;
        let page = PageRequest {
            limit: None,
            cursor: Some(cursor).filter(|c| !c.is_empty()),
        };
        Ok(RecurringView {
            it: engine.recurring_job(actor, ds, id).await?,
            runs: engine.recurring_runs(actor, ds, id, page).await?,
        })
    })
    .await
}

/// What is to be known before one is confirmed.
#[server]
pub async fn draft_recurring(ds: String, segment: String) -> Reply<RecurringDraft> {
    use super::door::{self, Door, reply};
    use domain::{access::Permission, usage::running_campaigns};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        actor.require_in(Permission::DeleteInBulk, ds)?;
        let segment = door::id(&segment, "segment")?;
        // Before all that is shown: what changes while the page is made counts as changed.
        let plan_hash = engine.plan_hash(actor, ds, segment).await?;
        let counted = engine.refresh_count(actor, ds, segment).await?;
        let usage = engine.usage_list(actor, ds, segment).await?;
        let running = running_campaigns(&usage).into_iter();
        let running = running.map(|usage| usage.name.clone()).collect();
        Ok(RecurringDraft {
            matched: counted.count.map_or(0, |count| count.value),
            plan_hash,
            existing: engine.recurring_of_segment(actor, ds, segment).await?,
            running,
            password_needed: door.password_needed(),
            zones: engine::time_zones(),
            segment: counted,
        })
    })
    .await
}

/// Confirms one, or says why not.
#[server]
pub async fn create_recurring(form: RecurringFields) -> Result<(), ServerFnError> {
    use super::{back, door, recur, start};
    use crate::paths;
    back::post(recur::back(&form), async {
        let door = door::Door::open(&form.ds).await?;
        start::fresh_password(&door, &form.password).await?;
        let spec = recur::spec(&form)?;
        let made = door
            .engine
            .create_recurring(door.actor(), door.id(), spec)
            .await
            .map_err(recur::refusal)?;
        Ok(back::done(&paths::recurring(&form.ds, made.id), "recurring"))
    })
    .await
}

/// Stops one: nothing is due any more.
#[server]
pub async fn stop_recurring(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = format!("{}/{}", paths::recurring_list(&ds), paths::encode(&id));
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        door.engine
            .stop_recurring(door.actor(), door.id(), door::recurring_id(&id)?)
            .await?;
        Ok(back::done(&page, "recurring_stopped"))
    })
    .await
}
