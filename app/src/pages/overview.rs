//! The overview: what runs, how many people there are and when that was counted, recent deletions, and what needs somebody.

use crate::{
    api::{
        frame::Frame,
        overview::{Overview, load_overview},
    },
    components::{Here, JobsTable, Notices, Place, RunningCard, Typed, ago, moment, money_short, page},
    paths,
    ui::{Card, Empty, Glyph, Icon, PageTop},
};
use domain::{dataset::DatasetFigures, guard::grouped, segment::Segment};
use leptos::prelude::*;

/// The page.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Overview), Typed::read());
    page(
        here.clone(),
        load_overview(here.ds),
        |frame, data| view! { <Content frame data typed /> },
    )
}

#[component]
fn Content(frame: Frame, data: Overview, typed: Typed) -> impl IntoView {
    let live = data.unfinished.iter().any(|job| job.state.holds_place());
    let cards = data
        .unfinished
        .into_iter()
        .map(|job| view! { <RunningCard frame=frame.clone() job /> })
        .collect_view();
    let today = format!("{}, {} UTC", frame.now.date_short(), frame.now.time_hm());
    view! {
        <PageTop title="Overview" sub=move || today.clone() />
        <Notices typed />
        {cards}
        <Tiles figures=data.figures frame=frame.clone() live />
        <div class="grid wide-left">
            <Recent frame=frame.clone() jobs=data.ended />
            <NeedsYou frame disabled=data.disabled />
        </div>
    }
    .into_any()
}

/// The numbers, each with its time.
#[component]
fn Tiles(figures: DatasetFigures, frame: Frame, live: bool) -> impl IntoView {
    let counted = format!(
        "counted {}, {}",
        moment(figures.counted_at, frame.now),
        ago(figures.counted_at, frame.now)
    );
    let profiles = if live {
        format!("{counted}, while a deletion runs")
    } else {
        counted.clone()
    };
    let tenths = figures.named.saturating_mul(1_000) / figures.profiles.max(1);
    let tile = |name: &'static str, figure: String, note: String| {
        view! { <div><dt>{name}</dt><dd class="figure">{figure}</dd><dd class="time">{note}</dd></div> }
    };
    view! {
        <dl class="tiles">
            {tile("Profiles", grouped(figures.profiles), profiles)}
            {tile("Named", grouped(figures.named), format!("{}.{} % have an id, e-mail or phone", tenths / 10, tenths % 10))}
            {tile("Active, 30 days", grouped(figures.active_30d), format!("{counted}, exact"))}
            {tile("Revenue, all time", money_short(figures.revenue, &frame.dataset.currency), "accumulated, does not change when people go".to_owned())}
        </dl>
    }
    .into_any()
}

#[component]
fn Recent(frame: Frame, jobs: Vec<domain::job::Job>) -> impl IntoView {
    let all = paths::jobs(frame.ds());
    let segments = paths::segments(frame.ds());
    let table = if jobs.is_empty() {
        view! {
            <Empty glyph=Glyph::Bin title="No deletion has ended yet" text="A deletion begins on the page of a segment. You see what it would do before anything happens.">
                <a class="btn" href=segments>"Choose a segment"</a>
            </Empty>
        }
        .into_any()
    } else {
        view! { <JobsTable frame caption="Recent deletions" jobs /> }.into_any()
    };
    view! { <Card title="Recent deletions" note=move || view! { <a href=all.clone()>"All deletions"</a> }>{table}</Card> }.into_any()
}

/// What waits for somebody.
#[component]
fn NeedsYou(frame: Frame, disabled: Vec<Segment>) -> impl IntoView {
    let nothing = disabled.is_empty();
    let items = disabled
        .into_iter()
        .map(|segment| {
            let button = frame.may_edit.then(|| {
                view! { <a class="btn small" href=paths::segment(frame.ds(), segment.id)>"Preview and enable"</a> }
            });
            view! {
                <li>
                    <Icon glyph=Glyph::Pie />
                    <div class="stackup">
                        <p>"Segment "<a href=paths::segment(frame.ds(), segment.id)>{segment.name}</a>" is still disabled. Nobody joins it."</p>
                        {button}
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <Card title="Needs you">
            <div class="body">
                <ul class="todo">{items}</ul>
                {nothing.then(|| view! { <p class="hint">"Nothing waits for you."</p> })}
            </div>
        </Card>
    }
    .into_any()
}
