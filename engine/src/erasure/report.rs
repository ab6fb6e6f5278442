//! What `lethe scan` finds in a data directory: both database files page by page, their logs, and what else lies about.

use super::{
    file::Raw,
    walk::{self, Found, Trouble},
};
use crate::{
    error::{Error, Result},
    store::deletion_map::about_people,
};
use domain::erasure::DeadBytes;
use std::{
    fs::{File, TryLockError},
    path::Path,
    time::{Duration, Instant},
};

/// The store, whose dead bytes decide.
const STORE: &str = "lethe.db";
/// The copy that stays on purpose, whose dead bytes are shown.
const WAREHOUSE: &str = "warehouse.db";
/// The directory of stored exports.
const EXPORTS: &str = "exports";
/// The end of the name of one that is whole.
const EXPORT: &str = ".ndjson";
/// How often a file that is being written to is read until it holds still.
const TRIES: u32 = 3;
/// The pause between two tries.
const BETWEEN: Duration = Duration::from_millis(300);

/// Dead bytes of one table or kind of page, those alone that are not zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The table; `free pages` and `pages of no table` otherwise.
    pub name: String,
    /// Whether it decides: a table about people, or pages of no table.
    pub decides: bool,
    /// Its pages.
    pub pages: u64,
    /// Of these, pages that hold the rest of long rows.
    pub overflow_pages: u64,
    /// Its dead bytes.
    pub dead: DeadBytes,
}

/// What was found in one file.
#[derive(Debug, Clone)]
pub struct FileReport {
    /// Its name.
    pub name: &'static str,
    /// Whether its dead bytes decide; those of a copy that is kept on purpose do not.
    pub decides: bool,
    /// Pages, all of them accounted for.
    pub pages: u64,
    /// Bytes of a page.
    pub page_bytes: u64,
    /// By table, then the rest.
    pub parts: Vec<Part>,
    /// Bytes of its log.
    pub wal_bytes: u64,
    /// Frames of the log that hold something the file may not hold yet.
    pub wal_frames: u64,
    /// Why it could not be accounted for, the end of a sentence.
    pub trouble: Option<String>,
    /// How long reading took, milliseconds.
    pub ms: u64,
}

impl FileReport {
    /// Dead bytes that decide.
    #[must_use]
    pub fn personal(&self) -> DeadBytes {
        let mut sum = DeadBytes::default();
        for part in self.parts.iter().filter(|part| part.decides && self.decides) {
            sum.add_all(&part.dead);
        }
        sum
    }

    /// All dead bytes.
    #[must_use]
    pub fn dead(&self) -> DeadBytes {
        let mut sum = DeadBytes::default();
        for part in &self.parts {
            sum.add_all(&part.dead);
        }
        sum
    }
}

/// A file that should not be there: SQLite's journals and temporary files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
}

/// What was found in a data directory.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The store, and the warehouse where there is one.
    pub files: Vec<FileReport>,
    /// What should not be there.
    pub strays: Vec<Stray>,
    /// Stored exports of people who were deleted or are to be: copies that are kept on purpose, until their time has come.
    pub exports: Vec<Stray>,
    /// Whether another process holds the directory: then this was a look at a moving file.
    pub held: bool,
}

impl Scan {
    /// Why it cannot be said that nothing is left, a sentence; `None`: nothing is.
    #[must_use]
    pub fn objection(&self) -> Option<String> {
        for file in &self.files {
            if let Some(trouble) = &file.trouble {
                return Some(format!("{} could not be accounted for: {trouble}.", file.name));
            }
        }
        for file in self.files.iter().filter(|file| file.decides) {
            let dead = file.personal().total();
            if dead > 0 {
                return Some(format!(
                    "{} holds {dead} dead bytes that are not wiped, in tables about people or in free pages.",
                    file.name
                ));
            }
            if file.wal_bytes > 0 {
                return Some(format!(
                    "The log of {} holds {} bytes; it is emptied when the server stops.",
                    file.name, file.wal_bytes
                ));
            }
        }
        let stray = self.strays.iter().find(|stray| stray.bytes > 0)?;
        Some(format!(
            "{} is left over and holds {} bytes; remove it when no server runs.",
            stray.name, stray.bytes
        ))
    }
}

