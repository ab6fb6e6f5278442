//! A connection to a server under measurement: one request after the other, answers read to their end.

use super::{Done, said};
use axum::body::{Body, Bytes};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_body_util::BodyExt as _;
use hyper::{
    Request, StatusCode,
    client::conn::http1::{self, SendRequest},
    header::HeaderMap,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// The connection.
#[derive(Debug)]
pub(super) struct Door {
    sender: SendRequest<Body>,
    host: String,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Door {
    /// Connects.
    pub(super) async fn to(address: SocketAddr) -> Done<Self> {
        let stream = TcpStream::connect(address).await.map_err(said)?;
        stream.set_nodelay(true).map_err(said)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(said)?;
        // It ends with the sender.
        tokio::spawn(connection);
        Ok(Self {
            sender,
            host: address.to_string(),
        })
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Done<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).map_err(said)?;
        self.sender.ready().await.map_err(said)?;
        let answer = self.sender.send_request(request).await.map_err(said)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(said)?.to_bytes();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    }

    /// Fetches a page with a session's cookie; anything but a page is a failure.
    pub(super) async fn page(&mut self, path: &str, cookie: &str) -> Done<()> {
        let headers = [("accept", "text/html"), ("cookie", cookie)];
        let answer = self.send("GET", path, &headers, String::new()).await?;
        fine(path, &answer)
    }

    /// Reads from the API with a token.
    pub(super) async fn read(&mut self, path: &str, token: &str) -> Done<Value> {
        self.api("GET", path, token, String::new()).await
    }

    /// Sends something to the API.
    pub(super) async fn post(&mut self, path: &str, token: &str, body: &Value) -> Done<Value> {
        self.api("POST", path, token, body.to_string()).await
    }

    /// Sends a batch of live messages; anything but that all of it was taken is a failure.
    pub(super) async fn track(&mut self, key: &str, body: String) -> Done<()> {
        let authorization = format!("Basic {}", STANDARD.encode(format!("{key}:")));
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let path = "/v1/batch";
        let answer = self.send("POST", path, &headers, body).await?;
        fine(path, &answer)?;
        match answer.body.as_ref() {
            br#"{"success":true}"# => Ok(()),
            other => Err(format!(
                "{path} was answered with {}",
                String::from_utf8_lossy(other)
            )),
        }
    }

    /// Has one person erased, by the door for legal requests. Gives the line it answers with.
    pub(super) async fn erase(&mut self, dataset: &str, token: &str, person: &str) -> Done<String> {
        let token = format!("Bearer {token}");
        let headers = [
            ("authorization", token.as_str()),
            ("content-type", "multipart/form-data; boundary=edge"),
        ];
        let body = format!(
            "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"who.csv\"\r\n\r\nname\r\n{person}\r\n--edge--\r\n"
        );
        let path = format!("/api/dataset/{dataset}/users/delete");
        let answer = self.send("POST", &path, &headers, body).await?;
        fine(&path, &answer)?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    async fn api(&mut self, method: &str, path: &str, token: &str, body: String) -> Done<Value> {
        let token = format!("Bearer {token}");
        let mut headers = vec![("authorization", token.as_str())];
        headers.extend((method == "POST").then_some(("content-type", "application/json")));
        let answer = self
            .send(method, &format!("/api/v1{path}"), &headers, body)
            .await?;
        fine(path, &answer)?;
        serde_json::from_slice(&answer.body).map_err(said)
    }

    /// Logs in by the form, as a browser without scripts does. Gives the session's cookie.
    pub(super) async fn log_in(&mut self, name: &str, password: &str) -> Done<String> {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "text/html"),
        ];
        let form = format!("name={name}&password={password}&next=%2F");
        let answer = self.send("POST", "/fn/log_in", &headers, form).await?;
        let cookie = answer
            .headers
            .get("set-cookie")
            .and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next());
        Ok(cookie.ok_or("The server let nobody in.")?.to_owned())
    }
}

fn fine(path: &str, answer: &Answer) -> Done<()> {
    if answer.status.is_success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&answer.body);
    let begin: String = text.chars().take(200).collect();
    Err(format!("{path} was answered with {}: {begin}", answer.status))
}
