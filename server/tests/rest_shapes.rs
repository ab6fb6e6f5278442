//! The shapes of the REST door: what each thing looks like, how lists are paged, how input is refused, and that the
//! description of it all is true.

mod harness;

use harness::{Home, PEOPLE, segment_id};
use serde_json::{Value, json};

#[test]
fn an_import_says_what_it_did_and_names_bad_lines() {
    let home = Home::new();
    let token = home.token("admin", "main");
    let server = home.serve();
    let authorization = format!("Bearer {token}");
    let send = |path: &str, body: &str| {
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "text/csv"),
        ];
        server.send(
            "POST",
            &format!("/api/v1/datasets/main/imports/{path}"),
            &headers,
            body,
        )
    };
    let report = send("profiles", "user_id,email\nu1,u1@example.com\n,\nu2,\n");
    assert_eq!(report.status, 200, "{}", report.text);
    let report = report.json();
    assert_eq!(
        (&report["accepted"], &report["created"], &report["rejected"]),
        (&json!(2), &json!(2), &json!(1))
    );
    assert_eq!(report["errors"][0]["line"], 3);
    let events = send(
        "events?set=event%3Dpurchase&map=timestamp%3Dwhen",
        "user_id,when,value\nu1,2026-01-02,12.5\n",
    )
    .json();
    assert_eq!(
        (&events["accepted"], &events["updated"]),
        (&json!(1), &json!(1)),
        "{events}"
    );
    let list = send("lists?list=VIP&mode=replace", "user_id\nu1\n").json();
    assert_eq!(list["accepted"], 1, "{list}");
    let count = server
        .api(
            &token,
            "POST",
            "/datasets/main/segments/preview",
            r#"{"rule":"in segment \"VIP\""}"#,
        )
        .json();
    assert_eq!(count["count"], 1);
    let trial = send("profiles?dry_run=true", "user_id\nu9\n").json();
    assert_eq!((&trial["accepted"], &trial["dry_run"]), (&json!(1), &json!(true)));
    assert_eq!(
        server.api(&token, "GET", "/datasets/main/profiles/u9", "").status,
        404
    );
    for (path, status) in [
        ("nothing", 404),
        // A list of uses needs an id: the column that is there is none.
        ("campaigns", 422),
        ("profiles?strikt=1", 400),
        ("profiles?map=x", 422),
    ] {
        assert_eq!(send(path, "user_id\nu1\n").status, status, "{path}");
    }
}

#[test]
fn a_profile_shows_what_was_imported() {
    let home = Home::new();
    let file = home.file("p.csv", "user_id,email,phone,anonymous_id,city,age,vip,first_seen_at\nu1,U1@Example.com,+49 1,a1,Köln,42.5,true,2026-01-02\n");
    home.json(&["import", "profiles", &file, "--dataset", "main"]);
    let token = home.token("read", "main");
    let server = home.serve();
    let profile = server.api(&token, "GET", "/datasets/main/profiles/u1", "").json();
    assert_eq!(
        (&profile["user_id"], &profile["email"]),
        (&json!("u1"), &json!("u1@example.com"))
    );
    assert_eq!(
        profile["attributes"],
        json!({ "city": "Köln", "age": 42.5, "vip": true })
    );
    assert_eq!(
        (&profile["anonymous_ids"], &profile["first_seen"]),
        (&json!(["a1"]), &json!("2026-01-02T00:00:00.000Z"))
    );
    assert!(profile["id"].is_string());
    let found = server
        .api(&token, "GET", "/datasets/main/profiles?q=u1%40example.com", "")
        .json();
    assert_eq!(found["items"], json!([profile]));
}

