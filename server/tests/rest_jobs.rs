//! Deletion jobs at the REST door: the life of one, every refusal before it, and a key that makes one job only.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, PEOPLE, Server, segment_id};
use serde_json::{Value, json};

const JOBS: &str = "/datasets/main/deletion-jobs";

struct Stage {
    home: Home,
    token: String,
    server: Server,
}

impl Stage {
    fn new() -> Self {
        let home = Home::new();
        home.people();
        let token = home.token("bulk", "main");
        let server = home.serve();
        Self { home, token, server }
    }

    /// What starts a deletion of a segment properly, with changes.
    fn asked(&self, segment: &str, changes: &Value) -> String {
        let mut body = json!({
            "segment_id": segment_id(&self.home, segment), "consent": true, "confirm_name": segment,
            "confirm_count": PEOPLE / 2,
        });
        for (name, value) in changes.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body.to_string()
    }

    fn start(&self, segment: &str, changes: &Value) -> harness::Reply {
        self.server
            .api(&self.token, "POST", JOBS, &self.asked(segment, changes))
    }

    fn refused(&self, changes: &Value) -> (u16, String, Value) {
        let reply = self.start("Go", changes);
        (
            reply.status,
            reply.code(),
            reply.json()["error"]["details"].clone(),
        )
    }
}

#[test]
fn a_job_deletes_exactly_its_people_and_accounts_for_them() {
    let stage = Stage::new();
    let reply = stage.start("Go", &json!({ "reason": "lapsed" }));
    assert_eq!(reply.status, 201, "{}", reply.text);
    let job = reply.json();
    let id = job["id"].as_str().expect("an id");
    assert_eq!(
        reply.header("location"),
        Some(format!("/api/v1{JOBS}/{id}").as_str())
    );
    assert_eq!(job["number"], format!("D-{id}"));
    assert_eq!(
        (&job["segment"]["name"], &job["reason"]),
        (&json!("Go"), &json!("lapsed"))
    );

    let done = stage.server.ended(&stage.token, id);
    assert_eq!(
        (&done["state"], &done["status"]),
        (&json!("completed"), &json!("completed")),
        "{done}"
    );
    let counts = &done["counts"];
    assert_eq!(
        (&counts["matched"], &counts["deleted"], &counts["left"]),
        (&json!(20), &json!(20), &json!(0))
    );
    let number = |name: &str| counts[name].as_i64().expect("a number");
    let sum: i64 = ["deleted", "spared", "held", "failed", "gone", "left"]
        .into_iter()
        .map(number)
        .sum();
    assert_eq!(number("matched"), sum);
    assert_eq!(done["progress"]["percent"], 100);
    for time in ["created_at", "started_at", "finished_at", "verified_at"] {
        let text = done[time].as_str().unwrap_or_default();
        assert!(text.len() == 24 && text.ends_with('Z'), "{time}: {text}");
    }
    let gone = stage
        .server
        .api(&stage.token, "GET", "/datasets/main/profiles/u1", "");
    assert_eq!((gone.status, gone.code().as_str()), (404, "not_found"));
    let left = stage
        .server
        .api(&stage.token, "GET", "/datasets/main/profiles", "")
        .json();
    assert_eq!(
        left["items"].as_array().map(Vec::len),
        usize::try_from(PEOPLE / 2).ok()
    );
    let nobody = stage
        .server
        .api(&stage.token, "GET", &format!("{JOBS}/{id}/leftovers"), "")
        .json();
    assert_eq!(nobody, json!({ "items": [], "next": null }));
    let segment = stage.home.json(&["segment", "show", "Go", "--dataset", "main"]);
    assert_eq!(segment["state"], "disabled");
}

#[test]
fn what_was_not_meant_is_refused_by_name() {
    let stage = Stage::new();
    assert_eq!(stage.refused(&json!({ "consent": false })).1, "consent_required");
    let (status, code, _) = stage.refused(&json!({ "confirm_name": "go" }));
    assert_eq!((status, code.as_str()), (422, "name_mismatch"));
    let (status, code, details) = stage.refused(&json!({ "confirm_count": 19 }));
    assert_eq!((status, code.as_str()), (409, "count_moved"));
    assert!(
        details.to_string().contains("20"),
        "names the new count: {details}"
    );
    assert_eq!(
        stage.refused(&json!({ "plan_hash": "another" })).1,
        "plan_changed"
    );
    assert_eq!(
        stage.refused(&json!({ "confirm_count": "many" })).1,
        "count_invalid"
    );
    let (status, code, _) = stage.refused(&json!({ "suppress": "maybe" }));
    assert_eq!((status, code.as_str()), (422, "invalid"));
    let misspelt = stage.start("Go", &json!({ "max_rat": 5 }));
    assert_eq!(
        (misspelt.status, &misspelt.json()["error"]["field"]),
        (400, &json!("max_rat"))
    );
    assert_eq!(
        stage.server.api(&stage.token, "GET", JOBS, "").json()["items"],
        json!([])
    );
}

