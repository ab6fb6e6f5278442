//! `/datasets/{ds}/decisions`: what a person is served now. For the systems that show campaigns, so it takes the scopes
//! that may send events: ingest and admin.

use super::{answer::Answer, caller::Caller, extract::Body};
use crate::wire::{AskDecision, Decision};
use axum::{Json, extract::Path};
use engine::Engine;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(decide))
}

/// Which campaigns, and which arms of theirs, a person is served now. Records an impression of each unless `record` is
/// false. Scopes: ingest, admin.
#[utoipa::path(post, path = "/datasets/{ds}/decisions", tag = "decisions", request_body = AskDecision,
    params(("ds", description = "Short name of the dataset")),
    responses((status = 200, body = Decision)))]
async fn decide(caller: Caller, Path(ds): Path<String>, body: Body<AskDecision>) -> Answer<Json<Decision>> {
    let dataset = caller.dataset(&ds).await?;
    let decision = caller
        .engine
        .decide(&caller.actor, dataset.id, &body.it.ask())
        .await?;
    Ok(Json(decision.into()))
}
