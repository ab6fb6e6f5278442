//! The one place that writes to standard output and standard error. Answers go to the first, everything else to the second.

use std::io::{self, Write as _};

/// Prints an answer. A reader that went away (`lethe … | head`) is no failure.
pub(crate) fn answer(text: &str) {
    let mut out = io::stdout().lock();
    // Nobody is left to be told.
    let _ = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
}

/// Prints a sentence that is no answer: a hint, a progress line, a refusal.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end());
}
