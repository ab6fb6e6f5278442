//! The main job, end to end through the engine: exactly the frozen people go, and every number says so.
#![expect(clippy::panic, reason = "a test that cannot go on says why and ends")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    job::{Became, JobState, JobStatus, Outcome},
    page::PageRequest,
    problem::{Code, Problem},
    segment::SegmentState,
};
use engine::{Error, Idempotency};
use std::sync::OnceLock;
use world::{World, begun, spec};

static ACTOR: OnceLock<domain::access::Actor> = OnceLock::new();

fn problem<T>(result: engine::Result<T>) -> Problem {
    match result {
        Err(Error::Problem(problem)) => problem,
        Err(other) => panic!("not a problem: {other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_segment_goes_with_all_that_belongs_to_it() {
    let world = World::new().await;
    world.people(500).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let job = world.start(spec(segment, "A", 250)).await;
    let job = world.finished(job.id).await;
    assert_eq!(job.state, JobState::Completed, "{job:?}");
    assert_eq!(
        (job.counts.matched, job.counts.deleted, job.counts.left),
        (250, 250, 0)
    );
    assert_eq!(job.events_deleted, 750);
    assert_eq!(job.counts.joined_after, Some(0));
    assert_eq!(job.progress.percent, Some(100));
    assert_eq!(world.profiles().await, 250);
    assert_eq!(world.number("SELECT count(*) FROM events").await, 750);
    assert_eq!(world.number("SELECT count(*) FROM identities").await, 500);
    assert_eq!(
        world.number("SELECT count(*) FROM identity_lookup").await,
        500,
        "the look-up was swept"
    );
    assert_eq!(
        world
            .number("SELECT count(*) FROM profiles WHERE json_extract(attributes, '$.group') = 'a'")
            .await,
        0
    );
    assert_eq!(world.number("SELECT sum(deleted) FROM job_batches").await, 250);
    assert_eq!(
        job.warehouse_kept.map(|kept| (kept.profiles, kept.events)),
        Some((250, 750)),
        "the warehouse keeps its copy"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_segment_is_disabled_when_deleting_begins_and_stays_so_until_enabled() {
    let world = World::new().await;
    world.people(20).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let job = world.start(spec(segment, "A", 10)).await;
    world.finished(job.id).await;
    let shown = world
        .engine
        .segment(&World::actor(), world.dataset, segment)
        .await
        .expect("the segment");
    assert_eq!(shown.state, SegmentState::Disabled);
    assert_eq!(shown.count.map(|count| count.value), Some(0));
    // A newcomer who matches the rule does not join while it is disabled, and does when it is enabled.
    world
        .import(engine::import::ImportKind::Profiles, "user_id,group\nnew,a\n")
        .await;
    let still = world
        .engine
        .refresh_count(&World::actor(), world.dataset, segment)
        .await
        .expect("a count");
    assert_eq!(still.count.map(|count| count.value), Some(0));
    let enabled = world
        .engine
        .enable_segment(&World::actor(), world.dataset, segment)
        .await
        .expect("enabled");
    assert_eq!(
        (enabled.state, enabled.count.map(|count| count.value)),
        (SegmentState::Enabled, Some(1))
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_no_longer_matches_at_their_turn_is_spared_and_newcomers_are_counted_but_not_touched() {
    let world = World::new().await;
    world.people(100).await;
    let segment = world.segment("Never bought", "count(purchase) = 0").await;
    let mut wish = spec(segment, "Never bought", 100);
    wish.wait_seconds = 3;
    let job = world.start(wish).await;
    world.until(job.id, |job| job.state == JobState::Scheduled).await;
    world.purchases(1..=10).await;
    world
        .import(engine::import::ImportKind::Profiles, "user_id\nlate1\nlate2\n")
        .await;
    let job = world.finished(job.id).await;
    assert_eq!(
        (job.counts.deleted, job.counts.spared, job.counts.joined_after),
        (90, 10, Some(2)),
        "{job:?}"
    );
    assert_eq!(
        job.state,
        JobState::Completed,
        "spared people are no leftovers, newcomers neither"
    );
    assert_eq!(world.profiles().await, 12);
    let spared = world
        .engine
        .leftovers(&World::actor(), world.dataset, job.id, PageRequest::default())
        .await
        .expect("leftovers");
    assert_eq!(
        spared
            .items
            .iter()
            .filter(|l| l.outcome == Became::Not(Outcome::Spared))
            .count(),
        10
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_job_is_refused_with_the_running_one_named_or_queued() {
    let world = World::new().await;
    world.people(400).await;
    let (a, b) = (
        world.segment("A", "attr.group = \"a\"").await,
        world.segment("B", "attr.group = \"b\"").await,
    );
    let mut slow = spec(a, "A", 200);
    slow.max_rate = Some(100);
    let first = world.start(slow).await;
    let refused = problem(
        world
            .engine
            .start_job(&World::actor(), world.dataset, spec(b, "B", 200), None)
            .await,
    );
    assert_eq!(refused.code, Code::JobActive);
    assert!(refused.message.contains(&first.id.number()), "{refused}");
    let own = problem(
        world
            .engine
            .start_job(&World::actor(), world.dataset, spec(a, "A", 200), None)
            .await,
    );
    assert_eq!(own.code, Code::JobActive);
    let mut behind = spec(b, "B", 200);
    behind.queue = true;
    let second = world.start(behind).await;
    let queued = world.until(second.id, |job| job.state == JobState::Queued).await;
    assert_eq!(queued.counts.matched, 200);
    world
        .engine
        .set_job_rate(&World::actor(), world.dataset, first.id, None)
        .await
        .expect("full speed");
    assert_eq!(world.finished(first.id).await.counts.deleted, 200);
    assert_eq!(world.finished(second.id).await.counts.deleted, 200);
    assert_eq!(world.profiles().await, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_keeps_the_rest_and_says_how_many() {
    let world = World::new().await;
    world.people(1_000).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut slow = spec(segment, "A", 500);
    slow.max_rate = Some(200);
    let id = world.start(slow).await.id;
    world.until(id, begun).await;
    world
        .engine
        .cancel_job(&World::actor(), world.dataset, id)
        .await
        .expect("cancelled");
    let beaten = problem(world.engine.resume_job(&World::actor(), world.dataset, id).await);
    assert_eq!(beaten.code, Code::StateRefused, "a cancel beats a resume");
    let job = world.finished(id).await;
    assert_eq!(job.state, JobState::Cancelled);
    assert!(job.counts.deleted > 0 && job.counts.left > 0);
    assert_eq!(world.profiles().await, 1_000 - job.counts.deleted);
    assert_eq!(
        world.number("SELECT count(*) FROM identity_lookup").await,
        2 * (1_000 - job.counts.deleted)
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_job_keeps_its_place_and_goes_on_where_it_stopped() {
    let world = World::new().await;
    world.people(1_000).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut slow = spec(segment, "A", 500);
    slow.max_rate = Some(200);
    let id = world.start(slow).await.id;
    world.until(id, begun).await;
    world
        .engine
        .pause_job(&World::actor(), world.dataset, id)
        .await
        .expect("paused");
    let paused = world.until(id, |job| job.status == JobStatus::Paused).await;
    assert!(paused.reason_paused.is_some());
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(
        world.job(id).await.counts.deleted,
        paused.counts.deleted,
        "nothing moves while it is paused"
    );
    world
        .engine
        .set_job_rate(&World::actor(), world.dataset, id, None)
        .await
        .expect("full speed");
    world
        .engine
        .resume_job(&World::actor(), world.dataset, id)
        .await
        .expect("resumed");
    assert_eq!(world.finished(id).await.counts.deleted, 500);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_finishes_by_itself_with_exact_counts() {
    let mut world = World::new().await;
    world.people(1_000).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut slow = spec(segment, "A", 500);
    slow.max_rate = Some(400);
    let id = world.start(slow).await.id;
    world.until(id, begun).await;
    world = world.restart().await;
    world
        .engine
        .set_job_rate(&World::actor(), world.dataset, id, None)
        .await
        .expect("full speed");
    let job = world.finished(id).await;
    assert_eq!((job.state, job.counts.deleted), (JobState::Completed, 500));
    assert_eq!(world.number("SELECT sum(deleted) FROM job_batches").await, 500);
    assert_eq!(world.profiles().await, 500);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_cannot_be_deleted_is_recorded_and_the_others_go() {
    let world = World::new().await;
    world.people(100).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let poison = world
        .number("SELECT profile_id FROM identities WHERE value = 'p50'")
        .await;
    let trigger = format!(
        "CREATE TRIGGER poison BEFORE DELETE ON profiles WHEN old.id = {poison} BEGIN SELECT RAISE(ABORT, 'planted'); END"
    );
    sqlx::query(sqlx::AssertSqlSafe(trigger))
        .execute(&mut world.sql().await)
        .await
        .expect("planted");
    let job = world.start(spec(segment, "A", 50)).await;
    let job = world.finished(job.id).await;
    assert_eq!(
        (job.state, job.counts.deleted, job.counts.failed),
        (JobState::CompletedWithLeftovers, 49, 1),
        "{job:?}"
    );
    let left = world
        .engine
        .leftovers(&World::actor(), world.dataset, job.id, PageRequest::default())
        .await
        .expect("leftovers");
    assert_eq!(
        left.items.iter().map(|l| l.profile.0).collect::<Vec<_>>(),
        vec![poison]
    );
    assert_eq!(world.profiles().await, 51);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn someone_who_is_absent_at_their_turn_is_gone_not_deleted() {
    let world = World::new().await;
    world.people(100).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", 50);
    wish.wait_seconds = 2;
    let id = world.start(wish).await.id;
    world.until(id, |job| job.state == JobState::Scheduled).await;
    sqlx::raw_sql("DELETE FROM events WHERE profile_id IN (SELECT profile_id FROM identities WHERE value IN ('p2', 'p4')); DELETE FROM profiles WHERE id IN (SELECT profile_id FROM identities WHERE value IN ('p2', 'p4')); DELETE FROM identities WHERE profile_id NOT IN (SELECT id FROM profiles)")
        .execute(&mut world.sql().await)
        .await
        .expect("deleted by another door");
    let job = world.finished(id).await;
    assert_eq!(
        (job.counts.deleted, job.counts.gone, job.state),
        (48, 2, JobState::Completed),
        "{job:?}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_not_confirmed_is_refused_and_nobody_goes() {
    let world = World::new().await;
    world.people(20).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let good = spec(segment, "A", 10);
    let tries = [
        (
            domain::job::JobSpec {
                consent: false,
                ..good.clone()
            },
            Code::ConsentRequired,
        ),
        (
            domain::job::JobSpec {
                confirm_name: "a".into(),
                ..good.clone()
            },
            Code::NameMismatch,
        ),
        (
            domain::job::JobSpec {
                confirm_count: 11,
                ..good.clone()
            },
            Code::CountMoved,
        ),
        (
            domain::job::JobSpec {
                plan_hash: Some("another".into()),
                ..good.clone()
            },
            Code::PlanChanged,
        ),
        (
            domain::job::JobSpec {
                max_rate: Some(0),
                ..good.clone()
            },
            Code::Invalid,
        ),
        (
            domain::job::JobSpec {
                wait_seconds: -1,
                ..good.clone()
            },
            Code::Invalid,
        ),
        (
            domain::job::JobSpec {
                segment_id: domain::id::SegmentId(999),
                ..good.clone()
            },
            Code::NotFound,
        ),
    ];
    for (spec, code) in tries {
        assert_eq!(
            problem(
                world
                    .engine
                    .start_job(&World::actor(), world.dataset, spec, None)
                    .await
            )
            .code,
            code
        );
    }
    assert_eq!(world.profiles().await, 20);
    assert_eq!(world.number("SELECT count(*) FROM jobs").await, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_needs_force_nobody_is_refused_and_a_dry_run_writes_nothing() {
    let world = World::new().await;
    world.people(20).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let everyone = world.segment("All", "bucket(0, 100)").await;
    let all = spec(everyone, "All", 20);
    assert_eq!(
        problem(
            world
                .engine
                .start_job(&World::actor(), world.dataset, all, None)
                .await
        )
        .code,
        Code::ForceRequired
    );
    let nobody = world.segment("None", "attr.group = \"z\"").await;
    assert_eq!(
        problem(
            world
                .engine
                .start_job(&World::actor(), world.dataset, spec(nobody, "None", 0), None)
                .await
        )
        .code,
        Code::NobodyMatches
    );
    assert_eq!(world.profiles().await, 20);
    let dry = world
        .engine
        .dry_run(&World::actor(), world.dataset, spec(segment, "A", 10))
        .await
        .expect("a dry run");
    assert_eq!((dry.counts.matched, dry.counts.left), (10, 10));
    assert_eq!(
        world.number("SELECT count(*) FROM jobs").await,
        0,
        "a dry run writes nothing"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_the_same_body_is_one_job() {
    let world = World::new().await;
    world.people(20).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let once = |body: u8| {
        Some(Idempotency {
            key: "k".into(),
            body_hash: [body; 32],
        })
    };
    let ask = |body| {
        world.engine.start_job(
            ACTOR.get_or_init(World::actor),
            world.dataset,
            spec(segment, "A", 10),
            once(body),
        )
    };
    let (first, second) = tokio::join!(ask(1), ask(1));
    let (first, second) = (first.expect("one").job().id, second.expect("two").job().id);
    assert_eq!(first, second);
    world.finished(first).await;
    assert_eq!(ask(1).await.expect("again").job().id, first);
    assert_eq!(problem(ask(2).await).code, Code::IdempotencyMismatch);
    assert_eq!(world.number("SELECT count(*) FROM jobs").await, 1);
    world.end().await;
}
