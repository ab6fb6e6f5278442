//! The tracking API over HTTP: who may send, how large and how packed; and the stock client libraries, unmodified.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use harness::{Home, Reply, Server};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::{Command, Output},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::sleep,
    time::Duration,
};

/// The key id of a token, which is its write key.
fn key(token: &str) -> &str {
    token.split('.').next().unwrap_or_default()
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn post(server: &Server, path: &str, authorization: Option<&str>, body: &Value) -> Reply {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(authorization.map(|value| ("authorization", value)));
    server.send("POST", path, &headers, &body.to_string())
}

fn events(server: &Server, token: &str) -> Value {
    server.api(token, "GET", "/datasets/main", "").json()["events"].clone()
}

#[test]
fn who_sends_says_so_by_a_write_key_in_the_header_or_in_the_body() {
    let home = Home::new();
    let (ingest, other, admin) = (
        home.token("ingest", "main"),
        home.token("admin", "all"),
        home.token("admin", "main"),
    );
    let secret = ingest
        .split_once('.')
        .map(|(_, secret)| secret)
        .unwrap_or_default();
    let server = home.serve();
    let body =
        json!({ "userId": "u1", "event": "x", "messageId": "m1", "timestamp": "2026-01-01T00:00:00Z" });
    let mut in_body = body.clone();
    in_body["writeKey"] = key(&ingest).into();
    let send = |authorization: Option<String>, body: &Value| {
        post(&server, "/v1/track", authorization.as_deref(), body)
    };
    for (authorization, body) in [
        (Some(basic(key(&ingest), "")), &body),
        (Some(basic(key(&ingest), secret)), &body),
        (Some(format!("Bearer {ingest}")), &body),
        (None, &in_body),
    ] {
        let told = send(authorization.clone(), body);
        assert_eq!(
            (told.status, told.text.as_str()),
            (200, r#"{"success":true}"#),
            "{authorization:?}"
        );
    }
    assert_eq!(events(&server, &admin), 1, "the same message, four times");
    for authorization in [
        None,
        Some("Basic !".to_owned()),
        Some(basic("lk_nobody", "")),
        Some(basic(key(&ingest), "wrong")),
        // A key that opens more than sending is a secret's public half, and alone opens nothing.
        Some(basic(key(&admin), "")),
        // Which dataset is meant could not be said.
        Some(format!("Bearer {other}")),
    ] {
        let told = send(authorization.clone(), &body);
        assert_eq!(
            (told.status, &told.json()["success"]),
            (401, &json!(false)),
            "{authorization:?}"
        );
    }
    assert_eq!(server.send("GET", "/v1/track", &[], "").status, 405);
    assert_eq!(server.send("POST", "/v1/dance", &[], "{}").status, 404);
    home.json(&["token", "revoke", key(&ingest)]);
    assert_eq!(send(Some(basic(key(&ingest), "")), &body).status, 401);
}

#[test]
fn what_is_too_large_or_cannot_be_read_is_refused_with_a_message() {
    let home = Home::new();
    let (ingest, admin) = (home.token("ingest", "main"), home.token("admin", "main"));
    let server = home.serve();
    let authorization = basic(key(&ingest), "");
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    let large = json!({ "batch": [{ "type": "track", "userId": "u1", "event": "x", "properties": { "text": "x".repeat(520_000) } }] });
    for (path, body) in [
        ("/v1/batch", "{".to_owned()),
        ("/v1/batch", "{\"batch\":{}}".to_owned()),
        ("/v1/track", "[]".to_owned()),
        ("/v1/track", json!({ "event": "x" }).to_string()),
        (
            "/v1/track",
            json!({ "userId": "u1", "event": "x", "properties": { "text": "x".repeat(40_000) } }).to_string(),
        ),
        ("/v1/batch", large.to_string()),
    ] {
        let told = server.send("POST", path, &headers, &body);
        assert_eq!(
            (told.status, &told.json()["success"]),
            (400, &json!(false)),
            "{path}: {}",
            told.text
        );
        assert!(
            told.json()["message"]
                .as_str()
                .is_some_and(|text| text.ends_with('.')),
            "{}",
            told.text
        );
    }
    // In a batch the rest is taken.
    let batch = json!({ "batch": [{ "type": "page" }, { "type": "page", "userId": "u1" }] });
    let told = post(&server, "/v1/import", Some(&authorization), &batch);
    assert_eq!(told.status, 200);
    assert_eq!(
        told.json(),
        json!({ "success": true, "rejected": [{ "index": 0, "reason": "userId or anonymousId is needed" }] })
    );
    assert_eq!(events(&server, &admin), 1);
    let told = server.send(
        "POST",
        "/v1/batch",
        &[headers[0], ("content-encoding", "gzip")],
        "no gzip",
    );
    assert_eq!(told.status, 400, "{}", told.text);
}

/// Who sends, by the stock libraries.
const SENDERS: [&str; 3] = ["node", "python-plain", "python-gzip"];

/// Runs one of the clients, which fail where their library says that anything was not delivered.
fn run(command: &mut Command) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the client runs");
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{out}\n{err}");
}

/// What a client's people and events must have become.
fn check(server: &Server, admin: &str, name: &str, many: i64) {
    let profile = |id: &str| {
        server
            .api(admin, "GET", &format!("/datasets/main/profiles/{id}"), "")
            .json()
    };
    let one = profile(&format!("{name}-1"));
    assert_eq!(one["email"], format!("{name}@example.com"), "{one}");
    assert_eq!(
        (&one["attributes"]["plan"], &one["attributes"]["age"]),
        (&json!("pro"), &json!(36))
    );
    assert_eq!(
        (&one["attributes"]["group_name"], &one["attributes"]["city"]),
        (&json!("Acme Ltd"), &json!("Bern"))
    );
    assert_eq!(
        profile(&format!("{name}-visitor"))["id"],
        one["id"],
        "the visitor and they are one"
    );
    assert_eq!(
        profile(&format!("{name}-old"))["id"],
        one["id"],
        "the old id and they are one"
    );
    let count = |rule: String| {
        let body = json!({ "rule": rule }).to_string();
        server
            .api(admin, "POST", "/datasets/main/segments/preview", &body)
            .json()["count"]
            .clone()
    };
    let who = format!("user_id = \"{name}-1\"");
    assert_eq!(
        count(format!(
            "{who} and sum(purchase.value) = 39.95 and count(purchase) = 1"
        )),
        1
    );
    assert_eq!(
        count(format!(
            "{who} and count(impression where campaign_id = \"spring\") = 1"
        )),
        1
    );
    assert_eq!(
        count(format!(
            "{who} and count(page_view) = 2 and first(page_view) before 2026-01-06"
        )),
        1
    );
    let each = many / 10;
    assert_eq!(
        count(format!(
            "user_id starts_with \"{name}-many-\" and count(\"Clicked\") = {each}"
        )),
        10
    );
}

/// Where the stock libraries are: Node's folder, Python's.
fn installed() -> (String, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let done = Command::new(root.join("scripts/clients.sh")).output();
    let done = done.expect("clients.sh runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let folders = String::from_utf8_lossy(&done.stdout).into_owned();
    let mut folders = folders.lines().map(str::to_owned);
    (folders.next().expect("Node's"), folders.next().expect("Python's"))
}

#[test]
fn the_stock_libraries_for_node_and_python_lose_and_double_nothing() {
    const MANY: i64 = 1_000;
    let (node, python) = installed();
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");

    let home = Home::new();
    let (ingest, admin) = (home.token("ingest", "main"), home.token("admin", "main"));
    let server = home.serve();
    let many = MANY.to_string();
    let send = || {
        run(Command::new("node").arg(clients.join("send.mjs")).args([
            node.as_str(),
            &server.address,
            key(&ingest),
            &many,
        ]));
        for packing in ["plain", "gzip"] {
            run(Command::new(Path::new(&python).join("bin/python"))
                .arg(clients.join("send.py"))
                .args([&server.address, key(&ingest), &many, packing]));
        }
    };
    send();
    for name in SENDERS {
        check(&server, &admin, name, MANY);
    }
    // Page, order, impression, screen, and the many, of three senders.
    assert_eq!(events(&server, &admin), 3 * (4 + MANY));
    let profiles = || server.api(&admin, "GET", "/datasets/main", "").json()["profiles"].clone();
    assert_eq!(profiles(), 3 * (1 + 10));

    // Whoever was erased comes back by none of them, by none of their identities, nor by a file; the others go on.
    let gone: Vec<String> = SENDERS.iter().map(|name| format!("{name}-1")).collect();
    let privacy = home.token("privacy", "main");
    let told = erase(&server, &privacy, &gone);
    assert_eq!(told.text, "Deleted 3 users (3 requested)");
    send();
    assert_eq!(profiles(), 3 * 10);
    assert_eq!(events(&server, &admin), 3 * 2 * MANY);
    for name in SENDERS {
        for id in ["1", "old", "visitor"] {
            let path = format!("/api/dataset/main/user/{name}-{id}");
            let bearer = format!("Bearer {privacy}");
            let found = server.send("GET", &path, &[("authorization", &bearer)], "");
            assert_eq!(found.status, 404, "{name}-{id}: {}", found.text);
        }
    }
    let file = format!(
        "user_id,email\n{},x@example.com\nnew-1,new@example.com\n",
        gone[0]
    );
    let report = import(&server, &admin, &file);
    assert_eq!(
        (&report["accepted"], &report["suppressed"]),
        (&json!(1), &json!(1)),
        "{report}"
    );
    assert_eq!(profiles(), 3 * 10 + 1);
    // Each of the three was kept out of eight messages, one of them an order, and the first by the file as well.
    let path = "/datasets/main/suppressions?limit=100";
    let list = server.api(&admin, "GET", path, "").json();
    let sum = |field: &str| -> i64 {
        let items = list["items"].as_array().expect("items").iter();
        items.filter_map(|item| item[field].as_i64()).sum()
    };
    assert_eq!(
        (sum("stopped"), sum("stopped_purchases")),
        (3 * 8 + 1, 3),
        "{list:#}"
    );
}

fn erase(server: &Server, token: &str, who: &[String]) -> Reply {
    let body = format!(
        "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"who.csv\"\r\n\r\nname\r\n{}\r\n--edge--\r\n",
        who.join("\r\n")
    );
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "multipart/form-data; boundary=edge"),
    ];
    server.send("POST", "/api/dataset/main/users/delete", &headers, &body)
}

