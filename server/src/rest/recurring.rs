//! `/datasets/{ds}/recurring-jobs`.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Body, Params, Part},
};
use crate::wire::{NewRecurring, Page, RecurringJob, RecurringRun};
use axum::{
    Json,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    id::{DatasetId, RecurringId},
    problem::Problem,
};
use engine::Engine;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, stop))
        .routes(routes!(runs))
}

async fn place(caller: &Caller, ds: &str, id: &str) -> Answer<(DatasetId, RecurringId)> {
    let dataset = caller.dataset(ds).await?.id;
    let id = RecurringId::parse(id).ok_or_else(|| Problem::not_found("recurring deletion"))?;
    Ok((dataset, id))
}

/// Recurring deletions, newest first, the stopped ones too.
#[utoipa::path(get, path = "/datasets/{ds}/recurring-jobs", tag = "recurring jobs",
    params(("ds", description = "Short name of the dataset"), Part),
    responses((status = 200, body = Page<RecurringJob>)))]
async fn list(
    caller: Caller,
    Path(ds): Path<String>,
    Params(part): Params<Part>,
) -> Answer<Json<Page<RecurringJob>>> {
    let dataset = caller.dataset(&ds).await?;
    let rows = caller
        .engine
        .recurring_jobs(&caller.actor, dataset.id, part.request()?)
        .await?;
    Ok(Json(Page::of(rows, RecurringJob::from)))
}

/// Confirms a deletion that recurs. The same again gives the same one; another one of the same segment is refused.
#[utoipa::path(post, path = "/datasets/{ds}/recurring-jobs", tag = "recurring jobs", request_body = NewRecurring,
    params(("ds", description = "Short name of the dataset")),
    responses((status = 201, body = RecurringJob)))]
async fn create(caller: Caller, Path(ds): Path<String>, body: Body<NewRecurring>) -> Answer<Response> {
    let dataset = caller.dataset(&ds).await?;
    let made = caller
        .engine
        .create_recurring(&caller.actor, dataset.id, body.it.spec()?)
        .await?;
    let location = format!("/api/v1/datasets/{}/recurring-jobs/{}", dataset.slug, made.id);
    let answer = Json(RecurringJob::from(made));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer).into_response())
}

/// A recurring deletion.
#[utoipa::path(get, path = "/datasets/{ds}/recurring-jobs/{id}", tag = "recurring jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the recurring deletion")),
    responses((status = 200, body = RecurringJob)))]
async fn show(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<RecurringJob>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    Ok(Json(
        caller
            .engine
            .recurring_job(&caller.actor, dataset, id)
            .await?
            .into(),
    ))
}

/// Stops it: nothing is due any more. A job that it has started goes on. The record stays.
#[utoipa::path(delete, path = "/datasets/{ds}/recurring-jobs/{id}", tag = "recurring jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the recurring deletion")),
    responses((status = 200, body = RecurringJob)))]
async fn stop(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<RecurringJob>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    Ok(Json(
        caller
            .engine
            .stop_recurring(&caller.actor, dataset, id)
            .await?
            .into(),
    ))
}

/// What became of its due moments, newest first.
#[utoipa::path(get, path = "/datasets/{ds}/recurring-jobs/{id}/runs", tag = "recurring jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the recurring deletion"), Part),
    responses((status = 200, body = Page<RecurringRun>)))]
async fn runs(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    Params(part): Params<Part>,
) -> Answer<Json<Page<RecurringRun>>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let rows = caller
        .engine
        .recurring_runs(&caller.actor, dataset, id, part.request()?)
        .await?;
    Ok(Json(Page::of(rows, RecurringRun::from)))
}
