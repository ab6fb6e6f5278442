//! kill -9 at every step: the kill moves forward point by point, until a run ends without meeting it. Then pairs of
//! kills, the second in the recovery from the first; then at random instants. After each the job ends by itself, and the
//! judge looks.

use crate::rig::{Prepared, asked, confirmed, few, frozen, planned};
use faults::Draw;
use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// No job of a prepared directory passes this many points; a loop that comes here is a bug of the test.
const POINTS_MAX: u64 = 2_000;
/// Runs at the same time: process start and syncing the disk are most of a run, so two keep a core each busy.
const THREADS: usize = 2;
/// Pairs of kills in an ordinary test run.
const PAIRS: u64 = 80;
/// Kills at random instants in an ordinary test run.
const RANDOM_KILLS: u64 = 60;
/// The seed of an ordinary test run; LETHE_SEED takes its place.
const SEED: u64 = 20_261;

/// Moves the fault forward until a run meets none. `plan` writes it for a point. Gives how many times it struck.
fn every_point(prepared: &Prepared, plan: impl Fn(u64) -> String + Sync) -> u64 {
    points_apart(1, prepared, plan)
}

/// The same with points left out in between, for what has very many of them; LETHE_APART=1 leaves out none.
fn points_apart(apart: u64, prepared: &Prepared, plan: impl Fn(u64) -> String + Sync) -> u64 {
    let apart = asked("LETHE_APART").unwrap_or(apart).max(1);
    let (next, kills, last) = (AtomicU64::new(1), AtomicU64::new(0), AtomicU64::new(POINTS_MAX));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(apart, Ordering::Relaxed);
                    if at > last.load(Ordering::Relaxed) {
                        return;
                    }
                    let mut run = prepared.copy();
                    if run.serve(&plan(at)) {
                        kills.fetch_add(1, Ordering::Relaxed);
                    } else {
                        last.fetch_min(at, Ordering::Relaxed);
                    }
                    run.must_hold();
                }
            });
        }
    });
    assert!(
        last.load(Ordering::Relaxed) < POINTS_MAX,
        "the job never got through"
    );
    kills.load(Ordering::Relaxed)
}

#[test]
fn killed_at_every_step_the_job_ends_with_exact_counts() {
    let kills = every_point(confirmed(), |at| format!("*:{at}=kill"));
    println!("{kills} kills from confirmation on, 0 violations");
    assert!(kills > 60, "only {kills} points were met");
}

#[test]
fn killed_at_every_step_of_a_plan_of_three_jobs_each_ends_with_exact_counts() {
    let kills = points_apart(3, planned(), |at| format!("*:{at}=kill"));
    println!("{kills} kills in a plan of three jobs, 0 violations");
    assert!(kills > 60, "only {kills} points were met");
}

#[test]
fn killed_at_every_step_with_every_outcome_on_the_list() {
    let kills = every_point(frozen(), |at| format!("*:{at}=kill"));
    println!("{kills} kills from the fixed list on, 0 violations");
    assert!(kills > 40, "only {kills} points were met");
}

#[test]
fn killed_at_every_step_with_a_few_to_go_of_many() {
    let kills = every_point(few(), |at| format!("*:{at}=kill"));
    println!("{kills} kills with a few to go of many, 0 violations");
    assert!(kills > 40, "only {kills} points were met");
}

#[test]
fn killed_at_every_write_and_every_sync_of_a_file() {
    let writes = points_apart(2, frozen(), |at| format!("io.write:{at}=kill"));
    let syncs = every_point(frozen(), |at| format!("io.sync:{at}=kill"));
    println!("{writes} kills at a write and {syncs} at a sync, 0 violations");
    assert!(
        writes > 60 && syncs > 20,
        "only {writes} writes and {syncs} syncs were met"
    );
}

#[test]
fn the_power_fails_at_every_point_and_what_was_not_synced_is_lost_or_torn() {
    let seed = asked("LETHE_SEED").unwrap_or(SEED);
    let losses = points_apart(3, confirmed(), |at| {
        format!("*:{at}=power,seed={}", seed.wrapping_add(at))
    });
    println!("seed {seed}: the power failed {losses} times, 0 violations");
    assert!(losses > 100, "only {losses} points were met");
}

