//! A reply of the OpenDSR door: JSON, signed over its bytes, with the headers of the specification (7.3, 8.3) and those of its
//! predecessor. A refusal has the shape of 7.6 and names no identity.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use domain::problem::{Code, Problem};
use engine::Engine;
use serde_json::{Value, json};

/// The headers that name the processor.
const DOMAIN: [&str; 2] = ["x-opendsr-processor-domain", "x-opengdpr-processor-domain"];
/// The headers with the signature.
const SIGNATURE: [&str; 2] = ["x-opendsr-signature", "x-opengdpr-signature"];

/// What was done, or why not.
pub(super) fn signed(engine: &Engine, outcome: Result<(StatusCode, Value), Problem>) -> Response {
    let (status, value) = match outcome {
        Ok(done) => done,
        Err(problem) => refusal(&problem),
    };
    let bytes = value.to_string().into_bytes();
    let mut headers = vec![
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::PRAGMA, "no-cache".to_owned()),
    ];
    if status == StatusCode::UNAUTHORIZED {
        headers.push((header::WWW_AUTHENTICATE, "Bearer realm=\"lethe\"".to_owned()));
    }
    if let Some(processor) = engine.processor() {
        match processor.sign(&bytes) {
            Ok(signature) => {
                let own = DOMAIN.map(|name| (HeaderName::from_static(name), processor.domain().to_owned()));
                headers.extend(own);
                headers.extend(SIGNATURE.map(|name| (HeaderName::from_static(name), signature.clone())));
            }
            // An unsigned reply is of no use to a controller, and must not look like one that was tampered with.
            Err(why) => {
                tracing::error!(%why, "a reply could not be signed");
                return bare(StatusCode::INTERNAL_SERVER_ERROR, Vec::new(), Vec::new());
            }
        }
    }
    bare(status, headers, bytes)
}

fn bare(status: StatusCode, headers: Vec<(HeaderName, String)>, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The error object of 7.6. What is wrong with the request itself is 400, as the specification has it.
fn refusal(problem: &Problem) -> (StatusCode, Value) {
    let (status, domain) = match problem.code {
        Code::Unauthenticated | Code::Forbidden => (problem.code.status(), "Authentication"),
        Code::Invalid | Code::BadRequest | Code::RequestExists => (400, "Validation"),
        Code::StateRefused => (400, "State"),
        other => (other.status(), "Processing"),
    };
    let value = json!({ "error": {
        "code": status,
        "message": problem.message,
        "errors": [{ "domain": domain, "reason": problem.code.as_str(), "message": problem.message }],
    } });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, value)
}
