//! Legal holds: looking, setting, ending.

use super::Reply;
use domain::{
    hold::{Hold, Holds},
    page::Page,
    profile::ProfileRow,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the page of all holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HoldsView {
    /// The holds, and how many people they hold.
    pub all: Holds,
    /// Whether whoever asks may set and end them.
    pub may_set: bool,
}

/// The data of one hold's page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HoldView {
    /// The hold.
    pub hold: Hold,
    /// Whom it holds.
    pub people: Page<ProfileRow>,
    /// Whether whoever asks may end it.
    pub may_end: bool,
}

/// What the form of a new hold sends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HoldFields {
    /// The dataset.
    pub ds: String,
    /// Its name.
    pub hold_name: String,
    /// Why.
    pub reason: String,
    /// `people` or `rule`.
    pub on: String,
    /// Identities, one on a line.
    pub people: String,
}

/// The holds of a dataset, those in force first.
#[server]
pub async fn list_holds(ds: String) -> Reply<HoldsView> {
    use super::door::{Door, reply};
    use domain::access::Permission;
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(HoldsView {
            all: door.engine.holds(door.actor(), door.id()).await?,
            may_set: door.actor().may(Permission::Privacy),
        })
    })
    .await
}

/// One hold, and whom it holds.
#[server]
pub async fn show_hold(ds: String, id: String, cursor: String) -> Reply<HoldView> {
    use super::door::{self, Door, reply};
    use domain::{access::Permission, page::PageRequest};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        let id = door::id(&id, "legal hold")?;
        let page = PageRequest {
            limit: None,
            cursor: Some(cursor).filter(|c| !c.is_empty()),
        };
        Ok(HoldView {
            hold: engine.hold(actor, ds, id).await?,
            people: engine.held_people(actor, ds, id, page).await?,
            may_end: actor.may(Permission::Privacy),
        })
    })
    .await
}

/// Which of the typed identities nobody has, by their place from 1: for the page of a new hold.
#[server]
pub async fn draft_hold(ds: String, people: String) -> Reply<Vec<usize>> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        let people: Vec<String> = lines(&people);
        Ok(door
            .engine
            .unknown_identities(door.actor(), door.id(), &people)
            .await?)
    })
    .await
}

/// Sets a hold, or says why not.
#[server]
pub async fn create_hold(form: HoldFields, #[server(default)] rule: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    use domain::hold::HoldSpec;
    let page = back::Back::to(paths::new_hold(&form.ds))
        .keep("hold_name", form.hold_name.clone())
        .keep("reason", form.reason.clone())
        .keep("on", form.on.clone())
        .keep("people", form.people.clone())
        .keep("rule", rule.clone());
    back::post(page, async {
        let door = door::Door::open(&form.ds).await?;
        let on_rule = form.on == "rule";
        let spec = HoldSpec {
            name: form.hold_name,
            reason: form.reason,
            people: if on_rule { Vec::new() } else { lines(&form.people) },
            rule: on_rule.then_some(rule),
        };
        let set = door
            .engine
            .create_hold(door.actor(), door.id(), spec)
            .await
            .map_err(|error| {
                let mut problem = error.into_problem();
                problem.field = problem.field.map(|field| match field.as_str() {
                    "name" => "hold_name".to_owned(),
                    // Where a rule was chosen and none typed, the box of the rule is the one that lacks something.
                    "people" if on_rule => "rule".to_owned(),
                    _ => field,
                });
                door::Refusal(problem)
            })?;
        Ok(back::done(&paths::hold(&form.ds, set.id), "hold_set"))
    })
    .await
}

/// Ends a hold, or says why not.
#[server]
pub async fn end_hold(
    ds: String,
    id: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = format!("{}/{}", paths::holds(&ds), paths::encode(&id));
    back::post(
        back::Back::to(page.clone()).keep("reason", reason.clone()),
        async {
            let door = door::Door::open(&ds).await?;
            let id = door::id(&id, "legal hold")?;
            door.engine.end_hold(door.actor(), door.id(), id, &reason).await?;
            Ok(back::done(&page, "hold_ended"))
        },
    )
    .await
}

/// The lines of a box that are not empty.
#[cfg(feature = "ssr")]
fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}
