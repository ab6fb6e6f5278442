//! The warehouse: what is in it, how far behind it is, what it keeps of people who were deleted, until when, and the way to
//! take it away.

use crate::{
    api::{
        frame::Frame,
        warehouse::{WarehouseView, load_warehouse},
    },
    components::{
        Here, KeepForm, KeptTable, Notices, Place, Tables, Typed, ago, moment, one_or_many, page, size,
    },
    paths,
    ui::{Banner, Card, PageTop, Tone},
};
use domain::{guard::grouped, warehouse::Warehouse};
use leptos::prelude::*;

/// The page.
#[component]
pub fn WarehousePage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Warehouse), Typed::read());
    page(
        here.clone(),
        load_warehouse(here.ds),
        |frame, data| view! { <Content frame data typed /> },
    )
}

#[component]
fn Content(frame: Frame, data: WarehouseView, typed: Typed) -> impl IntoView {
    let (ds, may_edit, may) = (frame.ds().to_owned(), frame.may_edit, data.may_administer);
    let refresh = ViewFn::from(move || {
        may_edit.then(|| {
            view! {
                <form method="post" action="/fn/refresh_warehouse">
                    <input type="hidden" name="ds" value=ds.clone() />
                    <button class="btn">"Refresh"</button>
                </form>
            }
        })
    });
    let data = data.warehouse;
    let counting = counting(&frame, &data);
    view! {
        <PageTop
            title="Warehouse"
            sub=|| "A second file with a copy of every profile and event, filled in the order of changes. No deletion outruns it."
            acts=refresh
        />
        <Notices typed=typed.clone() />
        {counting}
        <Figures frame=frame.clone() data=data.clone() />
        <div class="grid wide-left">
            <div>
                <KeptTable frame=frame.clone() data=data.clone() />
                <WhatStays ds=frame.ds() />
            </div>
            <div>
                <KeepForm frame=frame.clone() data may typed />
                <Tables frame may />
            </div>
        </div>
    }
    .into_any()
}

fn counting(frame: &Frame, data: &Warehouse) -> Option<AnyView> {
    let since = data.counting_since?;
    let title = format!("Being counted since {}", moment(since, frame.now));
    let again = paths::warehouse(frame.ds());
    let act = ViewFn::from(move || view! { <a class="btn" href=again.clone()>"Look again"</a> });
    Some(view! { <Banner tone=Tone::Info title role="status" act><p>"Rows are counted beside everything else. Until then older figures are shown, with their time."</p></Banner> }.into_any())
}

/// What is in it, and how far it is.
#[component]
fn Figures(frame: Frame, data: Warehouse) -> impl IntoView {
    let tile = |name: &'static str, figure: String, note: String| {
        view! { <div><dt>{name}</dt><dd class="figure">{figure}</dd><dd class="time">{note}</dd></div> }
    };
    let (profiles, events, counted) = match data.rows {
        Some(rows) => (
            grouped(rows.rows.profiles),
            grouped(rows.rows.events),
            format!(
                "counted {}, {}",
                moment(rows.counted_at, frame.now),
                ago(rows.counted_at, frame.now)
            ),
        ),
        None => ("–".to_owned(), "–".to_owned(), "not counted yet".to_owned()),
    };
    let behind = match data.changes_behind() {
        0 => "up to date".to_owned(),
        n => format!(
            "{} behind, {} at most",
            one_or_many(n, "change", "changes"),
            one_or_many(data.lag_seconds, "second", "seconds")
        ),
    };
    let of = format!("of {} changes", grouped(data.newest));
    view! {
        <dl class="tiles">
            {tile("Profiles", profiles, counted.clone())}
            {tile("Events", events, counted)}
            {tile("Watermark", grouped(data.watermark), format!("{of}: {behind}"))}
            {tile("Size of the file", size(data.bytes), "with its log, all datasets together".to_owned())}
        </dl>
    }
    .into_any()
}

/// Fact S4, and the other door.
#[component]
fn WhatStays(
    /// The dataset.
    #[prop(into)]
    ds: String,
) -> impl IntoView {
    view! {
        <Card title="What a bulk deletion leaves here">
            <div class="body">
                <p>"Bulk deletion removes people for good from the personalization system, but not from the data warehouse: this copy of them stays, until its term is over where one is set, else until it is erased."</p>
                <p>"A request under GDPR or CCPA must remove this copy too, so a bulk deletion is no answer to it. "<a href=paths::erase(&ds)>"Erase a person"</a>" takes somebody out of both at once, and so does the look-up and deletion API."</p>
            </div>
        </Card>
    }
    .into_any()
}
