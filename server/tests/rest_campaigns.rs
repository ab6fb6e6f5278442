//! Campaigns at the REST door while people are deleted: decisions before, during and after a job against what the impact
//! foretold, the policy for a campaign that turns active in the middle, and lists of what other systems run.
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

#[test]
fn during_a_deletion_fewer_and_fewer_are_served_and_never_one_who_is_gone() {
    let stage = Stage::new();
    stage.campaign("everyone", "active", &[]);
    let everybody: Vec<String> = (0..PEOPLE).map(|n| format!("u{n}")).collect();
    let round = || {
        everybody
            .iter()
            .map(|user| stage.decide(user, true).1)
            .sum::<i64>()
    };
    assert_eq!(round(), PEOPLE, "one impression a person");
    let impact = stage.call(
        "GET",
        &format!("/datasets/main/segments/{}/impact", stage.go),
        &Value::Null,
    );
    assert_eq!(
        impact["usage"],
        json!([]),
        "a campaign that names no segment leans on none"
    );
    stage.campaign("go", "active", &[&stage.go]);
    assert_eq!(stage.served_by("go").len(), HALF);
    for n in 0..HALF {
        assert_eq!(stage.decide(&format!("u{n}"), true).1, 2);
    }
    let impact = stage.call(
        "GET",
        &format!("/datasets/main/segments/{}/impact", stage.go),
        &Value::Null,
    );
    let foretold = &impact["usage"][0];
    let projected = foretold["projected_impressions_change"]
        .as_i64()
        .expect("a number");
    assert_eq!(
        (&foretold["id"], &foretold["eligible_now"], projected),
        (&json!("go"), &json!(20), -20)
    );

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
        let there = stage.server.api(
            &stage.admin,
            "GET",
            &format!("/datasets/main/profiles/{user}"),
            "",
        );
        assert_eq!(there.status == 200, halfway.contains(&user), "{user}");
    }
    stage.call("PATCH", &job, &json!({ "max_rate": null }));
    stage.call("POST", &format!("{job}/resume"), &Value::Null);
    let mut before = halfway;
    loop {
        let now = stage.served_by("go");
        assert!(now.is_subset(&before), "nobody comes back: {now:?} of {before:?}");
        before = now;
        if stage.call("GET", &job, &Value::Null)["finished_at"].is_string() {
            break;
        }
    }
    assert!(stage.served_by("go").is_empty());
    // The same round as before: the drop is what the people who went had been shown, campaign by campaign.
    let after = round();
    let shown_of_everyone = after - PEOPLE;
    assert_eq!(shown_of_everyone, -20, "of the campaign for everyone");
    let again: i64 = (0..HALF).map(|n| stage.decide(&format!("u{n}"), true).1).sum();
    assert_eq!(
        again - i64::try_from(HALF).expect("small"),
        projected,
        "of the campaign on the segment"
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

#[test]
fn a_list_of_uses_comes_by_rest_and_by_the_command_line() {
    let home = Home::new();
    home.people();
    let (go, token) = (segment_id(&home, "Go"), home.token("admin", "main"));
    let csv = "id,kind,name,status,include,exclude,owner,link\n\
               j1,journey,Welcome,active,Go,Stay,CRM,https://j.example.com\n\
               x,journey,Odd,active,Goo,,,\n";
    // By itself on the directory, from standard input.
    let ran = home.run_with(&["import", "campaigns", "-", "--dataset", "main", "--json"], csv);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report = ran.json();
    assert_eq!(
        (&report["accepted"], &report["created"], &report["rejected"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(report["errors"][0]["line"], 3);
    assert!(
        report["errors"][0]["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("“Go”") && !reason.contains("Goo")),
        "{report}"
    );
    let file = home.file("uses.csv", csv);
    let strict = home.run(&["import", "campaigns", &file, "--dataset", "main", "--strict"]);
    assert_eq!(strict.code, 1, "{}", strict.out);
    assert!(strict.err.starts_with("Line 3: "), "{}", strict.err);

    let server = home.serve();
    let uses = || server.api(&token, "GET", "/datasets/main/uses", "").json();
    let first = uses();
    assert_eq!(
        (
            &first["items"][0]["id"],
            &first["items"][0]["running"],
            &first["list"]["standing"]
        ),
        (&json!("j1"), &json!(true), &json!("current"))
    );
    // Through the server's socket: a trial writes nothing.
    let trial = home.json(&["import", "campaigns", &file, "--dataset", "main", "--dry-run"]);
    assert_eq!((&trial["accepted"], &trial["dry_run"]), (&json!(1), &json!(true)));
    assert_eq!(uses()["list"]["listed_at"], first["list"]["listed_at"]);
    let impact = server
        .api(&token, "GET", &format!("/datasets/main/segments/{go}/impact"), "")
        .json();
    let usage = &impact["usage"][0];
    assert_eq!(
        (&usage["kind"], &usage["role"], &usage["status"]),
        (&json!("journey"), &json!("journey"), &json!("active"))
    );
    assert_eq!(
        (
            &usage["eligible_now"],
            &usage["eligible_after"],
            &usage["members"]
        ),
        (&json!(20), &json!(0), &json!(20))
    );
    assert_eq!(
        (&usage["registered"]["side"], &usage["registered"]["owner"]),
        (&json!("include"), &json!("CRM"))
    );
    assert_eq!(impact["uses_list"]["standing"], "current");

    let authorization = format!("Bearer {token}");
    let send = |body: &str| {
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-ndjson"),
        ];
        server.send("POST", "/api/v1/datasets/main/imports/campaigns", &headers, body)
    };
    let report = send(
        "{\"id\":\"e1\",\"kind\":\"export\",\"name\":\"Nightly\",\"status\":\"off\",\"exclude\":[\"Go\"]}\n",
    );
    assert_eq!(
        (report.status, &report.json()["created"]),
        (200, &json!(1)),
        "{}",
        report.text
    );
    let left_out: Vec<_> = uses()["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|it| (it["id"].clone(), it["left_out"].clone()))
        .collect();
    assert_eq!(
        left_out,
        [(json!("e1"), json!(false)), (json!("j1"), json!(true))]
    );
    assert_eq!(send("").status, 200);
    assert_eq!(uses()["list"]["standing"], "empty");
    assert_eq!(
        server.api(&token, "DELETE", "/datasets/main/uses/j1", "").status,
        204
    );
    assert_eq!(
        server.api(&token, "DELETE", "/datasets/main/uses/j1", "").status,
        404
    );
    assert_eq!(uses()["items"].as_array().map(Vec::len), Some(1));
}
