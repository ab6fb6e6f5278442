//! The people on a deletion's list while they wait: a filter, an exclusion, a segment made of them, and who they are whatever
//! becomes of the segments that the rule refers to.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    id::JobId,
    job::JobState,
    page::PageRequest,
    problem::{Code, Problem},
    profile::{ProfileQuery, ProfileRow},
    segment::{SegmentChange, SegmentKind},
};
use engine::Error;
use world::{World, spec};

fn problem<T>(result: engine::Result<T>) -> Problem {
    match result {
        Err(Error::Problem(problem)) => problem,
        Err(other) => panic!("not a problem: {other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

/// A hundred people, of whom those in group a wait for a deletion.
async fn waiting() -> (World, JobId) {
    let world = World::new().await;
    world.people(100).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", 50);
    wish.wait_seconds = 3_600;
    let id = world.start(wish).await.id;
    world.until(id, |job| job.state == JobState::Scheduled).await;
    (world, id)
}

/// Everybody whom a query finds, page by page.
async fn all(world: &World, query: ProfileQuery) -> Vec<ProfileRow> {
    let mut found: Vec<ProfileRow> = Vec::new();
    let mut cursor = None;
    loop {
        let query = ProfileQuery {
            page: PageRequest {
                limit: Some(7),
                cursor,
            },
            ..query.clone()
        };
        let page = world
            .engine
            .profiles(&World::actor(), world.dataset, query)
            .await
            .expect("a page");
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}

fn of(targets: Option<JobId>, exclude_targets: Option<JobId>) -> ProfileQuery {
    ProfileQuery {
        targets,
        exclude_targets,
        ..ProfileQuery::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_filters_and_excludes_and_finds_by_identity() {
    let (world, id) = waiting().await;
    let even = |row: &ProfileRow| row.title[1..].parse::<i64>().expect("a number") % 2 == 0;
    let on = all(&world, of(Some(id), None)).await;
    assert_eq!((on.len(), on.iter().all(even)), (50, true));
    assert!(on.is_sorted_by_key(|row| row.id), "in the order of their numbers");
    let off = all(&world, of(None, Some(id))).await;
    assert_eq!((off.len(), off.iter().any(even)), (50, false));
    assert_eq!(all(&world, of(Some(id), Some(id))).await.len(), 0);
    let few = world.segment("Few", "attr.no <= 10").await;
    let both = ProfileQuery {
        segment: Some(few),
        ..of(Some(id), None)
    };
    assert_eq!(all(&world, both).await.len(), 5);
    for (q, targets, exclude, found) in [
        ("p2", Some(id), None, 1),
        ("p3", Some(id), None, 0),
        ("p2", None, Some(id), 0),
        ("p3", None, Some(id), 1),
    ] {
        let query = ProfileQuery {
            q: Some(q.to_owned()),
            ..of(targets, exclude)
        };
        assert_eq!(all(&world, query).await.len(), found, "{q}");
    }
    let nothing = world
        .engine
        .profiles(&World::actor(), world.dataset, of(Some(JobId(7)), None))
        .await;
    assert_eq!(problem(nothing).code, Code::NotFound);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_by_hand_is_made_of_those_who_wait_and_changes_nothing_for_the_deletion() {
    let (world, id) = waiting().await;
    let seq = world.number("SELECT change_seq FROM installation").await;
    let save = |name: &'static str| world.engine.save_targets(&ACTOR, world.dataset, id, name);
    let made = save(" Waiting ").await.expect("a segment");
    assert_eq!((made.name.as_str(), made.kind), ("Waiting", SegmentKind::Manual));
    assert_eq!(made.count.map(|count| count.value), Some(50));
    let members = ProfileQuery {
        segment: Some(made.id),
        ..ProfileQuery::default()
    };
    assert_eq!(all(&world, members).await, all(&world, of(Some(id), None)).await);
    assert_eq!(
        world.number("SELECT change_seq FROM installation").await,
        seq,
        "nobody counts as changed: the deletion need not look at them again"
    );
    assert_eq!(problem(save("Waiting").await).code, Code::NameTaken);
    assert_eq!(problem(save(" ").await).code, Code::Invalid);
    assert_eq!(
        world.number("SELECT count(*) FROM memberships").await,
        50,
        "a refusal leaves nothing"
    );
    assert_eq!(
        world
            .number("SELECT count(*) FROM settings WHERE name LIKE 'unsettled%'")
            .await,
        0
    );
    let told = "SELECT count(*) FROM audit WHERE action = 'segment.create' AND json_extract(detail, '$.members') = 50";
    assert_eq!(world.number(told).await, 1);

    world
        .engine
        .cancel_job(&World::actor(), world.dataset, id)
        .await
        .expect("cancelled");
    world.finished(id).await;
    assert_eq!(problem(save("Late").await).code, Code::StateRefused);
    world.end().await;
}

static ACTOR: std::sync::LazyLock<domain::access::Actor> = std::sync::LazyLock::new(World::actor);

#[tokio::test(flavor = "multi_thread")]
async fn half_a_segment_is_cleared_at_the_next_start() {
    let (world, id) = waiting().await;
    // What a process leaves that dies while it fills: members of a segment that is not there, and the note.
    let planted = format!(
        "INSERT INTO memberships (profile_id, segment_id, joined_at) SELECT profile_id, 99, 1 FROM job_targets WHERE job_id = {id};
         INSERT INTO settings VALUES ('unsettled_members:99', '1')"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(planted))
        .execute(&mut world.sql().await)
        .await
        .expect("planted");
    let world = world.restart().await;
    assert_eq!(world.number("SELECT count(*) FROM memberships").await, 0);
    assert_eq!(
        world
            .number("SELECT count(*) FROM settings WHERE name LIKE 'unsettled%'")
            .await,
        0
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_the_rule_refers_to_changes_nobodys_fate_after_the_confirmation() {
    let world = World::new().await;
    world.people(20).await;
    let base = world.segment("Base", "attr.group = \"a\"").await;
    world.segment("Between", "in segment \"Base\"").await;
    let built = world
        .segment("Built", "in segment \"Between\" and email is set")
        .await;
    let mut wish = spec(built, "Built", 10);
    wish.wait_seconds = 3;
    let job = world.start(wish).await;
    world.until(job.id, |job| job.state == JobState::Scheduled).await;
    let change = SegmentChange {
        name: None,
        rule: Some("attr.group = \"b\"".to_owned()),
    };
    let edit = async |id, change| {
        world
            .engine
            .update_segment(&World::actor(), world.dataset, id, change)
            .await
    };
    let own = edit(built, change.clone()).await;
    assert_eq!(
        problem(own).code,
        Code::SegmentBusy,
        "its own rule waits for the deletion"
    );
    let edited = edit(base, change).await;
    assert!(
        edited.is_ok(),
        "a segment that it refers to may change: {edited:?}"
    );
    // Everybody has changed since, so everybody is looked at again: by the rules as they were confirmed.
    world.purchases(1..=20).await;
    let job = world.finished(job.id).await;
    assert_eq!(
        (job.counts.deleted, job.counts.spared, job.counts.joined_after),
        (10, 0, Some(0)),
        "{job:?}"
    );
    world.end().await;
}
