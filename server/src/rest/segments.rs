//! `/datasets/{ds}/segments`.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Body, Params, page_request},
};
use crate::wire::{Impact, NewSegment, Page, Preview, RuleText, Segment, SegmentPatch, read_id};
use axum::{Json, extract::Path, http::StatusCode};
use domain::{
    id::{DatasetId, SegmentId},
    segment::SegmentChange,
};
use engine::Engine;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(preview))
        .routes(routes!(show, change, remove))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(refresh))
        .routes(routes!(impact))
}

/// Which segments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// The disabled ones too; default true.
    show_disabled: Option<bool>,
    /// Rows wanted: 1 to 1,000, else 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The estimate's limit.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AtRate {
    /// Profiles a second at most, for estimate and plan.
    max_rate: Option<i64>,
}

pub(super) async fn place(caller: &Caller, ds: &str, id: &str) -> Answer<(DatasetId, SegmentId)> {
    Ok((caller.dataset(ds).await?.id, read_id(id, "segment")?))
}

/// Segments by name.
#[utoipa::path(get, path = "/datasets/{ds}/segments", tag = "segments",
    params(("ds", description = "Short name of the dataset"), Which),
    responses((status = 200, body = Page<Segment>)))]
async fn list(
    caller: Caller,
    Path(ds): Path<String>,
    Params(which): Params<Which>,
) -> Answer<Json<Page<Segment>>> {
    let dataset = caller.dataset(&ds).await?;
    let asked = page_request(which.limit, which.cursor)?;
    let all = caller
        .engine
        .segments(&caller.actor, dataset.id, which.show_disabled.unwrap_or(true))
        .await?;
    Ok(Json(Page::cut(
        all,
        &asked,
        |segment| segment.id.to_string(),
        Into::into,
    )))
}

/// Makes a segment.
#[utoipa::path(post, path = "/datasets/{ds}/segments", tag = "segments", request_body = NewSegment,
    params(("ds", description = "Short name of the dataset")),
    responses((status = 201, body = Segment)))]
async fn create(
    caller: Caller,
    Path(ds): Path<String>,
    body: Body<NewSegment>,
) -> Answer<(StatusCode, Json<Segment>)> {
    let dataset = caller.dataset(&ds).await?;
    let made = caller
        .engine
        .create_segment(&caller.actor, dataset.id, body.it.spec()?)
        .await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Counts who a rule would match; writes nothing.
#[utoipa::path(post, path = "/datasets/{ds}/segments/preview", tag = "segments", request_body = RuleText,
    params(("ds", description = "Short name of the dataset")),
    responses((status = 200, body = Preview)))]
async fn preview(caller: Caller, Path(ds): Path<String>, body: Body<RuleText>) -> Answer<Json<Preview>> {
    let dataset = caller.dataset(&ds).await?;
    Ok(Json(
        caller
            .engine
            .preview(&caller.actor, dataset.id, &body.it.rule)
            .await?
            .into(),
    ))
}

/// A segment.
#[utoipa::path(get, path = "/datasets/{ds}/segments/{id}", tag = "segments",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the segment")),
    responses((status = 200, body = Segment)))]
async fn show(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<Segment>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    Ok(Json(
        caller.engine.segment(&caller.actor, dataset, id).await?.into(),
    ))
}

/// Changes a segment's name or rule.
#[utoipa::path(patch, path = "/datasets/{ds}/segments/{id}", tag = "segments", request_body = SegmentPatch,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the segment")),
    responses((status = 200, body = Segment)))]
async fn change(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<SegmentPatch>,
) -> Answer<Json<Segment>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let change = SegmentChange {
        name: body.it.name,
        rule: body.it.rule,
    };
    Ok(Json(
        caller
            .engine
            .update_segment(&caller.actor, dataset, id, change)
            .await?
            .into(),
    ))
}

/// Removes a segment. Its people stay.
#[utoipa::path(delete, path = "/datasets/{ds}/segments/{id}", tag = "segments",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the segment")),
    responses((status = 204)))]
async fn remove(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<StatusCode> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    caller.engine.delete_segment(&caller.actor, dataset, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets people join again.
#[utoipa::path(post, path = "/datasets/{ds}/segments/{id}/enable", tag = "segments",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the segment")),
    responses((status = 200, body = Segment)))]
async fn enable(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<Segment>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    Ok(Json(
        caller
            .engine
            .enable_segment(&caller.actor, dataset, id)
            .await?
            .into(),
    ))
}

/// Nobody joins from now on; the members of this moment stay.
#[utoipa::path(post, path = "/datasets/{ds}/segments/{id}/disable", tag = "segments",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the segment")),
    responses((status = 200, body = Segment)))]
async fn disable(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<Segment>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    Ok(Json(
        caller
            .engine
            .disable_segment(&caller.actor, dataset, id)
            .await?
            .into(),
    ))
}

/// Counts the members now.
#[utoipa::path(post, path = "/datasets/{ds}/segments/{id}/refresh", tag = "segments",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the segment")),
    responses((status = 200, body = Segment)))]
async fn refresh(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<Segment>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    Ok(Json(
        caller
            .engine
            .refresh_count(&caller.actor, dataset, id)
            .await?
            .into(),
    ))
}

/// What deleting everyone in the segment would do.
#[utoipa::path(get, path = "/datasets/{ds}/segments/{id}/impact", tag = "segments",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the segment"), AtRate),
    responses((status = 200, body = Impact)))]
async fn impact(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    Params(at): Params<AtRate>,
) -> Answer<Json<Impact>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    Ok(Json(
        caller
            .engine
            .impact(&caller.actor, dataset, id, at.max_rate)
            .await?
            .into(),
    ))
}
