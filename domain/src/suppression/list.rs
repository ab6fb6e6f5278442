//! The list of suppressions as it is looked at: by deletion, and identity by identity. An identity stands in it as its
//! keyed hash alone.

use super::{Reason, Refusal, Refuses};
use crate::{
    problem::{Code, Problem},
    profile::IdentityKind,
    time::{DAY_MS, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest reason for entering or lifting, in characters.
pub const NOTE_CHARS_MAX: usize = 500;
/// Longest term of an identity that is entered by hand, in days: ten years.
pub const DAYS_MAX: i64 = 3_650;
/// Bytes of a keyed hash.
const HASH_BYTES: usize = 16;

/// An identity on the list: its kind and its keyed hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SuppressionId {
    /// The kind.
    pub kind: IdentityKind,
    /// The keyed hash.
    pub hash: [u8; HASH_BYTES],
}

impl SuppressionId {
    /// Reads `email-0123…`: the word of the kind and 32 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, digits) = text.split_once('-')?;
        let kind = IdentityKind::ALL.into_iter().find(|own| own.as_str() == kind)?;
        if digits.len() != HASH_BYTES * 2 || !digits.is_ascii() {
            return None;
        }
        let mut hash = [0; HASH_BYTES];
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        Some(Self { kind, hash })
    }

    /// The short name by which records speak of it: `#` and 12 hexadecimal digits.
    #[must_use]
    pub fn name(self) -> String {
        let digits: String = self
            .hash
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("#{digits}")
    }
}

impl fmt::Display for SuppressionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.kind.as_str())?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a page calls a kind of identity.
#[must_use]
pub const fn kind_title(kind: IdentityKind) -> &'static str {
    match kind {
        IdentityKind::UserId => "User id",
        IdentityKind::Email => "E-mail address",
        IdentityKind::Phone => "Phone number",
        IdentityKind::AnonymousId => "Anonymous id",
    }
}

/// An identity on the list, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Which.
    pub id: SuppressionId,
    /// Who put it there.
    pub reason: Reason,
    /// The number of the deletion or the privacy request.
    pub source_id: Option<i64>,
    /// What is refused.
    pub refusal: Refusal,
    /// Until when data from before the deletion is refused, where all data is refused for a shorter time.
    pub late_until: Option<Timestamp>,
    /// Who entered it by hand.
    pub added_by: Option<String>,
    /// Why, in their words.
    pub note: Option<String>,
    /// Rows and events that it has stopped, purchases included.
    pub stopped: i64,
    /// Of these, purchases.
    pub stopped_purchases: i64,
    /// The last time.
    pub stopped_at: Option<Timestamp>,
}

/// What one deletion put on the list, all kinds of identities together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionSource {
    /// Who put it there.
    pub reason: Reason,
    /// The number of the deletion or the privacy request; 0 for what was entered by hand.
    pub source_id: i64,
    /// What is refused; of several ends the latest.
    pub refuses: Refuses,
    /// When, the last time.
    pub added_at: Timestamp,
    /// Until when; `None`: for good.
    pub ends_at: Option<Timestamp>,
    /// How many identities.
    pub identities: i64,
    /// Rows and events that they have stopped, purchases included.
    pub stopped: i64,
    /// Of these, purchases.
    pub stopped_purchases: i64,
    /// The last time.
    pub stopped_at: Option<Timestamp>,
}

/// What is looked at when the list is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionOverview {
    /// By deletion, the newest first; what was entered by hand together.
    pub sources: Vec<SuppressionSource>,
    /// Those that stopped something last.
    pub stopped: Vec<Suppression>,
    /// Those that were entered by hand last.
    pub by_hand: Vec<Suppression>,
}

/// An identity to be entered by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSuppression {
    /// Of which kind.
    pub kind: IdentityKind,
    /// The identity itself; it is hashed and not kept.
    pub identity: String,
    /// For how many days; `None`: for good.
    pub days: Option<i64>,
    /// Why.
    pub note: String,
}

impl NewSuppression {
    /// What is refused from now on.
    ///
    /// # Errors
    /// `invalid` on `days`.
    pub fn refusal(&self, now: Timestamp) -> Result<Refusal, Problem> {
        if self.days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
            let message = format!("days is 1 to {DAYS_MAX}; leave it out for good.");
            return Err(Problem::because(Code::Invalid, message).on("days"));
        }
        Ok(Refusal {
            refuses: Refuses::All,
            added_at: now,
            ends_at: self.days.map(|days| now.plus_ms(days * DAY_MS)),
        })
    }
}

/// A reason in somebody's own words, as it is kept.
///
/// # Errors
/// `invalid` on `reason` where it is empty, too long, or has control characters.
pub fn clean_note(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= NOTE_CHARS_MAX;
    if fits && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    let message = format!("Say why, in 1 to {NOTE_CHARS_MAX} characters on one line.");
    Err(Problem::because(Code::Invalid, message).on("reason"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_reads_back_and_nothing_else_does() {
        let id = SuppressionId {
            kind: IdentityKind::Email,
            hash: [0xab; 16],
        };
        let text = id.to_string();
        assert_eq!(SuppressionId::parse(&text), Some(id));
        assert_eq!(id.name(), "#abababababab");
        for bad in ["", "email-", "email-zz", "mail-abababababababababababababababab", &text[..text.len() - 1]] {
            assert_eq!(SuppressionId::parse(bad), None, "{bad}");
        }
        let multibyte = format!("email-{}", "é".repeat(16));
        assert_eq!(SuppressionId::parse(&multibyte), None);
    }

    #[test]
    fn a_term_by_hand_is_bounded_and_a_reason_is_asked_for() {
        let now = Timestamp::from_ms(0);
        let new = |days| NewSuppression {
            kind: IdentityKind::UserId,
            identity: "a".to_owned(),
            days,
            note: String::new(),
        };
        assert_eq!(new(None).refusal(now).map(|it| it.ends_at), Ok(None));
        assert!(new(Some(0)).refusal(now).is_err() && new(Some(DAYS_MAX + 1)).refusal(now).is_err());
        assert!(clean_note("  ").is_err() && clean_note("a\nb").is_err());
        assert_eq!(clean_note(" asked by phone "), Ok("asked by phone".to_owned()));
    }
}
