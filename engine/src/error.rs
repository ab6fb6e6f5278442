//! What can go wrong in the engine: a problem (expected, shown as it is) or a failure (logged; people see `internal`).

use domain::problem::{Code, Problem};

/// Short form.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What people are told of a file that contradicts itself.
pub(crate) const DAMAGED: &str =
    "The database file is damaged. Nobody is deleted from it: stop the server and restore a backup.";

/// Why a call did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Expected, safe to show.
    #[error("{0}")]
    Problem(#[from] Problem),
    /// The database refused or could not.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("schema: {0}")]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// A file could not be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The log of erasures could not be written.
    #[error("the log of erasures: {0}")]
    Log(std::io::Error),
    /// The data directory cannot be used; the sentence says what to do.
    #[error("{0}")]
    Start(String),
    /// What is stored contradicts itself; the job or the start is halted rather than guessed on.
    #[error("inconsistent store: {0}")]
    Corrupt(String),
    /// Another process has taken over: this one must not write any more.
    #[error("another process has taken over this data directory")]
    Fenced,
}

impl Error {
    /// What a person or a script is shown. Failures say nothing of the inside.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Problem(problem) => problem,
            failure => {
                tracing::error!(error = %failure, "a call failed");
                if failure.damaged() {
                    return Problem::because(Code::Internal, DAMAGED);
                }
                Problem::new(Code::Internal)
            }
        }
    }

    /// An `Io` error's second half, for `map_err`.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            what: what.into(),
            source,
        }
    }

    /// Whether the same step may simply be tried again: the database was locked or full, nothing is wrong with the data.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::PoolTimedOut) => true,
            // BUSY, LOCKED, FULL.
            other => matches!(other.result_code(), Some(5 | 6 | 13)),
        }
    }

    /// Whether the disk is full.
    #[must_use]
    pub fn disk_full(&self) -> bool {
        self.result_code() == Some(13)
    }

    /// Whether the disk failed, not the data: an error of reading, writing or syncing (10), a file that cannot be opened
    /// (14) or only be read any more (8). Whoever waits for the same step waits for the operator too.
    #[must_use]
    pub fn storage(&self) -> bool {
        matches!(self.result_code(), Some(8 | 10 | 14))
    }

    /// Whether the file contradicts itself: malformed (11) or no database (26). Nothing may be deleted from such a file.
    #[must_use]
    pub fn damaged(&self) -> bool {
        matches!(self.result_code(), Some(11 | 26))
    }

    /// At the start a damaged file is refused with a sentence that names it; any other error stays what it is.
    pub(crate) fn at_start(self, file: &std::path::Path) -> Self {
        if !self.damaged() {
            return self;
        }
        tracing::error!(error = %self, "the database cannot be opened");
        Self::Start(format!(
            "{} is damaged or not a Lethe database. Nothing was deleted from it. Restore it from a backup.",
            file.display()
        ))
    }

    /// SQLite's primary result code: the low byte of what it says, or would say.
    fn result_code(&self) -> Option<u32> {
        // The log lies on the same disk and is waited for in the same way: full (13), or failing (10).
        if let Self::Log(error) = self {
            let full = error.kind() == std::io::ErrorKind::StorageFull;
            return Some(if full { 13 } else { 10 });
        }
        let Self::Database(sqlx::Error::Database(inner)) = self else {
            return None;
        };
        let code = inner.code()?.parse::<u32>().ok()?;
        Some(code & 0xff)
    }

    /// Whether the database says that a UNIQUE index forbids it.
    #[must_use]
    pub fn unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(inner)) if inner.is_unique_violation())
    }
}
