//! Plans: following one from the page of any of its jobs, and leaving out one job alone.

use super::Reply;
use crate::components::PlanView;
use leptos::prelude::*;

/// How the plan of a job stands, ready to be shown.
#[server]
pub async fn poll_plan(ds: String, id: String) -> Reply<PlanView> {
    use super::door::{Door, job_id, reply};
    use domain::{access::Permission, problem::Problem};
    reply(async {
        let door = Door::open(&ds).await?;
        let id = job_id(&id)?;
        let plan = door.engine.plan(door.actor(), door.id(), id).await?;
        let plan = plan.ok_or_else(|| Problem::not_found("plan"))?;
        let may_steer = door.actor().may(Permission::DeleteInBulk);
        Ok(PlanView::of(&plan, id, &door.ds.slug, may_steer))
    })
    .await
}

/// Ends one job of a plan; those behind it go on.
#[server]
pub async fn cancel_job_alone(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    back::post(door::job_back(&ds, &id), async {
        let door = door::Door::open(&ds).await?;
        door.engine
            .cancel_job_alone(door.actor(), door.id(), door::job_id(&id)?)
            .await?;
        Ok(door::job_done(&ds, &id, "cancelled"))
    })
    .await
}
