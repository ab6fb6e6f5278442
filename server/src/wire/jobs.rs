//! Jobs on the wire, as they are shown.

use super::{
    erasure::Erasure,
    impact::Warehouse,
    plans::{Estimated, PlanPlace, seconds},
    time,
};
use domain::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A deletion job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Job {
    /// Its id; null for a dry run.
    pub(crate) id: Option<String>,
    /// The number that people see: `D-1042`; null for a dry run.
    pub(crate) number: Option<String>,
    /// The dataset's short name.
    pub(crate) dataset: String,
    /// The segment, as it was at confirmation.
    pub(crate) segment: JobSegment,
    /// Where it stands.
    pub(crate) state: String,
    /// What people see: the state, or `pausing`, `paused`, `cancelling`, `interrupted`, `waiting`.
    pub(crate) status: String,
    /// `run`, `hold` or `cancel`.
    pub(crate) intent: String,
    /// Why it does not move, a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason_paused: Option<String>,
    /// Who asked.
    pub(crate) requested_by: String,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// When asked.
    pub(crate) created_at: String,
    /// Not before.
    pub(crate) start_at: String,
    /// When deleting began.
    pub(crate) started_at: Option<String>,
    /// When it ended.
    pub(crate) finished_at: Option<String>,
    /// Why it ended as it did, where that is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end_reason: Option<String>,
    /// Its phases so far.
    pub(crate) phases: Vec<Phase>,
    /// Its place in a plan of several jobs; absent for a job by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) plan: Option<PlanPlace>,
    /// How long it was expected to take when it was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) estimated: Option<Estimated>,
    /// How many seconds it took, without waiting for its time, its turn and people; absent before its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) took_seconds: Option<f64>,
    /// matched = deleted + spared + held + failed + gone + left.
    pub(crate) counts: Counts,
    /// Events deleted with the profiles.
    pub(crate) events_deleted: i64,
    /// How far.
    pub(crate) progress: Progress,
    /// Profiles a second at most; null: no limit.
    pub(crate) max_rate: Option<i64>,
    /// The hours of every day in which nobody is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quiet_hours: Option<QuietHours>,
    /// Milliseconds spent deleting; rests, pauses and waiting not counted.
    pub(crate) work_ms: i64,
    /// When it was checked who is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verified_at: Option<String>,
    /// When no byte of the deleted was left in the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scrubbed_at: Option<String>,
    /// What the wiping of freed space found and did; absent before it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) erasure: Option<Erasure>,
    /// What stays in the warehouse copy.
    pub(crate) warehouse_kept: Option<Warehouse>,
    /// What is refused of its people afterwards: `late`, `30d`, `forever` or `none`.
    #[serde(default)]
    pub(crate) suppress: String,
    /// The export of the people, where one was asked for: a copy that may still exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) export: Option<ExportOfJob>,
    /// The moment to which all of this belongs.
    pub(crate) as_of: String,
}

/// The hours of every day in which a job deletes nobody: it rests from `from` to `to` and goes on by itself. Where `to` is
/// earlier than `from`, it is meant of the next day. Sweeping, checking and wiping what was deleted goes on at any hour.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuietHours {
    /// When they begin: `HH:MM`.
    #[serde(default)]
    #[schema(example = "22:00")]
    pub(crate) from: String,
    /// When they end: `HH:MM`.
    #[serde(default)]
    #[schema(example = "06:00")]
    pub(crate) to: String,
    /// The time zone by which both are meant, an IANA name.
    #[serde(default)]
    #[schema(example = "Europe/Berlin")]
    pub(crate) zone: String,
}

impl QuietHours {
    /// What the service is asked.
    pub(crate) fn read(&self) -> Result<domain::job::QuietHours, Problem> {
        domain::job::QuietHours::read(&self.from, &self.to, &self.zone)
    }
}

impl From<domain::job::QuietHours> for QuietHours {
    fn from(it: domain::job::QuietHours) -> Self {
        Self {
            from: it.from.to_string(),
            to: it.to.to_string(),
            zone: it.zone,
        }
    }
}

/// The export of a job's people, written before deleting begins.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct ExportOfJob {
    /// `asked`: not yet written; `kept`: it exists until `kept_until`; `wiped`.
    pub(crate) state: String,
    /// People in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) people: Option<i64>,
    /// Its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<i64>,
    /// When it was complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) written_at: Option<String>,
    /// When it is wiped at the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kept_until: Option<String>,
    /// When it was wiped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wiped_at: Option<String>,
    /// Who had it wiped; `system` when its time had come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wiped_by: Option<String>,
    /// The same in a sentence.
    pub(crate) note: String,
}

impl ExportOfJob {
    /// What is known of it; `None` where none was asked for.
    fn of(asked: bool, export: Option<domain::export::Export>) -> Option<Self> {
        let Some(it) = export else {
            return asked.then(|| Self {
                state: "asked".to_owned(),
                people: None,
                bytes: None,
                written_at: None,
                kept_until: None,
                wiped_at: None,
                wiped_by: None,
                note: "An export of these people was asked for; deleting begins when it is whole.".to_owned(),
            });
        };
        Some(Self {
            state: if it.wiped_at.is_some() { "wiped" } else { "kept" }.to_owned(),
            note: it.sentence(),
            people: Some(it.people),
            bytes: Some(it.bytes),
            written_at: Some(time(it.written_at)),
            kept_until: Some(time(it.kept_until)),
            wiped_at: it.wiped_at.map(time),
            wiped_by: it.wiped_by,
        })
    }
}

