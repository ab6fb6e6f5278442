//! `/datasets/{ds}/holds`: legal holds. Whoever is held is deleted by no door.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Body, Params, Part},
};
use crate::wire::{EndHold, LegalHold, LegalHolds, NewHold, Page, time};
use axum::{
    Json,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::id::HoldId;
use engine::Engine;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, end))
}

/// Legal holds, those in force first, the ended ones too. Scopes: admin, privacy, bulk, read.
#[utoipa::path(get, path = "/datasets/{ds}/holds", tag = "legal holds",
    params(("ds", description = "Short name of the dataset"), Part),
    responses((status = 200, body = LegalHolds)))]
async fn list(
    caller: Caller,
    Path(ds): Path<String>,
    Params(part): Params<Part>,
) -> Answer<Json<LegalHolds>> {
    let dataset = caller.dataset(&ds).await?;
    let asked = part.request()?;
    let all = caller.engine.holds(&caller.actor, dataset.id).await?;
    let page = Page::cut(all.holds, &asked, |hold| hold.id.to_string(), LegalHold::from);
    Ok(Json(LegalHolds {
        items: page.items,
        next: page.next,
        held: all.held,
        counted_at: time(all.as_of),
    }))
}

/// Sets a legal hold, in force at once, also for a deletion that runs. Scopes: admin, privacy.
#[utoipa::path(post, path = "/datasets/{ds}/holds", tag = "legal holds", request_body = NewHold,
    params(("ds", description = "Short name of the dataset")),
    responses((status = 201, body = LegalHold)))]
async fn create(caller: Caller, Path(ds): Path<String>, body: Body<NewHold>) -> Answer<Response> {
    let dataset = caller.dataset(&ds).await?;
    let set = caller
        .engine
        .create_hold(&caller.actor, dataset.id, body.it.spec())
        .await?;
    let location = format!("/api/v1/datasets/{}/holds/{}", dataset.slug, set.id);
    let answer = Json(LegalHold::from(set));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer).into_response())
}

/// A legal hold.
#[utoipa::path(get, path = "/datasets/{ds}/holds/{id}", tag = "legal holds",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the hold")),
    responses((status = 200, body = LegalHold)))]
async fn show(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<LegalHold>> {
    let dataset = caller.dataset(&ds).await?;
    let id: HoldId = crate::wire::read_id(&id, "legal hold")?;
    Ok(Json(
        caller.engine.hold(&caller.actor, dataset.id, id).await?.into(),
    ))
}

/// Ends a legal hold, with a reason: its people can be deleted again. The record stays.
#[utoipa::path(delete, path = "/datasets/{ds}/holds/{id}", tag = "legal holds",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the hold"), EndHold),
    responses((status = 200, body = LegalHold)))]
async fn end(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    Params(why): Params<EndHold>,
) -> Answer<Json<LegalHold>> {
    let dataset = caller.dataset(&ds).await?;
    let id: HoldId = crate::wire::read_id(&id, "legal hold")?;
    let ended = caller
        .engine
        .end_hold(&caller.actor, dataset.id, id, &why.reason)
        .await?;
    Ok(Json(ended.into()))
}
