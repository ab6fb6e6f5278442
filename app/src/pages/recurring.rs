//! One recurring deletion: what was confirmed, when it is due next, and what became of each run.

use crate::{
    api::{
        frame::Frame,
        recurring::{RecurringView, show_recurring},
    },
    components::{Here, Notices, Pager, Place, RunsTable, Stop, Typed, moment, page},
    paths,
    ui::{Banner, Card, Empty, Glyph, PageTop, Tone},
};
use domain::{guard::grouped, job::OnActiveCampaign, recurring::RecurringJob};
use leptos::prelude::*;

/// The page.
#[component]
pub fn RecurringPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Deletions), Typed::read());
    let load = show_recurring(here.ds.clone(), here.id.clone(), typed.get("cursor"));
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: RecurringView, typed: Typed) -> impl IntoView {
    let it = data.it;
    let crumbs = vec![
        ("Deletions".to_owned(), paths::jobs(frame.ds())),
        (
            "Recurring deletions".to_owned(),
            paths::recurring_list(frame.ds()),
        ),
    ];
    let sub = format!("Due {}.", it.spec.recurrence);
    let acts = {
        let (frame, it) = (frame.clone(), it.clone());
        ViewFn::from(move || view! { <Stop frame=frame.clone() it=it.clone() /> })
    };
    let stopped = it.stopped_at.map(|at| {
        let by = it.stopped_by.clone().unwrap_or_default();
        let (tone, title, text) = match &it.stop_reason {
            Some(reason) => (
                Tone::Bad,
                format!("Stopped by the server {}", moment(at, frame.now)),
                reason.clone(),
            ),
            None => (
                Tone::Info,
                format!("Stopped by {by} {}", moment(at, frame.now)),
                "Nothing is due any more. A job that it had started went on.".to_owned(),
            ),
        };
        view! { <Banner tone title><p>{text}</p></Banner> }
    });
    let here = paths::recurring(frame.ds(), it.id);
    let shown = data.runs.items.len();
    let next = data
        .runs
        .next
        .as_deref()
        .map(|next| paths::with_query(&here, &[("cursor", next)]));
    let first = (!typed.get("cursor").is_empty()).then_some(here);
    let runs = if data.runs.items.is_empty() {
        view! { <Empty glyph=Glyph::Clock title="It was not due yet" text="Each run is listed here, with how many matched, how many were deleted, and why it was refused." /> }.into_any()
    } else {
        view! {
            <RunsTable frame=frame.clone() runs=data.runs.items />
            <Pager shown what=if shown == 1 { "run" } else { "runs" } next first />
        }
        .into_any()
    };
    view! {
        <PageTop title=format!("{}: {}", it.id.number(), it.segment_name) crumbs sub=move || sub.clone() acts />
        <Notices typed />
        {stopped}
        <div class="grid wide-left">
            <div><Card title="Runs">{runs}</Card></div>
            <div><Confirmed frame it /></div>
        </div>
    }
    .into_any()
}

/// What was confirmed.
#[component]
fn Confirmed(frame: Frame, it: RecurringJob) -> impl IntoView {
    let spec = it.spec.clone();
    let line = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <dt>{name}</dt><dd>{value}</dd> })
    };
    let next = it
        .next_at
        .map(|at| it.next_local.clone().unwrap_or_else(|| at.date_time_short()));
    let after = if spec.enable_after {
        "is enabled again"
    } else {
        "stays disabled"
    };
    let campaigns = match spec.on_active_campaign {
        OnActiveCampaign::Proceed => "do not stand in its way",
        OnActiveCampaign::Block | OnActiveCampaign::Pause => "refuse a run",
    };
    view! {
        <Card title="What was confirmed">
            <div class="body">
                <dl class="kv">
                    <dt>"Segment"</dt>
                    <dd><a href=paths::segment(frame.ds(), spec.segment_id)>{it.segment_name.clone()}</a></dd>
                    {line("Next run", next)}
                    {line("At most, in one run", Some(grouped(spec.ceiling)))}
                    {line("Matched then", Some(grouped(it.confirmed_count)))}
                    {line("After a run", Some(format!("The segment {after}")))}
                    {line("Running campaigns", Some(campaigns.to_owned()))}
                    {line("Speed limit", spec.max_rate.map(|rate| format!("{} a second", grouped(rate))))}
                    {line("Quiet hours", spec.quiet_hours.as_ref().map(ToString::to_string))}
                    {line("Reason", spec.reason.clone())}
                    {line("Confirmed by", Some(format!("{}, {}", it.created_by, moment(it.created_at, frame.now))))}
                </dl>
            </div>
        </Card>
    }
    .into_any()
}