/// The segment of a job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct JobSegment {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its rule, identities hashed; rule segments only.
    pub(crate) rule: Option<String>,
}

/// One phase, named as its state.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Phase {
    /// The state.
    pub(crate) name: String,
    /// When it began.
    pub(crate) started_at: String,
    /// When it ended.
    pub(crate) finished_at: Option<String>,
}

/// What became of the target set.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Counts {
    /// The frozen set.
    pub(crate) matched: i64,
    /// Deleted.
    pub(crate) deleted: i64,
    /// No longer matched at their turn.
    pub(crate) spared: i64,
    /// Under legal hold.
    pub(crate) held: i64,
    /// Failed after three tries.
    pub(crate) failed: i64,
    /// Absent at their turn.
    pub(crate) gone: i64,
    /// Not yet decided, or cut off by a cancel.
    pub(crate) left: i64,
    /// Came in after the freeze; outside the sum; null until verified.
    pub(crate) joined_after: Option<i64>,
}

/// How far a job is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Progress {
    /// Whole percent; null while the target set is not known.
    pub(crate) percent: Option<i64>,
    /// Profiles a second; null before it is known.
    pub(crate) rate: Option<f64>,
    /// Seconds left at best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) eta_low: Option<i64>,
    /// Seconds left at worst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) eta_high: Option<i64>,
    /// Batches committed.
    pub(crate) batches: i64,
}

impl From<domain::job::Job> for Job {
    fn from(it: domain::job::Job) -> Self {
        // A dry run has no job behind it, hence no number.
        let real = it.id.0 > 0;
        let phases = it.phases.into_iter();
        Self {
            id: real.then(|| it.id.to_string()),
            number: real.then(|| it.id.number()),
            dataset: it.dataset,
            segment: JobSegment {
                id: it.segment_id.to_string(),
                name: it.segment_name,
                rule: it.rule,
            },
            state: it.state.as_str().to_owned(),
            status: status(it.status),
            intent: it.intent.as_str().to_owned(),
            reason_paused: it.reason_paused,
            requested_by: it.requested_by,
            reason: it.reason,
            created_at: time(it.created_at),
            start_at: time(it.start_at),
            started_at: it.started_at.map(time),
            finished_at: it.finished_at.map(time),
            end_reason: it.end_reason,
            phases: phases
                .map(|phase| Phase {
                    name: phase.name.as_str().to_owned(),
                    started_at: time(phase.started_at),
                    finished_at: phase.finished_at.map(time),
                })
                .collect(),
            plan: it.plan.map(Into::into),
            estimated: it.estimated.map(Into::into),
            took_seconds: it.took_ms.map(seconds),
            counts: it.counts.into(),
            events_deleted: it.events_deleted,
            progress: it.progress.into(),
            max_rate: it.max_rate,
            quiet_hours: it.quiet_hours.map(Into::into),
            work_ms: it.work_ms,
            verified_at: it.verified_at.map(time),
            scrubbed_at: it.scrubbed_at.map(time),
            erasure: it.erasure.map(Into::into),
            warehouse_kept: it.warehouse_kept.map(Into::into),
            suppress: it.suppress.as_str().to_owned(),
            export: ExportOfJob::of(it.export_asked, it.export),
            as_of: time(it.as_of),
        }
    }
}

impl From<domain::job::Progress> for Progress {
    fn from(it: domain::job::Progress) -> Self {
        Self {
            percent: it.percent,
            rate: it.rate,
            eta_low: it.eta_low,
            eta_high: it.eta_high,
            batches: it.batches,
        }
    }
}

impl From<domain::job::Counts> for Counts {
    fn from(it: domain::job::Counts) -> Self {
        Self {
            matched: it.matched,
            deleted: it.deleted,
            spared: it.spared,
            held: it.held,
            failed: it.failed,
            gone: it.gone,
            left: it.left,
            joined_after: it.joined_after,
        }
    }
}

/// The text form of a status; its serde names are the wire's.
fn status(status: domain::job::JobStatus) -> String {
    match serde_json::to_value(status) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

/// A target that was not deleted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Leftover {
    /// The profile.
    pub(crate) profile_id: String,
    /// Its strongest identity, where it still exists.
    pub(crate) title: Option<String>,
    /// `spared`, `held`, `failed`, or `left`: the job ended before their turn.
    pub(crate) outcome: String,
    /// Why.
    pub(crate) reason: String,
}

impl From<domain::job::Leftover> for Leftover {
    fn from(it: domain::job::Leftover) -> Self {
        Self {
            profile_id: it.profile.to_string(),
            title: it.title,
            outcome: it.outcome.as_str().to_owned(),
            reason: it.reason,
        }
    }
}
