//! Campaigns at the REST door while people are deleted: decisions before, during and after a job against what the impact
//! foretold, and the policy for a campaign that turns active in the middle.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, PEOPLE, Server, segment_id};
use serde_json::{Value, json};
use std::{collections::BTreeSet, thread::sleep, time::Duration};

const JOBS: &str = "/datasets/main/deletion-jobs";
const CAMPAIGNS: &str = "/datasets/main/campaigns";
const HALF: usize = 20;

struct Stage {
    admin: String,
    ingest: String,
    go: String,
    server: Server,
    home: Home,
}

impl Stage {
    fn new() -> Self {
        let home = Home::new();
        home.people();
        let (admin, ingest) = (home.token("admin", "main"), home.token("ingest", "main"));
        let go = segment_id(&home, "Go");
        let server = home.serve();
        Self {
            admin,
            ingest,
            go,
            server,
            home,
        }
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let reply = self.server.api(&self.admin, method, path, &text);
        assert!(
            (200..300).contains(&reply.status),
            "{method} {path}: {} {}",
            reply.status,
            reply.text
        );
        reply.json()
    }

    fn campaign(&self, id: &str, status: &str, include: &[&str]) {
        let body = json!({ "id": id, "name": id, "status": status, "include": include });
        self.call("POST", CAMPAIGNS, &body);
    }

    /// What somebody is served, and how many impressions were recorded.
    fn decide(&self, user: &str, record: bool) -> (Vec<String>, i64) {
        let body = json!({ "user_id": user, "record": record }).to_string();
        let reply = self
            .server
            .api(&self.ingest, "POST", "/datasets/main/decisions", &body);
        assert_eq!(reply.status, 200, "{}", reply.text);
        let it = reply.json();
        let served = it["campaigns"].as_array().expect("campaigns");
        let ids = served
            .iter()
            .map(|one| one["id"].as_str().expect("an id").to_owned());
        (ids.collect(), it["recorded"].as_i64().expect("a number"))
    }

    /// Whom of the people who are to go the campaign serves.
    fn served_by(&self, campaign: &str) -> BTreeSet<String> {
        let all = (0..HALF).map(|n| format!("u{n}"));
        all.filter(|user| self.decide(user, false).0.iter().any(|id| id == campaign))
            .collect()
    }

    fn start(&self, changes: &Value) -> String {
        let mut body = json!({
            "segment_id": self.go, "consent": true, "confirm_name": "Go", "confirm_count": HALF, "max_rate": 1,
        });
        for (name, value) in changes.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let job = self.call("POST", JOBS, &body);
        format!("{JOBS}/{}", job["id"].as_str().expect("an id"))
    }

    /// Looks at a job until something holds.
    fn until(&self, job: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..600 {
            let it = self.call("GET", job, &Value::Null);
            if holds(&it) {
                return it;
            }
            assert!(
                it["finished_at"].is_null() || what == "ended",
                "it ended before it {what}: {it}"
            );
            sleep(Duration::from_millis(50));
        }
        panic!("waited in vain until it {what}");
    }
}

fn deleted(job: &Value) -> usize {
    let deleted = job["counts"]["deleted"].as_u64().expect("a number");
    usize::try_from(deleted).expect("a small number")
}

/// The people who were asked once each, and what the impact foretells of the campaign on the segment.
fn shown_once(stage: &Stage) -> i64 {
    stage.campaign("everyone", "active", &[]);
    assert_eq!(round(stage, PEOPLE), PEOPLE, "one impression a person");
    stage.campaign("go", "active", &[&stage.go]);
    assert_eq!(stage.served_by("go").len(), HALF);
    assert_eq!(round(stage, 20), 40, "two of each who is to go");
    let path = format!("/datasets/main/segments/{}/impact", stage.go);
    let usage = stage.call("GET", &path, &Value::Null)["usage"].clone();
    assert_eq!(
        usage.as_array().map(Vec::len),
        Some(1),
        "a campaign for everyone leans on no segment: {usage}"
    );
    assert_eq!(
        (&usage[0]["id"], &usage[0]["eligible_now"]),
        (&json!("go"), &json!(20))
    );
    usage[0]["projected_impressions_change"]
        .as_i64()
        .expect("a number")
}

