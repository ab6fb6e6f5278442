//! Segments: named sets of profiles, and their counts, which always carry their time.

use crate::{
    id::{JobId, SegmentId},
    problem::{Code, Problem},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// Longest segment name, in characters.
pub const NAME_CHARS_MAX: usize = 120;

/// How people come to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    /// By a rule, live.
    Rule,
    /// By hand.
    Manual,
    /// By an imported subscriber list.
    List,
}

impl SegmentKind {
    /// Every kind.
    pub const ALL: [SegmentKind; 3] = [Self::Rule, Self::Manual, Self::List];

    /// The text form, as stored and typed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Manual => "manual",
            Self::List => "list",
        }
    }

    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Rule => "Rule segment",
            Self::Manual => "Manual segment",
            Self::List => "Subscriber list",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Whether people can join. Disabled: nobody joins; the members of the moment of disabling, less the deleted, still
/// include and exclude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentState {
    /// People join and leave.
    Enabled,
    /// Nobody joins.
    Disabled,
}

impl SegmentState {
    /// The text form, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }
}

/// A count with the time at which it was true. Counts are never changed by adding or subtracting: only counted anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many.
    pub value: i64,
    /// When counted.
    pub counted_at: Timestamp,
    /// Whether counted one by one (true) or estimated.
    pub exact: bool,
    /// Whether people, events, members or rules of the dataset have changed since: it may be another number by now.
    #[serde(default)]
    pub stale: bool,
}

/// A segment as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its number.
    pub id: SegmentId,
    /// Its name, unique in the dataset.
    pub name: String,
    /// How people come to be in.
    pub kind: SegmentKind,
    /// The rule, canonical, with other segments by their present name; rule segments only.
    pub rule: Option<String>,
    /// Whether people can join.
    pub state: SegmentState,
    /// Since when disabled.
    pub disabled_at: Option<Timestamp>,
    /// The cached count; `None` when never counted.
    pub count: Option<Count>,
    /// Whether it is being counted now.
    pub counting: bool,
    /// Of a disabled rule segment: what enabling it would do, as far as that has been counted.
    pub would: Option<crate::membership::Would>,
    /// The unfinished job of this segment.
    pub job: Option<JobId>,
    /// Grows with every change; part of the plan hash.
    pub version: i64,
    /// When created.
    pub created_at: Timestamp,
    /// When last changed.
    pub updated_at: Timestamp,
}

/// What is asked of a new segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentSpec {
    /// Its name.
    pub name: String,
    /// How people come to be in.
    pub kind: SegmentKind,
    /// The rule's text; rule segments only.
    pub rule: Option<String>,
}

/// What is to become of a segment; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentChange {
    /// Its new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its new rule; rule segments only.
    #[serde(default)]
    pub rule: Option<String>,
}

/// A segment's name as kept: trimmed, NFC.
///
/// # Errors
/// `invalid` where nothing is left, it is too long or has control characters.
pub fn clean_name(name: &str) -> Result<String, Problem> {
    let name: String = name.trim().nfc().collect();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let message = format!("A name has 1 to {NAME_CHARS_MAX} characters, on one line.");
        return Err(Problem::because(Code::Invalid, message).on("name"));
    }
    Ok(name)
}

/// Whether the typed name confirms the segment: trimmed, NFC, case-sensitive.
#[must_use]
pub fn name_confirms(typed: &str, name: &str) -> bool {
    typed.trim().nfc().eq(name.trim().nfc())
}

/// Reads a typed number of profiles; thousands separators (`,` `.` `'` and spaces) are ignored.
#[must_use]
pub fn typed_count(typed: &str) -> Option<i64> {
    let digits: String = typed
        .trim()
        .chars()
        .filter(|c| !matches!(c, ',' | '.' | '\'' | '’') && !c.is_whitespace())
        .collect();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// The answer of a preview: nothing was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The rule, canonical.
    pub rule: String,
    /// How many match, exactly.
    pub count: i64,
    /// When counted.
    pub counted_at: Timestamp,
    /// The first few who match.
    pub sample: Vec<crate::profile::ProfileRow>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_number_may_have_separators_and_nothing_else() {
        assert_eq!(typed_count("18,196"), Some(18_196));
        assert_eq!(typed_count(" 18 196 "), Some(18_196));
        assert_eq!(typed_count("18'196"), Some(18_196));
        assert_eq!(typed_count("-1"), None);
        assert_eq!(typed_count("about 5"), None);
        assert_eq!(typed_count(""), None);
        assert_eq!(typed_count("99999999999999999999"), None);
    }

    #[test]
    fn a_name_confirms_whatever_its_normal_form_but_not_its_case() {
        assert!(name_confirms(" Cafe\u{301} ", "Caf\u{e9}"));
        assert!(!name_confirms("lapsed", "Lapsed"));
    }
}
