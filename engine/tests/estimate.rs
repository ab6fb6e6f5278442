//! Estimates on a real store: a trial that leaves no trace, what finished jobs teach, and how good it was afterwards.

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    estimate::Basis,
    job::{JobSpec, QuietHours},
    problem::Code,
};
use engine::{Ask, Error};
use world::{World, spec};

const EVERYTHING: &str = "SELECT (SELECT count(*) FROM profiles) * 1000000 + (SELECT count(*) FROM events) + (SELECT count(*) FROM identities) * 1000
   + (SELECT count(*) FROM identity_lookup) + (SELECT change_seq FROM installation) + (SELECT count(*) FROM audit)";

#[tokio::test(flavor = "multi_thread")]
async fn without_history_a_trial_says_how_fast_and_leaves_no_trace() {
    let world = World::new().await;
    world.people(400).await;
    let (large, small) = (
        world.segment("A", "attr.group = \"a\"").await,
        world.segment("Few", "attr.no <= 10").await,
    );
    let before = world.number(EVERYTHING).await;
    let impact = async |segment| {
        let found = world
            .engine
            .impact(&World::actor(), world.dataset, segment, None)
            .await;
        found.expect("an impact").estimate
    };
    let first = impact(large).await;
    assert_eq!((first.basis, first.jobs), (Basis::Probed, 0));
    assert_eq!(first.documented_seconds, 2);
    assert_eq!(
        impact(large).await.rate,
        first.rate,
        "not tried out again within a minute"
    );
    let few = impact(small).await;
    assert_eq!(few.basis, Basis::Documented, "ten people say nothing");
    assert_eq!(world.number(EVERYTHING).await, before);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_tried_out_while_a_job_runs() {
    let world = World::new().await;
    world.people(400).await;
    let (a, b) = (
        world.segment("A", "attr.group = \"a\"").await,
        world.segment("B", "attr.group = \"b\"").await,
    );
    let slow = JobSpec {
        max_rate: Some(20),
        ..spec(a, "A", 200)
    };
    let job = world.start(slow).await;
    world.until(job.id, world::begun).await;
    let estimate = world
        .engine
        .impact(&World::actor(), world.dataset, b, None)
        .await
        .expect("an impact")
        .estimate;
    assert_eq!(estimate.basis, Basis::Documented);
    world
        .engine
        .cancel_job(&World::actor(), world.dataset, job.id)
        .await
        .expect("cancelled");
    world.finished(job.id).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_job_is_the_measure_of_the_next_and_what_was_expected_is_kept_beside_what_it_took() {
    let world = World::new().await;
    world.people(2_400).await;
    let accuracy = async || {
        world
            .engine
            .estimate_accuracy(&World::actor(), world.dataset)
            .await
    };
    assert_eq!(accuracy().await.expect("a look"), None);
    let mut basis = Vec::new();
    for (name, from, to) in [("One", 0, 25), ("Two", 25, 50), ("Three", 50, 75)] {
        let segment = world.segment(name, &format!("bucket({from}, {to})")).await;
        let count = world
            .engine
            .refresh_count(&World::actor(), world.dataset, segment)
            .await
            .expect("counted");
        let count = count.count.expect("a count").value;
        let job = world.start(spec(segment, name, count)).await;
        let job = world.finished(job.id).await;
        let estimated = job.estimated.expect("an estimate");
        basis.push(estimated.basis);
        assert!(estimated.seconds_low * 1_000 <= estimated.expected_ms);
        let whole = job.finished_at.expect("an end").ms() - job.created_at.ms();
        let took = job.took_ms.expect("a time");
        assert!((0..=whole).contains(&took), "{took} of {whole} ms");
    }
    assert_eq!(basis, [Basis::Probed, Basis::Measured, Basis::Measured]);
    let found = accuracy().await.expect("a look").expect("an accuracy");
    assert_eq!(found.jobs, 3);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_are_part_of_the_estimate_and_a_pause_is_no_part_of_what_it_took() {
    let world = World::new().await;
    world.people(400).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let ask = |zone: &str| Ask {
        profiles: 200,
        events: 600,
        max_rate: Some(10),
        // All of the day but a minute.
        quiet_hours: Some(QuietHours::read("00:01", "00:00", zone).expect("quiet hours")),
        start_at: None,
    };
    let estimate = async |ask| {
        world
            .engine
            .estimate(&World::actor(), world.dataset, segment, ask)
            .await
    };
    let rested = estimate(ask("UTC")).await.expect("an estimate").estimate;
    assert!(rested.quiet && rested.seconds_high > 20, "{rested:?}");
    match estimate(ask("Mars/Olympus")).await {
        Err(Error::Problem(problem)) => assert_eq!(problem.code, Code::Invalid),
        other => unreachable!("not refused: {other:?}"),
    }
    let job = world
        .start(JobSpec {
            max_rate: Some(100),
            ..spec(segment, "A", 200)
        })
        .await;
    world.until(job.id, world::begun).await;
    world
        .engine
        .pause_job(&World::actor(), world.dataset, job.id)
        .await
        .expect("paused");
    let paused = world
        .until(job.id, |job| job.status == domain::job::JobStatus::Paused)
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    world
        .engine
        .resume_job(&World::actor(), world.dataset, job.id)
        .await
        .expect("resumed");
    let job = world.finished(paused.id).await;
    let whole = job.finished_at.expect("an end").ms() - job.created_at.ms();
    let took = job.took_ms.expect("a time");
    assert!(took <= whole - 700, "{took} of {whole} ms with a pause of 700");
    world.end().await;
}
