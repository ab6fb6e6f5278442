//! Stop points: named places of the engine at which a test ends, halts or fails this very process, and a few planted
//! bugs by which the tests' own oracle is tested. No release has any of it: without the feature `faults` every function
//! here is empty. Knows nothing of jobs; `docs/faults.md` says how a plan is written.

#[cfg(feature = "faults")]
mod plan;

use crate::error::Result;
#[cfg(feature = "faults")]
pub use plan::arm;

/// A place at which a plan may stop the process or fail the step. Passing it costs nothing without the feature.
#[cfg(feature = "faults")]
pub(crate) fn stop_point(name: &'static str) -> Result<()> {
    plan::pass(name)
}

/// A place at which a plan may stop the process or fail the step. Passing it costs nothing without the feature.
#[cfg(not(feature = "faults"))]
#[expect(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
pub(crate) const fn stop_point(_name: &'static str) -> Result<()> {
    Ok(())
}

/// The file system under SQLite by name, where a plan or a test wants another than the system's.
#[cfg(feature = "faults")]
pub(crate) fn vfs(file: &std::path::Path) -> Option<&'static str> {
    plan::vfs(file)
}

/// Whether the plan leaves the page scrub out, so that a test can see the proof fail.
#[cfg(feature = "faults")]
pub fn skip_scrub() -> bool {
    plan::says("skip-scrub")
}

/// Whether the plan plants this bug.
#[cfg(feature = "faults")]
pub(crate) fn planted(bug: &'static str) -> bool {
    plan::says(bug)
}

/// Whether the plan plants this bug: never without the feature.
#[cfg(not(feature = "faults"))]
pub(crate) const fn planted(_bug: &'static str) -> bool {
    false
}

/// The size of a slice or batch: as it is, or what the plan allows at most, so that a handful of people takes many steps.
#[cfg(feature = "faults")]
pub(crate) fn slice(rows: i64) -> i64 {
    rows.min(plan::slice_max())
}

/// The size of a slice or batch: as it is.
#[cfg(not(feature = "faults"))]
pub(crate) const fn slice(rows: i64) -> i64 {
    rows
}
