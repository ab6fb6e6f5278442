//! A new campaign.

use crate::{
    api::{campaigns::campaign_choices, frame::Frame},
    components::{CampaignDraft, CampaignForm, Here, Notices, Place, Typed, page},
    paths,
    ui::PageTop,
};
use domain::segment::Segment;
use leptos::prelude::*;

/// The page.
#[component]
pub fn CampaignNewPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Campaigns), Typed::read());
    let load = campaign_choices(here.ds.clone());
    page(
        here,
        load,
        |frame, segments| view! { <Content frame segments typed /> },
    )
}

#[component]
fn Content(frame: Frame, segments: Vec<Segment>, typed: Typed) -> impl IntoView {
    let draft = CampaignDraft::of(frame.ds(), None, segments, &typed);
    view! {
        <PageTop
            title="New campaign"
            crumbs=vec![("Campaigns".to_owned(), paths::campaigns(frame.ds()))]
            sub=|| "Who it reaches is counted on its page as soon as it is there. As a draft it serves nobody."
        />
        <Notices typed=typed.clone() />
        <section class="card"><div class="body"><CampaignForm draft typed /></div></section>
    }
    .into_any()
}
