//! The command line: the same answers whether the command opens the data itself or a server holds it, the ends that
//! scripts rely on, and that two servers never share a directory.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, PEOPLE};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt as _};

/// What is in an answer and never the same twice.
fn timeless(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("_at") && name != "as_of");
            fields
                .values_mut()
                .for_each(|inner| *inner = timeless(inner.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| *inner = timeless(inner.take())),
        _ => {}
    }
    value
}

/// A walk through the commands, as a script would take it.
fn walk(home: &Home) -> Vec<Value> {
    let rows = home.file(
        "more.csv",
        "user_id,email,group\nn1,n1@example.com,new\n,,\nn2,n2@example.com,new\n",
    );
    let new = "attr.group = \"new\"";
    let mut said = vec![
        home.json(&["dataset", "create", "shop", "--name", "The shop"]),
        home.json(&["dataset", "list"]),
        home.json(&["import", "profiles", &rows, "--dataset", "shop"]),
        home.json(&[
            "segment",
            "create",
            "New",
            "--dataset",
            "shop",
            "--kind",
            "rule",
            "--rule",
            new,
        ]),
        home.json(&["segment", "preview", "--dataset", "shop", "--rule", new]),
        home.json(&["segment", "refresh", "New", "--dataset", "shop"]),
        home.json(&["segment", "list", "--dataset", "shop"]),
    ];
    let start = [
        "job",
        "start",
        "--dataset",
        "shop",
        "--segment",
        "New",
        "--confirm-name",
        "New",
        "--confirm-count",
        "2",
        "--consent",
        "--wait",
    ];
    let job = home.json(&start);
    let id = job["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        (&job["state"], &job["counts"]["deleted"]),
        (&json!("completed"), &json!(2)),
        "{job}"
    );
    let (counts, shown) = (
        job["counts"].clone(),
        home.json(&["job", "show", &format!("D-{id}")]),
    );
    assert_eq!(shown["counts"], counts);
    said.push(counts);
    said.push(home.json(&["segment", "show", "New", "--dataset", "shop"]));
    said.push(home.json(&["segment", "enable", "New", "--dataset", "shop"]));
    said.into_iter().map(timeless).collect()
}

#[test]
fn with_a_server_and_without_one_the_answers_are_the_same() {
    let alone = Home::new();
    let mut without = walk(&alone);
    let held = Home::new();
    let server = held.serve();
    let with = walk(&held);
    assert_eq!(server.stop(), 0);
    without.truncate(with.len());
    assert_eq!(without, with);
}

#[test]
fn the_socket_is_the_servers_own_and_goes_with_it() {
    let home = Home::new();
    let server = home.serve();
    let socket = home.data().join("lethe.sock");
    let mode = fs::metadata(&socket).expect("a socket").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let database = fs::metadata(home.data().join("lethe.db"))
        .expect("a database")
        .permissions()
        .mode();
    assert_eq!(database & 0o077, 0, "what is stored is for its owner alone");
    assert_eq!(server.stop(), 0, "a stop is no failure");
    assert!(!socket.exists());
    let killed = home.serve();
    drop(killed);
    assert!(socket.exists(), "a killed server leaves its socket");
    let next = home.serve();
    assert_eq!(home.json(&["dataset", "list"])["items"][0]["slug"], "main");
    drop(next);
}

#[test]
fn two_servers_never_share_a_directory() {
    let home = Home::new();
    let _first = home.serve();
    let second = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, 1);
    assert!(
        second.err.contains("Another Lethe process holds"),
        "{}",
        second.err
    );
}

#[test]
fn a_long_path_is_no_hindrance() {
    let home = Home::new();
    let long = home
        .data()
        .join("a".repeat(90))
        .join("b".repeat(90))
        .display()
        .to_string();
    fs::create_dir_all(&long).expect("directories");
    let at = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lethe"));
        command.args(args).args(["--json", "--data", &long]);
        command
    };
    let mut server = at(&["serve", "--listen", "127.0.0.1:0"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("serve");
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(server.stdout.take().expect("output")),
        &mut line,
    )
    .expect("a line");
    let address = serde_json::from_str::<Value>(&line).expect("JSON")["address"].to_string();
    assert!(address.contains("127.0.0.1"), "{line}");
    let listed = at(&["dataset", "list"]).output().expect("run");
    server.kill().expect("kill");
    server.wait().expect("it ends");
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
}

#[test]
fn a_large_file_streams_through_the_socket() {
    let home = Home::new();
    let rows: String = (0..20_000).map(|i| format!("s{i},s{i}@example.com\n")).collect();
    let server = home.serve();
    let report = home.run_with(
        &["import", "profiles", "-", "--dataset", "main", "--json"],
        &format!("user_id,email\n{rows}"),
    );
    assert_eq!(report.code, 0, "{}", report.err);
    assert_eq!(report.json()["created"], 20_000);
    drop(server);
}