#[test]
fn lists_are_paged_by_cursor_and_every_row_comes_once() {
    let home = Home::new();
    home.people();
    let token = home.token("read", "main");
    let server = home.serve();
    for (path, want) in [
        ("/datasets/main/profiles?limit=7", PEOPLE),
        ("/datasets/main/segments?limit=1", 2),
    ] {
        let mut seen = Vec::new();
        let mut next = String::new();
        loop {
            let page = server.api(&token, "GET", &format!("{path}{next}"), "").json();
            let ids = page["items"]
                .as_array()
                .expect("items")
                .iter()
                .map(|item| item["id"].to_string());
            seen.extend(ids);
            match page["next"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        let all = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((all, i64::try_from(seen.len())), (seen.len(), Ok(want)), "{path}");
    }
    for bad in ["?limit=0", "?limit=1001"] {
        let refused = server.api(&token, "GET", &format!("/datasets/main/profiles{bad}"), "");
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (422, "invalid"),
            "{bad}"
        );
    }
    for bad in ["?limit=x", "?lmit=5"] {
        assert_eq!(
            server
                .api(&token, "GET", &format!("/datasets/main/profiles{bad}"), "")
                .status,
            400,
            "{bad}"
        );
    }
}

#[test]
fn a_segment_lives_from_preview_to_removal() {
    let home = Home::new();
    home.people();
    let token = home.token("admin", "main");
    let server = home.serve();
    let call = |method: &str, rest: &str, body: &Value| {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        server.api(&token, method, &format!("/datasets/main/segments{rest}"), &body)
    };
    let rule = json!({ "rule": "attr.group = \"go\" and email is set" });
    let preview = call("POST", "/preview", &rule).json();
    assert_eq!((&preview["count"], &preview["exact"]), (&json!(20), &json!(true)));
    assert!(
        preview["sample"]
            .as_array()
            .is_some_and(|sample| !sample.is_empty())
    );
    let wrong = call("POST", "/preview", &json!({ "rule": "attr.group ~ 1" }));
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "rule_invalid"));
    let made = call(
        "POST",
        "",
        &json!({ "name": "Both", "kind": "rule", "rule": rule["rule"] }),
    );
    assert_eq!(made.status, 201, "{}", made.text);
    let id = format!("/{}", made.json()["id"].as_str().expect("an id"));
    assert_eq!(
        call("POST", "", &json!({ "name": "Both", "kind": "manual" })).code(),
        "name_taken"
    );
    assert_eq!(
        call("POST", "", &json!({ "name": "Odd", "kind": "odd" })).status,
        422
    );
    let counted = call("POST", &format!("{id}/refresh"), &Value::Null).json();
    assert_eq!(
        (&counted["count"]["value"], &counted["count"]["exact"]),
        (&json!(20), &json!(true))
    );
    assert!(counted["count"]["counted_at"].is_string());
    assert_eq!(
        call("POST", &format!("{id}/disable"), &Value::Null).json()["state"],
        "disabled"
    );
    assert_eq!(
        call("POST", &format!("{id}/enable"), &Value::Null).json()["state"],
        "enabled"
    );
    assert_eq!(
        call("PATCH", &id, &json!({ "name": "Renamed" })).json()["name"],
        "Renamed"
    );
    let impact = call("GET", &format!("{id}/impact"), &Value::Null).json();
    assert_eq!((&impact["profiles"], &impact["held"]), (&json!(20), &json!(0)));
    assert!(
        impact["plan_hash"].is_string() && impact["estimate"]["documented_seconds"].is_i64(),
        "{impact}"
    );
    assert_eq!(impact["plan"][0]["job"], 1);
    assert_eq!(call("DELETE", &id, &Value::Null).status, 204);
    assert_eq!(call("GET", &id, &Value::Null).code(), "not_found");
}

