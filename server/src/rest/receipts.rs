//! Receipts of deletion jobs and of privacy requests, `…/{id}/receipt`, and the proof for one person by them; and the public key by
//! which anybody verifies them. A receipt goes out byte for byte as it was signed.

use super::{answer::Answer, caller::Caller, extract::Body};
use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse as _, Response},
};
use domain::{
    id::{DatasetId, RequestId},
    problem::Problem,
    receipt::ReceiptOf,
};
use engine::Engine;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(receipt))
        .routes(routes!(proof))
        .routes(routes!(request_receipt))
        .routes(routes!(request_proof))
        .routes(routes!(receipt_key))
}

/// Whose proof.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskProof {
    /// A user id, e-mail address, phone number or anonymous id. Not kept.
    identity: String,
}

async fn place(caller: &Caller, ds: &str, id: &str) -> Answer<(DatasetId, ReceiptOf)> {
    let (dataset, job) = super::jobs::place(caller, ds, id).await?;
    Ok((dataset, ReceiptOf::Job(job)))
}

async fn request_place(caller: &Caller, ds: &str, id: &str) -> Answer<(DatasetId, ReceiptOf)> {
    let dataset = caller.dataset(ds).await?.id;
    let id = RequestId::parse(id).ok_or_else(|| Problem::not_found("privacy request"))?;
    Ok((dataset, ReceiptOf::Request(id)))
}

fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// The signed receipt of a job that is over: canonical JSON (RFC 8785) with its Ed25519 signature, as `lethe receipt verify` reads
/// it. 409 `state_refused` where there is none, with the reason.
#[utoipa::path(get, path = "/datasets/{ds}/deletion-jobs/{id}/receipt", tag = "receipts",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 200, description = "{receipt: {…}, signature: hex}", content_type = "application/json", body = String)))]
async fn receipt(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Response> {
    let (dataset, of) = place(&caller, &ds, &id).await?;
    let (_, file) = caller.engine.receipt_file(&caller.actor, dataset, of).await?;
    Ok(json(file))
}

/// The proof that one person is among those whom a job deleted: the receipt, an entry of its tree, the path to the root. Holds no
/// readable identifier; who was asked for is not kept. 404 `not_in_receipt` where nobody with this identity is among them.
#[utoipa::path(post, path = "/datasets/{ds}/deletion-jobs/{id}/receipt/proof", tag = "receipts", request_body = AskProof,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 200, description = "{proof: {…}, signature: hex}", content_type = "application/json", body = String)))]
async fn proof(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<AskProof>,
) -> Answer<Response> {
    let (dataset, of) = place(&caller, &ds, &id).await?;
    let proven = caller
        .engine
        .prove(&caller.actor, dataset, of, &body.it.identity)
        .await?;
    Ok(json(proven.file))
}

/// The signed receipt of an erasure that a privacy request asked for, in the same form as that of a job. 409 `state_refused` with
/// the reason where there is none: until the dead bytes have been wiped, which follows within a minute, or where nobody was erased.
#[utoipa::path(get, path = "/datasets/{ds}/privacy-requests/{id}/receipt", tag = "receipts",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the request")),
    responses((status = 200, description = "{receipt: {…}, signature: hex}", content_type = "application/json", body = String)))]
async fn request_receipt(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Response> {
    let (dataset, of) = request_place(&caller, &ds, &id).await?;
    let (_, file) = caller.engine.receipt_file(&caller.actor, dataset, of).await?;
    Ok(json(file))
}

/// The proof that one identity is among those that a privacy request had erased, in the same form as that of a job.
#[utoipa::path(post, path = "/datasets/{ds}/privacy-requests/{id}/receipt/proof", tag = "receipts", request_body = AskProof,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the request")),
    responses((status = 200, description = "{proof: {…}, signature: hex}", content_type = "application/json", body = String)))]
async fn request_proof(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<AskProof>,
) -> Answer<Response> {
    let (dataset, of) = request_place(&caller, &ds, &id).await?;
    let proven = caller
        .engine
        .prove(&caller.actor, dataset, of, &body.it.identity)
        .await?;
    Ok(json(proven.file))
}

/// The public key of this installation's receipts, as PEM.
#[utoipa::path(get, path = "/receipt-key", tag = "receipts",
    responses((status = 200, description = "An Ed25519 public key", content_type = "application/x-pem-file", body = String)))]
async fn receipt_key(caller: Caller) -> Response {
    (
        [(header::CONTENT_TYPE, "application/x-pem-file")],
        caller.engine.receipt_key(),
    )
        .into_response()
}
