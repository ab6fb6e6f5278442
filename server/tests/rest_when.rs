//! When a deletion happens, at the REST door: starts, quiet hours, recurring deletions; and the same due moment never makes two
//! jobs, however often the server is killed about it.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, PEOPLE, Reply, Server, segment_id};
use serde_json::{Value, json};
use std::{
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

const JOBS: &str = "/datasets/main/deletion-jobs";
const RECURRING: &str = "/datasets/main/recurring-jobs";

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

    fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.server.api(&self.token, method, path, &body)
    }

    fn start(&self, changes: &Value) -> Reply {
        let mut body = json!({
            "segment_id": segment_id(&self.home, "Go"), "consent": true, "confirm_name": "Go", "confirm_count": PEOPLE / 2,
        });
        for (name, value) in changes.as_object().expect("an object") {
            body[name] = value.clone();
        }
        self.call("POST", JOBS, &body)
    }
}

fn standing(segment: &str) -> Value {
    json!({
        "segment_id": segment, "consent": true, "confirm_name": "Go", "ceiling": "1,000", "enable_after": true,
        "due": { "every": "day", "at": "03:00", "zone": "utc" },
    })
}

#[test]
fn starts_are_refused_by_name_and_brought_forward() {
    let stage = Stage::new();
    for (changes, code, field) in [
        (
            json!({ "start_at": "2001-01-01T00:00:00Z" }),
            "start_past",
            "start_at",
        ),
        (
            json!({ "start_at": "2999-01-01T00:00:00Z" }),
            "start_too_far",
            "start_at",
        ),
        (json!({ "start_at": "soon" }), "invalid", "start_at"),
        (
            json!({ "wait_seconds": 60, "start_zone": "Mars/Olympus" }),
            "invalid",
            "start_zone",
        ),
    ] {
        let refused = stage.start(&changes);
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (422, code),
            "{changes}"
        );
        assert_eq!(refused.json()["error"]["field"], field);
    }
    let job = stage
        .start(&json!({ "wait_seconds": 86_400, "start_zone": "Europe/Berlin" }))
        .json();
    let at = format!("{JOBS}/{}", job["id"].as_str().expect("an id"));
    let hours = json!({ "from": "22:00", "to": "06:00", "zone": "europe/berlin" });
    let set = stage.call("PATCH", &at, &json!({ "quiet_hours": hours })).json();
    assert_eq!(
        set["quiet_hours"],
        json!({ "from": "22:00", "to": "06:00", "zone": "Europe/Berlin" })
    );
    let wrong = stage.call(
        "PATCH",
        &at,
        &json!({ "quiet_hours": { "from": "22:00", "to": "22:00", "zone": "UTC" } }),
    );
    assert_eq!(
        (wrong.status, &wrong.json()["error"]["field"]),
        (422, &json!("quiet_hours.to"))
    );
    let both = json!({ "quiet_hours": null, "max_rate": 5 });
    assert_eq!(stage.call("PATCH", &at, &both).status, 400, "one at a time");
    let none = stage.call("PATCH", &at, &json!({ "quiet_hours": null })).json();
    assert_eq!(none["quiet_hours"], Value::Null);
    assert_eq!(
        stage
            .call("POST", &format!("{at}/start-now"), &Value::Null)
            .status,
        200
    );
    let ended = stage
        .server
        .ended(&stage.token, job["id"].as_str().expect("an id"));
    assert_eq!(ended["state"], "completed");
    let again = stage.call("POST", &format!("{at}/start-now"), &Value::Null);
    assert_eq!((again.status, again.code().as_str()), (409, "state_refused"));
}

