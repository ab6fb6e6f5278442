//! Plans of several jobs and the limit that makes them, at the REST door: shapes, who may, and what cancelling one means.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, PEOPLE, Server, segment_id};
use serde_json::{Value, json};
use std::{thread::sleep, time::Duration};

const JOBS: &str = "/datasets/main/deletion-jobs";
const LIMITS: &str = "/settings/limits";

/// A server on which one job may take a second at most, and a token that may delete.
fn stage() -> (Home, String, Server) {
    let home = Home::new();
    home.people();
    home.json(&["limits", "set", "--job-seconds-max", "1"]);
    let token = home.token("bulk", "main");
    let server = home.serve();
    (home, token, server)
}

/// 20 people at 8 a second are three jobs.
fn asked(home: &Home, more: &Value) -> String {
    let mut body = json!({
        "segment_id": segment_id(home, "Go"), "consent": true, "confirm_name": "Go",
        "confirm_count": PEOPLE / 2, "max_rate": 8,
    });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body.to_string()
}

fn plan(server: &Server, token: &str, id: &str) -> Value {
    server.api(token, "GET", &format!("{JOBS}/{id}/plan"), "").json()
}

fn over(server: &Server, token: &str, id: &str) -> Value {
    for _ in 0..600 {
        let plan = plan(server, token, id);
        if plan["state"] != "running" {
            return plan;
        }
        sleep(Duration::from_millis(50));
    }
    Value::Null
}

fn each(plan: &Value, what: impl Fn(&Value) -> Value) -> Vec<Value> {
    plan["jobs"].as_array().expect("jobs").iter().map(what).collect()
}

#[test]
fn post_answers_the_first_job_of_the_plan_and_the_others_run_by_themselves() {
    let (home, token, server) = stage();
    let impact = format!(
        "/datasets/main/segments/{}/impact?max_rate=8",
        segment_id(&home, "Go")
    );
    let impact = server.api(&token, "GET", &impact, "").json();
    let parts: Vec<_> = impact["plan"].as_array().expect("a plan").iter().collect();
    assert_eq!(parts.len(), 3, "{impact}");
    assert_eq!((&parts[0]["job"], &parts[0]["profiles"]), (&json!(1), &json!(7)));

    let reply = server.api(&token, "POST", JOBS, &asked(&home, &json!({})));
    assert_eq!(reply.status, 201, "{}", reply.text);
    let first = reply.json();
    let id = first["id"].as_str().expect("an id").to_owned();
    assert_eq!(first["plan"], json!({ "id": id, "job": 1, "of": 3 }));
    assert!(first["estimated"]["seconds_low"].is_i64() && first["estimated"]["basis"].is_string());
    let standing = plan(&server, &token, &id);
    assert_eq!((&standing["id"], &standing["of"]), (&json!(id), &json!(3)));
    assert_eq!(
        each(&standing, |job| job["state"].clone())[1..],
        ["queued", "queued"]
    );
    let listed = server.api(&token, "GET", JOBS, "").json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(3));

    let ended = over(&server, &token, &id);
    assert_eq!(
        (&ended["state"], &ended["progress"]["percent"]),
        (&json!("completed"), &json!(100)),
        "{ended}"
    );
    assert_eq!(
        each(&ended, |job| job["counts"]["deleted"].clone()),
        [json!(7), json!(7), json!(6)]
    );
    let counts = &ended["counts"];
    assert_eq!((&counts["matched"], &counts["deleted"]), (&json!(20), &json!(20)));
    assert!(
        each(&ended, |job| job["took_seconds"].clone())
            .iter()
            .all(Value::is_number)
    );
    // Any job of it leads to the plan; a job by itself has none.
    let third = ended["jobs"][2]["id"].as_str().expect("an id").to_owned();
    assert_eq!(plan(&server, &token, &third)["id"], json!(id));
    let one = json!({ "segment_id": segment_id(&home, "Stay"), "confirm_name": "Stay", "max_rate": null });
    let one = server.api(&token, "POST", JOBS, &asked(&home, &one)).json();
    assert_eq!(one["plan"], Value::Null);
    let one = one["id"].as_str().expect("an id");
    let none = server.api(&token, "GET", &format!("{JOBS}/{one}/plan"), "");
    assert_eq!((none.status, none.code().as_str()), (404, "not_found"));
}

