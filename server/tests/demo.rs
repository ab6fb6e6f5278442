//! `lethe demo`: the sample with its known answers, someone who may log in, and a second start that keeps both.

mod harness;

use harness::Home;
use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt as _};

/// What is known of the CDNOW purchases, counted by others.
const KNOWN: [(&str, i64); 3] = [
    ("last(purchase) before 1998-01-01", 18_196),
    ("count(purchase) = 1", 11_908),
    ("sum(purchase.value) > 500", 734),
];
const LAPSED: &str = "Lapsed: no purchase since 1998";

#[test]
fn the_sample_gives_the_known_answers_and_a_second_start_keeps_what_was_done() {
    let home = Home::new();
    let server = home.demo();
    let password = server.said["password"].as_str().expect("a password").to_owned();
    assert_eq!(server.said["user"], "admin");
    let file = home.data().join("demo-password");
    assert_eq!(fs::read_to_string(&file).expect("a file").trim(), password);
    assert_eq!(
        fs::metadata(&file).expect("a file").permissions().mode() & 0o777,
        0o600
    );

    let token = home.token("bulk", "cdnow");
    let api = |method: &str, path: &str, body: &str| {
        server
            .api(&token, method, &format!("/datasets/cdnow{path}"), body)
            .json()
    };
    assert_eq!(api("GET", "", "")["profiles"], 23_570);
    for (rule, count) in KNOWN {
        assert_eq!(
            api("POST", "/segments/preview", &json!({ "rule": rule }).to_string())["count"],
            count,
            "{rule}"
        );
    }
    let segment = home.json(&["segment", "show", LAPSED, "--dataset", "cdnow"]);
    let impact = api(
        "GET",
        &format!("/segments/{}/impact", segment["id"].as_str().expect("an id")),
        "",
    );
    assert_eq!(impact["profiles"], 18_196);
    let asked = json!({
        "segment_id": segment["id"], "consent": true, "confirm_name": LAPSED, "confirm_count": "18,196",
        "plan_hash": impact["plan_hash"], "on_active_campaign": "proceed",
    });
    let job = api("POST", "/deletion-jobs", &asked.to_string());
    let done = server.ended_in(
        "cdnow",
        &token,
        job["id"].as_str().unwrap_or_else(|| panic!("{job}")),
    );
    assert_eq!(
        (&done["state"], &done["counts"]["deleted"]),
        (&json!("completed"), &json!(18_196)),
        "{done}"
    );
    assert_eq!(api("GET", "", "")["profiles"], 23_570 - 18_196);
    assert_eq!(server.stop(), 0);

    let again = home.demo();
    assert_eq!(again.said["password"], password);
    assert_eq!(
        again.api(&token, "GET", "/datasets/cdnow", "").json()["profiles"],
        23_570 - 18_196
    );
}
