//! Lists of what other systems run on segments, by REST and by the command line, with a server and without.

mod harness;

use harness::{Home, Server, segment_id};
use serde_json::{Value, json};

const CSV: &str = "id,kind,name,status,include,exclude,owner,link\n\
                   j1,journey,Welcome,active,Go,Stay,CRM,https://j.example.com\n\
                   x,journey,Odd,active,Goo,,,\n";

#[test]
fn the_command_line_takes_a_list_with_a_server_and_without() {
    let home = Home::new();
    home.people();
    let token = home.token("read", "main");
    // By itself on the directory, from standard input.
    let ran = home.run_with(&["import", "campaigns", "-", "--dataset", "main", "--json"], CSV);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report = ran.json();
    assert_eq!(
        (&report["accepted"], &report["created"], &report["rejected"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(report["errors"][0]["line"], 3);
    let reason = report["errors"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("“Go”") && !reason.contains("Goo"), "{report}");
    let file = home.file("uses.csv", CSV);
    let strict = home.run(&["import", "campaigns", &file, "--dataset", "main", "--strict"]);
    assert_eq!(strict.code, 1, "{}", strict.out);
    assert!(strict.err.starts_with("Line 3: "), "{}", strict.err);

    let server = home.serve();
    let first = uses(&server, &token);
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
    assert_eq!(
        uses(&server, &token)["list"]["listed_at"],
        first["list"]["listed_at"]
    );
    home.json(&["import", "campaigns", &file, "--dataset", "main"]);
    assert_ne!(
        uses(&server, &token)["list"]["listed_at"],
        first["list"]["listed_at"]
    );
}

fn uses(server: &Server, token: &str) -> Value {
    server.api(token, "GET", "/datasets/main/uses", "").json()
}

#[test]
fn impact_shows_what_was_registered_and_how_much_the_list_says() {
    let home = Home::new();
    home.people();
    let (go, token) = (segment_id(&home, "Go"), home.token("read", "main"));
    let file = home.file("uses.csv", CSV);
    home.json(&["import", "campaigns", &file, "--dataset", "main"]);
    let server = home.serve();
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
}

#[test]
fn rest_takes_a_list_shows_it_and_removes_from_it() {
    let home = Home::new();
    home.people();
    let token = home.token("admin", "main");
    let server = home.serve();
    assert_eq!(
        uses(&server, &token)["list"],
        json!({ "listed_at": null, "uses": 0, "standing": "never" })
    );
    let authorization = format!("Bearer {token}");
    let send = |media: &str, body: &str| {
        let headers = [("authorization", authorization.as_str()), ("content-type", media)];
        server.send("POST", "/api/v1/datasets/main/imports/campaigns", &headers, body)
    };
    assert_eq!(send("text/csv", CSV).json()["accepted"], 1);
    let line =
        "{\"id\":\"e1\",\"kind\":\"export\",\"name\":\"Nightly\",\"status\":\"off\",\"exclude\":[\"Go\"]}\n";
    let report = send("application/x-ndjson", line);
    assert_eq!(
        (report.status, &report.json()["created"]),
        (200, &json!(1)),
        "{}",
        report.text
    );
    let left_out: Vec<_> = uses(&server, &token)["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|it| (it["id"].clone(), it["left_out"].clone()))
        .collect();
    assert_eq!(
        left_out,
        [(json!("e1"), json!(false)), (json!("j1"), json!(true))]
    );
    assert_eq!(send("text/csv", "").status, 200);
    assert_eq!(uses(&server, &token)["list"]["standing"], "empty");
    let remove = || server.api(&token, "DELETE", "/datasets/main/uses/j1", "").status;
    assert_eq!((remove(), remove()), (204, 404));
    assert_eq!(uses(&server, &token)["items"].as_array().map(Vec::len), Some(1));
}
