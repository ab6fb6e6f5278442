//! `/datasets/{ds}/uses`: what other systems run on segments. They come by `POST …/imports/campaigns`.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Params, Part},
};
use crate::wire::{LastList, Page, RegisteredUseShown, RegisteredUses};
use axum::{Json, extract::Path, http::StatusCode};
use engine::Engine;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(remove))
}

/// Registered uses by name, and how much the last list of them says.
#[utoipa::path(get, path = "/datasets/{ds}/uses", tag = "uses",
    params(("ds", description = "Short name of the dataset"), Part),
    responses((status = 200, body = RegisteredUses)))]
async fn list(
    caller: Caller,
    Path(ds): Path<String>,
    Params(part): Params<Part>,
) -> Answer<Json<RegisteredUses>> {
    let dataset = caller.dataset(&ds).await?;
    let asked = part.request()?;
    let all = caller.engine.registered_uses(&caller.actor, dataset.id).await?;
    let page = Page::cut(
        all.uses,
        &asked,
        |it| it.id.clone(),
        |it| RegisteredUseShown::of(it, &all.list),
    );
    Ok(Json(RegisteredUses {
        items: page.items,
        next: page.next,
        list: LastList::at(&all.list, all.as_of),
    }))
}

/// Removes a registered use: it has ended in the other system, or was never meant.
#[utoipa::path(delete, path = "/datasets/{ds}/uses/{id}", tag = "uses",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the use")),
    responses((status = 204)))]
async fn remove(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<StatusCode> {
    let dataset = caller.dataset(&ds).await?;
    caller.engine.remove_use(&caller.actor, dataset.id, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
