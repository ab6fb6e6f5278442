//! Opening a data directory: lock, version, pragmas, schema, epoch. Order matters and is the order below.

use super::{Store, erasure_log::ErasureLog, keys::Keys, writer::Writer};
use crate::{
    clock::Clock,
    error::{Error, Result},
};
use sqlx::{
    ConnectOptions as _, Connection as _, SqlitePool,
    sqlite::{
        SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
    },
};
use std::{fs::File, path::Path, time::Duration};

/// The first version without the bug that can corrupt a database in WAL mode.
const SQLITE_MIN: &str = "3.51.3";
/// Bytes of a page: fixed when the file is made. Larger pages mean fewer of them to touch per deleted person.
const PAGE_BYTES: u32 = 8192;
/// The write-ahead log is cut back to this after a checkpoint.
const WAL_BYTES_KEPT: &str = "67108864";
/// Pages in the write-ahead log from which on the writer itself empties it, should the keeper not have come to it.
const WAL_PAGES_MAX: &str = "20000";
/// Page cache of the writer, in KiB (negative: KiB, as SQLite wants it).
pub(super) const WRITER_CACHE: &str = "-24576";
/// Page cache of each reader: the inner pages of the trees. There are a dozen readers, and the rest is the system's to keep.
const READER_CACHE: &str = "-2048";
/// Readers for pages and requests.
const READERS: u32 = 4;
/// Readers for counts.
const COUNTERS: u32 = 2;
/// File systems on which SQLite's locks cannot be trusted: NFS, SMB, CIFS, FUSE.
const NETWORK_FILE_SYSTEMS: [i64; 4] = [0x6969, 0x517B, 0xFF53_4D42, 0x6573_5546];

/// Opens the directory, making it when it is new.
///
/// # Errors
/// `Start` with a sentence when the directory is held, on a network file system, newer than this program, or damaged.
pub(crate) async fn open(dir: &Path, clock: Clock) -> Result<Store> {
    std::fs::create_dir_all(dir).map_err(Error::io(format!("making {}", dir.display())))?;
    let dir = dir
        .canonicalize()
        .map_err(Error::io(format!("opening {}", dir.display())))?;
    refuse_network(&dir)?;
    let lock = lock(&dir)?;
    let file = dir.join("lethe.db");
    migrate(&file).await?;
    let writer = pool(
        1,
        writing(&file)
            .pragma("cache_size", WRITER_CACHE)
            .pragma("wal_autocheckpoint", WAL_PAGES_MAX),
    )
    .await?;
    check_build(&writer).await?;
    let epoch = sqlx::query_scalar("UPDATE installation SET epoch = epoch + 1 RETURNING epoch")
        .fetch_one(&writer)
        .await?;
    let keeper = pool(1, writing(&file).pragma("query_only", "ON")).await?;
    let readers = pool(READERS, reading(&file)).await?;
    let counters = counting(&file).await?;
    let keys = Keys::load_or_create(&dir)?;
    Ok(Store {
        writer: Writer::with_log(writer, ErasureLog::of(&dir)),
        keeper: Writer::new(keeper),
        readers,
        counters,
        keys,
        clock,
        dir,
        epoch,
        _lock: lock,
    })
}

fn refuse_network(dir: &Path) -> Result<()> {
    let kind = rustix::fs::statfs(dir).map_err(|e| Error::Io {
        what: "looking at the file system".into(),
        source: e.into(),
    })?;
    if NETWORK_FILE_SYSTEMS.contains(&kind.f_type) {
        return Err(Error::Start(format!(
            "{} is on a network file system, where file locks cannot be trusted. Use a local disk.",
            dir.display()
        )));
    }
    Ok(())
}

fn lock(dir: &Path) -> Result<File> {
    // A file of its own, never the database: closing any handle on that would drop SQLite's locks.
    let path = dir.join("instance.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(Error::io("opening the instance lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Start(format!(
            "Another Lethe process holds {}. One server at a time may use a data directory.",
            dir.display()
        ))),
        Err(std::fs::TryLockError::Error(e)) => Err(Error::Io {
            what: "taking the instance lock".into(),
            source: e,
        }),
    }
}

