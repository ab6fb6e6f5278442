//! `/datasets/{ds}/deletion-jobs`.

use super::{
    answer::Answer,
    caller::Caller,
    extract::{Body, Params, Part, page_request},
};
use crate::{
    deletion::{self, Begun},
    wire::{Job, Leftover, Page, Plan, RatePatch, StartJob, read_id},
};
use axum::{
    Json,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    id::{DatasetId, JobId},
    problem::{Code, Problem},
};
use engine::{Engine, Idempotency};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The longest Idempotency-Key.
const KEY_BYTES_MAX: usize = 255;

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, start))
        .routes(routes!(show, change))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(cancel))
        .routes(routes!(plan))
        .routes(routes!(start_now))
        .routes(routes!(leftovers))
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Those of this segment alone.
    segment: Option<String>,
    /// Rows wanted: 1 to 1,000, else 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The dataset and the job that a path names.
pub(super) async fn place(caller: &Caller, ds: &str, id: &str) -> Answer<(DatasetId, JobId)> {
    let dataset = caller.dataset(ds).await?.id;
    Ok((
        dataset,
        JobId::parse(id).ok_or_else(|| Problem::not_found("job"))?,
    ))
}

/// Jobs, newest first.
#[utoipa::path(get, path = "/datasets/{ds}/deletion-jobs", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), Which),
    responses((status = 200, body = Page<Job>)))]
async fn list(
    caller: Caller,
    Path(ds): Path<String>,
    Params(which): Params<Which>,
) -> Answer<Json<Page<Job>>> {
    let dataset = caller.dataset(&ds).await?;
    let segment = which.segment.map(|id| read_id(&id, "segment")).transpose()?;
    let asked = page_request(which.limit, which.cursor)?;
    let jobs = caller
        .engine
        .jobs(&caller.actor, dataset.id, segment, asked)
        .await?;
    Ok(Json(Page::of(jobs, Job::from)))
}

/// Deletes everyone in a segment. With `dry_run` it only checks and counts.
#[utoipa::path(post, path = "/datasets/{ds}/deletion-jobs", tag = "deletion jobs", request_body = StartJob,
    params(("ds", description = "Short name of the dataset"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body starts one job only")),
    responses((status = 201, body = Job), (status = 200, description = "A dry run", body = Job)))]
async fn start(
    caller: Caller,
    Path(ds): Path<String>,
    headers: HeaderMap,
    body: Body<StartJob>,
) -> Answer<Response> {
    let dataset = caller.dataset(&ds).await?;
    let once = idempotency(&headers, &ds, &body.bytes)?;
    Ok(
        match deletion::start(&caller.engine, &caller.actor, &dataset, &body.it, once).await? {
            Begun::Job(job) => {
                let id = job.id.as_deref().unwrap_or_default();
                let location = format!("/api/v1/datasets/{}/deletion-jobs/{id}", dataset.slug);
                (StatusCode::CREATED, [(header::LOCATION, location)], Json(job)).into_response()
            }
            Begun::DryRun(job) => Json(job).into_response(),
        },
    )
}

/// The caller's key, bound to the dataset and to what the body says, however it is spaced.
fn idempotency(headers: &HeaderMap, ds: &str, body: &[u8]) -> Answer<Option<Idempotency>> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|key| !key.is_empty() && key.len() <= KEY_BYTES_MAX);
    let key = key.ok_or_else(|| {
        let message = format!("The Idempotency-Key has 1 to {KEY_BYTES_MAX} visible ASCII characters.");
        Problem::because(Code::BadRequest, message).on("Idempotency-Key")
    })?;
    let canonical: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(ds.as_bytes())
        .update(b"\n")
        .update(canonical.to_string().as_bytes());
    Ok(Some(Idempotency {
        key: key.to_owned(),
        body_hash: *hasher.finalize().as_bytes(),
    }))
}

/// A job.
#[utoipa::path(get, path = "/datasets/{ds}/deletion-jobs/{id}", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 200, body = Job)))]
async fn show(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<Job>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    Ok(Json(caller.engine.job(&caller.actor, dataset, id).await?.into()))
}

