//! The judge judged: a bug is planted in the batch, and the judge must find it. A judge who finds nothing where there is
//! something proves nothing where there is nothing.

use crate::rig::{Prepared, confirmed, frozen};

/// What the judge says of a run under a plan.
fn verdict(prepared: &Prepared, plan: &str) -> Result<(), String> {
    let mut run = prepared.copy();
    run.serve(plan);
    run.judged()
}

#[track_caller]
fn finds(prepared: &Prepared, plan: &str, invariants: &[u8]) {
    let Err(broken) = verdict(prepared, plan) else {
        panic!("{plan} was not found");
    };
    for invariant in invariants {
        assert!(
            broken.contains(&format!("invariant {invariant}:")),
            "{plan}: {broken}"
        );
    }
}

#[test]
fn without_a_bug_nothing_is_found() {
    assert_eq!(verdict(confirmed(), ""), Ok(()));
    assert_eq!(verdict(frozen(), ""), Ok(()));
}

#[test]
fn a_lost_counter_is_found() {
    finds(confirmed(), "lose-counter", &[1]);
}

#[test]
fn someone_else_who_was_taken_along_is_found() {
    finds(confirmed(), "take-neighbour", &[2, 3, 4]);
}

#[test]
fn events_that_were_left_behind_are_found() {
    finds(confirmed(), "keep-events", &[4]);
}

#[test]
fn deleting_those_who_no_longer_match_is_found() {
    finds(frozen(), "skip-recheck", &[3]);
}

#[test]
fn hashes_that_are_not_kept_are_found() {
    finds(confirmed(), "lose-hashes", &[8]);
}