/// Asks for the first people once each. Gives how many impressions that came to.
fn round(stage: &Stage, people: i64) -> i64 {
    (0..people).map(|n| stage.decide(&format!("u{n}"), true).1).sum()
}

#[test]
fn during_a_deletion_fewer_and_fewer_are_served_and_never_one_who_is_gone() {
    let stage = Stage::new();
    let projected = shown_once(&stage);
    assert_eq!(projected, -20);
    let job = stage.start(&json!({ "on_active_campaign": "proceed" }));
    stage.until(&job, "deletes", |it| deleted(it) > 0);
    stage.call("POST", &format!("{job}/pause"), &Value::Null);
    let paused = stage.until(&job, "rests", |it| it["status"] == "paused");
    let halfway = stage.served_by("go");
    assert_eq!(
        halfway.len(),
        HALF - deleted(&paused),
        "exactly those who are still there"
    );
    assert!(halfway.len() < HALF && !halfway.is_empty(), "{halfway:?}");
    for n in 0..HALF {
        let user = format!("u{n}");
        let path = format!("/datasets/main/profiles/{user}");
        let there = stage.server.api(&stage.admin, "GET", &path, "");
        assert_eq!(there.status == 200, halfway.contains(&user), "{user}");
    }
    stage.call("PATCH", &job, &json!({ "max_rate": null }));
    stage.call("POST", &format!("{job}/resume"), &Value::Null);
    let mut before = halfway;
    loop {
        let over = stage.call("GET", &job, &Value::Null)["finished_at"].is_string();
        let now = stage.served_by("go");
        assert!(now.is_subset(&before), "nobody comes back: {now:?} of {before:?}");
        before = now;
        if over {
            break;
        }
    }
    assert!(before.is_empty());
    // The same rounds as before: the drop is what those who went had been shown, campaign by campaign.
    assert_eq!(
        round(&stage, PEOPLE) - PEOPLE,
        -20,
        "of the campaign for everyone"
    );
    assert_eq!(
        round(&stage, 20) - 40,
        projected - 20,
        "of both campaigns, among those who went"
    );
    let figures = stage.call("GET", &format!("{CAMPAIGNS}/go"), &Value::Null);
    assert_eq!(
        (
            &figures["eligible"],
            &figures["impressions_30d"],
            &figures["impressions_total"]
        ),
        (&json!(0), &json!(0), &json!(20))
    );
}

#[test]
fn a_campaign_that_turns_active_in_the_middle_meets_the_policy() {
    let stage = Stage::new();
    stage.campaign("late", "draft", &[&stage.go]);
    let job = stage.start(&json!({ "on_active_campaign": "pause" }));
    stage.until(&job, "deletes", |it| deleted(it) > 0);
    stage.call(
        "PATCH",
        &format!("{CAMPAIGNS}/late"),
        &json!({ "status": "active" }),
    );
    let held = stage.until(&job, "waits", |it| it["status"] == "waiting");
    let reason = held["reason_paused"].as_str().unwrap_or_default();
    assert!(reason.contains("“late” is active"), "{held}");
    assert_eq!(stage.served_by("late").len(), HALF - deleted(&held));
    // It stays so, whatever the speed.
    stage.call("PATCH", &job, &json!({ "max_rate": null }));
    sleep(Duration::from_millis(300));
    let still = stage.call("GET", &job, &Value::Null);
    assert_eq!(
        (deleted(&still), &still["status"]),
        (deleted(&held), &json!("waiting"))
    );
    stage.call(
        "PATCH",
        &format!("{CAMPAIGNS}/late"),
        &json!({ "status": "paused" }),
    );
    let done = stage.until(&job, "ended", |it| it["finished_at"].is_string());
    assert_eq!((&done["state"], deleted(&done)), (&json!("completed"), HALF));
}

