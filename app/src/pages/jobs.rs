//! All deletions, newest first.

use crate::{
    api::{frame::Frame, jobs::list_jobs},
    components::{Here, JobsTable, Pager, Place, Typed, page},
    paths,
    ui::{Empty, Glyph, PageTop},
};
use domain::{job::Job, page::Page};
use leptos::prelude::*;

/// The page.
#[component]
pub fn JobsPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Deletions), Typed::read());
    let load = list_jobs(here.ds.clone(), typed.get("cursor"));
    page(here, load, |frame, rows| view! { <Content frame rows typed /> })
}

#[component]
fn Content(frame: Frame, rows: Page<Job>, typed: Typed) -> impl IntoView {
    let here = paths::jobs(frame.ds());
    let segments = paths::segments(frame.ds());
    let recurring = paths::recurring_list(frame.ds());
    let shown = rows.items.len();
    let next = rows
        .next
        .as_deref()
        .map(|next| paths::with_query(&here, &[("cursor", next)]));
    let first = (!typed.get("cursor").is_empty()).then_some(here);
    let body = if rows.items.is_empty() {
        view! {
            <Empty glyph=Glyph::Bin title="Nothing has been deleted yet" text="A deletion begins on the page of a segment. You see what it would do before anything happens.">
                <a class="btn" href=segments>"Choose a segment"</a>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <JobsTable frame caption="Deletions, newest first" jobs=rows.items full=true />
            <Pager shown what=if shown == 1 { "deletion" } else { "deletions" } next first />
        }
        .into_any()
    };
    view! {
        <PageTop
            title="Deletions"
            sub=|| "Every bulk deletion of this dataset, newest first. One runs at a time."
            acts=move || view! { <a class="btn" href=recurring.clone()>"Recurring deletions"</a> }
        />
        <section class="card">{body}</section>
    }
    .into_any()
}