#[test]
fn a_refusal_is_one_sentence_and_one_and_wrong_usage_is_two() {
    let home = Home::new();
    let refused = home.run(&["segment", "list", "--dataset", "nowhere"]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert_eq!(refused.err.trim().lines().count(), 1, "{}", refused.err);
    let machine = home.run(&["segment", "list", "--dataset", "nowhere", "--json"]);
    assert_eq!(
        (machine.code, &machine.json()["error"]["code"]),
        (1, &json!("not_found"))
    );
    for wrong in [
        &["nothing"][..],
        &["segment", "list"],
        &["import", "cats", "f", "--dataset", "main"],
        &["job", "show"],
    ] {
        assert_eq!(home.run(wrong).code, 2, "{wrong:?}");
    }
    let taken = ["dataset", "create", "main"];
    assert_eq!(home.run(&taken).code, 1);
    let missing = home.run(&["import", "profiles", "missing.csv", "--dataset", "main"]);
    assert!(
        missing.code == 1 && missing.err.contains("missing.csv"),
        "{}",
        missing.err
    );
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let home = Home::new();
    let commands = [
        "serve",
        "demo",
        "import",
        "dataset create",
        "dataset list",
        "user add",
        "user list",
        "user passwd",
        "user disable",
        "token create",
        "token list",
        "token revoke",
        "segment list",
        "segment show",
        "segment create",
        "segment preview",
        "segment refresh",
        "segment enable",
        "job start",
        "job list",
        "job show",
        "job watch",
        "job pause",
        "job resume",
        "job cancel",
        "receipt verify",
        "scan",
    ];
    for command in commands {
        let mut args: Vec<_> = command.split(' ').collect();
        args.push("--help");
        let help = home.run(&args);
        assert_eq!(help.code, 0, "{command}");
        assert!(
            help.out.contains(&format!("Example: lethe {command}")),
            "{command}: {}",
            help.out
        );
        assert!(
            help.out.contains("--json") && help.out.contains("--data"),
            "{command}"
        );
    }
}

#[test]
fn a_job_without_a_server_waits_and_says_so() {
    let home = Home::new();
    home.people();
    let half = (PEOPLE / 2).to_string();
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
        &half,
        "--consent",
        "--json",
    ];
    let started = home.run(&start);
    assert_eq!(started.code, 0, "{}", started.err);
    assert!(started.err.contains("lethe serve"), "{}", started.err);
    let id = started.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(home.json(&["job", "show", &id])["counts"]["deleted"], 0);
    assert_eq!(home.run(&["job", "watch", &id]).code, 1);
    let server = home.serve();
    let watched = home.run(&["job", "watch", &id, "--json"]);
    assert_eq!(watched.code, 0, "{}", watched.err);
    let last: Value = serde_json::from_str(watched.out.trim().lines().last().expect("a line")).expect("JSON");
    assert_eq!(
        (&last["state"], &last["counts"]["deleted"]),
        (&json!("completed"), &json!(PEOPLE / 2))
    );
    drop(server);
}

#[test]
fn users_and_tokens_come_and_go() {
    let home = Home::new();
    let add = [
        "user",
        "add",
        "ada",
        "--role",
        "editor",
        "--dataset",
        "main",
        "--password-stdin",
        "--json",
    ];
    let made = home.run_with(&add, "correct horse\n");
    assert_eq!(
        (made.code, &made.json()["role"], &made.json()["dataset"]),
        (0, &json!("editor"), &json!("main")),
        "{}",
        made.err
    );
    assert_eq!(
        home.run_with(&add, "correct horse\n").code,
        1,
        "the name is taken"
    );
    assert_eq!(
        home.run_with(
            &["user", "add", "bob", "--role", "king", "--password-stdin"],
            "correct horse\n"
        )
        .code,
        1
    );
    assert_eq!(
        home.run_with(&["user", "passwd", "ada", "--password-stdin"], "battery staple\n")
            .code,
        0
    );
    assert_eq!(home.run(&["user", "disable", "ada"]).code, 0);
    assert!(home.json(&["user", "list"])["items"][0]["disabled_at"].is_string());
    let token = home.json(&[
        "token",
        "create",
        "feed",
        "--dataset",
        "main",
        "--scope",
        "ingest",
    ]);
    assert_eq!(token["write_key"], token["key_id"]);
    let listed = home.json(&["token", "list"]);
    assert!(
        !listed
            .to_string()
            .contains(token["secret"].as_str().expect("a secret"))
    );
    assert_eq!(
        home.run(&["token", "revoke", token["key_id"].as_str().expect("a key")])
            .code,
        0
    );
}

#[test]
fn settings_are_shown_without_secrets() {
    let home = Home::new();
    let file = home.file(
        "lethe.toml",
        "listen = \"127.0.0.1:4000\"\nadmin_password = \"hunter22\"\n",
    );
    let shown = home.run(&["serve", "--print-config", "--config", &file]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(
        shown.out.contains("127.0.0.1:4000") && !shown.out.contains("hunter22"),
        "{}",
        shown.out
    );
    let flag = home.run(&[
        "serve",
        "--print-config",
        "--config",
        &file,
        "--listen",
        "127.0.0.1:5000",
    ]);
    assert!(flag.out.contains("127.0.0.1:5000"), "{}", flag.out);
    let odd = home.file("odd.toml", "lissten = \"127.0.0.1:4000\"\n");
    let refused = home.run(&["serve", "--print-config", "--config", &odd]);
    assert!(
        refused.code == 1 && refused.err.contains("lissten"),
        "{}",
        refused.err
    );
}
