//! What leaves the program as JSON, and what it takes in: the shapes of contract.md 1 and 4, apart from the domain's own
//! types, so that a change inside cannot change them unseen. REST and the command line share them. Times are RFC 3339
//! with milliseconds, amounts decimals, ids opaque text.

mod arms;
mod audit;
mod campaigns;
mod decisions;
mod erasure;
mod impact;
mod jobs;
mod people;
mod plans;
mod recurring;
mod report;
mod segments;
mod start;
mod suppressions;
mod uses;

pub(crate) use audit::AuditEntry;
pub(crate) use campaigns::{Campaign, CampaignPatch, NewCampaign};
pub(crate) use decisions::{AskDecision, Decision};
pub(crate) use erasure::{Scan, ScannedFile};
pub(crate) use impact::{Impact, Warehouse};
pub(crate) use jobs::{Job, Leftover, QuietHours};
pub(crate) use people::{
    Dataset, DatasetDetail, Imported, NewDataset, NewToken, Profile, ProfileRow, RowError, Token, User,
};
pub(crate) use plans::{Limits, LimitsPatch, Plan};
pub(crate) use recurring::{NewRecurring, RecurringJob, RecurringRun};
pub(crate) use report::{JobReport, WarehouseState};
pub(crate) use segments::{
    CopyName, HistoryEntry, Member, MemberChanged, NewSegment, Preview, RuleText, Segment, SegmentPatch,
};
pub(crate) use start::{RatePatch, StartJob, TypedCount};
pub(crate) use suppressions::{Asked, Lift, Lifted, NewSuppression, Recheck, Suppression};
pub(crate) use uses::{LastList, RegisteredUseShown, RegisteredUses};

use domain::{
    micros::Micros,
    page::PageRequest,
    problem::{Code, Problem},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The rows.
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; null at the end.
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// A page of the engine in wire form.
    pub(crate) fn of<D>(page: domain::page::Page<D>, wire: impl Fn(D) -> T) -> Self {
        Self {
            items: page.items.into_iter().map(wire).collect(),
            next: page.next,
        }
    }

    /// A page out of a list that is read whole because it is short: by key, in its order.
    pub(crate) fn cut<D>(
        mut all: Vec<D>,
        asked: &PageRequest,
        key: impl Fn(&D) -> String,
        wire: impl Fn(D) -> T,
    ) -> Self {
        if let Some(cursor) = &asked.cursor {
            // A row that has gone since starts the list anew rather than ending it silently.
            let passed = all
                .iter()
                .position(|row| key(row) == *cursor)
                .map_or(0, |at| at + 1);
            all.drain(..passed);
        }
        all.truncate(asked.rows() as usize + 1);
        Self::of(domain::page::Page::from_fetched(all, asked.rows(), key), wire)
    }
}

/// A time as it leaves the program.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_rfc3339()
}

/// An amount as it leaves the program: a JSON number, whole ones exact.
pub(crate) fn decimal(amount: Micros) -> serde_json::Number {
    let text = amount.to_decimal_string();
    text.parse::<i64>()
        .map(serde_json::Number::from)
        .unwrap_or_else(|_| {
            serde_json::Number::from_f64(amount.to_f64_lossy()).unwrap_or_else(|| serde_json::Number::from(0))
        })
}

/// Reads a time that was sent.
pub(crate) fn read_time(text: Option<&str>, field: &str) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let read = Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_date(text));
    read.map(Some).ok_or_else(|| {
        let message = format!("{field} must be a time such as 2026-11-24T12:00:00Z.");
        Problem::because(Code::Invalid, message).on(field)
    })
}

/// Reads the id of a thing. What is no id names nothing, so it is not found.
pub(crate) fn read_id<I: FromStr>(text: &str, what: &str) -> Result<I, Problem> {
    text.parse().map_err(|_| Problem::not_found(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_list_is_cut_into_pages_that_meet() {
        let all = || (1..=5).collect::<Vec<i32>>();
        let asked = |cursor: Option<&str>| PageRequest {
            limit: Some(2),
            cursor: cursor.map(str::to_owned),
        };
        let first = Page::cut(all(), &asked(None), ToString::to_string, |n| n);
        assert_eq!((first.items, first.next.as_deref()), (vec![1, 2], Some("2")));
        let last = Page::cut(all(), &asked(Some("4")), ToString::to_string, |n| n);
        assert_eq!((last.items, last.next), (vec![5], None));
    }

    #[test]
    fn amounts_are_numbers_as_short_as_they_can_be() {
        let amount = |text: &str| decimal(Micros::parse(text).expect("an amount")).to_string();
        assert_eq!(amount("12.5"), "12.5");
        assert_eq!(amount("3"), "3");
        assert_eq!(amount("-0.000001"), "-1e-6");
    }
}
