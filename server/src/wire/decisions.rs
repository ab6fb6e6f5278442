//! Decisions on the wire: for whom, and what they are served.

use super::time;
use domain::decision;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// For whom is asked: the first identity that is given decides.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskDecision {
    /// By user_id.
    pub(crate) user_id: Option<String>,
    /// By e-mail.
    pub(crate) email: Option<String>,
    /// By phone.
    pub(crate) phone: Option<String>,
    /// By anonymous id.
    pub(crate) anonymous_id: Option<String>,
    /// Whether each campaign in the answer is recorded as an impression of the person; true where nothing is said.
    pub(crate) record: Option<bool>,
}

impl AskDecision {
    /// As the service takes it.
    pub(crate) fn ask(self) -> decision::DecisionAsk {
        decision::DecisionAsk {
            user_id: self.user_id,
            email: self.email,
            phone: self.phone,
            anonymous_id: self.anonymous_id,
            record: self.record.unwrap_or(true),
        }
    }
}

/// What the person is served.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Decision {
    /// Campaigns that are active, within their times, and for which the person is eligible. Empty for somebody who is not
    /// known, or not any more.
    pub(crate) campaigns: Vec<ServedCampaign>,
    /// How many impressions were recorded.
    pub(crate) recorded: i64,
    /// When decided.
    pub(crate) decided_at: String,
}

/// A campaign that the person is served.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct ServedCampaign {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The person's arm; null where the campaign has no arms. Who is in none of its arms is not served.
    pub(crate) arm: Option<String>,
}

impl From<decision::Decision> for Decision {
    fn from(it: decision::Decision) -> Self {
        let served = it.campaigns.into_iter().map(|served| ServedCampaign {
            id: served.id,
            name: served.name,
            arm: served.arm,
        });
        Self {
            campaigns: served.collect(),
            recorded: it.recorded,
            decided_at: time(it.decided_at),
        }
    }
}
