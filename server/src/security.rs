//! Headers that every answer carries, and the guard against requests that another site makes in a person's name.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
    middleware::Next,
};
use tower_http::csrf::{CsrfLayer, ProtectionError};

/// Where an answer brings no policy of its own, it is no page: nothing in it may run, load or be framed.
const POLICY_DEFAULT: &str = "default-src 'none'; frame-ancestors 'none'";

/// Sets what is missing. `https`: browsers come by TLS.
pub(crate) async fn headers(
    State(https): State<bool>,
    request: Request,
    next: Next,
) -> axum::response::Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    default(headers, header::CONTENT_SECURITY_POLICY, POLICY_DEFAULT);
    default(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(headers, header::REFERRER_POLICY, "same-origin");
    default(
        headers,
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    default(
        headers,
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    default(headers, header::CACHE_CONTROL, "no-store");
    if https {
        default(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

fn default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

/// The policy of a page: only scripts that carry this answer's nonce may run.
pub(crate) fn page_policy(nonce: &str) -> Option<HeaderValue> {
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).ok()
}

/// Refuses to change anything on behalf of another site. In front of everything that takes cookies.
///
/// # Errors
/// The public address is no origin.
pub(crate) fn csrf(
    public_origin: Option<&str>,
) -> Result<CsrfLayer<impl FnMut(ProtectionError) -> Response<Body> + Clone + Send + Sync + 'static>, String>
{
    let mut layer = CsrfLayer::new();
    if let Some(origin) = public_origin {
        layer = layer
            .add_trusted_origin(origin)
            .map_err(|error| format!("public_origin: {error}."))?;
    }
    Ok(layer.with_rejection_response(|_: ProtectionError| {
        let mut response = Response::new(Body::from(
            "Another site sent this request, so nothing was done.\n",
        ));
        *response.status_mut() = StatusCode::FORBIDDEN;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        response
    }))
}
