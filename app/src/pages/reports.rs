//! The reports of a dataset: figures on both bases, the funnel, campaigns, and charts with the deletions on them.

use crate::{
    api::{frame::Frame, reports::load_dashboard},
    components::{
        CampaignFigures, ChartCard, ChartLegend, FunnelCard, Here, Notices, Place, RangeForm, Tiles, Typed,
        moment, one_or_many, page,
    },
    paths,
    ui::{Banner, Card, Empty, Glyph, PageTop, Tone},
};
use domain::{dashboard::Dashboard, series::Marker};
use leptos::prelude::*;

/// The page.
#[component]
pub fn ReportsPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Reports), Typed::read());
    let load = load_dashboard(here.ds.clone(), typed.get("from"), typed.get("to"));
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: Dashboard, typed: Typed) -> impl IntoView {
    let (ds, from, to) = (frame.ds().to_owned(), typed.get("from"), typed.get("to"));
    let refresh = ViewFn::from({
        let (may, from, to) = (frame.may_edit, from.clone(), to.clone());
        move || {
            may.then(|| {
                view! {
                    <form method="post" action="/fn/refresh_dashboard">
                        <input type="hidden" name="ds" value=ds.clone() />
                        <input type="hidden" name="from" value=from.clone() />
                        <input type="hidden" name="to" value=to.clone() />
                        <button class="btn">"Refresh"</button>
                    </form>
                }
            })
        }
    });
    let wrong = data.range_refused.then_some((from, to));
    let counting = counting(&frame, &data);
    let body = if data.data.is_none()
        && data
            .people
            .as_ref()
            .is_none_or(|people| people.figures.profiles == 0)
    {
        view! {
            <section class="card">
                <Empty
                    glyph=Glyph::Chart
                    title="There is nothing to report yet"
                    text="Reports begin when people and events have been imported: by the command line, or through the API."
                />
            </section>
        }
        .into_any()
    } else {
        let charts = data
            .charts
            .clone()
            .into_iter()
            .map(|chart| {
                view! { <ChartCard frame=frame.clone() chart range=data.range markers=data.markers.clone() /> }
            })
            .collect_view();
        let profiles = data.people.as_ref().map_or(0, |people| people.figures.profiles);
        let marked = !data.markers.is_empty();
        let funnel =
            (!data.funnel.is_empty()).then(|| view! { <FunnelCard steps=data.funnel.clone() profiles /> });
        let campaigns = (!data.campaigns.is_empty())
            .then(|| view! { <CampaignFigures frame=frame.clone() lines=data.campaigns.clone() /> });
        view! {
            <Tiles frame=frame.clone() data=data.clone() />
            {funnel}
            {campaigns}
            <h2 class="section">"Over time"</h2>
            <RangeForm frame=frame.clone() range=data.range data=data.data wrong />
            <Deletions frame markers=data.markers />
            <ChartLegend marked />
            <div class="charts">{charts}</div>
        }
        .into_any()
    };
    view! {
        <PageTop
            title="Reports"
            sub=|| "What this dataset has recorded, and what its people count for now. Deletions move the second and not the first."
            acts=refresh
        />
        <Notices typed />
        {counting}
        {body}
    }
    .into_any()
}

/// That figures are being counted, and what is shown until then.
fn counting(frame: &Frame, data: &Dashboard) -> Option<AnyView> {
    let since = data.counting_since?;
    let old = data.people.as_ref().map_or_else(
        || "Figures about people are shown when that is done.".to_owned(),
        |people| {
            format!(
                "Until then the figures of {} are shown.",
                moment(people.counted_at, frame.now)
            )
        },
    );
    let again = paths::reports(frame.ds());
    let title = format!("Being counted since {}", moment(since, frame.now));
    let act = ViewFn::from(move || view! { <a class="btn" href=again.clone()>"Look again"</a> });
    Some(
        view! { <Banner tone=Tone::Info title role="status" act><p>"People and events are counted beside everything else. " {old}</p></Banner> }
            .into_any(),
    )
}

/// The deletions that the charts mark.
#[component]
fn Deletions(frame: Frame, markers: Vec<Marker>) -> impl IntoView {
    let items = markers
        .into_iter()
        .rev()
        .map(|marker| {
            let words = one_or_many(marker.deleted, "profile", "profiles");
            view! {
                <li>
                    <span class="nowrap">{marker.at.date_short()}</span>
                    <span>
                        <a href=paths::job(frame.ds(), marker.job)>{marker.segment_name}</a>
                        {format!(", {words} deleted. ")}
                        <a href=paths::job_report(frame.ds(), marker.job)>"What it changed"</a>
                    </span>
                </li>
            }
        })
        .collect::<Vec<_>>();
    (!items.is_empty()).then(|| {
        view! { <Card title="Deletions in these days" note=|| "red lines on the charts"><ul class="body dated">{items}</ul></Card> }
    })
}
