//! Suppression: whose data is not let in again after they were deleted, which of it, and until when. Knows no identity:
//! whoever asks has hashed it.

mod list;
mod recheck;

pub use list::{
    DAYS_MAX, NOTE_CHARS_MAX, NewSuppression, Suppression, SuppressionId, SuppressionOverview,
    SuppressionSource, clean_note, kind_title,
};
pub use recheck::{CameBack, RECHECK_EVERY_MS, Recheck, came_back};

use crate::time::{DAY_MS, Timestamp};
use serde::{Deserialize, Serialize};

/// How long data from before a deletion is refused, in milliseconds: a year. Queues of devices and of other systems are
/// long empty by then, and a list of who was deleted is personal data that must not be kept for ever.
pub const LATE_KEPT_MS: i64 = 365 * DAY_MS;
/// How long all data is refused where 30 days were chosen, in milliseconds.
pub const DAYS_30_MS: i64 = 30 * DAY_MS;

/// What a deletion does against people coming back, as chosen at confirmation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Suppress {
    /// Only data from before the deletion is refused.
    #[default]
    #[serde(rename = "late")]
    Late,
    /// All data, for 30 days.
    #[serde(rename = "30d")]
    Days30,
    /// All data, for good.
    #[serde(rename = "forever")]
    Forever,
    /// Nothing.
    #[serde(rename = "none")]
    Nothing,
}

impl Suppress {
    /// Every choice, the default first.
    pub const ALL: [Self; 4] = [Self::Late, Self::Days30, Self::Forever, Self::Nothing];

    /// The word, as typed, sent and stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Days30 => "30d",
            Self::Forever => "forever",
            Self::Nothing => "none",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == text)
    }

    /// What was chosen for specs of releases that knew no suppression.
    #[must_use]
    pub const fn before_it() -> Self {
        Self::Nothing
    }

    /// What it refuses of somebody who was deleted at `at`; `None`: nothing.
    #[must_use]
    pub const fn refusal(self, at: Timestamp) -> Option<Refusal> {
        let (refuses, ends_at) = match self {
            Self::Late => (Refuses::Late, Some(at.plus_ms(LATE_KEPT_MS))),
            Self::Days30 => (Refuses::All, Some(at.plus_ms(DAYS_30_MS))),
            Self::Forever => (Refuses::All, None),
            Self::Nothing => return None,
        };
        Some(Refusal {
            refuses,
            added_at: at,
            ends_at,
        })
    }

    /// The choice in words, as on the delete page.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Late => "Refuse late data only",
            Self::Days30 => "Refuse all data for 30 days",
            Self::Forever => "Refuse all data for good",
            Self::Nothing => "Refuse nothing",
        }
    }

    /// What it means for who comes back.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Late => {
                "Events and rows dated before the deletion are refused for a year. Whoever is active again comes back as a new profile."
            }
            Self::Days30 => {
                "For 30 days nothing about these people is taken in, purchases included: not by import, not by tracking."
            }
            Self::Forever => {
                "Nothing about these people is taken in any more, purchases included, until somebody lifts it."
            }
            Self::Nothing => "The next import or a late event may bring these people back.",
        }
    }
}

/// Which data is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refuses {
    /// What is dated before the deletion.
    Late,
    /// Everything.
    All,
}

impl Refuses {
    /// The word, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::All => "all",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Late, Self::All]
            .into_iter()
            .find(|word| word.as_str() == text)
    }
}

/// What is refused of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which data.
    pub refuses: Refuses,
    /// When the person was deleted, or the identity entered.
    pub added_at: Timestamp,
    /// Until when; `None`: for good.
    pub ends_at: Option<Timestamp>,
}

impl Refusal {
    /// Whether data that comes in at `now` is refused. `dated`: the moment that it speaks of; `None`: it says none, so it
    /// speaks of now.
    #[must_use]
    pub fn stops(&self, dated: Option<Timestamp>, now: Timestamp) -> bool {
        let holds = self.ends_at.is_none_or(|ends_at| now < ends_at);
        let meant = match self.refuses {
            Refuses::All => true,
            Refuses::Late => dated.unwrap_or(now) < self.added_at,
        };
        holds && meant
    }
}

/// Who put an identity on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A bulk deletion.
    Job,
    /// A privacy request, or the erasure of one person.
    Request,
    /// Somebody, by hand.
    Person,
}

impl Reason {
    /// The word, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Request => "request",
            Self::Person => "person",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Job, Self::Request, Self::Person]
            .into_iter()
            .find(|word| word.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_ms(1_000 * DAY_MS);

    fn refusal(choice: Suppress) -> Refusal {
        choice.refusal(AT).expect("it refuses")
    }

    #[test]
    fn late_refuses_what_is_dated_before_the_deletion_and_nothing_else() {
        let late = refusal(Suppress::Late);
        let now = AT.plus_ms(DAY_MS);
        assert!(late.stops(Some(AT.plus_ms(-1)), now));
        assert!(!late.stops(Some(AT), now));
        assert!(!late.stops(None, now), "undated data speaks of now");
        assert!(
            !late.stops(Some(AT.plus_ms(-1)), AT.plus_ms(LATE_KEPT_MS)),
            "after a year it is over"
        );
    }

    #[test]
    fn thirty_days_are_thirty_days_and_for_good_has_no_end() {
        let month = refusal(Suppress::Days30);
        assert!(month.stops(None, AT.plus_ms(DAYS_30_MS - 1)));
        assert!(!month.stops(None, AT.plus_ms(DAYS_30_MS)));
        assert!(refusal(Suppress::Forever).stops(None, AT.plus_ms(100_000 * DAY_MS)));
        assert_eq!(Suppress::Nothing.refusal(AT), None);
    }

    #[test]
    fn words_are_those_of_the_contract() {
        for choice in Suppress::ALL {
            assert_eq!(Suppress::parse(choice.as_str()), Some(choice));
            let json = serde_json::to_string(&choice).expect("json");
            assert_eq!(json, format!("\"{}\"", choice.as_str()));
        }
        assert_eq!(Suppress::parse("for ever"), None);
    }
}
