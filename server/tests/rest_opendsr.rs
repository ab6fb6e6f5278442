//! OpenDSR 2.0 against the real binary: the examples of the specification as a table of requests and replies, each reply's
//! signature checked by the program `openssl` with the certificate that the server hands out; callbacks, received on this machine
//! and checked the same way; and what becomes of the person.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, Reply, Server};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex},
    thread::{sleep, spawn},
    time::Duration,
};

const DOMAIN: &str = "opendsr.example.org";
const ID: &str = "a7551968-d5d6-44b2-9831-815ac9017798";
const REQUESTS: &str = "/opendsr/v2/requests";

/// A test authority, a certificate of its making, and a server that signs with it.
struct Stage {
    home: Home,
    token: String,
    server: Server,
}

fn openssl(folder: &PathBuf, args: &[&str]) -> bool {
    let run = Command::new("openssl").args(args).current_dir(folder).output();
    let run = run.expect("openssl is installed");
    run.status.success()
}

/// Makes an authority and a certificate for the domain. `curve`: ECDSA P-256 instead of RSA.
fn authority(folder: &PathBuf, curve: bool) {
    let key: &[&str] = if curve {
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    } else {
        &["-newkey", "rsa:2048"]
    };
    let ca = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-subj",
        "/CN=Test authority",
        "-days",
        "30",
    ];
    assert!(openssl(folder, &ca), "an authority");
    let mut request = vec![
        "req", "-nodes", "-keyout", "own.key", "-out", "own.csr", "-subj", "/O=Test",
    ];
    request.extend(key);
    assert!(openssl(folder, &request), "a request");
    fs::write(folder.join("own.ext"), format!("subjectAltName=DNS:{DOMAIN}\n")).expect("write");
    let sign = [
        "x509",
        "-req",
        "-in",
        "own.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-out",
        "own.pem",
        "-days",
        "30",
        "-extfile",
        "own.ext",
    ];
    assert!(openssl(folder, &sign), "a certificate");
}

impl Stage {
    fn new(wait_seconds: i64, curve: bool) -> Self {
        let home = Home::new();
        home.people();
        let token = home.token("privacy", "main");
        let folder = home.folder();
        authority(&folder, curve);
        let config = format!(
            "opendsr_domain = \"{DOMAIN}\"\nopendsr_certificate = {:?}\nopendsr_key = {:?}\nopendsr_wait_seconds = {wait_seconds}\n",
            folder.join("own.pem").display().to_string(),
            folder.join("own.key").display().to_string()
        );
        let config = home.file("lethe.toml", &config);
        let server = home.serve_with(&["--config", &config]);
        Self { home, token, server }
    }

    /// Sends, and checks that the reply is signed.
    fn call(&self, method: &str, path: &str, body: &str) -> Reply {
        self.call_as(&self.token, method, path, body)
    }

    fn call_as(&self, token: &str, method: &str, path: &str, body: &str) -> Reply {
        let authorization = format!("Bearer {token}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let reply = self.server.send(method, path, &headers, body);
        assert_eq!(reply.header("x-opendsr-processor-domain"), Some(DOMAIN), "{path}");
        let signature = reply.header("x-opendsr-signature").expect("a signature");
        assert!(
            self.holds(signature, &reply.text),
            "{method} {path}: {}",
            reply.text
        );
        assert!(
            !self.holds(signature, &format!("{} ", reply.text)),
            "any other byte fails"
        );
        reply
    }

    /// Whether openssl finds the signature right, with the public key of the certificate that the server hands out, which the
    /// authority has issued.
    fn holds(&self, signature: &str, body: &str) -> bool {
        let folder = self.home.folder();
        let pem = self.server.send("GET", "/opendsr/v2/certificate.pem", &[], "");
        assert_eq!(pem.status, 200);
        fs::write(folder.join("got.pem"), &pem.text).expect("write");
        fs::write(folder.join("body"), body).expect("write");
        fs::write(folder.join("sig.b64"), signature).expect("write");
        assert!(openssl(
            &folder,
            &[
                "verify",
                "-CAfile",
                "ca.pem",
                "-verify_hostname",
                DOMAIN,
                "got.pem"
            ]
        ));
        assert!(openssl(
            &folder,
            &["x509", "-in", "got.pem", "-pubkey", "-noout", "-out", "got.pub"]
        ));
        assert!(openssl(
            &folder,
            &["base64", "-d", "-A", "-in", "sig.b64", "-out", "sig"]
        ));
        openssl(
            &folder,
            &[
                "dgst",
                "-sha256",
                "-verify",
                "got.pub",
                "-signature",
                "sig",
                "body",
            ],
        )
    }

    fn status(&self, id: &str) -> Value {
        self.call("GET", &format!("{REQUESTS}/{id}"), "").json()
    }

    fn until(&self, id: &str, state: &str) -> Value {
        for _ in 0..600 {
            let status = self.status(id);
            if status["request_status"] == state {
                return status;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("{id} never became {state}: {}", self.status(id));
    }

    fn known(&self, email: &str) -> u16 {
        let headers = [("authorization", format!("Bearer {}", self.token))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        self.server
            .send("GET", &format!("/api/dataset/main/user/{email}"), &headers, "")
            .status
    }
}

/// The example of section 7.2, for a person whom the dataset has.
fn example(kind: &str, email: &str, callbacks: &[String]) -> Value {
    json!({
        "subject_request_id": ID, "subject_request_type": kind, "submitted_time": "2026-10-02T15:00:00Z",
        "subject_identities": [{ "identity_type": "email", "identity_value": email, "identity_format": "raw" }],
        "api_version": "2.0", "status_callback_urls": callbacks,
        "extensions": {
            "example-processor.com": { "foo-processor-custom-id": 123_456, "property_id": "123456" },
            "example-other-processor.com": { "foo-other-processor-custom-id": 654_321 },
        },
    })
}

/// A callback as it came in: its headers, names in lower case, and its body.
type Came = (Vec<(String, String)>, String);

/// Receives callbacks.
fn receiver() -> (String, Arc<Mutex<Vec<Came>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!(
        "http://{}/opendsr/callbacks",
        listener.local_addr().expect("an address")
    );
    let came = Arc::new(Mutex::new(Vec::new()));
    let kept = came.clone();
    spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("a connection"));
            let mut headers = Vec::new();
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).expect("a line");
                if line.trim().is_empty() {
                    break;
                }
                if let Some((name, value)) = line.trim().split_once(": ") {
                    headers.push((name.to_ascii_lowercase(), value.to_owned()));
                }
            }
            let length = header(&headers, "content-length").expect("a length");
            let length: usize = length.parse().expect("a number");
            let mut body = vec![0; length];
            stream.read_exact(&mut body).expect("a body");
            let body = String::from_utf8(body).expect("text");
            kept.lock().expect("kept").push((headers, body));
            stream
                .get_mut()
                .write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
                .expect("answer");
        }
    });
    (url, came)
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(own, _)| own == name)
        .map(|(_, value)| value.as_str())
}

