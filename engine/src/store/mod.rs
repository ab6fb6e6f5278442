//! All SQL of the engine, one table family a file, and the connections it runs on. Rows are private to their file and
//! leave it as domain types. Nothing outside this folder says `sqlx`, but for the error type.
//!
//! Writers share one connection and begin with `BEGIN IMMEDIATE`; readers have a read-only pool of their own. A reader
//! that upgraded to a writer would fail with BUSY_SNAPSHOT. One more connection changes no data and copies the write-ahead
//! log into the file beside the writer: SQLite allows that safely from 3.51.3 on, which is asserted at start.

pub(crate) mod access;
pub(crate) mod arms;
pub(crate) mod audit;
pub(crate) mod batch;
pub(crate) mod bench;
pub(crate) mod beneath;
pub(crate) mod campaigns;
pub(crate) mod dangling;
pub(crate) mod datasets;
pub(crate) mod deletion_map;
pub(crate) mod erased;
pub(crate) mod erased_people;
pub(crate) mod erasure_log;
pub(crate) mod erasures;
pub(crate) mod estimates;
pub(crate) mod exports;
pub(crate) mod frozen_rules;
pub(crate) mod gone;
pub(crate) mod holds;
pub(crate) mod impact;
pub(crate) mod ingest;
pub(crate) mod ingest_events;
mod ingest_key;
pub(crate) mod ingest_lists;
pub(crate) mod ingest_progress;
pub(crate) mod job_lists;
pub(crate) mod job_reports;
pub(crate) mod job_steps;
pub(crate) mod job_times;
pub(crate) mod jobs;
pub(crate) mod keys;
mod leaf;
pub(crate) mod measure;
pub(crate) mod members;
pub(crate) mod merge;
pub(crate) mod notices;
mod open;
pub(crate) mod page_writer;
pub(crate) mod pages;
pub(crate) mod person;
pub(crate) mod plans;
#[cfg(feature = "faults")]
pub(crate) mod planted;
pub(crate) mod profiles;
pub(crate) mod receipts;
pub(crate) mod rechecks;
pub(crate) mod recipients;
pub(crate) mod recurring;
pub(crate) mod request_steps;
pub(crate) mod requests;
pub(crate) mod rule_sql;
pub(crate) mod scrub;
pub(crate) mod segment_files;
pub(crate) mod segment_jobs;
pub(crate) mod segments;
pub(crate) mod settings;
pub(crate) mod space;
pub(crate) mod suggest;
pub(crate) mod suppressed;
pub(crate) mod suppression_ends;
pub(crate) mod suppression_list;
pub(crate) mod suppressions;
pub(crate) mod sweep;
pub(crate) mod target_people;
pub(crate) mod targets;
#[cfg(test)]
pub(crate) mod test_people;
pub(crate) mod tokens;
pub(crate) mod tracked;
pub(crate) mod uses;
pub(crate) mod warehouse;
pub(crate) mod warehouse_deletions;
pub(crate) mod warehouse_people;
pub(crate) mod warehouse_rows;
mod writer;

use crate::{clock::Clock, error::Result};
use keys::Keys;
use sqlx::{Sqlite, SqlitePool, pool::PoolConnection};
use std::path::PathBuf;

pub(crate) use open::open;
pub(crate) use writer::{Tx, Writer};

/// A connection, whichever pool or transaction it belongs to: what the functions of this folder take.
pub(crate) type Conn = sqlx::SqliteConnection;
/// Connections to one file.
pub(crate) type Pool = SqlitePool;
/// A connection that was taken from its pool and goes back there.
pub(crate) type Connection = PoolConnection<Sqlite>;
/// A transaction that only reads.
pub(crate) type View = sqlx::Transaction<'static, Sqlite>;

/// Begins a transaction on the one writing connection, which was taken before.
pub(crate) async fn begin(writer: &mut PoolConnection<Sqlite>) -> Result<sqlx::Transaction<'_, Sqlite>> {
    use sqlx::Connection as _;
    Ok(writer.begin_with("BEGIN IMMEDIATE").await?)
}

/// The open store.
#[derive(Debug)]
pub(crate) struct Store {
    writer: Writer,
    keeper: Writer,
    readers: SqlitePool,
    counters: SqlitePool,
    /// The secret by which identities are hashed.
    pub(crate) keys: Keys,
    /// The time.
    pub(crate) clock: Clock,
    /// The data directory.
    pub(crate) dir: PathBuf,
    /// This process's number: grows at every start; a batch checks it.
    pub(crate) epoch: i64,
    /// Held as long as the store is open: one process per data directory.
    _lock: std::fs::File,
}

impl Store {
    /// Begins a transaction on the one writing connection. Waits for its turn. `Fenced` where another process has taken
    /// the directory over.
    pub(crate) async fn write(&self) -> Result<Tx> {
        self.writer.begin(self.epoch).await
    }

    /// The writing connection outside a transaction: for checkpoints and vacuuming only.
    pub(crate) async fn writer_idle(&self) -> Result<PoolConnection<Sqlite>> {
        self.writer.idle().await
    }

    /// Tells the writer and the keeper of the log of an error: after one of the disk they are closed and opened anew before
    /// they are used again.
    pub(crate) fn note(&self, error: &crate::Error) {
        self.writer.note(error);
        self.keeper.note(error);
    }

    /// The connection that empties the write-ahead log beside the writer. It changes no data.
    pub(crate) async fn keep(&self) -> Result<PoolConnection<Sqlite>> {
        self.keeper.idle().await
    }

    /// A reader for a page or a request: quick reads.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>> {
        Ok(self.readers.acquire().await?)
    }

    /// A reader for counting and scanning: slow reads, so that quick ones never wait for them.
    pub(crate) async fn count(&self) -> Result<PoolConnection<Sqlite>> {
        Ok(self.counters.acquire().await?)
    }

    /// One view of the data for several counts: begins a read transaction that is dropped to end it.
    pub(crate) async fn view(&self) -> Result<View> {
        Ok(self.counters.begin().await?)
    }

    /// Closes every connection; the last one empties the write-ahead log.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.counters.close().await;
        self.keeper.close().await;
        self.writer.close().await;
    }
}
