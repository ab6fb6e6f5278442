//! What is known about the bytes themselves: dead space in a database file, what was found in it, and what was wiped.
//!
//! *Dead* is every byte of a file that holds nothing live: SQLite never reads it, but whoever copies the file does. Deleting
//! leaves dead bytes behind where a page was split or moved before, so a deletion job reads every page back and wipes them.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of dead space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadKind {
    /// Between the list of rows and the rows of a page: where splits leave copies.
    Gap,
    /// A hole between rows that a later row may fill.
    Freeblock,
    /// One to three bytes between rows, too few for a hole.
    Fragment,
    /// Behind the end of a long row on its last page of its own.
    OverflowTail,
    /// A page that belongs to nothing any more.
    Freelist,
}

impl DeadKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [DeadKind; 5] = [
        Self::Gap,
        Self::Freeblock,
        Self::Fragment,
        Self::OverflowTail,
        Self::Freelist,
    ];

    /// The text form, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Freeblock => "freeblock",
            Self::Fragment => "fragment",
            Self::OverflowTail => "overflow_tail",
            Self::Freelist => "freelist",
        }
    }
}

/// Bytes by kind of dead space.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadBytes {
    /// See [`DeadKind::Gap`].
    pub gap: i64,
    /// See [`DeadKind::Freeblock`].
    pub freeblock: i64,
    /// See [`DeadKind::Fragment`].
    pub fragment: i64,
    /// See [`DeadKind::OverflowTail`].
    pub overflow_tail: i64,
    /// See [`DeadKind::Freelist`].
    pub freelist: i64,
}

impl DeadBytes {
    /// Counts `bytes` more of a kind.
    pub const fn add(&mut self, kind: DeadKind, bytes: i64) {
        match kind {
            DeadKind::Gap => self.gap += bytes,
            DeadKind::Freeblock => self.freeblock += bytes,
            DeadKind::Fragment => self.fragment += bytes,
            DeadKind::OverflowTail => self.overflow_tail += bytes,
            DeadKind::Freelist => self.freelist += bytes,
        }
    }

    /// Counts another sum in.
    pub fn add_all(&mut self, other: &Self) {
        for kind in DeadKind::ALL {
            self.add(kind, other.of(kind));
        }
    }

    /// The bytes of a kind.
    #[must_use]
    pub const fn of(&self, kind: DeadKind) -> i64 {
        match kind {
            DeadKind::Gap => self.gap,
            DeadKind::Freeblock => self.freeblock,
            DeadKind::Fragment => self.fragment,
            DeadKind::OverflowTail => self.overflow_tail,
            DeadKind::Freelist => self.freelist,
        }
    }

    /// All of them.
    #[must_use]
    pub const fn total(&self) -> i64 {
        self.gap + self.freeblock + self.fragment + self.overflow_tail + self.freelist
    }
}

/// What the scrub of a job found and did in the store's file. Bytes count as dead only where they are not zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Erasure {
    /// Pages given back to the file system first.
    pub given_back: i64,
    /// Pages of the file when it was read back.
    pub pages: i64,
    /// Bytes of a page.
    pub page_bytes: i64,
    /// Bytes looked at, over all passes.
    pub bytes_read: i64,
    /// Pages that held dead bytes and were written anew.
    pub pages_wiped: i64,
    /// Dead bytes that were found and wiped.
    pub wiped: DeadBytes,
    /// Passes over the file: the first wipes, the last reads back, and further ones are over what was changed meanwhile.
    pub passes: i64,
    /// The longest that the write lock was held for wiping, milliseconds.
    pub lock_ms_max: i64,
    /// Time spent, milliseconds.
    pub work_ms: i64,
    /// When the first pass, which wipes, was through and the log emptied; until then an interrupted scrub goes on where it was.
    pub wiped_at: Option<Timestamp>,
    /// The moment at which every page of the file was known to hold no dead byte; `None` where that was not proven.
    pub proven_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_the_sum_of_the_kinds() {
        let mut bytes = DeadBytes::default();
        for (n, kind) in (1..).zip(DeadKind::ALL) {
            bytes.add(kind, n);
        }
        let mut twice = bytes;
        twice.add_all(&bytes);
        assert_eq!((bytes.total(), twice.total(), twice.overflow_tail), (15, 30, 8));
    }

    #[test]
    fn what_an_older_release_stored_is_read_with_defaults() {
        let read: Erasure = serde_json::from_str(r#"{"pages":3}"#).unwrap_or_default();
        assert_eq!((read.pages, read.proven_at), (3, None));
    }
}
