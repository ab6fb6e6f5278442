//! Legal holds by REST: refused, set, met by a deletion, ended.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, Reply, Server, segment_id};
use serde_json::{Value, json};

fn post(server: &Server, token: &str, body: &Value) -> Reply {
    server.api(token, "POST", "/datasets/main/holds", &body.to_string())
}

#[test]
fn what_cannot_be_a_hold_is_refused_by_its_field_and_never_quoted() {
    let home = Home::new();
    home.people();
    let privacy = home.token("privacy", "main");
    let server = home.serve();
    let ghost = json!({ "name": "M", "reason": "R", "people": ["u1", "ghost@example.com"] });
    let refused = post(&server, &privacy, &ghost);
    assert_eq!((refused.status, refused.code().as_str()), (422, "nobody_known"));
    assert_eq!(refused.json()["error"]["details"]["positions"], json!(["2"]));
    assert!(!refused.text.contains("ghost"), "{}", refused.text);
    for (body, field) in [
        (json!({ "name": "", "reason": "R", "people": ["u1"] }), "name"),
        (json!({ "name": "M", "reason": "", "people": ["u1"] }), "reason"),
        (json!({ "name": "M", "reason": "R" }), "people"),
        (
            json!({ "name": "M", "reason": "R", "people": ["u1"], "rule": "email is set" }),
            "rule",
        ),
        (
            json!({ "name": "M", "reason": "R", "rule": "emial is set" }),
            "rule",
        ),
    ] {
        let refused = post(&server, &privacy, &body);
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert_eq!(refused.json()["error"]["field"], field, "{}", refused.text);
    }
}

/// Deletes everyone in a segment of twenty, and gives the job when it has ended.
fn delete(server: &Server, token: &str, segment: &str) -> Value {
    let start = json!({ "segment_id": segment, "consent": true, "confirm_name": "Go", "confirm_count": 20 });
    let job = server.api(token, "POST", "/datasets/main/deletion-jobs", &start.to_string());
    let id = job.json()["id"].as_str().expect("an id").to_owned();
    server.ended(token, &id)
}

#[test]
fn a_hold_by_rest_is_met_by_a_deletion_and_ended() {
    let home = Home::new();
    home.people();
    let [admin, privacy, bulk] = ["admin", "privacy", "bulk"].map(|scope| home.token(scope, "main"));
    let go = segment_id(&home, "Go");
    let server = home.serve();
    let spec = json!({ "name": "Matter 17", "reason": "Court", "people": ["u1", "u2@example.com"] });
    assert_eq!(post(&server, &bulk, &spec).status, 403);
    let set = post(&server, &privacy, &spec);
    assert_eq!(set.status, 201, "{}", set.text);
    let path = format!(
        "/datasets/main/holds/{}",
        set.json()["id"].as_str().expect("an id")
    );
    assert_eq!(set.header("location"), Some(format!("/api/v1{path}").as_str()));

    let impact = server
        .api(&admin, "GET", &format!("/datasets/main/segments/{go}/impact"), "")
        .json();
    assert_eq!((&impact["profiles"], &impact["held"]), (&json!(20), &json!(2)));
    let ended = delete(&server, &bulk, &go);
    assert_eq!(ended["state"], "completed_with_leftovers");
    assert_eq!(
        (&ended["counts"]["deleted"], &ended["counts"]["held"]),
        (&json!(18), &json!(2))
    );
    let left = format!(
        "/datasets/main/deletion-jobs/{}/leftovers",
        ended["id"].as_str().expect("an id")
    );
    let left = server.api(&bulk, "GET", &left, "").json();
    assert_eq!(left["items"][0]["reason"], "Under the legal hold “Matter 17”.");
    let held = server.api(&bulk, "GET", "/datasets/main/holds", "").json();
    assert_eq!((&held["held"], &held["items"][0]["held"]), (&json!(2), &json!(2)));

    assert_eq!(
        server.api(&privacy, "DELETE", &path, "").status,
        422,
        "without a reason"
    );
    let over = server.api(&privacy, "DELETE", &format!("{path}?reason=Settled"), "");
    assert_eq!(
        (over.status, &over.json()["end_reason"]),
        (200, &json!("Settled"))
    );
    assert_eq!(
        server
            .api(&privacy, "DELETE", &format!("{path}?reason=Again"), "")
            .status,
        409
    );
    assert_eq!(
        server.api(&privacy, "GET", "/datasets/main/holds/99", "").status,
        404
    );
    let audit = server.api(&admin, "GET", "/audit", "").text;
    assert!(
        audit.contains("hold.set") && audit.contains("hold.end"),
        "{audit}"
    );
    assert!(
        !audit.contains("u2@example.com") && !audit.contains("Matter 17"),
        "{audit}"
    );
}
