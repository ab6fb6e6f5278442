//! Legal holds on the wire.

use super::time;
use domain::hold::{Hold, HoldSpec};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A hold to set: on people or on a rule.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHold {
    /// What people will call it. It is shown on jobs: name the matter, and no person.
    #[schema(example = "Matter 2026-17")]
    pub(crate) name: String,
    /// Why.
    pub(crate) reason: String,
    /// Exact identities of any kind, 10,000 at most. All of them must be known.
    #[serde(default)]
    pub(crate) people: Vec<String>,
    /// Instead of people: a rule. Whoever matches it is held, now and later.
    #[serde(default)]
    pub(crate) rule: Option<String>,
}

impl NewHold {
    /// As the service takes it.
    pub(crate) fn spec(self) -> HoldSpec {
        HoldSpec {
            name: self.name,
            reason: self.reason,
            people: self.people,
            rule: self.rule,
        }
    }
}

/// Why a hold is ended.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EndHold {
    /// Why; kept with the hold.
    #[serde(default)]
    pub(crate) reason: String,
}

/// A legal hold.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct LegalHold {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Why.
    pub(crate) reason: String,
    /// Its rule; null: it names people.
    pub(crate) rule: Option<String>,
    /// How many people it named when it was set; 0 for a rule.
    pub(crate) named: i64,
    /// How many people it holds now.
    pub(crate) held: i64,
    /// Who set it.
    pub(crate) created_by: String,
    /// When.
    pub(crate) created_at: String,
    /// Who ended it; null: it is in force.
    pub(crate) ended_by: Option<String>,
    /// When.
    pub(crate) ended_at: Option<String>,
    /// Why it was ended.
    pub(crate) end_reason: Option<String>,
    /// When it was counted whom it holds.
    pub(crate) counted_at: String,
}

impl From<Hold> for LegalHold {
    fn from(it: Hold) -> Self {
        Self {
            id: it.id.to_string(),
            name: it.name,
            reason: it.reason,
            rule: it.rule,
            named: it.named,
            held: it.held,
            created_by: it.created_by,
            created_at: time(it.created_at),
            ended_by: it.ended_by,
            ended_at: it.ended_at.map(time),
            end_reason: it.end_reason,
            counted_at: time(it.as_of),
        }
    }
}

/// A page of legal holds, and how many people any of them holds.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct LegalHolds {
    /// Those in force first, then the newest first.
    pub(crate) items: Vec<LegalHold>,
    /// The cursor of the next page; null at the end.
    pub(crate) next: Option<String>,
    /// How many people are held now, each counted once.
    pub(crate) held: i64,
    /// When that was counted.
    pub(crate) counted_at: String,
}
