//! The console's door: who is sent to the log-in, that other sites can do nothing in a person's name, and that every
//! kind of answer carries its security headers.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, Reply, Server};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
const HTML: (&str, &str) = ("accept", "text/html");

fn with_ada() -> (Home, Server) {
    let home = Home::new();
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
    let server = home.serve();
    (home, server)
}

fn log_in(server: &Server) -> String {
    let reply = server.send(
        "POST",
        "/fn/log_in",
        &[FORM, OWN, HTML],
        "name=ada&password=correct+horse&next=%2Fjobs",
    );
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/jobs")),
        "{}",
        reply.text
    );
    let cookie = reply.header("set-cookie").expect("a cookie");
    assert!(
        cookie.starts_with("sid=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    cookie.split(';').next().expect("its value").to_owned()
}

#[test]
fn the_signed_out_are_sent_to_the_log_in_and_back() {
    let (_home, server) = with_ada();
    let away = server.send("GET", "/d/main/segments?q=a%20b", &[HTML], "");
    assert_eq!(
        (away.status, away.header("location")),
        (303, Some("/login?next=%2Fd%2Fmain%2Fsegments%3Fq%3Da%2520b"))
    );
    assert_eq!(
        server.send("GET", "/", &[HTML], "").header("location"),
        Some("/login")
    );
    assert_eq!(
        server
            .send("POST", "/fn/poll_job", &[FORM, OWN], "ds=main&id=1")
            .status,
        401
    );
    let form = server.send("POST", "/fn/start_job", &[FORM, OWN, HTML], "ds=main");
    assert_eq!((form.status, form.header("location")), (303, Some("/login")));
    let from = |page: &str| {
        let page = format!("{}{page}", server.address);
        let headers = [FORM, OWN, HTML, ("referer", page.as_str())];
        let form = server.send("POST", "/fn/start_job", &headers, "ds=main");
        form.header("location").map(str::to_owned)
    };
    assert_eq!(
        from("/d/main/segments/1/delete?problem=invalid").as_deref(),
        Some("/login?next=%2Fd%2Fmain%2Fsegments%2F1%2Fdelete")
    );
    let foreign = [FORM, OWN, HTML, ("referer", "https://evil.example/d/main")];
    let form = server.send("POST", "/fn/start_job", &foreign, "ds=main");
    assert_eq!(form.header("location"), Some("/login"));
    for open in ["/login", "/healthz", "/api/openapi.json", "/api/docs"] {
        assert_eq!(server.send("GET", open, &[HTML], "").status, 200, "{open}");
    }
    assert_eq!(server.send("GET", "/favicon.ico", &[], "").status, 308);
}

#[test]
fn a_log_in_opens_the_pages_and_a_log_out_closes_them() {
    let (home, server) = with_ada();
    home.json(&["dataset", "create", "shop"]);
    let cookie = log_in(&server);
    let get = |path: &str, cookie: &str| server.send("GET", path, &[HTML, ("cookie", cookie)], "");
    assert_eq!(get("/jobs", &cookie).header("location"), Some("/d/main/jobs"));
    assert_eq!(
        get("/segments/12?tab=rule", &cookie).header("location"),
        Some("/d/main/segments/12?tab=rule")
    );
    let shop = get("/d/shop", &cookie);
    assert_eq!(shop.status, 200, "{}", shop.text);
    let last = shop
        .header("set-cookie")
        .and_then(|value| value.split(';').next())
        .expect("the last dataset")
        .to_owned();
    assert_eq!(
        get("/", &format!("{cookie}; {last}")).header("location"),
        Some("/d/shop")
    );
    assert_eq!(get("/nowhere", &cookie).status, 404);
    let out = server.send(
        "POST",
        "/fn/log_out",
        &[FORM, OWN, HTML, ("cookie", &cookie)],
        "x=1",
    );
    assert_eq!(out.status, 303);
    assert_eq!(
        get("/d/main", &cookie).status,
        303,
        "the cookie is worth nothing any more"
    );
}

#[test]
fn a_wrong_password_says_no_more_than_that() {
    let (_home, server) = with_ada();
    let try_in = |name: &str| {
        server.send(
            "POST",
            "/fn/log_in",
            &[FORM, OWN, HTML],
            &format!("name={name}&password=wrong+pass&next="),
        )
    };
    let (known, unknown) = (try_in("ada"), try_in("bob"));
    assert_eq!((known.status, known.header("set-cookie")), (303, None));
    let reason = |reply: &Reply| {
        reply
            .header("location")
            .map(|to| to.replace("name=ada", "").replace("name=bob", ""))
    };
    assert_eq!(reason(&known), reason(&unknown));
    assert!(
        known
            .header("location")
            .is_some_and(|to| to.contains("problem=login_failed"))
    );
}

#[test]
fn other_sites_can_do_nothing_in_a_persons_name() {
    let (_home, server) = with_ada();
    let cookie = log_in(&server);
    let out = |headers: &[(&str, &str)]| {
        let mut all = vec![FORM, ("cookie", cookie.as_str())];
        all.extend(headers);
        server.send("POST", "/fn/log_out", &all, "x=1").status
    };
    assert_eq!(
        out(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example")
        ]),
        403
    );
    assert_eq!(
        out(&[
            ("sec-fetch-site", "same-site"),
            ("origin", "http://sub.localhost")
        ]),
        403
    );
    assert_eq!(out(&[("origin", "https://evil.example")]), 403);
    assert_eq!(out(&[("origin", "null")]), 403);
    let page = server.send("GET", "/d/main", &[HTML, ("cookie", &cookie)], "");
    assert_eq!(page.status, 200, "still logged in");
    let own = server.address.clone();
    assert_ne!(out(&[("origin", &own)]), 403);
}

