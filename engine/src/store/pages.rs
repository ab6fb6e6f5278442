//! Pages of a file as bytes, the store's or the warehouse's, through SQLite's own table `sqlite_dbpage`: inside the process that serves, this is
//! the one way to see them, for opening the file itself would drop SQLite's locks. Only SQLite has any of this.
//!
//! Traps: only `pgno = ?` is indexed there, hence the counter that it is joined to; writing opens a transaction on every
//! attached file, hence connections without any; a NULL for a page would cut the file off, hence the checks in `put`.

use super::{Conn, Store, jobs::to_json, open, space};
use crate::{
    clock::millis,
    erasure::wal::{self, Salt, Wal},
    error::{Error, Result},
};
use futures_util::TryStreamExt as _;
use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// The store's file.
const STORE: &str = "lethe.db";
/// Page cache of a connection that reads every page once: keeping them helps nobody.
const CACHE: &str = "-1024";
/// How long emptying the log may wait for readers, milliseconds: writers wait as long.
pub(super) const BUSY_MS: i64 = 20;
/// A connection of the store waits this long for a lock, milliseconds.
pub(super) const BUSY_USUAL_MS: i64 = 10_000;
/// Pages given back in the first slice.
pub(crate) const GIVE_FIRST: i64 = 64;
/// Pages given back in a slice at most. Those at the end of a file may be free, which costs next to nothing, and suddenly be
/// in use, so that each has to be moved: a slice that grew on the first must not hold the lock for long on the others.
const GIVE_MAX: i64 = 500;
/// A slice should hold the write lock about this long.
const TARGET: Duration = Duration::from_millis(20);

/// A connection of its own for reading pages; while it is `begun`, it sees one state of the file.
#[derive(Debug)]
pub(crate) struct Reader {
    conn: Conn,
}

/// A point of the log: all that is behind it was written later. The default is the beginning of no log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    salt: Option<Salt>,
    frames: u64,
}

impl Reader {
    /// Opens it for the store's file.
    pub(crate) async fn open(store: &Store) -> Result<Self> {
        Self::open_file(&store.dir.join(STORE)).await
    }

    /// Opens it for any file of the data directory.
    pub(crate) async fn open_file(file: &Path) -> Result<Self> {
        let options = open::reading(file).pragma("cache_size", CACHE);
        Ok(Self {
            conn: options.connect().await?,
        })
    }

    /// From here on it sees the file as it is at this moment.
    pub(crate) async fn begin(&mut self) -> Result<()> {
        sqlx::query("BEGIN").execute(&mut self.conn).await?;
        // A transaction sees nothing until it has read something.
        count(&mut self.conn).await?;
        sqlx::query("SELECT count(*) FROM sqlite_schema")
            .fetch_one(&mut self.conn)
            .await?;
        Ok(())
    }

    /// Lets go of the state that it saw.
    pub(crate) async fn end(&mut self) -> Result<()> {
        sqlx::query("ROLLBACK").execute(&mut self.conn).await?;
        Ok(())
    }

    /// For reading.
    pub(crate) const fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// Closes it, and waits until it is.
    pub(crate) async fn close(self) -> Result<()> {
        Ok(self.conn.close().await?)
    }
}

/// Pages of the file, as the connection sees it.
pub(crate) async fn count(conn: &mut Conn) -> Result<u32> {
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(conn).await?;
    u32::try_from(pages).map_err(|_| Error::Corrupt(format!("the file has {pages} pages")))
}

/// Bytes of a page. Fails where the file has no pointer map, which every file of Lethe has.
pub(crate) async fn page_bytes(conn: &mut Conn) -> Result<usize> {
    let mapped: i64 = sqlx::query_scalar("PRAGMA auto_vacuum")
        .fetch_one(&mut *conn)
        .await?;
    let bytes: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(conn).await?;
    if mapped == 0 {
        return Err(Error::Corrupt("the file has no pointer map".to_owned()));
    }
    usize::try_from(bytes).map_err(|_| Error::Corrupt(format!("pages of {bytes} bytes")))
}