#[test]
fn cancelling_takes_those_behind_along_unless_it_is_said_otherwise() {
    let (home, token, server) = stage();
    let wait = asked(&home, &json!({ "wait_seconds": 3600 }));
    let first = server.api(&token, "POST", JOBS, &wait).json();
    let id = first["id"].as_str().expect("an id").to_owned();
    for _ in 0..200 {
        if plan(&server, &token, &id)["jobs"][0]["state"] == "scheduled" {
            break;
        }
        sleep(Duration::from_millis(20));
    }
    let second = plan(&server, &token, &id)["jobs"][1]["id"].clone();
    let second = second.as_str().expect("an id");
    let cancel = |query: &str| server.api(&token, "POST", &format!("{JOBS}/{second}/cancel{query}"), "");
    assert_eq!(cancel("?alone=true").status, 200);
    let again = cancel("?alone=true");
    assert_eq!((again.status, again.code().as_str()), (409, "state_refused"));
    assert_eq!(cancel("?rest=1").status, 400);
    let intents = each(&plan(&server, &token, &id), |job| job["intent"].clone());
    assert_eq!(intents, ["run", "cancel", "run"]);
    let whole = server.api(&token, "POST", &format!("{JOBS}/{id}/cancel"), "");
    assert_eq!(whole.status, 200, "{}", whole.text);
    let ended = over(&server, &token, &id);
    assert_eq!(ended["state"], "cancelled", "{ended}");
    assert_eq!(ended["counts"]["deleted"], 0);
}

#[test]
fn the_limit_is_seen_by_everyone_and_set_by_administrators_of_the_whole_installation() {
    let (home, bulk, server) = stage();
    let admin = home.token("admin", "all");
    let get = |token: &str| server.api(token, "GET", LIMITS, "").json();
    assert_eq!(
        get(&bulk),
        json!({ "job_seconds_max": 1, "job_seconds_set": true, "proof_days": 731, "proof_days_set": false })
    );
    let set = |token: &str, body: Value| server.api(token, "PATCH", LIMITS, &body.to_string());
    assert_eq!(set(&bulk, json!({ "job_seconds_max": 60 })).status, 403);
    assert_eq!(
        set(&home.token("admin", "main"), json!({ "job_seconds_max": 60 })).status,
        403
    );
    assert_eq!(set(&admin, json!({ "job_seconds_max": 60 })).status, 200);
    let wrong = set(&admin, json!({ "job_seconds_max": 0 }));
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "invalid"));
    assert_eq!(wrong.json()["error"]["field"], "job_seconds_max");
    assert_eq!(set(&admin, json!({})).status, 400);
    assert_eq!(get(&bulk)["job_seconds_max"], 60);
    assert_eq!(set(&admin, json!({ "job_seconds_max": null })).status, 200);
    assert_eq!(
        get(&admin),
        json!({ "job_seconds_max": 432_000, "job_seconds_set": false, "proof_days": 731, "proof_days_set": false })
    );
    // By the command line, through the server that holds the directory.
    let shown = home.json(&["limits", "set", "--job-seconds-max", "7200"]);
    assert_eq!(shown["job_seconds_max"], 7_200);
    let said = home.run(&["limits", "show"]);
    assert!(said.out.contains("2 hours"), "{}", said.out);
    let refused = home.run(&["limits", "set", "--job-seconds-max", "soon"]);
    assert_eq!(refused.code, 1, "{}", refused.err);
    home.json(&["limits", "set", "--job-seconds-max", "default"]);
    assert_eq!(get(&admin)["job_seconds_max"], 432_000);
    let audit = server.api(&admin, "GET", "/audit?limit=5", "").json();
    assert!(audit.to_string().contains("settings.changed"), "{audit}");
}
