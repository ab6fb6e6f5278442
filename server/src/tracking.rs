//! `/v1/…`: the tracking API, as the usual client libraries of sites and servers speak it. By write key alone; cookies are not
//! looked at. What a message means is the engine's to say; here is who sends, how large, how packed, and how it is answered.

use crate::rest::credentials;
use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::post,
};
use domain::{
    access::Actor,
    id::DatasetId,
    problem::{Code, Problem},
    tracking::{CALL_BYTES_MAX, MessageKind, Refused},
};
use engine::Engine;
use serde::{Deserialize, Serialize};

/// The calls that carry many messages: as they happen, and of long ago.
const BATCHES: [&str; 2] = ["batch", "import"];

/// What a sender is told.
#[derive(Debug, Default, Serialize)]
struct Told {
    success: bool,
    /// Of a batch: what could not be taken, and why; the rest was. Left out where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<Refused>,
    /// Why nothing was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The key as some libraries send it: in the body.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyInBody {
    write_key: Option<String>,
}

/// The routes.
pub(crate) fn routes(engine: &Engine) -> Router {
    let mut routes = Router::new();
    let calls = MessageKind::ALL.map(|kind| (kind.as_str(), Some(kind)));
    for (name, kind) in calls.into_iter().chain(BATCHES.map(|name| (name, None))) {
        let take = move |State(engine): State<Engine>, headers: HeaderMap, body: Body| async move {
            taken(&engine, kind, &headers, body).await
        };
        routes = routes.route(&format!("/v1/{name}"), post(take).fallback(wrong_method));
    }
    routes.with_state(engine.clone())
}

async fn wrong_method() -> Response {
    answer(
        StatusCode::METHOD_NOT_ALLOWED,
        "This address takes POST alone.".to_owned(),
    )
}

/// A call, answered.
async fn taken(engine: &Engine, kind: Option<MessageKind>, headers: &HeaderMap, body: Body) -> Response {
    match take(engine, kind, headers, body).await {
        // One message that cannot be taken is the whole of its call.
        Ok(mut rejected) if kind.is_some() && !rejected.is_empty() => {
            let reason = rejected.swap_remove(0).reason;
            answer(
                StatusCode::BAD_REQUEST,
                format!("The message was not taken: {reason}."),
            )
        }
        Ok(rejected) => {
            let told = Told {
                success: true,
                rejected,
                message: None,
            };
            Json(told).into_response()
        }
        Err(problem) => {
            let status = match problem.code {
                // What senders of this API expect of a body that is too large.
                Code::TooLarge => StatusCode::BAD_REQUEST,
                code => StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            };
            answer(status, problem.message)
        }
    }
}

fn answer(status: StatusCode, message: String) -> Response {
    let told = Told {
        message: Some(message),
        ..Told::default()
    };
    (status, Json(told)).into_response()
}

/// Takes a call. Gives what could not be taken of it.
async fn take(
    engine: &Engine,
    kind: Option<MessageKind>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Vec<Refused>, Problem> {
    let sent = headers.get(header::AUTHORIZATION);
    let mut sender = None;
    if let Some(sent) = sent {
        let (key, secret) = sent.to_str().ok().and_then(credentials).ok_or_else(unknown)?;
        sender = Some(who(engine, &key, &secret).await?);
    }
    let body = to_bytes(body, CALL_BYTES_MAX).await.map_err(|_| too_large())?;
    let body = match headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.as_bytes())
    {
        None | Some(b"identity") => body.into(),
        Some(b"gzip") => engine::unpack_call(&body)?,
        Some(_) => {
            return Err(Problem::because(
                Code::UnsupportedMedia,
                "Send the body plain or packed with gzip.",
            ));
        }
    };
    let (actor, dataset) = match sender {
        Some(sender) => sender,
        None => {
            let key: Option<KeyInBody> = serde_json::from_slice(&body).ok();
            let key = key.and_then(|body| body.write_key).ok_or_else(unknown)?;
            who(engine, &key, "").await?
        }
    };
    let tracked = engine.track(&actor, dataset, kind, &body).await;
    Ok(tracked.map_err(engine::Error::into_problem)?.rejected)
}

/// Who sends, and into which dataset. A write key is no secret; where a secret comes with it, it must be the right one.
async fn who(engine: &Engine, key: &str, secret: &str) -> Result<(Actor, DatasetId), Problem> {
    let found = if secret.is_empty() {
        engine.authenticate_write_key(key).await
    } else {
        let actor = engine.authenticate_token(key, secret).await;
        actor.map(|actor| actor.and_then(|actor| Some((actor.clone(), actor.dataset?))))
    };
    found.map_err(engine::Error::into_problem)?.ok_or_else(unknown)
}

fn unknown() -> Problem {
    let message = "Send a write key: the key id of a token of scope ingest for one dataset, as the user name of Basic authorization or as writeKey in the body.";
    Problem::because(Code::Unauthenticated, message)
}

fn too_large() -> Problem {
    Problem::because(
        Code::TooLarge,
        format!("The body is larger than {CALL_BYTES_MAX} bytes. Send fewer messages at once."),
    )
}
