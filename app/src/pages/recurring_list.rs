//! All recurring deletions of a dataset.

use crate::{
    api::{frame::Frame, recurring::list_recurring},
    components::{Here, Notices, Pager, Place, RecurringTable, Typed, page},
    paths,
    ui::{Empty, Glyph, PageTop},
};
use domain::{page::Page, recurring::RecurringJob};
use leptos::prelude::*;

/// The page.
#[component]
pub fn RecurringListPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Deletions), Typed::read());
    let load = list_recurring(here.ds.clone(), typed.get("cursor"));
    page(here, load, |frame, rows| view! { <Content frame rows typed /> })
}

#[component]
fn Content(frame: Frame, rows: Page<RecurringJob>, typed: Typed) -> impl IntoView {
    let here = paths::recurring_list(frame.ds());
    let crumbs = vec![("Deletions".to_owned(), paths::jobs(frame.ds()))];
    let segments = paths::segments(frame.ds());
    let shown = rows.items.len();
    let next = rows
        .next
        .as_deref()
        .map(|next| paths::with_query(&here, &[("cursor", next)]));
    let first = (!typed.get("cursor").is_empty()).then_some(here);
    let body = if rows.items.is_empty() {
        view! {
            <Empty glyph=Glyph::Again title="Nothing recurs here" text="A recurring deletion deletes whoever matches a segment every day, week or month, up to a number that you set. It begins on the page of a segment.">
                <a class="btn" href=segments>"Choose a segment"</a>
            </Empty>
        }
        .into_any()
    } else {
        let what = if shown == 1 {
            "recurring deletion"
        } else {
            "recurring deletions"
        };
        view! {
            <RecurringTable frame rows=rows.items />
            <Pager shown what next first />
        }
        .into_any()
    };
    view! {
        <PageTop title="Recurring deletions" crumbs sub=|| "Deletions that are due again and again, each by a standing confirmation." />
        <Notices typed />
        <section class="card">{body}</section>
    }
    .into_any()
}
