//! The look whether deleted people live again: what it found, by deletion, as numbers of identities.

use super::Reason;
use crate::{id::JobId, time::Timestamp};
use serde::{Deserialize, Serialize};

/// How often it is looked by itself, in milliseconds: once a day.
pub const RECHECK_EVERY_MS: i64 = crate::time::DAY_MS;

/// One look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recheck {
    /// Its number.
    pub id: i64,
    /// Who asked for it; `system`: it was due.
    pub asked_by: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None`: it goes on.
    pub finished_at: Option<Timestamp>,
    /// Identities of deleted people that were looked for.
    pub identities: i64,
    /// Of these, those that somebody has again.
    pub found: i64,
    /// Of these, those whose data is refused: nobody should have come back with them.
    pub against: i64,
    /// By deletion, the newest first; only where something was found.
    pub by_source: Vec<CameBack>,
}

/// Who came back of one deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameBack {
    /// A bulk deletion, or the erasure of one person.
    pub reason: Reason,
    /// Its number.
    pub source_id: i64,
    /// Identities that were taken.
    pub identities: i64,
    /// Of these, those that somebody has again.
    pub found: i64,
    /// Of these, those whose data is refused.
    pub against: i64,
}

/// Title and text of the notice that people of a deletion came back: `more` identities since the look before.
#[must_use]
pub fn came_back(job: JobId, segment: &str, it: &CameBack, more: i64) -> (String, String) {
    let count = |n: i64| {
        let many = if n == 1 { "identity" } else { "identities" };
        format!("{} {many}", crate::guard::grouped(n))
    };
    let title = format!(
        "{} “{segment}”: {} of deleted people live again",
        job.number(),
        count(more)
    );
    let against = match it.against {
        0 => "None of them is refused: they came with data that is let in.".to_owned(),
        n => format!("{} of them should have been refused; please report this.", count(n)),
    };
    let text = format!(
        "The look at {} found {} again, {} more than the one before. {against}",
        count(it.identities),
        count(it.found),
        crate::guard::grouped(more)
    );
    (title, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notice_says_how_many_and_whether_that_should_be() {
        let it = CameBack {
            reason: Reason::Job,
            source_id: 1001,
            identities: 2_000,
            found: 3,
            against: 0,
        };
        let (title, text) = came_back(JobId(1001), "Lapsed", &it, 1);
        assert_eq!(title, "D-1001 “Lapsed”: 1 identity of deleted people live again");
        assert!(text.contains("2,000 identities found 3 identities again, 1 more") && text.contains("let in"));
        let (_, text) = came_back(JobId(1001), "Lapsed", &CameBack { against: 2, ..it }, 1);
        assert!(text.contains("2 identities of them should have been refused"));
    }
}
