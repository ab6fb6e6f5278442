//! `/opendsr/v2`: OpenDSR 2.0, by which a controller hands this processor the requests of people, asks how they stand, takes one
//! back, and gets the answer to one. By token, of the token's dataset. Every reply is signed; `reply` says how, `body` what is
//! read. What becomes of a request is the engine's affair.
//!
//! The names of the specification's predecessor are honoured too (section 10.1): `opengdpr_requests`, and its headers.

mod body;
mod reply;

use super::caller::Caller;
use crate::wire::{Answer, time};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{FromRequestParts as _, Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{any, get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    access::{Actor, Permission},
    id::DatasetId,
    privacy::request::Request as PrivacyRequest,
    problem::{Code, Problem},
};
use engine::{API_VERSION, Engine, Processor, Status, expected};
use serde_json::{Value, json};

/// The largest request: one person has a few identities.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// The routes.
pub(super) fn routes() -> Router<Engine> {
    let mut router = Router::new()
        .route("/opendsr/v2/discovery", get(discovery))
        .route("/opendsr/v2/certificate.pem", get(certificate));
    for noun in ["requests", "opengdpr_requests"] {
        router = router
            .route(&format!("/opendsr/v2/{noun}"), post(create))
            .route(&format!("/opendsr/v2/{noun}/{{id}}"), get(show).delete(cancel))
            .route(&format!("/opendsr/v2/{noun}/{{id}}/results"), get(results));
    }
    router.route("/opendsr/{*rest}", any(nothing))
}

/// Who calls, this server as a processor, and the dataset that it is about.
struct Door {
    caller: Caller,
    processor: Processor,
    dataset: DatasetId,
}

impl Door {
    async fn open(engine: &Engine, request: Request) -> Result<(Self, Body), Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, engine).await;
        let caller = caller.map_err(|refused| refused.0)?;
        caller.actor.require(Permission::Privacy)?;
        let dataset = match caller.actor.dataset {
            Some(own) => own,
            None => only_dataset(engine).await?,
        };
        let door = Self {
            caller,
            processor: processor(engine)?.clone(),
            dataset,
        };
        Ok((door, body))
    }

    fn actor(&self) -> &Actor {
        &self.caller.actor
    }

    async fn find(&self, outside: &str) -> Result<PrivacyRequest, Problem> {
        let engine = &self.caller.engine;
        let found = engine.outside_request(self.actor(), self.dataset, outside).await;
        found.map_err(engine::Error::into_problem)
    }
}

fn processor(engine: &Engine) -> Result<&Processor, Problem> {
    let message = "OpenDSR is not set up on this server: the operator names a certificate and its key first.";
    engine
        .processor()
        .ok_or_else(|| Problem::because(Code::NotSetUp, message))
}

/// A token of all datasets means the only one there is.
async fn only_dataset(engine: &Engine) -> Result<DatasetId, Problem> {
    let all = engine.datasets(&Actor::system()).await;
    match all.map_err(engine::Error::into_problem)?.as_slice() {
        [only] => Ok(only.id),
        _ => Err(Problem::because(
            Code::Forbidden,
            "There are several datasets here. Use a token of one dataset.",
        )),
    }
}

async fn answer<F: Future<Output = Result<(StatusCode, Value), Problem>>>(
    engine: &Engine,
    deed: F,
) -> Response {
    let outcome = deed.await;
    reply::signed(engine, outcome)
}

/// What is supported, and where the certificate is.
async fn discovery(State(engine): State<Engine>, request: Request) -> Response {
    let deed = async {
        let (door, _) = Door::open(&engine, request).await?;
        let identities: Vec<Value> = body::IDENTITY_TYPES
            .iter()
            .map(|(name, _)| json!({ "identity_type": name, "identity_format": "raw" }))
            .collect();
        Ok((
            StatusCode::OK,
            json!({
                "api_version": API_VERSION,
                "supported_identities": identities,
                "supported_subject_request_types": ["access", "portability", "erasure"],
                "processor_certificate": door.processor.certificate_url(),
            }),
        ))
    };
    answer(&engine, deed).await
}

/// The certificate, for whoever checks a signature: it is no secret.
async fn certificate(State(engine): State<Engine>) -> Response {
    match processor(&engine) {
        Ok(processor) => {
            let pem = processor.certificate().to_vec();
            ([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response()
        }
        Err(problem) => reply::signed(&engine, Err(problem)),
    }
}

/// Takes a request over.
async fn create(State(engine): State<Engine>, request: Request) -> Response {
    let deed = async {
        let (door, body) = Door::open(&engine, request).await?;
        let bytes = to_bytes(body, BODY_BYTES_MAX).await;
        let bytes = bytes.map_err(|_| Problem::new(Code::TooLarge))?;
        let new = body::read(&bytes, door.processor.domain())?;
        let made = engine.create_outside(door.actor(), door.dataset, new).await;
        let made = made.map_err(engine::Error::into_problem)?;
        Ok((
            StatusCode::CREATED,
            json!({
                "controller_id": made.controller,
                "expected_completion_time": time(expected(&made)),
                "received_time": time(made.created_at),
                "encoded_request": STANDARD.encode(&bytes),
                "subject_request_id": made.outside_id,
                "api_version": API_VERSION,
            }),
        ))
    };
    answer(&engine, deed).await
}

/// How a request stands.
async fn show(State(engine): State<Engine>, Path(id): Path<String>, request: Request) -> Response {
    let deed = async {
        let (door, _) = Door::open(&engine, request).await?;
        let found = door.find(&id).await?;
        let status = Status::of(&found, &door.processor, None, engine.now());
        let status = serde_json::to_value(status).map_err(|_| Problem::new(Code::Internal))?;
        Ok((StatusCode::OK, status))
    };
    answer(&engine, deed).await
}

/// Takes a request back, as long as it is pending.
async fn cancel(State(engine): State<Engine>, Path(id): Path<String>, request: Request) -> Response {
    let deed = async {
        let (door, _) = Door::open(&engine, request).await?;
        let found = door.find(&id).await?;
        let done = engine.cancel_request(door.actor(), door.dataset, found.id).await;
        done.map_err(engine::Error::into_problem)?;
        Ok((
            StatusCode::ACCEPTED,
            json!({
                "controller_id": found.controller,
                "received_time": time(engine.now()),
                "subject_request_id": found.outside_id,
                "api_version": API_VERSION,
            }),
        ))
    };
    answer(&engine, deed).await
}

/// The answer to a request for access or portability, for seven days.
async fn results(State(engine): State<Engine>, Path(id): Path<String>, request: Request) -> Response {
    let deed = async {
        let (door, _) = Door::open(&engine, request).await?;
        let found = door.find(&id).await?;
        let made = engine.request_answer(door.actor(), door.dataset, found.id).await;
        let made = Answer::from(made.map_err(engine::Error::into_problem)?);
        let made = serde_json::to_value(made).map_err(|_| Problem::new(Code::Internal))?;
        Ok((StatusCode::OK, made))
    };
    answer(&engine, deed).await
}

async fn nothing(State(engine): State<Engine>) -> Response {
    let problem = Problem::because(Code::NotFound, "There is nothing at this address.");
    reply::signed(&engine, Err(problem))
}
