//! Faults against the real binary: killed at every step, at random, in its own recovery; paused and overtaken; with
//! damaged files and with planted bugs. One judge for all: `faults::oracle`. Built only with the feature `faults`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]

mod crash;
mod damage;
mod exports;
mod imports;
mod persons;
mod planted;
mod receipts;
mod requests;
mod retention;
mod rig;
mod takeover;
