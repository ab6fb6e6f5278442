//! An estimate in words: always with its basis, always with the documented speed beside it.

use crate::api::deletion::EstimateView;
use domain::{
    estimate::{Basis, DOCUMENTED_RATE, Estimate, range_in_words},
    guard::grouped,
};

/// How long, on what basis, in how many jobs.
pub fn estimate_words(estimate: &Estimate, jobs: usize, limit: Option<i64>) -> EstimateView {
    let rate = grouped(rounded(estimate.rate));
    let basis = match (estimate.basis, limit) {
        (_, Some(limit)) if lossy(limit) <= estimate.rate => {
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
    let plan = match jobs {
        0 | 1 => " One job is enough.".to_owned(),
        n => format!(" That is longer than one job may take, so {n} jobs run one after another."),
    };
    EstimateView {
        words: range_in_words(estimate.seconds_low, estimate.seconds_high),
        basis: format!("{basis}{usual}{plan}"),
    }
}

/// The delete page's question.
pub fn headline(profiles: i64) -> String {
    format!("Delete {}?", super::one_or_many(profiles, "profile", "profiles"))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and a rate for people is far below it"
)]
fn rounded(rate: f64) -> i64 {
    let step = if rate >= 1_000.0 { 100.0 } else { 1.0 };
    ((rate / step).round() * step) as i64
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
const fn lossy(n: i64) -> f64 {
    n as f64
}
