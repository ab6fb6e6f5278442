//! Recurring deletions on the wire.

use super::{TypedCount, jobs::QuietHours, read_id, start::read_suppress, time};
use domain::{
    job::OnActiveCampaign,
    problem::{Code, Problem},
    recurring::{Every, Recurrence, RecurringSpec},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// When it is due.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Due {
    /// `day`, `week` or `month`.
    #[serde(default)]
    #[schema(example = "month")]
    pub(crate) every: String,
    /// With `week`: `monday` to `sunday`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) weekday: Option<String>,
    /// With `month`: 1 to 31; a shorter month takes its last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 31)]
    pub(crate) day: Option<i64>,
    /// The time of day: `HH:MM`.
    #[serde(default)]
    #[schema(example = "03:00")]
    pub(crate) at: String,
    /// The time zone by which it is meant, an IANA name.
    #[serde(default)]
    #[schema(example = "Europe/Berlin")]
    pub(crate) zone: String,
}

impl Due {
    fn read(&self) -> Result<Recurrence, Problem> {
        let day = self.day.map(|day| day.to_string()).unwrap_or_default();
        Recurrence::read(
            &self.every,
            self.weekday.as_deref().unwrap_or_default(),
            &day,
            &self.at,
            &self.zone,
        )
    }
}

impl From<Recurrence> for Due {
    fn from(it: Recurrence) -> Self {
        let (every, weekday, day) = match it.every {
            Every::Day => ("day", None, None),
            Every::Week { weekday } => ("week", Some(weekday.as_str().to_owned()), None),
            Every::Month { day } => ("month", None, Some(i64::from(day))),
        };
        Self {
            every: every.to_owned(),
            weekday,
            day,
            at: it.at.to_string(),
            zone: it.zone,
        }
    }
}

/// A recurring deletion as asked for: a standing confirmation.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRecurring {
    /// The segment; it must be enabled.
    pub(crate) segment_id: String,
    /// When it is due.
    #[serde(default)]
    pub(crate) due: Due,
    /// That the person understands that deleted users cannot be recovered, run after run.
    #[serde(default)]
    pub(crate) consent: bool,
    /// The segment's exact name.
    #[serde(default)]
    pub(crate) confirm_name: String,
    /// The most people that one run may delete; where more match, nobody is deleted. Separators in a text are ignored.
    #[schema(value_type = i64)]
    pub(crate) ceiling: Option<TypedCount>,
    /// The `plan_hash` of the impact that was shown; where the plan is another by now, it is refused with `plan_changed`.
    pub(crate) plan_hash: Option<String>,
    /// Whether the segment is enabled again after each run that came to its end. Where it is not, it stays disabled, and a run
    /// that meets it disabled is refused.
    #[serde(default)]
    pub(crate) enable_after: bool,
    /// `block` (default): a run that meets a running campaign is refused; `proceed`: it goes on.
    pub(crate) on_active_campaign: Option<String>,
    /// Profiles a second at most; null: no limit.
    pub(crate) max_rate: Option<i64>,
    /// The hours of every day in which nobody is deleted.
    pub(crate) quiet_hours: Option<QuietHours>,
    /// Why, in the person's words.
    pub(crate) reason: Option<String>,
    /// What is refused afterwards of the people of each run: `late` (default), `30d`, `forever` or `none`.
    pub(crate) suppress: Option<String>,
}

impl NewRecurring {
    /// What the service is asked.
    pub(crate) fn spec(&self) -> Result<RecurringSpec, Problem> {
        let on_active_campaign = match self.on_active_campaign.as_deref() {
            None | Some("block") => OnActiveCampaign::Block,
            Some("proceed") => OnActiveCampaign::Proceed,
            Some(_) => {
                let message = "on_active_campaign is block or proceed.";
                return Err(Problem::because(Code::Invalid, message).on("on_active_campaign"));
            }
        };
        let ceiling = self.ceiling.as_ref().and_then(TypedCount::read);
        Ok(RecurringSpec {
            segment_id: read_id(&self.segment_id, "segment").map_err(|problem| problem.on("segment_id"))?,
            recurrence: self.due.read()?,
            consent: self.consent,
            confirm_name: self.confirm_name.clone(),
            ceiling: ceiling.ok_or_else(|| Problem::new(Code::CountInvalid).on("ceiling"))?,
            plan_hash: self.plan_hash.clone(),
            enable_after: self.enable_after,
            on_active_campaign,
            max_rate: self.max_rate,
            quiet_hours: self.quiet_hours.as_ref().map(QuietHours::read).transpose()?,
            reason: self.reason.clone(),
            suppress: read_suppress(self.suppress.as_deref())?,
        })
    }
}

