//! `/datasets/{ds}/warehouse`, and a job's report.

use super::{answer::Answer, caller::Caller};
use crate::{
    download,
    wire::{JobReport, WarehouseState},
};
use axum::{Json, extract::Path, response::Response};
use domain::{problem::Problem, warehouse::Table};
use engine::Engine;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(table))
        .routes(routes!(report))
}

/// What is in the warehouse copy, how far behind it is, and what it keeps of deleted people.
#[utoipa::path(get, path = "/datasets/{ds}/warehouse", tag = "warehouse",
    params(("ds", description = "Short name of the dataset")),
    responses((status = 200, body = WarehouseState)))]
async fn show(caller: Caller, Path(ds): Path<String>) -> Answer<Json<WarehouseState>> {
    let dataset = caller.dataset(&ds).await?;
    Ok(Json(
        caller.engine.warehouse(&caller.actor, dataset.id).await?.into(),
    ))
}

/// A table of the warehouse as CSV. A cell that a spreadsheet would take for a formula begins with an apostrophe. Needs a
/// token of scope admin.
#[utoipa::path(get, path = "/datasets/{ds}/warehouse/{table}", tag = "warehouse",
    params(("ds", description = "Short name of the dataset"),
        ("table", description = "`profiles.csv`, `events.csv` or `deleted_people.csv`")),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn table(caller: Caller, Path((ds, table)): Path<(String, String)>) -> Answer<Response> {
    let dataset = caller.dataset(&ds).await?;
    let table = Table::of_file(&table).ok_or_else(|| Problem::not_found("table"))?;
    let file = caller
        .engine
        .export_warehouse(&caller.actor, dataset.id, table)
        .await?;
    Ok(download::answer(file))
}

/// What a deletion changed: every metric before and after, accumulated or aggregated, and why it did or did not move.
#[utoipa::path(get, path = "/datasets/{ds}/deletion-jobs/{id}/report", tag = "deletion jobs",
    params(("ds", description = "Short name of the dataset"), ("id", description = "Id or number of the job")),
    responses((status = 200, body = JobReport)))]
async fn report(caller: Caller, Path((ds, id)): Path<(String, String)>) -> Answer<Json<JobReport>> {
    let (dataset, id) = super::jobs::place(&caller, &ds, &id).await?;
    let report = caller.engine.job_report(&caller.actor, dataset, id).await?;
    Ok(Json(report.into()))
}
