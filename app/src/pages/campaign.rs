//! One campaign: where it stands, whom it reaches, how it did, who uses it.

use crate::{
    api::{
        campaigns::{CampaignView, show_campaign},
        frame::Frame,
    },
    components::{
        Arms, ByDay, CampaignBadge, DisabledBeneath, Here, LifeCycle, Notices, Place, Typed, UsedBy, moment,
        page, segment_names,
    },
    paths,
    ui::{Card, PageTop},
};
use domain::{
    campaign::{Campaign, CampaignFigures, CampaignStatus},
    guard::grouped,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn CampaignPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Campaigns), Typed::read());
    let load = show_campaign(here.ds.clone(), here.id.clone());
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: CampaignView, typed: Typed) -> impl IntoView {
    let (figures, around) = (data.figures, data.around);
    let campaign = figures.campaign.clone();
    let status = campaign.status;
    let acts = frame.may_edit.then(|| {
        let (frame, campaign) = (frame.clone(), campaign.clone());
        let edit = paths::edit_campaign(frame.ds(), &campaign.id);
        ViewFn::from(move || {
            view! {
                <LifeCycle frame=frame.clone() campaign=campaign.clone() />
                <a class="btn" href=edit.clone()>"Edit"</a>
            }
        })
    });
    view! {
        <PageTop
            title=campaign.name.clone()
            crumbs=vec![("Campaigns".to_owned(), paths::campaigns(frame.ds()))]
            sub=move || view! { <CampaignBadge status /> " " {means(status)} }
            acts=acts.unwrap_or_default()
        />
        <Notices typed />
        <DisabledBeneath frame=frame.clone() segments=around.disabled.clone() />
        <Tiles frame=frame.clone() figures=figures.clone() />
        <div class="grid wide-left">
            <div>
                <ByDay days=around.days.clone() />
                <UsedBy frame=frame.clone() around />
            </div>
            <div>
                <Reach frame campaign />
                <Arms data=figures />
            </div>
        </div>
    }
    .into_any()
}

/// What a status means for people.
const fn means(status: CampaignStatus) -> &'static str {
    match status {
        CampaignStatus::Draft => "Nobody is served yet",
        CampaignStatus::Scheduled => "Starts by itself at its time",
        CampaignStatus::Active => "Serves people now",
        CampaignStatus::Paused => "Nobody is served until it is resumed",
        CampaignStatus::Ended => "Over; its figures stay",
    }
}

#[component]
fn Tiles(frame: Frame, figures: CampaignFigures) -> impl IntoView {
    let counted = format!("counted {}, exact", moment(figures.counted_at, frame.now));
    let tile = |name: &'static str, n: i64, note: String| {
        view! { <div><dt>{name}</dt><dd class="figure">{grouped(n)}</dd><dd class="time">{note}</dd></div> }
    };
    view! {
        <dl class="tiles">
            {tile("Eligible", figures.eligible, counted.clone())}
            {tile("Impressions, 30 days", figures.impressions_30d, counted.clone())}
            {tile("Clicks, 30 days", figures.clicks_30d, counted)}
            {tile("Impressions, all time", figures.impressions_total, "accumulated, does not change when people go".to_owned())}
        </dl>
    }
    .into_any()
}

#[component]
fn Reach(frame: Frame, campaign: Campaign) -> impl IntoView {
    let unset = campaign.status == CampaignStatus::Scheduled && campaign.starts_at.is_none();
    view! {
        <Card title="Whom it reaches">
            <div class="body">
                <dl class="kv">
                    <dt>"Reaches"</dt>
                    <dd>{segment_names(frame.ds(), campaign.include, "Everyone")}</dd>
                    <dt>"Leaves out"</dt>
                    <dd>{segment_names(frame.ds(), campaign.exclude, "Nobody")}</dd>
                    <dt>"Id in events"</dt>
                    <dd><code>{campaign.id}</code></dd>
                    {campaign.starts_at.map(|at| view! { <dt>"Starts"</dt><dd>{at.date_time_short()}</dd> })}
                    {campaign.ends_at.map(|at| view! { <dt>"Ends"</dt><dd>{at.date_time_short()}</dd> })}
                </dl>
                {unset.then(|| view! { <p class="hint">"It has no time to start at, so it waits until somebody starts it."</p> })}
            </div>
        </Card>
    }
    .into_any()
}
