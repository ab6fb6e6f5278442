//! `/api/v1`: the management API of contract.md 4, by token only; cookies are not looked at. Also the API's own
//! description and the two health doors.

mod answer;
mod audit;
mod caller;
mod campaigns;
mod datasets;
mod decisions;
mod docs;
mod extract;
mod health;
mod holds;
mod imports;
mod job_files;
mod jobs;
mod limits;
mod openapi;
mod opendsr;
mod persons;
mod profiles;
mod receipts;
mod rechecks;
mod recurring;
mod requests;
mod segment_members;
mod segments;
mod suppressions;
mod uses;
mod warehouse;

pub(crate) use caller::credentials;

use crate::foreground;
use axum::{
    Json, Router,
    http::StatusCode,
    middleware,
    response::IntoResponse,
    routing::{any, get},
};
use domain::problem::{Code, Problem};
use engine::Engine;
use utoipa_axum::router::OpenApiRouter;

/// The routes, their description, and what answers beside them.
pub(crate) fn routes(engine: &Engine) -> Router {
    let (api, document) = OpenApiRouter::new()
        .merge(datasets::routes())
        .merge(imports::routes())
        .merge(profiles::routes())
        .merge(segments::routes())
        .merge(segment_members::routes())
        .merge(campaigns::routes())
        .merge(decisions::routes())
        .merge(uses::routes())
        .merge(holds::routes())
        .merge(jobs::routes())
        .merge(limits::routes())
        .merge(recurring::routes())
        .merge(job_files::routes())
        .merge(receipts::routes())
        .merge(audit::routes())
        .merge(warehouse::routes())
        .merge(suppressions::routes())
        .merge(rechecks::routes())
        .merge(requests::routes())
        .split_for_parts();
    let (persons, of_persons) = persons::routes().split_for_parts();
    let document = openapi::finish(document, of_persons);
    let page = docs::page(&document);
    let measured = middleware::from_fn_with_state(engine.clone(), foreground::reads);
    let api = api
        .fallback(nothing)
        .method_not_allowed_fallback(wrong_method)
        .layer(measured);
    Router::new()
        .nest("/api/v1", api)
        .nest("/api", persons.method_not_allowed_fallback(wrong_method))
        .route("/api/openapi.json", get(async move || Json(document.clone())))
        .route("/api/docs", get(async move || docs::answer(&page)))
        .merge(health::routes())
        // Addresses that are none: token territory, so no log-in page.
        .route("/api/{*rest}", any(nothing))
        .route("/v1/{*rest}", any(nothing))
        .merge(opendsr::routes())
        .with_state(engine.clone())
}

async fn nothing() -> impl IntoResponse {
    answer::Refused(Problem::because(
        Code::NotFound,
        "There is nothing at this address. See /api/docs.",
    ))
}

async fn wrong_method() -> impl IntoResponse {
    let problem = Problem::because(
        Code::BadRequest,
        "This address does not take that method. See /api/docs.",
    );
    (StatusCode::METHOD_NOT_ALLOWED, answer::Refused(problem).body())
}
