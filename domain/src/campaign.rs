//! Campaigns: what targets segments.

pub mod arms;

pub use arms::{ARMS_MAX, Arm, ArmFigure};

use crate::{
    id::SegmentId,
    job::Job,
    problem::{Code, Problem},
    segment::Segment,
    time::Timestamp,
};
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

    /// What a campaign that stands here may become when somebody asks, in the order of the page's buttons. The one table
    /// of changes: the service refuses by it, the page offers by it. What is over stays over, so that its figures keep
    /// one meaning.
    #[must_use]
    pub const fn next(self) -> &'static [CampaignStatus] {
        match self {
            Self::Draft => &[Self::Active, Self::Scheduled],
            Self::Scheduled => &[Self::Active, Self::Draft, Self::Ended],
            Self::Active => &[Self::Paused, Self::Ended],
            Self::Paused => &[Self::Active, Self::Ended],
            Self::Ended => &[],
        }
    }

    /// What the button that leads from `self` to `next` is called.
    #[must_use]
    pub const fn verb(self, next: CampaignStatus) -> &'static str {
        match (self, next) {
            (Self::Paused, Self::Active) => "Resume",
            (_, Self::Active) => "Start",
            (_, Self::Scheduled) => "Schedule",
            (_, Self::Paused) => "Pause",
            (_, Self::Ended) => "End",
            (_, Self::Draft) => "Back to draft",
        }
    }

    /// Whether a campaign that stands here may become `next`; staying where it is is no change.
    ///
    /// # Errors
    /// `state_refused`, with what it may become instead.
    pub fn check_change(self, next: CampaignStatus) -> Result<(), Problem> {
        if self == next || self.next().contains(&next) {
            return Ok(());
        }
        let possible: Vec<&str> = self.next().iter().map(|status| status.as_str()).collect();
        let message = match possible.as_slice() {
            [] => format!(
                "An ended campaign stays ended, so it cannot become {}: make a new one.",
                next.as_str()
            ),
            possible => format!(
                "A campaign that is {} cannot become {}, only {}.",
                self.as_str(),
                next.as_str(),
                possible.join(" or ")
            ),
        };
        Err(Problem::because(Code::StateRefused, message).on("status"))
    }

    /// Where a campaign stands when its times are looked at: what is scheduled starts at its first moment, and nothing
    /// that has begun or was to begin outlives its last one. `None`: it stays where it is.
    #[must_use]
    pub fn due(
        self,
        now: Timestamp,
        starts_at: Option<Timestamp>,
        ends_at: Option<Timestamp>,
    ) -> Option<CampaignStatus> {
        let over = ends_at.is_some_and(|end| end < now);
        match self {
            Self::Scheduled | Self::Active | Self::Paused if over => Some(Self::Ended),
            Self::Scheduled if starts_at.is_some_and(|start| start <= now) => Some(Self::Active),
            _ => None,
        }
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
    /// The arms of its A/B test, by range; none: everyone eligible is served alike.
    pub arms: Vec<Arm>,
    /// Grows with every change; part of the plan hash.
    pub version: i64,
    /// When created.
    pub created_at: Timestamp,
    /// When last changed.
    pub updated_at: Timestamp,
}

impl Campaign {
    /// Whether it serves people at this moment: active, and within its times, both ends included.
    #[must_use]
    pub fn serves(&self, now: Timestamp) -> bool {
        self.status.running()
            && self.starts_at.is_none_or(|start| start <= now)
            && self.ends_at.is_none_or(|end| end >= now)
    }
}

/// A campaign with its figures, counted when asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignFigures {
    /// The campaign.
    pub campaign: Campaign,
    /// How many people are eligible now.
    pub eligible: i64,
    /// The same for each arm, in the order of the campaign's arms.
    pub arms: Vec<ArmFigure>,
    /// Impressions of the last 30 days.
    pub impressions_30d: i64,
    /// Clicks of the last 30 days.
    pub clicks_30d: i64,
    /// Accumulated impressions: do not move when people go.
    pub impressions_total: i64,
    /// When counted.
    pub counted_at: Timestamp,
}

/// Events of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayFigure {
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    /// How many, as accumulated: they do not move when people go.
    pub events: i64,
}

/// What stands around a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignAround {
    /// Disabled segments that decide who is eligible: those that it names, and those that these are built on.
    pub disabled: Vec<Segment>,
    /// Impressions of the last 30 days, today last.
    pub days: Vec<DayFigure>,
    /// Segments whose rules read this campaign's events.
    pub read_by: Vec<(SegmentId, String)>,
    /// The newest deletions that take or took people from it.
    pub jobs: Vec<Job>,
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
    /// The arms of its A/B test.
    #[serde(default)]
    pub arms: Vec<Arm>,
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
    /// Its arms from now on; empty: none any more.
    #[serde(default)]
    pub arms: Option<Vec<Arm>>,
    /// The version that the change was made on; refused where the campaign has another by now. `None`: whichever it is.
    #[serde(default)]
    pub version: Option<i64>,
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

    #[test]
    fn every_change_of_status_is_in_the_table_or_refused_in_one_sentence() {
        for from in CampaignStatus::ALL {
            for to in CampaignStatus::ALL {
                match from.check_change(to) {
                    Ok(()) => assert!(from == to || from.next().contains(&to)),
                    Err(problem) => {
                        assert_eq!(problem.code, Code::StateRefused);
                        assert_eq!(problem.message.matches('.').count(), 1, "{}", problem.message);
                    }
                }
            }
        }
        assert!(
            CampaignStatus::Ended
                .check_change(CampaignStatus::Active)
                .is_err()
        );
        assert!(
            CampaignStatus::Active
                .check_change(CampaignStatus::Draft)
                .is_err()
        );
    }

    #[test]
    fn times_start_and_end_a_campaign() {
        let at = Timestamp::from_ms;
        let due = |status: CampaignStatus, start, end| status.due(at(100), Some(at(start)), Some(at(end)));
        assert_eq!(
            due(CampaignStatus::Scheduled, 100, 200),
            Some(CampaignStatus::Active)
        );
        assert_eq!(due(CampaignStatus::Scheduled, 101, 200), None);
        assert_eq!(due(CampaignStatus::Paused, 0, 99), Some(CampaignStatus::Ended));
        assert_eq!(due(CampaignStatus::Active, 0, 100), None);
        assert_eq!(due(CampaignStatus::Draft, 0, 99), None);
    }

    #[test]
    fn a_campaign_serves_from_its_first_moment_to_its_last() {
        let at = Timestamp::from_ms;
        let mut campaign = Campaign {
            id: "c".to_owned(),
            name: "C".to_owned(),
            status: CampaignStatus::Active,
            include: vec![],
            exclude: vec![],
            starts_at: Some(at(10)),
            ends_at: Some(at(20)),
            arms: vec![],
            version: 1,
            created_at: at(0),
            updated_at: at(0),
        };
        let serves = [9, 10, 20, 21].map(|ms| campaign.serves(at(ms)));
        assert_eq!(serves, [false, true, true, false]);
        campaign.status = CampaignStatus::Paused;
        assert!(!campaign.serves(at(15)));
    }
}
