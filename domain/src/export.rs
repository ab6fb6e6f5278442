//! Files about a deletion: their forms, and the export of the people before they go, which is kept for some days. Knows no
//! file and no database.

use crate::time::{DAY_MS, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a stored export is kept at most, in milliseconds: seven days. It is a copy of people who were to be deleted, so
/// it is wiped then, whether or not anybody has taken it.
pub const KEPT_MS: i64 = 7 * DAY_MS;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// For spreadsheets; see [`crate::csv`].
    Csv,
    /// A JSON object a line: every value exactly as it is kept.
    Ndjson,
}

impl Format {
    /// The end of a file's name.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

/// A stored export: a copy of the people of a job as they were directly before deleting began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// People in it.
    pub people: i64,
    /// Its size.
    pub bytes: i64,
    /// When it was complete.
    pub written_at: Timestamp,
    /// When it is wiped at the latest.
    pub kept_until: Timestamp,
    /// When it was wiped; `None`: it still exists.
    pub wiped_at: Option<Timestamp>,
    /// Who had it wiped: a person, or `system` when its time had come.
    pub wiped_by: Option<String>,
}

impl Export {
    /// Whether it can still be read.
    #[must_use]
    pub fn readable(&self, now: Timestamp) -> bool {
        self.wiped_at.is_none() && now < self.kept_until
    }

    /// One sentence: that a copy of these people still exists and until when, or since when it does not.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self.wiped_at {
            None => format!(
                "An export of these people was written on {} and is kept until {}, then wiped. Until then it is a copy that still exists.",
                self.written_at.date_time_short(),
                self.kept_until.date_time_short()
            ),
            Some(at) => format!(
                "An export of these people was written on {} and kept until {}, when it was wiped.",
                self.written_at.date_time_short(),
                at.date_time_short()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_named_as_a_copy_until_it_is_wiped() {
        let mut export = Export {
            people: 3,
            bytes: 300,
            written_at: Timestamp::from_ms(0),
            kept_until: Timestamp::from_ms(KEPT_MS),
            wiped_at: None,
            wiped_by: None,
        };
        assert!(
            export.sentence().contains("8 Jan 1970, 00:00 UTC") && export.sentence().contains("still exists")
        );
        assert!(export.readable(Timestamp::from_ms(KEPT_MS - 1)) && !export.readable(export.kept_until));
        export.wiped_at = Some(Timestamp::from_ms(1));
        assert!(export.sentence().ends_with("when it was wiped.") && !export.readable(Timestamp::from_ms(0)));
    }
}
