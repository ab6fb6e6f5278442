//! `/datasets/{ds}/rechecks`: whether deleted people live again.

use super::{answer::Answer, caller::Caller};
use crate::wire::{Page, Recheck};
use axum::{Json, extract::Path, http::StatusCode};
use engine::Engine;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(looks, begin))
}

/// The newest looks, and by deletion what they found. It is looked once a day by itself. Scopes: read, bulk, admin.
#[utoipa::path(get, path = "/datasets/{ds}/rechecks", tag = "suppressions",
    params(("ds", description = "Short name of the dataset")),
    responses((status = 200, body = Page<Recheck>)))]
async fn looks(caller: Caller, Path(ds): Path<String>) -> Answer<Json<Page<Recheck>>> {
    let dataset = caller.dataset(&ds).await?;
    let looks = caller.engine.rechecks(&caller.actor, dataset.id).await?;
    let items = looks.into_iter().map(Into::into).collect();
    Ok(Json(Page { items, next: None }))
}

/// Begins a look, unless one is under way; it goes on by itself. Scopes: privacy, admin.
#[utoipa::path(post, path = "/datasets/{ds}/rechecks", tag = "suppressions",
    params(("ds", description = "Short name of the dataset")),
    responses((status = 202, description = "It goes on by itself")))]
async fn begin(caller: Caller, Path(ds): Path<String>) -> Answer<StatusCode> {
    let dataset = caller.dataset(&ds).await?;
    caller.engine.begin_recheck(&caller.actor, dataset.id).await?;
    Ok(StatusCode::ACCEPTED)
}
