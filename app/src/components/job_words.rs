//! What is said about a job: by status, by speed, aloud.

use super::{gap, job_view::profiles, stamp};
use domain::{
    estimate::{Basis, range_in_words},
    guard::grouped,
    job::{Job, JobState, JobStatus, Phase},
    time::Timestamp,
};

/// What the status means, and what can be done about it.
pub fn sentence(job: &Job) -> String {
    let deleted = grouped(job.counts.deleted);
    let stay = match job.counts.deleted {
        0 => "If you cancel, everybody is kept.".to_owned(),
        _ => format!("If you cancel, the {deleted} stay deleted and the rest are kept."),
    };
    let stay = match job.plan {
        Some(place) if place.job < place.of => format!("{stay} So are the people of the jobs behind it."),
        _ => stay,
    };
    match job.status {
        JobStatus::Freezing => "The list of people is being fixed. Nobody has been deleted yet.".to_owned(),
        JobStatus::AwaitingApproval => "A second person must agree. Nobody has been deleted yet.".to_owned(),
        JobStatus::Scheduled => format!(
            "Starts on {}. The list is fixed; nobody has been deleted yet. Until then these people still get messages.",
            start(job)
        ),
        JobStatus::Queued => match job.plan {
            Some(place) if place.job > 1 => format!(
                "Job {} of {} of a plan. It starts by itself when its turn has come. Nobody of its part has been deleted yet.",
                place.job, place.of
            ),
            _ => "Another deletion runs in this dataset. This one starts by itself after it.".to_owned(),
        },
        JobStatus::Deleting => format!("You can close this page. The job runs on the server. {stay}"),
        JobStatus::Sweeping | JobStatus::Verifying | JobStatus::Scrubbing | JobStatus::Sealing => {
            "You can close this page. Everyone's turn has come; the job is being brought to its end."
                .to_owned()
        }
        JobStatus::Pausing | JobStatus::Paused if job.state.before_deleting() => before_its_start(job),
        JobStatus::Pausing => format!("It stops before the next batch. {deleted} are deleted so far."),
        JobStatus::Paused => format!("It keeps its place and goes on when you resume it. {stay}"),
        JobStatus::Cancelling => {
            format!("It ends after the open batch. The {deleted} deleted so far stay deleted.")
        }
        JobStatus::Interrupted => {
            "The server was restarted. The job goes on by itself in a moment.".to_owned()
        }
        JobStatus::Waiting => "It goes on by itself.".to_owned(),
        JobStatus::Completed
        | JobStatus::CompletedWithLeftovers
        | JobStatus::Cancelled
        | JobStatus::Failed => ended(job),
    }
}

/// Whether its start was set to a moment that is still to come.
pub fn start_is_ahead(job: &Job) -> bool {
    matches!(job.state, JobState::Freezing | JobState::Scheduled) && job.start_at > job.as_of
}

/// What a pause before the start means: the start passes without anything happening.
fn before_its_start(job: &Job) -> String {
    let then = if start_is_ahead(job) {
        format!("If it is resumed before its start, it starts on {}.", start(job))
    } else {
        "Resumed, it starts as soon as no other deletion runs.".to_owned()
    };
    format!("It does not start as long as it is paused. {then} Nobody has been deleted yet.")
}

/// When it starts, by the clock of the zone that was named and by UTC.
pub fn start(job: &Job) -> String {
    let utc = job.start_at.date_time_short();
    match &job.start_local {
        Some(local) if !local.ends_with("(UTC)") => format!("{local}, that is {utc}"),
        _ => utc,
    }
}

fn ended(job: &Job) -> String {
    let when = job
        .finished_at
        .map(|at| format!("Ended on {}. ", at.date_time_short()))
        .unwrap_or_default();
    format!("{when}Asked by {}.", job.requested_by)
}

/// What was expected of it when it was confirmed, and what it took. `None` for jobs of older releases.
pub fn expected(job: &Job) -> Option<String> {
    let estimated = job.estimated?;
    let range = range_in_words(estimated.seconds_low, estimated.seconds_high);
    let basis = match estimated.basis {
        Basis::Measured => "measured on earlier jobs",
        Basis::Probed => "from a trial",
        Basis::Documented => "at the usual 100 a second",
    };
    Some(match job.took_ms {
        Some(ms) => {
            let took = gap(Timestamp::from_ms(0), Timestamp::from_ms(ms));
            format!("estimated {range} ({basis}), took {took} in all")
        }
        None => format!("{range} ({basis})"),
    })
}

