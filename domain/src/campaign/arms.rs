//! Arms of an A/B test inside a campaign: stable shares of people by the bucket that every profile keeps from its
//! creation, the same one that `bucket(FROM, TO)` in a rule reads. Knows nothing of segments or eligibility.

use crate::{
    problem::{Code, Problem},
    rule::{Condition, HUNDREDTHS_MAX, Rule, hundredths, percent},
    segment::clean_name,
    value::Number,
};
use serde::{Deserialize, Serialize};

/// Most arms of a campaign: a test with more cannot be read by anybody.
pub const ARMS_MAX: usize = 20;

/// One arm: people whose bucket is at or above `from` and below `upto`, in hundredths of a percent (0 to 10,000).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    /// Its name, of its own within the campaign.
    pub name: String,
    /// First bucket that is in.
    pub from: u16,
    /// First bucket that is out again.
    pub upto: u16,
}

/// An arm with how many people it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmFigure {
    /// The arm.
    pub arm: Arm,
    /// People who are eligible for the campaign and in the arm, counted with the campaign's own figure.
    pub eligible: i64,
}

impl Arm {
    /// An arm as typed: its percentages from 0 to 100 with at most two decimals.
    ///
    /// # Errors
    /// `invalid` on `arms`.
    pub fn read(name: &str, from: &str, to: &str) -> Result<Self, Problem> {
        let end = |text: &str| {
            Number::parse(text.trim().trim_end_matches('%').trim_end())
                .and_then(hundredths)
                .ok_or_else(|| {
                    refused("An arm's range is two percentages from 0 to 100 with at most two decimals.")
                })
        };
        let arm = Self {
            name: name.to_owned(),
            from: end(from)?,
            upto: end(to)?,
        };
        Ok(arm)
    }

    /// The arm as a rule: who is in it is decided where every rule is.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        Rule::Is(Condition::Bucket {
            from: self.from,
            to: self.upto,
        })
    }

    /// First percentage, as short as it can be.
    #[must_use]
    pub fn from_percent(&self) -> String {
        percent(self.from)
    }

    /// The percentage that ends it.
    #[must_use]
    pub fn upto_percent(&self) -> String {
        percent(self.upto)
    }
}

/// The arms as kept: names trimmed, in the order of their ranges.
///
/// # Errors
/// `invalid` on `arms`: too many, a name that is none or there twice, an empty range, ranges that overlap.
pub fn checked(arms: Vec<Arm>) -> Result<Vec<Arm>, Problem> {
    if arms.len() > ARMS_MAX {
        return Err(refused(&format!("A campaign has at most {ARMS_MAX} arms.")));
    }
    let mut kept = Vec::with_capacity(arms.len());
    for arm in arms {
        let name = clean_name(&arm.name).map_err(|problem| problem.on("arms"))?;
        kept.push(Arm { name, ..arm });
    }
    if kept
        .iter()
        .any(|arm| arm.from >= arm.upto || arm.upto > HUNDREDTHS_MAX)
    {
        return Err(refused(
            "An arm begins below the percentage at which it ends, and ends at 100 at the latest.",
        ));
    }
    kept.sort_by_key(|arm| arm.from);
    for pair in kept.windows(2) {
        let [one, next] = pair else { continue };
        if next.from < one.upto {
            let message = format!(
                "The ranges of “{}” and “{}” overlap: each person is in one arm.",
                one.name, next.name
            );
            return Err(refused(&message));
        }
    }
    let twice = |arm: &&Arm| kept.iter().filter(|other| other.name == arm.name).count() > 1;
    if let Some(arm) = kept.iter().find(twice) {
        return Err(refused(&format!("Two arms are called “{}”.", arm.name)));
    }
    Ok(kept)
}

fn refused(message: &str) -> Problem {
    Problem::because(Code::Invalid, message).on("arms")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(name: &str, from: &str, to: &str) -> Arm {
        Arm::read(name, from, to).unwrap_or_else(|problem| Arm {
            name: problem.message,
            from: 0,
            upto: 0,
        })
    }

    #[test]
    fn ranges_meet_but_never_overlap() {
        let kept = checked(vec![arm(" B ", "50", "100"), arm("A", "0", "50 %")]);
        let kept = kept.unwrap_or_default();
        assert_eq!(kept, [arm("A", "0", "50"), arm("B", "50", "100")]);
        assert_eq!(
            (kept[0].from_percent(), kept[1].upto_percent()),
            ("0".into(), "100".into())
        );
        for bad in [
            vec![arm("A", "0", "50.01"), arm("B", "50", "100")],
            vec![arm("A", "0", "50"), arm("A", "50", "100")],
            vec![arm("A", "50", "50")],
            vec![arm("", "0", "1")],
            vec![arm("A", "0", "1"); ARMS_MAX + 1],
        ] {
            assert!(checked(bad.clone()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn percentages_have_two_decimals_at_most() {
        assert_eq!(
            arm("A", "12.5", "33.33"),
            Arm {
                name: "A".into(),
                from: 1_250,
                upto: 3_333
            }
        );
        for (from, to) in [
            ("0", "33.333"),
            ("-1", "5"),
            ("0", "100.01"),
            ("", "5"),
            ("a", "b"),
        ] {
            assert!(Arm::read("A", from, to).is_err(), "{from} to {to}");
        }
    }
}
