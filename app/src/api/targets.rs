//! The people on a deletion's list, and its files: looking, saving as a segment, wiping.

use super::Reply;
use domain::{job::Job, page::Page, profile::ProfileRow};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the page of a deletion's list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TargetsView {
    /// The deletion.
    pub job: Job,
    /// The people on its list who exist; `None` while the list is being fixed.
    pub rows: Option<Page<ProfileRow>>,
}

/// The people on a deletion's list, or the one with an exact identity.
#[server]
pub async fn show_targets(ds: String, id: String, q: String, cursor: String) -> Reply<TargetsView> {
    use super::door::{Door, job_id, reply};
    use domain::{job::JobState, page::PageRequest, profile::ProfileQuery};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        let job = engine.job(actor, ds, job_id(&id)?).await?;
        if job.state == JobState::Freezing {
            return Ok(TargetsView { job, rows: None });
        }
        let query = ProfileQuery {
            q: Some(q).filter(|q| !q.trim().is_empty()),
            targets: Some(job.id),
            page: PageRequest {
                limit: None,
                cursor: Some(cursor).filter(|c| !c.is_empty()),
            },
            ..ProfileQuery::default()
        };
        Ok(TargetsView {
            rows: Some(engine.profiles(actor, ds, query).await?),
            job,
        })
    })
    .await
}

/// Makes a segment by hand of the people who wait for a deletion.
#[server]
pub async fn save_targets(ds: String, id: String, name: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = format!("{}/{}/targets", paths::jobs(&ds), paths::encode(&id));
    back::post(back::Back::to(page).keep("name", name.clone()), async {
        let door = door::Door::open(&ds).await?;
        let made = door
            .engine
            .save_targets(door.actor(), door.id(), door::job_id(&id)?, &name)
            .await?;
        Ok(back::done(&paths::segment(&ds, made.id), "created"))
    })
    .await
}

/// Wipes the stored export of a deletion.
#[server]
pub async fn wipe_export(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    back::post(door::job_back(&ds, &id), async {
        let door = door::Door::open(&ds).await?;
        door.engine
            .wipe_export(door.actor(), door.id(), door::job_id(&id)?)
            .await?;
        Ok(door::job_done(&ds, &id, "wiped"))
    })
    .await
}
