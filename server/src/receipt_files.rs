//! What the console hands out about a receipt, by session: the receipt as it was signed, the public key, and the proof for one
//! person. Who is asked for comes in the body of a post and is answered in that post's own page or file: an address would keep it in
//! the browser's history, and nothing here is to keep it.

use crate::router::Site;
use axum::{
    Extension, Form, Router,
    body::Body,
    extract::{FromRequest as _, Path, Request},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use domain::{
    access::SessionInfo,
    id::{DatasetId, JobId},
    problem::{Code, Problem},
    receipt::{Proven, ReceiptOf},
};
use engine::Engine;
use leptos::prelude::{IntoView, provide_context};
use leptos_axum::render_app_async_with_context;
use serde::Deserialize;

/// The name of the public key's file.
const KEY_FILE: &str = "lethe-receipt-key.pem";

/// The form of the receipt's page.
#[derive(Debug, Default, Deserialize)]
struct Ask {
    /// Whose proof.
    #[serde(default)]
    identity: String,
    /// `file`: as a file; else in the page.
    #[serde(default)]
    act: String,
}

/// The routes. They stand behind the session's gate, so somebody is there. `context` and `page`: how pages are made.
pub(crate) fn routes<V: IntoView + 'static>(
    site: &Site,
    context: impl Fn() + Clone + Send + Sync + 'static,
    page: impl Fn() -> V + Clone + Send + Sync + 'static,
) -> Router {
    let of_receipt = site.engine.clone();
    let of_key = site.engine.clone();
    let of_proof = site.engine.clone();
    type Session = Extension<Option<SessionInfo>>;
    Router::new()
        .route(
            "/d/{ds}/jobs/{id}/receipt.json",
            get(
                async move |Extension(session): Session, Path(place): Path<(String, String)>| {
                    receipt(&of_receipt, session, &place)
                        .await
                        .unwrap_or_else(refused)
                },
            ),
        )
        .route(
            "/receipt-key.pem",
            get(async move || attachment(KEY_FILE, "application/x-pem-file", of_key.receipt_key())),
        )
        .route(
            "/d/{ds}/jobs/{id}/receipt",
            post(
                async move |Extension(session): Session,
                            Path(place): Path<(String, String)>,
                            request: Request| {
                    let (parts, body) = request.into_parts();
                    let form = Form::<Ask>::from_request(Request::from_parts(parts.clone(), body), &()).await;
                    let Ok(Form(ask)) = form else {
                        return refused(Problem::new(Code::BadRequest));
                    };
                    let result = prove(&of_proof, session, &place, &ask.identity).await;
                    if let (Ok(proven), "file") = (&result, ask.act.as_str()) {
                        return attachment(&proven.file_name, "application/json", proven.file.clone());
                    }
                    let answer = app::ProofAnswer {
                        typed: ask.identity,
                        result,
                    };
                    let context = context.clone();
                    let with_answer = move || {
                        context();
                        provide_context(answer.clone());
                    };
                    let show = render_app_async_with_context(with_answer, page.clone());
                    show(Request::from_parts(parts, Body::empty()))
                        .await
                        .into_response()
                },
            ),
        )
}

async fn place(
    engine: &Engine,
    session: Option<SessionInfo>,
    (ds, id): &(String, String),
) -> Result<(SessionInfo, DatasetId, ReceiptOf), Problem> {
    let session = session.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let dataset = engine.dataset(&session.actor, ds).await;
    let dataset = dataset.map_err(engine::Error::into_problem)?.id;
    let job = JobId::parse(id).ok_or_else(|| Problem::not_found("job"))?;
    Ok((session, dataset, ReceiptOf::Job(job)))
}

async fn receipt(
    engine: &Engine,
    session: Option<SessionInfo>,
    at: &(String, String),
) -> Result<Response, Problem> {
    let (session, dataset, of) = place(engine, session, at).await?;
    let file = engine.receipt_file(&session.actor, dataset, of).await;
    let (name, text) = file.map_err(engine::Error::into_problem)?;
    Ok(attachment(&name, "application/json", text))
}

async fn prove(
    engine: &Engine,
    session: Option<SessionInfo>,
    at: &(String, String),
    identity: &str,
) -> Result<Proven, Problem> {
    let (session, dataset, of) = place(engine, session, at).await?;
    let proven = engine.prove(&session.actor, dataset, of, identity).await;
    proven.map_err(engine::Error::into_problem)
}

fn attachment(name: &str, media: &'static str, text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    // A short name and a number are letters, digits and hyphens; were they not, the browser would choose a name.
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

fn refused(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, format!("{}\n", problem.message)).into_response()
}