/// Shows the pages from `first` to `last` to `look`, one after the other; none is kept.
pub(crate) async fn each(
    conn: &mut Conn,
    first: u32,
    last: u32,
    mut look: impl FnMut(u32, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut rows = sqlx::query(
        "WITH RECURSIVE counter (no) AS (SELECT $1 UNION ALL SELECT no + 1 FROM counter WHERE no < $2)
         SELECT p.pgno, p.data FROM counter CROSS JOIN sqlite_dbpage p ON p.pgno = counter.no",
    )
    .bind(i64::from(first))
    .bind(i64::from(last))
    .fetch(conn);
    while let Some(row) = rows.try_next().await? {
        let page: u32 = row.try_get(0)?;
        look(page, row.try_get(1)?)?;
    }
    Ok(())
}

/// One page; `None` where the file ends before it.
pub(crate) async fn one(conn: &mut Conn, page: u32) -> Result<Option<Vec<u8>>> {
    Ok(
        sqlx::query_scalar("SELECT data FROM sqlite_dbpage WHERE pgno = $1")
            .bind(i64::from(page))
            .fetch_optional(conn)
            .await?,
    )
}

/// These pages, in the order given; one that the file ends before is left out.
pub(crate) async fn some(conn: &mut Conn, pages: &[u32]) -> Result<Vec<(u32, Vec<u8>)>> {
    Ok(sqlx::query_as(
        "SELECT p.pgno, p.data FROM json_each($1) j CROSS JOIN sqlite_dbpage p ON p.pgno = j.value",
    )
    .bind(to_json(&pages)?)
    .fetch_all(conn)
    .await?)
}

/// Writes pages anew, one behind the other in `bytes`, in the transaction of a connection to which no other file is
/// attached.
pub(crate) async fn put(conn: &mut Conn, pages: &[u32], bytes: Vec<u8>, page_bytes: usize) -> Result<()> {
    if pages.contains(&0) || bytes.len() != pages.len() * page_bytes {
        return Err(Error::Corrupt(format!(
            "{} bytes for {} pages",
            bytes.len(),
            pages.len()
        )));
    }
    // An UPDATE of a page with anything but a page is refused; only an INSERT of NULL would cut the file off.
    let done = sqlx::query(
        "UPDATE sqlite_dbpage SET data = substr($2, j.key * $3 + 1, $3) FROM json_each($1) j WHERE sqlite_dbpage.pgno = j.value",
    )
    .bind(to_json(&pages)?)
    .bind(bytes)
    .bind(page_bytes as i64)
    .execute(conn)
    .await?;
    if done.rows_affected() == pages.len() as u64 {
        Ok(())
    } else {
        Err(Error::Corrupt(
            "a page that was to be wiped is not there".to_owned(),
        ))
    }
}

/// Gives up to `slice` free pages back to the file system, in the transaction of the connection. Gives how many, and how
/// many the next slice should be.
pub(crate) async fn give_back(conn: &mut Conn, slice: i64) -> Result<(i64, i64)> {
    let begun = Instant::now();
    let before = space::free_pages(conn).await?;
    // The pragma gives a row for each page; all of them have to be fetched, or it stops after the first.
    let mut q = sqlx::QueryBuilder::new("PRAGMA incremental_vacuum(");
    q.push(slice).push(")");
    q.build().fetch_all(&mut *conn).await?;
    let given = before - space::free_pages(conn).await?;
    let next = if begun.elapsed() > TARGET {
        slice / 2
    } else {
        slice * 2
    };
    Ok((given, next.clamp(1, GIVE_MAX)))
}

/// Empties the log into the file. False where a reader is in the middle of something: then it is not empty, and has to be
/// tried again. Takes the one writing connection outside a transaction.
pub(crate) async fn empty_log(conn: &mut Conn) -> Result<bool> {
    busy_timeout(conn, BUSY_MS).await?;
    let begun = Instant::now();
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut *conn)
        .await;
    busy_timeout(conn, BUSY_USUAL_MS).await?;
    let took = millis(begun.elapsed());
    tracing::debug!(took, "emptied the log");
    Ok(row?.try_get::<i64, _>(0)? == 0)
}

