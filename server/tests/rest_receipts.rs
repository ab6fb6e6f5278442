//! Receipts at the REST door and on the command line: what is handed out is what was signed; it verifies elsewhere, with the file and
//! the key alone; who may ask for what.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, PEOPLE, Ran, Reply, Server, segment_id};
use serde_json::{Value, json};

const JOBS: &str = "/datasets/main/deletion-jobs";

/// A server on which the half has been deleted that goes, and the number of that job.
fn deleted(home: &Home) -> (Server, String, String) {
    home.people();
    let token = home.token("bulk", "main");
    let server = home.serve();
    let body = json!({
        "segment_id": segment_id(home, "Go"), "consent": true, "confirm_name": "Go", "confirm_count": PEOPLE / 2,
    });
    let job = server.api(&token, "POST", JOBS, &body.to_string());
    assert_eq!(job.status, 201, "{}", job.text);
    let id = job.json()["id"].as_str().expect("an id").to_owned();
    server.ended(&token, &id);
    (server, token, id)
}

fn prove(server: &Server, token: &str, id: &str, identity: &str) -> Reply {
    let body = json!({ "identity": identity }).to_string();
    server.api(token, "POST", &format!("{JOBS}/{id}/receipt/proof"), &body)
}

/// Verifies on another machine: another home, in which no data directory is made.
fn verify(args: &[&str]) -> Ran {
    let elsewhere = Home::new();
    let all = [&["receipt", "verify"], args].concat();
    let ran = elsewhere.run(&all);
    assert!(!elsewhere.data().exists(), "no data directory is opened");
    ran
}

#[test]
fn a_receipt_verifies_elsewhere_until_somebody_touches_it() {
    let home = Home::new();
    let (server, token, id) = deleted(&home);
    let reply = server.api(&token, "GET", &format!("{JOBS}/{id}/receipt"), "");
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, Some("application/json"))
    );
    let receipt = reply.json()["receipt"].clone();
    assert_eq!(receipt["counts"]["deleted"], PEOPLE / 2);
    assert_eq!(receipt["entries"]["size"], PEOPLE);
    assert!(!reply.text.contains("example.com"));
    let key = server.api(&token, "GET", "/receipt-key", "");
    assert!(
        key.text.starts_with("-----BEGIN PUBLIC KEY-----\n"),
        "{}",
        key.text
    );
    let (file, pem) = (
        home.file("receipt.json", &reply.text),
        home.file("key.pem", &key.text),
    );
    drop(server);

    let told = verify(&[&file, "--key", &pem]);
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{}", told.out);
    assert!(
        told.out.contains(&format!("The receipt of D-{id} holds")) && !told.out.contains("No key was given")
    );
    let told = verify(&[&file, "--key", &pem, "--json"]).json();
    assert_eq!(
        (&told["holds"], &told["key_given"], &told["receipt"]),
        (&json!(true), &json!(true), &receipt)
    );
    // The key in the file serves as well, and the fingerprint that is to be compared is said.
    let told = verify(&[&file]);
    let fingerprint = receipt["key"]["fingerprint"].as_str().expect("a fingerprint");
    assert!(told.code == 0 && told.out.contains(fingerprint) && told.out.contains("No key was given"));
    let airy = serde_json::to_string_pretty(&reply.json()).expect("JSON");
    assert_eq!(
        verify(&[&home.file("airy.json", &airy), "--key", &pem]).code,
        0,
        "white space is free"
    );
    assert_eq!(
        home.run_with(&["receipt", "verify", "-", "--key", &pem], &reply.text)
            .code,
        0
    );
}

#[test]
fn what_was_touched_or_is_no_receipt_is_refused_in_one_sentence() {
    let home = Home::new();
    let (server, token, id) = deleted(&home);
    let reply = server.api(&token, "GET", &format!("{JOBS}/{id}/receipt"), "");
    let key = server.api(&token, "GET", "/receipt-key", "");
    let (file, pem) = (
        home.file("receipt.json", &reply.text),
        home.file("key.pem", &key.text),
    );
    drop(server);
    let more = format!("\"deleted\":{}", PEOPLE / 2);
    let forged = reply
        .text
        .replace(&more, &format!("\"deleted\":{}", PEOPLE / 2 - 1));
    assert_ne!(forged, reply.text);
    for (name, text, why) in [
        ("forged.json", forged.as_str(), "The signature does not fit"),
        ("half.json", &reply.text[..reply.text.len() / 2], "broken"),
        ("key.json", &key.text, "no JSON"),
    ] {
        let ran = verify(&[&home.file(name, text), "--key", &pem]);
        assert!(
            ran.code == 1 && ran.out.is_empty() && ran.err.contains(why),
            "{name}: {}",
            ran.err
        );
        assert_eq!(ran.err.trim_end().lines().count(), 1, "one sentence: {}", ran.err);
    }
    let strange = home.file("strange.pem", &"ab".repeat(32));
    assert!(verify(&[&file, "--key", &strange]).err.contains("another key"));
    assert!(
        verify(&[&file, "--key", &file])
            .err
            .contains("no Ed25519 public key")
    );
    assert!(verify(&["missing.json"]).err.contains("missing.json"));
    assert_eq!(verify(&[]).code, 2);
}

