//! `/datasets/{ds}/segments/{id}/…`: copies, single members, history.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Body, Params, Part},
    segments::place,
};
use crate::wire::{CopyName, HistoryEntry, Member, MemberChanged, Page, Segment};
use axum::{Json, extract::Path, http::StatusCode};
use engine::Engine;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(copy))
        .routes(routes!(set_member))
        .routes(routes!(history))
}

/// Makes an enabled segment with the rule of this one, or with its members.
#[utoipa::path(post, path = "/datasets/{ds}/segments/{id}/clone", tag = "segments", request_body = CopyName,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the segment")),
    responses((status = 201, body = Segment)))]
async fn copy(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<CopyName>,
) -> Answer<(StatusCode, Json<Segment>)> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let made = caller
        .engine
        .clone_segment(&caller.actor, dataset, id, &body.it.name)
        .await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Lets one person join or leave a manual segment or a list. Files go to `/imports/lists`.
#[utoipa::path(post, path = "/datasets/{ds}/segments/{id}/members", tag = "segments", request_body = Member,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the segment")),
    responses((status = 200, body = MemberChanged)))]
async fn set_member(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<Member>,
) -> Answer<Json<MemberChanged>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let Member { identity, member } = body.it;
    let changed = caller
        .engine
        .set_member(&caller.actor, dataset, id, &identity, member)
        .await?;
    Ok(Json(MemberChanged { changed }))
}

/// What happened to the segment, newest first. Literals of rules that identify somebody are keyed hashes.
#[utoipa::path(get, path = "/datasets/{ds}/segments/{id}/history", tag = "segments",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the segment"), Part),
    responses((status = 200, body = Page<HistoryEntry>)))]
async fn history(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    Params(part): Params<Part>,
) -> Answer<Json<Page<HistoryEntry>>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let page = caller
        .engine
        .segment_history(&caller.actor, dataset, id, part.request()?)
        .await?;
    Ok(Json(Page::of(page, Into::into)))
}
