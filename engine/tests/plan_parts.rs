//! What is told of one job of a plan is told of its part of the frozen set: its file, its results, its people on the list,
//! what the warehouse keeps. The set itself lies under the first job's number, so each of these could tell of everyone.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod handed_out;
#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    export::Format,
    id::JobId,
    job::{JobSpec, JobState},
    page::PageRequest,
    profile::ProfileQuery,
};
use handed_out::{export, lines, results};
use std::collections::BTreeSet;
use world::{World, spec};

/// The ids of rows that are JSON.
fn ids(rows: &[serde_json::Value], field: &str) -> BTreeSet<String> {
    rows.iter().map(|row| row[field].to_string()).collect()
}

/// People on the list of a job, or without them.
async fn listed(world: &World, targets: Option<JobId>, exclude_targets: Option<JobId>) -> usize {
    let query = ProfileQuery {
        targets,
        exclude_targets,
        page: PageRequest {
            limit: Some(1_000),
            cursor: None,
        },
        ..ProfileQuery::default()
    };
    let page = world.engine.profiles(&World::actor(), world.dataset, query).await;
    page.expect("people").items.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_job_of_a_plan_tells_of_its_own_part() {
    let world = World::new().await;
    world.people(300).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let (actor, dataset) = (World::actor(), world.dataset);
    let limited = world.engine.set_job_seconds_max(&actor, Some(1)).await;
    limited.expect("a limit");
    let first = world
        .start(JobSpec {
            max_rate: Some(60),
            export: true,
            wait_seconds: 2,
            ..spec(segment, "A", 150)
        })
        .await;
    world
        .until(first.id, |job| job.state == JobState::Scheduled)
        .await;
    let plan = world.engine.plan(&actor, dataset, first.id).await;
    let jobs: Vec<JobId> = plan
        .expect("a look")
        .expect("a plan")
        .jobs
        .iter()
        .map(|job| job.id)
        .collect();
    assert_eq!(jobs.len(), 3);
    for job in &jobs {
        assert_eq!(listed(&world, Some(*job), None).await, 50, "{job}");
        assert_eq!(listed(&world, None, Some(*job)).await, 250, "{job}");
    }

    let (mut told, mut written) = (BTreeSet::new(), BTreeSet::new());
    for job in &jobs {
        let done = world.finished(*job).await;
        assert_eq!(
            (done.state, done.counts.deleted),
            (JobState::Completed, 50),
            "{done:?}"
        );
        assert_eq!(done.export.map(|export| export.people), Some(50));
        let kept = done.warehouse_kept.map(|kept| (kept.profiles, kept.events));
        assert_eq!(kept, Some((50, 150)));
        let rows = results(&world, *job, false).await;
        assert!(rows.iter().all(|row| row["outcome"] == "deleted"), "{rows:?}");
        assert_eq!(rows.len(), 50);
        let file = lines(&export(&world, *job, Format::Ndjson).await);
        assert_eq!(file.len(), 50);
        told.extend(ids(&rows, "profile"));
        written.extend(ids(&file, "id"));
    }
    assert_eq!(
        (told.len(), written.len()),
        (150, 150),
        "nobody twice, nobody left out"
    );
    assert_eq!(world.profiles().await, 150);
    world.end().await;
}
