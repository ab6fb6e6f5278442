//! A receiver of webhooks and a mail server on this machine, as real as a socket; and HMAC by the book, to check a signature by.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// Answers each request with the next of these statuses, the last one for ever, and keeps what came.
pub(crate) async fn receiver(statuses: &'static [u16]) -> (String, Arc<Mutex<Vec<Came>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!(
        "http://{}/hook?who=test",
        listener.local_addr().expect("an address")
    );
    let came = Arc::new(Mutex::new(Vec::new()));
    let kept = came.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            let _ = stream.read_line(&mut line).await;
            let mut headers = BTreeMap::new();
            loop {
                let mut text = String::new();
                let _ = stream.read_line(&mut text).await;
                let Some((name, value)) = text.trim_end().split_once(": ") else {
                    break;
                };
                headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            let length = headers
                .get("content-length")
                .and_then(|text| text.parse().ok())
                .unwrap_or(0);
            let mut body = vec![0; length];
            let _ = stream.read_exact(&mut body).await;
            let status = {
                let mut kept = kept.lock().expect("kept");
                let body = String::from_utf8(body).expect("text");
                kept.push(Came {
                    line: line.trim_end().to_owned(),
                    headers,
                    body,
                });
                statuses[(kept.len() - 1).min(statuses.len() - 1)]
            };
            let answer = format!(
                "HTTP/1.1 {status} X\r\nContent-Length: 2\r\nLocation: http://127.0.0.1:1/\r\n\r\nok"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, came)
}

/// A mail server that takes everything and keeps the letters: envelope and text.
pub(crate) async fn mail_server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let letters = Arc::new(Mutex::new(Vec::new()));
    let kept = letters.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = kept.clone();
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let _ = stream.write_all(b"220 sink\r\n").await;
                let (mut letter, mut inside) = (String::new(), false);
                loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                        return;
                    }
                    letter.push_str(&line);
                    let answer = match line.trim_end() {
                        "." if inside => {
                            inside = false;
                            kept.lock().expect("kept").push(std::mem::take(&mut letter));
                            "250 kept as 1\r\n"
                        }
                        _ if inside => continue,
                        "DATA" => {
                            inside = true;
                            "354 go on\r\n"
                        }
                        "QUIT" => "221 bye\r\n",
                        _ => "250 sink\r\n",
                    };
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
    });
    (port, letters)
}

/// HMAC-SHA256 by RFC 2104, from the hash alone: what a receiver reckons that has not our crate.
pub(crate) fn hmac(key: &[u8], text: &[u8]) -> String {
    assert!(key.len() <= 64);
    let pad = |byte: u8| -> Vec<u8> {
        (0..64)
            .map(|at| key.get(at).copied().unwrap_or(0) ^ byte)
            .collect()
    };
    let inner = Sha256::digest([pad(0x36), text.to_vec()].concat());
    let outer = Sha256::digest([pad(0x5c), inner.to_vec()].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}
