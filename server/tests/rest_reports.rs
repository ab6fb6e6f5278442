//! Reports and the warehouse through REST and through the console's downloads, against the real binary.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

mod harness;

use harness::{Home, PEOPLE, Server, segment_id};
use serde_json::{Value, json};

const DS: &str = "/datasets/main";

struct Stage {
    home: Home,
    server: Server,
    /// A token that may do anything.
    token: String,
}

impl Stage {
    /// Forty people, each with one purchase of 1.25 and one impression of `summer`; the first half of them is deleted.
    fn after_a_deletion() -> (Self, String) {
        let home = Home::new();
        home.people();
        let mut csv = String::from("user_id,event,timestamp,value,campaign_id\n");
        for i in 0..PEOPLE {
            csv.push_str(&format!(
                "u{i},purchase,2026-01-02T10:00:00Z,1.25,\nu{i},impression,2026-01-03T10:00:00Z,,summer\n"
            ));
        }
        let file = home.file("events.csv", &csv);
        home.json(&["import", "events", &file, "--dataset", "main"]);
        let token = home.token("admin", "main");
        let server = home.serve();
        let stage = Self { home, server, token };
        let body = json!({
            "segment_id": segment_id(&stage.home, "Go"), "consent": true, "confirm_name": "Go", "confirm_count": PEOPLE / 2,
        });
        let job = stage
            .api("POST", &format!("{DS}/deletion-jobs"), &body.to_string())
            .json();
        let id = job["id"].as_str().expect("an id").to_owned();
        stage.server.ended(&stage.token, &id);
        (stage, id)
    }

    fn api(&self, method: &str, path: &str, body: &str) -> harness::Reply {
        self.server.api(&self.token, method, path, body)
    }
}

fn metric<'a>(report: &'a Value, name: &str) -> &'a Value {
    let all = report["metrics"].as_array().expect("metrics");
    all.iter().find(|metric| metric["name"] == name).expect(name)
}

#[test]
fn a_jobs_report_has_every_metric_before_and_after_with_its_basis() {
    let (stage, id) = Stage::after_a_deletion();
    let report = stage
        .api("GET", &format!("{DS}/deletion-jobs/D-{id}/report"), "")
        .json();
    assert_eq!(
        (&report["job"], &report["worked_out"]),
        (&json!(id), &json!(false))
    );
    for at in ["before_at", "after_at"] {
        assert_eq!(report[at].as_str().map(str::len), Some(24), "{at}: {report}");
    }
    for (name, basis, before, after, change) in [
        ("profiles", "aggregated", json!(40), json!(20), json!(-20)),
        ("purchase_value", "aggregated", json!(50), json!(25), json!(-25)),
        ("revenue_total", "accumulated", json!(50), json!(50), json!(0)),
        ("impressions_total", "accumulated", json!(40), json!(40), json!(0)),
        (
            "campaign_impressions",
            "aggregated",
            json!(40),
            json!(20),
            json!(-20),
        ),
    ] {
        let line = metric(&report, name);
        assert_eq!(line["basis"], basis, "{name}");
        assert_eq!(
            (&line["before"], &line["after"], &line["change"]),
            (&before, &after, &change),
            "{name}"
        );
        assert!(
            line["reason"]
                .as_str()
                .is_some_and(|reason| reason.ends_with('.')),
            "{line}"
        );
    }
    assert_eq!(metric(&report, "campaign_impressions")["campaign"], "summer");
    let nobody = stage.api("GET", &format!("{DS}/deletion-jobs/9999/report"), "");
    assert_eq!((nobody.status, nobody.code().as_str()), (404, "not_found"));
}

#[test]
fn the_warehouse_says_what_it_keeps_and_gives_its_tables_to_administrators_alone() {
    let (stage, id) = Stage::after_a_deletion();
    let state = stage.api("GET", &format!("{DS}/warehouse"), "").json();
    assert_eq!(
        (&state["rows"]["profiles"], &state["rows"]["events"]),
        (&json!(40), &json!(80))
    );
    assert_eq!(state["kept"], json!({ "profiles": 20, "events": 40 }));
    assert_eq!(
        (&state["keep_days"], &state["next_removal_at"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        (&state["lag_changes"], &state["watermark"]),
        (&json!(0), &state["newest_change"])
    );
    let own = &state["deletions"][0];
    assert_eq!(
        (&own["job"], &own["profiles"], &own["kept_until"]),
        (&json!(id), &json!(20), &Value::Null)
    );
    assert!(state["bytes"].as_i64().is_some_and(|bytes| bytes > 0));

    for (file, rows) in [
        ("profiles.csv", 40),
        ("events.csv", 80),
        ("deleted_people.csv", 20),
    ] {
        let reply = stage.api("GET", &format!("{DS}/warehouse/{file}"), "");
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8"));
        let name = format!("attachment; filename=\"main-warehouse-{file}\"");
        assert_eq!(reply.header("content-disposition"), Some(name.as_str()));
        assert_eq!(reply.text.lines().count(), rows + 1, "{file}");
    }
    let none = stage.api("GET", &format!("{DS}/warehouse/users.csv"), "");
    assert_eq!((none.status, none.code().as_str()), (404, "not_found"));

    let reader = stage.home.token("read", "main");
    let seen = stage.server.api(&reader, "GET", &format!("{DS}/warehouse"), "");
    assert_eq!(seen.status, 200);
    let refused = stage
        .server
        .api(&reader, "GET", &format!("{DS}/warehouse/profiles.csv"), "");
    assert_eq!((refused.status, refused.code().as_str()), (403, "forbidden"));
    let entries = stage.api("GET", "/audit?object=warehouse:", "").json();
    let exports = entries["items"].as_array().expect("entries").iter();
    assert_eq!(
        exports
            .filter(|entry| entry["action"] == "warehouse.export")
            .count(),
        3
    );
}

#[test]
fn a_browser_that_is_not_logged_in_gets_no_table() {
    let home = Home::new();
    let server = home.serve();
    let reply = server.send(
        "GET",
        "/d/main/warehouse/profiles.csv",
        &[("accept", "text/html")],
        "",
    );
    assert_eq!(reply.status, 303);
    assert!(
        reply
            .header("location")
            .is_some_and(|to| to.starts_with("/login")),
        "{:?}",
        reply.headers
    );
    let token = home.token("admin", "main");
    // A token opens no door of the console.
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str())];
    assert_eq!(
        server
            .send("GET", "/d/main/warehouse/profiles.csv", &headers, "")
            .status,
        303
    );
}
