//! How far and how long still: counted rows only, 99 % until verified, never backwards, unknown before it is known.

use super::{Counts, JobState};
use serde::{Deserialize, Serialize};

/// Batches before the rate means anything.
const BATCHES_MIN: i64 = 3;
/// Until verified, percent stops here.
const PERCENT_UNVERIFIED_MAX: i64 = 99;
/// The range around the expected remaining time.
const ETA_LOW: f64 = 0.8;
/// See `ETA_LOW`.
const ETA_HIGH: f64 = 1.4;

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Whole percent, 0 to 100; `None` while the target set is not known.
    pub percent: Option<i64>,
    /// Profiles a second, moving average incl. rests; `None` before three batches.
    pub rate: Option<f64>,
    /// Seconds left at best.
    pub eta_low: Option<i64>,
    /// Seconds left at worst.
    pub eta_high: Option<i64>,
    /// Batches committed.
    pub batches: i64,
}

impl Progress {
    /// Works it out from what is stored.
    #[must_use]
    pub fn of(state: JobState, counts: &Counts, verified: bool, batches: i64, rate: Option<f64>) -> Self {
        let percent = match state {
            JobState::Freezing => None,
            _ if counts.matched == 0 => Some(if verified { 100 } else { 0 }),
            _ => {
                let reached = counts.decided() * 100 / counts.matched;
                Some(if verified {
                    reached
                } else {
                    reached.min(PERCENT_UNVERIFIED_MAX)
                })
            }
        };
        let known = batches >= BATCHES_MIN || counts.decided() * 100 >= counts.matched.max(1);
        let rate = rate.filter(|rate| known && batches > 0 && *rate > 0.0);
        let eta = rate.filter(|_| state == JobState::Deleting && counts.left > 0);
        let seconds = eta.map(|rate| lossy(counts.left) / rate);
        Self {
            percent,
            rate,
            eta_low: seconds.map(|s| whole((s * ETA_LOW).floor())),
            eta_high: seconds.map(|s| whole((s * ETA_HIGH).ceil())),
            batches,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate for people to read; 2^53 profiles are out of reach"
)]
const fn lossy(n: i64) -> f64 {
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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_over_99_before_verification_and_never_backwards(
            matched in 1_i64..10_000_000, steps in prop::collection::vec(0_i64..1_000_000, 1..20)
        ) {
            let (mut decided, mut last) = (0, 0);
            for step in steps {
                decided = (decided + step).min(matched);
                let counts = Counts::of(matched, decided, 0, 0, 0, 0);
                let p = Progress::of(JobState::Deleting, &counts, false, 10, Some(5.0));
                let percent = p.percent.unwrap_or(-1);
                prop_assert!((last..=99).contains(&percent));
                last = percent;
            }
        }

        #[test]
        fn neither_speed_nor_end_is_known_before_three_batches_or_one_percent(
            matched in 101_i64..10_000_000, batches in 0_i64..10, share in 0.0..0.03_f64, rate in 1.0..200_000.0_f64
        ) {
            let decided = whole(lossy(matched) * share);
            let counts = Counts::of(matched, decided, 0, 0, 0, 0);
            let p = Progress::of(JobState::Deleting, &counts, false, batches, Some(rate));
            let known = batches >= BATCHES_MIN || (batches > 0 && decided * 100 >= matched);
            prop_assert_eq!((p.rate.is_some(), p.eta_low.is_some(), p.eta_high.is_some()), (known, known, known));
        }

        #[test]
        fn a_hundred_percent_is_said_of_a_verified_job_alone(
            matched in 0_i64..10_000_000, share in 0.0..=1.0_f64, state in prop::sample::select(JobState::ALL.to_vec()), verified: bool
        ) {
            let decided = whole(lossy(matched) * share);
            let p = Progress::of(state, &Counts::of(matched, decided, 0, 0, 0, 0), verified, 10, Some(5.0));
            prop_assert!(verified || p.percent.unwrap_or(0) <= PERCENT_UNVERIFIED_MAX);
            prop_assert!((0..=100).contains(&p.percent.unwrap_or(0)));
        }

        #[test]
        fn an_eta_is_a_range_that_holds_the_expectation(left in 1_i64..10_000_000, rate in 1.0..200_000.0_f64) {
            let counts = Counts::of(left * 2, left, 0, 0, 0, 0);
            let p = Progress::of(JobState::Deleting, &counts, false, 10, Some(rate));
            let expected = lossy(left) / rate;
            prop_assert!(lossy(p.eta_low.unwrap_or(i64::MAX)) <= expected);
            prop_assert!(lossy(p.eta_high.unwrap_or(0)) >= expected);
        }
    }

    #[test]
    fn unknown_before_it_is_known() {
        let counts = Counts::of(1_000_000, 10, 0, 0, 0, 0);
        let p = Progress::of(JobState::Deleting, &counts, false, 2, Some(100.0));
        assert_eq!((p.rate, p.eta_low, p.eta_high), (None, None, None));
        assert_eq!(
            Progress::of(JobState::Freezing, &Counts::default(), false, 0, None).percent,
            None
        );
    }

    #[test]
    fn verified_with_everyone_decided_is_100() {
        let counts = Counts::of(10, 8, 1, 0, 1, 0);
        assert_eq!(
            Progress::of(JobState::Completed, &counts, true, 1, None).percent,
            Some(100)
        );
    }
}