#[test]
fn one_person_is_proven_elsewhere_and_no_other() {
    let home = Home::new();
    let (server, bulk, id) = deleted(&home);
    let privacy = home.token("privacy", "main");
    let reply = prove(&server, &privacy, &id, "u3@example.com");
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(!reply.text.contains("u3") && !reply.text.contains("example.com"));
    for (identity, status, code) in [
        ("u39@example.com", 404, "not_in_receipt"),
        ("nobody", 404, "not_in_receipt"),
        (" ", 422, "invalid"),
    ] {
        let refused = prove(&server, &privacy, &id, identity);
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (status, code),
            "{identity}"
        );
    }
    let proof = home.file("proof.json", &reply.text);
    let pem = home.file("key.pem", &server.api(&bulk, "GET", "/receipt-key", "").text);
    drop(server);
    let told = verify(&[&proof, "--key", &pem, "--identity", "U3@example.com"]);
    assert!(
        told.code == 0 && told.out.contains("they are among the deleted"),
        "{} {}",
        told.out,
        told.err
    );
    let typed = home.run_with(
        &["receipt", "verify", &proof, "--identity", "-"],
        "u3@example.com\n",
    );
    assert_eq!(typed.code, 0, "{}", typed.err);
    let other = verify(&[&proof, "--key", &pem, "--identity", "u4@example.com"]);
    assert!(
        other.code == 1 && other.err.contains("somebody else"),
        "{}",
        other.err
    );
    assert!(verify(&[&proof, "--key", &pem]).err.contains("--identity"));
    // The shape says what each part is, and the receipt inside is the whole one.
    let proof: Value = reply.json();
    assert_eq!(proof["proof"]["identity"]["kind"], "email");
    assert_eq!(
        proof["proof"]["receipt"]["receipt"]["about"]["number"],
        format!("D-{id}")
    );
}

#[test]
fn who_may_ask_for_what() {
    let home = Home::new();
    let (server, bulk, id) = deleted(&home);
    let privacy = home.token("privacy", "main");
    assert_eq!(
        prove(&server, &bulk, &id, "u3").status,
        403,
        "that is for privacy alone"
    );
    // Whoever answers for requests reads receipts, and nothing else of a job.
    assert_eq!(
        server
            .api(&privacy, "GET", &format!("{JOBS}/{id}/receipt"), "")
            .status,
        200
    );
    assert_eq!(
        server.api(&privacy, "GET", &format!("{JOBS}/{id}"), "").status,
        403
    );
    let ingest = home.token("ingest", "main");
    assert_eq!(
        server
            .api(&ingest, "GET", &format!("{JOBS}/{id}/receipt"), "")
            .status,
        403
    );
    assert_eq!(
        server
            .api(&bulk, "GET", &format!("{JOBS}/9999/receipt"), "")
            .status,
        404
    );
    assert_eq!(
        server.api(&bulk, "GET", &format!("{JOBS}/x/receipt"), "").status,
        404
    );
}

#[test]
fn without_a_receipt_there_is_a_reason() {
    let home = Home::new();
    home.people();
    let token = home.token("bulk", "main");
    let server = home.serve();
    let body = json!({
        "segment_id": segment_id(&home, "Go"), "consent": true, "confirm_name": "Go", "confirm_count": PEOPLE / 2, "wait_seconds": 3600,
    });
    let job = server.api(&token, "POST", JOBS, &body.to_string()).json();
    let id = job["id"].as_str().expect("an id");
    let reply = server.api(&token, "GET", &format!("{JOBS}/{id}/receipt"), "");
    assert_eq!((reply.status, reply.code().as_str()), (409, "state_refused"));
    assert!(reply.text.contains("is not over"), "{}", reply.text);
}

#[test]
fn the_term_of_proofs_is_set_for_receipts_to_come() {
    let home = Home::new();
    let (server, bulk, id) = deleted(&home);
    let admin = home.token("admin", "all");
    let limits = "/settings/limits";
    let set = |token: &str, body: Value| server.api(token, "PATCH", limits, &body.to_string());
    assert_eq!(set(&bulk, json!({ "proof_days": 30 })).status, 403);
    for wrong in [0, 3_654] {
        let refused = set(&admin, json!({ "proof_days": wrong }));
        assert_eq!((refused.status, refused.code().as_str()), (422, "invalid"));
        assert_eq!(refused.json()["error"]["field"], "proof_days");
    }
    assert_eq!(set(&admin, json!({ "proof_days": 30 })).json()["proof_days"], 30);
    assert_eq!(
        home.json(&["limits", "set", "--proof-days", "40"])["proof_days"],
        40
    );
    assert!(home.run(&["limits", "show"]).out.contains("40 days"));
    let ends = |id: &str| {
        let receipt = server
            .api(&bulk, "GET", &format!("{JOBS}/{id}/receipt"), "")
            .json();
        let at = |text: &Value| {
            domain::time::Timestamp::parse_rfc3339(text.as_str().expect("a time"))
                .expect("a time")
                .day()
        };
        at(&receipt["receipt"]["entries"]["destroyed_at"]) - at(&receipt["receipt"]["times"]["sealed_at"])
    };
    let body = json!({
        "segment_id": segment_id(&home, "Stay"), "consent": true, "confirm_name": "Stay", "confirm_count": PEOPLE / 2, "force": true,
    });
    let next = server.api(&bulk, "POST", JOBS, &body.to_string()).json();
    let next = next["id"].as_str().expect("an id");
    server.ended(&bulk, next);
    assert_eq!((ends(&id), ends(next)), (731, 40));
    assert_eq!(
        home.json(&["limits", "set", "--proof-days", "default"])["proof_days_set"],
        false
    );
}
