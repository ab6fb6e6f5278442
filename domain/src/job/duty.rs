//! The duty cycle: after each batch the job rests for a part of the time that the batch took, so that others get their
//! turn. The part is nothing while nobody else is slowed down, grows step by step while they are, and falls again by itself.
//!
//! A rest in proportion to the work needs no knowledge of the machine: what is slow rests longer (gh-ost's "nice ratio").

use serde::{Deserialize, Serialize};

/// The job rests at most four times as long as it works: a fifth of the machine is left to it, so that it ends some day.
pub const DUTY_PERCENT_MAX: u16 = 400;
/// A step up. Eight of them lead from nothing to the most, so within two seconds at four looks a second.
const STEP_UP: u16 = 50;
/// A step down: half as large, so that it does not swing between two extremes.
const STEP_DOWN: u16 = 25;
/// Requests of people are slow when 95 of 100 take longer than this: from a tenth of a second on, a wait is noticed.
pub const FOREGROUND_SLOW_MS: i64 = 100;

/// How long the job rests, in percent of the time that it worked: 0 to 400.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Duty(u16);

impl Duty {
    /// In percent of the time worked.
    #[must_use]
    pub const fn percent(self) -> u16 {
        self.0
    }

    /// One look further: `p95_ms` is the time within which 95 of 100 requests of people were answered lately; `None` while
    /// too few came to say so.
    #[must_use]
    pub fn after(self, p95_ms: Option<i64>) -> Self {
        Self(match p95_ms {
            Some(p95) if p95 > FOREGROUND_SLOW_MS => (self.0 + STEP_UP).min(DUTY_PERCENT_MAX),
            _ => self.0.saturating_sub(STEP_DOWN),
        })
    }

    /// The rest after work of `work_ms` milliseconds, in milliseconds.
    #[must_use]
    pub fn rest_ms(self, work_ms: i64) -> i64 {
        work_ms.max(0).saturating_mul(i64::from(self.0)) / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn p95() -> impl Strategy<Value = Option<i64>> {
        prop::option::of(-10_i64..10_000)
    }

    fn duty() -> impl Strategy<Value = Duty> {
        (0..=DUTY_PERCENT_MAX).prop_map(Duty)
    }

    proptest! {
        #[test]
        fn it_stays_between_nothing_and_four_times(looks in prop::collection::vec(p95(), 0..200)) {
            let mut duty = Duty::default();
            for look in looks {
                duty = duty.after(look);
                prop_assert!(duty.percent() <= DUTY_PERCENT_MAX);
            }
        }

        #[test]
        fn slower_requests_and_more_rest_before_never_mean_less_rest(a in p95(), b in p95(), x in duty(), y in duty()) {
            // `None` orders below every number, as it should: nobody is there.
            let (quick, slow) = (a.min(b), a.max(b));
            let (little, much) = (x.min(y), x.max(y));
            prop_assert!(little.after(quick) <= much.after(slow));
        }

        #[test]
        fn it_falls_to_nothing_by_itself(duty in duty(), quick in prop::option::of(0..=FOREGROUND_SLOW_MS)) {
            let mut duty = duty;
            for _ in 0..=DUTY_PERCENT_MAX / STEP_DOWN {
                let next = duty.after(quick);
                prop_assert!(next < duty || duty == Duty::default());
                duty = next;
            }
            prop_assert_eq!(duty, Duty::default());
        }

        #[test]
        fn the_rest_is_in_proportion(duty in duty(), work in 0_i64..1_000_000) {
            let rest = duty.rest_ms(work);
            prop_assert!((0..=work * 4).contains(&rest));
            prop_assert!(duty.rest_ms(work + 1) >= rest);
        }
    }

    #[test]
    fn it_rises_step_by_step_while_people_wait() {
        let mut duty = Duty::default();
        let mut seen = Vec::new();
        for _ in 0..9 {
            duty = duty.after(Some(FOREGROUND_SLOW_MS + 1));
            seen.push(duty.percent());
        }
        assert_eq!(seen, [50, 100, 150, 200, 250, 300, 350, 400, 400]);
    }
}
