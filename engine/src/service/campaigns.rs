//! Campaigns: listing, making, changing, and their figures.

use super::Engine;
use crate::{
    error::Result,
    store::{self, Conn, audit::Entry, impact::Column, rule_sql::RuleScope},
};
use domain::{
    access::{Actor, Permission},
    campaign::{ArmFigure, Campaign, CampaignChange, CampaignFigures, CampaignSpec, arms},
    event::{CLICK, IMPRESSION},
    id::{DatasetId, SegmentId},
    problem::{Code, Problem},
    segment::clean_name,
    time::Timestamp,
};

/// Longest id of a campaign, in bytes.
const ID_BYTES_MAX: usize = 128;
/// Addresses beside the campaigns' own pages.
const RESERVED: [&str; 1] = ["new"];
/// Most segments that a campaign includes and excludes together: each is one more condition per person.
const SEGMENTS_MAX: usize = 50;

impl Engine {
    /// The campaigns of a dataset: those running first, then by name.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn campaigns(&self, actor: &Actor, dataset: DatasetId) -> Result<Vec<Campaign>> {
        actor.require_in(Permission::View, dataset)?;
        store::campaigns::list(&mut *self.inner.store.read().await?, dataset).await
    }

    /// One campaign.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn campaign(&self, actor: &Actor, dataset: DatasetId, id: &str) -> Result<Campaign> {
        actor.require_in(Permission::View, dataset)?;
        existing(&mut *self.inner.store.read().await?, dataset, id).await
    }

    /// One campaign with its figures, counted now.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn campaign_figures(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: &str,
    ) -> Result<CampaignFigures> {
        actor.require_in(Permission::View, dataset)?;
        let campaign = existing(&mut *self.inner.store.read().await?, dataset, id).await?;
        let figures = self.figures_of(dataset, vec![campaign]).await?;
        figures
            .into_iter()
            .next()
            .ok_or_else(|| Problem::not_found("campaign").into())
    }

    /// All campaigns with their figures, counted together at one moment: one scan of people, not one for each.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn all_campaign_figures(
        &self,
        actor: &Actor,
        dataset: DatasetId,
    ) -> Result<Vec<CampaignFigures>> {
        let campaigns = self.campaigns(actor, dataset).await?;
        self.figures_of(dataset, campaigns).await
    }

    async fn figures_of(&self, dataset: DatasetId, campaigns: Vec<Campaign>) -> Result<Vec<CampaignFigures>> {
        if campaigns.is_empty() {
            return Ok(Vec::new());
        }
        let mut view = self.inner.store.view().await?;
        let now = self.inner.store.clock.now();
        let segments = store::segments::defs(&mut view, dataset).await?;
        let scope = RuleScope {
            dataset_id: dataset.0,
            now,
            segments: &segments,
        };
        let columns: Vec<Column> = campaigns.iter().flat_map(columns_of).collect();
        let (_, counts) = store::impact::measure(&mut view, &scope, None, &columns).await?;
        let mut counts = counts.into_iter().map(|count| count.all);
        let impressions = store::campaigns::recent(&mut view, dataset, IMPRESSION, now).await?;
        let clicks = store::campaigns::recent(&mut view, dataset, CLICK, now).await?;
        let totals = store::campaigns::accumulated(&mut view, dataset, IMPRESSION).await?;
        let figures = campaigns.into_iter().map(|campaign| {
            let mut next = || counts.next().unwrap_or_default();
            let eligible = next();
            let arms = campaign.arms.iter().map(|arm| ArmFigure {
                arm: arm.clone(),
                eligible: next(),
            });
            CampaignFigures {
                eligible,
                arms: arms.collect(),
                impressions_30d: impressions.get(&campaign.id).copied().unwrap_or(0),
                clicks_30d: clicks.get(&campaign.id).copied().unwrap_or(0),
                impressions_total: totals.get(&campaign.id).copied().unwrap_or(0),
                campaign,
                counted_at: now,
            }
        });
        Ok(figures.collect())
    }

    /// Makes a campaign.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid`, `name_taken` for the id.
    pub async fn create_campaign(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        spec: CampaignSpec,
    ) -> Result<Campaign> {
        actor.require_in(Permission::Edit, dataset)?;
        let name = clean_name(&spec.name)?;
        let asked = spec
            .id
            .as_deref()
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .map(checked_id)
            .transpose()?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let id = match asked {
            Some(id) if store::campaigns::find(&mut tx, dataset, &id).await?.is_some() => {
                let message = "A campaign with this id exists already. Choose another id.";
                return Err(Problem::because(Code::NameTaken, message).on("id").into());
            }
            Some(id) => id,
            None => free_id(&mut tx, dataset, &name).await?,
        };
        let campaign = Campaign {
            id,
            name,
            status: spec.status,
            include: named(&mut tx, dataset, &spec.include, "include").await?,
            exclude: named(&mut tx, dataset, &spec.exclude, "exclude").await?,
            starts_at: spec.starts_at,
            ends_at: spec.ends_at,
            arms: arms::checked(spec.arms)?,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.save(tx, actor, dataset, campaign, "campaign.create").await
    }

    /// Changes a campaign; what is not given stays.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid`, `changed_meanwhile`, `state_refused` for a status that may not follow the present
    /// one.
    pub async fn update_campaign(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: &str,
        change: CampaignChange,
    ) -> Result<Campaign> {
        actor.require_in(Permission::Edit, dataset)?;
        let name = change.name.as_deref().map(clean_name).transpose()?;
        let mut tx = self.inner.store.write().await?;
        let mut campaign = existing(&mut tx, dataset, id).await?;
        if change.version.is_some_and(|seen| seen != campaign.version) {
            return Err(Problem::new(Code::ChangedMeanwhile).into());
        }
        campaign.name = name.unwrap_or(campaign.name);
        if let Some(status) = change.status {
            campaign.status.check_change(status)?;
            campaign.status = status;
        }
        if let Some(arms) = change.arms {
            campaign.arms = arms::checked(arms)?;
        }
        if let Some(include) = change.include {
            campaign.include = named(&mut tx, dataset, &include, "include").await?;
        }
        if let Some(exclude) = change.exclude {
            campaign.exclude = named(&mut tx, dataset, &exclude, "exclude").await?;
        }
        campaign.starts_at = change.starts_at.unwrap_or(campaign.starts_at);
        campaign.ends_at = change.ends_at.unwrap_or(campaign.ends_at);
        campaign.updated_at = self.inner.store.clock.now();
        self.save(tx, actor, dataset, campaign, "campaign.change").await
    }

    /// Writes a campaign with its audit entry, commits, and rings the runner's bell.
    pub(super) async fn save(
        &self,
        mut tx: store::Tx,
        actor: &Actor,
        dataset: DatasetId,
        campaign: Campaign,
        action: &'static str,
    ) -> Result<Campaign> {
        check(&campaign)?;
        store::campaigns::save(&mut tx, dataset, &campaign).await?;
        let ids = |list: &[(SegmentId, String)]| list.iter().map(|(id, _)| id.0).collect::<Vec<_>>();
        let detail = serde_json::json!({
            "name": campaign.name, "status": campaign.status,
            "include": ids(&campaign.include), "exclude": ids(&campaign.exclude), "arms": campaign.arms,
        });
        let entry = Entry {
            action,
            dataset: Some(dataset),
            object: format!("campaign:{}", campaign.id),
            detail,
        };
        store::audit::insert(&mut tx, campaign.updated_at, actor, entry).await?;
        let saved = existing(&mut tx, dataset, &campaign.id).await?;
        tx.commit().await?;
        // A job may wait for a campaign to be paused, or have to wait for one that runs now.
        self.inner.wake.notify_one();
        Ok(saved)
    }
}

