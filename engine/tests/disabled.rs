//! Deleting the people of a disabled segment: those go who were its members when it was disabled, whoever matches its rule
//! by now.

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::job::JobState;
use engine::import::ImportKind;
use world::{World, spec};

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
