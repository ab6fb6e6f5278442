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
    routing::{MethodRouter, get, post},
};
use domain::{
    access::SessionInfo,
    id::{DatasetId, JobId, RequestId},
    problem::{Code, Problem},
    receipt::{Proven, ReceiptOf},
};
use engine::Engine;
use leptos::prelude::{IntoView, provide_context};
use leptos_axum::render_app_async_with_context;
use serde::Deserialize;

/// The name of the public key's file.
const KEY_FILE: &str = "lethe-receipt-key.pem";

type Session = Extension<Option<SessionInfo>>;

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
    let of_key = site.engine.clone();
    let key = async move || attachment(KEY_FILE, "application/x-pem-file", of_key.receipt_key());
    let mut router = Router::new().route("/receipt-key.pem", get(key));
    for (whose, read) in [
        ("jobs", read_job as fn(&str) -> Option<ReceiptOf>),
        ("privacy", read_request),
    ] {
        router = router
            .route(
                &format!("/d/{{ds}}/{whose}/{{id}}/receipt.json"),
                file(site, read),
            )
            .route(
                &format!("/d/{{ds}}/{whose}/{{id}}/receipt"),
                proof(site, read, context.clone(), page.clone()),
            );
    }
    router
}

fn read_job(id: &str) -> Option<ReceiptOf> {
    JobId::parse(id).map(ReceiptOf::Job)
}

fn read_request(id: &str) -> Option<ReceiptOf> {
    RequestId::parse(id).map(ReceiptOf::Request)
}

/// The receipt as it was signed.
fn file(site: &Site, read: fn(&str) -> Option<ReceiptOf>) -> MethodRouter {
    let engine = site.engine.clone();
    get(
        async move |Extension(session): Session, Path((ds, id)): Path<(String, String)>| {
            receipt(&engine, session, (&ds, read(&id)))
                .await
                .unwrap_or_else(refused)
        },
    )
}

/// The receipt's page with what a post asked of it, or the proof as a file.
fn proof<V: IntoView + 'static>(
    site: &Site,
    read: fn(&str) -> Option<ReceiptOf>,
    context: impl Fn() + Clone + Send + Sync + 'static,
    page: impl Fn() -> V + Clone + Send + Sync + 'static,
) -> MethodRouter {
    let engine = site.engine.clone();
    post(
        async move |Extension(session): Session, Path((ds, id)): Path<(String, String)>, request: Request| {
            let (parts, body) = request.into_parts();
            let form = Form::<Ask>::from_request(Request::from_parts(parts.clone(), body), &()).await;
            let Ok(Form(ask)) = form else {
                return refused(Problem::new(Code::BadRequest));
            };
            let result = prove(&engine, session, (&ds, read(&id)), &ask.identity).await;
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
    )
}

async fn place(
    engine: &Engine,
    session: Option<SessionInfo>,
    (ds, of): (&str, Option<ReceiptOf>),
) -> Result<(SessionInfo, DatasetId, ReceiptOf), Problem> {
    let session = session.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let dataset = engine.dataset(&session.actor, ds).await;
    let dataset = dataset.map_err(engine::Error::into_problem)?.id;
    let of = of.ok_or_else(|| Problem::not_found("receipt"))?;
    Ok((session, dataset, of))
}

async fn receipt(
    engine: &Engine,
    session: Option<SessionInfo>,
    at: (&str, Option<ReceiptOf>),
) -> Result<Response, Problem> {
    let (session, dataset, of) = place(engine, session, at).await?;
    let file = engine.receipt_file(&session.actor, dataset, of).await;
    let (name, text) = file.map_err(engine::Error::into_problem)?;
    Ok(attachment(&name, "application/json", text))
}

async fn prove(
    engine: &Engine,
    session: Option<SessionInfo>,
    at: (&str, Option<ReceiptOf>),
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
