//! Campaigns: what targets segments.

use crate::{id::SegmentId, time::Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// Being written.
    Draft,
    /// Will start at its time.
    Scheduled,
    /// Running.
    Active,
    /// Stopped for now.
    Paused,
    /// Over.
    Ended,
}

impl CampaignStatus {
    /// Every status, in order of life.
    pub const ALL: [CampaignStatus; 5] = [
        Self::Draft,
        Self::Scheduled,
        Self::Active,
        Self::Paused,
        Self::Ended,
    ];

    /// The text form, as stored and typed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }

    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Scheduled => "Scheduled",
            Self::Active => "Active",
            Self::Paused => "Paused",
            Self::Ended => "Ended",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether people are being reached now, so that a deletion must be acknowledged.
    #[must_use]
    pub const fn running(self) -> bool {
        matches!(self, Self::Active)
    }
}

/// A campaign as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// The id that events carry.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: CampaignStatus,
    /// Segments whose members it reaches, by number and name. None: everyone.
    pub include: Vec<(SegmentId, String)>,
    /// Segments whose members it leaves out.
    pub exclude: Vec<(SegmentId, String)>,
    /// First day.
    pub starts_at: Option<Timestamp>,
    /// Last day.
    pub ends_at: Option<Timestamp>,
    /// Grows with every change; part of the plan hash.
    pub version: i64,
    /// When created.
    pub created_at: Timestamp,
    /// When last changed.
    pub updated_at: Timestamp,
}

/// A campaign with its figures, counted when asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignFigures {
    /// The campaign.
    pub campaign: Campaign,
    /// How many people are eligible now.
    pub eligible: i64,
    /// Impressions of the last 30 days.
    pub impressions_30d: i64,
    /// Clicks of the last 30 days.
    pub clicks_30d: i64,
    /// Accumulated impressions: do not move when people go.
    pub impressions_total: i64,
    /// When counted.
    pub counted_at: Timestamp,
}

/// What is asked of a campaign, new or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignSpec {
    /// The id that events carry; made from the name when missing.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: CampaignStatus,
    /// Segments whose members it reaches.
    pub include: Vec<SegmentId>,
    /// Segments whose members it leaves out.
    pub exclude: Vec<SegmentId>,
    /// First day.
    pub starts_at: Option<Timestamp>,
    /// Last day.
    pub ends_at: Option<Timestamp>,
}

/// What is to become of a campaign; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignChange {
    /// Its new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it stands from now on.
    #[serde(default)]
    pub status: Option<CampaignStatus>,
    /// Whom it reaches from now on.
    #[serde(default)]
    pub include: Option<Vec<SegmentId>>,
    /// Whom it leaves out from now on.
    #[serde(default)]
    pub exclude: Option<Vec<SegmentId>>,
    /// Its first day; `Some(None)`: none any more.
    #[serde(default, deserialize_with = "given")]
    pub starts_at: Option<Option<Timestamp>>,
    /// Its last day; `Some(None)`: none any more.
    #[serde(default, deserialize_with = "given")]
    pub ends_at: Option<Option<Timestamp>>,
}

/// Tells `null` (take it away) from a missing field (leave it).
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Timestamp>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_takes_away_and_missing_leaves() -> Result<(), serde_json::Error> {
        let change: CampaignChange = serde_json::from_str(r#"{"starts_at": null}"#)?;
        assert_eq!((change.starts_at, change.ends_at), (Some(None), None));
        Ok(())
    }
}
