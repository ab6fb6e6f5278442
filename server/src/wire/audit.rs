//! Audit entries on the wire.

use super::time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who did what, when, to what.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Its number; grows with time.
    pub(crate) id: String,
    /// When.
    pub(crate) at: String,
    /// Who: a user's name, `token:KEY_ID`, `cli:UID`, `system`.
    pub(crate) actor: String,
    /// What was done: `segment.create`, `job.confirmed`, …
    pub(crate) action: String,
    /// The dataset concerned.
    pub(crate) dataset: Option<String>,
    /// To what: `segment:12`, `job:1042`, …
    pub(crate) object: String,
    /// More.
    #[schema(value_type = Object)]
    pub(crate) detail: serde_json::Value,
}

impl From<domain::audit::AuditEntry> for AuditEntry {
    fn from(it: domain::audit::AuditEntry) -> Self {
        Self {
            id: it.id.to_string(),
            at: time(it.at),
            actor: it.actor,
            action: it.action,
            dataset: it.dataset,
            object: it.object,
            detail: serde_json::from_str(&it.detail).unwrap_or(serde_json::Value::Null),
        }
    }
}
