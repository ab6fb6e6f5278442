//! The command's end of the local socket.

use crate::{
    command::{Command, Input, Outcome},
    local::Address,
};
use axum::body::{Body, Bytes};
use domain::problem::Problem;
use futures_util::{StreamExt as _, stream};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::{io, path::Path};
use tokio::net::UnixStream;
use tokio_util::io::ReaderStream;

/// A server that holds the data directory.
#[derive(Debug)]
pub(super) struct Client {
    address: Address,
}

impl Client {
    /// Finds the server of a data directory; `None` where none listens.
    pub(super) async fn find(dir: &Path) -> Option<Self> {
        let address = Address::of(dir).ok()?;
        UnixStream::connect(&address.path).await.ok()?;
        Some(Self { address })
    }

    /// Has the server run a command; `input` streams along.
    pub(super) async fn run(&self, command: &Command, input: Option<Input>) -> Result<Outcome, Failure> {
        let mut line = serde_json::to_vec(command).map_err(io::Error::other)?;
        line.push(b'\n');
        let head = stream::iter([Ok::<_, io::Error>(Bytes::from(line))]);
        let body = match input {
            Some(input) => Body::from_stream(head.chain(ReaderStream::with_capacity(input, 64 * 1024))),
            None => Body::from_stream(head),
        };
        let request = hyper::Request::post("/run")
            .header("host", "lethe")
            .body(body)
            .map_err(io::Error::other)?;
        let stream = UnixStream::connect(&self.address.path).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        let connection = tokio::spawn(connection);
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        let bytes = response
            .into_body()
            .collect()
            .await
            .map_err(io::Error::other)?
            .to_bytes();
        connection.abort();
        let outcome: Result<Outcome, Problem> = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
        outcome.map_err(Failure::Refused)
    }
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// Refused, with its reason.
    Refused(Problem),
    /// Failed, in one sentence.
    Failed(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Failed(format!(
            "The server that holds the data directory did not answer: {error}."
        ))
    }
}
