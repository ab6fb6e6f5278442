//! Enters a privacy request that came by e-mail, phone, post or in person.

use crate::{
    api::{frame::Frame, privacy::draft_request},
    components::{Here, Notices, Place, RequestForm, Typed, page},
    paths,
    ui::PageTop,
};
use domain::time::Timestamp;
use leptos::prelude::*;

/// The page.
#[component]
pub fn PrivacyNewPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Privacy), Typed::read());
    let load = draft_request(here.ds.clone());
    page(here, load, |frame, now| view! { <Content frame now typed /> })
}

#[component]
fn Content(frame: Frame, now: Timestamp, typed: Typed) -> impl IntoView {
    let crumbs = vec![("Privacy requests".to_owned(), paths::privacy(frame.ds()))];
    view! {
        <PageTop title="New privacy request" crumbs sub=|| "Entering it starts the clock. Nothing is erased or handed out by it." />
        <Notices typed=typed.clone() />
        <section class="card"><div class="body"><RequestForm frame typed now /></div></section>
    }
    .into_any()
}
