//! What deleting a segment's people would do, and the step that does it: a page, not a pop-up. On narrow screens the step
//! comes after everything that is to be known.

use crate::{
    api::{
        deletion::{Conditions, DeletionView, show_deletion},
        frame::Frame,
    },
    components::{
        ConfirmForm, Here, HowLong, NothingUses, Notices, Options, Place, Questions, Typed, UsageTable,
        UsesNote, WhatStays, WhoGoes, headline, moment, page, places,
    },
    paths,
    ui::{Banner, Card, Empty, Glyph, PageTop, Tone},
};
use domain::{
    estimate::seconds_in_words,
    guard::{Finding, Verdict, findings},
    impact::Impact,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn DeletePage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Segments), Typed::read());
    let conditions = Conditions {
        max_rate: typed.get("max_rate"),
        quiet_from: typed.get("quiet_from"),
        quiet_to: typed.get("quiet_to"),
        quiet_zone: typed.get("quiet_zone"),
        ..Conditions::default()
    };
    let load = show_deletion(here.ds.clone(), here.id.clone(), conditions);
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: DeletionView, typed: Typed) -> impl IntoView {
    let (segment, impact) = (data.segment.clone(), data.impact.clone());
    let crumbs = vec![
        ("Segments".to_owned(), paths::segments(frame.ds())),
        (segment.name.clone(), paths::segment(frame.ds(), segment.id)),
    ];
    let sub = format!(
        "Everyone in “{}”, counted at {}, exact. Nothing has been deleted yet.",
        segment.name,
        moment(impact.counted_at, frame.now)
    );
    let (nobody, job_seconds_max) = (impact.profiles == 0, data.job_seconds_max);
    let running = data.running.clone().map(|job| {
        let href = paths::job(frame.ds(), job.id);
        view! {
            <Banner tone=Tone::Info title="Another deletion is running in this dataset">
                <p>"One runs at a time: "<a href=href>{format!("{}, {}", job.id.number(), job.segment_name)}</a>". Wait for it, or let this one start after it."</p>
            </Banner>
        }
    });
    let body = if nobody || segment.job.is_some() {
        nothing_to_do(&frame, &data).into_any()
    } else {
        view! { <Steps frame=frame.clone() data typed=typed.clone() /> }.into_any()
    };
    view! {
        <PageTop title=headline(impact.profiles) crumbs sub=move || sub.clone() />
        <Notices typed />
        {running}
        {(!nobody).then(|| findings(&impact).into_iter().map(finding).collect_view())}
        {(!nobody).then(|| several_jobs(&impact, job_seconds_max))}
        {body}
    }
    .into_any()
}

/// That it will be several jobs, and why.
fn several_jobs(impact: &Impact, job_seconds_max: i64) -> impl IntoView + use<> {
    let jobs = impact.plan.len();
    let longest = seconds_in_words(job_seconds_max);
    (jobs > 1).then(|| {
        let text = format!(
            "One job may take {longest} at most, and this takes longer. You confirm once and the list of people is fixed once; the jobs then run one after another by themselves. Pausing one holds those behind it."
        );
        view! { <Banner tone=Tone::Info title=format!("This will be {jobs} jobs")><p>{text}</p></Banner> }
    })
}

fn finding(finding: Finding) -> impl IntoView {
    let tone = match finding.verdict {
        Verdict::Allow => Tone::Info,
        Verdict::Warn | Verdict::Block => Tone::Warn,
    };
    view! { <Banner tone title=finding.title><p>{finding.sentence}</p></Banner> }.into_any()
}

fn nothing_to_do(frame: &Frame, data: &DeletionView) -> impl IntoView + use<> {
    let (title, text, href, name) = match data.segment.job {
        Some(job) => (
            "A deletion of this segment is not finished yet",
            "One deletion of a segment at a time. Open it to see how it stands.",
            paths::job(frame.ds(), job),
            "Open job",
        ),
        None => (
            "Nobody is in this segment",
            "There is nothing to delete. A number shown elsewhere was counted earlier.",
            paths::segment(frame.ds(), data.segment.id),
            "Back to the segment",
        ),
    };
    view! { <section class="card"><Empty glyph=Glyph::People title text><a class="btn" href=href>{name}</a></Empty></section> }.into_any()
}

#[component]
fn Steps(frame: Frame, data: DeletionView, typed: Typed) -> impl IntoView {
    let impact = data.impact.clone();
    let note = places(&impact.usage);
    let (list, now) = (impact.uses_list, frame.now);
    let used = if impact.usage.is_empty() {
        view! { <NothingUses list now /> }.into_any()
    } else {
        view! { <UsageTable ds=frame.ds() usage=impact.usage.clone() list /> }.into_any()
    };
    let ds = frame.ds().to_owned();
    view! {
        <div class="delete-page">
            <div class="used"><Card title="Where this segment is used" note=move || note.clone()>{used}<UsesNote list now /></Card></div>
            <div class="facts">
                <HowLong data=data.clone() />
                <WhoGoes ds=ds.clone() impact=impact.clone() />
                <WhatStays ds=ds.clone() impact />
                <Options ds=ds.clone() data=data.clone() typed=typed.clone() />
            </div>
            <div class="ask"><Questions /></div>
            <div class="confirm"><ConfirmForm ds data typed /></div>
        </div>
    }
    .into_any()
}
