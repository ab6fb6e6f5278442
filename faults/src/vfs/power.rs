//! Power loss: what a file system may do with writes that nobody asked it to put on the disk. Every write since the last
//! sync is remembered with what stood there before; when the power fails, each of them is kept, dropped or torn by a
//! seeded draw, in any combination. What was synced is never touched.

use std::{
    collections::HashMap,
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// One change of a file that is not known to be on the disk.
#[derive(Debug)]
struct Change {
    /// The file's length before.
    length: u64,
    at: u64,
    old: Vec<u8>,
    /// `None`: the file was cut off at `at`.
    new: Option<Vec<u8>>,
}

static REMEMBERS: AtomicBool = AtomicBool::new(false);
static CHANGES: Mutex<Option<HashMap<PathBuf, Vec<Change>>>> = Mutex::new(None);

/// From here on, changes are remembered until they are synced.
pub fn remember() {
    REMEMBERS.store(true, Ordering::Release);
}

/// The changes of one file, held while another is made: the power cannot fail in between.
pub(super) struct Unsynced<'a> {
    changes: MutexGuard<'static, Option<HashMap<PathBuf, Vec<Change>>>>,
    path: &'a Path,
}

/// The changes of a file, where changes are remembered.
pub(super) fn unsynced(path: &Path) -> Option<Unsynced<'_>> {
    REMEMBERS.load(Ordering::Acquire).then(|| Unsynced {
        changes: CHANGES.lock().unwrap_or_else(PoisonError::into_inner),
        path,
    })
}

impl Unsynced<'_> {
    fn push(&mut self, length: i64, at: i64, old: Vec<u8>, new: Option<Vec<u8>>) {
        let change = Change {
            length: u64::try_from(length).unwrap_or(0),
            at: u64::try_from(at).unwrap_or(0),
            old,
            new,
        };
        let all = self.changes.get_or_insert_default();
        all.entry(self.path.to_owned()).or_default().push(change);
    }

    pub(super) fn write(&mut self, length: i64, at: i64, old: Vec<u8>, new: Vec<u8>) {
        self.push(length, at, old, Some(new));
    }

    pub(super) fn truncate(&mut self, length: i64, at: i64, tail: Vec<u8>) {
        self.push(length, at, tail, None);
    }

    pub(super) fn synced(&mut self) {
        self.changes.get_or_insert_default().remove(self.path);
    }
}

/// The power fails: the files become what a disk may hold then, and `die` ends the process. Nothing is written in between,
/// as every writer waits for the changes.
///
/// # Errors
/// A file cannot be written.
pub fn fail(seed: u64, die: impl FnOnce()) -> io::Result<()> {
    let mut changes = CHANGES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut draw = crate::Draw(seed);
    for (path, changes) in changes.get_or_insert_default() {
        let file = File::options().write(true).open(path)?;
        for change in changes.iter().rev() {
            file.write_all_at(&change.old, change.at)?;
            file.set_len(change.length)?;
        }
        for change in changes.iter() {
            let fate = draw.below(3);
            match &change.new {
                _ if fate == 0 => {}
                None => file.set_len(change.at)?,
                Some(new) if fate == 1 => file.write_all_at(new, change.at)?,
                Some(new) => file.write_all_at(&new[..new.len() / 2], change.at)?,
            }
        }
        file.sync_all()?;
    }
    die();
    Ok(())
}
