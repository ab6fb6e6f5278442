//! When a job may delete, with the real runner: starts at a time, waiting that is cancelled or cut short, quiet hours that are
//! changed on the way.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on says why and ends"
)]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    id::JobId,
    job::{Job, JobState, JobStatus, QuietHours},
    problem::Code,
    segment::SegmentState,
    time::Timestamp,
};
use engine::{Error, HealthOptions, Result, clock::Clock};
use std::time::Duration;
use world::{World, spec};

const HOUR: Duration = Duration::from_secs(3_600);

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect(text)
}

fn refused(result: Result<impl std::fmt::Debug>) -> (Code, Option<String>) {
    match result {
        Err(Error::Problem(problem)) => (problem.code, problem.field),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

async fn set_quiet(world: &World, id: JobId, hours: Option<QuietHours>) -> Result<Job> {
    let (actor, ds) = (World::actor(), world.dataset);
    world.engine.set_job_quiet_hours(&actor, ds, id, hours).await
}

fn waits_for_quiet_hours(job: &Job) -> bool {
    let says = job
        .reason_paused
        .as_deref()
        .is_some_and(|reason| reason.contains("Quiet hours until"));
    job.status == JobStatus::Waiting && says
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_in_the_waiting_period_deletes_nobody_and_leaves_the_segment_as_it_was() {
    let world = World::new().await;
    world.people(40).await;
    let id = world.segment("A", "attr.group = \"a\"").await;
    let (actor, ds) = (World::actor(), world.dataset);
    let look = || async {
        world
            .engine
            .refresh_count(&actor, ds, id)
            .await
            .expect("the segment")
    };
    let before = look().await;
    let mut wish = spec(id, "A", 20);
    wish.wait_seconds = 86_400;
    let job = world.start(wish).await;
    world.until(job.id, |job| job.state == JobState::Scheduled).await;
    assert_eq!(
        look().await.state,
        SegmentState::Enabled,
        "it works as before while it waits"
    );

    world
        .engine
        .cancel_job(&actor, ds, job.id)
        .await
        .expect("cancelled");
    let ended = world.finished(job.id).await;
    assert_eq!((ended.state, ended.counts.deleted), (JobState::Cancelled, 0));
    assert_eq!(world.profiles().await, 40);
    let after = look().await;
    assert_eq!(
        (after.state, after.version, after.job),
        (before.state, before.version, None)
    );
    assert_eq!(
        (after.rule, after.count.map(|count| count.value)),
        (before.rule, before.count.map(|count| count.value))
    );
    // Nobody is marked any more.
    world.comes_to("SELECT count(*) FROM job_targets", 0).await;
    let again = world.start(spec(id, "A", 20)).await;
    assert_eq!(world.finished(again.id).await.counts.deleted, 20);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_at_a_time_is_kept_shown_by_its_clock_and_refused_where_it_makes_no_sense() {
    let (clock, hand) = Clock::movable(at("2026-03-28T22:00:00Z"));
    let world = World::with(clock, HealthOptions::default()).await;
    world.people(20).await;
    let id = world.segment("A", "attr.group = \"a\"").await;
    let (actor, ds) = (World::actor(), world.dataset);
    let asked = |start: &str, zone: Option<&str>| {
        let mut wish = spec(id, "A", 10);
        wish.start_at = Some(at(start));
        wish.start_zone = zone.map(str::to_owned);
        wish
    };
    for (start, zone, code, field) in [
        ("2026-03-28T21:50:00Z", None, Code::StartPast, "start_at"),
        ("2027-04-01T00:00:00Z", None, Code::StartTooFar, "start_at"),
        (
            "2026-03-29T01:00:00Z",
            Some("Mars/Olympus"),
            Code::Invalid,
            "start_zone",
        ),
    ] {
        let result = world.engine.start_job(&actor, ds, asked(start, zone), None).await;
        assert_eq!(refused(result), (code, Some(field.to_owned())), "{start}");
    }
    // What a form for minutes sends for "now" is a little in the past when it arrives: that means at once.
    let dry = world
        .engine
        .dry_run(&actor, ds, asked("2026-03-28T21:59:00Z", None))
        .await;
    dry.expect("taken");

    let job = world
        .start(asked("2026-03-29T01:00:00Z", Some("europe/berlin")))
        .await;
    let waiting = world.until(job.id, |job| job.state == JobState::Scheduled).await;
    // At 01:00Z the clock in Berlin jumps from two to three.
    assert_eq!(
        waiting.start_local.as_deref(),
        Some("29 Mar 2026, 03:00 (Europe/Berlin)")
    );
    hand.forward(HOUR * 2);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(
        world.job(job.id).await.state,
        JobState::Scheduled,
        "an hour too early"
    );
    hand.forward(HOUR);
    assert_eq!(world.finished(job.id).await.counts.deleted, 10);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_job_can_be_started_now_and_it_is_written_down_who_did() {
    let world = World::new().await;
    world.people(20).await;
    let id = world.segment("A", "attr.group = \"a\"").await;
    let (actor, ds) = (World::actor(), world.dataset);
    let mut wish = spec(id, "A", 10);
    wish.wait_seconds = 86_400;
    let job = world.start(wish).await.id;
    world.until(job, |job| job.state == JobState::Scheduled).await;
    let viewer = domain::access::Actor {
        name: "vic".to_owned(),
        powers: domain::access::Powers::Person {
            role: domain::access::Role::Viewer,
        },
        dataset: None,
    };
    assert_eq!(
        refused(world.engine.start_job_now(&viewer, ds, job).await).0,
        Code::Forbidden
    );
    world
        .engine
        .start_job_now(&actor, ds, job)
        .await
        .expect("started");
    let ended = world.finished(job).await;
    assert_eq!((ended.state, ended.counts.deleted), (JobState::Completed, 10));
    assert!(ended.start_at <= ended.as_of);
    let noted = "SELECT count(*) FROM audit WHERE action = 'job.start_brought_forward' AND actor = 'cli:0'";
    assert_eq!(world.number(noted).await, 1);
    assert_eq!(
        refused(world.engine.start_job_now(&actor, ds, job).await).0,
        Code::StateRefused
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_that_are_changed_hold_from_the_next_batch_on_and_over_a_restart() {
    let (clock, _) = Clock::movable(at("2026-01-10T12:00:00Z"));
    let world = World::with(clock, HealthOptions::default()).await;
    world.people(1_000).await;
    let id = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(id, "A", 500);
    wish.max_rate = Some(100);
    let job = world.start(wish).await.id;
    world.until(job, |job| job.progress.batches >= 1).await;
    let noon = QuietHours::read("11:00", "13:00", "utc").expect("quiet hours");
    let set = set_quiet(&world, job, Some(noon)).await.expect("set");
    assert_eq!(
        set.quiet_hours.map(|hours| hours.to_string()).as_deref(),
        Some("11:00 to 13:00 (UTC)")
    );
    let held = world.until(job, waits_for_quiet_hours).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(world.job(job).await.counts, held.counts, "nothing moves");

    let dir = world.keep_dir().await;
    let (clock, _) = Clock::movable(at("2026-01-10T12:10:00Z"));
    let world = World::at(dir, clock, HealthOptions::default()).await;
    world.until(job, waits_for_quiet_hours).await;
    let bad = QuietHours {
        zone: "Mars/Olympus".to_owned(),
        ..QuietHours::read("11:00", "13:00", "UTC").expect("hours")
    };
    assert_eq!(
        refused(set_quiet(&world, job, Some(bad)).await),
        (Code::Invalid, Some("quiet_hours.zone".to_owned()))
    );
    set_quiet(&world, job, None).await.expect("taken away");
    let (actor, ds) = (World::actor(), world.dataset);
    world
        .engine
        .set_job_rate(&actor, ds, job, None)
        .await
        .expect("no limit");
    let ended = world.finished(job).await;
    assert_eq!(
        (ended.state, ended.counts.deleted, ended.quiet_hours),
        (JobState::Completed, 500, None)
    );
    assert_eq!(refused(set_quiet(&world, job, None).await).0, Code::StateRefused);
    let noted = "SELECT count(*) FROM audit WHERE action = 'job.quiet_hours_set'";
    assert_eq!(world.number(noted).await, 2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_while_it_waits_is_no_part_of_what_a_job_took() {
    let (clock, hand) = Clock::movable(at("2026-01-10T12:00:00Z"));
    let world = World::with(clock, HealthOptions::default()).await;
    world.people(40).await;
    let id = world.segment("A", "attr.group = \"a\"").await;
    let (actor, ds) = (World::actor(), world.dataset);
    let mut wish = spec(id, "A", 20);
    wish.wait_seconds = 86_400;
    let job = world.start(wish).await;
    world.until(job.id, |job| job.state == JobState::Scheduled).await;
    world.engine.pause_job(&actor, ds, job.id).await.expect("paused");
    world.until(job.id, |job| job.status == JobStatus::Paused).await;
    hand.forward(HOUR);
    world
        .engine
        .resume_job(&actor, ds, job.id)
        .await
        .expect("resumed");
    world.engine.start_job_now(&actor, ds, job.id).await.expect("now");
    let done = world.finished(job.id).await;
    assert!(done.took_ms.is_some_and(|ms| ms > 0), "{done:?}");
    world.end().await;
}
