//! Quiet hours through every door, and what the server does for a disk that fills up: the real binary, its clock set to a
//! night.

mod harness;

use harness::{Home, PEOPLE, Reply, Server, segment_id};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt as _, thread::sleep, time::Duration};

const JOBS: &str = "/datasets/main/deletion-jobs";
const SEGMENT: &str = "Go";

/// A home with people, and a server in whose clock it is 23:00 UTC.
fn at_night() -> (Home, Server, String) {
    let home = Home::new();
    home.people();
    let made = home.run_with(
        &[
            "user",
            "add",
            "ada",
            "--role",
            "administrator",
            "--password-stdin",
        ],
        "correct horse\n",
    );
    assert_eq!(made.code, 0, "{}", made.err);
    let token = home.token("bulk", "main");
    let config = home.file("night.toml", "now = \"2026-01-10T23:00:00Z\"\nballast_mb = 1\n");
    let server = home.serve_with(&["--config", &config]);
    (home, server, token)
}

fn start(server: &Server, token: &str, home: &Home, quiet_hours: &Value) -> Reply {
    let body = json!({
        "segment_id": segment_id(home, SEGMENT), "consent": true, "confirm_name": SEGMENT, "confirm_count": PEOPLE / 2,
        "quiet_hours": quiet_hours,
    });
    server.api(token, "POST", JOBS, &body.to_string())
}

