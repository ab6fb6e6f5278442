//! How long a deletion takes: a range, with the basis of the figure, and the documented figure beside it.

use serde::{Deserialize, Serialize};

/// The documented speed of the product that this one follows, profiles a second: shown for comparison, and the basis
/// where nothing has been measured yet.
pub const DOCUMENTED_RATE: f64 = 100.0;
/// How many finished jobs the measured rate looks back.
pub const JOBS_LOOKED_AT: usize = 5;
/// A job of fewer profiles says nothing about speed: its fixed costs outweigh its work.
pub const PROFILES_MIN: i64 = 500;
/// How far the range reaches beyond what was measured, each way, as a factor.
const MARGIN: f64 = 1.25;
/// What every job takes besides deleting: freeze, sweep, verify, seal. Seconds.
const FIXED_SECONDS: f64 = 0.2;

/// What the figure rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Finished jobs on this installation.
    Measured,
    /// A small slice deleted in a transaction that was rolled back.
    Probed,
    /// The documented 100 a second.
    Documented,
}

/// A finished job, as far as the estimate cares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finished {
    /// Profiles decided.
    pub profiles: i64,
    /// From start to end, pauses not counted, milliseconds.
    pub work_ms: i64,
}

/// An estimate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// At best.
    pub seconds_low: i64,
    /// At worst.
    pub seconds_high: i64,
    /// Profiles a second that it reckons with.
    pub rate: f64,
    /// What the rate rests on.
    pub basis: Basis,
    /// How many finished jobs were looked at.
    pub jobs: u32,
    /// At the documented 100 a second.
    pub documented_seconds: i64,
}

/// Estimates the deletion of `profiles` from the newest finished jobs (newest first) and the limit set by the person.
#[must_use]
pub fn estimate(profiles: i64, finished: &[Finished], max_rate: Option<i64>) -> Estimate {
    let rates: Vec<f64> = finished
        .iter()
        .filter(|job| job.profiles >= PROFILES_MIN)
        .take(JOBS_LOOKED_AT)
        .map(|job| lossy(job.profiles) * 1000.0 / lossy(job.work_ms.max(1)))
        .collect();
    let (basis, slow, fast) = if rates.is_empty() {
        (Basis::Documented, DOCUMENTED_RATE, DOCUMENTED_RATE)
    } else {
        let slow = rates.iter().copied().fold(f64::INFINITY, f64::min);
        (Basis::Measured, slow, rates.iter().copied().fold(0.0, f64::max))
    };
    let cap = max_rate.map_or(f64::INFINITY, lossy);
    let (slow, fast) = (slow.min(cap), fast.min(cap));
    let people = lossy(profiles);
    let (low, high) = match basis {
        Basis::Documented => (people / fast, people / slow),
        Basis::Measured | Basis::Probed => (people / fast / MARGIN, people / slow * MARGIN + FIXED_SECONDS),
    };
    Estimate {
        seconds_low: whole(low.floor()),
        seconds_high: whole(high.ceil()),
        rate: if rates.is_empty() {
            slow
        } else {
            (rates.iter().sum::<f64>() / lossy_len(rates.len())).min(cap)
        },
        basis,
        jobs: u32::try_from(rates.len()).unwrap_or(u32::MAX),
        documented_seconds: whole((people / DOCUMENTED_RATE).ceil()),
    }
}

/// A length of time in words, rounded to what can be known: `under 1 second`, `about 20 to 30 seconds`, `3 minutes`.
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

#[expect(
    clippy::cast_precision_loss,
    reason = "a duration for people to read; 2^53 profiles are out of reach"
)]
const fn lossy(n: i64) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "at most JOBS_LOOKED_AT")]
const fn lossy_len(n: usize) -> f64 {
    n as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what a duration wants"
)]
const fn whole(seconds: f64) -> i64 {
    seconds as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_history_the_documented_rate_is_the_basis() {
        let e = estimate(18_196, &[], None);
        assert_eq!(
            (e.basis, e.documented_seconds, e.seconds_low, e.seconds_high),
            (Basis::Documented, 182, 181, 182)
        );
    }

    #[test]
    fn history_gives_a_range_that_holds_the_middle() {
        let jobs = [
            Finished {
                profiles: 10_000,
                work_ms: 100,
            },
            Finished {
                profiles: 10_000,
                work_ms: 200,
            },
        ];
        let e = estimate(1_000_000, &jobs, None);
        assert_eq!((e.basis, e.jobs), (Basis::Measured, 2));
        assert!(e.seconds_low <= 10 && e.seconds_high >= 20, "{e:?}");
    }

    #[test]
    fn a_limit_set_by_the_person_is_the_rate() {
        let jobs = [Finished {
            profiles: 10_000,
            work_ms: 100,
        }];
        let e = estimate(3_000, &jobs, Some(300));
        assert!(e.seconds_high >= 10 && e.rate <= 300.0, "{e:?}");
    }

    #[test]
    fn words_are_rounded_to_the_unit() {
        assert_eq!(range_in_words(0, 1), "under 1 second");
        assert_eq!(range_in_words(20, 30), "about 20 to 30 seconds");
        assert_eq!(range_in_words(182, 182), "about 3 to 4 minutes");
        assert_eq!(range_in_words(0, 3), "under 3 seconds");
        assert_eq!(range_in_words(432_000, 432_000), "about 5 days");
    }
}
