//! Checks before a deletion: allow, warn, block, each with its sentence. Pure: the numbers are handed in.

use crate::impact::Impact;
use serde::{Deserialize, Serialize};

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Worth knowing.
    Warn,
    /// Not without an explicit word.
    Block,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How grave.
    pub verdict: Verdict,
    /// A few words.
    pub title: String,
    /// What it means and what can be done.
    pub sentence: String,
}

/// Above this share of the dataset, in percent, the page warns.
pub const LARGE_SHARE_PERCENT: i64 = 80;

/// Looks at an impact.
#[must_use]
pub fn findings(impact: &Impact) -> Vec<Finding> {
    let mut found = Vec::new();
    let running: Vec<_> = impact.usage.iter().filter(|usage| usage.running_here()).collect();
    if !running.is_empty() {
        let title = match running.len() {
            1 => "One running campaign reaches other people than before".to_owned(),
            n => format!("{n} running campaigns reach other people than before"),
        };
        let effects: Vec<String> = running.iter().map(|usage| effect(usage)).collect();
        let sentence = format!(
            "{} Pause first what you do not want to change, or continue below.",
            effects.join(" ")
        );
        found.push(Finding {
            verdict: Verdict::Block,
            title,
            sentence,
        });
    }
    found.extend(running_elsewhere(impact));
    if impact.everyone {
        found.push(Finding {
            verdict: Verdict::Block,
            title: "This is everyone in the dataset".to_owned(),
            sentence: "The rule matches every profile. Nobody would be left.".to_owned(),
        });
    } else if impact.profiles * 100 > impact.dataset_profiles * LARGE_SHARE_PERCENT {
        found.push(Finding {
            verdict: Verdict::Warn,
            title: "This is most of the dataset".to_owned(),
            sentence: format!(
                "{} of {} profiles would go. Check that the rule means what you want.",
                grouped(impact.profiles),
                grouped(impact.dataset_profiles)
            ),
        });
    }
    found
}

/// What other systems run on these people, as far as they said so. It warns and never blocks: it cannot be paused here.
fn running_elsewhere(impact: &Impact) -> Option<Finding> {
    let elsewhere: Vec<_> = impact
        .usage
        .iter()
        .filter(|usage| usage.running() && !usage.running_here())
        .collect();
    let title = match elsewhere.len() {
        0 => return None,
        1 => "Another system runs something on these people".to_owned(),
        n => format!("Other systems run {n} things on these people"),
    };
    let effects: Vec<String> = elsewhere.iter().map(|usage| effect(usage)).collect();
    let sentence = format!(
        "{} Lethe cannot pause these: tell whoever answers for them first.",
        effects.join(" ")
    );
    Some(Finding {
        verdict: Verdict::Warn,
        title,
        sentence,
    })
}

fn effect(usage: &crate::usage::Usage) -> String {
    let (now, after) = (grouped(usage.eligible_now), grouped(usage.eligible_after));
    match (usage.eligible_now, usage.eligible_after) {
        (a, b) if a == b => format!("“{}” still reaches {now} people.", usage.name),
        (_, 0) => format!("“{}” will reach nobody, {now} now.", usage.name),
        _ => format!("“{}” will reach {after} people, {now} now.", usage.name),
    }
}

/// A number with thousands separators: `18,196`.
#[must_use]
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        out.push('\u{2212}');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(18_196), "18,196");
        assert_eq!(grouped(-1_000_000), "\u{2212}1,000,000");
        assert_eq!(grouped(i64::MIN), "\u{2212}9,223,372,036,854,775,808");
    }
}
