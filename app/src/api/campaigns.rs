//! Campaigns: looking, making, changing, setting where one stands; and what other systems run on segments.

use super::Reply;
use domain::{
    campaign::{Campaign, CampaignAround, CampaignFigures},
    segment::Segment,
    usage::RegisteredUses,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the campaigns' page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CampaignsView {
    /// Lethe's own.
    pub campaigns: Vec<Campaign>,
    /// What other systems run.
    pub registered: RegisteredUses,
}

/// The data of one campaign's page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CampaignView {
    /// The campaign with its figures, counted now.
    pub figures: CampaignFigures,
    /// What stands around it.
    pub around: CampaignAround,
}

/// What the form of a campaign sends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CampaignForm {
    /// The dataset.
    pub ds: String,
    /// The campaign's id; of a new one, as typed.
    pub id: String,
    /// The version that the form was filled with; of a new one, nothing.
    pub version: String,
    /// The name.
    pub name: String,
    /// The status.
    pub status: String,
    /// Ids of segments that are reached.
    pub include: Vec<String>,
    /// Ids of segments that are left out.
    pub exclude: Vec<String>,
    /// First moment, as the browser's box gives it.
    pub starts_at: String,
    /// Last moment.
    pub ends_at: String,
    /// The rows for arms, empty ones too.
    pub arms: Vec<ArmForm>,
}

/// A row for an arm.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArmForm {
    /// Its name.
    pub name: String,
    /// First percentage.
    pub from: String,
    /// The percentage that ends it.
    pub to: String,
}

/// All campaigns, and what other systems run.
#[server]
pub async fn list_campaigns(ds: String) -> Reply<CampaignsView> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(CampaignsView {
            campaigns: door.engine.campaigns(door.actor(), door.id()).await?,
            registered: door.engine.registered_uses(door.actor(), door.id()).await?,
        })
    })
    .await
}

/// One campaign with its figures and what stands around it.
#[server]
pub async fn show_campaign(ds: String, id: String) -> Reply<CampaignView> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        Ok(CampaignView {
            figures: engine.campaign_figures(actor, ds, &id).await?,
            around: engine.campaign_around(actor, ds, &id).await?,
        })
    })
    .await
}

/// One campaign.
#[server]
pub async fn get_campaign(ds: String, id: String) -> Reply<Campaign> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(door.engine.campaign(door.actor(), door.id(), &id).await?)
    })
    .await
}

/// The segments that a campaign may be given.
#[server]
pub async fn campaign_choices(ds: String) -> Reply<Vec<Segment>> {
    use super::door::{Door, reply};
    use domain::access::Permission;
    reply(async {
        let door = Door::open(&ds).await?;
        door.actor().require_in(Permission::Edit, door.id())?;
        Ok(door.engine.segments(door.actor(), door.id(), true).await?)
    })
    .await
}

/// Makes a campaign.
#[server]
pub async fn create_campaign(form: CampaignForm) -> Result<(), ServerFnError> {
    use super::{back, campaign_form, door};
    use crate::paths;
    let page = campaign_form::keep(back::Back::to(paths::new_campaign(&form.ds)), &form);
    back::post(page, async {
        let door = door::Door::open(&form.ds).await?;
        let spec = campaign_form::spec(&form)?;
        let made = door.engine.create_campaign(door.actor(), door.id(), spec).await?;
        Ok(back::done(
            &paths::campaign(&form.ds, &made.id),
            "campaign_created",
        ))
    })
    .await
}

/// Changes a campaign.
#[server]
pub async fn update_campaign(form: CampaignForm) -> Result<(), ServerFnError> {
    use super::{back, campaign_form, door};
    use crate::paths;
    let page = back::Back::to(paths::edit_campaign(&form.ds, &form.id));
    let page = campaign_form::keep(page, &form);
    back::post(page, async {
        let door = door::Door::open(&form.ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        let was = engine.campaign(actor, ds, &form.id).await?;
        let change = campaign_form::change(&form, &was)?;
        engine.update_campaign(actor, ds, &form.id, change).await?;
        Ok(back::done(
            &paths::campaign(&form.ds, &form.id),
            "campaign_changed",
        ))
    })
    .await
}

/// Sets where a campaign stands.
#[server]
pub async fn set_campaign_status(ds: String, id: String, status: String) -> Result<(), ServerFnError> {
    use super::{back, campaign_form, door};
    use crate::paths;
    use domain::campaign::CampaignChange;
    let page = paths::campaign(&ds, &id);
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        let change = CampaignChange {
            status: Some(campaign_form::status(&status)?),
            ..CampaignChange::default()
        };
        door.engine
            .update_campaign(door.actor(), door.id(), &id, change)
            .await?;
        Ok(back::done(&page, "status"))
    })
    .await
}

/// Takes out what another system no longer runs.
#[server]
pub async fn remove_use(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = paths::campaigns(&ds);
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        door.engine.remove_use(door.actor(), door.id(), &id).await?;
        Ok(back::done(&page, "use_removed"))
    })
    .await
}
