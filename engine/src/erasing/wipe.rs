//! Wiping the dead bytes of a whole file for the sake of people who were erased from it, the store's or the warehouse's:
//! what is dead on a page is found and overwritten by the same code as in the scrub of a job, and so is told which pages
//! were written meanwhile. Reading needs no lock; wiping takes it for a few pages at a time.
//!
//! A reader keeps the log from beginning anew, and a log that grew for as long as a large file is read (gigabytes, beside a
//! job) takes seconds to empty, during which nobody writes. So the reader moves on to a later state whenever the log has
//! grown by some dozens of megabytes; what was written until then is remembered, and looked at in the next round.

use crate::{
    error::Result,
    fault,
    runner::scrub::look::Judge,
    service::Engine,
    store::{
        self, Connection,
        page_writer::PageWriter,
        pages::{self, Mark, Reader},
    },
};
use std::{collections::BTreeSet, path::PathBuf, time::Duration};

/// Pages that are wiped in a transaction.
const WIPED_AT_ONCE: usize = 64;
/// Pages of a list that are looked at in one go.
const LISTED_AT_ONCE: usize = 500;
/// So few pages written meanwhile are looked at while nobody writes.
const LAST_MAX: usize = 200;
/// After so many rounds over what was written meanwhile the last one is made whatever its length: what writers leave are
/// copies of rows that live, and the people who were erased have none.
const ROUNDS_MAX: u32 = 8;
/// Pages that the log may grow by before the reader moves on: 64 MB.
const LOG_MAX: i64 = 8_000;
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
    page_bytes: usize,
    writer: PageWriter,
    /// Sees one state of the file while its pages are looked at.
    reader: Reader,
    /// Keeps the log from beginning anew while `reader` moves on.
    bridge: Reader,
    /// What was written behind it is not among `written` yet.
    mark: Mark,
    /// Pages that were written since the round began, up to the mark.
    written: BTreeSet<u32>,
}

/// Wipes what is dead in a file at this moment, and empties its log. False where a reader is in the way of that.
///
/// 1. Take hold of a state of the file; look at every page, in that state or a later one, and wipe as it goes.
/// 2. Look at the pages that were written since 1 began, and so on until they are few.
/// 3. Look at these while nobody writes: what was dead at the beginning is nowhere any more.
/// 4. Empty the log, which has older states of pages.
pub(super) async fn file(engine: &Engine, which: Which) -> Result<bool> {
    #[cfg(feature = "faults")]
    if fault::skip_scrub() {
        return Ok(true);
    }
    let mut it = Wiping::open(engine, which).await?;
    let done = it.pass().await;
    it.reader.close().await?;
    it.bridge.close().await?;
    let emptied = match done {
        Ok(()) => empty(engine, which, &mut it.writer).await,
        Err(error) => Err(error),
    };
    it.writer.close().await?;
    emptied
}

impl<'e> Wiping<'e> {
    async fn open(engine: &'e Engine, which: Which) -> Result<Self> {
        let path = engine.inner.store.dir.join(which.name());
        let mut reader = Reader::open_file(&path).await?;
        Ok(Self {
            engine,
            which,
            page_bytes: pages::page_bytes(reader.conn()).await?,
            writer: PageWriter::open(&path).await?,
            reader,
            bridge: Reader::open_file(&path).await?,
            mark: Mark::default(),
            written: BTreeSet::new(),
            path,
        })
    }

    async fn alone(&self) -> Result<Connection> {
        alone(self.engine, self.which).await
    }

    async fn pass(&mut self) -> Result<()> {
        let alone = self.alone().await?;
        self.hold().await?;
        drop(alone);
        // What is behind it later was written since.
        let first = pages::count(self.reader.conn()).await?;
        let mut read = 0;
        loop {
            let last = pages::count(self.reader.conn()).await?.min(first);
            if read >= last {
                break;
            }
            let mut judge = Judge::new(self.page_bytes);
            let end = judge.group_end(read + 1).min(last);
            let seen = judge.range(self.reader.conn(), read + 1, end).await?;
            read = end;
            self.wipe(&seen.hits).await?;
            self.move_on().await?;
        }
        for round in 1.. {
            let alone = self.alone().await?;
            self.note().await?;
            self.reader.end().await?;
            let written: Vec<u32> = std::mem::take(&mut self.written).into_iter().collect();
            if written.len() <= LAST_MAX || round > ROUNDS_MAX {
                return self.write(&written).await;
            }
            self.hold().await?;
            drop(alone);
            for some in written.chunks(LISTED_AT_ONCE) {
                let seen = Judge::new(self.page_bytes).list(self.reader.conn(), some).await?;
                self.wipe(&seen.hits).await?;
                self.move_on().await?;
            }
        }
        Ok(())
    }

