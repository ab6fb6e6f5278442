//! The door for files of members: by session alone, whatever the size, never the beginning of a file for the whole; and the
//! doors of REST and the command line for single members, copies and history.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, Reply, Server, segment_id};
use serde_json::json;

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
const HTML: (&str, &str) = ("accept", "text/html");
const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=XX");

/// People u0 to u39 and a list, a server, and a session of an editor's and of a viewer's.
struct Place {
    home: Home,
    server: Server,
    list: String,
    editor: String,
    viewer: String,
}

impl Place {
    fn new() -> Self {
        let home = Home::new();
        home.people();
        home.json(&["segment", "create", "News", "--dataset", "main", "--kind", "list"]);
        for role in ["editor", "viewer"] {
            let made = home.run_with(
                &["user", "add", role, "--role", role, "--password-stdin"],
                "correct horse\n",
            );
            assert_eq!(made.code, 0, "{}", made.err);
        }
        let server = home.serve();
        let list = segment_id(&home, "News");
        let (editor, viewer) = (log_in(&server, "editor"), log_in(&server, "viewer"));
        Self {
            home,
            server,
            list,
            editor,
            viewer,
        }
    }

    fn post(&self, cookie: &str, form: &str) -> Reply {
        let path = format!("/d/main/segments/{}/members", self.list);
        self.server
            .send("POST", &path, &[FORM, OWN, HTML, ("cookie", cookie)], form)
    }

    fn members(&self) -> i64 {
        let rule = "in segment \"News\"";
        self.home
            .json(&["segment", "preview", "--dataset", "main", "--rule", rule])["count"]
            .as_i64()
            .expect("a count")
    }

    fn page(&self, cookie: &str, location: &str) -> String {
        self.server
            .send("GET", location, &[HTML, ("cookie", cookie)], "")
            .text
    }
}

fn log_in(server: &Server, name: &str) -> String {
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = format!("name={name}&password=correct+horse&next=%2F");
    let reply = server.send("POST", "/fn/log_in", &[form, OWN, HTML], &body);
    let cookie = reply.header("set-cookie").expect("a cookie");
    cookie.split(';').next().expect("its value").to_owned()
}

fn form(mode: &str, rows: &str, end: &str) -> String {
    format!(
        "--XX\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\n{mode}\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p.csv\"\r\nContent-Type: text/csv\r\n\r\nuser_id\n{rows}{end}"
    )
}

const END: &str = "\r\n--XX--\r\n";

#[test]
fn a_file_larger_than_any_form_is_taken_and_its_report_shown() {
    let place = Place::new();
    // Three megabytes: a form of the console may have one.
    let unknown = "nobody-whom-anybody-knows\n".repeat(120_000);
    let reply = place.post(
        &place.editor,
        &form("add", &format!("u1\nu2\n{unknown}u3\n"), END),
    );
    let location = reply.header("location").expect("a page").to_owned();
    assert_eq!(reply.status, 303);
    assert!(location.contains("tab=members&report="), "{location}");
    assert_eq!(place.members(), 3);
    let page = place.page(&place.editor, &location);
    assert!(
        page.contains("3 people joined, 120,000 rows were not taken"),
        "{page}"
    );
    assert!(!page.contains("nobody-whom"), "no cell is quoted");
}

#[test]
fn the_beginning_of_a_file_is_never_taken_for_the_whole() {
    let place = Place::new();
    place.post(&place.editor, &form("add", "u1\nu2\nu3\n", END));
    let reply = place.post(&place.editor, &form("replace", "u9\n", ""));
    assert_eq!(reply.status, 303);
    let page = place.page(&place.editor, reply.header("location").expect("a page"));
    assert!(page.contains("The file was not taken"), "{page}");
    assert!(place.members() >= 3, "nobody left");
    let none = place.post(
        &place.editor,
        "--XX\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nreplace\r\n--XX--\r\n",
    );
    assert!(
        none.header("location")
            .expect("a page")
            .contains("problem=file_missing")
    );
    let odd = place.post(&place.editor, &form("burn", "u1\n", END));
    assert!(
        odd.header("location")
            .expect("a page")
            .contains("problem=invalid")
    );
    let broken = place.post(&place.editor, "no form at all");
    assert!(
        broken
            .header("location")
            .expect("a page")
            .contains("problem=bad_request")
    );
    assert!(place.members() >= 3);
}

#[test]
fn only_who_may_import_and_only_from_our_own_pages() {
    let place = Place::new();
    let rows = form("add", "u1\n", END);
    let refused = place.post(&place.viewer, &rows);
    assert!(
        refused
            .header("location")
            .expect("a page")
            .contains("problem=forbidden")
    );
    let path = format!("/d/main/segments/{}/members", place.list);
    let away = place.server.send("POST", &path, &[FORM, OWN, HTML], &rows);
    assert_eq!((away.status, away.header("location")), (303, Some("/login")));
    let other = ("sec-fetch-site", "cross-site");
    let forged = [FORM, other, HTML, ("cookie", place.editor.as_str())];
    assert_eq!(place.server.send("POST", &path, &forged, &rows).status, 403);
    assert_eq!(place.members(), 0);
    let back = place
        .server
        .send("GET", &path, &[HTML, ("cookie", &place.editor)], "");
    assert!(back.header("location").expect("a page").ends_with("?tab=members"));
}

#[test]
fn scripts_add_and_remove_members_copy_segments_and_read_what_happened() {
    let place = Place::new();
    let admin = place.home.token("admin", "all");
    let read = place.home.token("read", "all");
    let at = |rest: &str| format!("/datasets/main/segments/{}{rest}", place.list);
    let send =
        |token: &str, method: &str, path: &str, body: &str| place.server.api(token, method, path, body);
    let added = send(&admin, "POST", &at("/members"), r#"{"identity":"u1"}"#);
    assert_eq!((added.status, added.json()), (200, json!({ "changed": true })));
    let again = send(&admin, "POST", &at("/members"), r#"{"identity":"u1"}"#);
    assert_eq!(again.json(), json!({ "changed": false }));
    let unknown = send(&admin, "POST", &at("/members"), r#"{"identity":"nobody"}"#);
    assert_eq!((unknown.status, unknown.code().as_str()), (422, "nobody_known"));
    assert_eq!(
        send(&read, "POST", &at("/members"), r#"{"identity":"u2"}"#).status,
        403
    );
    let copy = send(&admin, "POST", &at("/clone"), r#"{"name":"Copy"}"#);
    assert_eq!((copy.status, &copy.json()["count"]["value"]), (201, &json!(1)));
    let taken = send(&admin, "POST", &at("/clone"), r#"{"name":"Copy"}"#);
    assert_eq!((taken.status, taken.code().as_str()), (409, "name_taken"));
    let removed = send(
        &admin,
        "POST",
        &at("/members"),
        r#"{"identity":"u1","member":false}"#,
    );
    assert_eq!(removed.json(), json!({ "changed": true }));
    let history = send(&read, "GET", &at("/history?limit=2"), "").json();
    assert_eq!(history["items"][0]["what"]["deed"], "member");
    assert_eq!(history["items"][0]["what"]["joined"], false);
    assert!(history["next"].is_string(), "{history}");
    let by_hand = place
        .home
        .json(&["segment", "clone", "Copy", "--dataset", "main", "--name", "Third"]);
    assert_eq!(by_hand["count"]["value"], 1);
    let disabled = place
        .home
        .json(&["segment", "disable", "Third", "--dataset", "main"]);
    assert_eq!(disabled["state"], "disabled");
}
