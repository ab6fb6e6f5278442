//! How long people and programs wait for answers that are wanted at once: measured here, judged by the engine, which lets
//! deletions rest when it is too long. Knows nothing of what is answered.

use axum::{
    body::Body,
    extract::State,
    http::{Method, Request},
    middleware::Next,
    response::Response,
};
use engine::Engine;
use std::time::Instant;

/// Measures a page or a server function: from its coming to the head of its answer.
pub(crate) async fn all(State(engine): State<Engine>, request: Request<Body>, next: Next) -> Response {
    let begun = Instant::now();
    let response = next.run(request).await;
    engine.answered(begun.elapsed());
    response
}

/// Measures what reads alone: an import takes as long as its file is.
pub(crate) async fn reads(state: State<Engine>, request: Request<Body>, next: Next) -> Response {
    if request.method() == Method::GET {
        all(state, request, next).await
    } else {
        next.run(request).await
    }
}