    /// Takes hold of the state of this moment. The caller holds the file's usual writer, as for `note`.
    async fn hold(&mut self) -> Result<()> {
        self.mark = pages::mark_file(&self.path, self.writer.conn()).await?;
        self.reader.begin().await
    }

    /// Remembers what was written since the mark.
    async fn note(&mut self) -> Result<()> {
        let pages = pages::written_in(&self.path, self.writer.conn(), &self.mark).await?;
        self.written.extend(pages);
        Ok(())
    }

    /// Hands over to a later state where the log has grown long.
    async fn move_on(&mut self) -> Result<()> {
        if pages::grown(self.writer.conn(), &self.mark).await? < fault::slice(LOG_MAX) {
            return Ok(());
        }
        self.hand_over().await
    }

    /// Lets the log be copied into the file and begin anew, and goes on from the state of then.
    ///
    /// Nothing of it is lost from sight: the log does not begin anew while it has pages that are not in the file, and those
    /// that came after the reader's state are not copied before it is let go of; so `bridge` reads from the log, which is
    /// then kept until it was noted. Something must have been written since the mark.
    async fn hand_over(&mut self) -> Result<()> {
        self.bridge.begin().await?;
        self.reader.end().await?;
        // Most of it is copied while others write.
        store::space::copy_log(self.writer.conn()).await?;
        let alone = self.alone().await?;
        self.note().await?;
        self.bridge.end().await?;
        store::space::copy_log(self.writer.conn()).await?;
        self.hold().await?;
        fault::stop_point("erase.moved_on")?;
        drop(alone);
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
}

/// Takes a file's usual writer, so that nobody writes until it is given back. `Fenced` where another process has taken the
/// directory over.
async fn alone(engine: &Engine, which: Which) -> Result<Connection> {
    let inner = &engine.inner;
    let writer = match which {
        Which::Store => inner.store.writer_idle().await?,
        Which::Warehouse => inner.warehouse.copier.idle().await?,
    };
    store::scrub::own(&mut *inner.store.read().await?, &inner.store).await?;
    Ok(writer)
}

async fn empty(engine: &Engine, which: Which, writer: &mut PageWriter) -> Result<bool> {
    for _ in 0..EMPTY_TRIES {
        // Most of the log is copied beside the file's usual writer, so that others wait for the rest alone.
        store::space::copy_log(writer.conn()).await?;
        let alone = alone(engine, which).await?;
        if writer.empty_log().await? {
            return Ok(true);
        }
        drop(alone);
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, service::OpenOptions, store::settings};

    async fn length(it: &mut Wiping<'_>) -> i64 {
        store::space::log(it.writer.conn()).await.expect("the log").pages
    }

    /// Writes a setting: the same page each time.
    async fn write(engine: &Engine, value: u32) {
        let mut tx = engine.inner.store.write().await.expect("a transaction");
        let value = value.to_string();
        settings::put(&mut tx, "name", &value).await.expect("put");
        tx.commit().await.expect("committed");
    }

    #[tokio::test]
    async fn what_was_written_before_and_after_a_hand_over_is_looked_at_again_and_the_log_stays_short() {
        let dir = tempfile::tempdir().expect("a directory");
        let options = OpenOptions {
            dir: dir.path().to_owned(),
            clock: Clock::system(),
        };
        let engine = Engine::open(options).await.expect("open");
        let mut it = Wiping::open(&engine, Which::Store).await.expect("open");
        let alone = it.alone().await.expect("alone");
        it.hold().await.expect("held");
        drop(alone);
        let mut longest = 0;
        for value in 1..=100 {
            it.written.clear();
            write(&engine, value).await;
            it.hand_over().await.expect("handed over");
            assert!(!it.written.is_empty(), "written before a hand-over");
            longest = longest.max(length(&mut it).await);
        }
        assert!(longest < 50, "the log began anew: {longest} pages");
        it.written.clear();
        write(&engine, 101).await;
        let alone = it.alone().await.expect("alone");
        it.note().await.expect("noted");
        drop(alone);
        assert!(!it.written.is_empty(), "written after the last one");
        it.reader.close().await.expect("closed");
        it.bridge.close().await.expect("closed");
        it.writer.close().await.expect("closed");
        engine.close().await;
    }
}
