//! A plan in ready words, made on the server: what the live part of a job's page shows and polls.

use super::{badges::job_tone, one_or_many, stamp};
use crate::paths;
use domain::{
    estimate::range_in_words,
    guard::grouped,
    id::JobId,
    job::{Intent, Job, JobState},
    plan::{Plan, PlanState},
};
use serde::{Deserialize, Serialize};

/// Jobs that are listed at once; of a longer plan those around the one whose turn it is.
const ROWS_MAX: usize = 20;
/// How many of them come before it.
const ROWS_BEFORE: usize = 5;

/// A plan in ready words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanView {
    /// `Job 2 of 3`.
    pub note: String,
    /// Where it stands, and what comes next by itself.
    pub sentence: String,
    /// Whole percent; `None` while the target set is not known.
    pub percent: Option<i64>,
    /// `71 of 150 deleted`.
    pub line: String,
    /// `about 20 to 30 seconds left`.
    pub eta: String,
    /// The bar's class.
    pub bar: String,
    /// The jobs, or some of them.
    pub rows: Vec<PlanRow>,
    /// Which of them, where not all are listed.
    pub part: Option<String>,
    /// Whether this page's job can be left out by itself.
    pub may_skip: bool,
    /// When this was so.
    pub as_of: String,
    /// Whether all of it is over.
    pub over: bool,
}

/// One job of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    /// `Job 2`.
    pub name: String,
    /// Its number.
    pub number: String,
    /// The address of its page.
    pub href: String,
    /// Whether that is this page.
    pub here: bool,
    /// Its status.
    pub status: String,
    /// The badge's class.
    pub badge: String,
    /// How many are deleted.
    pub deleted: String,
    /// Of how many.
    pub of: String,
}

impl PlanView {
    /// Puts a plan into words for the page of one of its jobs, for somebody who may steer it or not.
    pub fn of(plan: &Plan, here: JobId, ds: &str, may_steer: bool) -> Self {
        let own = plan.jobs.iter().find(|job| job.id == here);
        let own_no = own.and_then(|job| job.plan).map_or(0, |place| place.job);
        let may_skip = own.is_some_and(|job| {
            may_steer
                && job.state != JobState::Freezing
                && i64::from(own_no) < wire(plan.jobs.len())
                && job.intent.may_become(Intent::Cancel, job.state)
        });
        let (rows, part) = rows(plan, here, ds);
        let as_of = plan.jobs.first().map(|job| stamp(job.as_of)).unwrap_or_default();
        Self {
            note: format!("this is job {own_no} of {}", plan.jobs.len()),
            sentence: sentence(plan),
            percent: plan.progress.percent,
            line: format!(
                "{} of {} deleted",
                grouped(plan.counts.deleted),
                grouped(plan.counts.matched)
            ),
            eta: eta(plan),
            bar: bar(plan).to_owned(),
            rows,
            part,
            may_skip,
            as_of,
            over: plan.state != PlanState::Running,
        }
    }
}

fn sentence(plan: &Plan) -> String {
    let all = one_or_many(wire(plan.jobs.len()), "job", "jobs");
    let jobs = |state: JobState| {
        let ended = plan.jobs.iter().filter(|job| job.state == state);
        one_or_many(wire(ended.count()), "job", "jobs")
    };
    match plan.state {
        PlanState::Running => format!(
            "One confirmation and one list of people in {all}, which run one after another by themselves. Pausing one holds those behind it; cancelling one cancels those behind it too."
        ),
        PlanState::Completed => format!(
            "All {all} have run to their end: {}.",
            plan.counts.who_is_left()
        ),
        PlanState::CompletedWithLeftovers => format!(
            "All {all} have run to their end: {} of the list, each with a reason.",
            plan.counts.who_is_left()
        ),
        PlanState::Cancelled => format!(
            "{} of {all} cancelled. {} of the list are kept.",
            jobs(JobState::Cancelled),
            grouped(plan.counts.left)
        ),
        PlanState::Failed => {
            "A job failed, so those behind it were not begun. Its page says why; the people of the others are kept."
                .to_owned()
        }
    }
}

fn eta(plan: &Plan) -> String {
    match (plan.progress.eta_low, plan.progress.eta_high) {
        _ if plan.state != PlanState::Running => String::new(),
        (Some(low), Some(high)) if plan.rests() => {
            format!("{} left once it goes on", range_in_words(low, high))
        }
        (Some(low), Some(high)) => format!("{} left in all", range_in_words(low, high)),
        _ => String::new(),
    }
}

fn bar(plan: &Plan) -> &'static str {
    match plan.state {
        PlanState::Running if plan.rests() => "still",
        PlanState::Running => "",
        PlanState::Completed | PlanState::CompletedWithLeftovers => "over",
        PlanState::Cancelled | PlanState::Failed => "stopped",
    }
}

fn rows(plan: &Plan, here: JobId, ds: &str) -> (Vec<PlanRow>, Option<String>) {
    let row = |job: &Job| PlanRow {
        name: format!("Job {}", job.plan.map_or(0, |place| place.job)),
        number: job.id.number(),
        href: paths::job(ds, job.id),
        here: job.id == here,
        status: job.status.title().to_owned(),
        badge: job_tone(job.status).to_owned(),
        deleted: grouped(job.counts.deleted),
        of: grouped(job.counts.matched),
    };
    let all = plan.jobs.len();
    if all <= ROWS_MAX {
        return (plan.jobs.iter().map(row).collect(), None);
    }
    let turn = plan
        .jobs
        .iter()
        .position(|job| !job.state.terminal())
        .unwrap_or(all);
    let from = turn.saturating_sub(ROWS_BEFORE).min(all - ROWS_MAX);
    let part = format!(
        "Jobs {} to {} of {}.",
        from + 1,
        from + ROWS_MAX,
        grouped(wire(all))
    );
    let some = plan.jobs.iter().skip(from).take(ROWS_MAX);
    (some.map(row).collect(), Some(part))
}

fn wire(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
