//! The one writing connection of a file. A transaction on it begins with the fence: a process that was overtaken writes
//! nothing, whatever it was about to do. A connection that met a failing or full disk is closed and opened anew before it
//! is used again. Knows nothing of what is written.

use super::{Conn, erasure_log::ErasureLog};
use crate::{
    error::{Error, Result},
    fault,
};
use sqlx::{Sqlite, SqlitePool, Transaction, pool::PoolConnection};
use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The writer.
#[derive(Debug)]
pub(crate) struct Writer {
    /// Exactly one connection.
    pool: SqlitePool,
    /// The disk failed under the connection: what it believes of the file cannot be trusted.
    doubtful: Arc<AtomicBool>,
    /// Beside the store's own file.
    erasures: Option<ErasureLog>,
}

impl Writer {
    /// The writer over a pool of one.
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self {
            pool,
            doubtful: Arc::default(),
            erasures: None,
        }
    }

    /// The same, whose transactions write into the log of erasures too.
    pub(super) fn with_log(pool: SqlitePool, erasures: ErasureLog) -> Self {
        Self {
            erasures: Some(erasures),
            ..Self::new(pool)
        }
    }

    /// Begins a transaction, in its turn. `Fenced` where another process has taken the store over since.
    pub(crate) async fn begin(&self, epoch: i64) -> Result<Tx> {
        let mut inner = self.immediate().await?;
        let newest: i64 = sqlx::query_scalar("SELECT epoch FROM installation")
            .fetch_one(&mut *inner)
            .await?;
        if newest != epoch {
            return Err(Error::Fenced);
        }
        Ok(Tx {
            inner,
            doubtful: Arc::clone(&self.doubtful),
            erasures: self.erasures.clone(),
            erased: Vec::new(),
        })
    }

    /// SQLite ends a transaction by itself when the disk fails or is full. sqlx counts transactions and does not see that:
    /// it takes the connection for one inside a transaction and begins none on it ever again. Then a new one is needed, too.
    async fn immediate(&self) -> Result<Transaction<'static, Sqlite>> {
        self.renew().await?;
        match self.pool.begin_with("BEGIN IMMEDIATE").await {
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.doubtful.store(true, Ordering::Release);
                self.renew().await?;
                Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
            }
            begun => Ok(begun?),
        }
    }

    /// The connection outside a transaction.
    pub(crate) async fn idle(&self) -> Result<PoolConnection<Sqlite>> {
        self.renew().await?;
        Ok(self.pool.acquire().await?)
    }

    /// Remembers that the disk failed, where this error says so. A failed sync is never simply asked for again: the
    /// system may have dropped the pages that it could not write and would call the second one a success.
    pub(crate) fn note(&self, error: &Error) {
        if error.storage() || error.disk_full() {
            self.doubtful.store(true, Ordering::Release);
        }
    }

    async fn renew(&self) -> Result<()> {
        if self.doubtful.load(Ordering::Acquire) {
            let conn = self.pool.acquire().await?;
            self.doubtful.store(false, Ordering::Release);
            tracing::warn!(
                "the disk failed or was full under the writing connection: it is closed and opened anew"
            );
            if let Err(error) = conn.close().await {
                tracing::warn!(%error, "closing the writing connection");
            }
        }
        Ok(())
    }

    /// Closes it for good.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// A transaction on the writer; rolled back where it is dropped without a commit.
pub(crate) struct Tx {
    inner: Transaction<'static, Sqlite>,
    doubtful: Arc<AtomicBool>,
    erasures: Option<ErasureLog>,
    /// What goes into the log of erasures.
    erased: Vec<u8>,
}

impl Tx {
    /// Notes a record of the log of erasures. It is written when the transaction is about to commit, so that the log never
    /// names somebody whose batch was taken back and who was then let stay.
    pub(super) fn note_erased(&mut self, record: &[u8]) {
        self.erased.extend_from_slice(record);
    }

    /// Commits; what was noted of erasures is on the disk before. After an error nothing of it is there.
    pub(crate) async fn commit(mut self) -> Result<()> {
        fault::stop_point("commit.before")?;
        if let (Some(log), false) = (&self.erasures, self.erased.is_empty()) {
            log.append(std::mem::take(&mut self.erased)).await?;
            fault::stop_point("erasures.logged")?;
        }
        if let Err(error) = self.inner.commit().await {
            self.doubtful.store(true, Ordering::Release);
            return Err(error.into());
        }
        fault::stop_point("commit.after")
    }

    /// Ends it with nothing written, at once.
    pub(crate) async fn take_back(self) -> Result<()> {
        Ok(self.inner.rollback().await?)
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.inner
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tx")
    }
}