/// How a campaign is counted: itself, then each of its arms.
fn columns_of(campaign: &Campaign) -> Vec<Column> {
    let arms = campaign
        .arms
        .iter()
        .map(|arm| Column::Arm(campaign.into(), arm.rule()));
    std::iter::once(Column::Campaign(campaign.into()))
        .chain(arms)
        .collect()
}

pub(super) async fn existing(conn: &mut Conn, dataset: DatasetId, id: &str) -> Result<Campaign> {
    store::campaigns::find(conn, dataset, id)
        .await?
        .ok_or_else(|| Problem::not_found("campaign").into())
}

fn check(campaign: &Campaign) -> Result<()> {
    if campaign
        .starts_at
        .is_some_and(|start| campaign.ends_at.is_some_and(|end: Timestamp| end < start))
    {
        return Err(
            Problem::because(Code::Invalid, "A campaign cannot end before it starts.")
                .on("ends_at")
                .into(),
        );
    }
    if let Some((_, both)) = campaign
        .include
        .iter()
        .find(|segment| campaign.exclude.contains(segment))
    {
        let message = format!("“{both}” cannot be both included and excluded.");
        return Err(Problem::because(Code::Invalid, message).on("exclude").into());
    }
    if campaign.include.len() + campaign.exclude.len() > SEGMENTS_MAX {
        let message = format!("A campaign names at most {SEGMENTS_MAX} segments.");
        return Err(Problem::because(Code::Invalid, message).on("include").into());
    }
    Ok(())
}