fn import(server: &Server, token: &str, file: &str) -> Value {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/csv")];
    let told = server.send("POST", "/api/v1/datasets/main/imports/profiles", &headers, file);
    assert_eq!(told.status, 200, "{}", told.text);
    told.json()
}

#[test]
fn nothing_that_was_answered_is_lost_and_nothing_is_doubled_through_kills() {
    const THREADS: usize = 4;
    const CALLS: usize = 40;
    // Of 20 ms each: minutes, on a machine that has other things to do.
    const TRIES_MAX: usize = 10_000;
    let home = Home::new();
    let (ingest, admin) = (home.token("ingest", "main"), home.token("admin", "main"));
    let authorization = basic(key(&ingest), "");
    let address = Mutex::new(String::new());
    let sent = AtomicUsize::new(0);
    let mut server = Some(home.serve());
    let moved = |server: &Option<Server>| {
        let now = server
            .as_ref()
            .map(|server| server.address.clone())
            .unwrap_or_default();
        *address.lock().expect("the address") = now;
    };
    moved(&server);
    std::thread::scope(|scope| {
        for sender in 0..THREADS {
            let (address, sent, authorization) = (&address, &sent, &authorization);
            scope.spawn(move || {
                for call in 0..CALLS {
                    let id = |n: usize| format!("m{sender}-{call}-{n}");
                    // Every other message says no time, and is known again all the same.
                    let batch: Vec<Value> = (0..10)
                        .map(|n| match n % 2 {
                            0 => json!({ "type": "track", "userId": format!("u{n}"), "event": "x", "messageId": id(n), "timestamp": "2026-01-01T00:00:00Z" }),
                            _ => json!({ "type": "track", "userId": format!("u{n}"), "event": "x", "messageId": id(n) }),
                        })
                        .collect();
                    let body = json!({ "batch": batch }).to_string();
                    // As a library does: again and again, until it is answered.
                    let answered = (0..TRIES_MAX).any(|_| {
                        let to = format!("{}/v1/batch", address.lock().expect("the address"));
                        let answer = ureq::post(&to).header("authorization", authorization).send(&body);
                        if answer.is_err() {
                            sleep(Duration::from_millis(20));
                        }
                        answer.is_ok()
                    });
                    assert!(answered, "a call was never answered");
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for share in 1..=3 {
            for _ in 0..TRIES_MAX {
                if sent.load(Ordering::Relaxed) >= THREADS * CALLS * share / 5 {
                    break;
                }
                sleep(Duration::from_millis(20));
            }
            // Let go of, it is killed at once.
            drop(server.take());
            server = Some(home.serve());
            moved(&server);
        }
    });
    let server = server.expect("a server");
    assert_eq!(events(&server, &admin), THREADS * CALLS * 10);
}
