//! `/datasets/{ds}/suppressions`: identities whose data is not let in. An identity is sent in a body, never in an address.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Body, Params, Part},
};
use crate::wire::{Lift, Lifted, NewSuppression, Page, Suppression};
use axum::{Json, extract::Path, http::StatusCode};
use engine::Engine;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, enter, lift))
        .routes(routes!(look_up))
}

/// The list in the order of its keys, with what each has stopped. Scopes: read, bulk, privacy, admin.
#[utoipa::path(get, path = "/datasets/{ds}/suppressions", tag = "suppressions",
    params(("ds", description = "Short name of the dataset"), Part),
    responses((status = 200, body = Page<Suppression>)))]
async fn list(
    caller: Caller,
    Path(ds): Path<String>,
    Params(part): Params<Part>,
) -> Answer<Json<Page<Suppression>>> {
    let dataset = caller.dataset(&ds).await?;
    let page = caller
        .engine
        .suppressions(&caller.actor, dataset.id, part.request()?)
        .await?;
    Ok(Json(Page::of(page, Into::into)))
}

/// Enters an identity: nothing about it is let in from now on. Nobody is deleted by that. Scopes: privacy, admin.
#[utoipa::path(post, path = "/datasets/{ds}/suppressions", tag = "suppressions", request_body = NewSuppression,
    params(("ds", description = "Short name of the dataset")),
    responses((status = 201, body = Suppression)))]
async fn enter(
    caller: Caller,
    Path(ds): Path<String>,
    body: Body<NewSuppression>,
) -> Answer<(StatusCode, Json<Suppression>)> {
    let dataset = caller.dataset(&ds).await?;
    let entered = caller
        .engine
        .suppress(&caller.actor, dataset.id, &body.it.read()?)
        .await?;
    Ok((StatusCode::CREATED, Json(entered.into())))
}

/// Takes an identity off the list: its data is let in again. Scopes: privacy, admin.
#[utoipa::path(delete, path = "/datasets/{ds}/suppressions", tag = "suppressions", request_body = Lift,
    params(("ds", description = "Short name of the dataset")),
    responses((status = 200, body = Lifted)))]
async fn lift(caller: Caller, Path(ds): Path<String>, body: Body<Lift>) -> Answer<Json<Lifted>> {
    let dataset = caller.dataset(&ds).await?;
    let lifted = crate::suppressing::lift(&caller.engine, &caller.actor, dataset.id, &body.it).await?;
    Ok(Json(Lifted { lifted }))
}

/// An identity that is asked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LookUp {
    /// The identity, whatever kind it is of. Nothing of the question is kept.
    identity: String,
}

/// What is on the list of an identity; an empty list where nothing is. Scopes: privacy, admin.
#[utoipa::path(post, path = "/datasets/{ds}/suppressions/lookup", tag = "suppressions", request_body = LookUp,
    params(("ds", description = "Short name of the dataset")),
    responses((status = 200, body = Page<Suppression>)))]
async fn look_up(caller: Caller, Path(ds): Path<String>, body: Body<LookUp>) -> Answer<Json<Page<Suppression>>> {
    let dataset = caller.dataset(&ds).await?;
    let found = caller
        .engine
        .find_suppressions(&caller.actor, dataset.id, &body.it.identity)
        .await?;
    let items = found.into_iter().map(Into::into).collect();
    Ok(Json(Page { items, next: None }))
}
