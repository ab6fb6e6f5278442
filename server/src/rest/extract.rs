//! Bodies and query parameters, read strictly: what is not known is refused by name, so that a misspelt field never goes
//! unnoticed.

use super::answer::Refused;
use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{header, request::Parts},
};
use domain::{
    page::{LIMIT_MAX, PageRequest},
    problem::{Code, Problem},
};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

/// The largest JSON body.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A JSON body, and its bytes as they came.
#[derive(Debug)]
pub(super) struct Body<T> {
    pub(super) it: T,
    pub(super) bytes: Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let media = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let media = media.map(|text| text.split(';').next().unwrap_or("").trim().to_ascii_lowercase());
        if media.is_some_and(|media| media != "application/json") {
            return Err(Problem::because(Code::UnsupportedMedia, "Send JSON, as application/json.").into());
        }
        let bytes = to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(|_| {
            Problem::because(
                Code::TooLarge,
                format!("The body is larger than {BODY_BYTES_MAX} bytes."),
            )
        })?;
        let it = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error.to_string()))?;
        Ok(Self { it, bytes })
    }
}

/// Query parameters.
#[derive(Debug)]
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(it)| Self(it))
            .map_err(|rejection| unreadable(&cause(&rejection)))
    }
}

/// The innermost reason: the outer ones only say that something could not be read.
fn cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), cause)
}

/// `bad_request` with the reader's own words, and the field where they name one.
fn unreadable(why: &str) -> Refused {
    let quoted = why.split('`').nth(1);
    let field = quoted.filter(|_| why.contains("unknown field") || why.contains("missing field"));
    let problem = Problem::because(Code::BadRequest, format!("The request cannot be read: {why}."));
    Refused(match field {
        Some(field) => problem.on(field),
        None => problem,
    })
}

/// Which part of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Rows wanted: 1 to 1,000, else 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl Part {
    /// As the services take it.
    pub(super) fn request(self) -> Result<PageRequest, Refused> {
        page_request(self.limit, self.cursor)
    }
}

/// A page request, its limit checked.
pub(super) fn page_request(limit: Option<u32>, cursor: Option<String>) -> Result<PageRequest, Refused> {
    if limit.is_some_and(|limit| !(1..=LIMIT_MAX).contains(&limit)) {
        let message = format!("limit is 1 to {LIMIT_MAX}.");
        return Err(Problem::because(Code::Invalid, message).on("limit").into());
    }
    Ok(PageRequest { limit, cursor })
}
