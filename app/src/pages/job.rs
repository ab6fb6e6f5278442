//! One deletion: how it goes, how to steer it, and, when it is over, what happened and what is next.

use crate::{
    api::{
        frame::Frame,
        jobs::{JobDetail, show_job},
    },
    components::{
        Bytes, Campaigns, Files, Here, JobResult, JobView, Leftovers, Notices, Place, PlanView, Questions,
        Record, Speed, Typed, When, moment, page,
    },
    islands::{LiveJob, LivePlan, panel},
    paths,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn JobPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Deletions), Typed::read());
    let load = show_job(here.ds.clone(), here.id.clone());
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: JobDetail, typed: Typed) -> impl IntoView {
    let job = data.job.clone();
    let over = job.state.terminal();
    let title = format!("{}: {}", job.id.number(), job.segment_name);
    let first = JobView::of(&job, frame.may_delete);
    let head = if over {
        ended(&frame, &data, title.clone(), first, typed.clone()).into_any()
    } else {
        let (ds, id, title) = (frame.ds().to_owned(), job.id.to_string(), title.clone());
        view! {
            <LiveJob ds id title first />
            <Notices typed=typed.clone() />
        }
        .into_any()
    };
    let plan = data.plan.as_ref().map(|plan| {
        let first = PlanView::of(plan, job.id, frame.ds(), frame.may_delete);
        view! { <LivePlan ds=frame.ds().to_owned() id=job.id.to_string() first /> }
    });
    let goes_on = !over || data.plan.as_ref().is_some_and(|plan| plan.current().is_some());
    // The first job of a plan disables the segment for all of them.
    let begun = job.started_at.is_some()
        || data
            .plan
            .as_ref()
            .is_some_and(|plan| plan.jobs.iter().any(|job| job.started_at.is_some()));
    let speed = (!over && frame.may_delete)
        .then(|| view! { <Speed frame=frame.clone() job=job.clone() typed=typed.clone() /> });
    let when = (!over && frame.may_delete)
        .then(|| view! { <When frame=frame.clone() job=job.clone() zones=data.zones.clone() typed=typed.clone() /> });
    view! {
        <Title text=title.clone() />
        <nav aria-label="Breadcrumb"><ol class="crumbs"><li><a href=paths::jobs(frame.ds())>"Deletions"</a></li></ol></nav>
        {goes_on.then(|| view! { <noscript><meta http-equiv="refresh" content="3" /></noscript> })}
        {head}
        {plan}
        <div class="grid wide-left">
            <div>
                {when}
                {speed}
                <Files frame=frame.clone() job=job.clone() />
                <Leftovers frame=frame.clone() rows=data.leftovers />
                <Questions />
            </div>
            <div>
                <Campaigns frame=frame.clone() usage=data.usage over begun />
                <Bytes frame=frame.clone() job=job.clone() />
                <Record asked=moment(job.created_at, frame.now) job />
            </div>
        </div>
    }
    .into_any()
}

/// A job that is over: what happened comes first, how it went below.
fn ended(
    frame: &Frame,
    data: &JobDetail,
    title: String,
    view: JobView,
    typed: Typed,
) -> impl IntoView + use<> {
    let (badge, status, sentence) = (view.badge.clone(), view.status.clone(), view.sentence.clone());
    view! {
        <header class="top">
            <div>
                <h1>{title}</h1>
                <div class="sub"><span class=badge>{status}</span> " " {sentence}</div>
            </div>
            <div class="acts">
                {data.job.started_at.map(|_| view! { <a class="btn" href=paths::receipt(frame.ds(), data.job.id)>"Receipt"</a> })}
                <a class="btn" href=paths::job_report(frame.ds(), data.job.id)>"What it changed"</a>
            </div>
        </header>
        <Notices typed />
        <JobResult frame=frame.clone() data=data.clone() />
        {panel(RwSignal::new(view), RwSignal::new(false))}
    }
}
