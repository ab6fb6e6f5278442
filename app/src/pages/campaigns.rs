//! All campaigns.

use crate::{
    api::{campaigns::list_campaigns, frame::Frame},
    components::{CampaignBadge, Here, Place, page, segment_names},
    paths,
    ui::{Empty, Glyph, PageTop},
};
use domain::campaign::Campaign;
use leptos::prelude::*;

/// The page.
#[component]
pub fn CampaignsPage() -> impl IntoView {
    let here = Here::read(Place::Campaigns);
    let load = list_campaigns(here.ds.clone());
    page(here, load, |frame, rows| view! { <Content frame rows /> })
}

#[component]
fn Content(frame: Frame, rows: Vec<Campaign>) -> impl IntoView {
    let body = if rows.is_empty() {
        view! { <Empty glyph=Glyph::Horn title="No campaigns yet" text="Campaigns come by the API (POST /api/v1/datasets/…/campaigns). They say which segments they reach and leave out." /> }.into_any()
    } else {
        view! { <Table frame rows /> }.into_any()
    };
    view! {
        <PageTop title="Campaigns" sub=|| "What reaches people by segment. Before a deletion you see which of these lose whom." />
        <section class="card">{body}</section>
    }
    .into_any()
}

#[component]
fn Table(frame: Frame, rows: Vec<Campaign>) -> impl IntoView {
    let body = rows
        .into_iter()
        .map(|campaign| {
            view! {
                <tr>
                    <th scope="row"><a href=paths::campaign(frame.ds(), &campaign.id)>{campaign.name}</a></th>
                    <td data-label="Status"><CampaignBadge status=campaign.status /></td>
                    <td data-label="Reaches">{segment_names(frame.ds(), campaign.include, "Everyone")}</td>
                    <td data-label="Leaves out">{segment_names(frame.ds(), campaign.exclude, "Nobody")}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack">
            <caption class="unseen">"Campaigns"</caption>
            <thead>
                <tr>
                    <th scope="col">"Campaign"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Reaches"</th>
                    <th scope="col">"Leaves out"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}