pub(super) async fn busy_timeout(conn: &mut Conn, ms: i64) -> Result<()> {
    let mut q = sqlx::QueryBuilder::new("PRAGMA busy_timeout = ");
    q.push(ms);
    q.build().fetch_all(conn).await?;
    Ok(())
}

/// Where the log is. Takes the one writing connection outside a transaction, so that nothing is written meanwhile.
pub(crate) async fn mark(store: &Store, conn: &mut Conn) -> Result<Mark> {
    mark_file(&store.dir.join(STORE), conn).await
}

/// The same of any file, with its writing connection.
pub(crate) async fn mark_file(file: &Path, conn: &mut Conn) -> Result<Mark> {
    Ok(Mark {
        salt: log(file)?.map(|log| log.salt()),
        frames: frames(conn).await?,
    })
}

/// Pages that were written since `mark`, by anybody. The caller takes the one writing connection, outside a transaction, and
/// has had a reader open since the mark was made: while one is, the log begins anew at most once, and only where it had
/// been taken over into the file whole at the mark.
pub(crate) async fn written_since(store: &Store, conn: &mut Conn, mark: &Mark) -> Result<Vec<u32>> {
    written_in(&store.dir.join(STORE), conn, mark).await
}

/// The same of any file, with its writing connection.
pub(crate) async fn written_in(file: &Path, conn: &mut Conn, mark: &Mark) -> Result<Vec<u32>> {
    let frames = frames(conn).await?;
    let Some(log) = log(file)? else {
        return Ok(Vec::new());
    };
    let from = if mark.salt == Some(log.salt()) {
        mark.frames
    } else {
        0
    };
    log.pages(from, frames).map_err(Error::io("reading the log"))
}

/// About how many pages were written since `mark`; takes nobody's turn.
pub(crate) async fn grown(conn: &mut Conn, mark: &Mark) -> Result<i64> {
    let frames = frames(conn).await?;
    // Fewer than at the mark: it began anew since.
    let since = frames.checked_sub(mark.frames).unwrap_or(frames);
    Ok(i64::try_from(since).unwrap_or(i64::MAX))
}

fn log(file: &Path) -> Result<Option<Wal>> {
    Wal::open(&wal::path_of(file)).map_err(Error::io("opening the log"))
}

