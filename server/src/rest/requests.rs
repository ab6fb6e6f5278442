//! `/datasets/{ds}/privacy-requests` and `…/privacy-recipients`.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Body, Params, page_request},
};
use crate::{
    download,
    wire::{
        self, Extension, NewPrivacyRequest, NewRecipient, NewRecipientId, Page, PrivacyHistory,
        PrivacyRecipient, PrivacyRequest, Refusal, RunNow, Verification, read_id,
    },
};
use axum::{
    Json,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    id::{DatasetId, RequestId},
    privacy::request::{Request, Which},
    problem::{Code, Problem},
};
use engine::Engine;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(register))
        .routes(routes!(show))
        .routes(routes!(history))
        .routes(routes!(answer))
        .routes(routes!(confirm))
        .routes(routes!(verify))
        .routes(routes!(extend))
        .routes(routes!(run))
        .routes(routes!(cancel))
        .routes(routes!(decline))
        .routes(routes!(recipients, add_recipient))
        .routes(routes!(remove_recipient))
}

/// Which requests.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Show {
    /// `open` (default): the most pressing first, up to 1,000 at once; `ended`, `all`: newest first.
    show: Option<String>,
    /// Rows wanted: 1 to 1,000, else 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

async fn place(caller: &Caller, ds: &str, id: &str) -> Answer<(DatasetId, RequestId)> {
    let dataset = caller.dataset(ds).await?.id;
    let id = RequestId::parse(id).ok_or_else(|| Problem::not_found("privacy request"))?;
    Ok((dataset, id))
}

fn shown(caller: &Caller, request: Request) -> Json<PrivacyRequest> {
    Json(PrivacyRequest::of(request, caller.engine.now()))
}

/// Privacy requests with their clocks.
#[utoipa::path(get, path = "/datasets/{ds}/privacy-requests", tag = "privacy requests",
    params(("ds", description = "Short name of the dataset"), Show),
    responses((status = 200, body = Page<PrivacyRequest>)))]
async fn list(
    caller: Caller,
    Path(ds): Path<String>,
    Params(show): Params<Show>,
) -> Answer<Json<Page<PrivacyRequest>>> {
    let dataset = caller.dataset(&ds).await?;
    let which = match show.show.as_deref() {
        None | Some("open") => Which::Open,
        Some("ended") => Which::Ended,
        Some("all") => Which::All,
        Some(_) => {
            return Err(Problem::because(Code::Invalid, "show is open, ended or all.")
                .on("show")
                .into());
        }
    };
    let page = page_request(show.limit, show.cursor)?;
    let rows = caller
        .engine
        .privacy_requests(&caller.actor, dataset.id, which, page)
        .await?;
    let now = caller.engine.now();
    Ok(Json(Page::of(rows, |it| PrivacyRequest::of(it, now))))
}

/// Enters a request that came by any way but OpenDSR. Its clock runs from then on.
#[utoipa::path(post, path = "/datasets/{ds}/privacy-requests", tag = "privacy requests", request_body = NewPrivacyRequest,
    params(("ds", description = "Short name of the dataset")),
    responses((status = 201, body = PrivacyRequest)))]
async fn create(caller: Caller, Path(ds): Path<String>, body: Body<NewPrivacyRequest>) -> Answer<Response> {
    let dataset = caller.dataset(&ds).await?;
    let made = caller
        .engine
        .create_request(&caller.actor, dataset.id, body.it.read()?)
        .await?;
    let location = format!("/api/v1/datasets/{}/privacy-requests/{}", dataset.slug, made.id);
    let answer = shown(&caller, made);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer).into_response())
}

/// The register of all requests, for a regulator. Names nobody.
#[utoipa::path(get, path = "/datasets/{ds}/privacy-requests.csv", tag = "privacy requests",
    params(("ds", description = "Short name of the dataset")),
    responses((status = 200, description = "One line a request, newest first", content_type = "text/csv", body = String)))]
async fn register(caller: Caller, Path(ds): Path<String>) -> Answer<Response> {
    let dataset = caller.dataset(&ds).await?;
    let file = caller.engine.request_register(&caller.actor, dataset.id).await?;
    Ok(download::answer(file))
}

/// A request.
#[utoipa::path(get, path = "/datasets/{ds}/privacy-requests/{id}", tag = "privacy requests",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the request")),
    responses((status = 200, body = PrivacyRequest)))]
async fn show(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<PrivacyRequest>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let it = caller.engine.privacy_request(&caller.actor, dataset, id).await?;
    Ok(shown(&caller, it))
}

/// What happened to it, and who was told of it.
#[utoipa::path(get, path = "/datasets/{ds}/privacy-requests/{id}/history", tag = "privacy requests",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the request")),
    responses((status = 200, body = PrivacyHistory)))]
async fn history(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<PrivacyHistory>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let it = caller.engine.request_history(&caller.actor, dataset, id).await?;
    Ok(Json(PrivacyHistory::of(it)))
}

/// Everything that is known of the person who asked for access, or what they may take elsewhere; for seven days.
#[utoipa::path(get, path = "/datasets/{ds}/privacy-requests/{id}/answer", tag = "privacy requests",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the request")),
    responses((status = 200, body = wire::Answer)))]