/// Looks at a job until it waits.
fn waiting(server: &Server, token: &str, id: &str) -> Value {
    let mut job = Value::Null;
    for _ in 0..600 {
        job = server.api(token, "GET", &format!("{JOBS}/{id}"), "").json();
        if job["status"] == "waiting" {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    job
}

#[test]
fn quiet_hours_come_back_as_they_were_sent_and_hold_the_job_until_it_is_cancelled() {
    let (home, server, token) = at_night();
    let hours = json!({ "from": "22:00", "to": "06:00", "zone": "Europe/Berlin" });
    let reply = start(&server, &token, &home, &hours);
    assert_eq!(reply.status, 201, "{}", reply.text);
    let job = reply.json();
    assert_eq!(job["quiet_hours"], hours);
    let id = job["id"].as_str().expect("an id");
    let held = waiting(&server, &token, id);
    assert_eq!(
        (&held["reason_paused"], &held["counts"]["deleted"]),
        (&json!("Quiet hours until 06:00 (Europe/Berlin)."), &json!(0)),
        "{held}"
    );
    assert_eq!(held["quiet_hours"], hours);
    let shown = home.run(&["job", "show", id]);
    assert!(
        shown.out.contains("22:00 to 06:00 (Europe/Berlin)") && shown.out.contains("Quiet hours until"),
        "{}",
        shown.out
    );
    server.api(&token, "POST", &format!("{JOBS}/{id}/cancel"), "");
    assert_eq!(server.ended(&token, id)["state"], "cancelled");
}

#[test]
fn quiet_hours_that_cannot_be_are_refused_by_name() {
    let (home, server, token) = at_night();
    for (hours, field) in [
        (
            json!({ "from": "25:00", "to": "06:00", "zone": "UTC" }),
            "quiet_hours.from",
        ),
        (
            json!({ "from": "22:00", "to": "6", "zone": "UTC" }),
            "quiet_hours.to",
        ),
        (
            json!({ "from": "22:00", "to": "22:00", "zone": "UTC" }),
            "quiet_hours.to",
        ),
        (json!({ "from": "22:00", "to": "06:00" }), "quiet_hours.zone"),
        (
            json!({ "from": "22:00", "to": "06:00", "zone": "Europe/Nowhere" }),
            "quiet_hours.zone",
        ),
    ] {
        let refused = start(&server, &token, &home, &hours);
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (422, "invalid"),
            "{hours}"
        );
        let error = &refused.json()["error"];
        assert_eq!(error["field"], field, "{error}");
        assert!(error["message"].as_str().is_some_and(|text| text.ends_with('.')));
    }
    let misspelt = json!({ "from": "22:00", "till": "06:00", "zone": "UTC" });
    assert_eq!(start(&server, &token, &home, &misspelt).status, 400);
    assert_eq!(server.api(&token, "GET", JOBS, "").json()["items"], json!([]));
    let document = server.send("GET", "/api/openapi.json", &[], "").json();
    let described = &document["components"]["schemas"]["QuietHours"]["properties"];
    assert!(described["zone"].is_object(), "{described}");
}

#[test]
fn the_command_line_takes_quiet_hours_with_their_zone() {
    let home = Home::new();
    home.people();
    let begin = ["job", "start", "--dataset", "main", "--segment", SEGMENT];
    let ask = |more: &[&str]| {
        let mut args = begin.to_vec();
        args.extend(["--dry-run", "--json"]);
        args.extend(more);
        home.run(&args)
    };
    let tried = ask(&["--quiet-hours", "22:00-06:00", "--zone", "europe/berlin"]);
    assert_eq!(
        tried.json()["quiet_hours"],
        json!({ "from": "22:00", "to": "06:00", "zone": "Europe/Berlin" }),
        "{}",
        tried.err
    );
    let nowhere = ask(&["--quiet-hours", "22:00-06:00", "--zone", "Nowhere"]);
    assert!(
        nowhere.code == 1 && nowhere.err.contains("no time zone") && nowhere.err.trim().lines().count() == 1,
        "{}",
        nowhere.err
    );
    for wrong in [
        &["--quiet-hours", "22:00-06:00"][..],
        &["--zone", "UTC"],
        &["--quiet-hours", "night", "--zone", "UTC"],
    ] {
        assert_eq!(ask(wrong).code, 2, "{wrong:?}");
    }
}

#[test]
fn the_delete_page_offers_them_without_wasm_and_keeps_what_was_typed() {
    let (home, server, token) = at_night();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let own = ("sec-fetch-site", "same-origin");
    let html = ("accept", "text/html");
    let entered = "name=ada&password=correct+horse&next=%2F";
    let entered = server.send("POST", "/fn/log_in", &[form, own, html], entered);
    let cookie = entered
        .header("set-cookie")
        .and_then(|cookie| cookie.split(';').next());
    let cookie = ("cookie", cookie.expect("a cookie"));
    let segment = segment_id(&home, SEGMENT);
    let page = format!("/d/main/segments/{segment}/delete");
    let shown = server.send("GET", &page, &[html, cookie], "").text;
    for part in [
        "Quiet hours",
        "form[quiet_from]",
        "form[quiet_to]",
        "America/New_York",
    ] {
        assert!(shown.contains(part), "{part}");
    }
    let send = |hours: &str| {
        let body = format!(
            "form[ds]=main&form[segment]={segment}&form[confirm_name]={SEGMENT}&form[confirm_count]={}&form[consent]=yes\
             &form[start]=now&form[spare_changed]=yes&{hours}",
            PEOPLE / 2
        );
        let reply = server.send("POST", "/fn/start_job", &[form, own, html, cookie], &body);
        assert_eq!(reply.status, 303, "{}", reply.text);
        reply.header("location").expect("a page").to_owned()
    };
    for (hours, field) in [
        (
            "form[quiet_from]=22:00&form[quiet_to]=&form[quiet_zone]=UTC",
            "quiet_to",
        ),
        (
            "form[quiet_from]=22:00&form[quiet_to]=22:00&form[quiet_zone]=UTC",
            "quiet_to",
        ),
        (
            "form[quiet_from]=22:00&form[quiet_to]=06:00&form[quiet_zone]=Nowhere",
            "quiet_zone",
        ),
    ] {
        let back = send(hours);
        assert!(
            back.contains("problem=invalid") && back.contains(&format!("field={field}")),
            "{back}"
        );
        let again = server.send("GET", &back, &[html, cookie], "").text;
        assert!(
            again.contains("value=\"22:00\"") && again.contains(&format!("id=\"{field}-error\"")),
            "{hours}"
        );
    }
    let started = send("form[quiet_from]=22:00&form[quiet_to]=06:00&form[quiet_zone]=UTC");
    assert!(started.contains("done=started"), "{started}");
    waiting(&server, &token, "1001");
    let job = server.send("GET", "/d/main/jobs/1001", &[html, cookie], "").text;
    assert!(
        job.contains("Quiet hours until 06:00 (UTC).") && job.contains("22:00 to 06:00 (UTC)"),
        "{job}"
    );
}

#[test]
fn a_server_sets_its_ballast_aside_for_itself_alone() {
    let (home, server, _) = at_night();
    let path = home.data().join("ballast");
    let stands = || fs::metadata(&path).is_ok_and(|file| file.len() == 1_000_000);
    for _ in 0..600 {
        if stands() {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    assert!(stands(), "the ballast at the start");
    let mode = fs::metadata(&path).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(server);
    let none = home.file(
        "none.toml",
        "ballast_mb = 0\nmin_free_disk_mb = 7\nwal_limit_mb = 9\n",
    );
    let shown = home.run(&["serve", "--print-config", "--config", &none]).out;
    for line in ["ballast_mb = 0", "min_free_disk_mb = 7", "wal_limit_mb = 9"] {
        assert!(shown.lines().any(|found| found == line), "{shown}");
    }
}
