//! A database file as it lies on disk, with its log over it: what `lethe scan` reads. Opened directly and read-only, so
//! never inside a process that has the same file open through SQLite: closing it there would drop SQLite's locks.

use super::{
    layout::Header,
    wal::{self, Committed, Wal},
    walk::Source,
};
use std::{fs::File, io, os::unix::fs::FileExt as _, path::Path};

/// An open file.
#[derive(Debug)]
pub(super) struct Raw {
    file: File,
    page_bytes: usize,
    /// Pages, with what the log adds or cuts off.
    pages: u32,
    log: Option<(Wal, Committed)>,
    /// Bytes of the log's file.
    pub(super) wal_bytes: u64,
}

impl Raw {
    /// Opens it.
    ///
    /// # Errors
    /// It cannot be read, or does not begin like a database.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let mut head = [0; 100];
        file.read_exact_at(&mut head, 0)
            .map_err(|_| io::Error::other("it is too short for a database"))?;
        let header = Header::read(&head).map_err(io::Error::other)?;
        let wal = wal::path_of(path);
        let wal_bytes = std::fs::metadata(&wal).map_or(0, |known| known.len());
        let log = match Wal::open(&wal)? {
            Some(log) => {
                let committed = log.committed()?;
                (committed.frames > 0).then_some((log, committed))
            }
            None => None,
        };
        let bytes = file.metadata()?.len();
        let whole = u32::try_from(bytes / header.page_bytes as u64).unwrap_or(u32::MAX - 1);
        Ok(Self {
            page_bytes: header.page_bytes,
            pages: log.as_ref().map_or(whole, |(_, committed)| committed.pages),
            file,
            log,
            wal_bytes,
        })
    }

    /// Frames of the log that hold something that was committed.
    pub(super) fn frames(&self) -> u64 {
        self.log.as_ref().map_or(0, |(_, committed)| committed.frames)
    }
}

impl Source for Raw {
    fn pages(&self) -> u32 {
        self.pages
    }

    fn read(&self, first: u32, into: &mut [u8]) -> io::Result<()> {
        let at = u64::from(first.saturating_sub(1)) * self.page_bytes as u64;
        let read = fill(&self.file, into, at)?;
        for ((page, bytes), end) in (first..).zip(into.chunks_mut(self.page_bytes)).zip(1..) {
            let newest = self
                .log
                .as_ref()
                .and_then(|(log, committed)| Some((log, *committed.newest.get(&page)?)));
            match newest {
                Some((log, at)) => log.read(at, bytes)?,
                // A page that is in the log alone may lie behind the end of the file; another may not.
                None if read < (end - 1) * self.page_bytes + bytes.len() => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// Reads as much as there is; gives how much.
fn fill(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < into.len() {
        match file.read_at(&mut into[done..], at + done as u64) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}
