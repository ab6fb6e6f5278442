//! What the pages of segments do besides: members, copies, removal, and words for who writes a rule.

use super::Reply;
use domain::membership::RuleWords;
use leptos::prelude::*;

/// Makes a copy under a new name.
#[server]
pub async fn clone_segment(ds: String, id: String, copy_name: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = paths::with_query(&door::segment_page(&ds, &id), &[("tab", "manage")]);
    let page = back::Back::to(page).keep("copy_name", copy_name.clone());
    back::post(page, async {
        let door = door::Door::open(&ds).await?;
        let id = door::id(&id, "segment")?;
        let made = door
            .engine
            .clone_segment(door.actor(), door.id(), id, &copy_name)
            .await;
        let made = made.map_err(|error| door::on_field(error, "name", "copy_name"))?;
        Ok(back::done(&paths::segment(&ds, made.id), "cloned"))
    })
    .await
}

/// Removes a segment. Its people stay.
#[server]
pub async fn delete_segment(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = paths::with_query(&door::segment_page(&ds, &id), &[("tab", "manage")]);
    back::post(back::Back::to(page), async {
        let door = door::Door::open(&ds).await?;
        let id = door::id(&id, "segment")?;
        door.engine.delete_segment(door.actor(), door.id(), id).await?;
        Ok(back::done(&paths::segments(&ds), "segment_deleted"))
    })
    .await
}

/// Lets one person join (`act` is `add`) or leave (`remove`) a manual segment or a list.
#[server]
pub async fn set_member(
    ds: String,
    id: String,
    identity: String,
    #[server(default)] act: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = paths::with_query(&door::segment_page(&ds, &id), &[("tab", "members")]);
    let back = back::Back::to(page.clone()).keep("identity", identity.clone());
    back::post(back, async {
        let door = door::Door::open(&ds).await?;
        let id = door::id(&id, "segment")?;
        let joins = act != "remove";
        let changed = door
            .engine
            .set_member(door.actor(), door.id(), id, &identity, joins)
            .await?;
        let done = match (changed, joins) {
            (true, true) => "member_added",
            (true, false) => "member_removed",
            (false, true) => "member_there",
            (false, false) => "member_none",
        };
        Ok(back::done(&page, done))
    })
    .await
}

/// Whether a segment is still being counted.
#[server]
pub async fn still_counting(ds: String, id: String) -> Reply<bool> {
    use super::door::{self, Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        let id = door::id(&id, "segment")?;
        Ok(door.engine.segment(door.actor(), door.id(), id).await?.counting)
    })
    .await
}

/// The names that a rule can use.
#[server]
pub async fn suggest_names(ds: String) -> Reply<RuleWords> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(door.engine.rule_words(door.actor(), door.id()).await?)
    })
    .await
}

/// Values of an attribute or, with `events`, of a property of events of a kind, out of the data.
#[server]
pub async fn suggest_values(ds: String, events: bool, kind: String, name: String) -> Reply<Vec<String>> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        let of = events.then_some(kind.as_str());
        Ok(door
            .engine
            .rule_values(door.actor(), door.id(), of, &name)
            .await?)
    })
    .await
}
