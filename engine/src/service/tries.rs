//! The delay after wrong passwords, by name and in memory: it is to slow down guessing, not to outlive a restart.

use domain::time::{DAY_MS, Timestamp};
use std::collections::HashMap;

/// Wrong tries without delay.
const FREE_TRIES: u32 = 5;
/// The first delay after that; it doubles with every try.
const DELAY_MS: i64 = 1_000;
/// The longest delay.
const DELAY_MS_MAX: i64 = 15 * 60_000;
/// Names remembered at most, so that a flood of made-up names cannot fill the memory.
const NAMES_MAX: usize = 10_000;

/// Wrong tries by name: how many, and when the last was.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    by_name: HashMap<String, (u32, Timestamp)>,
}

impl Tries {
    /// How long this name has to wait still, in milliseconds.
    pub(super) fn wait_ms(&self, name: &str, now: Timestamp) -> i64 {
        let Some((count, last)) = self.by_name.get(name) else {
            return 0;
        };
        let Some(over) = count.checked_sub(FREE_TRIES) else {
            return 0;
        };
        let delay = DELAY_MS
            .saturating_mul(1_i64.checked_shl(over.min(30)).unwrap_or(i64::MAX))
            .min(DELAY_MS_MAX);
        (last.ms() + delay - now.ms()).max(0)
    }

    pub(super) fn failed(&mut self, name: &str, now: Timestamp) {
        if self.by_name.len() >= NAMES_MAX {
            self.by_name
                .retain(|_, (_, last)| now.ms() - last.ms() < DELAY_MS_MAX);
        }
        if self.by_name.len() < NAMES_MAX || self.by_name.contains_key(name) {
            let entry = self.by_name.entry(name.to_owned()).or_insert((0, now));
            // After a day without tries it begins anew.
            let count = if now.ms() - entry.1.ms() > DAY_MS {
                0
            } else {
                entry.0
            };
            *entry = (count.saturating_add(1), now);
        }
    }

    pub(super) fn succeeded(&mut self, name: &str) {
        self.by_name.remove(name);
    }
}
