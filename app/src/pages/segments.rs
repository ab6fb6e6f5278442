//! All segments, with their counts and when they were counted.

use crate::{
    api::{frame::Frame, segments::list_segments},
    components::{Here, Notices, Place, SegmentBadge, Typed, ago, moment, page},
    islands::ShowDisabled,
    paths,
    ui::{Empty, Glyph, PageTop},
};
use domain::{guard::grouped, segment::Segment};
use leptos::prelude::*;

/// The page.
#[component]
pub fn SegmentsPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Segments), Typed::read());
    let load = list_segments(here.ds.clone(), !typed.get("disabled").is_empty());
    page(here, load, |frame, rows| view! { <Content frame rows typed /> })
}

#[component]
fn Content(frame: Frame, rows: Vec<Segment>, typed: Typed) -> impl IntoView {
    let new = frame.may_edit.then(|| paths::new_segment(frame.ds()));
    let acts = new.clone().map(|href| {
        ViewFn::from(move || view! { <a class="btn primary" href=href.clone()>"New segment"</a> })
    });
    let all = !typed.get("disabled").is_empty();
    let body = if rows.is_empty() {
        view! {
            <Empty glyph=Glyph::Pie title="No segments here" text="A segment names the people that a campaign reaches or leaves out, by a rule, by hand or by a list.">
                {new.map(|href| view! { <a class="btn primary" href=href>"New segment"</a> })}
            </Empty>
        }
        .into_any()
    } else {
        view! { <Table frame=frame.clone() rows /> }.into_any()
    };
    view! {
        <PageTop title="Segments" sub=|| "Named sets of people. Counts say when they were counted." acts=acts.unwrap_or_default() />
        <Notices typed />
        <section class="card">
            <form class="head" method="get" action=paths::segments(frame.ds())>
                <ShowDisabled on=all />
                <button class="btn small">"Apply"</button>
            </form>
            {body}
        </section>
    }
    .into_any()
}

#[component]
fn Table(frame: Frame, rows: Vec<Segment>) -> impl IntoView {
    let body = rows
        .into_iter()
        .map(|segment| {
            let job = segment.job.map(|job| view! { <small><a href=paths::job(frame.ds(), job)>"Deletion not finished"</a></small> });
            let (count, when) = match segment.count {
                Some(count) => (grouped(count.value), format!("{}, {}", moment(count.counted_at, frame.now), ago(count.counted_at, frame.now))),
                None => ("–".to_owned(), "not counted yet".to_owned()),
            };
            let when = if segment.count.is_some_and(|count| count.stale) { format!("{when}; changed since") } else { when };
            let when = if segment.counting { format!("{when}; being counted now") } else { when };
            view! {
                <tr>
                    <th scope="row"><a href=paths::segment(frame.ds(), segment.id)>{segment.name}</a>{job}</th>
                    <td data-label="Kind">{segment.kind.title()}</td>
                    <td data-label="State"><SegmentBadge state=segment.state /></td>
                    <td class="n" data-label="Users">{count}</td>
                    <td data-label="Counted">{when}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack">
            <caption class="unseen">"Segments"</caption>
            <thead>
                <tr>
                    <th scope="col">"Segment"</th>
                    <th scope="col">"Kind"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="n">"Users"</th>
                    <th scope="col">"Counted"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}
