//! Looking at people.

use super::Reply;
use domain::{
    job::Job,
    page::Page,
    profile::{ProfileDetail, ProfileRow},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Waiting deletions that the page offers to choose by, those first whose turn comes first: of a long plan, some.
#[cfg(feature = "ssr")]
const WAITING_MAX: usize = 50;

/// The data of the page of all people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProfilesView {
    /// The people found.
    pub rows: Page<ProfileRow>,
    /// Deletions whose people wait.
    pub waiting: Vec<Job>,
}

/// People in the order of their numbers, or the one with an exact identity; of these, those on the list of a deletion, or
/// those who are not.
#[server]
pub async fn list_profiles(
    ds: String,
    q: String,
    cursor: String,
    targets: String,
    exclude_targets: String,
) -> Reply<ProfilesView> {
    use super::door::{Door, job_id, reply};
    use domain::{job::JobState, page::PageRequest, profile::ProfileQuery};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        let list = |id: &str| (!id.is_empty()).then(|| job_id(id)).transpose();
        let query = ProfileQuery {
            q: Some(q).filter(|q| !q.trim().is_empty()),
            segment: None,
            targets: list(&targets)?,
            exclude_targets: list(&exclude_targets)?,
            page: PageRequest {
                limit: None,
                cursor: Some(cursor).filter(|c| !c.is_empty()),
            },
        };
        let mut waiting = engine.unfinished_jobs(actor, ds, false).await?;
        waiting.retain(|job| job.state.before_deleting() && job.state != JobState::Freezing);
        waiting.truncate(WAITING_MAX);
        Ok(ProfilesView {
            rows: engine.profiles(actor, ds, query).await?,
            waiting,
        })
    })
    .await
}

/// One person.
#[server]
pub async fn show_profile(ds: String, id: String) -> Reply<ProfileDetail> {
    use super::door::{self, Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(door
            .engine
            .profile(door.actor(), door.id(), door::id(&id, "profile")?)
            .await?)
    })
    .await
}
