//! What is sent to start a deletion, and how it is read.

use super::{campaigns::said, jobs::QuietHours, read_id, read_time};
use domain::{
    job::{JobSpec, OnActiveCampaign, RETRY_PASSES},
    problem::{Code, Problem},
    segment::typed_count,
    suppression::Suppress,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A deletion as asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartJob {
    /// The segment.
    pub(crate) segment_id: String,
    /// That the person understands that deleted users cannot be recovered.
    #[serde(default)]
    pub(crate) consent: bool,
    /// The segment's exact name.
    #[serde(default)]
    pub(crate) confirm_name: String,
    /// The number of profiles; separators in a text are ignored.
    #[schema(value_type = i64)]
    pub(crate) confirm_count: Option<TypedCount>,
    /// How far the recount may differ.
    #[serde(default)]
    pub(crate) count_tolerance: i64,
    /// The plan hash of the impact that was looked at.
    pub(crate) plan_hash: Option<String>,
    /// Why, in the person's words.
    pub(crate) reason: Option<String>,
    /// Not before this moment.
    pub(crate) start_at: Option<String>,
    /// The time zone in which people are shown the start, an IANA name; null: UTC.
    pub(crate) start_zone: Option<String>,
    /// Waiting period.
    #[serde(default)]
    pub(crate) wait_seconds: i64,
    /// Profiles a second at most; null: no limit.
    pub(crate) max_rate: Option<i64>,
    /// The hours of every day in which nobody is deleted: the job rests and goes on by itself. null: there are none.
    pub(crate) quiet_hours: Option<QuietHours>,
    /// Whether people who no longer match at their turn stay; default true.
    pub(crate) spare_changed: Option<bool>,
    /// What is refused of these people afterwards: `late` (default; data dated before the deletion, for a year), `30d` (all
    /// data for 30 days), `forever` (all data for good) or `none`.
    pub(crate) suppress: Option<String>,
    /// Passes over the failed; default 1.
    pub(crate) retry_passes: Option<u8>,
    /// `block` (default), `pause` or `proceed`.
    pub(crate) on_active_campaign: Option<String>,
    /// Whether the people are written to a file before deleting begins; kept for seven days at most, then wiped.
    #[serde(default)]
    pub(crate) export: bool,
    /// Whether to wait behind a running job instead of being refused.
    #[serde(default)]
    pub(crate) queue: bool,
    /// Whether an all-matching rule is meant.
    #[serde(default)]
    pub(crate) force: bool,
    /// Whether to count only.
    #[serde(default)]
    pub(crate) dry_run: bool,
}

/// A number, or a number as people type it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum TypedCount {
    /// A number.
    Number(i64),
    /// As typed.
    Text(String),
}

impl TypedCount {
    pub(super) fn read(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number).filter(|n| *n >= 0),
            Self::Text(text) => typed_count(text),
        }
    }
}

impl StartJob {
    /// What the service is asked.
    pub(crate) fn spec(&self) -> Result<JobSpec, Problem> {
        let confirm_count = match &self.confirm_count {
            Some(typed) => typed
                .read()
                .ok_or_else(|| Problem::new(Code::CountInvalid).on("confirm_count"))?,
            // A dry run is how people learn the number; and without consent, that is what is to be said first.
            None if self.dry_run || !self.consent => 0,
            None => return Err(Problem::new(Code::CountInvalid).on("confirm_count")),
        };
        Ok(JobSpec {
            segment_id: read_id(&self.segment_id, "segment").map_err(|problem| problem.on("segment_id"))?,
            consent: self.consent,
            confirm_name: self.confirm_name.clone(),
            confirm_count,
            count_tolerance: self.count_tolerance,
            plan_hash: self.plan_hash.clone(),
            reason: self.reason.clone(),
            start_at: read_time(self.start_at.as_deref(), "start_at")?,
            start_zone: self.start_zone.clone(),
            wait_seconds: self.wait_seconds,
            max_rate: self.max_rate,
            quiet_hours: self.quiet_hours.as_ref().map(QuietHours::read).transpose()?,
            spare_changed: self.spare_changed.unwrap_or(true),
            retry_passes: self.retry_passes.unwrap_or(RETRY_PASSES),
            on_active_campaign: read_policy(self.on_active_campaign.as_deref())?,
            queue: self.queue,
            force: self.force,
            export: self.export,
            suppress: read_suppress(self.suppress.as_deref())?,
        })
    }
}

