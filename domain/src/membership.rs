//! Members of segments as their page shows them: what a file did, what enabling would do, and what has happened so far.

use crate::{
    id::{JobId, ProfileId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Something about one row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowNote {
    /// The line on which the row begins, from 1.
    pub line: i64,
    /// What is wrong with it. Never quotes it.
    pub reason: String,
}

/// What a file did to the members of a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    /// What was asked: `replace`, `add` or `remove`.
    pub mode: String,
    /// Rows that name somebody of the dataset.
    pub accepted: i64,
    /// People who joined or left.
    pub moved: i64,
    /// Rows that were not taken.
    pub rejected: i64,
    /// The first of these.
    pub errors: Vec<RowNote>,
    /// Remarks on the file as a whole.
    pub remarks: Vec<String>,
    /// Why the file was not taken, or not to its end.
    pub failed: Option<String>,
}

/// A report as kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptReport {
    /// Its number.
    pub id: i64,
    /// When the file had been read.
    pub at: Timestamp,
    /// Who put it in.
    pub actor: String,
    /// What it did.
    pub report: FileReport,
}

/// What enabling a rule segment would do, at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Would {
    /// People who match the rule.
    pub matching: i64,
    /// Of these, those who are no members now.
    pub joining: i64,
    /// Members who do not match it.
    pub leaving: i64,
    /// When counted.
    pub counted_at: Timestamp,
}

/// Something that happened to a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The number of its audit entry.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who did it, as the audit log has it.
    pub actor: String,
    /// What.
    pub deed: Deed,
}

/// What happened. Literals of rules that identify somebody are shown as keyed hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "deed")]
pub enum Deed {
    /// It was made.
    Created {
        /// Its rule.
        rule: Option<String>,
        /// The segment that it is a copy of.
        copy_of: Option<String>,
    },
    /// Its name or its rule was changed.
    Changed {
        /// The name before, and the new one.
        name: Option<(String, String)>,
        /// The rule before, where it is known, and the new one.
        rule: Option<(Option<String>, String)>,
    },
    /// People join again.
    Enabled,
    /// Nobody joins.
    Disabled,
    /// One person joined or left by hand.
    Member {
        /// The number of the profile, which names nobody.
        profile: ProfileId,
        /// Joined, or left.
        joined: bool,
    },
    /// A file changed the members.
    File {
        /// `replace`, `add` or `remove`.
        mode: String,
        /// How many joined.
        joined: i64,
        /// How many left.
        left: i64,
        /// Whether the file broke off.
        broke_off: bool,
    },
    /// Something about a deletion of its people.
    Job {
        /// The deletion.
        job: JobId,
        /// The audit log's word for it: `job.confirmed`, `job.ended`, …
        action: String,
        /// How many people were deleted, at its end.
        deleted: Option<i64>,
    },
    /// Something else, by the audit log's word.
    Other {
        /// The word.
        action: String,
    },
}

/// What the data offers to who writes a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleWords {
    /// Attributes, the most frequent first.
    pub attributes: Vec<String>,
    /// Kinds of events.
    pub kinds: Vec<String>,
    /// Properties of events, the most frequent first.
    pub properties: Vec<String>,
    /// Segments by name.
    pub segments: Vec<String>,
    /// Campaigns by id.
    pub campaigns: Vec<String>,
}
