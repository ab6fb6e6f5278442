//! Jobs that are not even: people with very many events, a few people of many, a store in which most deletions fail, and
//! a store into which people keep coming.
#![expect(clippy::expect_used, reason = "writing into a string cannot fail")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::job::JobState;
use engine::import::ImportKind;
use std::{
    fmt::Write as _,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use world::{World, begun, spec};

/// Events of the one who has too many for a batch: three bites and some.
const MANY: usize = 35_000;

/// As many events of one person, all different.
fn many_events(user: &str) -> String {
    let mut csv = String::from("user_id,event,timestamp\n");
    for i in 0..MANY {
        let (hour, minute, second) = (i / 3_600, i / 60 % 60, i % 60);
        writeln!(csv, "{user},visit,2026-03-01T{hour:02}:{minute:02}:{second:02}Z").expect("a string");
    }
    csv
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_very_many_events_goes_bit_by_bit_and_is_counted_once() {
    let world = World::new().await;
    world.people(40).await;
    world.import(ImportKind::Events, &many_events("p20")).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let job = world.start(spec(segment, "A", 20)).await;
    let job = world.finished(job.id).await;
    assert_eq!(
        (job.state, job.counts.deleted),
        (JobState::Completed, 20),
        "{job:?}"
    );
    let events = i64::try_from(20 * 3 + MANY).expect("a few");
    assert_eq!(job.events_deleted, events);
    assert_eq!(world.number("SELECT sum(events) FROM job_batches").await, events);
    assert_eq!(world.number("SELECT sum(deleted) FROM job_batches").await, 20);
    assert_eq!(world.number("SELECT count(*) FROM events").await, 60);
    assert_eq!(
        world
            .number("SELECT count(*) FROM jobs WHERE going_id IS NOT NULL")
            .await,
        0
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_begun_to_go_is_finished_before_a_cancel_takes_effect() {
    let world = World::new().await;
    world.people(4).await;
    world.import(ImportKind::Events, &many_events("p2")).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let id = world.start(spec(segment, "A", 2)).await.id;
    for _ in 0..60_000 {
        let going = world
            .number("SELECT count(*) FROM jobs WHERE going_id IS NOT NULL")
            .await;
        if going > 0 || world.job(id).await.state.terminal() {
            break;
        }
    }
    // It may have been too quick; then there is nothing to cancel, and the end is the same but for the second person.
    let wish = world.engine.cancel_job(&World::actor(), world.dataset, id).await;
    let job = world.finished(id).await;
    let half_gone =
        "SELECT count(*) FROM events e WHERE NOT EXISTS (SELECT 1 FROM profiles p WHERE p.id = e.profile_id)";
    assert_eq!(world.number(half_gone).await, 0, "{wish:?}");
    assert!(job.counts.deleted >= 1, "{job:?}");
    assert_eq!(job.counts.deleted + job.counts.left, 2, "{job:?}");
    assert_eq!(world.profiles().await, 4 - job.counts.deleted);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_people_of_many_take_their_look_up_entries_along() {
    let world = World::new().await;
    world.people(1_000).await;
    let segment = world.segment("Ten", "attr.no < 11").await;
    let job = world.start(spec(segment, "Ten", 10)).await;
    let job = world.finished(job.id).await;
    assert_eq!(job.counts.deleted, 10, "{job:?}");
    assert_eq!(world.number("SELECT point_deletes FROM jobs").await, 1);
    assert_eq!(
        world.number("SELECT count(*) FROM identity_lookup").await,
        2 * 990
    );
    let dead = "SELECT count(*) FROM identity_lookup l WHERE NOT EXISTS (SELECT 1 FROM profiles p WHERE p.id = l.profile_id)";
    assert_eq!(world.number(dead).await, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_in_which_more_than_half_fail_stops_and_says_so() {
    let world = World::new().await;
    world.people(400).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    sqlx::raw_sql(
        "CREATE TRIGGER poison BEFORE DELETE ON profiles BEGIN SELECT RAISE(ABORT, 'planted'); END",
    )
    .execute(&mut world.sql().await)
    .await
    .expect("planted");
    let job = world.start(spec(segment, "A", 200)).await;
    let job = world.finished(job.id).await;
    assert_eq!((job.state, job.counts.deleted), (JobState::Failed, 0), "{job:?}");
    assert_eq!((job.counts.failed, job.counts.left), (50, 150), "{job:?}");
    let reason = job.end_reason.unwrap_or_default();
    assert!(reason.contains("more than half"), "{reason}");
    assert_eq!(world.profiles().await, 400);
    world.end().await;
}

/// People come in while a job runs: new ones who match, and changes by which people on the list no longer do.
#[tokio::test(flavor = "multi_thread")]
async fn under_a_stream_of_newcomers_everyone_on_the_list_is_accounted_for_and_no_newcomer_goes() {
    let world = World::new().await;
    world.people(4_000).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", 2_000);
    wish.max_rate = Some(800);
    let id = world.start(wish).await.id;
    world.until(id, begun).await;
    let over = AtomicBool::new(false);
    let stream = async {
        let mut batch = 0;
        while !over.load(Ordering::Relaxed) {
            let mut csv = String::from("user_id,email,group\n");
            for i in 0..50 {
                writeln!(csv, "new{batch}x{i},new{batch}x{i}@example.com,a").expect("a string");
            }
            // Some of the last on the list leave the segment.
            writeln!(csv, "p{},,b", 4_000 - 2 * batch).expect("a string");
            world.import(ImportKind::Profiles, &csv).await;
            batch += 1;
            tokio::time::sleep(Duration::from_millis(80)).await;
        }
        batch
    };
    let end = async {
        let job = world.finished(id).await;
        over.store(true, Ordering::Relaxed);
        job
    };
    let (batches, job) = tokio::join!(stream, end);
    let counts = job.counts;
    assert_eq!(
        (job.state, counts.left, counts.failed),
        (JobState::Completed, 0, 0),
        "{job:?}"
    );
    assert_eq!(counts.deleted + counts.spared, 2_000, "{job:?}");
    assert!(counts.spared > 0, "somebody left in time: {job:?}");
    // p4000 and others were too late or not: whoever is not there any more was made anew by the change, as group b.
    let alive = "SELECT count(*) FROM identities WHERE kind = 1 AND value LIKE 'new%'";
    assert_eq!(
        world.number(alive).await,
        i64::from(batches) * 50,
        "every newcomer is alive"
    );
    assert!(
        counts
            .joined_after
            .is_some_and(|joined| joined > 0 && joined <= i64::from(batches) * 50)
    );
    let spared = "SELECT count(*) FROM job_outcomes o JOIN profiles p ON p.id = o.profile_id WHERE o.outcome = 'spared'";
    assert_eq!(
        world.number(spared).await,
        counts.spared,
        "who was spared is there"
    );
    world.end().await;
}
