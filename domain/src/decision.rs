//! Decisions: which campaigns a person is to be served at this moment, and in which arm.

use crate::{profile::IdentityKind, time::Timestamp};
use serde::{Deserialize, Serialize};

/// For whom is asked. The first identity that is given decides, in this order, as in an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionAsk {
    /// By user_id.
    pub user_id: Option<String>,
    /// By e-mail.
    pub email: Option<String>,
    /// By phone.
    pub phone: Option<String>,
    /// By anonymous id.
    pub anonymous_id: Option<String>,
    /// Whether each campaign in the answer is recorded as an impression.
    pub record: bool,
}

impl DecisionAsk {
    /// The identity that decides; `None` where none was given. Empty ones count as not given.
    #[must_use]
    pub fn identity(&self) -> Option<(IdentityKind, &str)> {
        let given = [
            (IdentityKind::UserId, &self.user_id),
            (IdentityKind::Email, &self.email),
            (IdentityKind::Phone, &self.phone),
            (IdentityKind::AnonymousId, &self.anonymous_id),
        ];
        given
            .into_iter()
            .filter_map(|(kind, text)| Some((kind, text.as_deref()?.trim())))
            .find(|(_, text)| !text.is_empty())
    }
}

/// A campaign that the person is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The person's arm, where the campaign has arms.
    pub arm: Option<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What the person is served, by name. Empty for a person who is unknown, gone or going.
    pub campaigns: Vec<Served>,
    /// How many impressions were recorded.
    pub recorded: i64,
    /// When decided.
    pub decided_at: Timestamp,
}
