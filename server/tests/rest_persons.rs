//! The door for legal requests over HTTP and by the command line: the sequence that verifies a deletion, what an unknown one
//! is told, who may use it, and that a running bulk deletion is not waited for.

mod harness;

use harness::{Home, Reply, Server};
use serde_json::json;

/// Sends a file of names as browsers and scripts send a form.
fn delete(server: &Server, token: &str, dataset: &str, file: &str) -> Reply {
    let body = format!(
        "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"users.csv\"\r\ncontent-type: text/csv\r\n\r\n{file}\r\n--edge--\r\n"
    );
    server.send(
        "POST",
        &format!("/api/dataset/{dataset}/users/delete"),
        &[
            ("authorization", &format!("Bearer {token}")),
            ("content-type", "multipart/form-data; boundary=edge"),
        ],
        &body,
    )
}

fn look_up(server: &Server, token: &str, who: &str) -> Reply {
    let path = format!("/api/dataset/main/user/{who}");
    server.send("GET", &path, &[("authorization", &format!("Bearer {token}"))], "")
}

#[test]
fn three_known_users_go_once_and_a_second_time_nobody() {
    let home = Home::new();
    home.people();
    let token = home.token("privacy", "main");
    let server = home.serve();
    let known = look_up(&server, &token, "u1");
    assert_eq!(known.status, 200);
    assert_eq!(known.json()["namedUserId"], "u1");
    assert_eq!(
        known.json()["userSummary"]["_id"],
        known.json()["store"][0]["profile"]["id"]
    );
    assert_eq!(
        known.json()["attributes"],
        json!([{ "name": "email", "value": "u1@example.com" }, { "name": "group", "value": "go" }])
    );
    assert_eq!(known.json()["segmentMembership"][0]["name"], "Go");
    assert_eq!(look_up(&server, &token, "U1%40Example.com").status, 200);

    let file = "name\r\nu1\r\nu2@example.com\r\nu3\r\n";
    for told in ["Deleted 3 users (3 requested)", "Deleted 0 users (3 requested)"] {
        let reply = delete(&server, &token, "main", file);
        assert_eq!((reply.status, reply.text.as_str()), (200, told));
        assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    let gone = look_up(&server, &token, "u1");
    assert_eq!((gone.status, gone.code().as_str()), (404, "not_found"));
    assert_eq!(
        gone.text,
        look_up(&server, &token, "never-there").text,
        "no difference"
    );
    let admin = home.token("admin", "main");
    let left = server.api(&admin, "GET", "/datasets/main", "").json()["profiles"].clone();
    assert_eq!(left, harness::PEOPLE - 3);
    let audit = server.api(&admin, "GET", "/audit", "").text;
    assert!(
        audit.contains("privacy.erased") && !audit.contains("u2@"),
        "{audit}"
    );
}

#[test]
fn what_a_bulk_deletion_left_goes_while_another_one_runs() {
    let home = Home::new();
    home.people();
    let (token, bulk) = (home.token("privacy", "main"), home.token("bulk", "main"));
    let server = home.serve();
    let start = |name: &str, rate: i64| {
        let wish = json!({ "segment_id": harness::segment_id(&home, name), "consent": true, "confirm_name": name,
            "confirm_count": harness::PEOPLE / 2, "max_rate": if rate > 0 { json!(rate) } else { json!(null) } });
        let reply = server.api(&bulk, "POST", "/datasets/main/deletion-jobs", &wish.to_string());
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()["id"].as_str().expect("an id").to_owned()
    };
    let first = start("Go", 0);
    assert_eq!(server.ended(&bulk, &first)["state"], "completed");
    let second = start("Stay", 1);
    // u1 is only a copy, u39 still waits for its turn, u0 and the first of the others may be either.
    let copy = look_up(&server, &token, "u1").json();
    assert_eq!(copy["store"], json!([]));
    assert!(
        copy["warehouse"][0]["deleted_by"]
            .as_str()
            .is_some_and(|job| job.starts_with("D-"))
    );
    let file = "name\nu1\nu20\nu39\n";
    assert_eq!(
        delete(&server, &token, "main", file).text,
        "Deleted 3 users (3 requested)"
    );
    assert_eq!(
        delete(&server, &token, "main", file).text,
        "Deleted 0 users (3 requested)"
    );
    for who in ["u1", "u20", "u39"] {
        assert_eq!(look_up(&server, &token, who).status, 404, "{who}");
    }
    let path = format!("/datasets/main/deletion-jobs/{second}");
    let job = server.api(&bulk, "GET", &path, "").json();
    assert_eq!(job["state"], "deleting", "it was not waited for");
}

#[test]
fn only_the_right_tokens_and_files_are_taken() {
    let home = Home::new();
    home.people();
    home.json(&["dataset", "create", "other"]);
    let server = home.serve();
    for scope in ["read", "bulk", "ingest"] {
        let token = home.token(scope, "main");
        assert_eq!(look_up(&server, &token, "u1").status, 403, "{scope}");
        assert_eq!(delete(&server, &token, "main", "name\nu1").status, 403, "{scope}");
    }
    let token = home.token("privacy", "main");
    let elsewhere = delete(&server, &token, "other", "name\nu1");
    assert_eq!((elsewhere.status, elsewhere.code().as_str()), (404, "not_found"));
    assert_eq!(delete(&server, "lk_none.none", "main", "name\nu1").status, 401);
    for bad in ["user_id\nu1", "", "name\nu1,u2"] {
        let refused = delete(&server, &token, "main", bad);
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (422, "invalid"),
            "{bad}"
        );
        assert!(!refused.text.contains("u1"), "{}", refused.text);
    }
    let many = format!("name\n{}", "x\n".repeat(10_001));
    assert_eq!(delete(&server, &token, "main", &many).status, 413);
    let path = "/api/dataset/main/users/delete";
    let auth = format!("Bearer {token}");
    let plain = server.send(
        "POST",
        path,
        &[("authorization", &auth), ("content-type", "text/csv")],
        "name\nu1",
    );
    assert_eq!(plain.status, 415);
    assert_eq!(
        server.send("GET", path, &[("authorization", &auth)], "").status,
        405
    );
    assert_eq!(look_up(&server, &token, "u1").status, 200, "nobody went");
}

#[test]
fn the_command_line_says_the_same_with_a_server_and_without() {
    let home = Home::new();
    home.people();
    let known = home.json(&["privacy", "lookup", "u5@example.com", "--dataset", "main"]);
    assert_eq!(known["namedUserId"], "u5");
    let said = home.run(&["privacy", "delete", "u5", "u6", "nobody", "--dataset", "main"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.starts_with("Deleted 2 users (3 requested)\n"),
        "{}",
        said.out
    );
    let bytes = std::fs::read(home.data().join("lethe.db")).expect("the store");
    assert!(
        !bytes.windows(14).any(|window| window == b"u5@example.com"),
        "scrubbed at its end"
    );
    assert!(bytes.windows(14).any(|window| window == b"u7@example.com"));

    let server = home.serve();
    let done = home.json(&["privacy", "delete", "u7", "--dataset", "main"]);
    assert_eq!(
        (done["deleted"].clone(), done["requested"].clone()),
        (json!(1), json!(1))
    );
    let none = home.run(&["privacy", "lookup", "u7", "--dataset", "main"]);
    assert_eq!(none.code, 1);
    assert_eq!(
        none.err.trim(),
        "Nothing is known of anybody with that identity in this dataset."
    );
    drop(server);
}
