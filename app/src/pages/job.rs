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
use domain::{
    job::{Job, JobStatus},
    receipt::ReceiptOf,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The name in the address by which the page is loaded again and again.
const FOLLOW: &str = "follow";
/// Between two loads of it while something happens.
const MOVES_SECONDS: u32 = 3;
/// The same while the deletion waits for its start.
const WAITS_SECONDS: u32 = 30;

/// The page.
#[component]
pub fn JobPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Deletions), Typed::read());
    let load = show_job(here.ds.clone(), here.id.clone(), follows(&typed));
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

/// Whether the page is loaded again and again by a browser without JavaScript. It offers no form then: what somebody types would
/// be lost with the next load.
fn follows(typed: &Typed) -> bool {
    !typed.get(FOLLOW).is_empty()
}

/// A page without JavaScript stands still until its reader wants to follow the deletion; then it comes anew by itself, slowly
/// as long as nothing happens.
fn without_script(frame: &Frame, job: &Job, follows: bool) -> impl IntoView + use<> {
    let here = paths::job(frame.ds(), job.id);
    let follow = paths::with_query(&here, &[(FOLLOW, "1")]);
    let seconds = if job.status == JobStatus::Scheduled {
        WAITS_SECONDS
    } else {
        MOVES_SECONDS
    };
    let inside = if follows {
        view! {
            <meta http-equiv="refresh" content=seconds.to_string() />
            <p class="hint stands">{format!("This page is loaded anew every {seconds} seconds. ")} <a href=here>"Stop following it"</a> " to change anything about the deletion."</p>
        }
        .into_any()
    } else {
        view! { <p class="hint stands">"This page shows how it stood when it was loaded. " <a href=here>"Look again"</a> " or " <a href=follow>"follow it"</a> "."</p> }
            .into_any()
    };
    view! { <noscript>{inside}</noscript> }
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
    let follows = follows(&typed);
    let steers = !over && frame.may_delete && !follows;
    let speed = steers.then(|| view! { <Speed frame=frame.clone() job=job.clone() typed=typed.clone() /> });
    let when = steers
        .then(|| view! { <When frame=frame.clone() job=job.clone() zones=data.zones.clone() typed=typed.clone() /> });
    view! {
        <Title text=title.clone() />
        <nav aria-label="Breadcrumb"><ol class="crumbs"><li><a href=paths::jobs(frame.ds())>"Deletions"</a></li></ol></nav>
        {head}
        {goes_on.then(|| without_script(&frame, &job, follows))}
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
                {data.job.started_at.map(|_| view! { <a class="btn" href=paths::receipt(frame.ds(), ReceiptOf::Job(data.job.id))>"Receipt"</a> })}
                <a class="btn" href=paths::job_report(frame.ds(), data.job.id)>"What it changed"</a>
            </div>
        </header>
        <Notices typed />
        <JobResult frame=frame.clone() data=data.clone() />
        {panel(RwSignal::new(view), RwSignal::new(false))}
    }
}
