//! Reports and the warehouse on the wire.

use super::{Warehouse as RowCounts, decimal, time};
use domain::{micros::Micros, report::Unit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a job changed: every metric before and after.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct JobReport {
    /// Id of the job.
    pub(crate) job: String,
    /// When the side before was measured: before anybody was deleted. Null: not yet.
    pub(crate) before_at: Option<String>,
    /// Whether the aggregated figures before were worked out from those after and what the deleted people counted for,
    /// because there were too many to count in front of a job that starts at once.
    pub(crate) worked_out: bool,
    /// When the side after was measured: when sealing began. Null: not yet.
    pub(crate) after_at: Option<String>,
    /// The metrics.
    pub(crate) metrics: Vec<Metric>,
    /// Impressions of the campaigns that lost some or were to: projected against measured.
    pub(crate) campaigns: Vec<CampaignDrop>,
}

/// One metric.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Metric {
    /// Its name, such as `profiles` or `revenue_total`.
    pub(crate) name: String,
    /// In words.
    pub(crate) title: String,
    /// Id of the campaign that it is about.
    pub(crate) campaign: Option<String>,
    /// `accumulated`: does not move when people go; `aggregated`: moves.
    pub(crate) basis: String,
    /// Before; null where it was not measured.
    #[schema(value_type = Option<f64>)]
    pub(crate) before: Option<serde_json::Number>,
    /// After; null until the job ends.
    #[schema(value_type = Option<f64>)]
    pub(crate) after: Option<serde_json::Number>,
    /// After less before.
    #[schema(value_type = Option<f64>)]
    pub(crate) change: Option<serde_json::Number>,
    /// Why it did or did not move.
    pub(crate) reason: String,
}

/// Impressions of a campaign.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct CampaignDrop {
    /// Id of the campaign.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Impressions of the 30 days before the deletion, of everyone who was there.
    pub(crate) impressions_30d_before: Option<i64>,
    /// Impressions of the 30 days before sealing, of everyone who is there.
    pub(crate) impressions_30d_after: Option<i64>,
    /// The projected change: what the people on the list had in the 30 days before confirmation, as a loss.
    pub(crate) projected_impressions_change: i64,
    /// The measured change: what the deleted people had in the 30 days before sealing, as a loss.
    pub(crate) measured_impressions_change: Option<i64>,
}

impl From<domain::report::JobReport> for JobReport {
    fn from(it: domain::report::JobReport) -> Self {
        Self {
            job: it.job.to_string(),
            before_at: it.before_at.map(time),
            worked_out: it.worked_out,
            after_at: it.after_at.map(time),
            metrics: it.lines.into_iter().map(Metric::from).collect(),
            campaigns: it
                .drops
                .into_iter()
                .map(|drop| CampaignDrop {
                    id: drop.campaign,
                    name: drop.title,
                    impressions_30d_before: drop.before_30d,
                    impressions_30d_after: drop.after_30d,
                    projected_impressions_change: drop.projected,
                    measured_impressions_change: drop.measured,
                })
                .collect(),
        }
    }
}

impl From<domain::report::Line> for Metric {
    fn from(it: domain::report::Line) -> Self {
        let figure = |figure: i64| match it.unit {
            Unit::Count => figure.into(),
            Unit::Money => decimal(Micros::from_micros(figure)),
        };
        Self {
            before: it.before.map(figure),
            after: it.after.map(figure),
            change: it.change.map(figure),
            basis: it.basis.as_str().to_owned(),
            name: it.name,
            title: it.title,
            campaign: it.campaign,
            reason: it.reason,
        }
    }
}

/// The warehouse copy of a dataset.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct WarehouseState {
    /// Rows of the dataset; null: never counted.
    pub(crate) rows: Option<CountedRows>,
    /// Bytes of the file and its log, all datasets together.
    pub(crate) bytes: i64,
    /// Every change up to this number is in the copy.
    pub(crate) watermark: i64,
    /// The number of the last change.
    pub(crate) newest_change: i64,
    /// How many changes the copy is behind.
    pub(crate) lag_changes: i64,
    /// How many seconds it is behind, at most.
    pub(crate) lag_seconds: i64,
    /// How many days rows of deleted people are kept; null: until they are erased.
    pub(crate) keep_days: Option<i64>,
    /// When rows are removed next.
    pub(crate) next_removal_at: Option<String>,
    /// What is kept of deleted people, in all.
    pub(crate) kept: RowCounts,
    /// The same by job, the newest 50.
    pub(crate) deletions: Vec<KeptOfJob>,
}

/// Rows with the time at which they were counted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct CountedRows {
    /// Profiles.
    pub(crate) profiles: i64,
    /// Events.
    pub(crate) events: i64,
    /// When counted.
    pub(crate) counted_at: String,
}

/// What is kept of the people of one job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct KeptOfJob {
    /// Id of the job.
    pub(crate) job: String,
    /// When they were deleted.
    pub(crate) deleted_at: String,
    /// Profiles kept.
    pub(crate) profiles: i64,
    /// Events kept.
    pub(crate) events: i64,
    /// When they are removed; null: they are kept.
    pub(crate) kept_until: Option<String>,
    /// When they were removed.
    pub(crate) removed_at: Option<String>,
}

impl From<domain::warehouse::Warehouse> for WarehouseState {
    fn from(it: domain::warehouse::Warehouse) -> Self {
        Self {
            rows: it.rows.map(|rows| CountedRows {
                profiles: rows.rows.profiles,
                events: rows.rows.events,
                counted_at: time(rows.counted_at),
            }),
            bytes: it.bytes,
            watermark: it.watermark,
            newest_change: it.newest,
            lag_changes: it.changes_behind(),
            lag_seconds: it.lag_seconds,
            keep_days: it.keep_days,
            next_removal_at: it.next_at.map(time),
            kept: it.kept_in_all.into(),
            deletions: it.kept.into_iter().map(KeptOfJob::from).collect(),
        }
    }
}

impl From<domain::warehouse::Kept> for KeptOfJob {
    fn from(it: domain::warehouse::Kept) -> Self {
        Self {
            job: it.job.to_string(),
            deleted_at: time(it.deleted_at),
            profiles: it.rows.profiles,
            events: it.rows.events,
            kept_until: it.until.map(time),
            removed_at: it.removed_at.map(time),
        }
    }
}
