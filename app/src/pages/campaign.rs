//! One campaign: where it stands, whom it reaches, how it did.

use crate::{
    api::{campaigns::show_campaign, frame::Frame},
    components::{CampaignBadge, Here, Notices, Place, Typed, moment, page, segment_names},
    paths,
    ui::{Card, PageTop},
};
use domain::{
    campaign::{CampaignFigures, CampaignStatus},
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
fn Content(frame: Frame, data: CampaignFigures, typed: Typed) -> impl IntoView {
    let campaign = data.campaign.clone();
    let status = campaign.status;
    let when = moment(data.counted_at, frame.now);
    let counted = format!("counted {when}, exact");
    let tile = |name: &'static str, n: i64, note: String| {
        view! { <div><dt>{name}</dt><dd class="figure">{grouped(n)}</dd><dd class="time">{note}</dd></div> }
    };
    let id = campaign.id.clone();
    let change = frame
        .may_edit
        .then(|| view! { <Status frame=frame.clone() id=campaign.id.clone() status /> });
    view! {
        <PageTop
            title=campaign.name.clone()
            crumbs=vec![("Campaigns".to_owned(), paths::campaigns(frame.ds()))]
            sub=move || view! { <CampaignBadge status /> " Campaign" }
        />
        <Notices typed />
        <dl class="tiles">
            {tile("Eligible", data.eligible, counted.clone())}
            {tile("Impressions, 30 days", data.impressions_30d, counted.clone())}
            {tile("Clicks, 30 days", data.clicks_30d, counted)}
            {tile("Impressions, all time", data.impressions_total, "accumulated, does not change when people go".to_owned())}
        </dl>
        <div class="grid wide-left">
            <Card title="Whom it reaches">
                <div class="body">
                    <dl class="kv">
                        <dt>"Reaches"</dt>
                        <dd>{segment_names(frame.ds(), campaign.include, "Everyone")}</dd>
                        <dt>"Leaves out"</dt>
                        <dd>{segment_names(frame.ds(), campaign.exclude, "Nobody")}</dd>
                        <dt>"Id in events"</dt>
                        <dd><code>{id}</code></dd>
                        {campaign.starts_at.map(|at| view! { <dt>"First day"</dt><dd>{at.date_short()}</dd> })}
                        {campaign.ends_at.map(|at| view! { <dt>"Last day"</dt><dd>{at.date_short()}</dd> })}
                    </dl>
                </div>
            </Card>
            {change}
        </div>
    }
    .into_any()
}

/// Where it stands from now on.
#[component]
fn Status(frame: Frame, id: String, status: CampaignStatus) -> impl IntoView {
    let choices = CampaignStatus::ALL
        .into_iter()
        .map(|own| view! { <option value=own.as_str() selected=own == status>{own.title()}</option> })
        .collect_view();
    view! {
        <Card title="Status">
            <form class="body inline" method="post" action="/fn/set_campaign_status">
                <input type="hidden" name="ds" value=frame.ds().to_owned() />
                <input type="hidden" name="id" value=id />
                <div class="field">
                    <label for="status">"Where it stands"</label>
                    <select id="status" name="status">{choices}</select>
                </div>
                <button class="btn">"Set status"</button>
            </form>
        </Card>
    }
    .into_any()
}