#[test]
fn every_kind_of_answer_carries_its_headers() {
    let (_home, server) = with_ada();
    let cookie = log_in(&server);
    let signed = [HTML, ("cookie", cookie.as_str())];
    let answers = [
        ("page", server.send("GET", "/d/main", &signed, "")),
        ("log-in", server.send("GET", "/login", &[HTML], "")),
        ("not found", server.send("GET", "/nowhere", &signed, "")),
        ("redirect", server.send("GET", "/jobs", &signed, "")),
        (
            "server function",
            server.send(
                "POST",
                "/fn/poll_job",
                &[FORM, OWN, ("cookie", &cookie)],
                "ds=main&id=1",
            ),
        ),
        (
            "refused",
            server.send(
                "POST",
                "/fn/log_out",
                &[FORM, ("origin", "https://evil.example")],
                "x=1",
            ),
        ),
        ("api", server.send("GET", "/api/v1/datasets", &[], "")),
        ("health", server.send("GET", "/healthz", &[], "")),
        ("docs", server.send("GET", "/api/docs", &[HTML], "")),
        ("asset", server.send("GET", "/pkg/nothing.js", &[], "")),
    ];
    for (what, reply) in &answers {
        let has = |name: &str, part: &str| {
            let value = reply.header(name).unwrap_or_default();
            assert!(
                value.contains(part),
                "{what}: {name} is {value:?}, status {}",
                reply.status
            );
        };
        has("content-security-policy", "default-src 'none'");
        has("content-security-policy", "frame-ancestors 'none'");
        has("x-content-type-options", "nosniff");
        has("referrer-policy", "same-origin");
        has("cross-origin-opener-policy", "same-origin");
        has("cache-control", "no-");
        assert!(reply.header("x-request-id").is_some(), "{what}");
        assert!(
            reply.header("strict-transport-security").is_none(),
            "{what}: this is plain http"
        );
    }
    for (what, reply) in &answers[..3] {
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.contains("'nonce-")
                && !policy.contains("unsafe-inline")
                && !policy.contains("'unsafe-eval'"),
            "{what}"
        );
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .expect("a nonce");
        assert!(
            reply.text.contains(&format!("nonce=\"{nonce}\"")),
            "{what}: its scripts carry the nonce"
        );
    }
}

#[test]
fn over_tls_the_cookie_is_bound_to_the_host() {
    let home = Home::new();
    home.run_with(
        &["user", "add", "ada", "--role", "viewer", "--password-stdin"],
        "correct horse\n",
    );
    let server = home.serve_with(&["--public-origin", "https://lethe.example"]);
    let origin = ("origin", "https://lethe.example");
    let reply = server.send(
        "POST",
        "/fn/log_in",
        &[FORM, HTML, origin],
        "name=ada&password=correct+horse&next=",
    );
    let cookie = reply.header("set-cookie").expect("a cookie");
    assert!(
        cookie.starts_with("__Host-sid=") && cookie.contains("Secure") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert!(reply.header("strict-transport-security").is_some());
}