/// How long still. Quiet hours are part of it; how long a pause or another hold lasts, nobody knows.
pub fn eta(job: &Job) -> String {
    match (job.state, job.progress.eta_low, job.progress.eta_high) {
        (JobState::Deleting, Some(low), Some(high))
            if matches!(job.status, JobStatus::Paused | JobStatus::Pausing)
                || (job.status == JobStatus::Waiting && job.quiet_hours.is_none()) =>
        {
            format!("{} left once it goes on", range_in_words(low, high))
        }
        (JobState::Deleting, Some(low), Some(high)) if job.quiet_hours.is_some() => {
            format!("{} left, quiet hours included", range_in_words(low, high))
        }
        (state, ..) if state.terminal() || state.before_deleting() => String::new(),
        (JobState::Deleting, Some(low), Some(high)) => format!("{} left", range_in_words(low, high)),
        (JobState::Deleting, ..) => "estimating how long".to_owned(),
        _ => "almost done".to_owned(),
    }
}

/// How the time since deleting began was spent; `None` before that. Cut to what was deleting: the list is fixed before it, and
/// what follows it rests for nobody.
pub fn where_time_goes(job: &Job) -> Option<String> {
    let length = |phase: &Phase| phase.finished_at.unwrap_or(job.as_of).ms() - phase.started_at.ms();
    let all: Vec<i64> = job
        .phases
        .iter()
        .filter(|phase| phase.name == JobState::Deleting)
        .map(length)
        .collect();
    if all.is_empty() {
        return None;
    }
    let words = |ms: i64| gap(Timestamp::from_ms(0), Timestamp::from_ms(ms.max(0)));
    let rests = all.iter().sum::<i64>() - job.work_ms;
    Some(format!(
        "{} at work, {} at rest or waiting",
        words(job.work_ms),
        words(rests)
    ))
}

/// How fast.
pub fn speed(job: &Job) -> String {
    let limit = job
        .max_rate
        .map(|rate| format!("limited to {} a second", grouped(rate)));
    let now = job
        .progress
        .rate
        .filter(|_| job.state == JobState::Deleting)
        .map(|rate| format!("about {} a second", grouped(rounded(rate))));
    match (now, limit) {
        (Some(now), Some(limit)) => format!("{now}, {limit}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "no limit".to_owned(),
    }
}

/// A rate as people read it: whole, and in hundreds from a thousand on.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and a rate for people is far below it"
)]
pub fn rounded(rate: f64) -> i64 {
    let step = if rate >= 1_000.0 { 100.0 } else { 1.0 };
    ((rate / step).round() * step) as i64
}

/// What is said aloud. The text changes at the start, each quarter, pause and end alone, so that nothing else is read out.
pub fn spoken(job: &Job) -> String {
    let counts = job.counts;
    match job.status {
        JobStatus::Paused => format!(
            "Paused with {} of {} deleted.",
            grouped(counts.deleted),
            grouped(counts.matched)
        ),
        // Without the reason: its numbers change by the second, and each change would be read out.
        JobStatus::Waiting => format!(
            "Waiting with {} of {} deleted.",
            grouped(counts.deleted),
            grouped(counts.matched)
        ),
        JobStatus::Pausing => "Pausing.".to_owned(),
        JobStatus::Cancelling => "Cancelling.".to_owned(),
        JobStatus::Completed | JobStatus::CompletedWithLeftovers => format!(
            "Finished. {} deleted, {}.",
            profiles(counts.deleted),
            counts.who_is_left()
        ),
        JobStatus::Cancelled => format!(
            "Cancelled. {} deleted, the rest are kept.",
            profiles(counts.deleted)
        ),
        JobStatus::Failed => format!("Failed. {} deleted, the rest are kept.", profiles(counts.deleted)),
        JobStatus::Scheduled => format!("Starts on {}.", start(job)),
        JobStatus::Queued => "Waiting for its turn.".to_owned(),
        _ => running(job),
    }
}

fn running(job: &Job) -> String {
    match (job.state, job.progress.percent) {
        (state, _) if state.before_deleting() => "Deletion accepted.".to_owned(),
        (JobState::Deleting, Some(percent)) if percent >= 25 => {
            format!("{} percent done.", percent / 25 * 25)
        }
        (JobState::Deleting, _) => {
            let since = job
                .started_at
                .map(|at| format!(" at {}", stamp(at)))
                .unwrap_or_default();
            format!("Deletion started{since}.")
        }
        _ => "Everyone's turn has come. Checking who is left.".to_owned(),
    }
}
