//! `/datasets`.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Body, Params, Part},
};
use crate::wire::{Dataset, DatasetDetail, NewDataset, Page};
use axum::{Json, extract::Path, http::StatusCode};
use engine::Engine;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show))
}

/// The datasets that the token may touch.
#[utoipa::path(get, path = "/datasets", tag = "datasets", params(Part),
    responses((status = 200, body = Page<Dataset>)))]
async fn list(caller: Caller, Params(part): Params<Part>) -> Answer<Json<Page<Dataset>>> {
    let all = caller.engine.datasets(&caller.actor).await?;
    Ok(Json(Page::cut(
        all,
        &part.request()?,
        |dataset| dataset.slug.clone(),
        Into::into,
    )))
}

/// Makes a dataset.
#[utoipa::path(post, path = "/datasets", tag = "datasets", request_body = NewDataset,
    responses((status = 201, body = Dataset)))]
async fn create(caller: Caller, body: Body<NewDataset>) -> Answer<(StatusCode, Json<Dataset>)> {
    let made = caller
        .engine
        .create_dataset(&caller.actor, &body.it.slug, body.it.name.as_deref())
        .await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// A dataset with its figures.
#[utoipa::path(get, path = "/datasets/{ds}", tag = "datasets", params(("ds", description = "Short name of the dataset")),
    responses((status = 200, body = DatasetDetail)))]
async fn show(caller: Caller, Path(ds): Path<String>) -> Answer<Json<DatasetDetail>> {
    let dataset = caller.dataset(&ds).await?;
    let figures = caller.engine.figures(&caller.actor, dataset.id).await?;
    Ok(Json(DatasetDetail::of(dataset, &figures)))
}
