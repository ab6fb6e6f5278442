//! When a deletion deletes: its start while it waits, and its quiet hours; and word of a waiting deletion on its segment's page.

use super::{
    PostButton, QuietFields, Typed,
    job_words::{start, start_is_ahead},
    one_or_many,
};
use crate::{
    api::{frame::Frame, segments::SegmentView},
    paths,
    ui::{Banner, Card, Tone},
};
use domain::job::{Intent, Job, JobState};
use leptos::prelude::*;

/// Whether it starts by itself at a moment to come, so that waiting can end before it. One that is paused does not.
fn waits(job: &Job) -> bool {
    job.intent == Intent::Run && start_is_ahead(job)
}

/// The start and the quiet hours of a deletion that is not over, for who may change them.
#[component]
pub fn When(
    /// Who asks, and where.
    frame: Frame,
    /// The deletion.
    job: Job,
    /// The zones that there are.
    zones: Vec<String>,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let matters = job.state.before_deleting() || job.state == JobState::Deleting;
    let starts = waits(&job).then(|| view! { <dt>"Starts"</dt><dd>{start(&job)}</dd> });
    let now = waits(&job).then(|| {
        let people = one_or_many(job.counts.matched, "profile goes", "profiles go");
        view! {
            <details class="more">
                <summary>"Start before that"</summary>
                <div class="stackup under-choice">
                    <p class="hint">{format!("The time until the start is there to notice a mistake in. {people} at once, and cannot be recovered.")}</p>
                    <PostButton action="start_job_now" name="Start now" ds=frame.ds() id=job.id.to_string() class="btn to-danger" />
                </div>
            </details>
        }
    });
    let quiet = job
        .quiet_hours
        .as_ref()
        .map_or_else(|| "none".to_owned(), ToString::to_string);
    let open = ["quiet_from", "quiet_to", "quiet_zone"]
        .iter()
        .any(|name| typed.at(name));
    matters.then(|| {
        view! {
            <Card title="When it deletes">
                <div class="body stackup">
                    <dl class="kv">{starts}<dt>"Quiet hours"</dt><dd>{quiet}</dd></dl>
                    {now}
                    <details class="more" open=open>
                        <summary>"Change the quiet hours"</summary>
                        <form class="stackup under-choice" id="confirm" method="post" action="/fn/set_job_quiet" autocomplete="off">
                            <input type="hidden" name="form[ds]" value=frame.ds().to_owned() />
                            <input type="hidden" name="form[id]" value=job.id.to_string() />
                            <QuietFields typed zones now=job.quiet_hours.clone() />
                            <div class="acts"><button class="btn">"Set quiet hours"</button></div>
                        </form>
                    </details>
                </div>
            </Card>
        }
    })
}

/// Word on the segment's page that its people go again and again.
#[component]
pub fn StandingDeletion(
    /// Where.
    frame: Frame,
    /// The segment's page.
    data: SegmentView,
) -> impl IntoView {
    data.recurring.map(|it| {
        let next = it.next_local.clone().unwrap_or_default();
        let title = format!("Whoever is in this segment goes {}", it.spec.recurrence);
        let href = paths::recurring(frame.ds(), it.id);
        view! {
            <Banner tone=Tone::Info title>
                <p>{format!("Next on {next}, by the standing confirmation of {}. ", it.created_by)} <a href=href>{format!("Open {}", it.id.number())}</a></p>
            </Banner>
        }
    })
}

/// A deletion of the segment that waits: its start, the way to it and the way out.
#[component]
pub fn PendingDeletion(
    /// Who asks, and where.
    frame: Frame,
    /// The segment's page.
    data: SegmentView,
) -> impl IntoView {
    let job = data.unfinished.filter(|job| job.state.before_deleting());
    job.map(|job| {
        let people = one_or_many(job.counts.matched, "user of this segment", "users of this segment");
        let title = match (waits(&job), job.state) {
            _ if job.intent == Intent::Hold => format!("A deletion of {people} is paused before its start"),
            (true, _) => format!("A deletion of {people} starts on {}", start(&job)),
            (false, JobState::Queued) => format!("A deletion of {people} waits behind another one"),
            (false, _) => format!("A deletion of {people} is about to start"),
        };
        let href = paths::job(frame.ds(), job.id);
        let (ds, id, offered) = (
            frame.ds().to_owned(),
            job.id.to_string(),
            frame.may_delete && job.intent != Intent::Cancel,
        );
        let act = ViewFn::from(move || {
            offered.then(|| view! { <PostButton action="cancel_job" name="Cancel job" ds=ds.clone() id=id.clone() class="btn to-danger" /> })
        });
        view! {
            <Banner tone=Tone::Warn title act>
                <p>
                    "Nobody has been deleted yet, and the segment works as before. If it is cancelled now, nothing changes. "
                    <a href=href>{format!("Open {}", job.id.number())}</a>
                </p>
            </Banner>
        }
    })
}