/// The example of section 6.4.
fn discovered(stage: &Stage) {
    let discovery = stage.call("GET", "/opendsr/v2/discovery", "").json();
    assert_eq!(discovery["api_version"], "2.0");
    assert_eq!(
        discovery["processor_certificate"],
        format!("https://{DOMAIN}/opendsr/v2/certificate.pem")
    );
    assert_eq!(
        discovery["supported_subject_request_types"],
        json!(["access", "portability", "erasure"])
    );
    let identities = discovery["supported_identities"].as_array().expect("a list");
    assert!(
        identities.contains(&json!({ "identity_type": "email", "identity_format": "raw" }))
            && identities.len() == 11
    );
}

#[test]
fn the_examples_of_the_specification_and_their_signatures() {
    let stage = Stage::new(3_600, false);
    discovered(&stage);
    let body = example("erasure", "u1@example.com", &[]).to_string();
    let made = stage.call("POST", REQUESTS, &body);
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!(made["subject_request_id"], ID);
    assert!(
        made["controller_id"]
            .as_str()
            .is_some_and(|id| stage.token.starts_with(id))
    );
    for time in ["expected_completion_time", "received_time"] {
        assert!(made[time].as_str().is_some_and(|at| at.ends_with('Z')), "{made}");
    }
    assert!(made["expected_completion_time"].as_str() > made["received_time"].as_str());
    let folder = stage.home.folder();
    fs::write(
        folder.join("encoded"),
        made["encoded_request"].as_str().expect("a text"),
    )
    .expect("write");
    assert!(openssl(
        &folder,
        &["base64", "-d", "-A", "-in", "encoded", "-out", "decoded"]
    ));
    assert_eq!(
        fs::read_to_string(folder.join("decoded")).expect("read"),
        body,
        "byte for byte"
    );

    assert_eq!(
        stage.call("POST", REQUESTS, &body).json()["received_time"],
        made["received_time"],
        "the same again"
    );
    let other = example("access", "u1@example.com", &[]).to_string();
    let refused = stage.call("POST", REQUESTS, &other);
    assert_eq!(
        (refused.status, &refused.json()["error"]["errors"][0]["reason"]),
        (400, &json!("request_exists"))
    );

    let status = stage.status(ID);
    assert_eq!(
        (&status["request_status"], &status["api_version"]),
        (&json!("pending"), &json!("2.0"))
    );
    let cancelled = stage.call("DELETE", &format!("{REQUESTS}/{ID}"), "");
    assert_eq!(
        (cancelled.status, &cancelled.json()["subject_request_id"]),
        (202, &json!(ID))
    );
    assert_eq!(stage.status(ID)["request_status"], "cancelled");
    assert_eq!(
        stage.call("DELETE", &format!("{REQUESTS}/{ID}"), "").status,
        400,
        "it is over"
    );
    assert_eq!(stage.known("u1@example.com"), 200, "nothing was done");
    assert_eq!(
        stage.call("GET", "/opendsr/v2/opengdpr_requests/none", "").status,
        404
    );
}

