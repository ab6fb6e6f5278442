//! Legal holds: whoever is held is deleted by no door, and is named as left over. A hold is on people, or on a rule. Knows
//! nothing of the hold that makes a job wait (`job::Hold`).

use crate::{
    id::HoldId,
    problem::{Code, Problem},
    segment::clean_name,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Most identities that one hold names: they are looked up and written in one transaction.
pub const HOLD_PEOPLE_MAX: usize = 10_000;
/// Longest reason, in characters: a sentence or two and the number of a matter.
pub const HOLD_REASON_CHARS_MAX: usize = 1_000;

/// A hold as asked for: on people, or on a rule, never on both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldSpec {
    /// What people will call it. It is shown on jobs, so it should name the matter and no person.
    pub name: String,
    /// Why, in people's words.
    pub reason: String,
    /// Exact identities of any kind: user ids, e-mail addresses, phone numbers, anonymous ids.
    pub people: Vec<String>,
    /// Who is held, now and later, as the rule of a segment.
    pub rule: Option<String>,
}

impl HoldSpec {
    /// The same with its texts as they are kept: trimmed, without empty lines.
    ///
    /// # Errors
    /// `invalid` on the field concerned.
    pub fn checked(self) -> Result<Self, Problem> {
        let name = clean_name(&self.name)?;
        let reason = hold_reason(&self.reason)?;
        let people: Vec<String> = self
            .people
            .iter()
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
            .collect();
        let rule = self.rule.filter(|rule| !rule.trim().is_empty());
        let refused = |field: &str, message: String| Err(Problem::because(Code::Invalid, message).on(field));
        match (people.len(), rule.is_some()) {
            (0, false) => refused(
                "people",
                "Say who is held: people by their identities, or a rule.".to_owned(),
            ),
            (1.., true) => refused(
                "rule",
                "A hold is on people or on a rule, not on both. Set two holds.".to_owned(),
            ),
            (count, false) if count > HOLD_PEOPLE_MAX => refused(
                "people",
                format!(
                    "A hold names at most {HOLD_PEOPLE_MAX} identities. Set several holds, or one on a rule."
                ),
            ),
            _ => Ok(Self {
                name,
                reason,
                people,
                rule,
            }),
        }
    }
}

/// The reason of a hold, or of its end, as kept.
///
/// # Errors
/// `invalid` on `reason` where nothing is left or it is too long.
pub fn hold_reason(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > HOLD_REASON_CHARS_MAX {
        let message =
            format!("Give a reason of 1 to {HOLD_REASON_CHARS_MAX} characters: it is kept with the hold.");
        return Err(Problem::because(Code::Invalid, message).on("reason"));
    }
    Ok(text.to_owned())
}

/// Why a job left somebody, in the words of its leftovers.
#[must_use]
pub fn held_reason(hold: &str) -> String {
    format!("Under the legal hold “{hold}”.")
}

/// A hold as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its number.
    pub id: HoldId,
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Its rule, other segments by their present names; `None`: it names people.
    pub rule: Option<String>,
    /// How many people it named when it was set; 0 for a rule.
    pub named: i64,
    /// How many people it holds at `as_of`; 0 after its end.
    pub held: i64,
    /// Who set it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Who ended it; `None`: it is in force.
    pub ended_by: Option<String>,
    /// When.
    pub ended_at: Option<Timestamp>,
    /// Why it was ended.
    pub end_reason: Option<String>,
    /// When it was counted whom it holds.
    pub as_of: Timestamp,
}

impl Hold {
    /// Whether it holds anybody at all: it has not been ended.
    #[must_use]
    pub const fn in_force(&self) -> bool {
        self.ended_at.is_none()
    }
}

/// The holds of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holds {
    /// Those in force first, then by age, the newest first.
    pub holds: Vec<Hold>,
    /// How many people are held by any of them, each counted once.
    pub held: i64,
    /// When that was counted.
    pub as_of: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(people: &[&str], rule: Option<&str>) -> HoldSpec {
        HoldSpec {
            name: " Matter 7 ".to_owned(),
            reason: "Letter of the court".to_owned(),
            people: people.iter().map(|text| (*text).to_owned()).collect(),
            rule: rule.map(str::to_owned),
        }
    }

    #[test]
    fn a_hold_is_on_people_or_on_a_rule() {
        let checked = spec(&[" u1 ", "", "u2"], Some("  "))
            .checked()
            .map(|spec| (spec.name, spec.people, spec.rule));
        assert_eq!(
            checked,
            Ok((
                "Matter 7".to_owned(),
                vec!["u1".to_owned(), "u2".to_owned()],
                None
            ))
        );
        assert!(spec(&[], Some("email is set")).checked().is_ok());
        let field = |spec: HoldSpec| spec.checked().map_err(|problem| problem.field);
        assert_eq!(
            field(spec(&["u1"], Some("email is set"))),
            Err(Some("rule".to_owned()))
        );
        assert_eq!(field(spec(&[" "], None)), Err(Some("people".to_owned())));
        let many = vec!["u"; HOLD_PEOPLE_MAX + 1];
        assert_eq!(field(spec(&many, None)), Err(Some("people".to_owned())));
    }
}
