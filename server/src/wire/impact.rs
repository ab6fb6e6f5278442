//! Impact on the wire: what deleting a segment's people would do.

use super::{LastList, ProfileRow, time};
use domain::usage::{UsageKind, UsageRole};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a deletion would do, counted at one moment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Impact {
    /// How many profiles would go.
    pub(crate) profiles: i64,
    /// Their events.
    pub(crate) events: i64,
    /// How many profiles the dataset has.
    pub(crate) dataset_profiles: i64,
    /// What leans on the segment.
    pub(crate) usage: Vec<Usage>,
    /// The last list of what other systems run on segments: how far `usage` can be relied on for these.
    pub(crate) uses_list: LastList,
    /// Changes when the segment or what uses it changes; send it back with the job.
    pub(crate) plan_hash: String,
    /// How long it takes.
    pub(crate) estimate: Estimate,
    /// In how many jobs.
    pub(crate) plan: Vec<PlannedJob>,
    /// What stays in the warehouse copy.
    pub(crate) warehouse: Warehouse,
    /// How many are under legal hold and would stay.
    pub(crate) held: i64,
    /// Other segments that lose people.
    pub(crate) also_in: Vec<AlsoIn>,
    /// The first few who would go.
    pub(crate) sample: Vec<ProfileRow>,
    /// When counted.
    pub(crate) counted_at: String,
}

/// One place where the segment is used.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Usage {
    /// `campaign` or `segment`; of what another system runs, its registered kind.
    pub(crate) kind: String,
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Where it stands; of what another system runs, in its own word.
    pub(crate) status: String,
    /// `include`, `exclude` or `segment`; of what another system runs, its registered kind.
    pub(crate) role: String,
    /// The segments between, nearest to the user first; empty: direct.
    pub(crate) via: Vec<String>,
    /// People eligible now.
    pub(crate) eligible_now: i64,
    /// The same without the people who would go.
    pub(crate) eligible_after: i64,
    /// Of those who would go, how many count here now.
    pub(crate) members: i64,
    /// Impressions of the last 30 days that came from them.
    pub(crate) impressions_30d_from_members: i64,
    /// What the next 30 days would miss.
    pub(crate) projected_impressions_change: i64,
    /// Of what another system runs: how, by whom, where, and as of when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) registered: Option<Registered>,
}

/// What is known of a use in another system. Its impressions are not known here.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Registered {
    /// `include` or `exclude`.
    pub(crate) side: String,
    /// Whether its status says that people are being reached now.
    pub(crate) running: bool,
    /// Who answers for it.
    pub(crate) owner: Option<String>,
    /// Where to look at it.
    pub(crate) link: Option<String>,
    /// The time of the last list that named it.
    pub(crate) listed_at: String,
}

/// How long, and on what basis.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Estimate {
    /// At best.
    pub(crate) seconds_low: i64,
    /// At worst.
    pub(crate) seconds_high: i64,
    /// Profiles a second.
    pub(crate) rate: f64,
    /// `measured`, `probed` or `documented`.
    pub(crate) basis: String,
    /// At the documented 100 a second.
    pub(crate) documented_seconds: i64,
}

/// One job of a plan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct PlannedJob {
    /// 1, 2, …
    pub(crate) job: u32,
    /// How many profiles it deletes.
    pub(crate) profiles: i64,
    /// How long it takes.
    pub(crate) seconds: i64,
}

/// Rows in the warehouse copy.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Warehouse {
    /// Profiles.
    pub(crate) profiles: i64,
    /// Events.
    pub(crate) events: i64,
}

impl From<domain::impact::WarehouseKept> for Warehouse {
    fn from(it: domain::impact::WarehouseKept) -> Self {
        Self {
            profiles: it.profiles,
            events: it.events,
        }
    }
}

/// Another segment that loses people.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct AlsoIn {
    /// Its name.
    pub(crate) segment: String,
    /// Its id.
    pub(crate) segment_id: String,
    /// How many of those who would go are in it.
    pub(crate) profiles: i64,
}

impl From<domain::impact::Impact> for Impact {
    fn from(it: domain::impact::Impact) -> Self {
        let plan = it.plan.into_iter();
        let also_in = it.also_in.into_iter();
        Self {
            profiles: it.profiles,
            events: it.events,
            dataset_profiles: it.dataset_profiles,
            usage: it.usage.into_iter().map(Into::into).collect(),
            uses_list: LastList::at(&it.uses_list, it.counted_at),
            plan_hash: it.plan_hash,
            estimate: Estimate {
                seconds_low: it.estimate.seconds_low,
                seconds_high: it.estimate.seconds_high,
                rate: it.estimate.rate,
                basis: it.estimate.basis.as_str().to_owned(),
                documented_seconds: it.estimate.documented_seconds,
            },
            plan: plan
                .map(|p| PlannedJob {
                    job: p.job,
                    profiles: p.profiles,
                    seconds: p.seconds,
                })
                .collect(),
            warehouse: it.warehouse.into(),
            held: it.held,
            also_in: also_in
                .map(|a| AlsoIn {
                    segment: a.name,
                    segment_id: a.segment.to_string(),
                    profiles: a.profiles,
                })
                .collect(),
            sample: it.sample.into_iter().map(Into::into).collect(),
            counted_at: time(it.counted_at),
        }
    }
}

impl From<domain::usage::Usage> for Usage {
    fn from(it: domain::usage::Usage) -> Self {
        let projected_impressions_change = it.projected_impressions_change();
        let running = it.running();
        let side = match it.role {
            UsageRole::Include => "include",
            UsageRole::Exclude => "exclude",
            UsageRole::Segment => "segment",
        };
        let (mut role, mut registered) = (side, None);
        let (kind, id, status) = match it.what {
            UsageKind::Campaign { id, status } => ("campaign", id, status.as_str().to_owned()),
            UsageKind::Segment { id, enabled } => {
                let state = if enabled { "enabled" } else { "disabled" };
                ("segment", id.to_string(), state.to_owned())
            }
            UsageKind::Registered {
                id,
                kind,
                status,
                owner,
                link,
                listed_at,
            } => {
                role = kind.as_str();
                registered = Some(Registered {
                    side: side.to_owned(),
                    running,
                    owner,
                    link,
                    listed_at: time(listed_at),
                });
                (kind.as_str(), id, status)
            }
        };
        Self {
            kind: kind.to_owned(),
            id,
            name: it.name,
            status,
            role: role.to_owned(),
            via: it.via,
            eligible_now: it.eligible_now,
            eligible_after: it.eligible_after,
            members: it.members,
            impressions_30d_from_members: it.impressions_30d_from_members,
            projected_impressions_change,
            registered,
        }
    }
}
