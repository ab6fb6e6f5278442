//! Two processes on one directory: the second is refused, and where the lock is taken away by force, the first one finds
//! that it was overtaken and writes nothing more.

use crate::rig::{LETHE, Run, block_on, confirmed, number, spawn};
use faults::oracle;
use std::{
    fs,
    path::Path,
    process::{Child, Command},
    thread::sleep,
    time::Duration,
};

fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if holds() {
            return;
        }
        sleep(Duration::from_millis(10));
    }
    panic!("{what} never came");
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args([name, &pid]).status().expect("kill");
    assert!(sent.success());
}

/// Whether a process is stopped, as the kernel says it.
fn stopped(child: &Child) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(child.id().to_string()).join("stat"));
    stat.is_ok_and(|stat| {
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| rest.trim_start().starts_with('T'))
    })
}

#[test]
fn a_second_server_on_the_same_directory_is_refused_with_a_sentence() {
    let run = confirmed().copy();
    let log = run.data().with_extension("log");
    let mut first = spawn(&run.data(), "", &log);
    let listens = || fs::read_to_string(&log).is_ok_and(|said| said.contains("listening"));
    until("the first server", listens);
    let second = Command::new(LETHE)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(run.data())
        .output()
        .expect("run lethe");
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        said.contains("Another Lethe process holds") && said.contains("One server at a time"),
        "{said}"
    );
    signal(&first, "-TERM");
    assert!(first.wait().expect("it ends").success());
}

/// Whether a process is in the middle of reading, writing or copying the log of a database: whether it holds one of the locks
/// that SQLite takes for that on bytes 120 to 127 of the shared-memory file (its file format, section 2.3.1).
fn in_the_middle(child: &Child) -> bool {
    let pid = child.id().to_string();
    let locks = fs::read_to_string("/proc/locks").expect("the kernel's list of locks");
    locks.lines().any(|line| {
        // 1: POSIX  ADVISORY  WRITE 4711 fe:00:1234 120 120
        let words: Vec<&str> = line.split_whitespace().collect();
        let first = words.get(6).and_then(|first| first.parse().ok());
        words.get(4) == Some(&pid.as_str()) && first.is_some_and(|first: u64| (120..128).contains(&first))
    })
}

/// A process that stopped itself between two batches, in the middle of the job. Its other threads may be at work at that
/// very instant; nobody can overtake one that halts with a lock of SQLite's in hand, so such a one is put away.
fn paused<'a>() -> (Run<'a>, Child) {
    for _ in 0..10 {
        let run = confirmed().copy();
        let log = run.data().with_extension("old");
        let mut old = spawn(&run.data(), "slices=7,batch.committed:2=pause", &log);
        until("the pause", || stopped(&old));
        if !in_the_middle(&old) {
            return (run, old);
        }
        old.kill().expect("kill");
        old.wait().expect("dead");
    }
    panic!("it always halts with a lock in hand");
}

#[test]
fn a_paused_process_that_was_overtaken_writes_nothing_when_it_goes_on() {
    let (mut run, mut old) = paused();
    let (data, log) = (run.data(), run.data().with_extension("old"));
    let half = block_on(number(&data, "SELECT sum(deleted) FROM jobs"));
    assert!(half > 0 && half < 18, "paused after {half}");
    fs::remove_file(data.join("instance.lock")).expect("the lock taken away by force");
    run.must_hold_beside_another();
    let after = block_on(oracle::look(&data)).expect("looked at");
    let written = || {
        block_on(number(
            &data,
            "SELECT sum(updated_at) + sum(epoch) + count(*) + (SELECT count(*) FROM audit) FROM jobs",
        ))
    };
    let before = written();
    signal(&old, "-CONT");
    let fenced =
        || fs::read_to_string(&log).is_ok_and(|said| said.contains("another process has taken over"));
    until("the old process finding out", fenced);
    assert_eq!(block_on(oracle::look(&data)), Ok(after));
    assert_eq!(written(), before);
    old.kill().expect("kill");
    old.wait().expect("dead");
}
