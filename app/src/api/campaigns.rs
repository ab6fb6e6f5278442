//! Campaigns: looking, and setting where one stands.

use super::Reply;
use domain::campaign::{Campaign, CampaignFigures};
use leptos::prelude::*;

/// All campaigns.
#[server]
pub async fn list_campaigns(ds: String) -> Reply<Vec<Campaign>> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(door.engine.campaigns(door.actor(), door.id()).await?)
    })
    .await
}

/// One campaign with its figures, counted now.
#[server]
pub async fn show_campaign(ds: String, id: String) -> Reply<CampaignFigures> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(door.engine.campaign_figures(door.actor(), door.id(), &id).await?)
    })
    .await
}

/// Sets where a campaign stands.
#[server]
pub async fn set_campaign_status(ds: String, id: String, status: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    use domain::campaign::{CampaignChange, CampaignStatus};
    let page = paths::campaign(&ds, &id);
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        let change = CampaignChange {
            status: CampaignStatus::parse(&status),
            ..CampaignChange::default()
        };
        door.engine
            .update_campaign(door.actor(), door.id(), &id, change)
            .await?;
        Ok(back::done(&page, "status"))
    })
    .await
}
