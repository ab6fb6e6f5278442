//! Who is let in at the REST door: every route without a token, with a wrong one, and with one that may not.

mod harness;

use harness::{Home, Server, segment_id};

const READ: &[&str] = &["admin", "bulk", "read"];
const BULK: &[&str] = &["admin", "bulk"];
const ADMIN: &[&str] = &["admin"];
const PRIVACY: &[&str] = &["admin", "privacy"];
const LOOK: &[&str] = &["admin", "bulk", "privacy", "read"];
const INGEST: &[&str] = &["admin", "ingest"];

/// Method, path, body, and the scopes that may.
type Route = (&'static str, String, String, &'static [&'static str]);

fn at(rest: &str) -> String {
    format!("/datasets/main{rest}")
}

/// Every route of the API.
fn routes(segment: &str) -> Vec<Route> {
    let rule = r#"{"rule":"email is set"}"#.to_owned();
    let start = format!(r#"{{"segment_id":"{segment}","consent":true,"confirm_name":"Go","dry_run":true}}"#);
    let recurring = format!(
        r#"{{"segment_id":"{segment}","consent":true,"confirm_name":"Go","ceiling":100,"due":{{"every":"day","at":"03:00","zone":"UTC"}}}}"#
    );
    let hold = r#"{"name":"Matter","reason":"Court","people":["u39"]}"#.to_owned();
    let none = String::new;
    let mut all = vec![
        ("GET", "/datasets".into(), none(), READ),
        ("POST", "/datasets".into(), r#"{"slug":"other"}"#.into(), ADMIN),
        ("GET", at(""), none(), READ),
        ("GET", at("/profiles"), none(), READ),
        ("GET", at("/profiles/u1"), none(), READ),
        ("GET", at("/segments"), none(), READ),
        (
            "POST",
            at("/segments"),
            r#"{"name":"New","kind":"manual"}"#.into(),
            ADMIN,
        ),
        ("POST", at("/segments/preview"), rule, READ),
        ("GET", at(&format!("/segments/{segment}")), none(), READ),
        (
            "PATCH",
            at(&format!("/segments/{segment}")),
            r#"{"name":"Go"}"#.into(),
            ADMIN,
        ),
        ("POST", at(&format!("/segments/{segment}/refresh")), none(), ADMIN),
        ("POST", at(&format!("/segments/{segment}/disable")), none(), ADMIN),
        ("POST", at(&format!("/segments/{segment}/enable")), none(), ADMIN),
        ("GET", at(&format!("/segments/{segment}/impact")), none(), READ),
        ("GET", at(&format!("/segments/{segment}/history")), none(), READ),
        (
            "POST",
            at(&format!("/segments/{segment}/clone")),
            r#"{"name":"Go again"}"#.into(),
            ADMIN,
        ),
    ];
    all.extend(of_campaigns());
    all.extend(of_suppressions());
    all.extend(of_privacy());
    all.extend([
        ("POST", at("/imports/profiles"), "user_id\nu1\n".into(), INGEST),
        ("POST", at("/deletion-jobs"), start, BULK),
        ("GET", at("/deletion-jobs"), none(), READ),
        ("POST", at("/recurring-jobs"), recurring, BULK),
        ("GET", at("/recurring-jobs"), none(), READ),
        ("GET", at("/recurring-jobs/1"), none(), READ),
        ("GET", at("/recurring-jobs/1/runs"), none(), READ),
        ("DELETE", at("/recurring-jobs/1"), none(), BULK),
        ("POST", at("/holds"), hold, PRIVACY),
        ("GET", at("/holds"), none(), &["admin", "bulk", "read", "privacy"]),
        (
            "GET",
            at("/holds/1"),
            none(),
            &["admin", "bulk", "read", "privacy"],
        ),
        ("DELETE", at("/holds/1?reason=closed"), none(), PRIVACY),
        ("GET", "/audit".into(), none(), ADMIN),
        ("DELETE", at(&format!("/segments/{segment}")), none(), ADMIN),
    ]);
    all
}

fn of_privacy() -> Vec<Route> {
    let none = String::new;
    let recipient =
        r#"{"name":"Mail house","url":"http://127.0.0.1:9/","secret":"0123456789abcdef0123456789abcdef"}"#;
    let enter = |kind: &str| -> Route {
        let body = format!(
            r#"{{"kind":"{kind}","regulation":"gdpr","identities":[{{"kind":"email","value":"u1@example.com"}}]}}"#
        );
        ("POST", at("/privacy-requests"), body, PRIVACY)
    };
    let deed = |deed: &str, body: &str| -> Route {
        (
            "POST",
            at(&format!("/privacy-requests/{deed}")),
            body.to_owned(),
            PRIVACY,
        )
    };
    vec![
        // The first is answered, the second declined, the third cancelled.
        enter("access"),
        enter("erasure"),
        enter("portability"),
        ("GET", at("/privacy-requests"), none(), PRIVACY),
        ("GET", at("/privacy-requests.csv"), none(), PRIVACY),
        ("GET", at("/privacy-requests/1"), none(), PRIVACY),
        deed("1/confirm", ""),
        deed("1/verify", r#"{"verified_how":"Seen in person."}"#),
        deed("1/extend", r#"{"by":1,"reason":"Many requests."}"#),
        deed("1/run", "{}"),
        ("GET", at("/privacy-requests/1/answer"), none(), PRIVACY),
        ("GET", at("/privacy-requests/1/history"), none(), PRIVACY),
        deed("2/decline", r#"{"basis":"unfounded","reason":"Every day."}"#),
        deed("3/cancel", ""),
        ("POST", at("/privacy-recipients"), recipient.into(), PRIVACY),
        ("GET", at("/privacy-recipients"), none(), PRIVACY),
        ("DELETE", at("/privacy-recipients/1"), none(), PRIVACY),
    ]
}

fn of_campaigns() -> Vec<Route> {
    let none = String::new;
    vec![
        ("GET", at("/campaigns"), none(), READ),
        (
            "POST",
            at("/campaigns"),
            r#"{"id":"c","name":"C","status":"draft"}"#.into(),
            ADMIN,
        ),
        ("GET", at("/campaigns/c"), none(), READ),
        (
            "PATCH",
            at("/campaigns/c"),
            r#"{"status":"scheduled"}"#.into(),
            ADMIN,
        ),
        ("POST", at("/decisions"), r#"{"user_id":"u1"}"#.into(), INGEST),
        (
            "POST",
            at("/imports/campaigns"),
            "id,kind,name,status\nj,journey,J,on\n".into(),
            INGEST,
        ),
        ("GET", at("/uses"), none(), READ),
        ("DELETE", at("/uses/j"), none(), ADMIN),
    ]
}

fn of_suppressions() -> Vec<Route> {
    let entered = r#"{"kind":"user_id","identity":"x","reason":"asked"}"#;
    vec![
        ("GET", at("/suppressions"), String::new(), LOOK),
        ("POST", at("/suppressions"), entered.into(), PRIVACY),
        (
            "POST",
            at("/suppressions/lookup"),
            r#"{"identity":"x"}"#.into(),
            PRIVACY,
        ),
        (
            "DELETE",
            at("/suppressions"),
            r#"{"identity":"x","reason":"asked"}"#.into(),
            PRIVACY,
        ),
        ("GET", at("/rechecks"), String::new(), READ),
        ("POST", at("/rechecks"), String::new(), PRIVACY),
    ]
}

fn send(server: &Server, method: &str, path: &str, authorization: Option<&str>, body: &str) -> u16 {
    let media = if path.contains("/imports/") {
        "text/csv"
    } else {
        "application/json"
    };
    let mut headers = vec![("content-type", media)];
    headers.extend(authorization.map(|value| ("authorization", value)));
    server
        .send(method, &format!("/api/v1{path}"), &headers, body)
        .status
}

#[test]
fn every_route_asks_for_a_token_and_for_its_scope() {
    let home = Home::new();
    home.people();
    let segment = segment_id(&home, "Go");
    let tokens: Vec<_> = ["admin", "bulk", "privacy", "ingest", "read"]
        .map(|scope| (scope, home.token(scope, "main")))
        .into();
    let everywhere = home.token("admin", "all");
    let server = home.serve();
    for (method, path, body, may) in routes(&segment) {
        assert_eq!(
            send(&server, method, &path, None, &body),
            401,
            "{method} {path} without a token"
        );
        let wrong = "Bearer lk_nobody.0000";
        assert_eq!(
            send(&server, method, &path, Some(wrong), &body),
            401,
            "{method} {path} with a wrong token"
        );
        for (scope, token) in tokens.iter().filter(|(scope, _)| !may.contains(scope)) {
            let status = send(&server, method, &path, Some(&format!("Bearer {token}")), &body);
            assert_eq!(status, 403, "{method} {path} with scope {scope}");
        }
        let status = send(
            &server,
            method,
            &path,
            Some(&format!("Bearer {everywhere}")),
            &body,
        );
        assert!(
            (200..300).contains(&status),
            "{method} {path} with everything: {status}"
        );
    }
}

#[test]
fn a_token_of_one_dataset_does_not_see_another() {
    let home = Home::new();
    home.json(&["dataset", "create", "other"]);
    let token = home.token("admin", "other");
    let server = home.serve();
    assert_eq!(server.api(&token, "GET", "/datasets/main", "").status, 404);
    assert_eq!(
        server.api(&token, "GET", "/datasets/main/profiles", "").status,
        404
    );
    assert_eq!(server.api(&token, "GET", "/datasets/other", "").status, 200);
    let seen = server.api(&token, "GET", "/datasets", "").json();
    assert_eq!(seen["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn basic_and_bearer_say_the_same_and_a_revoked_token_says_nothing() {
    let home = Home::new();
    let token = home.token("read", "main");
    let server = home.serve();
    let (key_id, secret) = token.split_once('.').expect("two halves");
    let basic = format!("Basic {}", base64(&format!("{key_id}:{secret}")));
    let path = "/api/v1/datasets/main";
    assert_eq!(
        server.send("GET", path, &[("authorization", &basic)], "").status,
        200
    );
    let refused = server.send("GET", path, &[("authorization", "Basic !!")], "");
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (401, "unauthenticated")
    );
    home.json(&["token", "revoke", key_id]);
    assert_eq!(server.api(&token, "GET", "/datasets/main", "").status, 401);
}

/// A session is no token: the door does not look at cookies.
#[test]
fn a_cookie_opens_nothing_here() {
    let home = Home::new();
    home.run_with(
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
    let server = home.serve();
    let form = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "same-origin"),
    ];
    let login = server.send(
        "POST",
        "/fn/log_in",
        &form,
        "name=ada&password=correct+horse&next=",
    );
    let cookie = login
        .header("set-cookie")
        .expect("a cookie")
        .split(';')
        .next()
        .expect("its value")
        .to_owned();
    assert_eq!(
        server
            .send("GET", "/api/v1/datasets", &[("cookie", &cookie)], "")
            .status,
        401
    );
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}
