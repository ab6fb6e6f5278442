//! How fast a job may go: how large its next batch may be, how long it rests after one, and the moving average of its speed.
//!
//! The rest is worked out anew whenever it is asked for, from the limit and the duty cycle of that moment. So a limit that is
//! raised takes effect at once, also in the middle of a long rest.

use super::Duty;

/// Under a limit a batch holds at most the people of this part of a second, so that pausing is quick and pace even.
const BATCHES_PER_SECOND: i64 = 5;
/// Weight of the newest batch in the moving average.
const NEWEST_WEIGHT: f64 = 0.25;
/// Of the time between two batches that nobody planned, at most this much counts for the speed: it is the turns of other jobs
/// and the looking in between. What is longer is a pause or a hold, and says nothing about how fast the job goes.
const BETWEEN_MS_MAX: i64 = 1_000;

/// A batch that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Targets decided.
    pub targets: i64,
    /// How long it took, milliseconds.
    pub work_ms: i64,
    /// The limit under which it was done, profiles a second; `None`: no limit.
    pub max_rate: Option<i64>,
}

impl Batch {
    /// How long the job rests after this batch, milliseconds from its end.
    ///
    /// Two things ask for a rest, and the longer one is taken. The limit: the batch's targets are due in `targets / max_rate`
    /// seconds. The duty cycle: see `Duty`. A limit that was lowered since holds from the next batch on, which is sized by
    /// it: else a large batch done before would be paid for with hours.
    #[must_use]
    pub fn rest_ms(&self, max_rate: Option<i64>, duty: Duty) -> i64 {
        let limit = match (self.max_rate, max_rate) {
            (Some(then), Some(now)) => Some(then.max(now)),
            _ => None,
        };
        let due = limit.map_or(0, |rate| self.targets.max(0).saturating_mul(1_000) / rate.max(1));
        (due - self.work_ms.max(0)).max(duty.rest_ms(self.work_ms)).max(0)
    }

    /// The time that this batch stands for in the moving average, milliseconds: its work, the rest after it, and what passed
    /// between the end of the rest before it and its own beginning (`between_ms`), pauses and holds left out.
    #[must_use]
    pub fn cycle_ms(&self, duty: Duty, between_ms: i64) -> i64 {
        let rest = self.rest_ms(self.max_rate, duty);
        (self.work_ms.max(0) + rest + between_ms.clamp(0, BETWEEN_MS_MAX)).max(1)
    }
}

/// How many targets the next batch may hold under a limit of profiles a second; `None`: the limit has no say.
#[must_use]
pub fn batch_max(max_rate: Option<i64>) -> Option<i64> {
    max_rate.map(|rate| (rate / BATCHES_PER_SECOND).max(1))
}

/// The moving average of speed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pace {
    /// Profiles a second so far.
    pub rate: Option<f64>,
}

impl Pace {
    /// Takes in a batch of `profiles` that took `ms` including the rest after it.
    #[must_use]
    pub fn with(self, profiles: i64, ms: i64) -> Self {
        let now = lossy(profiles) * 1000.0 / lossy(ms.max(1));
        let rate = self
            .rate
            .map_or(now, |before| before + NEWEST_WEIGHT * (now - before));
        Self { rate: Some(rate) }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate for people to read; 2^53 profiles are out of reach"
)]
const fn lossy(n: i64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limit() -> impl Strategy<Value = Option<i64>> {
        prop::option::of(1_i64..10_000_000)
    }

    fn duty(looks: usize) -> Duty {
        (0..looks).fold(Duty::default(), |duty, _| duty.after(Some(i64::MAX)))
    }

    proptest! {
        #[test]
        fn a_limit_is_kept_by_batch_and_rest_together(
            rate in 1_i64..10_000_000, share in 1_i64..=100, work_ms in 0_i64..60_000, looks in 0_usize..10
        ) {
            let size = batch_max(Some(rate)).unwrap_or(0);
            prop_assert!(size >= 1 && size <= (rate / 5).max(1));
            let targets = (size * share / 100).max(1);
            let batch = Batch { targets, work_ms, max_rate: Some(rate) };
            let ms = work_ms + batch.rest_ms(Some(rate), duty(looks));
            // Whole milliseconds: what is cut off is less than one.
            prop_assert!(targets * 1_000 < (ms + 1) * rate);
        }

        #[test]
        fn a_raised_limit_never_makes_the_rest_longer_and_no_limit_ends_it(
            targets in 1_i64..100_000, work_ms in 0_i64..1_000, then in limit(), a in 1_i64..1_000_000, b in 1_i64..1_000_000
        ) {
            let batch = Batch { targets, work_ms, max_rate: then };
            let (low, high) = (a.min(b), a.max(b));
            let rest = |rate| batch.rest_ms(rate, Duty::default());
            prop_assert!(rest(Some(high)) <= rest(Some(low)));
            prop_assert_eq!(rest(None), 0);
            prop_assert!(rest(Some(low)) <= rest(then), "a lowered limit does not reach back");
        }

        #[test]
        fn the_duty_cycle_rests_in_proportion_whatever_the_limit(
            targets in 1_i64..100_000, work_ms in 0_i64..60_000, rate in limit(), looks in 0_usize..10
        ) {
            let batch = Batch { targets, work_ms, max_rate: rate };
            prop_assert!(batch.rest_ms(rate, duty(looks)) >= duty(looks).rest_ms(work_ms));
        }

        #[test]
        fn a_pause_says_nothing_about_speed(targets in 1_i64..100_000, work_ms in 1_i64..60_000, pause in 0_i64..i64::MAX) {
            let batch = Batch { targets, work_ms, max_rate: None };
            prop_assert!(batch.cycle_ms(Duty::default(), pause) <= work_ms + BETWEEN_MS_MAX);
        }

        #[test]
        fn the_average_stays_between_the_slowest_and_the_fastest(
            batches in prop::collection::vec((1_i64..20_000, 1_i64..60_000), 1..50)
        ) {
            let speed = |(n, ms): &(i64, i64)| lossy(*n) * 1000.0 / lossy(*ms);
            let low = batches.iter().map(speed).fold(f64::INFINITY, f64::min);
            let high = batches.iter().map(speed).fold(0.0, f64::max);
            let pace = batches.iter().fold(Pace::default(), |pace, (n, ms)| pace.with(*n, *ms));
            let rate = pace.rate.unwrap_or(-1.0);
            prop_assert!(rate >= low * 0.999_999 && rate <= high * 1.000_001);
        }
    }

    #[test]
    fn thirty_seconds_of_rest_end_when_the_limit_goes_up() {
        let batch = Batch {
            targets: 30,
            work_ms: 5,
            max_rate: Some(1),
        };
        assert_eq!(batch.rest_ms(Some(1), Duty::default()), 29_995);
        assert_eq!(batch.rest_ms(Some(1_000), Duty::default()), 25);
        assert_eq!(batch.rest_ms(None, Duty::default()), 0);
    }
}
