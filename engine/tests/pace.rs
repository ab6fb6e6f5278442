//! Holds, with the real runner: quiet hours, a disk that fills up, a log that grows, people who wait. Each ends by itself,
//! and none stands in the way of a pause or a cancel.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on says why and ends"
)]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    id::JobId,
    job::{HealthLimits, Job, JobState, JobStatus, MEGABYTE, QuietHours},
    problem::Code,
    segment::SegmentState,
    time::Timestamp,
};
use engine::{Error, FreeSpace, HealthOptions, clock::Clock};
use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use world::{World, begun, spec};

const HOUR: Duration = Duration::from_secs(3_600);

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect(text)
}

fn night(zone: &str) -> Option<QuietHours> {
    Some(QuietHours::read("22:00", "06:00", zone).expect("quiet hours"))
}

fn waits(job: &Job, word: &str) -> bool {
    let says = job
        .reason_paused
        .as_deref()
        .is_some_and(|reason| reason.contains(word));
    job.status == JobStatus::Waiting && says
}

/// A disk with as many free bytes as the test says; fewer than none: it cannot be told.
fn disk(free: i64) -> (Arc<AtomicI64>, HealthOptions) {
    let free = Arc::new(AtomicI64::new(free));
    let told = free.clone();
    let options = HealthOptions {
        free_space: FreeSpace::told_by(move |_| {
            u64::try_from(told.load(Ordering::Acquire)).map_err(|_| io::Error::other("planted"))
        }),
        ..HealthOptions::default()
    };
    (free, options)
}

/// Starts the deletion of half of `people`, at `rate`.
async fn started(world: &World, people: usize, rate: Option<i64>, quiet_hours: Option<QuietHours>) -> JobId {
    world.people(people).await;
    start(world, people, rate, quiet_hours).await
}

async fn start(world: &World, people: usize, rate: Option<i64>, quiet_hours: Option<QuietHours>) -> JobId {
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", i64::try_from(people / 2).expect("a number"));
    wish.max_rate = rate;
    wish.quiet_hours = quiet_hours;
    world.start(wish).await.id
}

async fn set_rate(world: &World, id: JobId, rate: Option<i64>) {
    let (actor, ds) = (World::actor(), world.dataset);
    let set = world.engine.set_job_rate(&actor, ds, id, rate).await;
    set.expect("a rate");
}

