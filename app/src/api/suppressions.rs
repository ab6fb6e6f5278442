//! The list of suppressions: looking, asking about one identity, entering, lifting.

use super::Reply;
use domain::suppression::{Recheck, Suppression, SuppressionOverview};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SuppressionsView {
    /// The list.
    pub overview: SuppressionOverview,
    /// What a look-up found; `None`: none was made.
    pub found: Option<Vec<Suppression>>,
    /// Whether this person may ask, enter and lift.
    pub may_change: bool,
    /// The last looks whether deleted people live again, the newest first.
    pub looks: Vec<Recheck>,
}

/// What stands in an address for a look-up that found nothing.
#[cfg(feature = "ssr")]
const NONE: &str = "none";

/// The list. `found`: what a look-up found, by the ids in the page's address.
#[server]
pub async fn show_suppressions(ds: String, found: String) -> Reply<SuppressionsView> {
    use super::door::{Door, reply};
    use domain::{access::Permission, suppression::SuppressionId};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor) = (&door.engine, door.actor());
        let may_change = actor.may(Permission::Privacy);
        let ids: Vec<SuppressionId> = found.split(',').filter_map(SuppressionId::parse).collect();
        let found = if may_change && !found.is_empty() {
            Some(engine.suppressions_by_id(actor, door.id(), &ids).await?)
        } else {
            None
        };
        Ok(SuppressionsView {
            overview: engine.suppression_overview(actor, door.id()).await?,
            found,
            may_change,
            looks: engine.rechecks(actor, door.id()).await?,
        })
    })
    .await
}

/// Asks about an identity. It is in no address: the page that follows is asked for by keyed hashes.
#[server]
pub async fn find_suppression(ds: String, #[server(default)] asked: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = paths::suppressions(&ds);
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        let found = door
            .engine
            .find_suppressions(door.actor(), door.id(), &asked)
            .await
            .map_err(|error| door::on_field(error, "identity", "asked"))?;
        let ids: Vec<String> = found.iter().map(|it| it.id.to_string()).collect();
        let ids = if ids.is_empty() {
            NONE.to_owned()
        } else {
            ids.join(",")
        };
        Ok(paths::with_query(&page, &[("found", &ids)]))
    })
    .await
}

/// Enters an identity.
#[server]
pub async fn enter_suppression(
    ds: String,
    #[server(default)] kind: String,
    #[server(default)] identity: String,
    #[server(default)] term: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    use domain::{
        problem::{Code, Problem},
        profile::IdentityKind,
        segment::typed_count,
        suppression::NewSuppression,
    };
    let page = paths::suppressions(&ds);
    let back = back::Back::to(page.clone())
        .keep("kind", &kind)
        .keep("identity", &identity)
        .keep("term", &term)
        .keep("reason", &reason);
    back::post(back, async {
        let door = door::Door::open(&ds).await?;
        let kind = IdentityKind::ALL
            .into_iter()
            .find(|own| own.as_str() == kind)
            .ok_or_else(|| Problem::new(Code::Invalid).on("identity"))?;
        let days = match term.trim() {
            "" => None,
            typed => Some(typed_count(typed).ok_or_else(|| Problem::new(Code::Invalid).on("term"))?),
        };
        let new = NewSuppression {
            kind,
            identity,
            days,
            note: reason,
        };
        let entered = door
            .engine
            .suppress(door.actor(), door.id(), &new)
            .await
            .map_err(|error| door::on_field(error, "days", "term"))?;
        let found = paths::with_query(&page, &[("found", &entered.id.to_string())]);
        Ok(back::done(&found, "suppressed"))
    })
    .await
}

/// Lifts one.
#[server]
pub async fn lift_suppression(
    ds: String,
    id: String,
    #[server(default)] reason: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    use domain::{problem::Problem, suppression::SuppressionId};
    let page = paths::suppressions(&ds);
    back::post(back::Back::to(page.clone()).keep("found", &id), async {
        let door = door::Door::open(&ds).await?;
        let id = SuppressionId::parse(&id).ok_or_else(|| Problem::not_found("suppression"))?;
        door.engine
            .lift_suppression(door.actor(), door.id(), id, &reason)
            .await
            .map_err(|error| door::on_field(error, "reason", "lift_reason"))?;
        Ok(back::done(&page, "lifted"))
    })
    .await
}

/// Looks whether deleted people live again; it goes on by itself.
#[server]
pub async fn begin_recheck(ds: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = paths::suppressions(&ds);
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        door.engine.begin_recheck(door.actor(), door.id()).await?;
        Ok(back::done(&page, "recheck"))
    })
    .await
}