/// Changes the speed limit or the quiet hours, also while the job waits or runs; it takes effect at the next batch.
#[utoipa::path(patch, path = "/datasets/{ds}/deletion-jobs/{id}", tag = "deletion jobs", request_body = RatePatch,
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 200, body = Job)))]
async fn change(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    body: Body<RatePatch>,
) -> Answer<Json<Job>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let changed = match (body.it.max_rate, body.it.quiet_hours) {
        (Some(rate), None) => {
            caller
                .engine
                .set_job_rate(&caller.actor, dataset, id, rate)
                .await?
        }
        (None, Some(hours)) => {
            let hours = hours.map(|hours| hours.read()).transpose()?;
            caller
                .engine
                .set_job_quiet_hours(&caller.actor, dataset, id, hours)
                .await?
        }
        // Both in one request would leave one of them done where the other is refused.
        _ => {
            let message = "Send max_rate (profiles a second, or null for no limit) or quiet_hours (or null for none), one at a time.";
            return Err(Problem::because(Code::BadRequest, message).on("max_rate").into());
        }
    };
    Ok(Json(changed.into()))
}

/// Stops before the next batch; the job keeps its place.
#[utoipa::path(post, path = "/datasets/{ds}/deletion-jobs/{id}/pause", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 200, body = Job)))]
async fn pause(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<Job>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    Ok(Json(
        caller.engine.pause_job(&caller.actor, dataset, id).await?.into(),
    ))
}

/// Lets a paused job go on.
#[utoipa::path(post, path = "/datasets/{ds}/deletion-jobs/{id}/resume", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 200, body = Job)))]
async fn resume(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<Job>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    Ok(Json(
        caller.engine.resume_job(&caller.actor, dataset, id).await?.into(),
    ))
}

/// How much of a plan is cancelled.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HowMuch {
    /// Whether the jobs behind this one in its plan go on; else they are cancelled with it.
    #[serde(default)]
    alone: bool,
}

/// Ends a job, and those behind it in its plan. Who was deleted stays deleted.
#[utoipa::path(post, path = "/datasets/{ds}/deletion-jobs/{id}/cancel", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job"), HowMuch),
    responses((status = 200, body = Job)))]
async fn cancel(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    Params(how_much): Params<HowMuch>,
) -> Answer<Json<Job>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let (engine, actor) = (&caller.engine, &caller.actor);
    let job = if how_much.alone {
        engine.cancel_job_alone(actor, dataset, id).await?
    } else {
        engine.cancel_job(actor, dataset, id).await?
    };
    Ok(Json(job.into()))
}

/// The plan that a job belongs to: all of its jobs, taken as one.
#[utoipa::path(get, path = "/datasets/{ds}/deletion-jobs/{id}/plan", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of any of its jobs")),
    responses((status = 200, body = Plan)))]
async fn plan(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<Plan>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let found = caller.engine.plan(&caller.actor, dataset, id).await?;
    let plan = found.ok_or_else(|| Problem::not_found("plan"))?;
    Ok(Json(plan.into()))
}

/// Ends the waiting before the start.
#[utoipa::path(post, path = "/datasets/{ds}/deletion-jobs/{id}/start-now", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 200, body = Job)))]
async fn start_now(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<Job>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    Ok(Json(
        caller
            .engine
            .start_job_now(&caller.actor, dataset, id)
            .await?
            .into(),
    ))
}

/// Targets that were not deleted, each with its reason.
#[utoipa::path(get, path = "/datasets/{ds}/deletion-jobs/{id}/leftovers", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job"), Part),
    responses((status = 200, body = Page<Leftover>)))]
async fn leftovers(
    caller: Caller,
    Path((ds, id)): Path<(String, String)>,
    Params(part): Params<Part>,
) -> Answer<Json<Page<Leftover>>> {
    let (dataset, id) = place(&caller, &ds, &id).await?;
    let rows = caller
        .engine
        .leftovers(&caller.actor, dataset, id, part.request()?)
        .await?;
    Ok(Json(Page::of(rows, Leftover::from)))
}
