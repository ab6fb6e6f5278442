//! Legal holds by REST: set, met by a deletion, ended.

mod harness;

use harness::{Home, segment_id};
use serde_json::json;

#[test]
fn a_hold_by_rest_is_met_by_a_deletion_and_ended() {
    let home = Home::new();
    home.people();
    let (admin, privacy, bulk) = (
        home.token("admin", "main"),
        home.token("privacy", "main"),
        home.token("bulk", "main"),
    );
    let go = segment_id(&home, "Go");
    let server = home.serve();
    let post = |token: &str, body: serde_json::Value| {
        server.api(token, "POST", "/datasets/main/holds", &body.to_string())
    };
    assert_eq!(
        post(&bulk, json!({ "name": "M", "reason": "R", "people": ["u1"] })).status,
        403
    );
    let refused = post(
        &privacy,
        json!({ "name": "M", "reason": "R", "people": ["u1", "ghost@example.com"] }),
    );
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
        let refused = post(&privacy, body);
        assert_eq!(
            (refused.status, &refused.json()["error"]["field"]),
            (422, &json!(field)),
            "{}",
            refused.text
        );
    }
    let set = post(
        &privacy,
        json!({ "name": "Matter 17", "reason": "Court", "people": ["u1", "u2@example.com"] }),
    );
    assert_eq!(set.status, 201, "{}", set.text);
    let id = set.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        set.header("location"),
        Some(format!("/api/v1/datasets/main/holds/{id}").as_str())
    );
    let impact = server
        .api(&admin, "GET", &format!("/datasets/main/segments/{go}/impact"), "")
        .json();
    assert_eq!((&impact["profiles"], &impact["held"]), (&json!(20), &json!(2)));
    let start = json!({ "segment_id": go, "consent": true, "confirm_name": "Go", "confirm_count": 20 });
    let job = server
        .api(&bulk, "POST", "/datasets/main/deletion-jobs", &start.to_string())
        .json();
    let job_id = job["id"].as_str().expect("an id").to_owned();
    let ended = server.ended(&bulk, &job_id);
    assert_eq!(ended["state"], "completed_with_leftovers");
    assert_eq!(
        (&ended["counts"]["deleted"], &ended["counts"]["held"]),
        (&json!(18), &json!(2))
    );
    let left = server
        .api(
            &bulk,
            "GET",
            &format!("/datasets/main/deletion-jobs/{job_id}/leftovers"),
            "",
        )
        .json();
    assert_eq!(left["items"][0]["reason"], "Under the legal hold “Matter 17”.");
    let held = server.api(&bulk, "GET", "/datasets/main/holds", "").json();
    assert_eq!((&held["held"], &held["items"][0]["held"]), (&json!(2), &json!(2)));
    let path = format!("/datasets/main/holds/{id}");
    assert_eq!(server.api(&privacy, "DELETE", &path, "").status, 422);
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
