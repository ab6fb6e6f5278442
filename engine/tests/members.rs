//! Members of a list that change around a deletion: before it is confirmed, and between that and its turn.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    id::SegmentId,
    job::JobState,
    problem::{Code, Problem},
    segment::{SegmentChange, SegmentKind, SegmentSpec},
};
use engine::{Error, import::ListMode};
use std::io::Cursor;
use world::{World, spec};

async fn list(world: &World, name: &str, people: std::ops::RangeInclusive<usize>) -> SegmentId {
    let made = SegmentSpec {
        name: name.to_owned(),
        kind: SegmentKind::List,
        rule: None,
    };
    let list = world
        .engine
        .create_segment(&World::actor(), world.dataset, made)
        .await
        .expect("a list");
    load(world, list.id, ListMode::Add, people).await;
    list.id
}

async fn load(world: &World, list: SegmentId, mode: ListMode, people: std::ops::RangeInclusive<usize>) {
    let rows: Vec<String> = people.map(|n| format!("p{n}\n")).collect();
    let file = Cursor::new(format!("user_id\n{}", rows.concat()).into_bytes());
    world
        .engine
        .load_members(&World::actor(), world.dataset, list, mode, file)
        .await
        .expect("loaded");
}

async fn set(world: &World, list: SegmentId, who: &str, member: bool) {
    let changed = world
        .engine
        .set_member(&World::actor(), world.dataset, list, who, member)
        .await;
    assert!(changed.expect("a member"));
}

/// Confirms what the page showed before it was changed.
async fn confirm(world: &World, list: SegmentId, name: &str, count: i64, hash: String) -> Problem {
    let mut wish = spec(list, name, count);
    wish.plan_hash = Some(hash);
    match world
        .engine
        .start_job(&World::actor(), world.dataset, wish, None)
        .await
    {
        Err(Error::Problem(problem)) => problem,
        other => Problem::because(Code::Internal, format!("{other:?}")),
    }
}

async fn seen(world: &World, id: SegmentId) -> String {
    let impact = world
        .engine
        .impact(&World::actor(), world.dataset, id, None)
        .await;
    impact.expect("an impact").plan_hash
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_since_the_preview_is_caught_at_the_confirmation() {
    let world = World::idle().await;
    world.people(20).await;
    let members = list(&world, "List", 1..=5).await;

    // As many, but others: the number alone would not tell.
    let shown = seen(&world, members).await;
    set(&world, members, "p1", false).await;
    set(&world, members, "p9", true).await;
    assert_eq!(
        confirm(&world, members, "List", 5, shown).await.code,
        Code::PlanChanged
    );
    let shown = seen(&world, members).await;
    load(&world, members, ListMode::Replace, 11..=15).await;
    assert_eq!(
        confirm(&world, members, "List", 5, shown).await.code,
        Code::PlanChanged
    );

    // The members of a segment that the rule leans on, and its rule.
    let built = world.segment("Built", "in segment \"List\"").await;
    let shown = seen(&world, built).await;
    set(&world, members, "p11", false).await;
    assert_eq!(
        confirm(&world, built, "Built", 5, shown).await.code,
        Code::PlanChanged
    );
    let shown = seen(&world, built).await;
    let change = SegmentChange {
        name: None,
        rule: Some("in segment \"List\" and email is set".to_owned()),
    };
    world
        .engine
        .update_segment(&World::actor(), world.dataset, built, change)
        .await
        .expect("changed");
    assert_eq!(
        confirm(&world, built, "Built", 4, shown).await.code,
        Code::PlanChanged
    );
    assert_eq!(world.profiles().await, 20);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_a_list_before_their_turn_is_spared_and_who_joins_is_not_touched() {
    let world = World::new().await;
    world.people(40).await;
    let members = list(&world, "List", 1..=20).await;
    let mut wish = spec(members, "List", 20);
    wish.wait_seconds = 3;
    let job = world.start(wish).await;
    world.until(job.id, |job| job.state == JobState::Scheduled).await;
    set(&world, members, "p1", false).await;
    load(&world, members, ListMode::Remove, 2..=4).await;
    set(&world, members, "p31", true).await;
    load(&world, members, ListMode::Add, 32..=33).await;
    let job = world.finished(job.id).await;
    assert_eq!(
        (
            job.counts.matched,
            job.counts.deleted,
            job.counts.spared,
            job.counts.joined_after
        ),
        (20, 16, 4, Some(3)),
        "{job:?}"
    );
    assert_eq!(world.profiles().await, 24);
    let left = world
        .engine
        .segment(&World::actor(), world.dataset, members)
        .await
        .expect("the list");
    assert_eq!(
        left.count.map(|count| count.value),
        Some(3),
        "counted in the transaction that ended the job"
    );
    world.end().await;
}
