//! kill -9 between and within the slices of an import: the same file is imported again and goes on where it stopped, and
//! the people are the same as without the kill.

use crate::rig::{LETHE, block_on, copy_all, lethe, number};
use std::{fs, path::Path, process::Command};

/// Rows of the file.
const ROWS: i64 = 40;

/// Imports under a plan. True: it was killed.
fn import(data: &Path, file: &Path, plan: &str) -> bool {
    let status = Command::new(LETHE)
        .args(["import", "events"])
        .arg(file)
        .args(["--dataset", "main", "--json", "--data"])
        .arg(data)
        .env("LETHE_FAULT", format!("{plan},slices=9"))
        .output()
        .expect("run lethe")
        .status;
    !status.success()
}

#[test]
fn an_import_that_is_killed_at_every_step_is_whole_when_it_is_repeated() {
    let home = tempfile::tempdir().expect("a directory");
    let empty = home.path().join("empty");
    lethe(&empty, &["dataset", "list"]);
    let mut text = String::from("user_id,event,timestamp,value\n");
    for row in 0..ROWS {
        text.push_str(&format!(
            "p{},visit,2026-01-01T10:00:{:02}Z,2.5\n",
            row % 13,
            row % 60
        ));
    }
    let file = home.path().join("events.csv");
    fs::write(&file, text).expect("written");
    for (kills, at) in (1..500).enumerate() {
        let data = home.path().join(format!("run{at}"));
        copy_all(&empty, &data);
        let killed = import(&data, &file, &format!("*:{at}=kill"));
        let found = |sql| block_on(number(&data, sql));
        let done = "SELECT count(*) FROM imports WHERE state = 'done'";
        // Killed after the last commit and before the answer: it is done, and the record says so.
        if killed && found(done) == 0 {
            assert!(!import(&data, &file, ""), "it does not go on after {at}");
        }
        assert_eq!(found("SELECT count(*) FROM events"), ROWS, "killed at {at}");
        assert_eq!(found("SELECT count(*) FROM profiles"), 13, "killed at {at}");
        assert_eq!(found("SELECT sum(events) FROM totals"), ROWS, "killed at {at}");
        assert_eq!(found(done), 1, "killed at {at}");
        fs::remove_dir_all(&data).expect("removed");
        if !killed {
            println!("{kills} kills in an import, 0 violations");
            assert!(kills > 10, "only {kills} points were met");
            return;
        }
    }
    panic!("the import never got through");
}