/// The segments with their names, each once; all of them must exist in the dataset.
async fn named(
    conn: &mut Conn,
    dataset: DatasetId,
    ids: &[SegmentId],
    field: &str,
) -> Result<Vec<(SegmentId, String)>> {
    let names = store::segments::catalogue(conn, dataset).await?.names;
    let mut chosen: Vec<(SegmentId, String)> = Vec::new();
    for id in ids {
        let Some(name) = names.get(&id.0) else {
            let message = format!("There is no segment {id} in this dataset.");
            return Err(Problem::because(Code::Invalid, message).on(field).into());
        };
        if !chosen.iter().any(|(there, _)| there == id) {
            chosen.push((*id, name.clone()));
        }
    }
    Ok(chosen)
}

fn checked_id(id: &str) -> Result<String> {
    if id.len() > ID_BYTES_MAX || id.chars().any(char::is_control) {
        let message = format!("A campaign's id has 1 to {ID_BYTES_MAX} bytes and no control characters.");
        return Err(Problem::because(Code::Invalid, message).on("id").into());
    }
    if RESERVED.contains(&id) {
        let message =
            format!("A campaign cannot have the id “{id}”: the console has a page at that address.");
        return Err(Problem::because(Code::Invalid, message).on("id").into());
    }
    Ok(id.to_owned())
}

/// An id out of the name: `Summer sale 2017` becomes `summer-sale-2017`, or with a number where that is taken.
async fn free_id(conn: &mut Conn, dataset: DatasetId, name: &str) -> Result<String> {
    let mut slug = String::new();
    for c in name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }) {
        if slug.len() + c.len_utf8() > ID_BYTES_MAX / 2 {
            break;
        }
        if c != '-' || !(slug.is_empty() || slug.ends_with('-')) {
            slug.extend(c.to_lowercase());
        }
    }
    let slug = match slug.trim_end_matches('-') {
        "" => "campaign",
        slug => slug,
    };
    let taken: Vec<String> = store::campaigns::list(conn, dataset)
        .await?
        .into_iter()
        .map(|campaign| campaign.id)
        .collect();
    let numbered = (2_u64..).map(|n| format!("{slug}-{n}"));
    let free = std::iter::once(slug.to_owned())
        .chain(numbered)
        .find(|id| !taken.contains(id) && !RESERVED.contains(&id.as_str()));
    Ok(free.unwrap_or_else(|| slug.to_owned()))
}
