//! Files about a deletion at the REST door and behind the session: who gets them, what they hold, how they are named on the
//! job; and that kill -9 in the middle of an export leaves one whole file and nothing else.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, PEOPLE, Reply, Server, segment_id};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

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

    fn start(&self, changes: &Value) -> Value {
        let mut body = json!({
            "segment_id": segment_id(&self.home, "Go"), "consent": true, "confirm_name": "Go", "confirm_count": PEOPLE / 2,
        });
        for (name, value) in changes.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let reply = self.server.api(&self.token, "POST", JOBS, &body.to_string());
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()
    }

    fn get(&self, token: &str, path: &str) -> Reply {
        self.server.api(token, "GET", path, "")
    }

    fn until(&self, id: &str, state: &str) {
        for _ in 0..600 {
            if self.get(&self.token, &format!("{JOBS}/{id}")).json()["state"] == state {
                return;
            }
            sleep(Duration::from_millis(20));
        }
        assert_eq!("never", state);
    }
}

fn id(job: &Value) -> &str {
    job["id"].as_str().expect("an id")
}

#[test]
fn an_export_is_handed_out_by_scope_as_csv_and_ndjson_and_named_on_the_job() {
    let stage = Stage::new();
    let evil = stage.home.file(
        "evil.csv",
        "user_id,email,group,note\nevil,evil@example.com,go,=cmd|'/C calc'!A0\n",
    );
    stage
        .home
        .json(&["import", "profiles", &evil, "--dataset", "main"]);
    let job = stage.start(&json!({ "export": true, "confirm_count": PEOPLE / 2 + 1 }));
    assert_eq!(job["export"]["state"], "asked");
    let done = stage.server.ended(&stage.token, id(&job));
    let export = &done["export"];
    assert_eq!(
        (&export["state"], &export["people"]),
        (&json!("kept"), &json!(PEOPLE / 2 + 1)),
        "{done}"
    );
    assert!(
        export["kept_until"].is_string()
            && export["note"]
                .as_str()
                .is_some_and(|note| note.contains("still exists"))
    );

    let at = format!("{JOBS}/{}", done["number"].as_str().expect("a number"));
    let csv = stage.get(&stage.token, &format!("{at}/export.csv"));
    assert_eq!(csv.status, 200, "{}", csv.text);
    assert_eq!(
        csv.header("content-type"),
        Some("text/csv; charset=utf-8; header=present")
    );
    assert_eq!(
        csv.header("content-disposition"),
        Some("attachment; filename=\"lethe-main-D-1001-export.csv\"")
    );
    assert!(
        csv.text
            .starts_with("id,user_id,email,phone,anonymous_ids,first_seen,last_seen,created,group,note\r\n")
    );
    assert!(
        csv.text.contains(",'=cmd|'/C calc'!A0\r\n"),
        "it would run: {}",
        csv.text
    );
    let ndjson = stage.get(&stage.token, &format!("{at}/export.ndjson"));
    assert_eq!(ndjson.text.lines().count() as i64, PEOPLE / 2 + 1);
    assert!(
        ndjson.text.contains("\"note\":\"=cmd|'/C calc'!A0\""),
        "exactly as it is kept"
    );
    for scope in ["read", "ingest", "privacy"] {
        let token = stage.home.token(scope, "main");
        let refused = stage.get(&token, &format!("{at}/export.csv"));
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (403, "forbidden"),
            "{scope}"
        );
    }

    let wiped = stage
        .server
        .api(&stage.token, "DELETE", &format!("{at}/export"), "")
        .json();
    assert_eq!(wiped["export"]["state"], "wiped", "{wiped}");
    let gone = stage.get(&stage.token, &format!("{at}/export.csv"));
    assert_eq!((gone.status, gone.code().as_str()), (409, "state_refused"));
    let again = stage
        .server
        .api(&stage.token, "DELETE", &format!("{at}/export"), "");
    assert_eq!(again.status, 409);
}

