//! The browser's files: WebAssembly, styles, fonts and the icon. A release build carries them inside the binary, packed; a
//! debug build reads target/site, so that `cargo leptos watch` shows a change at once.

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Response, StatusCode, Uri, header},
    response::IntoResponse,
    routing::get,
};

/// One file in the forms that it can be sent in.
struct Asset {
    /// Changes whenever the content does.
    tag: String,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/pkg/{*path}", get(serve))
        .route("/fonts/{*path}", get(serve))
        .route("/favicon.svg", get(serve))
}

async fn serve(uri: Uri, headers: HeaderMap) -> Response<Body> {
    let path = uri.path().trim_start_matches('/');
    let Some(asset) = find(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (encoding, content) = match (asset.brotli, asset.gzip) {
        (Some(packed), _) if accepts(&headers, "br") => ("br", packed),
        (_, Some(packed)) if accepts(&headers, "gzip") => ("gzip", packed),
        _ => ("identity", asset.plain),
    };
    // Each form has a tag of its own: a cache must not take one for the other.
    let tag = format!("\"{}-{encoding}\"", asset.tag);
    let response = Response::builder()
        .header(header::ETAG, &tag)
        .header(header::CACHE_CONTROL, "no-cache")
        .header(header::VARY, "Accept-Encoding");
    let response = if is_known(&headers, &tag) {
        response.status(StatusCode::NOT_MODIFIED).body(Body::empty())
    } else {
        let response = response
            .header(header::CONTENT_TYPE, media_type(path))
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        let response = if encoding == "identity" {
            response
        } else {
            response.header(header::CONTENT_ENCODING, encoding)
        };
        response.body(Body::from(content))
    };
    response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Whether the client takes this encoding; `q=0` means that it does not.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    list(headers, header::ACCEPT_ENCODING).any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|q| q.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

/// Whether the client already holds this very form.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    list(headers, header::IF_NONE_MATCH).any(|item| item == "*" || item.trim_start_matches("W/") == tag)
}

/// The items of a header that holds a comma-separated list.
fn list(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().collect::<Vec<_>>().into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// A row of the table that build.rs writes.
#[cfg(not(debug_assertions))]
struct Embedded {
    path: &'static str,
    tag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

#[cfg(not(debug_assertions))]
fn find(path: &str) -> Option<Asset> {
    const EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));
    let row = EMBEDDED.iter().find(|row| row.path == path)?;
    Some(Asset {
        tag: row.tag.to_owned(),
        plain: Bytes::from_static(row.plain),
        brotli: row.brotli.map(Bytes::from_static),
        gzip: row.gzip.map(Bytes::from_static),
    })
}

#[cfg(debug_assertions)]
fn find(path: &str) -> Option<Asset> {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    if path.split('/').any(|part| part == "..") {
        return None;
    }
    let site = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/site/");
    let plain = Bytes::from(std::fs::read(format!("{site}{path}")).ok()?);
    let mut hasher = DefaultHasher::new();
    plain.hash(&mut hasher);
    Some(Asset {
        tag: format!("{:016x}", hasher.finish()),
        plain,
        brotli: None,
        gzip: None,
    })
}
