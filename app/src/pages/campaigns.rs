//! All campaigns, and what other systems run on the same segments.

use crate::{
    api::{
        campaigns::{CampaignsView, list_campaigns},
        frame::Frame,
    },
    components::{CampaignBadge, Elsewhere, Here, Notices, Place, Typed, page, segment_names},
    paths,
    ui::{Empty, Glyph, PageTop},
};
use domain::campaign::Campaign;
use leptos::prelude::*;

/// The page.
#[component]
pub fn CampaignsPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Campaigns), Typed::read());
    let load = list_campaigns(here.ds.clone());
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: CampaignsView, typed: Typed) -> impl IntoView {
    let new = frame.may_edit.then(|| paths::new_campaign(frame.ds()));
    let acts = new.clone().map(|href| {
        ViewFn::from(move || view! { <a class="btn primary" href=href.clone()>"New campaign"</a> })
    });
    let body = if data.campaigns.is_empty() {
        view! {
            <Empty glyph=Glyph::Horn title="No campaigns yet" text="A campaign says which segments it reaches and which it leaves out. Make one here, or by the API (POST /api/v1/datasets/…/campaigns).">
                {new.map(|href| view! { <a class="btn primary" href=href>"New campaign"</a> })}
            </Empty>
        }
        .into_any()
    } else {
        view! { <Table frame=frame.clone() rows=data.campaigns /> }.into_any()
    };
    view! {
        <PageTop
            title="Campaigns"
            sub=|| "What reaches people by segment. Before a deletion you see which of these lose whom."
            acts=acts.unwrap_or_default()
        />
        <Notices typed />
        <section class="card">{body}</section>
        <Elsewhere frame registered=data.registered />
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
