//! Dead bytes on the wire: what a job's scrub found and wiped, and what `lethe scan` finds.

use super::time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the wiping of freed space found and did. Dead bytes are those that hold nothing live and are not zero.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Erasure {
    /// Pages given back to the file system.
    pub(crate) given_back: i64,
    /// Pages of the file when it was read back.
    pub(crate) pages: i64,
    /// Bytes of a page.
    pub(crate) page_bytes: i64,
    /// Bytes looked at, over all passes.
    pub(crate) bytes_read: i64,
    /// Pages that were written anew.
    pub(crate) pages_wiped: i64,
    /// Dead bytes that were found and wiped.
    pub(crate) wiped: DeadBytes,
    /// Passes: the first wipes, the next reads the file back, further ones are over what was changed meanwhile.
    pub(crate) passes: i64,
    /// The longest that the write lock was held for wiping, milliseconds.
    pub(crate) lock_ms_max: i64,
    /// Time spent, milliseconds.
    pub(crate) work_ms: i64,
    /// When every page was known to hold no dead byte; null where that was not proven.
    pub(crate) proven_at: Option<String>,
    /// How far the proof goes.
    pub(crate) scope: String,
}

/// How far any such proof goes, in words.
const SCOPE: &str = "The database file, its log and its free pages. Not the medium: copies on blocks that a disk has replaced, in snapshots and in backups are outside of it.";

/// Dead bytes by where they are.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct DeadBytes {
    /// Between the list of rows and the rows of a page.
    pub(crate) gap: i64,
    /// In holes between rows.
    pub(crate) freeblock: i64,
    /// One to three bytes between rows.
    pub(crate) fragment: i64,
    /// Behind the end of a long row.
    pub(crate) overflow_tail: i64,
    /// On free pages.
    pub(crate) freelist: i64,
    /// All of them.
    pub(crate) total: i64,
}

impl From<domain::erasure::Erasure> for Erasure {
    fn from(it: domain::erasure::Erasure) -> Self {
        Self {
            given_back: it.given_back,
            pages: it.pages,
            page_bytes: it.page_bytes,
            bytes_read: it.bytes_read,
            pages_wiped: it.pages_wiped,
            wiped: it.wiped.into(),
            passes: it.passes,
            lock_ms_max: it.lock_ms_max,
            work_ms: it.work_ms,
            proven_at: it.proven_at.map(time),
            scope: SCOPE.to_owned(),
        }
    }
}

impl From<domain::erasure::DeadBytes> for DeadBytes {
    fn from(it: domain::erasure::DeadBytes) -> Self {
        Self {
            gap: it.gap,
            freeblock: it.freeblock,
            fragment: it.fragment,
            overflow_tail: it.overflow_tail,
            freelist: it.freelist,
            total: it.total(),
        }
    }
}

/// What was found in a data directory.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Scan {
    /// Whether no byte of deleted people is left, as far as the files go.
    pub(crate) clean: bool,
    /// Why not, a sentence.
    pub(crate) objection: Option<String>,
    /// Whether a server held the directory: then this was a look at moving files.
    pub(crate) moving: bool,
    /// The store, and the warehouse where there is one.
    pub(crate) files: Vec<ScannedFile>,
    /// Journals and temporary files that should not be there.
    pub(crate) leftovers: Vec<Leftover>,
    /// Stored exports: copies of people that are kept on purpose and do not decide.
    pub(crate) exports: Vec<Leftover>,
    /// How far this goes.
    pub(crate) scope: String,
}

/// One file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ScannedFile {
    /// Its name.
    pub(crate) name: String,
    /// Whether its dead bytes decide; those of a copy that is kept on purpose do not.
    pub(crate) decides: bool,
    /// Pages, all of them accounted for.
    pub(crate) pages: u64,
    /// Bytes of a page.
    pub(crate) page_bytes: u64,
    /// Dead bytes of tables about people and of pages of no table; 0 where the file does not decide.
    pub(crate) dead_personal: i64,
    /// All dead bytes.
    pub(crate) dead: DeadBytes,
    /// By table, then free pages and the rest.
    pub(crate) parts: Vec<Part>,
    /// Bytes of its log.
    pub(crate) wal_bytes: u64,
    /// Frames of its log that hold something.
    pub(crate) wal_frames: u64,
    /// Why it could not be accounted for.
    pub(crate) trouble: Option<String>,
    /// How long reading took.
    pub(crate) ms: u64,
}

/// One table, or one kind of page.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Part {
    /// Its name.
    pub(crate) name: String,
    /// Whether it is about people, or of no table.
    pub(crate) personal: bool,
    /// Its pages.
    pub(crate) pages: u64,
    /// Of these, pages that hold the rest of long rows.
    pub(crate) overflow_pages: u64,
    /// Its dead bytes.
    pub(crate) dead: DeadBytes,
}

/// A file that should not be there, or a copy that is kept on purpose.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Leftover {
    /// Its name.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: u64,
}

impl From<engine::erasure::Scan> for Scan {
    fn from(it: engine::erasure::Scan) -> Self {
        let objection = it.objection();
        let all = |files: Vec<engine::erasure::Stray>| {
            let one = |file: engine::erasure::Stray| Leftover {
                name: file.name,
                bytes: file.bytes,
            };
            files.into_iter().map(one).collect()
        };
        Self {
            clean: objection.is_none(),
            objection,
            moving: it.held,
            files: it.files.into_iter().map(Into::into).collect(),
            leftovers: all(it.strays),
            exports: all(it.exports),
            scope: SCOPE.to_owned(),
        }
    }
}

impl From<engine::erasure::FileReport> for ScannedFile {
    fn from(it: engine::erasure::FileReport) -> Self {
        let (dead_personal, dead) = (it.personal().total(), it.dead().into());
        let parts = it.parts.into_iter();
        Self {
            name: it.name.to_owned(),
            decides: it.decides,
            pages: it.pages,
            page_bytes: it.page_bytes,
            dead_personal,
            dead,
            parts: parts
                .map(|part| Part {
                    name: part.name,
                    personal: part.decides,
                    pages: part.pages,
                    overflow_pages: part.overflow_pages,
                    dead: part.dead.into(),
                })
                .collect(),
            wal_bytes: it.wal_bytes,
            wal_frames: it.wal_frames,
            trouble: it.trouble,
            ms: it.ms,
        }
    }
}
