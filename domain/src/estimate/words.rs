//! Lengths of time in words, rounded to what can be known.

use crate::{guard::grouped, plan::LimitUnit};

/// A range: `under 1 second`, `about 20 to 30 seconds`, `about 3 minutes`.
#[must_use]
pub fn range_in_words(low: i64, high: i64) -> String {
    if high <= 1 {
        return "under 1 second".to_owned();
    }
    let (unit, name) = match high {
        ..=119 => (1, "second"),
        120..=7_199 => (60, "minute"),
        7_200..=172_799 => (3_600, "hour"),
        _ => (86_400, "day"),
    };
    let (low, high) = (low / unit, (high + unit - 1) / unit);
    let plural = if high == 1 { "" } else { "s" };
    if low == high {
        format!("about {high} {name}{plural}")
    } else if low == 0 {
        format!("under {high} {name}{plural}")
    } else {
        format!("about {low} to {high} {name}{plural}")
    }
}

/// A length of time that somebody set, in the largest unit that says it whole: `5 days`, `90 minutes`, `1 second`.
#[must_use]
pub fn seconds_in_words(seconds: i64) -> String {
    let (n, unit) = LimitUnit::fitting(seconds);
    let many = unit.as_str();
    let name = if n == 1 { many.trim_end_matches('s') } else { many };
    format!("{} {name}", grouped(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_rounded_to_the_unit() {
        assert_eq!(range_in_words(0, 1), "under 1 second");
        assert_eq!(range_in_words(20, 30), "about 20 to 30 seconds");
        assert_eq!(range_in_words(182, 182), "about 3 to 4 minutes");
        assert_eq!(range_in_words(0, 3), "under 3 seconds");
        assert_eq!(range_in_words(432_000, 432_000), "about 5 days");
    }

    #[test]
    fn what_was_set_is_said_whole() {
        assert_eq!(seconds_in_words(432_000), "5 days");
        assert_eq!(seconds_in_words(5_400), "90 minutes");
        assert_eq!(seconds_in_words(1), "1 second");
        assert_eq!(seconds_in_words(7_200_000), "2,000 hours");
    }
}
