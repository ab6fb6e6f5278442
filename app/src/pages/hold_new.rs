//! A new legal hold.

use crate::{
    api::{flat, frame::Frame, holds::draft_hold},
    components::{Here, HoldDraft, HoldForm, Notices, Place, Typed, look, page},
    paths,
    ui::PageTop,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn HoldNewPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Holds), Typed::read());
    let (ds, people, rule) = (here.ds.clone(), typed.get("people"), typed.get("rule"));
    let load = async move {
        let unknown = flat(draft_hold(ds.clone(), people).await);
        let found = look(&ds, &rule).await;
        Ok(unknown.map(|unknown| HoldDraft { ds, unknown, found }))
    };
    page(here, load, |frame, draft| view! { <Content frame draft typed /> })
}

#[component]
fn Content(frame: Frame, draft: HoldDraft, typed: Typed) -> impl IntoView {
    let crumbs = vec![("Legal holds".to_owned(), paths::holds(frame.ds()))];
    view! {
        <PageTop
            title="New legal hold"
            crumbs
            sub=|| "In force from the moment it is set, also for a deletion that runs. Whoever was deleted before stays deleted."
        />
        <Notices typed=typed.clone() />
        <section class="card"><div class="body"><HoldForm draft typed /></div></section>
    }
    .into_any()
}