/// What every connection has in common. Pragmas belong to a connection, so they are set on each.
fn common(file: &Path) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new();
    #[cfg(feature = "faults")]
    let options = match crate::fault::vfs(file) {
        Some(failing) => options.vfs(failing),
        None => options,
    };
    options
        .filename(file)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("cell_size_check", "ON")
        .pragma("trusted_schema", "OFF")
        .pragma("mmap_size", "0")
        .statement_cache_capacity(256)
        .disable_statement_logging()
}

pub(crate) fn writing(file: &Path) -> SqliteConnectOptions {
    common(file)
        .create_if_missing(true)
        .page_size(PAGE_BYTES)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", WAL_BYTES_KEPT)
}

pub(crate) fn reading(file: &Path) -> SqliteConnectOptions {
    common(file)
        .read_only(true)
        .pragma("query_only", "ON")
        .pragma("cache_size", READER_CACHE)
}

async fn pool(size: u32, options: SqliteConnectOptions) -> Result<SqlitePool> {
    Ok(pool_options(size).connect_with(options).await?)
}

/// Readers for counts, which begin transactions. SQLite ends one by itself when the disk fails, sqlx does not see that: the
/// next one would be a savepoint that is never let go, and the log could not be emptied. So the connection is asked first;
/// one that believes to be in a transaction is opened anew.
async fn counting(file: &Path) -> Result<SqlitePool> {
    let options = pool_options(COUNTERS).before_acquire(|conn, _| {
        Box::pin(async move {
            // A rollback that was left to the connection is done when it answers.
            conn.ping().await?;
            Ok(!conn.is_in_transaction())
        })
    });
    Ok(options.connect_with(reading(file)).await?)
}

/// Connections live as long as the store: each costs its pragmas and its cache.
pub(crate) fn pool_options(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(Duration::from_secs(60))
        .test_before_acquire(false)
}

/// Brings the schema up to date on a connection of its own. sqlx's own migration lock does nothing on SQLite; the
/// instance lock is what keeps a second process out.
async fn migrate(file: &Path) -> Result<()> {
    let mut conn = writing(file).connect().await.map_err(|e| unreadable(file, e))?;
    let done = sqlx::migrate!("./migrations").run(&mut conn).await;
    conn.close().await?;
    match done {
        Ok(()) => Ok(()),
        Err(sqlx::migrate::MigrateError::VersionMissing(version)) => Err(Error::Start(format!(
            "{} was written by a newer Lethe (schema {version}). Use that version or a later one.",
            file.display()
        ))),
        Err(sqlx::migrate::MigrateError::Execute(error)) => Err(unreadable(file, error)),
        Err(other) => Err(other.into()),
    }
}

fn unreadable(file: &Path, error: sqlx::Error) -> Error {
    Error::from(error).at_start(file)
}

/// Asserts that the SQLite inside is the one the promises were made with.
async fn check_build(writer: &SqlitePool) -> Result<()> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(writer)
        .await?;
    let number = |text: &str| {
        text.split('.')
            .map(|part| part.parse::<u32>().unwrap_or(0))
            .collect::<Vec<_>>()
    };
    if number(&version) < number(SQLITE_MIN) {
        return Err(Error::Start(format!(
            "SQLite {version} inside this build can corrupt a database; {SQLITE_MIN} or later is needed. Build Lethe anew."
        )));
    }
    let options: Vec<String> = sqlx::query_scalar("PRAGMA compile_options")
        .fetch_all(writer)
        .await?;
    let has = |name: &str| options.iter().any(|option| option.starts_with(name));
    if !has("SECURE_DELETE")
        || !has("ENABLE_DBPAGE_VTAB")
        || has("ENABLE_STAT4")
        || has("ENABLE_MEMORY_MANAGEMENT")
    {
        return Err(Error::Start(
            "SQLite was built without the flags of .cargo/config.toml. Build Lethe anew.".to_owned(),
        ));
    }
    let secure: i64 = sqlx::query_scalar("PRAGMA secure_delete")
        .fetch_one(writer)
        .await?;
    if secure != 1 {
        return Err(Error::Start(
            "SQLite does not overwrite deleted content (secure_delete is off).".to_owned(),
        ));
    }
    Ok(())
}