/// A recurring deletion.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RecurringJob {
    /// Its id.
    pub(crate) id: String,
    /// The number that people see: `R-3`.
    pub(crate) number: String,
    /// The dataset's short name.
    pub(crate) dataset: String,
    /// The segment's id.
    pub(crate) segment_id: String,
    /// Its name at confirmation.
    pub(crate) segment_name: String,
    /// When it is due.
    pub(crate) due: Due,
    /// The most people that one run may delete.
    pub(crate) ceiling: i64,
    /// How many matched at confirmation.
    pub(crate) confirmed_count: i64,
    /// Whether the segment is enabled again after each run that came to its end.
    pub(crate) enable_after: bool,
    /// `block` or `proceed`.
    pub(crate) on_active_campaign: String,
    /// Profiles a second at most; null: no limit.
    pub(crate) max_rate: Option<i64>,
    /// The hours of every day in which nobody is deleted.
    pub(crate) quiet_hours: Option<QuietHours>,
    /// Why, in the person's words.
    pub(crate) reason: Option<String>,
    /// Who confirmed it.
    pub(crate) created_by: String,
    /// When.
    pub(crate) created_at: String,
    /// When it is due next; null: it is stopped.
    pub(crate) next_at: Option<String>,
    /// When it was stopped.
    pub(crate) stopped_at: Option<String>,
    /// By whom; `system`: by the server, for `stop_reason`.
    pub(crate) stopped_by: Option<String>,
    /// Why the server stopped it.
    pub(crate) stop_reason: Option<String>,
}

impl From<domain::recurring::RecurringJob> for RecurringJob {
    fn from(it: domain::recurring::RecurringJob) -> Self {
        let policy = match it.spec.on_active_campaign {
            OnActiveCampaign::Proceed => "proceed",
            OnActiveCampaign::Block | OnActiveCampaign::Pause => "block",
        };
        Self {
            id: it.id.to_string(),
            number: it.id.number(),
            dataset: it.dataset,
            segment_id: it.spec.segment_id.to_string(),
            segment_name: it.segment_name,
            due: it.spec.recurrence.into(),
            ceiling: it.spec.ceiling,
            confirmed_count: it.confirmed_count,
            enable_after: it.spec.enable_after,
            on_active_campaign: policy.to_owned(),
            max_rate: it.spec.max_rate,
            quiet_hours: it.spec.quiet_hours.map(Into::into),
            reason: it.spec.reason,
            created_by: it.created_by,
            created_at: time(it.created_at),
            next_at: it.next_at.map(time),
            stopped_at: it.stopped_at.map(time),
            stopped_by: it.stopped_by,
            stop_reason: it.stop_reason,
        }
    }
}

/// What became of a due moment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RecurringRun {
    /// When it was due.
    pub(crate) due_at: String,
    /// `started`, `refused`, `nobody` (nobody matched) or `skipped` (the server was down for too long).
    pub(crate) outcome: String,
    /// How many matched then; null: it did not come to counting.
    pub(crate) matched: Option<i64>,
    /// The job that was started.
    pub(crate) job_id: Option<String>,
    /// Where that job stands.
    pub(crate) job_state: Option<String>,
    /// How many it has deleted so far.
    pub(crate) deleted: Option<i64>,
    /// Why nobody was deleted, or what else is to be known.
    pub(crate) note: Option<String>,
    /// When the segment was enabled again after it.
    pub(crate) enabled_at: Option<String>,
}

impl From<domain::recurring::RecurringRun> for RecurringRun {
    fn from(it: domain::recurring::RecurringRun) -> Self {
        Self {
            due_at: time(it.due_at),
            outcome: it.outcome.as_str().to_owned(),
            matched: it.matched,
            job_id: it.job.map(|job| job.to_string()),
            job_state: it.job_state.map(|state| state.as_str().to_owned()),
            deleted: it.deleted,
            note: it.note,
            enabled_at: it.enabled_at.map(time),
        }
    }
}
