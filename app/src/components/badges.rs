//! Badges: where something stands, by a word, and by a colour as well.

use domain::{
    campaign::CampaignStatus,
    job::{Job, JobStatus},
    segment::SegmentState,
};
use leptos::prelude::*;

/// The colour of a job's status.
pub const fn job_tone(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Completed => "badge ok",
        JobStatus::CompletedWithLeftovers | JobStatus::Paused | JobStatus::Pausing | JobStatus::Waiting => {
            "badge warn"
        }
        JobStatus::Interrupted | JobStatus::AwaitingApproval => "badge warn",
        JobStatus::Failed => "badge bad",
        JobStatus::Cancelled | JobStatus::Cancelling | JobStatus::Scheduled | JobStatus::Queued => "badge",
        JobStatus::Freezing | JobStatus::Deleting | JobStatus::Sweeping => "badge run",
        JobStatus::Verifying | JobStatus::Scrubbing | JobStatus::Sealing => "badge run",
    }
}

/// Where a job stands.
#[component]
pub fn JobBadge(
    /// The job.
    job: Job,
) -> impl IntoView {
    let left = job.counts.leftovers();
    let words = match job.status {
        JobStatus::CompletedWithLeftovers => format!("Completed, {} left", domain::guard::grouped(left)),
        status => status.title().to_owned(),
    };
    view! { <span class=job_tone(job.status)>{words}</span> }.into_any()
}

/// Whether people join a segment.
#[component]
pub fn SegmentBadge(
    /// Its state.
    state: SegmentState,
) -> impl IntoView {
    match state {
        SegmentState::Enabled => view! { <span class="badge ok">"Enabled"</span> },
        SegmentState::Disabled => view! { <span class="badge warn">"Disabled"</span> },
    }
}

/// Where a campaign stands.
#[component]
pub fn CampaignBadge(
    /// Its status.
    status: CampaignStatus,
) -> impl IntoView {
    let class = match status {
        CampaignStatus::Active => "badge run",
        CampaignStatus::Scheduled => "badge ok",
        CampaignStatus::Paused => "badge warn",
        CampaignStatus::Draft | CampaignStatus::Ended => "badge",
    };
    view! { <span class=class>{status.title()}</span> }.into_any()
}

/// Where something that another system runs stands, in its own word.
#[component]
pub fn UseBadge(
    /// The word.
    status: String,
) -> impl IntoView {
    let class = if domain::usage::registered::running(&status) {
        "badge run"
    } else {
        "badge"
    };
    view! { <span class=class>{status}</span> }.into_any()
}
