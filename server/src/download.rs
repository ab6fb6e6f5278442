//! Files on their way out, by whichever door: the answer that a browser saves under a name, its bytes streamed as they are
//! read. Knows nothing of what is in them.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use engine::Download;
use futures_util::TryStreamExt as _;

/// The answer. Where reading fails half-way the connection is broken off, so that nobody takes a part for the whole.
pub(crate) fn answer(file: Download) -> Response {
    let disposition = format!("attachment; filename=\"{}\"", file.file_name);
    let rows = file.rows.inspect_err(|error| {
        tracing::warn!(%error, "a download broke off");
    });
    let mut response = Body::from_stream(rows).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    // The name is plain ASCII without quotation marks; were it not, the browser would choose one.
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