/// Frames of the log that count.
async fn frames(conn: &mut Conn) -> Result<u64> {
    Ok(u64::try_from(space::log(conn).await?.pages).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, store::settings};

    struct Opened {
        store: Store,
        reader: Reader,
        _dir: tempfile::TempDir,
    }

    async fn opened() -> Opened {
        let dir = tempfile::tempdir().expect("a directory");
        let store = open::open(dir.path(), Clock::system()).await.expect("open");
        let reader = Reader::open(&store).await.expect("a reader");
        Opened {
            store,
            reader,
            _dir: dir,
        }
    }

    impl Opened {
        /// Takes hold of the state of this moment.
        async fn hold(&mut self) -> Mark {
            let mut writer = self.store.writer_idle().await.expect("the writer");
            let mark = mark(&self.store, &mut writer).await.expect("a mark");
            self.reader.begin().await.expect("begun");
            mark
        }

        /// Writes a setting; gives the page that it is on.
        async fn write(&self) -> u32 {
            let mut tx = self.store.write().await.expect("a transaction");
            // The same value again would write nothing.
            let before = settings::number(&mut tx, "name").await.expect("a number");
            let next = (before.unwrap_or(0) + 1).to_string();
            settings::put(&mut tx, "name", &next).await.expect("put");
            let page = sqlx::query_scalar("SELECT rootpage FROM sqlite_schema WHERE name = 'settings'")
                .fetch_one(&mut *tx)
                .await
                .expect("its page");
            tx.commit().await.expect("committed");
            page
        }

        async fn since(&self, mark: &Mark) -> Vec<u32> {
            let mut writer = self.store.writer_idle().await.expect("the writer");
            written_since(&self.store, &mut writer, mark)
                .await
                .expect("pages")
        }

        async fn empty(&self) -> bool {
            empty_log(&mut self.store.writer_idle().await.expect("the writer"))
                .await
                .expect("a checkpoint")
        }
    }

    #[tokio::test]
    async fn what_was_written_since_a_mark_is_listed_and_nothing_before_it() {
        let mut it = opened().await;
        it.write().await;
        let mark = it.hold().await;
        assert_eq!(it.since(&mark).await, Vec::<u32>::new());
        let page = it.write().await;
        assert!(it.since(&mark).await.contains(&page));
        assert!(!it.empty().await, "the reader is in the way");
        assert!(
            it.since(&mark).await.contains(&page),
            "a try to empty the log loses nothing"
        );
        it.reader.end().await.expect("ended");
        assert!(it.empty().await);
    }

    #[tokio::test]
    async fn a_reader_that_hands_over_to_another_loses_nothing_and_lets_the_log_begin_anew_then() {
        let mut it = opened().await;
        let mut bridge = Reader::open(&it.store).await.expect("a second reader");
        let copy = async |it: &Opened| {
            let mut writer = it.store.writer_idle().await.expect("the writer");
            space::copy_log(&mut writer).await.expect("a checkpoint");
        };
        it.write().await;
        copy(&it).await;
        let mark = it.hold().await;
        let page = it.write().await;
        let grown = grown(&mut it.store.writer_idle().await.expect("the writer"), &mark).await;
        assert!(grown.expect("a number") > 0);

        bridge.begin().await.expect("begun");
        it.reader.end().await.expect("ended");
        copy(&it).await;
        let salt = |it: &Opened| {
            log(&it.store.dir.join(STORE))
                .expect("the log")
                .expect("a log")
                .salt()
        };
        let before = salt(&it);
        it.write().await;
        assert_eq!(salt(&it), before, "the second reader keeps the log");
        assert!(it.since(&mark).await.contains(&page));

        bridge.end().await.expect("ended");
        copy(&it).await;
        let mark = it.hold().await;
        let page = it.write().await;
        assert_ne!(salt(&it), before, "now it begins anew, though a reader is there");
        assert!(it.since(&mark).await.contains(&page));
    }

    #[tokio::test]
    async fn a_log_that_begins_anew_behind_the_mark_is_listed_from_its_beginning() {
        let mut it = opened().await;
        for _ in 0..5 {
            it.write().await;
        }
        // All of the log is in the file already, so that the next writer begins it anew though a reader is there.
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
            .execute(&mut *it.store.writer_idle().await.expect("the writer"))
            .await
            .expect("a checkpoint");
        let mark = it.hold().await;
        let page = it.write().await;
        let log = log(&it.store.dir.join(STORE)).expect("the log").expect("a log");
        assert_ne!(mark.salt, Some(log.salt()), "it did begin anew");
        assert!(it.since(&mark).await.contains(&page));
        it.reader.end().await.expect("ended");
        assert!(it.empty().await);
        let emptied = it.hold().await;
        assert_eq!(it.since(&emptied).await, Vec::<u32>::new());
        let page = it.write().await;
        assert!(it.since(&emptied).await.contains(&page));
    }

    #[tokio::test]
    async fn a_page_is_written_whole_or_not_at_all() {
        let it = opened().await;
        let mut tx = it.store.write().await.expect("a transaction");
        let pages = count(&mut tx).await.expect("pages");
        let bytes = page_bytes(&mut tx).await.expect("bytes");
        let two = some(&mut tx, &[2, 5]).await.expect("two pages");
        let joined: Vec<u8> = two.iter().flat_map(|(_, page)| page.clone()).collect();
        put(&mut tx, &[2, 5], joined.clone(), bytes)
            .await
            .expect("the same");
        assert_eq!(some(&mut tx, &[2, 5]).await.expect("two pages"), two);
        assert!(put(&mut tx, &[2, 5], Vec::new(), bytes).await.is_err());
        assert!(put(&mut tx, &[2], joined.clone(), bytes).await.is_err());
        assert!(put(&mut tx, &[2, pages + 9], joined, bytes).await.is_err());
        assert_eq!(count(&mut tx).await.expect("pages"), pages, "nothing was cut off");
    }
}
