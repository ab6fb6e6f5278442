//! kill -9 while single persons are erased: one who is still in the store and one of whom a bulk deletion has left a copy.
//! Whatever was done before the kill, the same command again leaves them nowhere, and the account is right.

use crate::rig::{LETHE, block_on, confirmed, copy_all, number};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use std::{
    fs,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Command, Stdio},
};

/// No erasure of so few people passes this many points.
const POINTS_MAX: u64 = 400;
/// One who stayed in the store, and one whom the job deleted.
const PEOPLE: [&str; 2] = ["p1", "p2"];

/// One number out of the warehouse's file.
async fn warehouse(data: &Path, sql: &'static str) -> i64 {
    let options = SqliteConnectOptions::new().filename(data.join("warehouse.db"));
    let mut conn = options.connect().await.expect("open");
    let found = sqlx::query_scalar(sql).fetch_one(&mut conn).await.expect(sql);
    conn.close().await.expect("closed");
    found
}

/// Erases them by the command line, under a plan. Whether it was killed.
fn erase(data: &Path, plan: &str) -> bool {
    let mut command = Command::new(LETHE);
    command.args(["privacy", "delete"]).args(PEOPLE);
    command.args(["--dataset", "main", "--data"]).arg(data);
    command.env("LETHE_FAULT", plan).stdout(Stdio::null());
    let done = command.stderr(Stdio::piped()).output().expect("run lethe");
    let killed = done.status.signal() == Some(9);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(killed || done.status.success(), "{plan}: {said}");
    killed
}

fn readable(dir: &Path, text: &[u8]) -> usize {
    let files = fs::read_dir(dir).expect("readable").flatten();
    let files = files.filter(|entry| entry.path().is_file());
    files
        .map(|entry| fs::read(entry.path()).expect("a file"))
        .map(|bytes| bytes.windows(text.len()).filter(|window| *window == text).count())
        .sum()
}

#[test]
fn killed_at_every_step_of_an_erasure_the_same_command_again_leaves_them_nowhere() {
    let mut over = confirmed().copy();
    assert!(!over.serve(""), "it came to its end");
    for (kills, at) in (1..POINTS_MAX).enumerate() {
        let home = tempfile::tempdir().expect("a directory");
        let data = home.path().join("data");
        copy_all(&over.data(), &data);
        let killed = erase(&data, &format!("slices=1,*:{at}=kill"));
        erase(&data, "");
        let in_store = [
            ("SELECT count(*) FROM profiles", 17),
            ("SELECT count(*) FROM identities WHERE value IN ('p1', 'p2')", 0),
            ("SELECT count(*) FROM identity_lookup", 34),
            ("SELECT sum(people) FROM erasures", 2),
            ("SELECT sum(warehouse_profiles) FROM erasures", 2),
            ("SELECT sum(warehouse_events) FROM erasures", 4),
            ("SELECT count(*) FROM erasures WHERE scrubbed_at IS NULL", 0),
            ("SELECT count(*) FROM erasure_people", 0),
            (
                "SELECT sum(length(hashes)) FROM erased WHERE source = 'request'",
                64,
            ),
            ("SELECT count(*) FROM audit WHERE action = 'privacy.scrubbed'", 1),
            (
                "SELECT count(*) FROM audit WHERE action = 'privacy.erased_from_warehouse'",
                1,
            ),
        ];
        for (sql, wanted) in in_store {
            assert_eq!(block_on(number(&data, sql)), wanted, "point {at}: {sql}");
        }
        let in_warehouse = [
            ("SELECT count(*) FROM profiles", 34),
            ("SELECT profiles FROM deletions", 17),
            ("SELECT count(*) FROM deleted_people", 17),
        ];
        for (sql, wanted) in in_warehouse {
            assert_eq!(block_on(warehouse(&data, sql)), wanted, "point {at}: {sql}");
        }
        for person in [&b"p1@example.com"[..], b"p2@example.com"] {
            assert_eq!(readable(&data, person), 0, "point {at}");
        }
        if !killed {
            println!("{kills} kills in an erasure, 0 violations");
            assert!(kills > 15, "only {kills} points were met");
            return;
        }
    }
    panic!("the erasure never got through");
}
