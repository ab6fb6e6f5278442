//! The sum that always holds: matched = deleted + spared + held + failed + gone + left.

use crate::guard::grouped;
use serde::{Deserialize, Serialize};

/// What became of the target set. `left` is derived, so the sum cannot fail to hold; that no part is negative can.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The frozen set.
    pub matched: i64,
    /// Deleted.
    pub deleted: i64,
    /// No longer matched at their turn.
    pub spared: i64,
    /// Under legal hold at their turn.
    pub held: i64,
    /// Failed after three tries.
    pub failed: i64,
    /// Absent at their turn: deleted by another door, or merged.
    pub gone: i64,
    /// Not yet decided, or cut off by a cancel.
    pub left: i64,
    /// Came in after the freeze. Outside the sum; never touched. `None` until verified.
    pub joined_after: Option<i64>,
}

impl Counts {
    /// With `left` worked out.
    #[must_use]
    pub const fn of(matched: i64, deleted: i64, spared: i64, held: i64, failed: i64, gone: i64) -> Self {
        let left = matched - deleted - spared - held - failed - gone;
        Self {
            matched,
            deleted,
            spared,
            held,
            failed,
            gone,
            left,
            joined_after: None,
        }
    }

    /// Profiles whose turn has come.
    #[must_use]
    pub const fn decided(&self) -> i64 {
        self.matched - self.left
    }

    /// Whether the sum holds and nothing is negative. Checked at every commit; a job that fails it is halted.
    #[must_use]
    pub const fn hold(&self) -> bool {
        self.matched == self.deleted + self.spared + self.held + self.failed + self.gone + self.left
            && self.deleted >= 0
            && self.spared >= 0
            && self.held >= 0
            && self.failed >= 0
            && self.gone >= 0
            && self.left >= 0
    }

    /// Targets that were meant to go and are still there.
    #[must_use]
    pub const fn leftovers(&self) -> i64 {
        self.held + self.failed + self.left
    }

    /// Who is left of the list of a job that has ended, in the words that follow the number of the deleted: nobody, or nobody
    /// but those who were spared, or so many.
    #[must_use]
    pub fn who_is_left(&self) -> String {
        match (self.leftovers(), self.spared) {
            (0, 0) => "nobody of the list is left".to_owned(),
            (0, spared) => format!("{} spared, nobody else of the list is left", grouped(spared)),
            (left, _) => format!("{}{} left", self.and_spared(), grouped(left)),
        }
    }

    /// `3 spared, ` where somebody was, else nothing: who is spared is neither deleted nor left.
    #[must_use]
    pub fn and_spared(&self) -> String {
        match self.spared {
            0 => String::new(),
            spared => format!("{} spared, ", grouped(spared)),
        }
    }
}

/// What one batch adds to the counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Deleted.
    pub deleted: i64,
    /// No longer matched.
    pub spared: i64,
    /// Under legal hold.
    pub held: i64,
    /// Failed; negative in a retry pass, where the failed got another outcome.
    pub failed: i64,
    /// Absent.
    pub gone: i64,
    /// Events that went with the deleted.
    pub events: i64,
    /// How long it took, milliseconds.
    pub ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_decided_than_matched_is_seen() {
        assert!(Counts::of(10, 5, 1, 1, 1, 1).hold());
        assert!(!Counts::of(10, 11, 0, 0, 0, 0).hold());
    }

    #[test]
    fn nobody_is_left_only_where_nobody_was_spared() {
        let words = |spared, held, failed| {
            Counts::of(10, 10 - spared - held - failed, spared, held, failed, 0).who_is_left()
        };
        assert_eq!(words(0, 0, 0), "nobody of the list is left");
        assert_eq!(words(1, 0, 0), "1 spared, nobody else of the list is left");
        assert_eq!(words(0, 1, 2), "3 left");
        assert_eq!(words(2, 1, 0), "2 spared, 1 left");
    }
}