/// Reads both files of a data directory. Opens them directly: never call it in a process that has the directory open
/// through an [`Engine`](crate::Engine), whose locks it would drop.
///
/// # Errors
/// The directory cannot be read, or holds no store.
pub fn scan(dir: &Path) -> Result<Scan> {
    if !dir.join(STORE).is_file() {
        return Err(Error::Start(format!("{} holds no {STORE}.", dir.display())));
    }
    let held = held(dir);
    let mut files = Vec::new();
    for (name, decides) in [(STORE, true), (WAREHOUSE, false)] {
        if dir.join(name).is_file() {
            files.push(read(dir, name, decides, held));
        }
    }
    let (exports, partial): (Vec<_>, Vec<_>) = exports(dir)?
        .into_iter()
        .partition(|found| found.name.ends_with(EXPORT));
    let mut strays = strays(dir)?;
    if !held {
        // While a server runs it may be writing one; otherwise nobody will bring it to its end.
        strays.extend(partial);
    }
    Ok(Scan {
        files,
        strays,
        exports,
        held,
    })
}

/// Whether a process holds the directory.
fn held(dir: &Path) -> bool {
    File::open(dir.join("instance.lock"))
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn read(dir: &Path, name: &'static str, decides: bool, held: bool) -> FileReport {
    let begun = Instant::now();
    let mut report = FileReport {
        name,
        decides,
        pages: 0,
        page_bytes: 0,
        parts: Vec::new(),
        wal_bytes: 0,
        wal_frames: 0,
        trouble: None,
        ms: 0,
    };
    for left in (0..if held { TRIES } else { 1 }).rev() {
        match once(&dir.join(name), &mut report) {
            Ok(()) => break,
            Err(trouble) if left == 0 => {
                let moving = if held {
                    "; a server writes to it, so ask again when it is idle or stopped"
                } else {
                    ""
                };
                report.trouble = Some(format!("{trouble}{moving}"));
            }
            Err(_) => std::thread::sleep(BETWEEN),
        }
    }
    report.ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    report
}

fn once(path: &Path, report: &mut FileReport) -> std::result::Result<(), Trouble> {
    let raw = Raw::open(path)?;
    report.wal_bytes = raw.wal_bytes;
    report.wal_frames = raw.frames();
    let account = walk::account(&raw)?;
    report.pages = account.pages;
    report.page_bytes = account.page_bytes;
    let part = |name: &str, decides: bool, found: &Found| Part {
        name: name.to_owned(),
        decides,
        pages: found.pages,
        overflow_pages: found.overflow_pages,
        dead: found.dead,
    };
    let tables = account.tables.iter();
    report.parts = tables
        .map(|(name, found)| part(name, about_people(name), found))
        .collect();
    report.parts.push(part("free pages", true, &account.free));
    report
        .parts
        .push(part("pages of no table", true, &account.structure));
    Ok(())
}

/// What lies in the directory of exports, by its name there.
fn exports(dir: &Path) -> Result<Vec<Stray>> {
    let entries = match std::fs::read_dir(dir.join(EXPORTS)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(format!("reading {EXPORTS}"))(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io(format!("reading {EXPORTS}")))?;
        let bytes = entry
            .metadata()
            .map_err(Error::io(format!("reading {EXPORTS}")))?
            .len();
        let name = format!("{EXPORTS}/{}", entry.file_name().to_string_lossy());
        found.push(Stray { name, bytes });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn strays(dir: &Path) -> Result<Vec<Stray>> {
    let what = || format!("reading {}", dir.display());
    let mut strays = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(what()))? {
        let entry = entry.map_err(Error::io(what()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with("-journal") || name.starts_with("etilqs_") {
            let bytes = entry.metadata().map_err(Error::io(what()))?.len();
            strays.push(Stray { name, bytes });
        }
    }
    strays.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(strays)
}
