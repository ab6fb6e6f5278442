//! A file system for SQLite over the default one. It passes everything on, but for the one call that a test has armed:
//! that gives an error code, once or from then on, as SQLite's own tests do it. It can also tell at every write and sync,
//! so that a process can be killed there, and take back what was not synced when the power fails (`power`). Files are told
//! apart by directory, so that tests of one process do not meet each other's faults.

mod layer;
pub mod power;

use libsqlite3_sys as sql;
use std::{
    ffi::{CStr, c_int},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

/// The name under which SQLite knows this file system.
const NAME: &CStr = c"lethe-faults";
/// The same for sqlx.
const NAME_TEXT: &str = "lethe-faults";

/// The call that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Writing to the file.
    Write,
    /// Asking the system to put the file on the disk.
    Sync,
    /// Reading from the file.
    Read,
    /// Asking for its size.
    Size,
}

/// How it fails: SQLite's own codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The disk is full.
    Full,
    /// An error of the kind of the call.
    InputOutput,
}

/// What is to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file's name in the directory, such as `lethe.db-wal`.
    pub file: &'static str,
    /// The call.
    pub call: Call,
    /// Which one of them, counted from 1 at arming.
    pub nth: u64,
    /// How many in a row fail; `u64::MAX`: for ever.
    pub times: u64,
    /// How.
    pub code: Code,
}

/// Called with the name of a call before it is made.
type Hook = fn(&'static str);

static HOOK: OnceLock<Hook> = OnceLock::new();

/// From here on every write, truncation and sync of a watched file is told beforehand, as `io.write`, `io.truncate` and
/// `io.sync`. The first hook stays.
pub fn tell(hook: fn(&'static str)) {
    HOOK.get_or_init(|| hook);
}

fn reached(call: &'static str) {
    if let Some(hook) = HOOK.get() {
        hook(call);
    }
}

#[derive(Debug)]
struct Armed {
    dir: PathBuf,
    fault: Option<Fault>,
    passed: u64,
    failed: u64,
    retried: u64,
}

static ARMED: Mutex<Vec<Armed>> = Mutex::new(Vec::new());

fn armed() -> MutexGuard<'static, Vec<Armed>> {
    ARMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From here on, connections to files of this directory go through the failing file system; nothing fails yet.
pub fn watch(dir: &Path) {
    let mut entries = armed();
    if entries.iter().any(|entry| entry.dir == dir) {
        return;
    }
    entries.push(Armed {
        dir: dir.to_owned(),
        fault: None,
        passed: 0,
        failed: 0,
        retried: 0,
    });
}

/// Arms a fault in a watched directory, in place of the one before.
pub fn arm(dir: &Path, fault: Fault) {
    for entry in armed().iter_mut().filter(|entry| entry.dir == dir) {
        (entry.passed, entry.failed, entry.retried) = (0, 0, 0);
        entry.fault = Some(fault.clone());
    }
}

/// Lets nothing fail any more. Gives how many calls have failed since it was armed.
pub fn disarm(dir: &Path) -> u64 {
    let mut failed = 0;
    for entry in armed().iter_mut().filter(|entry| entry.dir == dir) {
        failed += entry.failed;
        entry.fault = None;
    }
    failed
}

/// What happened since a directory's fault was armed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls of the armed kind.
    pub passed: u64,
    /// Those that failed.
    pub failed: u64,
    /// Writes and syncs on a file that an I/O error had been reported for before, by the same open file: what a
    /// program must not do that was told that its data may not be on the disk.
    pub retried: u64,
}

/// What happened since the directory's fault was armed.
#[must_use]
pub fn tally(dir: &Path) -> Tally {
    let entries = armed();
    let found = entries.iter().find(|entry| entry.dir == dir);
    found.map_or_else(Tally::default, |entry| Tally {
        passed: entry.passed,
        failed: entry.failed,
        retried: entry.retried,
    })
}

/// The file system for a database file, where its directory is watched: the engine asks at every connection.
#[must_use]
pub fn of(file: &Path) -> Option<&'static str> {
    let dir = file.parent()?;
    let watched = armed().iter().any(|entry| entry.dir == dir);
    (watched && layer::registered()).then_some(NAME_TEXT)
}

/// Whether this call is the one that fails, and with which of SQLite's codes.
fn verdict(path: &Path, call: Call, doubtful: &mut bool) -> Option<c_int> {
    let (dir, name) = (path.parent()?, path.file_name()?);
    let mut entries = armed();
    let entry = entries.iter_mut().find(|entry| entry.dir == dir)?;
    let puts = matches!(call, Call::Write | Call::Sync);
    entry.retried += u64::from(puts && *doubtful);
    let fault = entry
        .fault
        .as_ref()
        .filter(|fault| fault.call == call && name == fault.file)?;
    entry.passed += 1;
    if entry.passed < fault.nth || entry.passed - fault.nth >= fault.times {
        return None;
    }
    entry.failed += 1;
    *doubtful |= puts && fault.code == Code::InputOutput;
    Some(match (fault.code, call) {
        (Code::Full, _) => sql::SQLITE_FULL,
        (Code::InputOutput, Call::Write) => sql::SQLITE_IOERR_WRITE,
        (Code::InputOutput, Call::Sync) => sql::SQLITE_IOERR_FSYNC,
        (Code::InputOutput, Call::Read) => sql::SQLITE_IOERR_READ,
        (Code::InputOutput, Call::Size) => sql::SQLITE_IOERR_FSTAT,
    })
}
