//! Suppressions on the wire.

use super::time;
use domain::{
    problem::{Code, Problem},
    profile::IdentityKind,
    suppression::{NewSuppression as New, Reason, Suppression as Shown, SuppressionId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An identity whose data is not let in, as its keyed hash.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Suppression {
    /// Its id: the kind and the keyed hash.
    #[schema(example = "email-5f1b6c0de9a84d2f8a7c1e3b5d9f0a12")]
    pub(crate) id: String,
    /// `user_id`, `email`, `phone` or `anonymous_id`.
    pub(crate) kind: String,
    /// Who put it on the list: `job`, `request`, or `person`, by hand.
    pub(crate) reason: String,
    /// The deletion, as `D-1042`; the privacy request, as `P-3`; an erasure of persons that none stands behind, as `E-7`.
    pub(crate) source: Option<String>,
    /// `late`: only data dated before `added_at`; `all`: everything.
    pub(crate) refuses: String,
    /// When the person was deleted, or the identity entered.
    pub(crate) added_at: String,
    /// Until when; null: for good.
    pub(crate) ends_at: Option<String>,
    /// Until when data dated before `added_at` is refused, where all data is refused for a shorter time.
    pub(crate) late_until: Option<String>,
    /// Who entered it by hand.
    pub(crate) added_by: Option<String>,
    /// Why, in their words.
    pub(crate) note: Option<String>,
    /// Rows and events that it has stopped, purchases included.
    pub(crate) stopped: i64,
    /// Of these, purchases.
    pub(crate) stopped_purchases: i64,
    /// The last time.
    pub(crate) stopped_at: Option<String>,
}

impl From<Shown> for Suppression {
    fn from(it: Shown) -> Self {
        let source = it.source_id.map(|id| source(it.reason, id));
        Self {
            id: it.id.to_string(),
            kind: it.id.kind.as_str().to_owned(),
            reason: it.reason.as_str().to_owned(),
            source,
            refuses: it.refusal.refuses.as_str().to_owned(),
            added_at: time(it.refusal.added_at),
            ends_at: it.refusal.ends_at.map(time),
            late_until: it.late_until.map(time),
            added_by: it.added_by,
            note: it.note,
            stopped: it.stopped,
            stopped_purchases: it.stopped_purchases,
            stopped_at: it.stopped_at.map(time),
        }
    }
}

/// An identity to enter by hand. It is hashed and not kept.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSuppression {
    /// `user_id`, `email`, `phone` or `anonymous_id`.
    pub(crate) kind: String,
    /// The identity.
    pub(crate) identity: String,
    /// For how many days; null: for good.
    pub(crate) days: Option<i64>,
    /// Why.
    #[serde(default)]
    pub(crate) reason: String,
}

impl NewSuppression {
    /// What the service is asked.
    pub(crate) fn read(self) -> Result<New, Problem> {
        let kind = IdentityKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == self.kind)
            .ok_or_else(|| {
                let message = "kind is user_id, email, phone or anonymous_id.";
                Problem::because(Code::Invalid, message).on("kind")
            })?;
        Ok(New {
            kind,
            identity: self.identity,
            days: self.days,
            note: self.reason,
        })
    }
}

/// Which identity is taken off the list: by its id, or by the identity itself, whatever kind it is of.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lift {
    /// Its id.
    pub(crate) id: Option<String>,
    /// The identity.
    pub(crate) identity: Option<String>,
    /// Why.
    #[serde(default)]
    pub(crate) reason: String,
}

/// What is asked: the one id, or the ids that an identity may have.
#[derive(Debug)]
pub(crate) enum Asked {
    /// This one.
    Id(SuppressionId),
    /// Whatever this is.
    Identity(String),
}

impl Lift {
    /// Which.
    pub(crate) fn read(&self) -> Result<Asked, Problem> {
        match (&self.id, &self.identity) {
            (Some(id), None) => SuppressionId::parse(id)
                .map(Asked::Id)
                .ok_or_else(|| Problem::not_found("suppression").on("id")),
            (None, Some(identity)) => Ok(Asked::Identity(identity.clone())),
            _ => {
                let message = "Send either the id of the suppression or the identity.";
                Err(Problem::because(Code::Invalid, message).on("id"))
            }
        }
    }
}

/// What was taken off the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Lifted {
    /// How many identities: one for each kind that the text was on the list as.
    pub(crate) lifted: usize,
}

/// A look whether deleted people live again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Recheck {
    /// Who asked for it; `system`: it was due.
    pub(crate) asked_by: String,
    /// When it began.
    pub(crate) started_at: String,
    /// When it ended; null: it goes on.
    pub(crate) finished_at: Option<String>,
    /// Identities of deleted people that were looked for.
    pub(crate) identities: i64,
    /// Of these, those that somebody has again.
    pub(crate) found: i64,
    /// Of these, those whose data is refused: nobody should have come back with them.
    pub(crate) against: i64,
    /// By deletion, only where something was found.
    pub(crate) by_source: Vec<CameBack>,
}

/// Who came back of one deletion.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct CameBack {
    /// `job` or `request`.
    pub(crate) reason: String,
    /// The deletion, as `D-1042`, or the number of the privacy request.
    pub(crate) source: String,
    /// Identities that were taken.
    pub(crate) identities: i64,
    /// Of these, those that somebody has again.
    pub(crate) found: i64,
    /// Of these, those whose data is refused.
    pub(crate) against: i64,
}

impl From<domain::suppression::Recheck> for Recheck {
    fn from(it: domain::suppression::Recheck) -> Self {
        Self {
            asked_by: it.asked_by,
            started_at: time(it.started_at),
            finished_at: it.finished_at.map(time),
            identities: it.identities,
            found: it.found,
            against: it.against,
            by_source: it.by_source.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<domain::suppression::CameBack> for CameBack {
    fn from(it: domain::suppression::CameBack) -> Self {
        Self {
            reason: it.reason.as_str().to_owned(),
            source: source(it.reason, it.source_id),
            identities: it.identities,
            found: it.found,
            against: it.against,
        }
    }
}

/// The number of a deletion as people write it.
fn source(reason: Reason, id: i64) -> String {
    match reason {
        Reason::Job => domain::id::JobId(id).number(),
        Reason::Request if id > 0 => domain::id::RequestId(id).number(),
        Reason::Request | Reason::Person => format!("E-{}", id.unsigned_abs()),
    }
}
