//! The write-ahead log, read as the file that it is: which pages its frames hold. The log carries none of SQLite's locks,
//! so that reading it is allowed everywhere, also inside the server process, where opening the database file itself is not.
//!
//! Source: the file format document of SQLite, chapter "The Write-Ahead Log".

use std::{
    collections::HashMap,
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

/// Bytes of the log's header.
const HEADER: usize = 32;
/// Bytes of a frame's header, which its page follows.
const FRAME: usize = 24;

/// The two numbers that change whenever the log begins anew.
pub(crate) type Salt = [u8; 8];

/// The log of a database file.
#[must_use]
pub(crate) fn path_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// A log that is open for reading.
#[derive(Debug)]
pub(crate) struct Wal {
    file: File,
    salt: Salt,
    page_bytes: usize,
    /// Whether sums are over numbers with the big end first.
    big_end: bool,
    sum: (u32, u32),
}

impl Wal {
    /// Opens the log at `path`. `None`: there is none, or it is empty.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut head = [0; HEADER];
        match file.read_exact_at(&mut head, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let mut salt = Salt::default();
        salt.copy_from_slice(&head[16..24]);
        Ok(Some(Self {
            file,
            salt,
            page_bytes: word(8) as usize,
            big_end: word(0) & 1 == 1,
            sum: (word(24), word(28)),
        }))
    }

    /// The two numbers of this round of the log.
    pub(crate) const fn salt(&self) -> Salt {
        self.salt
    }

    /// The pages of the frames after the first `from`, up to and including frame `upto`. The caller knows from SQLite
    /// that these frames are whole.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) fn pages(&self, from: u64, upto: u64) -> io::Result<Vec<u32>> {
        let mut pages = Vec::new();
        let mut four = [0; 4];
        for frame in from..upto {
            self.file.read_exact_at(&mut four, self.at(frame))?;
            pages.push(u32::from_be_bytes(four));
        }
        pages.sort_unstable();
        pages.dedup();
        Ok(pages)
    }

    /// Where frame `nth`, counted from 0, begins.
    const fn at(&self, nth: u64) -> u64 {
        HEADER as u64 + nth * (FRAME + self.page_bytes) as u64
    }

    /// Every frame up to the last commit that is whole: where the newest version of each page is, and how many pages the
    /// file has with them. Frames of an earlier round, or of a commit that was cut off, do not count: their sums do not fit.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) fn committed(&self) -> io::Result<Committed> {
        let mut done = Committed::default();
        let mut open = HashMap::new();
        let mut sum = self.sum;
        if !self.page_bytes.is_power_of_two() || !(512..=65_536).contains(&self.page_bytes) {
            return Ok(done);
        }
        let mut frame = vec![0; FRAME + self.page_bytes];
        for nth in 0.. {
            match self.file.read_exact_at(&mut frame, self.at(nth)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            }
            sum = self.add(sum, &frame[..8]);
            sum = self.add(sum, &frame[FRAME..]);
            let word =
                |at: usize| u32::from_be_bytes([frame[at], frame[at + 1], frame[at + 2], frame[at + 3]]);
            if frame[8..16] != self.salt || sum != (word(16), word(20)) {
                break;
            }
            open.insert(word(0), self.at(nth) + FRAME as u64);
            if word(4) > 0 {
                done.pages = word(4);
                done.frames = nth + 1;
                done.newest.extend(open.drain());
            }
        }
        Ok(done)
    }

    fn add(&self, sum: (u32, u32), bytes: &[u8]) -> (u32, u32) {
        let (mut one, mut two) = sum;
        let read = if self.big_end {
            u32::from_be_bytes
        } else {
            u32::from_le_bytes
        };
        let (pairs, _) = bytes.as_chunks::<8>();
        for [a, b, c, d, e, f, g, h] in pairs {
            one = one.wrapping_add(read([*a, *b, *c, *d])).wrapping_add(two);
            two = two.wrapping_add(read([*e, *f, *g, *h])).wrapping_add(one);
        }
        (one, two)
    }

    /// Reads a page's version at a place that `committed` gave.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) fn read(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(into, at)
    }
}

/// What a log holds that the file does not, or not yet.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    /// Where the newest version of each page begins.
    pub(crate) newest: HashMap<u32, u64>,
    /// Pages of the file with them; 0: nothing was committed.
    pub(crate) pages: u32,
    /// Frames up to the last commit.
    pub(crate) frames: u64,
}
