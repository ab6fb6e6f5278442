//! Campaigns on the wire.

use super::{
    arms::{self, Arm, CountedArm},
    read_id, read_time, time,
};
use domain::{
    campaign::{CampaignChange, CampaignFigures, CampaignSpec, CampaignStatus},
    id::SegmentId,
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A campaign with its figures, counted when asked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Campaign {
    /// The id that events carry.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// `draft`, `scheduled`, `active`, `paused` or `ended`.
    pub(crate) status: String,
    /// Ids of the segments whose members it reaches; none: everyone.
    pub(crate) include: Vec<String>,
    /// Ids of the segments whose members it leaves out.
    pub(crate) exclude: Vec<String>,
    /// First moment.
    pub(crate) starts_at: Option<String>,
    /// Last moment.
    pub(crate) ends_at: Option<String>,
    /// How many people are eligible now.
    pub(crate) eligible: i64,
    /// The arms of its A/B test with the people eligible in each; none: everyone eligible is served alike.
    pub(crate) arms: Vec<CountedArm>,
    /// Impressions of the last 30 days.
    pub(crate) impressions_30d: i64,
    /// Clicks of the last 30 days.
    pub(crate) clicks_30d: i64,
    /// All impressions ever; does not move when people go.
    pub(crate) impressions_total: i64,
    /// When counted.
    pub(crate) counted_at: String,
    /// When created.
    pub(crate) created_at: String,
    /// When last changed.
    pub(crate) updated_at: String,
}

impl From<CampaignFigures> for Campaign {
    fn from(it: CampaignFigures) -> Self {
        let ids =
            |segments: Vec<(SegmentId, String)>| segments.into_iter().map(|(id, _)| id.to_string()).collect();
        Self {
            id: it.campaign.id,
            name: it.campaign.name,
            status: it.campaign.status.as_str().to_owned(),
            include: ids(it.campaign.include),
            exclude: ids(it.campaign.exclude),
            starts_at: it.campaign.starts_at.map(time),
            ends_at: it.campaign.ends_at.map(time),
            eligible: it.eligible,
            arms: it.arms.into_iter().map(Into::into).collect(),
            impressions_30d: it.impressions_30d,
            clicks_30d: it.clicks_30d,
            impressions_total: it.impressions_total,
            counted_at: time(it.counted_at),
            created_at: time(it.campaign.created_at),
            updated_at: time(it.campaign.updated_at),
        }
    }
}

/// A new campaign.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCampaign {
    /// The id that events carry; made from the name when missing.
    pub(crate) id: Option<String>,
    /// Its name.
    pub(crate) name: String,
    /// `draft`, `scheduled`, `active`, `paused` or `ended`.
    pub(crate) status: String,
    /// Ids of segments whose members it reaches.
    #[serde(default)]
    pub(crate) include: Vec<String>,
    /// Ids of segments whose members it leaves out.
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    /// First moment.
    pub(crate) starts_at: Option<String>,
    /// Last moment.
    pub(crate) ends_at: Option<String>,
    /// The arms of its A/B test.
    #[serde(default)]
    pub(crate) arms: Vec<Arm>,
}

impl NewCampaign {
    /// What the service is asked.
    pub(crate) fn spec(self) -> Result<CampaignSpec, Problem> {
        Ok(CampaignSpec {
            id: self.id,
            name: self.name,
            status: read_status(&self.status)?,
            include: read_segments(&self.include, "include")?,
            exclude: read_segments(&self.exclude, "exclude")?,
            starts_at: read_time(self.starts_at.as_deref(), "starts_at")?,
            ends_at: read_time(self.ends_at.as_deref(), "ends_at")?,
            arms: arms::read(self.arms)?,
        })
    }
}

/// A change of a campaign; what is missing stays.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignPatch {
    /// Its new name.
    pub(crate) name: Option<String>,
    /// Its new status: from draft to active or scheduled, from scheduled to active, draft or ended, from active to paused
    /// or ended, from paused to active or ended.
    pub(crate) status: Option<String>,
    /// Ids of segments whose members it reaches.
    pub(crate) include: Option<Vec<String>>,
    /// Ids of segments whose members it leaves out.
    pub(crate) exclude: Option<Vec<String>>,
    /// First moment; null takes it away.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub(crate) starts_at: Option<Option<String>>,
    /// Last moment; null takes it away.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub(crate) ends_at: Option<Option<String>>,
    /// The arms of its A/B test in place of those that it has; empty takes them away.
    pub(crate) arms: Option<Vec<Arm>>,
}

/// Tells a null that was sent from a field that is missing.
pub(super) fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// Reads a status.
fn read_status(text: &str) -> Result<CampaignStatus, Problem> {
    CampaignStatus::parse(text).ok_or_else(|| {
        let message = "The status of a campaign is draft, scheduled, active, paused or ended.";
        Problem::because(Code::Invalid, message).on("status")
    })
}

/// Reads ids of segments.
fn read_segments(ids: &[String], field: &str) -> Result<Vec<SegmentId>, Problem> {
    ids.iter()
        .map(|id| read_id(id, "segment").map_err(|problem| problem.on(field)))
        .collect()
}

impl CampaignPatch {
    /// What the service is asked.
    pub(crate) fn change(self) -> Result<CampaignChange, Problem> {
        let moment = |said: Option<Option<String>>, field: &str| {
            said.map(|text| read_time(text.as_deref(), field)).transpose()
        };
        Ok(CampaignChange {
            name: self.name,
            status: self.status.map(|status| read_status(&status)).transpose()?,
            include: self
                .include
                .map(|ids| read_segments(&ids, "include"))
                .transpose()?,
            exclude: self
                .exclude
                .map(|ids| read_segments(&ids, "exclude"))
                .transpose()?,
            starts_at: moment(self.starts_at, "starts_at")?,
            ends_at: moment(self.ends_at, "ends_at")?,
            arms: self.arms.map(arms::read).transpose()?,
            version: None,
        })
    }
}
