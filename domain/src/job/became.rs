//! What became of each of the frozen set, by one rule for results, leftovers and pages.

use super::{JobState, Outcome};
use crate::id::ProfileId;
use serde::{Deserialize, Serialize};

/// What became of one of the frozen set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Became {
    /// Deleted.
    Deleted,
    /// Not deleted, with this outcome.
    Not(Outcome),
    /// Not decided: the turn has not come, or the job was cut off before.
    Left,
}

impl Became {
    /// Works it out: who has an outcome was not deleted; who has none was, if the turn has come.
    #[must_use]
    pub const fn of(outcome: Option<Outcome>, profile: ProfileId, decided_upto: i64) -> Self {
        match outcome {
            Some(outcome) => Self::Not(outcome),
            None if profile.0 <= decided_upto => Self::Deleted,
            None => Self::Left,
        }
    }

    /// The word in files, the same as the count's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Not(outcome) => outcome.as_str(),
            Self::Left => "left",
        }
    }

    /// Why, where no reason was written down.
    #[must_use]
    pub const fn reason(self, state: JobState) -> &'static str {
        match self {
            Self::Left if matches!(state, JobState::Deleting) => "Their turn has not come yet.",
            Self::Left => "Kept: the job ended before their turn.",
            Self::Deleted | Self::Not(_) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_outcome_was_deleted_when_the_turn_had_come() {
        assert_eq!(Became::of(None, ProfileId(5), 5), Became::Deleted);
        assert_eq!(Became::of(None, ProfileId(6), 5).as_str(), "left");
        let held = Became::of(Some(Outcome::Held), ProfileId(6), 5);
        assert_eq!((held.as_str(), held.reason(JobState::Sealing)), ("held", ""));
    }
}
