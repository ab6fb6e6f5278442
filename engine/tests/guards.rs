//! Guards at the start of a job: what was looked at before the confirmation is looked at again when nobody is there to be
//! asked.

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    job::{JobSpec, JobState},
    segment::SegmentState,
};
use world::{World, spec};

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_matches_everyone_stops_at_the_start_where_nobody_has_said_that_it_is_meant() {
    let world = World::new().await;
    world.people(40).await;
    let segment = world.segment("All", "email is set or email is not set").await;
    let job = world
        .start(JobSpec {
            wait_seconds: 2,
            force: true,
            ..spec(segment, "All", 40)
        })
        .await;
    world.until(job.id, |job| job.state == JobState::Scheduled).await;
    // Planted: the word that it is meant gets lost.
    sqlx::query("UPDATE jobs SET spec = json_set(spec, '$.force', json('false'))")
        .execute(&mut world.sql().await)
        .await
        .expect("planted");
    let ended = world.finished(job.id).await;
    assert_eq!((ended.state, ended.counts.deleted), (JobState::Failed, 0));
    let reason = ended.end_reason.unwrap_or_default();
    assert!(reason.starts_with("The rule matches every profile"), "{reason}");
    assert_eq!(world.profiles().await, 40);
    let shown = world
        .engine
        .segment(&World::actor(), world.dataset, segment)
        .await
        .expect("the segment");
    assert_eq!(shown.state, SegmentState::Enabled);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_share_is_written_down_and_stops_nobody() {
    let world = World::new().await;
    world.people(40).await;
    let (few, many) = (
        world.segment("Few", "attr.no <= 10").await,
        world.segment("Many", "attr.no > 10").await,
    );
    let warned = "SELECT count(*) FROM audit WHERE action = 'job.warned'";
    let small = world.start(spec(few, "Few", 10)).await;
    assert_eq!(world.finished(small.id).await.state, JobState::Completed);
    assert_eq!(world.number(warned).await, 0);
    let large = world.start(spec(many, "Many", 30)).await;
    assert_eq!(world.finished(large.id).await.state, JobState::Completed);
    assert_eq!(world.number(warned).await, 1);
    world.end().await;
}
