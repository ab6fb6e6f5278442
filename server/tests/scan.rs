//! `lethe scan` as scripts use it: 0 only where nothing is left, 1 with one sentence otherwise, beside a server and without.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

use harness::{Home, PEOPLE};
use serde_json::Value;
use std::{
    fs,
    io::{Seek as _, SeekFrom, Write as _},
};

/// Deletes the group `go`, and stops when the job is over.
fn deleted() -> Home {
    let home = Home::new();
    home.people();
    let half = (PEOPLE / 2).to_string();
    let job = home.json(&[
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
        "--wait",
    ]);
    assert!(job["scrubbed_at"].is_string(), "{job}");
    assert_eq!(job["erasure"]["proven_at"], job["scrubbed_at"]);
    assert!(
        job["erasure"]["scope"]
            .as_str()
            .expect("a scope")
            .contains("snapshots")
    );
    home
}

#[test]
fn after_a_job_nothing_is_left_and_a_planted_byte_is_found() {
    let home = deleted();
    let clean = home.run(&["scan"]);
    assert_eq!((clean.code, clean.err.as_str()), (0, ""), "{}", clean.out);
    assert!(
        clean.out.contains("lethe.db") && clean.out.contains("No dead byte is left"),
        "{}",
        clean.out
    );
    let found = home.json(&["scan"]);
    assert_eq!(
        (&found["clean"], &found["moving"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
    let store = &found["files"][0];
    assert_eq!(
        (&store["name"], &store["dead_personal"]),
        (&"lethe.db".into(), &0.into())
    );
    let parts = store["parts"].as_array().expect("parts");
    let pages: u64 = parts.iter().filter_map(|part| part["pages"].as_u64()).sum();
    assert_eq!(Some(pages), store["pages"].as_u64(), "every page is somebody's");
    assert!(
        parts
            .iter()
            .any(|part| part["name"] == "profiles" && part["personal"] == true)
    );
    assert!(
        parts
            .iter()
            .any(|part| part["name"] == "jobs" && part["personal"] == false)
    );

    plant(&home, "profiles");
    let refused = home.run(&["scan", "--json"]);
    assert_eq!(refused.code, 1);
    assert_eq!(refused.err.trim().lines().count(), 1, "{}", refused.err);
    assert_eq!(refused.json()["files"][0]["dead_personal"], 7);
}

#[test]
fn a_stored_export_is_shown_and_what_was_left_half_written_fails() {
    let home = deleted();
    let exports = home.data().join("exports");
    fs::create_dir(&exports).expect("made");
    fs::write(exports.join("D-1001.ndjson"), "{}\n").expect("written");
    let found = home.json(&["scan"]);
    assert_eq!(found["exports"][0]["name"], "exports/D-1001.ndjson", "{found}");
    assert!(home.run(&["scan"]).out.contains("kept on purpose"));
    fs::write(exports.join("D-1002.ndjson.partial"), "{\"email\":").expect("written");
    let refused = home.run(&["scan"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("exports/D-1002.ndjson.partial is left over"),
        "{}",
        refused.err
    );
}

#[test]
fn a_byte_in_a_table_about_nobody_is_shown_and_does_not_fail() {
    let home = deleted();
    plant(&home, "users");
    let found = home.json(&["scan"]);
    let store = &found["files"][0];
    assert_eq!(
        (&store["dead"]["gap"], &store["dead_personal"]),
        (&7.into(), &0.into())
    );
    assert!(home.run(&["scan"]).out.contains("(does not decide)"));
}

/// Writes seven bytes into the gap of the page on which a table lies. Its number stands in the schema on the first page,
/// behind its name; the tables are small, so it is one byte.
fn plant(home: &Home, table: &str) {
    let path = home.data().join("lethe.db");
    let bytes = fs::read(&path).expect("the file");
    let needle = format!("table{table}{table}");
    let schema = bytes
        .windows(needle.len())
        .position(|window| window == needle.as_bytes());
    let page = usize::from(bytes[schema.expect("its entry") + needle.len()]);
    let at = (page - 1) * 8192;
    assert!(matches!(bytes[at], 10 | 13), "a leaf");
    let gap = at + 8 + 2 * usize::from(u16::from_be_bytes([bytes[at + 3], bytes[at + 4]]));
    let mut file = fs::File::options().write(true).open(&path).expect("open");
    file.seek(SeekFrom::Start(gap as u64 + 64)).expect("seek");
    file.write_all(b"planted").expect("write");
}

#[test]
fn beside_a_server_it_says_that_the_files_move_and_leaves_the_server_unharmed() {
    let home = Home::new();
    home.people();
    let token = home.token("bulk", "main");
    let server = home.serve();
    let found = home.run(&["scan", "--json"]);
    assert_eq!(found.json()["moving"], true, "{}", found.err);
    assert!(home.run(&["scan"]).out.contains("moving files"));
    // The server's own locks still hold: it goes on writing, and nobody else may have the directory.
    let second = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(
        second.err.contains("Another Lethe process holds"),
        "{}",
        second.err
    );
    let jobs = server.api(&token, "GET", "/datasets/main/deletion-jobs", "");
    assert_eq!(jobs.status, 200);
    assert_eq!(server.stop(), 0);
    assert_eq!(home.run(&["scan", "--json"]).json()["moving"], false);
}

#[test]
fn a_log_that_is_not_empty_and_a_directory_without_a_store_are_refused() {
    let home = deleted();
    fs::write(home.data().join("lethe.db-wal"), [7; 64]).expect("write");
    let refused = home.run(&["scan"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("log of lethe.db holds 64 bytes"),
        "{}",
        refused.err
    );
    fs::remove_file(home.data().join("lethe.db-wal")).expect("remove");
    fs::write(home.data().join("lethe.db-journal"), b"old rows").expect("write");
    let stray = home.run(&["scan"]);
    assert!(
        stray.code == 1 && stray.err.contains("lethe.db-journal"),
        "{}",
        stray.err
    );
    fs::remove_file(home.data().join("lethe.db-journal")).expect("remove");
    assert_eq!(home.run(&["scan"]).code, 0);

    let nothing = Home::new();
    let refused = nothing.run(&["scan"]);
    assert!(
        refused.code == 1 && refused.err.contains("holds no lethe.db"),
        "{}",
        refused.err
    );
}