#[test]
fn one_runs_at_a_time_and_it_can_be_paused_slowed_and_cancelled() {
    let stage = Stage::new();
    let job = stage.start("Go", &json!({ "max_rate": 1 })).json();
    let at = format!("{JOBS}/{}", job["id"].as_str().expect("an id"));
    let second = stage.start("Stay", &json!({}));
    assert_eq!((second.status, second.code().as_str()), (409, "job_active"));
    assert!(
        second.text.contains("D-1001"),
        "names the running job: {}",
        second.text
    );
    let queued = stage.start("Stay", &json!({ "queue": true }));
    assert_eq!(queued.status, 201, "{}", queued.text);

    let call = |method: &str, rest: &str, body: &str| {
        stage
            .server
            .api(&stage.token, method, &format!("{at}{rest}"), body)
    };
    let paused = call("POST", "/pause", "").json();
    assert!(
        ["pausing", "paused"].contains(&paused["status"].as_str().unwrap_or("")),
        "{paused}"
    );
    assert_eq!(call("PATCH", "", r#"{"max_rate":7}"#).json()["max_rate"], 7);
    assert_eq!(
        call("PATCH", "", r#"{"max_rate":null}"#).json()["max_rate"],
        Value::Null
    );
    assert_eq!(call("PATCH", "", "{}").status, 400);
    assert_eq!(call("PATCH", "", r#"{"max_rate":1}"#).status, 200);
    assert_eq!(call("POST", "/resume", "").status, 200);
    assert_eq!(call("POST", "/cancel", "").status, 200);
    let ended = stage
        .server
        .ended(&stage.token, job["id"].as_str().expect("an id"));
    assert_eq!(ended["state"], "cancelled");
    let again = call("POST", "/resume", "");
    assert_eq!((again.status, again.code().as_str()), (409, "state_refused"));
    let next = stage
        .server
        .ended(&stage.token, queued.json()["id"].as_str().expect("an id"));
    assert_eq!(next["state"], "completed", "the queued one took the place");
}

#[test]
fn a_key_makes_one_job_and_another_body_is_refused() {
    let stage = Stage::new();
    let body = stage.asked("Go", &json!({ "wait_seconds": 3600 }));
    let send = |body: &str, key: &str| {
        let authorization = format!("Bearer {}", stage.token);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
        ];
        stage
            .server
            .send("POST", &format!("/api/v1{JOBS}"), &headers, body)
    };
    let first = send(&body, "k1");
    assert_eq!(first.status, 201, "{}", first.text);
    let again = send(&body.replace(':', " : "), "k1");
    assert_eq!((again.status, &again.json()["id"]), (201, &first.json()["id"]));
    let other = send(&stage.asked("Go", &json!({ "wait_seconds": 60 })), "k1");
    assert_eq!(
        (other.status, other.code().as_str()),
        (422, "idempotency_mismatch")
    );
    assert_eq!(send(&body, "k2").code(), "segment_busy");
    assert_eq!(send(&body, "").status, 400);
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let stage = Stage::new();
    let id = segment_id(&stage.home, "Go");
    let reply = stage.server.api(
        &stage.token,
        "POST",
        JOBS,
        &json!({ "segment_id": id, "dry_run": true }).to_string(),
    );
    assert_eq!(reply.status, 200, "{}", reply.text);
    let dry = reply.json();
    assert_eq!(
        (&dry["id"], &dry["counts"]["matched"], &dry["counts"]["left"]),
        (&Value::Null, &json!(20), &json!(20))
    );
    assert_eq!(
        stage.refused(&json!({ "dry_run": true, "confirm_count": 3 })).1,
        "count_moved"
    );
    assert_eq!(
        stage.server.api(&stage.token, "GET", JOBS, "").json()["items"],
        json!([])
    );
}

#[test]
fn a_running_campaign_has_to_be_seen() {
    let stage = Stage::new();
    let admin = stage.home.token("admin", "main");
    let go = segment_id(&stage.home, "Go");
    let campaign = json!({ "id": "summer", "name": "Summer", "status": "active", "include": [go] });
    assert_eq!(
        stage
            .server
            .api(&admin, "POST", "/datasets/main/campaigns", &campaign.to_string())
            .status,
        201
    );
    let (status, code, details) = stage.refused(&json!({}));
    assert_eq!((status, code.as_str()), (409, "campaign_active"));
    assert!(details.to_string().contains("Summer"), "{details}");
    assert_eq!(
        stage
            .start("Go", &json!({ "on_active_campaign": "proceed" }))
            .status,
        201
    );
}
