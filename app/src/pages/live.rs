//! Live data: what sites and servers send, by day, and how to send.

use crate::{
    api::{frame::Frame, live::load_live},
    components::{Here, HowToSend, LiveDays, Place, Rejections, ago, page},
    paths,
    ui::PageTop,
};
use domain::tracking::LiveData;
use leptos::prelude::*;

/// The page.
#[component]
pub fn LivePage() -> impl IntoView {
    let here = Here::read(Place::Profiles);
    let load = load_live(here.ds.clone());
    page(here, load, |frame, data| view! { <Content frame data /> })
}

#[component]
fn Content(frame: Frame, data: LiveData) -> impl IntoView {
    let crumbs = vec![("Profiles".to_owned(), paths::profiles(frame.ds()))];
    let last = match data.days.first() {
        Some(day) => format!(
            "What sites and servers send. The last message came {}.",
            ago(day.last_at, frame.now)
        ),
        None => "What sites and servers send. Nothing has come yet.".to_owned(),
    };
    let now = frame.now;
    view! {
        <PageTop title="Live data" crumbs sub=move || last.clone() />
        <div class="grid wide-left">
            <div>
                <LiveDays days=data.days />
                <Rejections rows=data.rejections now />
            </div>
            <div><HowToSend frame keys=data.keys /></div>
        </div>
    }
    .into_any()
}
