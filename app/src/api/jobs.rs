//! Deletions: looking, following, steering.

use super::Reply;
use crate::components::JobView;
use domain::{
    job::{Job, Leftover},
    page::Page,
    plan::Plan,
    segment::Segment,
    usage::Usage,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Leftovers that the page lists.
#[cfg(feature = "ssr")]
const LEFTOVERS: u32 = 20;

/// The data of a deletion's page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobDetail {
    /// The deletion.
    pub job: Job,
    /// Its segment, where it still exists.
    pub segment: Option<Segment>,
    /// Other segments, for their cached counts.
    pub others: Vec<Segment>,
    /// What leans on the segment; nothing where it was not counted.
    pub usage: Vec<Usage>,
    /// The plan that it belongs to.
    pub plan: Option<Plan>,
    /// The first who were not deleted.
    pub leftovers: Page<Leftover>,
    /// The time zones that quiet hours may be meant by; none once they change nothing any more.
    pub zones: Vec<String>,
}

/// All deletions, newest first.
#[server]
pub async fn list_jobs(ds: String, cursor: String) -> Reply<Page<Job>> {
    use super::door::{Door, reply};
    use domain::page::PageRequest;
    reply(async {
        let door = Door::open(&ds).await?;
        let page = PageRequest {
            limit: None,
            cursor: Some(cursor).filter(|c| !c.is_empty()),
        };
        Ok(door.engine.jobs(door.actor(), door.id(), None, page).await?)
    })
    .await
}

/// One deletion with what its page shows. `follows`: the page is loaded again and again, so what leans on the segment is not
/// counted each time until the deletion is over.
#[server]
pub async fn show_job(ds: String, id: String, follows: bool) -> Reply<JobDetail> {
    use super::door::{Door, job_id, reply};
    use domain::{page::PageRequest, problem::Code};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        let job = engine.job(actor, ds, job_id(&id)?).await?;
        let page = PageRequest {
            limit: Some(LEFTOVERS),
            cursor: None,
        };
        let usage = if follows && !job.state.terminal() {
            Vec::new()
        } else {
            match engine.usage(actor, ds, job.segment_id).await {
                // A segment that was removed since has no uses. Whatever else fails must not read as "nothing uses it".
                Err(engine::Error::Problem(problem)) if problem.code == Code::NotFound => Vec::new(),
                counted => counted?,
            }
        };
        let mut others = engine.segments(actor, ds, true).await?;
        let own = others.iter().position(|segment| segment.id == job.segment_id);
        let segment = own.map(|at| others.remove(at));
        let plan = engine.plan(actor, ds, job.id).await?;
        let leftovers = engine.leftovers(actor, ds, job.id, page).await?;
        let zones = if job.state.terminal() {
            Vec::new()
        } else {
            engine::time_zones()
        };
        Ok(JobDetail {
            zones,
            segment,
            others,
            usage,
            plan,
            leftovers,
            job,
        })
    })
    .await
}

/// How a deletion stands, ready to be shown.
#[server]
pub async fn poll_job(ds: String, id: String) -> Reply<JobView> {
    use super::door::{Door, job_id, reply};
    use domain::access::Permission;
    reply(async {
        let door = Door::open(&ds).await?;
        let job = door.engine.job(door.actor(), door.id(), job_id(&id)?).await?;
        Ok(JobView::of(&job, door.actor().may(Permission::DeleteInBulk)))
    })
    .await
}

/// Pauses: the job stops before the next batch and keeps its place.
#[server]
pub async fn pause_job(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    back::post(door::job_back(&ds, &id), async {
        let door = door::Door::open(&ds).await?;
        door.engine
            .pause_job(door.actor(), door.id(), door::job_id(&id)?)
            .await?;
        Ok(door::job_done(&ds, &id, "paused"))
    })
    .await
}

/// Lets a paused job go on.
#[server]
pub async fn resume_job(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    back::post(door::job_back(&ds, &id), async {
        let door = door::Door::open(&ds).await?;
        door.engine
            .resume_job(door.actor(), door.id(), door::job_id(&id)?)
            .await?;
        Ok(door::job_done(&ds, &id, "resumed"))
    })
    .await
}

/// Ends a job: who is deleted stays deleted, the rest is kept.
#[server]
pub async fn cancel_job(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    back::post(door::job_back(&ds, &id), async {
        let door = door::Door::open(&ds).await?;
        door.engine
            .cancel_job(door.actor(), door.id(), door::job_id(&id)?)
            .await?;
        Ok(door::job_done(&ds, &id, "cancelled"))
    })
    .await
}

/// Sets a job's speed limit; an empty text takes it away.
#[server]
pub async fn set_job_rate(
    ds: String,
    id: String,
    #[server(default)] max_rate: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    back::post(
        door::job_back(&ds, &id).keep("max_rate", max_rate.clone()),
        async {
            let door = door::Door::open(&ds).await?;
            let rate = door::rate(&max_rate)?;
            door.engine
                .set_job_rate(door.actor(), door.id(), door::job_id(&id)?, rate)
                .await?;
            Ok(door::job_done(&ds, &id, "rate"))
        },
    )
    .await
}
