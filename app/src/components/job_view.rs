//! A job in ready words, made on the server: what the live part of its page shows and polls, so that the browser formats
//! nothing.

use super::{badges::job_tone, gap, job_words, one_or_many, stamp};
use domain::{
    guard::grouped,
    job::{Intent, Job, JobState, JobStatus},
};
use serde::{Deserialize, Serialize};

/// A job in ready words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobView {
    /// Its status.
    pub status: String,
    /// The badge's class.
    pub badge: String,
    /// What the status means, and what can be done.
    pub sentence: String,
    /// Why it does not move.
    pub reason: Option<String>,
    /// Whole percent; `None` while the target set is not known.
    pub percent: Option<i64>,
    /// `11,281 of 18,196 deleted`.
    pub line: String,
    /// `about 20 to 30 seconds left`.
    pub eta: String,
    /// The bar's class.
    pub bar: String,
    /// The counts.
    pub tiles: Vec<TileView>,
    /// The phases.
    pub steps: Vec<StepView>,
    /// How fast.
    pub speed: String,
    /// Whether Pause is offered.
    pub may_pause: bool,
    /// Whether Resume is offered.
    pub may_resume: bool,
    /// Whether Cancel is offered.
    pub may_cancel: bool,
    /// What is said aloud: changes at the start, each quarter, pause and end alone.
    pub spoken: String,
    /// When this was so.
    pub as_of: String,
    /// Whether it changes by the second.
    pub quick: bool,
    /// Whether it is over.
    pub over: bool,
}

/// One count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileView {
    /// What is counted.
    pub name: String,
    /// How many.
    pub figure: String,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub note: String,
    /// `done`, `now`, `halted` or nothing.
    pub class: String,
}

impl JobView {
    /// Puts a job into words, for somebody who may steer it or not.
    pub fn of(job: &Job, may_steer: bool) -> Self {
        let may = |wish| may_steer && job.intent.may_become(wish, job.state);
        let counts = job.counts;
        Self {
            status: job.status.title().to_owned(),
            badge: job_tone(job.status).to_owned(),
            sentence: job_words::sentence(job),
            reason: job.reason_paused.clone().filter(|_| !job.state.terminal()),
            percent: job.progress.percent,
            line: format!(
                "{} of {} deleted",
                grouped(counts.deleted),
                grouped(counts.matched)
            ),
            eta: job_words::eta(job),
            bar: bar(job.status).to_owned(),
            tiles: tiles(job),
            steps: steps(job),
            speed: job_words::speed(job),
            may_pause: may(Intent::Hold),
            may_resume: may(Intent::Run),
            may_cancel: may(Intent::Cancel),
            spoken: job_words::spoken(job),
            as_of: stamp(job.as_of),
            quick: job.state.holds_place() || job.state == JobState::Freezing,
            over: job.state.terminal(),
        }
    }
}

const fn bar(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Completed | JobStatus::CompletedWithLeftovers => "over",
        JobStatus::Cancelled | JobStatus::Failed => "stopped",
        JobStatus::Paused | JobStatus::Interrupted | JobStatus::Waiting => "still",
        _ => "",
    }
}

fn tiles(job: &Job) -> Vec<TileView> {
    let counts = job.counts;
    let left = if job.state.terminal() {
        "Left"
    } else {
        "Still to go"
    };
    let rows = [
        ("Deleted", counts.deleted),
        ("Spared", counts.spared),
        ("Held", counts.held),
        ("Failed", counts.failed),
        ("Already gone", counts.gone),
        (left, counts.left),
    ];
    rows.into_iter()
        .map(|(name, n)| TileView {
            name: name.to_owned(),
            figure: grouped(n),
        })
        .collect()
}

/// The phases as people see them, each with the states that it stands for.
const STEPS: [(JobState, &str); 6] = [
    (JobState::Freezing, "List fixed"),
    (JobState::Deleting, "Deleting"),
    (JobState::Sweeping, "Cleaning up"),
    (JobState::Verifying, "Checking who is left"),
    (JobState::Scrubbing, "Wiping freed space"),
    (JobState::Sealing, "Finishing"),
];

fn steps(job: &Job) -> Vec<StepView> {
    let halted = matches!(
        job.status,
        JobStatus::Paused | JobStatus::Waiting | JobStatus::Interrupted
    );
    STEPS
        .iter()
        .map(|(state, name)| step(job, *state, name, halted))
        .collect()
}

fn step(job: &Job, state: JobState, name: &str, halted: bool) -> StepView {
    let phase = job.phases.iter().rev().find(|phase| phase.name == state);
    let ended = phase.and_then(|phase| phase.finished_at);
    let class = match phase {
        Some(_) if job.state == state && halted => "halted",
        Some(_) if job.state == state => "now",
        Some(_) => "done",
        None => "",
    };
    let note = match (state, phase, ended) {
        (JobState::Freezing, Some(_), Some(at)) => {
            format!("{} at {}", grouped(job.counts.matched), stamp(at))
        }
        (JobState::Deleting, Some(_), None) => {
            job.progress.percent.map(|p| format!("{p} %")).unwrap_or_default()
        }
        (_, Some(phase), Some(at)) => gap(phase.started_at, at),
        _ => String::new(),
    };
    StepView {
        name: name.to_owned(),
        note,
        class: class.to_owned(),
    }
}

/// `18,196 profiles`.
pub fn profiles(n: i64) -> String {
    one_or_many(n, "profile", "profiles")
}
