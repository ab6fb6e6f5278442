//! Wiping the dead bytes of a whole file for the sake of people who were erased from it, the store's or the warehouse's:
//! what is dead on a page is found and overwritten by the same code as in the scrub of a job, and so is told which pages
//! were written meanwhile. Reading needs no lock; wiping takes it for a few pages at a time.

use crate::{
    error::Result,
    fault,
    runner::scrub::look::Judge,
    service::Engine,
    store::{self, Connection, page_writer::PageWriter, pages},
};
use std::{path::PathBuf, time::Duration};

/// Pages that are wiped in a transaction.
const WIPED_AT_ONCE: usize = 64;
/// Pages of a list that are looked at in one go.
const LISTED_AT_ONCE: usize = 500;
/// So few pages written meanwhile are looked at while nobody writes.
const LAST_MAX: usize = 200;
/// After so many rounds over what was written meanwhile the last one is made whatever its length: what writers leave are
/// copies of rows that live, and the people who were erased have none.
const ROUNDS_MAX: u32 = 8;
/// Tries to empty the log; a reader in the middle of something is in the way for a moment.
const EMPTY_TRIES: u32 = 50;
/// The pause between two of them.
const BETWEEN: Duration = Duration::from_millis(100);

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Store,
    Warehouse,
}

impl Which {
    const fn name(self) -> &'static str {
        match self {
            Self::Store => "lethe.db",
            Self::Warehouse => "warehouse.db",
        }
    }
}

/// A file being wiped.
struct Wiping<'e> {
    engine: &'e Engine,
    which: Which,
    path: PathBuf,
    writer: PageWriter,
    page_bytes: usize,
}

/// Wipes what is dead in a file at this moment, and empties its log. False where a reader is in the way of that.
///
/// 1. Take hold of a state of the file; look at every page of it, and wipe as it goes.
/// 2. Look at the pages that were written since, and so on until they are few.
/// 3. Look at these while nobody writes: what was dead at the beginning is nowhere any more.
/// 4. Empty the log, which has older states of pages.
pub(super) async fn file(engine: &Engine, which: Which) -> Result<bool> {
    #[cfg(feature = "faults")]
    if fault::skip_scrub() {
        return Ok(true);
    }
    let path = engine.inner.store.dir.join(which.name());
    let mut reader = pages::Reader::open_file(&path).await?;
    let page_bytes = pages::page_bytes(reader.conn()).await?;
    let mut it = Wiping {
        engine,
        which,
        writer: PageWriter::open(&path).await?,
        path,
        page_bytes,
    };
    let done = it.pass(&mut reader).await;
    reader.close().await?;
    let emptied = match done {
        Ok(()) => it.empty().await,
        Err(error) => Err(error),
    };
    it.writer.close().await?;
    emptied
}

impl Wiping<'_> {
    /// Takes the file's usual writer, so that nobody writes until it is given back. `Fenced` where another process has taken
    /// the directory over.
    async fn alone(&self) -> Result<Connection> {
        let inner = &self.engine.inner;
        let writer = match self.which {
            Which::Store => inner.store.writer_idle().await?,
            Which::Warehouse => inner.warehouse.copier.idle().await?,
        };
        store::scrub::own(&mut *inner.store.read().await?, &inner.store).await?;
        Ok(writer)
    }

    async fn pass(&mut self, reader: &mut pages::Reader) -> Result<()> {
        let alone = self.alone().await?;
        let mut mark = pages::mark_file(&self.path, self.writer.conn()).await?;
        reader.begin().await?;
        drop(alone);
        let last = pages::count(reader.conn()).await?;
        let mut read = 0;
        while read < last {
            let mut judge = Judge::new(self.page_bytes);
            let end = judge.group_end(read + 1).min(last);
            let seen = judge.range(reader.conn(), read + 1, end).await?;
            read = end;
            self.wipe(&seen.hits).await?;
        }
        for round in 1.. {
            let alone = self.alone().await?;
            let written = pages::written_in(&self.path, self.writer.conn(), &mark).await?;
            reader.end().await?;
            if written.len() <= LAST_MAX || round > ROUNDS_MAX {
                return self.write(&written).await;
            }
            mark = pages::mark_file(&self.path, self.writer.conn()).await?;
            reader.begin().await?;
            drop(alone);
            for some in written.chunks(LISTED_AT_ONCE) {
                let seen = Judge::new(self.page_bytes).list(reader.conn(), some).await?;
                self.wipe(&seen.hits).await?;
            }
        }
        Ok(())
    }

    /// Wipes these pages, a few at a time.
    async fn wipe(&mut self, pages: &[u32]) -> Result<()> {
        for some in pages.chunks(WIPED_AT_ONCE) {
            let _alone = self.alone().await?;
            self.write(some).await?;
        }
        Ok(())
    }

    /// Wipes what is dead on these pages in one transaction. The caller holds the file's usual writer.
    async fn write(&mut self, pages: &[u32]) -> Result<()> {
        if pages.is_empty() {
            return Ok(());
        }
        let mut tx = self.writer.begin().await?;
        Judge::new(self.page_bytes).wipe(&mut tx, pages).await?;
        fault::stop_point("erase.wiped")?;
        Ok(tx.commit().await?)
    }

    async fn empty(&mut self) -> Result<bool> {
        for _ in 0..EMPTY_TRIES {
            // Most of the log is copied beside the file's usual writer, so that others wait for the rest alone.
            store::space::copy_log(self.writer.conn()).await?;
            let alone = self.alone().await?;
            if self.writer.empty_log().await? {
                return Ok(true);
            }
            drop(alone);
            tokio::time::sleep(BETWEEN).await;
        }
        Ok(false)
    }
}