async fn answer(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<wire::Answer>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let it = caller.engine.request_answer(&caller.actor, dataset, id).await?;
    Ok(Json(it.into()))
}

/// Says that the person was told that the request has arrived.
#[utoipa::path(post, path = "/datasets/{ds}/privacy-requests/{id}/confirm", tag = "privacy requests",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the request")),
    responses((status = 200, body = PrivacyRequest)))]
async fn confirm(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<PrivacyRequest>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let it = caller.engine.confirm_request(&caller.actor, dataset, id).await?;
    Ok(shown(&caller, it))
}

/// Says how the person's identity was verified.
#[utoipa::path(post, path = "/datasets/{ds}/privacy-requests/{id}/verify", tag = "privacy requests", request_body = Verification,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the request")),
    responses((status = 200, body = PrivacyRequest)))]
async fn verify(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<Verification>,
) -> Answer<Json<PrivacyRequest>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let how = &body.it.verified_how;
    let it = caller
        .engine
        .verify_request(&caller.actor, dataset, id, how)
        .await?;
    Ok(shown(&caller, it))
}

/// Extends the term, once and within it: by up to two months under the GDPR, up to 45 days under the CCPA.
#[utoipa::path(post, path = "/datasets/{ds}/privacy-requests/{id}/extend", tag = "privacy requests", request_body = Extension,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the request")),
    responses((status = 200, body = PrivacyRequest)))]
async fn extend(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<Extension>,
) -> Answer<Json<PrivacyRequest>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let it = caller
        .engine
        .extend_request(&caller.actor, dataset, id, body.it.by, &body.it.reason)
        .await?;
    Ok(shown(&caller, it))
}

/// Carries it out now. Whoever is under legal hold ends as declined.
#[utoipa::path(post, path = "/datasets/{ds}/privacy-requests/{id}/run", tag = "privacy requests", request_body = RunNow,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the request")),
    responses((status = 200, body = PrivacyRequest)))]
async fn run(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<RunNow>,
) -> Answer<Json<PrivacyRequest>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let it = caller
        .engine
        .run_request(&caller.actor, dataset, id, body.it.consent)
        .await?;
    Ok(shown(&caller, it))
}

/// Takes it back, as long as nothing has been done.
#[utoipa::path(post, path = "/datasets/{ds}/privacy-requests/{id}/cancel", tag = "privacy requests",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the request")),
    responses((status = 200, body = PrivacyRequest)))]
async fn cancel(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<PrivacyRequest>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let it = caller.engine.cancel_request(&caller.actor, dataset, id).await?;
    Ok(shown(&caller, it))
}

/// Refuses it on a ground of the law.
#[utoipa::path(post, path = "/datasets/{ds}/privacy-requests/{id}/decline", tag = "privacy requests", request_body = Refusal,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the request")),
    responses((status = 200, body = PrivacyRequest)))]
async fn decline(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<Refusal>,
) -> Answer<Json<PrivacyRequest>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let it = caller
        .engine
        .decline_request(&caller.actor, dataset, id, body.it.basis()?, &body.it.reason)
        .await?;
    Ok(shown(&caller, it))
}

/// Whom the dataset's data was disclosed to: each is told of every erasure.
#[utoipa::path(get, path = "/datasets/{ds}/privacy-recipients", tag = "privacy requests",
    params(("ds", description = "Short name of the dataset")),
    responses((status = 200, body = Page<PrivacyRecipient>)))]
async fn recipients(caller: Caller, Path(ds): Path<String>) -> Answer<Json<Page<PrivacyRecipient>>> {
    let dataset = caller.dataset(&ds).await?;
    let rows = caller.engine.recipients(&caller.actor, dataset.id).await?;
    Ok(Json(Page {
        items: rows.into_iter().map(PrivacyRecipient::from).collect(),
        next: None,
    }))
}

/// Enters a recipient. Its secret is never shown again.
#[utoipa::path(post, path = "/datasets/{ds}/privacy-recipients", tag = "privacy requests", request_body = NewRecipient,
    params(("ds", description = "Short name of the dataset")),
    responses((status = 201, body = NewRecipientId)))]
async fn add_recipient(
    caller: Caller,
    Path(ds): Path<String>,
    body: Body<NewRecipient>,
) -> Answer<(StatusCode, Json<NewRecipientId>)> {
    let dataset = caller.dataset(&ds).await?;
    let it = body.it;
    let id = caller
        .engine
        .add_recipient(&caller.actor, dataset.id, &it.name, &it.url, &it.secret)
        .await?;
    Ok((StatusCode::CREATED, Json(id.into())))
}

/// Takes a recipient out of use. What it was told stays on record.
#[utoipa::path(delete, path = "/datasets/{ds}/privacy-recipients/{id}", tag = "privacy requests",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id of the recipient")),
    responses((status = 204)))]
async fn remove_recipient(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<StatusCode> {
    let dataset = caller.dataset(&ds).await?;
    caller
        .engine
        .remove_recipient(&caller.actor, dataset.id, read_id(&id, "recipient")?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
