//! What can go wrong in the engine: a problem (expected, shown as it is) or a failure (logged; people see `internal`).

use domain::problem::{Code, Problem};

/// Short form.
pub type Result<T, E = Error> = std::result::Result<T, E>;

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
            Self::Database(sqlx::Error::Database(inner)) => {
                // The primary result code is the low byte: 5 BUSY, 6 LOCKED, 13 FULL.
                let code = inner.code().and_then(|code| code.parse::<u32>().ok());
                code.is_some_and(|code| matches!(code & 0xff, 5 | 6 | 13))
            }
            Self::Database(sqlx::Error::PoolTimedOut) => true,
            _ => false,
        }
    }

    /// Whether the database could not grow: the disk, or what we may use of it, is full.
    #[must_use]
    pub fn disk_full(&self) -> bool {
        match self {
            // 13 FULL, as the primary result code.
            Self::Database(sqlx::Error::Database(inner)) => {
                let code = inner.code().and_then(|code| code.parse::<u32>().ok());
                code.is_some_and(|code| code & 0xff == 13)
            }
            _ => false,
        }
    }

    /// Whether the database says that a UNIQUE index forbids it.
    #[must_use]
    pub fn unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(inner)) if inner.is_unique_violation())
    }
}