#[test]
fn what_is_not_right_is_refused_in_the_shape_of_the_specification_and_names_nobody() {
    let stage = Stage::new(3_600, false);
    let change = |name: &str, value: Value| {
        let mut body = example("erasure", "johndoe@example.com", &[]);
        body[name] = value;
        body.to_string()
    };
    let identity = |kind: &str, format: &str| json!([{ "identity_type": kind, "identity_value": "johndoe@example.com", "identity_format": format }]);
    let far = (0..11)
        .map(|at| json!(format!("http://127.0.0.1/{at}")))
        .collect::<Vec<_>>();
    for body in [
        change("subject_request_id", Value::Null),
        change(
            "subject_request_id",
            json!("A7551968-D5D6-44B2-9831-815AC9017798"),
        ),
        change("subject_request_type", json!("rectification")),
        change("submitted_time", json!("yesterday")),
        change("submitted_time", json!("2999-01-01T00:00:00Z")),
        change("regulation", json!("lgpd")),
        change("api_version", json!("3.0")),
        change("subject_identities", json!([])),
        change("subject_identities", identity("email", "sha256")),
        change("subject_identities", identity("shoe_size", "raw")),
        change("status_callback_urls", json!(["ftp://example.org/"])),
        change("status_callback_urls", Value::Array(far)),
        change("extensions", json!({ DOMAIN: { "skip_waiting_period": "yes" } })),
        "{\"subject_identities\":\"johndoe@example.com\"}".to_owned(),
        "johndoe@example.com".to_owned(),
    ] {
        let refused = stage.call("POST", REQUESTS, &body);
        let error = &refused.json()["error"];
        assert_eq!(
            (refused.status, &error["code"]),
            (400, &json!(400)),
            "{body}: {}",
            refused.text
        );
        assert!(
            error["errors"][0]["domain"] == "Validation" && error["message"].is_string(),
            "{}",
            refused.text
        );
        assert!(!refused.text.contains("johndoe"), "{}", refused.text);
    }
    assert_eq!(
        stage
            .call_as("lk_none.none", "GET", "/opendsr/v2/discovery", "")
            .status,
        401
    );
    let bulk = stage.home.token("bulk", "main");
    assert_eq!(stage.call_as(&bulk, "POST", REQUESTS, "{}").status, 403);
}

#[test]
fn an_erasure_is_carried_out_and_each_change_called_back_with_a_signature_that_openssl_accepts() {
    for curve in [false, true] {
        let stage = Stage::new(0, curve);
        let (url, came) = receiver();
        let made = stage.call(
            "POST",
            REQUESTS,
            &example("erasure", "u1@example.com", std::slice::from_ref(&url)).to_string(),
        );
        assert_eq!(made.status, 201, "{}", made.text);
        let done = stage.until(ID, "completed");
        assert_eq!(
            (&done["results_count"], done.get("results_url")),
            (&json!(1), None)
        );
        assert_eq!(
            (stage.known("u1@example.com"), stage.known("u2@example.com")),
            (404, 200)
        );
        for _ in 0..600 {
            if came.lock().expect("kept").len() >= 2 {
                break;
            }
            sleep(Duration::from_millis(50));
        }
        let came = came.lock().expect("kept").clone();
        let states: Vec<Value> = came
            .iter()
            .map(|(headers, body)| {
                let body_json: Value = serde_json::from_str(body).expect("JSON");
                assert_eq!(header(headers, "x-opendsr-processor-domain"), Some(DOMAIN));
                let signature = header(headers, "x-opendsr-signature").expect("a signature");
                assert!(stage.holds(signature, body), "{body}");
                assert!(!stage.holds(signature, &body.replace("controller", "kontroller")));
                assert_eq!(body_json["status_callback_url"], url);
                assert_eq!(body_json["subject_request_id"], ID);
                assert!(
                    body_json["expected_completion_time"].is_string()
                        && body_json["controller_id"].is_string()
                );
                body_json["request_status"].clone()
            })
            .collect();
        assert_eq!(
            states,
            [json!("in_progress"), json!("completed")],
            "in order, each once"
        );
    }
}

#[test]
fn an_answer_is_had_by_whoever_asked_for_it() {
    let stage = Stage::new(0, false);
    let body = example("portability", "u3@example.com", &[]).to_string();
    assert_eq!(stage.call("POST", REQUESTS, &body).status, 201);
    let done = stage.until(ID, "completed");
    let url = format!("https://{DOMAIN}{REQUESTS}/{ID}/results");
    assert_eq!(
        (&done["results_url"], &done["results_count"]),
        (&json!(url), &json!(1))
    );
    let answer = stage.call("GET", &format!("{REQUESTS}/{ID}/results"), "");
    assert_eq!(
        (answer.status, &answer.json()["records"][0]["profile"]["user_id"]),
        (200, &json!("u3"))
    );
    assert!(
        answer.json()["records"][0].get("segments").is_none(),
        "what the person gave, not what was made of it"
    );
}
