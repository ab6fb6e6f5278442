//! `/datasets/{ds}/profiles`.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Params, page_request},
};
use crate::wire::{Page, Profile, read_id};
use axum::{Json, extract::Path};
use domain::{
    id::JobId,
    problem::{Code, Problem},
    profile::ProfileQuery,
};
use engine::{Engine, Error};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Which profiles.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// An exact identity: user_id, e-mail, phone or anonymous id.
    q: Option<String>,
    /// Members of this segment alone.
    segment: Option<String>,
    /// Those on the list of this deletion job alone, by id or number.
    targets: Option<String>,
    /// Without those on the list of this deletion job.
    exclude_targets: Option<String>,
    /// Rows wanted: 1 to 1,000, else 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Profiles in the order of their ids.
#[utoipa::path(get, path = "/datasets/{ds}/profiles", tag = "profiles",
    params(("ds", description = "Short name of the dataset"), Which),
    responses((status = 200, body = Page<Profile>)))]
async fn list(
    caller: Caller,
    Path(ds): Path<String>,
    Params(which): Params<Which>,
) -> Answer<Json<Page<Profile>>> {
    let dataset = caller.dataset(&ds).await?;
    let job = |id: String| JobId::parse(&id).ok_or_else(|| Problem::not_found("job"));
    let query = ProfileQuery {
        q: which.q,
        targets: which.targets.map(job).transpose()?,
        exclude_targets: which.exclude_targets.map(job).transpose()?,
        segment: which.segment.map(|id| read_id(&id, "segment")).transpose()?,
        page: page_request(which.limit, which.cursor)?,
    };
    let page = caller.engine.profiles(&caller.actor, dataset.id, query).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        match caller.engine.profile(&caller.actor, dataset.id, row.id).await {
            Ok(detail) => items.push(detail.profile.into()),
            // Deleted since the page was read.
            Err(Error::Problem(problem)) if problem.code == Code::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(Page {
        items,
        next: page.next,
    }))
}

/// One profile, by its user_id.
#[utoipa::path(get, path = "/datasets/{ds}/profiles/{user_id}", tag = "profiles",
    params(("ds", description = "Short name of the dataset"), ("user_id", description = "The customer's own id")),
    responses((status = 200, body = Profile)))]
async fn show(caller: Caller, Path((ds, user_id)): Path<(String, String)>) -> Answer<Json<Profile>> {
    let dataset = caller.dataset(&ds).await?;
    let found = caller
        .engine
        .profile_by_identity(&caller.actor, dataset.id, &user_id)
        .await?;
    Ok(Json(found.profile.into()))
}
