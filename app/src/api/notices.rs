//! Notices: reading them, and saying that one has.

use super::Reply;
use domain::{notice::Notice, page::Page};
use leptos::prelude::*;

/// One's own notices, newest first.
#[server]
pub async fn list_notices(ds: String, cursor: String) -> Reply<Page<Notice>> {
    use super::door::{Door, reply};
    use domain::page::PageRequest;
    reply(async {
        let door = Door::open(&ds).await?;
        let page = PageRequest {
            limit: None,
            cursor: Some(cursor).filter(|c| !c.is_empty()),
        };
        Ok(door.engine.notices(door.actor(), page).await?)
    })
    .await
}

/// Marks a notice as read; with `and_older`, all that are older as well.
#[server]
pub async fn mark_notices(
    ds: String,
    id: String,
    #[server(default)] and_older: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = paths::notices(&ds);
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        let id = door::id(&id, "notice")?;
        door.engine
            .mark_notices_read(door.actor(), id, !and_older.is_empty())
            .await?;
        Ok(page.clone())
    })
    .await
}
