//! An estimate in words: always with its basis, always with the documented speed beside it.

use super::job_words::rounded;
use crate::api::deletion::EstimateView;
use domain::{
    estimate::{Accuracy, Basis, DOCUMENTED_RATE, Estimate, range_in_words, seconds_in_words},
    guard::grouped,
};

/// How long, on what basis, what is included, in how many jobs. `limit`: the speed that the person set; `seconds_max`: the
/// longest job that is allowed.
pub fn estimate_words(
    estimate: &Estimate,
    jobs: usize,
    limit: Option<i64>,
    seconds_max: i64,
) -> EstimateView {
    let rate = grouped(rounded(estimate.rate));
    let basis = match (estimate.basis, limit) {
        // The limit is what decides, to the rounding of numbers that are no whole ones.
        (_, Some(limit)) if lossy(limit) <= estimate.rate * 1.001 => {
            format!("At your limit of {} profiles a second.", grouped(limit))
        }
        (Basis::Measured, _) => format!(
            "Measured on this server: about {rate} profiles a second over the last {}.",
            if estimate.jobs == 1 {
                "job".to_owned()
            } else {
                format!("{} jobs", estimate.jobs)
            }
        ),
        (Basis::Probed, _) => format!(
            "Measured on this server by a trial that was rolled back: about {rate} profiles a second."
        ),
        (Basis::Documented, _) => {
            "Nothing has been measured on this server yet, so this reckons with the usual 100 a second."
                .to_owned()
        }
    };
    let usual = match estimate.basis {
        Basis::Documented => String::new(),
        _ => format!(
            " At the usual {DOCUMENTED_RATE} a second it would be {}.",
            range_in_words(estimate.documented_seconds, estimate.documented_seconds)
        ),
    };
    EstimateView {
        words: range_in_words(estimate.seconds_low, estimate.seconds_high),
        basis: format!("{basis}{usual}"),
        includes: includes(estimate),
        plan: plan_words(jobs, seconds_max),
        jobs,
        quiet: estimate.quiet,
    }
}

/// What the range holds besides deleting, and what it does not.
fn includes(estimate: &Estimate) -> String {
    let copy = match estimate.copy_seconds {
        0 => "the check of who is left and the wiping of freed space".to_owned(),
        seconds => format!(
            "the check of who is left, the wiping of freed space, and {} until the data warehouse has a copy of everyone",
            range_in_words(seconds, seconds)
        ),
    };
    let quiet = if estimate.quiet {
        " Quiet hours are included."
    } else {
        ""
    };
    match estimate.basis {
        Basis::Documented if estimate.copy_seconds == 0 => {
            format!("A waiting period and the turn of other deletions come on top.{quiet}")
        }
        Basis::Documented => format!(
            "It includes {} until the data warehouse has a copy of everyone. A waiting period and the turn of other deletions come on top.{quiet}",
            range_in_words(estimate.copy_seconds, estimate.copy_seconds)
        ),
        Basis::Measured | Basis::Probed => format!(
            "It includes {copy}. A waiting period and the turn of other deletions come on top.{quiet}"
        ),
    }
}

/// In how many jobs, and why.
fn plan_words(jobs: usize, seconds_max: i64) -> String {
    let longest = seconds_in_words(seconds_max);
    match jobs {
        0 | 1 => format!("One job is enough: it may take up to {longest}."),
        n => format!("In {n} jobs, one after another: one may take {longest} at most."),
    }
}

/// How good the newest estimates were.
pub fn accuracy_words(accuracy: Option<Accuracy>) -> String {
    let Some(it) = accuracy else {
        return "No estimate has been checked against a finished deletion of this dataset yet.".to_owned();
    };
    let last = match it.jobs {
        1 => "The last estimate was".to_owned(),
        n => format!("The last {n} estimates were"),
    };
    match it.off_percent {
        0 => format!("{last} within a second of what the deletion took."),
        off => {
            let range = match (it.within, it.jobs) {
                (1, 1) => "inside the range".to_owned(),
                (_, 1) => "outside the range".to_owned(),
                (all, jobs) if all == jobs => "all inside their range".to_owned(),
                (some, _) => format!("{some} inside their range"),
            };
            format!("{last} within {off} % of what the deletions took, {range}.")
        }
    }
}

/// The delete page's question.
pub fn headline(profiles: i64) -> String {
    format!("Delete {}?", super::one_or_many(profiles, "profile", "profiles"))
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
const fn lossy(n: i64) -> f64 {
    n as f64
}
