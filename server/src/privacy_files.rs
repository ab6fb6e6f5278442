//! Downloads of privacy requests in the console, by session: the register, and the answer to a person.

use crate::{download, router::Site, wire};
use axum::{
    Extension, Json, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use domain::{
    access::SessionInfo,
    dataset::Dataset,
    id::RequestId,
    problem::{Code, Problem},
};
use engine::Engine;

type Session = Extension<Option<SessionInfo>>;

/// The routes. They stand behind the session's gate, so somebody is there.
pub(crate) fn routes(site: &Site) -> Router {
    Router::new()
        .route("/d/{ds}/privacy/register.csv", get(register))
        .route("/d/{ds}/privacy/{id}/answer.json", get(answer))
        .with_state(site.engine.clone())
}

async fn open(
    engine: &Engine,
    session: &Option<SessionInfo>,
    ds: &str,
) -> engine::Result<(SessionInfo, Dataset)> {
    let session = session
        .clone()
        .ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let dataset = engine.dataset(&session.actor, ds).await?;
    Ok((session, dataset))
}

async fn register(
    State(engine): State<Engine>,
    Extension(session): Session,
    Path(ds): Path<String>,
) -> Response {
    let file = async {
        let (session, dataset) = open(&engine, &session, &ds).await?;
        engine.request_register(&session.actor, dataset.id).await
    };
    match file.await {
        Ok(file) => download::answer(file),
        Err(error) => refused(&error.into_problem()),
    }
}

async fn answer(
    State(engine): State<Engine>,
    Extension(session): Session,
    Path((ds, id)): Path<(String, String)>,
) -> Response {
    let made = async {
        let (session, dataset) = open(&engine, &session, &ds).await?;
        let id = RequestId::parse(&id).ok_or_else(|| Problem::not_found("privacy request"))?;
        engine.request_answer(&session.actor, dataset.id, id).await
    };
    match made.await {
        Ok(made) => {
            let made = wire::Answer::from(made);
            let name = format!("attachment; filename=\"{}\"", made.file_name());
            ([(header::CONTENT_DISPOSITION, name)], Json(made)).into_response()
        }
        Err(error) => {
            let problem = error.into_problem();
            // What can be helped leads back to the page with its reason.
            match (problem.code, RequestId::parse(&id)) {
                (Code::StateRefused | Code::ResultsGone, Some(id)) => {
                    let code = problem.code;
                    Redirect::to(&format!("/d/{ds}/privacy/{id}?problem={code}&field=request"))
                        .into_response()
                }
                _ => refused(&problem),
            }
        }
    }
}

/// A refused download is one sentence.
fn refused(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, format!("{}\n", problem.message)).into_response()
}