#[test]
fn a_campaign_keeps_what_is_not_sent() {
    let home = Home::new();
    home.people();
    let token = home.token("admin", "main");
    let go = segment_id(&home, "Go");
    let server = home.serve();
    let body = json!({ "id": "c1", "name": "One", "status": "active", "include": [go], "ends_at": "2027-01-01T00:00:00Z" });
    let made = server.api(&token, "POST", "/datasets/main/campaigns", &body.to_string());
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(
        (&made.json()["eligible"], &made.json()["include"]),
        (&json!(20), &json!([go]))
    );
    let changed = server
        .api(
            &token,
            "PATCH",
            "/datasets/main/campaigns/c1",
            r#"{"status":"paused","ends_at":null}"#,
        )
        .json();
    assert_eq!(
        (&changed["status"], &changed["name"], &changed["ends_at"]),
        (&json!("paused"), &json!("One"), &Value::Null)
    );
    let listed = server.api(&token, "GET", "/datasets/main/campaigns", "").json();
    assert_eq!(listed["items"][0]["id"], "c1");
    let log = server.api(&token, "GET", "/audit?object=campaign:c1", "");
    assert_eq!(log.status, 200);
    assert!(
        log.json()["items"]
            .as_array()
            .is_some_and(|items| !items.is_empty()),
        "{}",
        log.text
    );
}

#[test]
fn what_cannot_be_read_is_said_in_the_envelope() {
    let home = Home::new();
    let token = home.token("admin", "main");
    let server = home.serve();
    let path = "/datasets/main/segments";
    let broken = server.api(&token, "POST", path, "{\"name\":");
    assert_eq!((broken.status, broken.code().as_str()), (400, "bad_request"));
    let missing = server.api(&token, "POST", path, r#"{"kind":"manual"}"#);
    assert_eq!(
        (missing.status, &missing.json()["error"]["field"]),
        (400, &json!("name"))
    );
    let unknown = server.api(&token, "POST", path, r#"{"name":"A","kind":"manual","colour":1}"#);
    assert_eq!(
        (unknown.status, &unknown.json()["error"]["field"]),
        (400, &json!("colour"))
    );
    let authorization = format!("Bearer {token}");
    let media = [
        ("authorization", authorization.as_str()),
        ("content-type", "text/plain"),
    ];
    assert_eq!(
        server
            .send("POST", &format!("/api/v1{path}"), &media, "{}")
            .status,
        415
    );
    let large = format!(r#"{{"name":"{}","kind":"manual"}}"#, "x".repeat(1_100_000));
    assert_eq!(server.api(&token, "POST", path, &large).status, 413);
    assert_eq!(server.api(&token, "PUT", path, "{}").status, 405);
    assert_eq!(server.api(&token, "GET", "/nothing", "").code(), "not_found");
    assert_eq!(server.send("POST", "/v1/dance", &[], "").status, 404);
}

#[test]
fn the_description_is_openapi_and_names_every_route() {
    let home = Home::new();
    let server = home.serve();
    let document = server.send("GET", "/api/openapi.json", &[], "").json();
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1")),
        "{}",
        document["openapi"]
    );
    let paths = document["paths"].as_object().expect("paths");
    assert!(
        paths.len() >= 20 && paths.contains_key("/datasets/{ds}/deletion-jobs/{id}/pause"),
        "{:?}",
        paths.keys()
    );
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
            assert!(
                operation["summary"].is_string(),
                "{method} {path} says what it does"
            );
            let id = operation["operationId"].to_string();
            assert!(ids.insert(id), "{method} {path} has an id of its own");
        }
    }
    let mut references = Vec::new();
    collect(&document, &mut references);
    for reference in references {
        let name = reference.rsplit('/').next().unwrap_or_default();
        assert!(
            document["components"]["schemas"][name].is_object(),
            "{reference} leads nowhere"
        );
    }
    let page = server.send("GET", "/api/docs", &[], "");
    assert!(
        page.status == 200
            && page.text.contains("/datasets/{ds}/deletion-jobs")
            && !page.text.contains("<script")
    );
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| match inner {
            Value::String(path) if name == "$ref" => found.push(path.clone()),
            _ => collect(inner, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}
