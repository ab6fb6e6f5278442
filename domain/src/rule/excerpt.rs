//! A mistake as people read it: the sentence, and the text around its place.

use super::RuleError;
use serde::{Deserialize, Serialize};

/// Characters shown before the place and after it.
const AROUND_CHARS: usize = 36;

/// The text around a mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// What stands before it.
    pub before: String,
    /// The word at the place; empty: the text ends there.
    pub at: String,
    /// What stands after it.
    pub after: String,
}

impl RuleError {
    /// `Expected a condition at character 1, found emial; did you mean email?`
    pub fn sentence(&self) -> String {
        let text = self.to_string();
        let text = text
            .strip_prefix("expected")
            .map_or(text.clone(), |rest| format!("Expected{rest}"));
        if text.ends_with('?') { text } else { text + "." }
    }

    /// The text around the place.
    pub fn excerpt(&self, text: &str) -> Excerpt {
        let position = usize::try_from(self.position).unwrap_or(usize::MAX);
        let chars: Vec<char> = text.chars().collect();
        let (before, rest) = chars.split_at(position.min(chars.len()));
        let ends = |c: &char| c.is_whitespace() || matches!(c, '(' | ')' | ',');
        let word = match rest.first() {
            None => 0,
            Some('"') => rest
                .iter()
                .skip(1)
                .position(|c| *c == '"')
                .map_or(rest.len(), |at| at + 2),
            Some(_) => rest.iter().position(ends).unwrap_or(rest.len()).max(1),
        };
        let (at, after) = rest.split_at(word.min(rest.len()));
        let cut = before.len().saturating_sub(AROUND_CHARS);
        let head = if cut > 0 { "…" } else { "" };
        let tail = if after.len() > AROUND_CHARS { "…" } else { "" };
        let shown = |chars: &[char]| chars.iter().collect::<String>();
        Excerpt {
            before: format!("{head}{}", shown(before.get(cut..).unwrap_or_default())),
            at: shown(at.get(..at.len().min(AROUND_CHARS)).unwrap_or_default()),
            after: format!(
                "{}{tail}",
                shown(after.get(..after.len().min(AROUND_CHARS)).unwrap_or_default())
            ),
        }
    }
}