#[test]
fn results_hold_a_row_for_each_and_plain_ids_need_more() {
    let stage = Stage::new();
    let job = stage.start(&json!({}));
    let done = stage.server.ended(&stage.token, id(&job));
    assert!(done.get("export").is_none());
    let at = format!("{JOBS}/{}", id(&job));
    let read = stage.home.token("read", "main");
    let csv = stage.get(&read, &format!("{at}/results.csv"));
    assert_eq!(csv.status, 200, "{}", csv.text);
    let rows: Vec<&str> = csv.text.lines().collect();
    assert_eq!(rows[0], "profile,identity,outcome,reason");
    assert_eq!(rows.len() as i64, PEOPLE / 2 + 1);
    assert!(
        rows[1..].iter().all(|row| row.ends_with(",,deleted,")),
        "{}",
        csv.text
    );
    assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len());
    assert_eq!(
        stage.get(&read, &format!("{at}/results.csv?ids=plain")).status,
        403
    );
    assert_eq!(
        stage
            .get(&stage.token, &format!("{at}/results.csv?ids=plain"))
            .status,
        200
    );
    assert_eq!(stage.get(&read, &format!("{at}/results.csv?ids=all")).status, 422);
    let lines = stage.get(&read, &format!("{at}/results.ndjson")).text;
    let told: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert!(
        told.iter()
            .all(|row| row["outcome"] == "deleted" && row["identity"].is_null())
    );
    let none = stage.get(&stage.token, &format!("{at}/export.csv"));
    assert_eq!((none.status, none.code().as_str()), (409, "state_refused"));
    assert_eq!(
        stage.get(&stage.token, &format!("{JOBS}/9/results.csv")).status,
        404
    );
}

#[test]
fn those_who_wait_are_a_filter_an_exclusion_and_a_segment() {
    let stage = Stage::new();
    let job = stage.start(&json!({ "wait_seconds": 3600 }));
    stage.until(id(&job), "scheduled");
    let count = |query: &str| {
        let page = stage
            .get(
                &stage.token,
                &format!("/datasets/main/profiles?limit=1000&{query}"),
            )
            .json();
        page["items"].as_array().map_or(0, Vec::len) as i64
    };
    assert_eq!(count("targets=D-1001"), PEOPLE / 2);
    assert_eq!(count("exclude_targets=D-1001"), PEOPLE / 2);
    assert_eq!(
        (count("targets=D-1001&q=u1"), count("exclude_targets=1001&q=u1")),
        (1, 0)
    );
    assert_eq!(
        stage
            .get(&stage.token, "/datasets/main/profiles?targets=x")
            .status,
        404
    );
    let live = stage.get(&stage.token, &format!("{JOBS}/D-1001/export.ndjson"));
    assert_eq!(live.text.lines().count() as i64, PEOPLE / 2, "{}", live.text);
    assert_eq!(
        stage
            .get(&stage.token, &format!("{JOBS}/D-1001/results.csv"))
            .status,
        409
    );

    let admin = stage.home.token("admin", "main");
    let save = |token: &str, name: &str| {
        let body = json!({ "name": name }).to_string();
        stage
            .server
            .api(token, "POST", &format!("{JOBS}/D-1001/segment"), &body)
    };
    assert_eq!(
        save(&stage.token, "Waiting").status,
        403,
        "a bulk token edits no segments"
    );
    let made = save(&admin, "Waiting");
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(
        (&made.json()["kind"], &made.json()["count"]["value"]),
        (&json!("manual"), &json!(PEOPLE / 2))
    );
    assert_eq!(save(&admin, "Waiting").code(), "name_taken");
    let go = segment_id(&stage.home, "Stay");
    let campaign = json!({ "name": "To all the others", "status": "draft", "include": [go], "exclude": [made.json()["id"]] });
    let campaign = stage
        .server
        .api(&admin, "POST", "/datasets/main/campaigns", &campaign.to_string());
    assert_eq!(campaign.status, 201, "{}", campaign.text);
}

