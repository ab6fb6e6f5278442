//! Reports: the dashboard of a dataset, and what a deletion changed.

use super::Reply;
use domain::{dashboard::Dashboard, report::JobReport};
use leptos::prelude::*;

/// The dashboard, from one day to another; what is empty is the usual end.
#[server]
pub async fn load_dashboard(ds: String, from: String, to: String) -> Reply<Dashboard> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(door.engine.dashboard(door.actor(), door.id(), &from, &to).await?)
    })
    .await
}

/// What a deletion changed.
#[server]
pub async fn load_job_report(ds: String, id: String) -> Reply<JobReport> {
    use super::door::{Door, job_id, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(door
            .engine
            .job_report(door.actor(), door.id(), job_id(&id)?)
            .await?)
    })
    .await
}

/// Counts the dashboard's people anew. The days that were chosen stay.
#[server]
pub async fn refresh_dashboard(
    ds: String,
    #[server(default)] from: String,
    #[server(default)] to: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = paths::with_query(&paths::reports(&ds), &[("from", &from), ("to", &to)]);
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        door.engine.refresh_dashboard(door.actor(), door.id()).await?;
        Ok(back::done(&page, "figures"))
    })
    .await
}