#[test]
fn a_recurring_deletion_is_confirmed_listed_and_stopped() {
    let stage = Stage::new();
    let segment = segment_id(&stage.home, "Go");
    for (field, value, code) in [
        ("consent", json!(false), "consent_required"),
        ("confirm_name", json!("go"), "name_mismatch"),
        ("ceiling", json!(0), "count_invalid"),
        ("ceiling", Value::Null, "count_invalid"),
        (
            "due",
            json!({ "every": "month", "day": 32, "at": "03:00", "zone": "UTC" }),
            "invalid",
        ),
        (
            "due",
            json!({ "every": "day", "at": "03:00", "zone": "Mars/Olympus" }),
            "invalid",
        ),
        ("on_active_campaign", json!("pause"), "invalid"),
    ] {
        let mut body = standing(&segment);
        body[field] = value;
        let refused = stage.call("POST", RECURRING, &body);
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (422, code),
            "{field}: {}",
            refused.text
        );
    }
    let made = stage.call("POST", RECURRING, &standing(&segment));
    assert_eq!(
        (made.status, made.header("location")),
        (201, Some("/api/v1/datasets/main/recurring-jobs/1"))
    );
    let made = made.json();
    assert_eq!(
        (&made["number"], &made["ceiling"], &made["confirmed_count"]),
        (&json!("R-1"), &json!(1000), &json!(20))
    );
    assert_eq!(
        made["due"],
        json!({ "every": "day", "at": "03:00", "zone": "UTC" })
    );
    let other = stage.call("POST", RECURRING, &{
        let mut body = standing(&segment);
        body["ceiling"] = json!(7);
        body
    });
    assert_eq!((other.status, other.code().as_str()), (409, "recurring_exists"));
    let listed = stage.call("GET", RECURRING, &Value::Null).json();
    assert_eq!((&listed["items"][0], &listed["next"]), (&made, &Value::Null));
    let runs = stage
        .call("GET", &format!("{RECURRING}/R-1/runs"), &Value::Null)
        .json();
    assert_eq!(runs["items"], json!([]));
    let stopped = stage
        .call("DELETE", &format!("{RECURRING}/1"), &Value::Null)
        .json();
    assert_eq!(stopped["next_at"], Value::Null);
    assert!(
        stopped["stopped_by"]
            .as_str()
            .is_some_and(|by| by.starts_with("token:")),
        "{stopped}"
    );
    assert_eq!(
        stage.call("GET", &format!("{RECURRING}/2"), &Value::Null).status,
        404
    );
}

/// A server whose clock begins at a moment.
fn serve_at(home: &Home, now: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_lethe"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(home.data())
        .env("LETHE_NOW", now)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("serve")
}

fn number(home: &Home, sql: &'static str) -> i64 {
    use sqlx::ConnectOptions as _;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.data().join("lethe.db"));
        let mut conn = options
            .busy_timeout(Duration::from_secs(20))
            .connect()
            .await
            .expect("open");
        sqlx::query_scalar(sql).fetch_one(&mut conn).await.expect(sql)
    })
}

#[test]
fn a_due_moment_makes_one_job_however_often_the_server_is_killed_about_it() {
    let home = Home::new();
    home.people();
    let token = home.token("bulk", "main");
    let segment = segment_id(&home, "Go");
    let server = home.serve();
    let made = server.api(&token, "POST", RECURRING, &standing(&segment).to_string());
    assert_eq!(made.status, 201, "{}", made.text);
    server.stop();
    // Whatever the day is: it is due by the clocks that follow.
    assert_eq!(
        number(
            &home,
            "UPDATE recurring_jobs SET next_at = 1767927600000 RETURNING id"
        ),
        1
    );
    let now = "2026-01-09T03:10:00Z";
    for ms in [90, 140, 190, 240, 290, 340, 420, 520, 700] {
        let mut child = serve_at(&home, now);
        sleep(Duration::from_millis(ms));
        child.kill().expect("killed");
        child.wait().expect("dead");
    }
    let mut last = serve_at(&home, now);
    let done = "SELECT count(*) FROM recurring_runs WHERE enabled_at IS NOT NULL";
    for _ in 0..600 {
        if number(&home, done) == 1 {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    let found = [
        number(&home, "SELECT count(*) FROM jobs"),
        number(&home, "SELECT count(*) FROM recurring_runs"),
        number(&home, "SELECT count(*) FROM notices"),
        number(&home, "SELECT deleted FROM jobs"),
        number(&home, "SELECT count(*) FROM profiles"),
    ];
    last.kill().expect("killed");
    last.wait().expect("dead");
    assert_eq!(
        found,
        [1, 1, 1, PEOPLE / 2, PEOPLE / 2],
        "jobs, runs, notices, deleted, left"
    );
}
