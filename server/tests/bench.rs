//! `lethe bench` on few people: every row is there, the counts are exact, nothing is left behind, and a figure that is not
//! reached is no failure. How fast anything is, is no question here.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::{
    fs,
    process::{Command, Output},
};

const PROFILES: u64 = 2_000;

fn bench(dir: &tempfile::TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lethe"));
    command.arg("bench").args(args).arg("--dir").arg(dir.path());
    for name in ["LETHE_NOW", "LETHE_DATA", "LETHE_CONFIG", "LETHE_LOG"] {
        command.env_remove(name);
    }
    command.output().expect("run lethe")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn row<'a>(report: &'a Value, what: &str) -> &'a Value {
    let mut rows = report["rows"].as_array().expect("rows").iter();
    rows.find(|row| row["what"] == what)
        .unwrap_or_else(|| panic!("{what}: {report}"))
}

#[test]
fn every_row_is_there_and_nothing_is_left_behind() {
    let dir = tempfile::tempdir().expect("a directory");
    let profiles = PROFILES.to_string();
    let only = "deletion,estimate,preview,privacy,import,start,tracking";
    let args = ["--profiles", &profiles, "--runs", "1", "--only", only, "--json"];
    let ran = bench(&dir, &args);
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
    let report: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let shell = report["sqlite_shell"].is_string();

    for what in [
        "deletion, rate",
        "deletion against bare DELETEs",
        "deletion with suppression",
        "  freezing",
        "  deleting",
        "  sweeping",
        "  verifying",
        "scrub and proof",
        "  wiping pass",
        "  reading back",
        "deletion, memory at most",
        "deletion, log at most",
        "longest write lock",
        "estimate of a third job, off by",
        "  what it took",
        "preview: count, sample",
        "preview: count, sample, usage",
        "  usage, counted",
        "  impact in full",
        "one person erased while deleting, p50",
        "one person erased while deleting, longest",
        "import, people and events",
        "start to first page, new directory",
        "start to first page",
        "memory at rest, new directory",
        "memory at rest",
        "live data, in batches",
        "live data, one by one",
    ] {
        let found = row(&report, what);
        assert_eq!(found["profiles"], PROFILES, "{what}");
        assert!(found["ours"].is_number(), "{what}");
    }
    let note = row(&report, "deletion, rate")["note"].as_str().expect("a note");
    assert!(note.ends_with("counts exact"), "{note}");
    // What is held against the shell has a ratio where there is one, and says null where there is none.
    for what in ["deletion against bare DELETEs", "import, people and events"] {
        let found = row(&report, what);
        assert_eq!(found["ratio"].is_number(), shell, "{found}");
        assert_eq!(found["reached"].is_boolean(), shell, "{found}");
        assert!(found["reach"].is_string(), "{found}");
    }
    assert!(row(&report, "preview: count, sample")["ratio"].is_number());
    assert!(row(&report, "estimate of a third job, off by")["reached"].is_boolean());
    assert!(row(&report, "longest write lock")["reached"].is_boolean());
    assert_eq!(fs::read_dir(dir.path()).expect("the directory").count(), 0);
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let wrong = bench(&dir, &["--profiles", "12"]);
    assert_eq!(wrong.status.code(), Some(2));
    // Never the data of somebody.
    let other = dir.path().join("data").display().to_string();
    let refused = bench(&dir, &["--data", &other]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("works on no other"), "{}", said(&refused));
    assert_eq!(fs::read_dir(dir.path()).expect("the directory").count(), 0);
}
