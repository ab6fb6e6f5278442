//! Files and streams in: profiles, events and lists as CSV or NDJSON, plain or gzip.
//!
//! A thread parses (`source`, `split`, `cells`, `object`, `field`, `draft`, `read`) and hands over windows of rows; these
//! are put in order (`window`), and slice by slice rows of suppressed people are turned away (`suppressed`), the others merged with what is stored (`merge`) and written, each slice in
//! one short transaction (`apply`, `lists`), so that others write in between and nothing is half taken (`run`, `record`). Memory is bounded whatever the file is like (`limits`). Nothing
//! that stands in a row is ever quoted: not in an error, not in the log. Live messages of the tracking API (`message` says
//! what each means) are written by the same way: many calls share a transaction (`live`, `live_slice`).
//!
//! Design notes. A slice is written with a few statements of many rows; its size follows the time for which it holds the
//! write lock. A file with a content hash that was interrupted goes on after the last row that was committed, because
//! how far it came stands in the same transaction as the rows.

mod apply;
mod cells;
mod draft;
mod feed;
mod field;
mod foresee;
mod limits;
mod lists;
pub(crate) mod live;
mod live_reasons;
mod live_slice;
mod merge;
mod message;
mod object;
pub(crate) mod one;
mod read;
mod record;
mod run;
mod source;
mod split;
mod suppressed;
mod uses;
mod uses_row;
mod window;

use crate::{error::Result, service::Engine};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, SegmentId},
};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncRead;

pub(crate) use feed::Feed;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// People with their attributes.
    Profiles,
    /// What people did.
    Events,
    /// Members of a manual or list segment.
    Lists,
}

impl ImportKind {
    /// Every kind.
    pub const ALL: [ImportKind; 3] = [Self::Profiles, Self::Events, Self::Lists];

    /// The text form, as typed and stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Profiles => "profiles",
            Self::Events => "events",
            Self::Lists => "lists",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a list does to the members of its segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListMode {
    /// Afterwards the people of the file are the members.
    #[default]
    Replace,
    /// They join.
    Add,
    /// They leave.
    Remove,
}

impl ListMode {
    /// The text form, as typed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "replace" => Some(Self::Replace),
            "add" => Some(Self::Add),
            "remove" => Some(Self::Remove),
            _ => None,
        }
    }
}

/// How a file is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportOptions {
    /// The segment that a list fills; made when there is none of that name.
    pub list: Option<String>,
    /// The same by its number, whatever it is called; it must be there.
    pub segment: Option<SegmentId>,
    /// What a list does to its members.
    pub mode: ListMode,
    /// Field and the column that holds it.
    pub map: Vec<(String, String)>,
    /// Field and its text in every row.
    pub set: Vec<(String, String)>,
    /// Stop at the first bad row.
    pub strict: bool,
    /// Write nothing.
    pub dry_run: bool,
    /// A hash of the whole file, where it is known beforehand: with it, an interrupted import goes on where it stopped.
    pub content_hash: Option<[u8; 32]>,
}

/// Something about one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// The line on which the row begins, from 1.
    pub line: i64,
    /// What is wrong with it. Never quotes it.
    pub reason: String,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Rows taken. An event that was there already counts here and changes nothing.
    pub accepted: i64,
    /// Profiles made.
    pub created: i64,
    /// Profiles that were there and that accepted rows meant, each counted once; for lists, people who joined or left.
    pub updated: i64,
    /// Rows not taken.
    pub rejected: i64,
    /// Of these, rows of suppressed people. `strict` does not stop at them: nothing is wrong with them.
    pub suppressed: i64,
    /// Of these, purchases: amounts that are missing from the totals because of it.
    pub suppressed_purchases: i64,
    /// The first 1,000 rows that were not taken.
    pub errors: Vec<RowError>,
    /// Rows taken with a reservation.
    pub warned: i64,
    /// The first 1,000 of these.
    pub warnings: Vec<RowError>,
    /// Remarks on the file as a whole.
    pub remarks: Vec<String>,
    /// Whether nothing was written.
    pub dry_run: bool,
}

impl Engine {
    /// Imports a file or a stream. What was committed before a failure stays, and the refusal says how much that was.
    ///
    /// In a dry run nothing is written; `created` and `updated` say what look-ups give, each identity taken for a person.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid` for columns or options that do not fit and for a bad row where `strict`;
    /// `unsupported_media`, `bad_request`, `too_large` for input that cannot be read; `segment_disabled` for a list that
    /// nobody can join; `state_refused` where the same file is being imported already.
    pub async fn import(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        kind: ImportKind,
        options: ImportOptions,
        input: impl AsyncRead + Send + Unpin + 'static,
    ) -> Result<ImportReport> {
        actor.require_in(Permission::Import, dataset)?;
        run::import(self, actor, dataset, kind, options, input).await
    }

    /// Notes at the start that imports of an earlier process were interrupted.
    pub(crate) async fn settle_imports(&self) -> Result<()> {
        let mut tx = self.inner.store.write().await?;
        crate::store::ingest_progress::interrupt_all(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A count as it leaves the program.
fn wire(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
