//! Files that a browser or a script takes away: streamed chunk by chunk, never held whole. Knows who asks by session or by
//! token, and nothing of what is in the files.

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use domain::{
    access::{Actor, SessionInfo},
    dataset::Dataset,
    problem::{Code, Problem},
    warehouse::Table,
};
use engine::{Engine, WarehouseExport};
use futures_util::{Stream, stream};

/// The downloads of the console, by session.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(engine: &Engine) -> Router<S> {
    let engine = engine.clone();
    let by_session = async move |session: Extension<Option<SessionInfo>>, path: Path<(String, String)>| {
        let Extension(session) = session;
        let Path((ds, file)) = path;
        match for_session(&engine, session, &ds, &file).await {
            Ok(response) => response,
            Err(error) => refused(&error.into_problem()),
        }
    };
    Router::new().route("/d/{ds}/warehouse/{file}", get(by_session))
}

async fn for_session(
    engine: &Engine,
    session: Option<SessionInfo>,
    ds: &str,
    file: &str,
) -> engine::Result<Response> {
    let session = session.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let dataset = engine.dataset(&session.actor, ds).await?;
    warehouse(engine, &session.actor, &dataset, file).await
}

/// A refused download is one sentence.
fn refused(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, format!("{}\n", problem.message)).into_response()
}

/// A table of the warehouse by the name of its file, `profiles.csv`.
///
/// # Errors
/// `forbidden`, `not_found`.
pub(crate) async fn warehouse(
    engine: &Engine,
    actor: &Actor,
    dataset: &Dataset,
    file: &str,
) -> engine::Result<Response> {
    let table = file.strip_suffix(".csv").and_then(Table::parse);
    let table = table.ok_or_else(|| Problem::not_found("table"))?;
    let export = engine.export_warehouse(actor, dataset.id, table).await?;
    let name = format!("{}-warehouse-{}.csv", dataset.slug, table.as_str());
    let disposition = format!("attachment; filename=\"{name}\"");
    let mut response = Response::new(Body::from_stream(chunks(export)));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    // A short name is letters, digits and hyphens, so this cannot fail.
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// The chunks of an export. A failure cuts the answer off, so that nobody takes a part for the whole.
fn chunks(export: WarehouseExport) -> impl Stream<Item = Result<Bytes, engine::Error>> {
    stream::try_unfold(export, async |mut export| {
        let chunk = export.next().await.inspect_err(|error| {
            tracing::error!(%error, "an export of the warehouse was cut off");
        })?;
        Ok(chunk.map(|chunk| (Bytes::from(chunk), export)))
    })
}
