//! Disabled segments and deletions: of a disabled one those go who were its members when it was disabled, whoever matches its
//! rule by now; and one that a deletion disables has the members of that moment, whoever was on the list.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    id::SegmentId,
    job::{Job, JobState},
    segment::{SegmentChange, SegmentState},
    time::Timestamp,
};
use engine::{
    HealthOptions,
    clock::{Clock, Hand},
    import::ImportKind,
};
use std::time::Duration;
use world::{World, spec};

const DAY: Duration = Duration::from_secs(86_400);

/// A world by a clock that the test moves.
async fn stage() -> (World, Hand) {
    let (clock, hand) = Clock::movable(Timestamp::parse_rfc3339("2026-01-25T12:00:00Z").expect("a moment"));
    let world = World::with(clock, HealthOptions::default()).await;
    world.people(20).await;
    (world, hand)
}

/// A deletion of the segment `name` that waits for its start, two months at most.
async fn waiting(world: &World, segment: SegmentId, name: &str, count: i64) -> Job {
    let mut wish = spec(segment, name, count);
    wish.wait_seconds = 60 * 86_400;
    let job = world.start(wish).await;
    world.until(job.id, |job| job.state == JobState::Scheduled).await
}

/// Lets it begin, and waits for its end.
async fn carried_out(world: &World, job: &Job) -> Job {
    world
        .engine
        .start_job_now(&World::actor(), world.dataset, job.id)
        .await
        .expect("brought forward");
    world.finished(job.id).await
}

/// How many members a segment has that a deletion has disabled.
async fn members(world: &World, segment: SegmentId) -> i64 {
    let counted = world
        .engine
        .refresh_count(&World::actor(), world.dataset, segment)
        .await
        .expect("a count");
    assert_eq!(counted.state, SegmentState::Disabled);
    let noted = "SELECT count(*) FROM settings WHERE name LIKE 'unsettled%'";
    assert_eq!(world.number(noted).await, 0, "its members are to be believed");
    counted.count.expect("a count").value
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joined_or_left_since_the_confirmation_is_in_or_out_of_what_was_disabled() {
    let (world, _hand) = stage().await;
    let a = world.segment("A", "attr.group = \"a\"").await;
    let job = waiting(&world, a, "A", 10).await;
    let rows = "user_id,group\np2,c\np4,c\np1,a\nnew,a\n";
    world.import(ImportKind::Profiles, rows).await;
    let job = carried_out(&world, &job).await;
    assert_eq!((job.counts.deleted, job.counts.spared), (8, 2), "{job:?}");
    assert_eq!(members(&world, a).await, 2, "p1 and the new one");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_refers_to_may_change_who_is_in_though_nobody_changed() {
    let (world, _hand) = stage().await;
    let b = world.segment("B", "attr.group = \"a\"").await;
    let a = world.segment("A", "in segment \"B\"").await;
    let job = waiting(&world, a, "A", 10).await;
    let change = SegmentChange {
        name: None,
        rule: Some("attr.group = \"b\"".to_owned()),
    };
    world
        .engine
        .update_segment(&World::actor(), world.dataset, b, change)
        .await
        .expect("changed");
    let job = carried_out(&world, &job).await;
    assert_eq!((job.counts.matched, job.counts.deleted), (10, 10), "{job:?}");
    assert_eq!(members(&world, a).await, 10, "those who are in B by now");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_alone_brings_people_in_also_through_another_segment() {
    let (world, hand) = stage().await;
    let long_ago = "user_id,event,timestamp,value\nold,visit,2025-12-01T10:00:00Z,1\n";
    world.import(ImportKind::Profiles, "user_id,group\nold,c\n").await;
    world.import(ImportKind::Events, long_ago).await;
    world.segment("Away", "last_seen before 30 days ago").await;
    let a = world.segment("A", "in segment \"Away\"").await;
    let job = waiting(&world, a, "A", 1).await;
    // By then the twenty, last seen on 3 January, have been away for so long too.
    hand.forward(DAY * 20);
    let job = carried_out(&world, &job).await;
    assert_eq!((job.counts.matched, job.counts.deleted), (1, 1), "{job:?}");
    assert_eq!(job.counts.joined_after, Some(20), "so it is offered to run again");
    assert_eq!(members(&world, a).await, 20);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_disabled_segment_the_members_of_that_moment_go_and_nobody_else() {
    let world = World::new().await;
    world.people(20).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    world
        .engine
        .disable_segment(&World::actor(), world.dataset, segment)
        .await
        .expect("disabled");
    // Two leave the group and stay members; three come into it and are none.
    world
        .import(
            ImportKind::Profiles,
            "user_id,group\np2,c\np4,c\np1,a\np3,a\nnew,a\n",
        )
        .await;
    let job = world.start(spec(segment, "A", 10)).await;
    let job = world.finished(job.id).await;
    assert_eq!(job.state, JobState::Completed, "{job:?}");
    assert_eq!((job.counts.matched, job.counts.deleted), (10, 10), "{job:?}");
    assert_eq!(
        job.rule.as_deref(),
        Some("attr.group = \"a\""),
        "as it was, for the record"
    );
    assert_eq!(world.profiles().await, 11);
    let left = world
        .number("SELECT count(*) FROM profiles WHERE json_extract(attributes, '$.group') IN ('a', 'b')")
        .await;
    assert_eq!(left, 11);
    world.end().await;
}
