//! Refusals as JSON: `{"error":{"code","message","field","details"}}` with the status of the code.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::problem::{Code, Detail, Problem};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a handler returns.
pub(super) type Answer<T> = Result<T, Refused>;

/// Seconds after which a refused caller may try again, where the problem does not say.
const RETRY_AFTER_SECONDS: i64 = 60;

/// A refusal on its way out.
#[derive(Debug)]
pub(super) struct Refused(pub(super) Problem);

/// A refusal.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorBody {
    /// What was refused.
    error: ErrorPart,
}

/// What was refused, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorPart {
    /// The code; scripts rely on it.
    code: &'static str,
    /// What is wrong and what to do.
    message: String,
    /// The input field concerned.
    field: Option<String>,
    /// More, by name: numbers, texts, lists.
    #[schema(value_type = Object)]
    details: BTreeMap<String, Detail>,
}

impl Refused {
    /// The body alone.
    pub(super) fn body(self) -> Json<ErrorBody> {
        let Problem {
            code,
            message,
            field,
            details,
        } = self.0;
        Json(ErrorBody {
            error: ErrorPart {
                code: code.as_str(),
                message,
                field,
                details,
            },
        })
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<engine::Error> for Refused {
    fn from(error: engine::Error) -> Self {
        Self(error.into_problem())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let code = self.0.code;
        let retry = match self.0.details.get("retry_after") {
            Some(Detail::Number(seconds)) => *seconds,
            _ => RETRY_AFTER_SECONDS,
        };
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body()).into_response();
        let headers = response.headers_mut();
        match code {
            Code::TooManyTries | Code::NotReady => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry));
            }
            Code::Unauthenticated => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Bearer realm=\"lethe\""),
                );
            }
            _ => {}
        }
        response
    }
}
