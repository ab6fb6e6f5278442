//! Whether the server is alive, and whether it is ready to delete.

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use engine::Engine;

pub(super) fn routes() -> Router<Engine> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
}

async fn alive() -> impl IntoResponse {
    Json(serde_json::json!({ "status": "alive" }))
}

/// Ready once the structural check of the files has passed.
async fn ready(State(engine): State<Engine>) -> impl IntoResponse {
    if engine.ready() {
        (StatusCode::OK, Json(serde_json::json!({ "status": "ready" })))
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(serde_json::json!({ "status": "starting" })),
        )
    }
}
