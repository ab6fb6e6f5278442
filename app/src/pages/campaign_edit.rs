//! A campaign, to change.

use crate::{
    api::{
        Reply,
        campaigns::{campaign_choices, get_campaign},
        flat,
        frame::Frame,
    },
    components::{CampaignDraft, CampaignForm, Here, Notices, Place, Typed, page},
    paths,
    ui::PageTop,
};
use domain::{campaign::Campaign, segment::Segment};
use leptos::prelude::*;

/// The page.
#[component]
pub fn CampaignEditPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Campaigns), Typed::read());
    let load = load(here.ds.clone(), here.id.clone());
    page(here, load, |frame, (campaign, segments)| {
        view! { <Content frame campaign segments typed /> }
    })
}

async fn load(ds: String, id: String) -> Reply<(Campaign, Vec<Segment>)> {
    let campaign = match flat(get_campaign(ds.clone(), id).await) {
        Ok(campaign) => campaign,
        Err(problem) => return Ok(Err(problem)),
    };
    Ok(flat(campaign_choices(ds).await).map(|segments| (campaign, segments)))
}

#[component]
fn Content(frame: Frame, campaign: Campaign, segments: Vec<Segment>, typed: Typed) -> impl IntoView {
    let crumbs = vec![
        ("Campaigns".to_owned(), paths::campaigns(frame.ds())),
        (campaign.name.clone(), paths::campaign(frame.ds(), &campaign.id)),
    ];
    let draft = CampaignDraft::of(frame.ds(), Some(campaign.clone()), segments, &typed);
    view! {
        <PageTop
            title=format!("Edit {}", campaign.name)
            crumbs
            sub=|| "A change takes effect at once. A deletion that is being confirmed notices it and asks to look again."
        />
        <Notices typed=typed.clone() />
        <section class="card"><div class="body"><CampaignForm draft typed /></div></section>
    }
    .into_any()
}
