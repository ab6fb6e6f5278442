//! The door by which a browser sends a file of members: a form with a file, streamed into the import as it arrives, so that its
//! size costs no memory. By session, with the guard against other sites in front; the answer leads to the segment's page.

use crate::router::Site;
use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use domain::{
    access::SessionInfo,
    id::SegmentId,
    problem::{Code, Problem},
};
use engine::{Engine, import::ListMode};
use futures_util::TryStreamExt as _;
use http_body_util::Limited;
use multer::{Constraints, Multipart, SizeLimit};
use std::io;
use tokio_util::io::StreamReader;

/// The largest form: a list of about ten million identities. Larger ones come by `lethe import lists`.
const FORM_BYTES_MAX: usize = 256 << 20;
/// The longest field beside the file.
const FIELD_BYTES_MAX: u64 = 64;

pub(crate) fn routes(site: &Site) -> Router {
    Router::new()
        .route("/d/{ds}/segments/{id}/members", get(show).post(take))
        .with_state(site.engine.clone())
}

/// The form stands on the segment's page: who comes back to this address, after a log-in perhaps, is led there.
async fn show(Path((ds, id)): Path<(String, String)>) -> Response {
    see_other(&page(&ds, &id, &[]))
}

async fn take(
    State(engine): State<Engine>,
    Extension(session): Extension<Option<SessionInfo>>,
    Path((ds, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let query = match load(&engine, session, &ds, &id, &headers, body).await {
        Ok(report) => [("report", report.to_string()), ("field", String::new())],
        Err(problem) => [
            ("problem", problem.code.as_str().to_owned()),
            ("field", problem.field.unwrap_or_default()),
        ],
    };
    see_other(&page(&ds, &id, &query))
}

/// Reads the form up to its file, and the file into the segment. Gives the number of the report.
async fn load(
    engine: &Engine,
    session: Option<SessionInfo>,
    ds: &str,
    id: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<i64, Problem> {
    let session = session.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let dataset = engine
        .dataset(&session.actor, ds)
        .await
        .map_err(engine::Error::into_problem)?;
    let id: SegmentId = id.parse().map_err(|_| Problem::not_found("segment"))?;
    let mut form = form(headers, body)?;
    let mut mode = None;
    loop {
        let field = form.next_field().await.map_err(|error| broken(&error))?;
        let Some(field) = field else {
            return Err(Problem::new(Code::FileMissing).on("file"));
        };
        match field.name() {
            Some("file") if field.file_name().is_some_and(|name| !name.is_empty()) => {
                let mode = mode.ok_or_else(|| Problem::new(Code::Invalid).on("mode"))?;
                let input = StreamReader::new(field.map_err(broke_off));
                let loaded = engine.load_members(&session.actor, dataset.id, id, mode, Box::pin(input));
                return loaded.await.map_err(engine::Error::into_problem);
            }
            Some("file") => return Err(Problem::new(Code::FileMissing).on("file")),
            Some("mode") => {
                let text = field.text().await.map_err(|error| broken(&error))?;
                mode = ListMode::parse(&text);
            }
            _ => {}
        }
    }
}

/// The form, with a bound on what it may hold.
fn form(headers: &HeaderMap, body: Body) -> Result<Multipart<'static>, Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let announced = text(header::CONTENT_LENGTH).and_then(|bytes| bytes.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > FORM_BYTES_MAX) {
        return Err(Problem::new(Code::TooLarge).on("file"));
    }
    let boundary = multer::parse_boundary(text(header::CONTENT_TYPE).unwrap_or_default())
        .map_err(|_| Problem::new(Code::BadRequest))?;
    let limits = SizeLimit::new().for_field("mode", FIELD_BYTES_MAX);
    let body = Body::new(Limited::new(body, FORM_BYTES_MAX)).into_data_stream();
    Ok(Multipart::with_constraints(
        body,
        boundary,
        Constraints::new()
            .size_limit(limits)
            .allowed_fields(vec!["mode", "file"]),
    ))
}

/// A form that breaks off within the file: the import must not take the beginning for the whole.
fn broke_off(_: multer::Error) -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

fn broken(error: &multer::Error) -> Problem {
    Problem::new(if too_large(error) {
        Code::TooLarge
    } else {
        Code::BadRequest
    })
}

/// Whether the bound on the whole form was hit, which arrives wrapped.
fn too_large(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<http_body_util::LengthLimitError>() || error.source().is_some_and(too_large)
}

fn page(ds: &str, id: &str, query: &[(&str, String)]) -> String {
    let path = format!(
        "{}/{}",
        app::paths::segments(&app::paths::encode(ds)),
        app::paths::encode(id)
    );
    let query: Vec<(&str, &str)> = query
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let tab = app::paths::with_query(&path, &[("tab", "members")]);
    app::paths::with_query(&tab, &query)
}

fn see_other(to: &str) -> Response {
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, to.to_owned())],
        Body::empty(),
    )
        .into_response()
}
