//! Usage: what leans on a segment, directly or through other segments.

pub mod registered;

pub use registered::{ListStanding, RegisteredUse, RegisteredUses, UseKind, UsesList};

use crate::{campaign::CampaignStatus, id::SegmentId, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How it leans on the segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageRole {
    /// A campaign, or something registered, that reaches the segment's people.
    Include,
    /// A campaign, or something registered, that leaves them out.
    Exclude,
    /// A segment whose rule refers to it.
    Segment,
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum UsageKind {
    /// A campaign.
    Campaign {
        /// Its id.
        id: String,
        /// Where it stands.
        status: CampaignStatus,
    },
    /// Another segment.
    Segment {
        /// Its number.
        id: SegmentId,
        /// Whether it is enabled.
        enabled: bool,
    },
    /// Something that another system runs, as it was registered.
    Registered {
        /// Its id there.
        id: String,
        /// Its kind.
        #[serde(rename = "use")]
        kind: UseKind,
        /// Where it stands, in the other system's word.
        status: String,
        /// Who answers for it.
        owner: Option<String>,
        /// Where to look at it.
        link: Option<String>,
        /// The time of the last list that named it.
        listed_at: Timestamp,
    },
}

/// One place where a segment is used, with what a deletion of its people would do there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// What it is.
    pub what: UsageKind,
    /// Its name.
    pub name: String,
    /// How it leans on the segment.
    pub role: UsageRole,
    /// The segments between, by name, nearest to the user first; empty: direct.
    pub via: Vec<String>,
    /// People eligible (of a campaign) or in (a segment) now.
    pub eligible_now: i64,
    /// The same without the people who would go.
    pub eligible_after: i64,
    /// Of those who would go, how many count here now.
    pub members: i64,
    /// Impressions of the last 30 days, all.
    pub impressions_30d: i64,
    /// Impressions of the last 30 days that came from the people who would go.
    pub impressions_30d_from_members: i64,
}

impl Usage {
    /// The id of what uses the segment, as it is known where it runs.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.what {
            UsageKind::Campaign { id, .. } | UsageKind::Registered { id, .. } => id.clone(),
            UsageKind::Segment { id, .. } => id.to_string(),
        }
    }

    /// Whether people are being reached through it now, here or in another system.
    #[must_use]
    pub fn running(&self) -> bool {
        match &self.what {
            UsageKind::Campaign { status, .. } => status.running(),
            UsageKind::Registered { status, .. } => registered::running(status),
            UsageKind::Segment { .. } => false,
        }
    }

    /// Whether it is a running campaign of Lethe's own: only these can hold a job up, because only these can be paused
    /// here and are known at this moment rather than at the time of a list.
    #[must_use]
    pub const fn running_here(&self) -> bool {
        match &self.what {
            UsageKind::Campaign { status, .. } => status.running(),
            UsageKind::Registered { .. } | UsageKind::Segment { .. } => false,
        }
    }

    /// The projected change of the next 30 days' impressions: those that came from these people will be missing.
    #[must_use]
    pub const fn projected_impressions_change(&self) -> i64 {
        -self.impressions_30d_from_members
    }
}

/// The running campaigns of Lethe's own among these uses, each once: one that includes and excludes the segment leans on it
/// twice and is one campaign.
#[must_use]
pub fn running_campaigns(uses: &[Usage]) -> Vec<&Usage> {
    let mut seen = BTreeSet::new();
    let running = uses.iter().filter(|usage| usage.running_here());
    running.filter(|usage| seen.insert(usage.id())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_that_includes_and_excludes_is_one() {
        let uses = |id: &str, status, role| Usage {
            what: UsageKind::Campaign {
                id: id.to_owned(),
                status,
            },
            name: "Spring".to_owned(),
            role,
            via: Vec::new(),
            eligible_now: 0,
            eligible_after: 0,
            members: 0,
            impressions_30d: 0,
            impressions_30d_from_members: 0,
        };
        let uses = [
            uses("a", CampaignStatus::Active, UsageRole::Include),
            uses("a", CampaignStatus::Active, UsageRole::Exclude),
            uses("b", CampaignStatus::Active, UsageRole::Exclude),
            uses("c", CampaignStatus::Draft, UsageRole::Include),
        ];
        let ids: Vec<_> = running_campaigns(&uses).into_iter().map(Usage::id).collect();
        assert_eq!(ids, ["a", "b"]);
    }
}
