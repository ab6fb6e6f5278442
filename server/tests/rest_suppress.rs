//! Suppressions at the REST door and the command line: what a job refuses, what that turns away, and the list.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, PEOPLE, Reply, Server, segment_id};
use serde_json::{Value, json};

const JOBS: &str = "/datasets/main/deletion-jobs";
const LIST: &str = "/datasets/main/suppressions";

struct Stage {
    home: Home,
    admin: String,
    server: Server,
}

impl Stage {
    /// Half of the people are deleted; what is refused of them is said.
    fn deleted(suppress: &str) -> Self {
        let home = Home::new();
        home.people();
        let admin = home.token("admin", "main");
        let server = home.serve();
        let stage = Self { home, admin, server };
        let asked = json!({
            "segment_id": segment_id(&stage.home, "Go"), "consent": true, "confirm_name": "Go", "confirm_count": PEOPLE / 2,
            "suppress": suppress,
        });
        let job = stage.call("POST", JOBS, &asked);
        assert_eq!(job.status, 201, "{}", job.text);
        let id = job.json()["id"].as_str().expect("an id").to_owned();
        let done = stage.server.ended(&stage.admin, &id);
        assert_eq!(
            (&done["state"], &done["suppress"]),
            (&json!("completed"), &json!(suppress))
        );
        stage
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.server.api(&self.admin, method, path, &body)
    }

    fn import(&self, csv: &str) -> Value {
        let file = self.home.file("again.csv", csv);
        self.home
            .json(&["import", "profiles", &file, "--dataset", "main"])
    }

    /// Every page of the list.
    fn list(&self) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self
                .call("GET", &format!("{LIST}?limit=7{cursor}"), &Value::Null)
                .json();
            all.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

#[test]
fn whoever_was_deleted_for_good_is_on_the_list_and_what_it_stops_is_counted() {
    let stage = Stage::deleted("forever");
    let list = stage.list();
    assert_eq!(
        list.len(),
        usize::try_from(PEOPLE).expect("few"),
        "a user id and an e-mail each"
    );
    assert!(
        list.iter()
            .all(|it| it["refuses"] == "all" && it["ends_at"].is_null() && it["reason"] == "job")
    );
    assert!(list.is_sorted_by_key(|it| it["id"].as_str().map(|id| id.starts_with("email"))));
    let report = stage.import("user_id,email\nu0,\nother,u1@example.com\nnew,\n");
    assert_eq!(
        (&report["accepted"], &report["rejected"], &report["suppressed"]),
        (&json!(1), &json!(2), &json!(2))
    );
    assert_eq!(report["errors"][0], json!({ "line": 2, "reason": "suppressed" }));
    let found = stage.call(
        "POST",
        &format!("{LIST}/lookup"),
        &json!({ "identity": " U1@Example.com " }),
    );
    let found = found.json();
    assert_eq!(
        (&found["items"][0]["kind"], &found["items"][0]["stopped"]),
        (&json!("email"), &json!(1))
    );
    assert!(!found.to_string().contains("u1@"), "no identity in {found}");
}

#[test]
fn one_is_entered_and_lifted_and_every_fault_is_named() {
    let stage = Stage::deleted("none");
    assert_eq!(stage.list(), Vec::<Value>::new());
    let enter = |body: &Value| stage.call("POST", LIST, body);
    let good =
        json!({ "kind": "email", "identity": "x@example.com", "days": 30, "reason": "asked by letter" });
    for (field, value) in [
        ("kind", json!("mail")),
        ("identity", json!("")),
        ("days", json!(0)),
        ("reason", json!(" ")),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let refused = enter(&bad);
        assert_eq!(
            (refused.status, &refused.json()["error"]["field"]),
            (422, &json!(field)),
            "{}",
            refused.text
        );
    }
    let entered = enter(&good);
    assert_eq!(entered.status, 201, "{}", entered.text);
    let id = entered.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(stage.import("email\nx@example.com\n")["suppressed"], 1);
    let lift = |body: Value| stage.call("DELETE", LIST, &body);
    assert_eq!(lift(json!({ "id": id })).json()["error"]["field"], "reason");
    assert_eq!(lift(json!({ "reason": "x" })).status, 422);
    assert_eq!(lift(json!({ "id": "email-1", "reason": "x" })).status, 404);
    let lifted = lift(json!({ "identity": "X@example.com", "reason": "a customer again" }));
    assert_eq!((lifted.status, lifted.json()), (200, json!({ "lifted": 1 })));
    assert_eq!(lift(json!({ "id": id, "reason": "again" })).status, 404);
    assert_eq!(stage.import("email\nx@example.com\n")["accepted"], 1);
}

#[test]
fn the_command_line_does_the_same_and_finds_who_came_back() {
    let stage = Stage::deleted("late");
    assert_eq!(
        stage.import("user_id\nu0\n")["accepted"],
        1,
        "undated data is new"
    );
    let run = |args: &[&str]| stage.home.json(&[args, &["--dataset", "main"]].concat());
    let looked = run(&["suppression", "recheck"]);
    let look = &looked["items"][0];
    assert_eq!(
        (&look["identities"], &look["found"], &look["against"]),
        (&json!(PEOPLE), &json!(1), &json!(0))
    );
    assert_eq!(look["by_source"][0]["source"], "D-1001");
    let shown = stage.call("GET", "/datasets/main/rechecks", &Value::Null).json();
    assert_eq!(shown["items"][0]["found"], 1);
    let found = run(&["suppression", "lookup", "u1"]);
    assert_eq!(
        (&found["items"][0]["refuses"], &found["items"][0]["source"]),
        (&json!("late"), &json!("D-1001"))
    );
    run(&["suppression", "lift", "u1", "--reason", "asked"]);
    assert_eq!(run(&["suppression", "lookup", "u1"])["items"], json!([]));
    run(&[
        "suppression",
        "add",
        "u1",
        "--kind",
        "user_id",
        "--reason",
        "asked",
    ]);
    assert_eq!(
        run(&["suppression", "list", "--limit", "1000"])["items"]
            .as_array()
            .map(Vec::len),
        Some(usize::try_from(PEOPLE).expect("few"))
    );
}