#[test]
fn downloads_of_the_console_are_by_session_and_a_refusal_leads_back() {
    let stage = Stage::new();
    for role in ["administrator", "viewer"] {
        let made = stage.home.run_with(
            &["user", "add", role, "--role", role, "--password-stdin"],
            "correct horse\n",
        );
        assert_eq!(made.code, 0, "{}", made.err);
    }
    let cookie = |name: &str| {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let body = format!("name={name}&password=correct+horse");
        let reply = stage.server.send(
            "POST",
            "/fn/log_in",
            &[form, ("sec-fetch-site", "same-origin")],
            &body,
        );
        let cookie = reply.header("set-cookie").expect("a cookie");
        cookie.split(';').next().expect("its value").to_owned()
    };
    let (ada, vera) = (cookie("administrator"), cookie("viewer"));
    let get = |cookie: &str, path: &str| {
        stage
            .server
            .send("GET", path, &[("cookie", cookie), ("accept", "text/html")], "")
    };
    let job = stage.start(&json!({ "export": true }));
    let number = id(&job).to_owned();
    stage.server.ended(&stage.token, &number);
    let at = format!("/d/main/jobs/{number}");
    let csv = get(&ada, &format!("{at}/export.csv"));
    assert_eq!(
        (csv.status, csv.text.lines().count() as i64),
        (200, PEOPLE / 2 + 1)
    );
    assert_eq!(csv.header("cache-control"), Some("no-store"));
    assert_eq!(get(&ada, &format!("{at}/results.ndjson")).status, 200);
    assert_eq!(get(&vera, &format!("{at}/results.csv")).status, 200);
    for path in ["export.csv", "export.ndjson", "results.csv?ids=plain"] {
        assert_eq!(get(&vera, &format!("{at}/{path}")).status, 403, "{path}");
        assert_eq!(
            stage.server.send("GET", &format!("{at}/{path}"), &[], "").status,
            303,
            "to the log-in: {path}"
        );
    }
    assert_eq!(get(&ada, "/d/main/jobs/9999/export.csv").status, 404);
    assert_eq!(get(&ada, "/d/other/jobs/1001/export.csv").status, 404);
    let authorization = format!("Bearer {}", stage.token);
    let by_token = stage.server.send(
        "GET",
        &format!("{at}/export.csv"),
        &[("authorization", &authorization)],
        "",
    );
    assert_eq!(by_token.status, 303, "a token opens no page");
    stage
        .server
        .api(&stage.token, "DELETE", &format!("{JOBS}/{number}/export"), "");
    let back = get(&ada, &format!("{at}/export.csv"));
    assert_eq!(
        (back.status, back.header("location")),
        (303, Some(format!("{at}?problem=state_refused").as_str()))
    );
}

fn serve(data: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_lethe"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("serve")
}

fn files(data: &Path) -> Vec<String> {
    let entries = fs::read_dir(data.join("exports")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// People whose export is killed in the middle.
const MANY: usize = 12_000;

/// A deletion of many that is to write an export first, and that nobody carries out yet. Gives its id.
fn asked(home: &Home) -> String {
    let mut people = String::from("user_id,email,group\n");
    for i in 0..MANY {
        people.push_str(&format!("k{i},k{i}@example.com,go\n"));
    }
    people.push_str("stays,stays@example.com,stay\n");
    let file = home.file("people.csv", &people);
    home.json(&["import", "profiles", &file, "--dataset", "main"]);
    home.json(&[
        "segment",
        "create",
        "Go",
        "--dataset",
        "main",
        "--kind",
        "rule",
        "--rule",
        "attr.group = \"go\"",
    ]);
    let count = MANY.to_string();
    let start = [
        "job",
        "start",
        "--dataset",
        "main",
        "--segment",
        "Go",
        "--confirm-name",
        "Go",
        "--confirm-count",
        &count,
    ];
    let job = home.json(&[&start[..], &["--consent", "--export"]].concat());
    id(&job).to_owned()
}

/// Kills the server in the middle of the export, some times. Gives how often a part of it was left.
fn killed_midway(id: &str, data: &Path) -> usize {
    let mut midway = 0;
    for round in 0..40 {
        let mut server = serve(data);
        // As soon as a part is there: the kill meets the export in the middle.
        for _ in 0..500 {
            let part = data.join("exports").join(format!("D-{id}.ndjson.partial"));
            if fs::metadata(part).is_ok_and(|part| part.len() > 100_000 * round) {
                break;
            }
            sleep(Duration::from_millis(3));
        }
        server.kill().expect("kill -9");
        server.wait().expect("it is dead");
        midway += usize::from(files(data).iter().any(|name| name.ends_with(".partial")));
        if midway >= 5 || files(data).contains(&format!("D-{id}.ndjson")) {
            break;
        }
    }
    midway
}

#[test]
fn killed_in_the_middle_of_an_export_it_is_written_whole_before_anybody_goes() {
    let home = Home::new();
    let (id, data) = (asked(&home), home.data());
    let midway = killed_midway(&id, &data);
    assert!(midway >= 1, "no kill met the export: {:?}", files(&data));
    let token = home.token("bulk", "main");
    let server = home.serve();
    let ended = server.ended(&token, &id);
    assert_eq!(
        (&ended["state"], &ended["counts"]["deleted"]),
        (&json!("completed"), &json!(MANY)),
        "{ended}"
    );
    assert_eq!(ended["export"]["people"], MANY, "{ended}");
    assert_eq!(
        files(&data),
        [format!("D-{id}.ndjson")],
        "one file, and it is whole"
    );
    let export = server.api(&token, "GET", &format!("{JOBS}/{id}/export.ndjson"), "");
    let who: BTreeSet<String> = export
        .text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["user_id"].to_string())
        .collect();
    assert_eq!(who.len(), MANY, "everybody, each once");
}
