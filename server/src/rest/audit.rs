//! `/audit`.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Params, page_request},
};
use crate::wire::{AuditEntry, Page};
use axum::Json;
use domain::audit::AuditFilter;
use engine::Engine;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Of this dataset alone.
    dataset: Option<String>,
    /// Those whose object begins so: `segment:`, `job:1042`.
    object: Option<String>,
    /// Rows wanted: 1 to 1,000, else 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Who did what, newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(Which),
    responses((status = 200, body = Page<AuditEntry>)))]
async fn list(caller: Caller, Params(which): Params<Which>) -> Answer<Json<Page<AuditEntry>>> {
    let dataset = match &which.dataset {
        Some(slug) => Some(caller.dataset(slug).await?.id),
        None => None,
    };
    let filter = AuditFilter {
        dataset,
        object: which.object,
    };
    let entries = caller
        .engine
        .audit(&caller.actor, filter, page_request(which.limit, which.cursor)?)
        .await?;
    Ok(Json(Page::of(entries, AuditEntry::from)))
}
