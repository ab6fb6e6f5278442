//! The bytes themselves: what is live in a database file and what is dead, and whether all that is dead is zero.
//!
//! SQLite's own `secure_delete` overwrites rows that are deleted, but not the copies that page splits leave in the gaps of
//! pages that live on (about 0.3 % of deleted identifiers after updates). So a job reads every page back and wipes them
//! (`runner::scrub`), and `lethe scan` reads the files once more, from another process and by another way.
//!
//! Reading order: `page` (one b-tree page), `layout` (the rest of the format), `walk` (every page of a file accounted for
//! once), `schema` and `file` and `wal` (what it reads), `report` (what it says). Pure but for reading files; knows no SQL.
//!
//! What it speaks of is the file. Copies on blocks that a disk has replaced, in snapshots and in backups are outside of it.

mod file;
pub(crate) mod layout;
pub(crate) mod page;
mod report;
mod schema;
#[cfg(test)]
mod tests;
pub(crate) mod wal;
mod walk;

pub use report::{FileReport, Part, Scan, Stray, scan};
