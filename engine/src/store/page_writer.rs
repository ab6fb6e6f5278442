//! A connection of its own that writes pages of one file: the warehouse's usual writer has the store attached, which
//! writing a page would lock as well. The caller holds the usual writer meanwhile, so that nobody else writes.

use super::{Conn, open, pages};
use crate::error::Result;
use sqlx::{ConnectOptions as _, Connection as _, Sqlite, Transaction};
use std::path::Path;

/// Page cache of it: pages are written once.
const CACHE: &str = "-1024";

/// The connection.
#[derive(Debug)]
pub(crate) struct PageWriter {
    conn: Conn,
}

impl PageWriter {
    /// Opens it.
    pub(crate) async fn open(file: &Path) -> Result<Self> {
        // The log is copied by others, or emptied on purpose: never in the middle of wiping.
        let options = open::writing(file)
            .pragma("cache_size", CACHE)
            .pragma("wal_autocheckpoint", "0");
        Ok(Self {
            conn: options.connect().await?,
        })
    }

    /// Outside a transaction.
    pub(crate) const fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>> {
        Ok(self.conn.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Empties the log into the file; see `pages::empty_log`.
    pub(crate) async fn empty_log(&mut self) -> Result<bool> {
        pages::empty_log(&mut self.conn).await
    }

    /// Closes it, and waits until it is.
    pub(crate) async fn close(self) -> Result<()> {
        Ok(self.conn.close().await?)
    }
}
