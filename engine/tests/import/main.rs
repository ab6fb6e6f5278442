//! Imports against a real data directory, through the public surface alone.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod lists;
mod rows;
mod runs;
