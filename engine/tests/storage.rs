//! The disk fails under a running job: a write, a sync, a read, once or for ever, at every point or a seeded sample of
//! them. The job waits with a sentence and goes on by itself, or after a restart; nobody is recorded as failed, nothing
//! is written by a connection that was told of an error, and the judge finds nothing. Also: another program holds the
//! lock, and the clock jumps.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]
#![expect(clippy::print_stdout, reason = "how many faults there were")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    id::JobId,
    job::{Job, JobState, JobStatus},
};
use engine::{
    HealthOptions,
    clock::{Clock, Hand},
};
use faults::{
    oracle::{self, Before, Meanwhile},
    vfs::{self, Call, Code, Fault},
};
use sqlx::Connection as _;
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};
use tokio::sync::OnceCell;
use world::{World, begun, spec};

/// People of the prepared directory; every second one is to go.
const PEOPLE: usize = 40;
/// Points of one kind that are tried at most; where there are more, they are spread over all of them.
const POINTS: u64 = 24;
/// The logs that commits are written to.
const LOGS: [&str; 2] = ["lethe.db-wal", "warehouse.db-wal"];
/// For ever.
const EVER: u64 = u64::MAX;

struct Prepared {
    dir: tempfile::TempDir,
    before: Before,
    job: JobId,
}

/// A directory with a confirmed job that nobody has begun.
async fn prepared() -> &'static Prepared {
    static PREPARED: OnceCell<Prepared> = OnceCell::const_new();
    PREPARED
        .get_or_init(|| async {
            engine::fault::arm("slices=7").expect("a plan");
            let world = World::idle().await;
            world.people(PEOPLE).await;
            let segment = world.segment("A", "attr.group = \"a\"").await;
            let half = i64::try_from(PEOPLE / 2).expect("small");
            let job = world.start(spec(segment, "A", half)).await.id;
            let dir = world.keep_dir().await;
            let before = oracle::look(dir.path()).await.expect("looked at");
            Prepared { dir, before, job }
        })
        .await
}

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("readable").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).expect("made");
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// A copy of the prepared directory, opened over the failing file system.
async fn watched() -> (World, PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    copy_all(prepared().await.dir.path(), dir.path());
    let path = dir.path().canonicalize().expect("a path");
    vfs::watch(&path);
    (World::on(dir).await, path)
}

/// The job, where it can be read: a disk that fails may fail the reader, too.
async fn shown(world: &World) -> Option<Job> {
    world
        .engine
        .job_anywhere(&World::actor(), prepared().await.job)
        .await
        .ok()
}

