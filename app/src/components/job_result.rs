//! What happened, once a job is over: who is left as of when, which numbers elsewhere are older, what to do next.

use super::{PostButton, gap, moment, one_or_many};
use crate::{
    api::{frame::Frame, jobs::JobDetail},
    paths,
    ui::{Banner, Tone},
};
use domain::{
    guard::grouped,
    job::{Job, JobState},
    segment::{Segment, SegmentState},
};
use leptos::prelude::*;

/// The result.
#[component]
pub fn JobResult(
    /// Who asks, and where.
    frame: Frame,
    /// The deletion.
    data: JobDetail,
) -> impl IntoView {
    let (tone, title) = outcome(&data.job);
    let again = again(&frame, &data);
    let lines = story(&data.job, &frame)
        .into_iter()
        .map(|line| view! { <p>{line}</p> })
        .collect_view();
    let next = data.segment.clone().map(|segment| {
        view! { <WhatNext frame=frame.clone() segment others=data.others.clone() /> }
    });
    view! {
        <div class="result">
            <Banner tone title=title act=again>{lines}</Banner>
        </div>
        {next}
    }
    .into_any()
}

fn outcome(job: &Job) -> (Tone, String) {
    let deleted = one_or_many(job.counts.deleted, "profile", "profiles");
    match job.state {
        JobState::Completed => (
            Tone::Ok,
            format!("{deleted} deleted, {}", job.counts.who_is_left()),
        ),
        JobState::CompletedWithLeftovers => (
            Tone::Warn,
            format!("{deleted} deleted, {}", job.counts.who_is_left()),
        ),
        JobState::Failed => (Tone::Bad, format!("The job failed. {deleted} deleted")),
        _ if job.counts.deleted == 0 => (Tone::Info, "Cancelled before anybody was deleted".to_owned()),
        _ => (
            Tone::Warn,
            format!(
                "Cancelled. {deleted} deleted, {}{} kept",
                job.counts.and_spared(),
                grouped(job.counts.left)
            ),
        ),
    }
}

fn story(job: &Job, frame: &Frame) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(job.end_reason.clone());
    if let (Some(from), Some(to)) = (job.started_at, job.finished_at) {
        let events = one_or_many(job.events_deleted, "event", "events");
        lines.push(format!(
            "{events} went with them. It took {}, and ended {}.",
            gap(from, to),
            moment(to, frame.now)
        ));
    }
    if let Some(at) = job.verified_at {
        let joined = match job.counts.joined_after {
            Some(n) if n > 0 => format!(
                "{} joined the segment after the list was fixed; they were not touched.",
                one_or_many(n, "profile", "profiles")
            ),
            _ => "Nobody joined the segment meanwhile.".to_owned(),
        };
        lines.push(format!(
            "Who is left was checked {}. {joined}",
            moment(at, frame.now)
        ));
    }
    if let Some(erasure) = job.erasure.as_ref().filter(|_| job.scrubbed_at.is_some()) {
        lines.push(format!(
            "{} of the database file were read back: no dead byte is left.",
            one_or_many(erasure.pages, "page", "pages")
        ));
    }
    if let Some(kept) = job.warehouse_kept.filter(|kept| kept.profiles > 0) {
        lines.push(format!(
            "The data warehouse keeps its copy of {}.",
            one_or_many(kept.profiles, "profile", "profiles")
        ));
    }
    lines
}

/// A new job with its own confirmation, where somebody is left or has come since.
fn again(frame: &Frame, data: &JobDetail) -> ViewFn {
    let counts = data.job.counts;
    let anybody = counts.leftovers() > 0 || counts.joined_after.unwrap_or(0) > 0;
    let segment = data
        .segment
        .as_ref()
        .filter(|segment| anybody && frame.may_delete && segment.job.is_none());
    let href = segment.map(|segment| paths::delete_segment(frame.ds(), segment.id));
    ViewFn::from(move || {
        href.clone()
            .map(|href| view! { <a class="btn" href=href>"Run again on what is left"</a> })
    })
}

/// What to do next: the segment is still disabled, and numbers elsewhere are older than the deletion.
#[component]
fn WhatNext(
    /// Who asks, and where.
    frame: Frame,
    /// The segment.
    segment: Segment,
    /// The other segments.
    others: Vec<Segment>,
) -> impl IntoView {
    let now = frame.now;
    let id = segment.id.to_string();
    let from = |segment: &Segment| {
        segment.count.map_or_else(
            || "never counted".to_owned(),
            |count| format!("{} from {}", grouped(count.value), moment(count.counted_at, now)),
        )
    };
    let badge = format!(
        "The number on the tab of this segment is cached: {}.",
        from(&segment)
    );
    let oldest = others
        .iter()
        .filter_map(|segment| segment.count.map(|count| count.counted_at))
        .min();
    let elsewhere = oldest.map(|at| {
        let many = one_or_many(i64::try_from(others.len()).unwrap_or(i64::MAX), "other segment", "other segments");
        format!(
            "Other numbers are cached as well: those of {many}, the oldest from {}, and those of the overview, which say from when they are.",
            moment(at, now)
        )
    });
    let enable = (segment.state == SegmentState::Disabled).then(|| {
        let button = frame.may_edit.then(|| view! { <a class="btn" href=paths::segment(frame.ds(), segment.id)>"Preview and enable"</a> });
        view! {
            <li>
                <div><b>"The segment is still disabled."</b><p>"Nobody joins it until somebody enables it."</p></div>
                {button}
            </li>
        }
    });
    let refresh = frame
        .may_edit
        .then(|| view! { <PostButton action="refresh_count" name="Refresh count" ds=frame.ds() id /> });
    view! {
        <section class="card">
            <div class="head"><h2>"What next"</h2><span class="note"><a href=paths::segment(frame.ds(), segment.id)>"Open the segment"</a></span></div>
            <div class="body">
                <ul class="todo next">
                    {enable}
                    <li><div><b>"Counts elsewhere may be older than this deletion."</b><p>{badge} " " {elsewhere}</p></div>{refresh}</li>
                </ul>
            </div>
        </section>
    }
    .into_any()
}
