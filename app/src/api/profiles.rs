//! Looking at people.

use super::Reply;
use domain::{
    page::Page,
    profile::{ProfileDetail, ProfileRow},
};
use leptos::prelude::*;

/// People in the order of their numbers, or the one with an exact identity.
#[server]
pub async fn list_profiles(ds: String, q: String, cursor: String) -> Reply<Page<ProfileRow>> {
    use super::door::{Door, reply};
    use domain::{page::PageRequest, profile::ProfileQuery};
    reply(async {
        let door = Door::open(&ds).await?;
        let page = PageRequest {
            limit: None,
            cursor: Some(cursor).filter(|c| !c.is_empty()),
        };
        let query = ProfileQuery {
            q: Some(q).filter(|q| !q.trim().is_empty()),
            segment: None,
            page,
        };
        Ok(door.engine.profiles(door.actor(), door.id(), query).await?)
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
