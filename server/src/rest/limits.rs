//! `/settings/limits`: what administrators set for the whole installation.

use super::{answer::Answer, caller::Caller, extract::Body};
use crate::wire::{Limits, LimitsPatch};
use axum::Json;
use domain::problem::{Code, Problem};
use engine::Engine;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(show, change))
}

/// The limits.
#[utoipa::path(get, path = "/settings/limits", tag = "settings", responses((status = 200, body = Limits)))]
async fn show(caller: Caller) -> Answer<Json<Limits>> {
    Ok(Json(caller.engine.limits(&caller.actor).await?.into()))
}

/// Sets limits. Jobs and receipts that are there already stay as they are.
#[utoipa::path(patch, path = "/settings/limits", tag = "settings", request_body = LimitsPatch,
    responses((status = 200, body = Limits)))]
async fn change(caller: Caller, body: Body<LimitsPatch>) -> Answer<Json<Limits>> {
    if body.it.job_seconds_max.is_none() && body.it.proof_days.is_none() {
        let message = "Send job_seconds_max (seconds, or null for five days), proof_days (days, or null for 731), or both.";
        return Err(Problem::because(Code::BadRequest, message)
            .on("job_seconds_max")
            .into());
    }
    if let Some(days) = body.it.proof_days {
        let typed = days.map_or(String::new(), |days| days.to_string());
        caller.engine.set_proof_days(&caller.actor, &typed).await?;
    }
    if let Some(seconds) = body.it.job_seconds_max {
        caller.engine.set_job_seconds_max(&caller.actor, seconds).await?;
    }
    Ok(Json(caller.engine.limits(&caller.actor).await?.into()))
}