/// Nothing moves for a while: a few looks of the runner pass.
async fn nothing_moves(world: &World, id: JobId) -> Job {
    let before = world.job(id).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let after = world.job(id).await;
    assert_eq!(before.counts, after.counts, "nothing moves during a hold");
    after
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_due_in_quiet_hours_begins_when_they_are_over() {
    let (clock, hand) = Clock::movable(at("2026-03-28T23:30:00Z"));
    let world = World::with(clock, HealthOptions::default()).await;
    let id = started(&world, 200, None, night("europe/berlin")).await;
    let held = world.until(id, |job| waits(job, "Quiet hours")).await;
    assert_eq!(
        held.reason_paused.as_deref(),
        Some("Quiet hours until 06:00 (Europe/Berlin).")
    );
    let held = nothing_moves(&world, id).await;
    assert_eq!(
        (held.state, held.counts.matched, held.counts.deleted),
        (JobState::Freezing, 100, 0)
    );
    let segment = world
        .engine
        .segment(&World::actor(), world.dataset, held.segment_id)
        .await;
    assert_eq!(
        segment.expect("the segment").state,
        SegmentState::Enabled,
        "disabled when deleting begins"
    );
    // The clocks are put forward in this night, so 06:00 comes at 04:00Z.
    hand.forward(4 * HOUR);
    nothing_moves(&world, id).await;
    hand.forward(HOUR / 2);
    let job = world.finished(id).await;
    assert_eq!((job.state, job.counts.deleted), (JobState::Completed, 100));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_that_come_while_it_runs_hold_it_and_a_pause_still_counts() {
    let (clock, hand) = Clock::movable(at("2026-01-10T21:00:00Z"));
    let world = World::with(clock, HealthOptions::default()).await;
    let id = started(&world, 1_000, Some(100), night("UTC")).await;
    world.until(id, |job| job.progress.batches >= 3).await;
    hand.forward(HOUR);
    let held = world
        .until(id, |job| waits(job, "Quiet hours until 06:00 (UTC)"))
        .await;
    assert_eq!(held.state, JobState::Deleting);
    let held = nothing_moves(&world, id).await;
    let low = held.progress.eta_low.expect("how long still, while it holds");
    assert!(low > 7 * 3_600, "the rest of the night is part of it: {low}");
    let (actor, ds) = (World::actor(), world.dataset);
    world.engine.pause_job(&actor, ds, id).await.expect("paused");
    let paused = world.until(id, |job| job.status == JobStatus::Paused).await;
    assert!(
        paused
            .reason_paused
            .is_some_and(|reason| reason.starts_with("Paused by"))
    );
    hand.forward(9 * HOUR);
    nothing_moves(&world, id).await;
    set_rate(&world, id, None).await;
    world.engine.resume_job(&actor, ds, id).await.expect("resumed");
    assert_eq!(world.finished(id).await.counts.deleted, 500);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_takes_effect_during_quiet_hours() {
    let (clock, hand) = Clock::movable(at("2026-01-10T21:00:00Z"));
    let world = World::with(clock, HealthOptions::default()).await;
    let id = started(&world, 1_000, Some(100), night("UTC")).await;
    world.until(id, begun).await;
    hand.forward(HOUR);
    let held = world.until(id, |job| waits(job, "Quiet hours")).await;
    let (actor, ds) = (World::actor(), world.dataset);
    world.engine.cancel_job(&actor, ds, id).await.expect("cancelled");
    let job = world.finished(id).await;
    assert_eq!(
        (job.state, job.counts.deleted),
        (JobState::Cancelled, held.counts.deleted)
    );
    // And before anybody was deleted: it ends at once.
    let second = spec(world.segment("B", "attr.group = \"b\"").await, "B", 500);
    let id = world
        .start(domain::job::JobSpec {
            quiet_hours: night("UTC"),
            ..second
        })
        .await
        .id;
    world.until(id, |job| waits(job, "Quiet hours")).await;
    world.engine.cancel_job(&actor, ds, id).await.expect("cancelled");
    let job = world.finished(id).await;
    assert_eq!((job.state, job.counts.deleted), (JobState::Cancelled, 0));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_that_cannot_be_are_refused() {
    let world = World::new().await;
    world.people(20).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", 10);
    wish.quiet_hours = night("Europe/Nowhere");
    for dry in [true, false] {
        let (engine, actor) = (&world.engine, World::actor());
        let refused = if dry {
            engine.dry_run(&actor, world.dataset, wish.clone()).await.err()
        } else {
            engine
                .start_job(&actor, world.dataset, wish.clone(), None)
                .await
                .err()
        };
        match refused {
            Some(Error::Problem(problem)) => {
                assert_eq!(problem.code, Code::Invalid);
                assert_eq!(problem.field.as_deref(), Some("quiet_hours.zone"));
            }
            other => panic!("not a refusal: {other:?}"),
        }
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_that_is_raised_acts_at_once() {
    let world = World::new().await;
    // Two hundred people at one a second would take longer than the test waits.
    let id = started(&world, 400, Some(1), None).await;
    world.until(id, begun).await;
    set_rate(&world, id, None).await;
    let job = world.finished(id).await;
    assert_eq!((job.state, job.counts.deleted), (JobState::Completed, 200));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_holds_the_job_until_there_is_room() {
    let (free, options) = disk(120 * MEGABYTE);
    let world = World::with(Clock::system(), options).await;
    let id = started(&world, 600, Some(200), None).await;
    let held = world.until(id, |job| waits(job, "disk")).await;
    assert_eq!(
        held.reason_paused.as_deref(),
        Some("The disk is almost full: 120 MB free, the job goes on by itself when 500 MB are.")
    );
    free.store(450 * MEGABYTE, Ordering::Release);
    world.until(id, |job| waits(job, "450 MB free")).await;
    free.store(500 * MEGABYTE, Ordering::Release);
    world.until(id, begun).await;
    free.store(399 * MEGABYTE, Ordering::Release);
    world.until(id, |job| waits(job, "399 MB free")).await;
    nothing_moves(&world, id).await;
    free.store(-1, Ordering::Release);
    world.until(id, |job| waits(job, "It cannot be told")).await;
    free.store(1_000 * MEGABYTE, Ordering::Release);
    let job = world.finished(id).await;
    assert_eq!((job.state, job.counts.deleted), (JobState::Completed, 300));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_takes_effect_on_a_full_disk() {
    let (free, options) = disk(1_000 * MEGABYTE);
    let world = World::with(Clock::system(), options).await;
    let id = started(&world, 600, Some(100), None).await;
    world.until(id, begun).await;
    free.store(MEGABYTE, Ordering::Release);
    world.until(id, |job| waits(job, "disk")).await;
    let cancelled = world.engine.cancel_job(&World::actor(), world.dataset, id).await;
    cancelled.expect("cancelled");
    let job = world.finished(id).await;
    assert!(job.state == JobState::Cancelled && job.counts.left > 0, "{job:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_a_reader_keeps_long_holds_the_job_until_it_has_shrunk() {
    let options = HealthOptions {
        limits: HealthLimits {
            log_bytes_max: MEGABYTE / 2,
            ..HealthLimits::default()
        },
        ..HealthOptions::default()
    };
    let world = World::with(Clock::system(), options).await;
    let mut reader = world.sql().await;
    world.people(2_000).await;
    // Whoever reads what the log holds keeps a checkpoint from cutting it.
    sqlx::raw_sql("BEGIN; SELECT count(*) FROM profiles")
        .execute(&mut reader)
        .await
        .expect("a reader");
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let id = world.start(spec(segment, "A", 1_000)).await.id;
    let held = world.until(id, |job| waits(job, "log has grown")).await;
    assert!(held.counts.deleted < 1_000, "{held:?}");
    nothing_moves(&world, id).await;
    sqlx::raw_sql("ROLLBACK")
        .execute(&mut reader)
        .await
        .expect("the reader leaves");
    let job = world.finished(id).await;
    assert_eq!((job.state, job.counts.deleted), (JobState::Completed, 1_000));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_wait_far_too_long_hold_the_job_until_they_are_served() {
    let world = World::new().await;
    world.people(400).await;
    for _ in 0..40 {
        world.engine.answered(Duration::from_secs(9));
    }
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let id = world.start(spec(segment, "A", 200)).await.id;
    let held = world
        .until(id, |job| waits(job, "The console answers too slowly"))
        .await;
    assert!(waits(&held, "9.0 s"), "{held:?}");
    assert_eq!(
        world.finished(id).await.counts.deleted,
        200,
        "the slow answers are forgotten by themselves"
    );
    world.end().await;
}

/// A small disk of its own in memory; gone at the end. Only root may have one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(megabytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a directory");
        let size = format!("size={megabytes}m");
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path());
        let mounted = mount.output().is_ok_and(|ran| ran.status.success());
        mounted.then_some(Self(dir))
    }

    /// Writes until nothing more fits.
    fn fill(&self) {
        use io::Write as _;
        let path = self.0.path().join("filler");
        let mut file = std::fs::File::options()
            .append(true)
            .create(true)
            .open(path)
            .expect("a filler");
        for bytes in [1 << 20, 1 << 12] {
            let chunk = vec![7_u8; bytes];
            while file.write_all(&chunk).is_ok() {}
        }
    }

    fn empty(&self) {
        std::fs::remove_file(self.0.path().join("filler")).expect("no filler");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(self.0.path())
            .output();
    }
}

fn ballast(data: &Path) -> bool {
    data.join("ballast").exists()
}

async fn until(what: impl Fn() -> bool, that: &str) {
    for _ in 0..1_000 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never came: {that}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_disk_that_is_really_full_nothing_is_lost_and_it_goes_on_by_itself() {
    let Some(small) = SmallDisk::new(96) else {
        println!("not tested: only root may mount a small disk");
        return;
    };
    // No floor: the job runs until the database itself cannot write.
    let options = HealthOptions {
        limits: HealthLimits {
            free_bytes_min: 0,
            ..HealthLimits::default()
        },
        ballast_bytes: 8 << 20,
        ..HealthOptions::default()
    };
    let dir = tempfile::tempdir_in(small.0.path()).expect("a data directory");
    let data = dir.path().to_owned();
    let world = World::at(dir, Clock::system(), options.clone()).await;
    // Many more than fit into the log as the first batches leave it, which would let the job end on a full disk.
    world.people(18_000).await;
    // The log as the import leaves it would hold all that the job writes: a clean stop makes it small.
    let world = World::at(world.keep_dir().await, Clock::system(), options).await;
    until(|| ballast(&data), "the ballast at the start").await;
    let id = start(&world, 18_000, Some(1_000), None).await;
    world.until(id, begun).await;
    small.fill();
    until(|| !ballast(&data), "the ballast is given up").await;
    small.fill();
    set_rate_or_full(&world, id).await;
    let held = world.until(id, |job| waits(job, "The disk is full")).await;
    assert_eq!(held.state, JobState::Deleting);
    // Not quite still: what the log holds may go into pages that the file has already, which makes room for a batch.
    assert!(
        (9_000..=18_000 - held.counts.deleted).contains(&world.profiles().await),
        "reads go on"
    );
    small.empty();
    let job = world.finished(id).await;
    assert_eq!((job.state, job.counts.deleted), (JobState::Completed, 9_000));
    assert_eq!(world.number("SELECT sum(deleted) FROM job_batches").await, 9_000);
    let damaged = "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
    assert_eq!(world.number(damaged).await, 0);
    until(|| ballast(&data), "the ballast stands again").await;
    world.end().await;
}

/// Takes the limit away, so that it meets the full disk soon; the disk may be too full to write even that down.
async fn set_rate_or_full(world: &World, id: JobId) {
    let set = world
        .engine
        .set_job_rate(&World::actor(), world.dataset, id, None)
        .await;
    assert!(
        set.as_ref().is_ok() || set.as_ref().is_err_and(Error::disk_full),
        "{set:?}"
    );
}