#[test]
fn an_error_at_a_step_is_tried_again_also_where_the_commit_was_done() {
    // The first few are passed while the directory is opened; an error there is a refused start.
    let points: Vec<u64> = (8..140).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        // After an error the engine rests for seconds, so more of them do not get in each other's way.
        for _ in 0..THREADS * 4 {
            scope.spawn(|| {
                while let Some(at) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut run = frozen().copy();
                    let killed = run.serve(&format!("*:{at}=fail"));
                    assert!(!killed, "an error ended the process");
                    run.must_hold();
                }
            });
        }
    });
    println!("{} errors, 0 violations", points.len());
}

#[test]
fn killed_again_in_the_recovery_from_the_first_kill() {
    let seed = asked("LETHE_SEED").unwrap_or(SEED);
    let next = AtomicU64::new(0);
    let kills = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let pair = next.fetch_add(1, Ordering::Relaxed);
                    if pair >= PAIRS {
                        return;
                    }
                    let mut draw = Draw(seed.wrapping_add(pair));
                    let prepared = if pair.is_multiple_of(2) {
                        confirmed()
                    } else {
                        frozen()
                    };
                    let (first, second) = (1 + draw.below(80), 1 + draw.below(40));
                    let mut run = prepared.copy();
                    for at in [first, second] {
                        let killed = run.serve(&format!("*:{at}=kill"));
                        kills.fetch_add(u64::from(killed), Ordering::Relaxed);
                    }
                    if let Err(broken) = run.judged() {
                        panic!("seed {seed}, pair {pair}: {broken}");
                    }
                }
            });
        }
    });
    println!(
        "seed {seed}: {} kills in {PAIRS} pairs, 0 violations",
        kills.load(Ordering::Relaxed)
    );
}

/// Kills at random instants, on fresh directories one after another, until there were `wanted`. Gives what was broken.
fn at_random(seed: u64, wanted: u64) -> (u64, Vec<String>) {
    // How long a run takes here tells from which span the instants are drawn.
    let took = |prepared: &Prepared| {
        let mut run = prepared.copy();
        let begun = Instant::now();
        run.serve("");
        begun.elapsed().as_micros()
    };
    let span = (0..3).map(|_| took(confirmed())).min().unwrap_or(0);
    let span = u64::try_from(span).unwrap_or(u64::MAX);
    let (kills, next) = (AtomicU64::new(0), AtomicU64::new(0));
    let broken = std::sync::Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while kills.load(Ordering::Relaxed) < wanted {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    let mut draw = Draw(seed.wrapping_add(nth));
                    let prepared = if nth.is_multiple_of(2) {
                        confirmed()
                    } else {
                        frozen()
                    };
                    let mut run = prepared.copy();
                    // Each directory is killed up to three times: the resumes have a cap.
                    for _ in 0..=draw.below(3) {
                        let killed = run.kill_after(Duration::from_micros(draw.below(span)));
                        kills.fetch_add(u64::from(killed), Ordering::Relaxed);
                    }
                    if let Err(why) = run.judged() {
                        let mut broken = broken.lock().expect("the other thread is well");
                        broken.push(format!("seed {seed}, directory {nth}: {why}"));
                    }
                }
            });
        }
    });
    (
        kills.into_inner(),
        broken.into_inner().expect("the threads are well"),
    )
}

/// `make soak` asks for a thousand kills and a seed of its own.
#[test]
fn killed_at_random_instants() {
    let seed = asked("LETHE_SEED").unwrap_or(SEED);
    let wanted = asked("LETHE_KILLS").unwrap_or(RANDOM_KILLS);
    println!("seed {seed}");
    let (kills, broken) = at_random(seed, wanted);
    println!(
        "{}\n{kills} kills, {} violations",
        broken.join("\n"),
        broken.len()
    );
    assert!(broken.is_empty(), "seed {seed}: {}", broken.join("\n"));
}
