//! Audit: who did what, when, to what. Names no identity of a person.

use crate::{id::DatasetId, time::Timestamp};
use serde::{Deserialize, Serialize};

/// An entry as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number; grows with time.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who: a user's name, `token:KEY_ID`, `cli:UID`, `system`.
    pub actor: String,
    /// What was done: `segment.create`, `user.log_in`, …
    pub action: String,
    /// The short name of the dataset concerned.
    pub dataset: Option<String>,
    /// To what: `segment:12`, `campaign:summer`, `user:ada`, …
    pub object: String,
    /// More, as the text of a JSON object.
    pub detail: String,
}

/// Which entries are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFilter {
    /// Of this dataset; `None`: all.
    pub dataset: Option<DatasetId>,
    /// Those whose object begins so: `segment:` for all segments, `segment:12` for one.
    pub object: Option<String>,
}