/// Waits until what can be seen of the job satisfies the condition; a minute is more than enough.
async fn until(world: &World, what: &str, enough: impl Fn(Option<&Job>) -> bool) -> Option<Job> {
    for _ in 0..6_000 {
        let job = shown(world).await;
        if enough(job.as_ref()) {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: it never got there: {:?}", shown(world).await);
}

fn over(job: Option<&Job>) -> bool {
    job.is_some_and(|job| job.state.terminal())
}

/// Whether the job waits for the database, and says so with a sentence.
fn says(job: Option<&Job>) -> bool {
    let known = [
        "Nothing was half done",
        "The database cannot grow",
        "until the data warehouse has a copy",
    ];
    let sentence = |job: &Job| {
        job.reason_paused
            .as_ref()
            .is_some_and(|why| known.iter().any(|part| why.contains(part)))
    };
    job.is_some_and(|job| job.status == JobStatus::Waiting && sentence(job))
}

/// One run with one fault, to the end. Gives whether it struck.
async fn run(fault: Fault) -> bool {
    let (world, dir) = watched().await;
    vfs::arm(&dir, fault.clone());
    let what = format!("{fault:?}");
    let ever = fault.times == EVER;
    // Of a file that cannot be read no job can be shown.
    let blind = matches!(fault.call, Call::Read | Call::Size);
    until(&world, &what, |job| {
        over(job) || ever && vfs::tally(&dir).failed > 0 && (blind || says(job))
    })
    .await;
    let tally = vfs::tally(&dir);
    // The store's own file is written by checkpoints, which SQLite begins anew from the log, page by page.
    if LOGS.contains(&fault.file) {
        assert_eq!(
            tally.retried, 0,
            "{what}: written by a connection that was told of an error"
        );
    }
    vfs::disarm(&dir);
    let world = World::on(world.keep_dir().await).await;
    let job = until(&world, &what, over).await.expect("a job that is over");
    let half = i64::try_from(PEOPLE / 2).expect("small");
    assert_eq!(
        (job.state, job.counts.deleted, job.counts.failed),
        (JobState::Completed, half, 0),
        "{what}: {job:?}"
    );
    let kept = world.keep_dir().await;
    let verdict = oracle::judge(kept.path(), &prepared().await.before, &Meanwhile::default()).await;
    assert_eq!(verdict, Ok(()), "{what}");
    tally.failed > 0
}

/// How many calls of this kind a run without faults makes.
async fn calls(file: &'static str, call: Call) -> u64 {
    let (world, dir) = watched().await;
    let never = Fault {
        file,
        call,
        nth: EVER,
        times: 1,
        code: Code::InputOutput,
    };
    vfs::arm(&dir, never);
    until(&world, "without a fault", over).await;
    let passed = vfs::tally(&dir).passed;
    world.end().await;
    passed
}

/// The fault at every point, or at points spread over all of them.
async fn everywhere(file: &'static str, call: Call, code: Code, times: u64) {
    let all = calls(file, call).await;
    let step = all.div_ceil(POINTS).max(1);
    let points: Vec<u64> = (1..=all.max(1))
        .step_by(usize::try_from(step).expect("small"))
        .collect();
    let next = AtomicUsize::new(0);
    let struck = AtomicUsize::new(0);
    // Eight at a time, on one task: a run is mostly resting after its failure.
    let lane = || async {
        while let Some(nth) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
            let fault = Fault {
                file,
                call,
                nth: *nth,
                times,
                code,
            };
            struck.fetch_add(usize::from(run(fault).await), Ordering::Relaxed);
        }
    };
    tokio::join!(lane(), lane(), lane(), lane(), lane(), lane(), lane(), lane());
    let struck = struck.into_inner();
    println!(
        "{file} {call:?} {code:?}, {times} times: {struck} of {} points of {all} calls, 0 violations",
        points.len()
    );
    assert!(struck > 0, "no fault ever struck");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_of_the_log_that_fails_once_or_for_ever() {
    for file in LOGS {
        everywhere(file, Call::Sync, Code::InputOutput, 1).await;
        everywhere(file, Call::Sync, Code::InputOutput, EVER).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_to_the_log_that_fails_once_or_for_ever() {
    for file in LOGS {
        everywhere(file, Call::Write, Code::InputOutput, 1).await;
        everywhere(file, Call::Write, Code::InputOutput, EVER).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_for_a_while_or_for_ever() {
    for file in LOGS {
        everywhere(file, Call::Write, Code::Full, 2).await;
        everywhere(file, Call::Write, Code::Full, EVER).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_fails_once_or_for_ever() {
    for (call, code) in [
        (Call::Write, Code::InputOutput),
        (Call::Write, Code::Full),
        (Call::Sync, Code::InputOutput),
    ] {
        everywhere("lethe.db", call, code, 1).await;
        everywhere("lethe.db", call, code, EVER).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_or_looked_at() {
    for file in ["lethe.db", "lethe.db-wal"] {
        for call in [Call::Read, Call::Size] {
            everywhere(file, call, Code::InputOutput, 1).await;
            everywhere(file, call, Code::InputOutput, EVER).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_another_program_holds_the_lock_the_job_waits_and_says_so() {
    let world = World::new().await;
    world.people(400).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut slow = spec(segment, "A", 200);
    slow.max_rate = Some(100);
    let id = world.start(slow).await.id;
    world.until(id, begun).await;
    let mut other = world.sql().await;
    let held = other.begin_with("BEGIN IMMEDIATE").await.expect("the lock");
    let waiting = world.until(id, |job| job.status == JobStatus::Waiting).await;
    let why = waiting.reason_paused.unwrap_or_default();
    assert!(why.contains("something else has locked it"), "{why}");
    held.rollback().await.expect("let go");
    let job = world.finished(id).await;
    assert_eq!(
        (job.state, job.counts.deleted, job.counts.failed),
        (JobState::Completed, 200, 0),
        "{job:?}"
    );
    world.end().await;
}

/// Ten years.
const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 86_400);
/// The waiting period in these tests.
const WAIT: Duration = Duration::from_secs(3);

/// A job that waits, the hand of its clock, and the moment since which it waits.
async fn waiting() -> (World, JobId, Hand, Instant) {
    let (clock, hand) = Clock::movable(Clock::system().now());
    let world = World::with(clock, HealthOptions::default()).await;
    world.people(20).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", 10);
    wish.wait_seconds = i64::try_from(WAIT.as_secs()).expect("small");
    let since = Instant::now();
    let id = world.start(wish).await.id;
    world.until(id, |job| job.state == JobState::Scheduled).await;
    (world, id, hand, since)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_forward_does_not_shorten_the_waiting_period() {
    let (world, id, hand, since) = waiting().await;
    hand.forward(TEN_YEARS);
    let job = world.until(id, |job| job.state != JobState::Scheduled).await;
    assert!(
        since.elapsed() >= WAIT,
        "begun after {:?}: {job:?}",
        since.elapsed()
    );
    assert_eq!(world.finished(id).await.counts.deleted, 10);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_does_not_shorten_it_either() {
    let (world, id, hand, since) = waiting().await;
    hand.back(TEN_YEARS);
    tokio::time::sleep(WAIT + Duration::from_secs(1)).await;
    let state = world.job(id).await.state;
    assert_eq!(state, JobState::Scheduled, "its time has not come by the clock");
    hand.forward(TEN_YEARS);
    assert_eq!(world.finished(id).await.counts.deleted, 10);
    assert!(since.elapsed() >= WAIT);
    world.end().await;
}
