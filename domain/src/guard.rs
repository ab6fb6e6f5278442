//! Checks before a deletion: allow, warn, block, each with its sentence. Pure: the numbers are handed in.

use crate::{impact::Impact, usage::running_campaigns};
use serde::{Deserialize, Serialize};

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing stands in the way.
    Allow,
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

/// From this share of the dataset on, in percent, the page warns: more go than stay.
pub const LARGE_SHARE_PERCENT: i64 = 50;
/// From this share on, in percent, the page asks for a tick of its own: a rule that was meant the other way round looks
/// like this.
pub const VERY_LARGE_SHARE_PERCENT: i64 = 80;
/// In a dataset of fewer profiles than this a share says little, so no tick of its own is asked for.
pub const SHARE_PROFILES_MIN: i64 = 1_000;

/// The gravest of what was found.
#[must_use]
pub fn verdict(found: &[Finding]) -> Verdict {
    found
        .iter()
        .map(|finding| finding.verdict)
        .max()
        .unwrap_or(Verdict::Allow)
}

/// How large a share of the dataset is, in whole percent.
#[must_use]
pub fn share_percent(profiles: i64, of: i64) -> i64 {
    profiles.saturating_mul(100) / of.max(1)
}

/// Whether so many of so many are a share that the page asks a tick of its own for.
#[must_use]
pub fn share_needs_word(profiles: i64, of: i64) -> bool {
    of >= SHARE_PROFILES_MIN && share_percent(profiles, of) >= VERY_LARGE_SHARE_PERCENT
}

/// Looks at an impact.
#[must_use]
pub fn findings(impact: &Impact) -> Vec<Finding> {
    let mut found = Vec::new();
    let running = running_campaigns(&impact.usage);
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
    } else {
        found.extend(large_share(impact.profiles, impact.dataset_profiles));
    }
    found
}

/// A large share of the dataset, where it is one.
#[must_use]
pub fn large_share(profiles: i64, of: i64) -> Option<Finding> {
    let percent = share_percent(profiles, of);
    (percent >= LARGE_SHARE_PERCENT).then(|| Finding {
        verdict: Verdict::Warn,
        title: if percent >= VERY_LARGE_SHARE_PERCENT {
            "This is most of the dataset".to_owned()
        } else {
            "This is half of the dataset or more".to_owned()
        },
        sentence: format!(
            "{} of {} profiles would go, {percent} %. Check that the rule means what you want.",
            grouped(profiles),
            grouped(of)
        ),
    })
}

/// Looks once more when a job begins: the data may have changed since it was confirmed, and nobody is there to be asked.
/// `targets`: the people on the list; `of`: everyone in the dataset; `all_matching`: whether the job's rule matches
/// everybody by its form. A warning is written down, and a block ends the job before anybody is deleted. (Running campaigns
/// have a policy of their own, which is asked at the start and before every batch.)
#[must_use]
pub fn at_start(force: bool, all_matching: bool, targets: i64, of: i64) -> Vec<Finding> {
    let mut found = Vec::new();
    if all_matching && !force {
        found.push(Finding {
            verdict: Verdict::Block,
            title: "This is everyone in the dataset".to_owned(),
            sentence:
                "The rule matches every profile, and nobody has said that this is meant. Nobody was deleted."
                    .to_owned(),
        });
    }
    found.extend(large_share(targets, of));
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
        (0, _) => format!("“{}” reaches nobody, before and after.", usage.name),
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
    use super::*;

    #[test]
    fn shares_are_allowed_warned_of_or_asked_about() {
        assert_eq!(verdict(&[]), Verdict::Allow);
        assert_eq!(large_share(499, 1_000), None);
        let half = large_share(500, 1_000).expect("a finding");
        assert_eq!(half.verdict, Verdict::Warn);
        assert!(half.sentence.starts_with("500 of 1,000 profiles would go, 50 %."));
        assert!(!share_needs_word(799, 1_000) && share_needs_word(800, 1_000));
        assert!(!share_needs_word(999, 999), "a small dataset");
    }

    #[test]
    fn a_rule_that_matches_everyone_blocks_at_the_start_unless_it_is_meant() {
        assert_eq!(verdict(&at_start(false, true, 10, 1_000)), Verdict::Block);
        assert_eq!(verdict(&at_start(true, true, 10, 1_000)), Verdict::Allow);
        assert_eq!(verdict(&at_start(false, false, 600, 1_000)), Verdict::Warn);
        assert_eq!(
            verdict(&at_start(false, false, 10, 0)),
            Verdict::Warn,
            "nobody else is left"
        );
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(18_196), "18,196");
        assert_eq!(grouped(-1_000_000), "\u{2212}1,000,000");
        assert_eq!(grouped(i64::MIN), "\u{2212}9,223,372,036,854,775,808");
    }
}
