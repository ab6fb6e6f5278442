//! The plan: in how many jobs a deletion is done, so that none takes longer than allowed.

use crate::impact::PlannedJob;

/// Longest job where nothing else is set: five days, the documented limit.
pub const JOB_SECONDS_MAX: i64 = 432_000;
/// Most jobs of one plan: a rate so low that more were needed is a mistake rather than a plan.
pub const JOBS_MAX: i64 = 1_000;

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
    let (each, larger) = (profiles / jobs, profiles % jobs);
    (1_u32..)
        .zip(0..jobs)
        .map(|(job, index)| {
            let profiles = each + i64::from(index < larger);
            PlannedJob {
                job,
                profiles,
                seconds: whole((lossy(profiles) / rate).ceil()).max(1),
            }
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

    proptest! {
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
