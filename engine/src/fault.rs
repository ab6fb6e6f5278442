//! What a test plants in this process. Only with the feature `faults`, with which no release is built.

use std::sync::OnceLock;

static PLAN: OnceLock<String> = OnceLock::new();

/// Arms this process with a plan: words with commas between them. The first plan stays.
///
/// # Errors
/// A sentence naming the word that cannot be read.
pub fn arm(text: &str) -> Result<(), String> {
    match text.split(',').find(|word| word.trim() != "skip-scrub") {
        Some(word) => Err(format!("{word:?} is no fault that can be planted.")),
        None => {
            PLAN.get_or_init(|| text.to_owned());
            Ok(())
        }
    }
}

/// Whether the plan leaves the page scrub out, so that a test can see the proof fail.
#[must_use]
pub fn skip_scrub() -> bool {
    PLAN.get().is_some()
}