#[test]
fn a_change_between_the_look_and_the_confirmation_is_caught() {
    let stage = Stage::new();
    stage.campaign("c", "draft", &[&stage.go]);
    let look = || {
        let path = format!("/datasets/main/segments/{}/impact", stage.go);
        stage.call("GET", &path, &Value::Null)["plan_hash"].clone()
    };
    let refused = |seen: &Value| {
        let body = json!({
            "segment_id": stage.go, "consent": true, "confirm_name": "Go", "confirm_count": HALF, "plan_hash": seen,
            "on_active_campaign": "proceed",
        });
        stage
            .server
            .api(&stage.admin, "POST", JOBS, &body.to_string())
            .code()
    };
    let seen = look();
    stage.call("PATCH", &format!("{CAMPAIGNS}/c"), &json!({ "status": "active" }));
    assert_eq!(refused(&seen), "plan_changed");
    let seen = look();
    stage.call(
        "PATCH",
        &format!("{CAMPAIGNS}/c"),
        &json!({ "arms": [{ "name": "A", "from": 0, "to": 12.5 }] }),
    );
    assert_eq!(refused(&seen), "plan_changed");
    let seen = look();
    let file = stage
        .home
        .file("uses.csv", "id,kind,name,status,include\nj,journey,J,active,Go\n");
    stage
        .home
        .json(&["import", "campaigns", &file, "--dataset", "main"]);
    assert_eq!(refused(&seen), "plan_changed");
}

#[test]
fn arms_are_numbers_with_two_decimals_and_do_not_overlap() {
    let stage = Stage::new();
    let with = |arms: Value| {
        let body = json!({ "name": "T", "status": "active", "arms": arms });
        stage
            .server
            .api(&stage.admin, "POST", CAMPAIGNS, &body.to_string())
    };
    for bad in [
        json!([{ "name": "A", "from": 0, "to": 50.01 }, { "name": "B", "from": 50, "to": 100 }]),
        json!([{ "name": "A", "from": 0, "to": 0.001 }]),
        json!([{ "name": "A", "from": 5, "to": 5 }]),
    ] {
        let reply = with(bad.clone());
        assert_eq!(
            (reply.status, &reply.json()["error"]["field"]),
            (422, &json!("arms")),
            "{bad}"
        );
    }
    let made =
        with(json!([{ "name": "B", "from": 33.33, "to": 100 }, { "name": "A", "from": 0, "to": 33.33 }]));
    assert_eq!(made.status, 201, "{}", made.text);
    let arms = made.json()["arms"].clone();
    assert_eq!(
        (&arms[0]["name"], &arms[0]["to"], &arms[1]["from"]),
        (&json!("A"), &json!(33.33), &json!(33.33))
    );
    let eligible = |at: usize| arms[at]["eligible"].as_i64().expect("a number");
    assert_eq!(eligible(0) + eligible(1), PEOPLE);
    let body = json!({ "user_id": "u1" }).to_string();
    let served = stage
        .server
        .api(&stage.ingest, "POST", "/datasets/main/decisions", &body)
        .json();
    let arm = served["campaigns"][0]["arm"].as_str().expect("an arm").to_owned();
    let again = stage
        .server
        .api(&stage.ingest, "POST", "/datasets/main/decisions", &body)
        .json();
    assert_eq!(again["campaigns"][0]["arm"], arm, "an arm is kept");
    let refused = stage.server.api(
        &stage.ingest,
        "POST",
        "/datasets/main/decisions",
        r#"{"user":"u1"}"#,
    );
    assert_eq!(
        (refused.status, &refused.json()["error"]["field"]),
        (400, &json!("user"))
    );
}