/// Reads what is refused afterwards; the default where nothing is said.
pub(super) fn read_suppress(word: Option<&str>) -> Result<Suppress, Problem> {
    word.map_or(Some(Suppress::default()), Suppress::parse)
        .ok_or_else(|| {
            let message = "suppress is one of late, 30d, forever and none.";
            Problem::because(Code::Invalid, message).on("suppress")
        })
}

fn read_policy(word: Option<&str>) -> Result<OnActiveCampaign, Problem> {
    match word {
        None | Some("block") => Ok(OnActiveCampaign::Block),
        Some("pause") => Ok(OnActiveCampaign::Pause),
        Some("proceed") => Ok(OnActiveCampaign::Proceed),
        Some(_) => {
            let message = "on_active_campaign is block, pause or proceed.";
            Err(Problem::because(Code::Invalid, message).on("on_active_campaign"))
        }
    }
}

/// A change of a running job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RatePatch {
    /// Profiles a second at most; null: no limit.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i64>)]
    pub(crate) max_rate: Option<Option<i64>>,
    /// The hours of every day in which nobody is deleted; null: there are none.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<QuietHours>)]
    pub(crate) quiet_hours: Option<Option<QuietHours>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> (Code, Option<String>) {
        let body: StartJob = serde_json::from_str(body).expect("reads");
        body.spec()
            .map_err(|problem| (problem.code, problem.field))
            .expect_err("refused")
    }

    #[test]
    fn the_least_that_is_needed_takes_the_defaults() {
        let body = r#"{"segment_id":"7","consent":true,"confirm_name":"Lapsed","confirm_count":"18,196"}"#;
        let spec = serde_json::from_str::<StartJob>(body)
            .expect("reads")
            .spec()
            .expect("fits");
        assert_eq!(
            (spec.confirm_count, spec.wait_seconds, spec.count_tolerance),
            (18_196, 0, 0)
        );
        assert!(spec.spare_changed && !spec.queue && !spec.force);
        assert_eq!(
            (spec.retry_passes, spec.on_active_campaign),
            (1, OnActiveCampaign::Block)
        );
    }

    #[test]
    fn what_is_refused_afterwards_is_late_data_unless_something_else_is_said() {
        let spec = |suppress: &str| {
            let body = format!(r#"{{"segment_id":"7","consent":true,"confirm_count":1{suppress}}}"#);
            let body: StartJob = serde_json::from_str(&body).expect("reads");
            body.spec().expect("fits").suppress
        };
        assert_eq!(spec(""), Suppress::Late);
        for choice in Suppress::ALL {
            assert_eq!(spec(&format!(r#","suppress":"{}""#, choice.as_str())), choice);
        }
        assert_eq!(
            refusal(r#"{"segment_id":"7","consent":true,"confirm_count":1,"suppress":"maybe"}"#),
            (Code::Invalid, Some("suppress".to_owned()))
        );
    }

    #[test]
    fn quiet_hours_are_read_and_each_fault_is_named() {
        let body = |hours: &str| {
            format!(r#"{{"segment_id":"7","consent":true,"confirm_count":1,"quiet_hours":{hours}}}"#)
        };
        let good = body(r#"{"from":"22:00","to":"06:00","zone":"Europe/Berlin"}"#);
        let spec = serde_json::from_str::<StartJob>(&good)
            .expect("reads")
            .spec()
            .expect("fits");
        assert_eq!(
            spec.quiet_hours.map(|hours| hours.to_string()).as_deref(),
            Some("22:00 to 06:00 (Europe/Berlin)")
        );
        for (hours, field) in [
            (r#"{}"#, "quiet_hours.from"),
            (r#"{"from":"22:00","zone":"UTC"}"#, "quiet_hours.to"),
            (r#"{"from":"22:00","to":"22:00","zone":"UTC"}"#, "quiet_hours.to"),
            (r#"{"from":"22:00","to":"06:00"}"#, "quiet_hours.zone"),
        ] {
            assert_eq!(
                refusal(&body(hours)),
                (Code::Invalid, Some(field.to_owned())),
                "{hours}"
            );
        }
    }

    #[test]
    fn a_count_is_asked_for_only_once_consent_is_given() {
        assert_eq!(
            refusal(r#"{"segment_id":"7","consent":true}"#).0,
            Code::CountInvalid
        );
        assert_eq!(
            refusal(r#"{"segment_id":"7","consent":true,"confirm_count":-1}"#).0,
            Code::CountInvalid
        );
        let unticked: StartJob = serde_json::from_str(r#"{"segment_id":"7"}"#).expect("reads");
        assert!(!unticked.spec().expect("for the service to refuse").consent);
    }
}
