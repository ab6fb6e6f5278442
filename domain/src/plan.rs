//! The plan: in how many jobs a deletion is done, so that none takes longer than allowed. One confirmation and one frozen
//! set; each job has a part of that set, and they run one after another.

mod standing;

pub use standing::{Plan, PlanState};

use crate::{
    estimate::seconds_in_words,
    id::JobId,
    impact::PlannedJob,
    problem::{Code, Problem},
};
use serde::{Deserialize, Serialize};

/// Longest job where nothing else is set: five days, the documented limit.
pub const JOB_SECONDS_MAX: i64 = 432_000;
/// Most jobs of one plan: a rate so low that more were needed is a mistake rather than a plan.
pub const JOBS_MAX: i64 = 1_000;

/// The least that can be set: a limit below it would leave nothing for a job to do.
pub const JOB_SECONDS_LEAST: i64 = 1;
/// The most that can be set: a year.
pub const JOB_SECONDS_MOST: i64 = 366 * 86_400;

/// A unit in which a limit is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitUnit {
    /// A second.
    Seconds,
    /// Sixty.
    Minutes,
    /// 3,600.
    Hours,
    /// 86,400.
    Days,
}

impl LimitUnit {
    /// Every unit, the shortest first.
    pub const ALL: [LimitUnit; 4] = [Self::Seconds, Self::Minutes, Self::Hours, Self::Days];

    /// Its seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Seconds => 1,
            Self::Minutes => 60,
            Self::Hours => 3_600,
            Self::Days => 86_400,
        }
    }

    /// Its name, in the plural.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text)
    }

    /// So many of the largest unit that says these seconds whole.
    #[must_use]
    pub fn fitting(seconds: i64) -> (i64, Self) {
        let whole = |unit: &Self| seconds >= unit.seconds() && seconds % unit.seconds() == 0;
        let unit = Self::ALL.into_iter().rev().find(whole).unwrap_or(Self::Seconds);
        (seconds / unit.seconds(), unit)
    }
}

/// The place of a job in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanPlace {
    /// The plan: the number of its first job.
    pub id: JobId,
    /// 1, 2, …
    pub job: u32,
    /// Of how many.
    pub of: u32,
}

/// Checks a longest job that somebody wants to set, in seconds.
///
/// # Errors
/// `invalid`, on `job_seconds_max`.
pub fn checked_limit(seconds: i64) -> Result<i64, Problem> {
    if (JOB_SECONDS_LEAST..=JOB_SECONDS_MOST).contains(&seconds) {
        return Ok(seconds);
    }
    let message = format!(
        "The longest job is {} to {}.",
        seconds_in_words(JOB_SECONDS_LEAST),
        seconds_in_words(JOB_SECONDS_MOST)
    );
    Err(Problem::because(Code::Invalid, message).on("job_seconds_max"))
}

/// The parts of `profiles` in so many jobs: of one size, give or take one profile, the larger ones first.
pub fn parts(profiles: i64, jobs: i64) -> impl Iterator<Item = i64> {
    let jobs = jobs.max(1);
    let (each, larger) = (profiles / jobs, profiles % jobs);
    (0..jobs).map(move |index| each + i64::from(index < larger))
}

/// Splits `profiles` into jobs of at most `seconds_max` each at `rate` profiles a second. The jobs are of one size, give
/// or take one profile. Nobody to delete: no job.
#[must_use]
pub fn plan(profiles: i64, rate: f64, seconds_max: i64) -> Vec<PlannedJob> {
    if profiles <= 0 {
        return Vec::new();
    }
    let rate = if rate.is_finite() && rate > 0.0 {
        rate
    } else {
        crate::estimate::DOCUMENTED_RATE
    };
    let fits = whole(rate * lossy(seconds_max.max(1))).max(1);
    let jobs = (profiles / fits + i64::from(profiles % fits != 0)).min(JOBS_MAX);
    (1_u32..)
        .zip(parts(profiles, jobs))
        .map(|(job, profiles)| PlannedJob {
            job,
            profiles,
            seconds: whole((lossy(profiles) / rate).ceil()).max(1),
        })
        .collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a duration for people to read; 2^53 profiles are out of reach"
)]
const fn lossy(n: i64) -> f64 {
    n as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what a limit wants"
)]
const fn whole(n: f64) -> i64 {
    n as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_fits_is_one_job_and_nobody_is_none() {
        assert_eq!(plan(0, 100.0, JOB_SECONDS_MAX), vec![]);
        assert_eq!(
            plan(43_200_000, 100.0, JOB_SECONDS_MAX),
            vec![PlannedJob {
                job: 1,
                profiles: 43_200_000,
                seconds: 432_000
            }]
        );
        assert_eq!(plan(43_200_001, 100.0, JOB_SECONDS_MAX).len(), 2);
    }

    #[test]
    fn a_limit_is_typed_in_the_unit_that_says_it_whole() {
        assert_eq!(LimitUnit::fitting(JOB_SECONDS_MAX), (5, LimitUnit::Days));
        assert_eq!(LimitUnit::fitting(5_400), (90, LimitUnit::Minutes));
        assert_eq!(LimitUnit::fitting(61), (61, LimitUnit::Seconds));
        for unit in LimitUnit::ALL {
            assert_eq!(LimitUnit::parse(unit.as_str()), Some(unit));
        }
    }

    #[test]
    fn a_limit_is_a_second_to_a_year() {
        assert_eq!(checked_limit(JOB_SECONDS_MAX), Ok(JOB_SECONDS_MAX));
        for bad in [0, -5, JOB_SECONDS_MOST + 1, i64::MAX] {
            let refused = checked_limit(bad).expect_err("refused");
            assert_eq!(refused.message, "The longest job is 1 second to 366 days.");
        }
    }

    proptest! {
        #[test]
        fn parts_are_alike_and_nobody_is_lost(profiles in 0_i64..100_000_000, jobs in 1_i64..1_000) {
            let all: Vec<i64> = parts(profiles, jobs).collect();
            prop_assert_eq!(i64::try_from(all.len()).unwrap_or(0), jobs);
            prop_assert_eq!(all.iter().sum::<i64>(), profiles);
            prop_assert!(all.iter().all(|part| (profiles / jobs..=profiles / jobs + 1).contains(part)));
        }

        #[test]
        fn nobody_is_lost_and_no_job_is_too_long(profiles in 1_i64..100_000_000, rate in 1_i32..200_000, limit in 600_i64..JOB_SECONDS_MAX) {
            let jobs = plan(profiles, f64::from(rate), limit);
            prop_assert_eq!(jobs.iter().map(|job| job.profiles).sum::<i64>(), profiles);
            if i64::try_from(jobs.len()).unwrap_or(0) < JOBS_MAX {
                prop_assert!(jobs.iter().all(|job| job.seconds <= limit));
            }
        }
    }
}
