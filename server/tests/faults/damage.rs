//! Files that are not what they should be: damaged, of a newer version; and a job that never gets anywhere.

use crate::rig::{LETHE, block_on, confirmed, frozen, number, plant, spawn};
use faults::Draw;
use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::Path,
    process::{Command, Output},
    thread::sleep,
    time::Duration,
};

/// Bytes of a page.
const PAGE: u64 = 8192;

fn serve(data: &Path) -> Output {
    Command::new(LETHE)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .output()
        .expect("run lethe")
}

fn refused(out: &Output, sentence: &str) {
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains(sentence), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

fn overwrite(file: &Path, at: u64, bytes: &[u8]) {
    let file = fs::File::options().write(true).open(file).expect("open");
    file.write_all_at(bytes, at).expect("written");
}

#[test]
fn a_damaged_header_is_refused_and_nothing_is_changed() {
    let run = confirmed().copy();
    let file = run.data().join("lethe.db");
    overwrite(&file, 3, b"\xff\xff");
    let damaged = fs::read(&file).expect("read");
    refused(
        &serve(&run.data()),
        "is damaged or not a Lethe database. Nothing was deleted from it.",
    );
    assert!(fs::read(&file).expect("read") == damaged, "the file was touched");
}

/// The roots of the tables, where a flipped byte breaks the structure.
async fn roots(data: &Path) -> Vec<u64> {
    let tables = "SELECT rootpage FROM sqlite_schema WHERE name IN ('installation', 'datasets', '_sqlx_migrations', 'jobs', 'segments',
                  'profiles', 'events', 'identities', 'identity_lookup', 'memberships')";
    let found = crate::rig::numbers(data, tables).await;
    found
        .into_iter()
        .map(|page| u64::try_from(page).expect("a page"))
        .collect()
}

#[test]
fn nobody_is_deleted_from_a_file_with_a_damaged_page() {
    for root in block_on(roots(&confirmed().copy().data())) {
        let run = confirmed().copy();
        let file = run.data().join("lethe.db");
        // The page's kind and the number of its cells.
        overwrite(&file, (root - 1) * PAGE, &[0x55, 0, 0, 0xff, 0xff]);
        let damaged = fs::read(&file).expect("read");
        let log = run.data().with_extension("log");
        let mut server = spawn(&run.data(), "slices=7", &log);
        let said = || fs::read_to_string(&log).unwrap_or_default();
        let mut over = false;
        for _ in 0..1_000 {
            over = server.try_wait().expect("looked at").is_some();
            if over || said().contains("nothing will be deleted") {
                break;
            }
            sleep(Duration::from_millis(10));
        }
        let said = said();
        if over {
            assert!(said.contains("is damaged"), "page {root}: {said}");
        } else {
            assert!(said.contains("nothing will be deleted"), "page {root}: {said}");
            let shown = Command::new(LETHE)
                .args(["job", "list", "--dataset", "main", "--json", "--data"])
                .arg(run.data())
                .output();
            let shown = String::from_utf8_lossy(&shown.expect("run lethe").stdout).into_owned();
            assert!(
                shown.contains("Nobody is deleted from it"),
                "page {root}: {shown}"
            );
        }
        // It may be over already.
        let _ = server.kill();
        server.wait().expect("dead");
        assert!(!said.contains("panicked"), "{said}");
        let now = fs::read(&file).expect("read");
        let at = usize::try_from((root - 1) * PAGE).expect("small");
        assert!(
            now[at..at + 8192] == damaged[at..at + 8192],
            "page {root} was touched"
        );
    }
}

#[test]
fn a_log_that_was_cut_off_is_read_up_to_its_last_whole_commit() {
    let mut draw = Draw(20_261);
    let mut cut = 0;
    for at in (4..90).step_by(6) {
        let mut run = frozen().copy();
        assert!(
            run.serve(&format!("*:{at}=kill")),
            "the job was over before point {at}"
        );
        let log = fs::File::options()
            .write(true)
            .open(run.data().join("lethe.db-wal"))
            .expect("a log");
        let length = log.metadata().expect("a length").len();
        log.set_len(draw.below(length)).expect("cut off");
        cut += u64::from(length > 0);
        run.must_hold();
    }
    assert!(cut > 10, "only {cut} logs held anything");
}

#[test]
fn a_newer_schema_is_refused_with_a_sentence() {
    let run = confirmed().copy();
    block_on(plant(
        &run.data(),
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 1)",
    ));
    refused(&serve(&run.data()), "was written by a newer Lethe (schema 9999)");
    assert_eq!(block_on(number(&run.data(), "SELECT count(*) FROM profiles")), 36);
}

#[test]
fn a_job_that_never_gets_a_batch_through_is_given_up_after_five_restarts() {
    let mut run = confirmed().copy();
    for restart in 0..6 {
        assert!(
            run.serve("batch.recorded:1=kill"),
            "restart {restart} went through"
        );
    }
    run.must_hold();
    let data = run.data();
    assert_eq!(
        block_on(number(
            &data,
            "SELECT count(*) FROM jobs WHERE state = 'failed' AND deleted = 0 AND end_reason LIKE 'Given up: the server was restarted 5 times%'"
        )),
        1
    );
    assert_eq!(block_on(number(&data, "SELECT count(*) FROM profiles")), 36);
}
