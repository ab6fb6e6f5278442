//! Files about a deletion job: `/datasets/{ds}/deletion-jobs/{id}/export.csv`, `results.csv`, both as NDJSON too; and what
//! else is done with its list and its stored export.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Body, Params},
    jobs::place,
};
use crate::{
    download,
    wire::{Job, Segment},
};
use axum::{Json, extract::Path, http::StatusCode, response::Response};
use domain::{
    export::Format,
    problem::{Code, Problem},
};
use engine::Engine;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(export_csv))
        .routes(routes!(export_ndjson))
        .routes(routes!(results_csv))
        .routes(routes!(results_ndjson))
        .routes(routes!(wipe_export))
        .routes(routes!(save_as_segment))
}

/// How the people are named.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Naming {
    /// `hashed` (default), or `plain`: those who still exist by their ids, which needs the permission to export.
    ids: Option<String>,
}

impl Naming {
    fn plain(&self) -> Answer<bool> {
        match self.ids.as_deref() {
            None | Some("hashed") => Ok(false),
            Some("plain") => Ok(true),
            Some(_) => Err(Problem::because(Code::Invalid, "ids is hashed or plain.")
                .on("ids")
                .into()),
        }
    }
}

/// A segment to be made of the people who wait for a job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewFromTargets {
    /// Its name.
    name: String,
}

/// Hands the export out.
async fn export(caller: &Caller, ds: &str, id: &str, format: Format) -> Answer<Response> {
    let (dataset, id) = place(caller, ds, id).await?;
    let file = caller.engine.export(&caller.actor, dataset, id, format).await?;
    Ok(download::answer(file))
}

/// Hands the results out.
async fn results(caller: &Caller, ds: &str, id: &str, format: Format, naming: &Naming) -> Answer<Response> {
    let plain = naming.plain()?;
    let (dataset, id) = place(caller, ds, id).await?;
    let file = caller
        .engine
        .results(&caller.actor, dataset, id, format, plain)
        .await?;
    Ok(download::answer(file))
}

/// The people of a job, as CSV: the stored export, or, while nobody has been deleted, the list as it is. A text that a
/// spreadsheet would take for a formula has an apostrophe in front.
#[utoipa::path(get, path = "/datasets/{ds}/deletion-jobs/{id}/export.csv", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 200, description = "id, user_id, email, phone, anonymous_ids, first_seen, last_seen, created, every attribute", content_type = "text/csv", body = String)))]
async fn export_csv(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Response> {
    export(&caller, &ds, &id, Format::Csv).await
}

/// The same, a JSON object a line: every value exactly as it is kept.
#[utoipa::path(get, path = "/datasets/{ds}/deletion-jobs/{id}/export.ndjson", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 200, description = "Profiles, as in /profiles", content_type = "application/x-ndjson", body = String)))]
async fn export_ndjson(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Response> {
    export(&caller, &ds, &id, Format::Ndjson).await
}

/// What became of each profile of a job, as CSV, one row each.
#[utoipa::path(get, path = "/datasets/{ds}/deletion-jobs/{id}/results.csv", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job"), Naming),
    responses((status = 200, description = "profile (keyed hash), identity (keyed hash, where it is known), outcome, reason; with ids=plain also profile_id and known_as of those who still exist", content_type = "text/csv", body = String)))]
async fn results_csv(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    Params(naming): Params<Naming>,
) -> Answer<Response> {
    results(&caller, &ds, &id, Format::Csv, &naming).await
}

/// The same, a JSON object a line.
#[utoipa::path(get, path = "/datasets/{ds}/deletion-jobs/{id}/results.ndjson", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job"), Naming),
    responses((status = 200, description = "Objects with the names of the columns of results.csv", content_type = "application/x-ndjson", body = String)))]
async fn results_ndjson(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    Params(naming): Params<Naming>,
) -> Answer<Response> {
    results(&caller, &ds, &id, Format::Ndjson, &naming).await
}

/// Wipes the stored export of a job before its time: overwritten and removed.
#[utoipa::path(delete, path = "/datasets/{ds}/deletion-jobs/{id}/export", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 200, body = Job)))]
async fn wipe_export(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<Job>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let job = caller.engine.wipe_export(&caller.actor, dataset, id).await?;
    Ok(Json(job.into()))
}

/// Makes a segment by hand of the people who wait for a job, for campaigns to leave out and rules to refer to.
#[utoipa::path(post, path = "/datasets/{ds}/deletion-jobs/{id}/segment", tag = "deletion jobs", request_body = NewFromTargets,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 201, body = Segment)))]
async fn save_as_segment(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<NewFromTargets>,
) -> Answer<(StatusCode, Json<Segment>)> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let made = caller
        .engine
        .save_targets(&caller.actor, dataset, id, &body.it.name)
        .await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
