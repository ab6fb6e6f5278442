//! The warehouse copy as people look at it: what is in it, how far behind it is, what it keeps of people who were deleted and
//! until when (fact S4). Pure.

use crate::{
    id::JobId,
    impact::WarehouseKept,
    problem::{Code, Problem},
    time::{DAY_MS, Timestamp},
};
use serde::{Deserialize, Serialize};

/// Longest term, in days: a hundred years.
pub const KEEP_DAYS_MAX: i64 = 36_500;

/// The tables that can be taken out as CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// People, also those who were deleted.
    Profiles,
    /// What they did.
    Events,
    /// Who was deleted, by which job.
    DeletedPeople,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 3] = [Self::Profiles, Self::Events, Self::DeletedPeople];

    /// The name, as in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Profiles => "profiles",
            Self::Events => "events",
            Self::DeletedPeople => "deleted_people",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.as_str() == text)
    }

    /// Reads the name of its file: `profiles.csv`.
    #[must_use]
    pub fn of_file(name: &str) -> Option<Self> {
        name.strip_suffix(".csv").and_then(Self::parse)
    }
}

/// Reads a typed term: whole days, or nothing for rows that are kept.
///
/// # Errors
/// `invalid`, with what is allowed.
pub fn keep_days(text: &str) -> Result<Option<i64>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let days = text
        .parse()
        .ok()
        .filter(|days| (1..=KEEP_DAYS_MAX).contains(days));
    days.map(Some).ok_or_else(|| {
        let message = format!(
            "The term is a whole number of days from 1 to {KEEP_DAYS_MAX}. Leave it empty to keep the rows."
        );
        Problem::because(Code::Invalid, message).on("days")
    })
}

/// When the rows of people who were deleted then are removed.
#[must_use]
pub const fn removed_at(deleted_at: Timestamp, days: i64) -> Timestamp {
    deleted_at.plus_ms(days.saturating_mul(DAY_MS))
}

/// What the copy keeps of the people of one job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The job.
    pub job: JobId,
    /// The segment as it was called.
    pub segment_name: String,
    /// When they were deleted.
    pub deleted_at: Timestamp,
    /// Rows that are kept.
    pub rows: WarehouseKept,
    /// When they are removed; `None`: they are kept.
    pub until: Option<Timestamp>,
    /// When they were removed.
    pub removed_at: Option<Timestamp>,
}

/// Rows of a dataset in the copy, with the time at which they were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Profiles and events.
    pub rows: WarehouseKept,
    /// When counted.
    pub counted_at: Timestamp,
}

/// The warehouse as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warehouse {
    /// Rows of the dataset; `None`: never counted.
    pub rows: Option<Rows>,
    /// Since when they are being counted; `None`: they are not.
    pub counting_since: Option<Timestamp>,
    /// Bytes of the file and its log, of all datasets together.
    pub bytes: i64,
    /// Every change up to this number is in the copy.
    pub watermark: i64,
    /// The number of the last change.
    pub newest: i64,
    /// How many seconds the copy is behind, at most.
    pub lag_seconds: i64,
    /// What is kept of people who were deleted, by job, newest first.
    pub kept: Vec<Kept>,
    /// All of it together, also of jobs that are not listed.
    pub kept_in_all: WarehouseKept,
    /// Jobs that deleted people, all of them.
    pub jobs: i64,
    /// How long their rows are kept, days; `None`: until they are erased.
    pub keep_days: Option<i64>,
    /// When rows are removed next; `None`: none are due.
    pub next_at: Option<Timestamp>,
    /// The moment to which this belongs.
    pub as_of: Timestamp,
}

impl Warehouse {
    /// Numbers of changes that the copy has yet to take over.
    #[must_use]
    pub const fn changes_behind(&self) -> i64 {
        self.newest.saturating_sub(self.watermark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_whole_days_or_none() {
        assert_eq!(keep_days(" 30 "), Ok(Some(30)));
        assert_eq!(keep_days(""), Ok(None));
        for bad in ["0", "-1", "1.5", "36501", "a month"] {
            assert_eq!(keep_days(bad).map_err(|p| p.code), Err(Code::Invalid), "{bad}");
        }
        assert_eq!(removed_at(Timestamp::from_ms(5), 2).ms(), 5 + 2 * DAY_MS);
    }
}
