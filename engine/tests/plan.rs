//! Plans of several jobs: one confirmation and one frozen set, jobs that run one after another by themselves, and what
//! cancelling, pausing, failing and restarting in the middle come to.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    id::{JobId, SegmentId},
    job::{Job, JobSpec, JobState, JobStatus, QuietHours},
    plan::{Plan, PlanState},
    problem::Code,
    segment::SegmentState,
};
use engine::{Error, import::ImportKind};
use world::{World, spec};

/// People of the segment; 50 of them are a job's part under the limits of `asked`.
const PEOPLE: i64 = 150;

/// A world in which no job may take longer than a second.
async fn limited() -> (World, SegmentId) {
    let world = World::new().await;
    let segment = furnish(&world).await;
    (world, segment)
}

async fn furnish(world: &World) -> SegmentId {
    world.people(300).await;
    world
        .engine
        .set_job_seconds_max(&World::actor(), Some(1))
        .await
        .expect("a limit");
    world.segment("A", "attr.group = \"a\"").await
}

/// At 60 a second the 150 people take two and a half seconds, so three jobs.
fn asked(segment: SegmentId) -> JobSpec {
    JobSpec {
        max_rate: Some(60),
        ..spec(segment, "A", PEOPLE)
    }
}

async fn plan(world: &World, id: JobId) -> Plan {
    let found = world.engine.plan(&World::actor(), world.dataset, id).await;
    let plan = found.expect("a look").expect("a plan");
    assert!(plan.counts.hold(), "{:?}", plan.counts);
    plan
}

async fn over(world: &World, id: JobId) -> Plan {
    for _ in 0..6_000 {
        let plan = plan(world, id).await;
        if plan.state != PlanState::Running {
            return plan;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    unreachable!("the plan never ended: {:?}", plan(world, id).await)
}

fn ids(plan: &Plan) -> Vec<JobId> {
    plan.jobs.iter().map(|job| job.id).collect()
}

fn decided(plan: &Plan) -> Vec<(JobState, i64, i64)> {
    let row = |job: &Job| (job.state, job.counts.matched, job.counts.deleted);
    plan.jobs.iter().map(row).collect()
}

fn code<T: std::fmt::Debug>(result: engine::Result<T>) -> Option<Code> {
    match result {
        Err(Error::Problem(problem)) => Some(problem.code),
        _ => None,
    }
}

/// Nobody may be unaccounted for: who is gone was on the list, and the batches say the same as the jobs.
async fn check(world: &World, deleted: i64) {
    assert_eq!(world.profiles().await, 300 - deleted);
    assert_eq!(
        world.number("SELECT sum(deleted) FROM job_batches").await,
        deleted
    );
    assert_eq!(
        world
            .number("SELECT count(*) FROM profiles WHERE json_extract(attributes, '$.group') = 'b'")
            .await,
        150
    );
    held(world).await;
}

/// The database's own word: every segment with an unfinished job is held by exactly one, the earliest.
async fn held(world: &World) {
    let held = "SELECT coalesce(sum(id), 0) FROM jobs WHERE holds_segment = 1";
    let earliest = "SELECT coalesce(sum(id), 0) FROM (SELECT min(id) AS id FROM jobs
       WHERE state NOT IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed') GROUP BY segment_id)";
    assert_eq!(world.number(held).await, world.number(earliest).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_jobs_run_one_after_another_by_themselves_under_one_progress() {
    let (world, segment) = limited().await;
    let first = world.start(asked(segment)).await;
    let place = first.plan.expect("a plan");
    assert_eq!((place.id, place.job, place.of), (first.id, 1, 3));
    let made = plan(&world, first.id).await;
    let states: Vec<_> = made.jobs[1..].iter().map(|job| job.state).collect();
    assert_eq!(states, [JobState::Queued, JobState::Queued]);
    let (mut percent, mut together) = (0, 0);
    let ended = loop {
        let now = plan(&world, first.id).await;
        let at = now.progress.percent.unwrap_or(0);
        assert!(at >= percent, "the progress went back from {percent} to {at}");
        percent = at;
        let running = now.jobs.iter().filter(|job| job.state.holds_place()).count();
        together = together.max(running);
        if now.state != PlanState::Running {
            break now;
        }
        assert!(at <= 99, "done before the end");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    assert_eq!(together, 1, "one at a time");
    assert_eq!(decided(&ended), [(JobState::Completed, 50, 50); 3]);
    assert_eq!(
        (ended.counts.matched, ended.counts.deleted, ended.counts.left),
        (PEOPLE, PEOPLE, 0)
    );
    assert_eq!(
        (ended.state, ended.progress.percent),
        (PlanState::Completed, Some(100))
    );
    assert_eq!(
        world.number("SELECT count(*) FROM identity_lookup").await,
        300,
        "the look-up was swept"
    );
    let kept: i64 = ended
        .jobs
        .iter()
        .filter_map(|job| job.warehouse_kept)
        .map(|kept| kept.profiles)
        .sum();
    assert_eq!(kept, PEOPLE, "each job counts its own people in the warehouse");
    check(&world, PEOPLE).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changed_is_spared_in_their_part_and_newcomers_are_counted_and_not_touched() {
    let (world, segment) = limited().await;
    let first = world.start(asked(segment)).await;
    world.until(first.id, |job| job.state == JobState::Deleting).await;
    // The last of the list are in the third part.
    world
        .import(ImportKind::Profiles, "user_id,group\np300,x\np298,x\nnew,a\n")
        .await;
    let shown = world
        .engine
        .segment(&World::actor(), world.dataset, segment)
        .await
        .expect("the segment");
    assert_eq!((shown.state, shown.job), (SegmentState::Disabled, Some(first.id)));
    let ended = over(&world, first.id).await;
    assert_eq!(ended.counts.spared, 2);
    assert_eq!(ended.jobs[2].counts.spared, 2);
    assert_eq!(ended.counts.joined_after, Some(1), "not once a job");
    assert_eq!(ended.state, PlanState::Completed);
    assert_eq!(world.profiles().await, 300 - 148 + 1);
    // The members of the disabled segment are those of the list who are still there.
    let members = world
        .engine
        .refresh_count(&World::actor(), world.dataset, segment)
        .await
        .expect("a count");
    assert_eq!(members.count.map(|count| count.value), Some(2));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_a_job_cancels_those_behind_it_and_leaves_the_one_before() {
    let (world, segment) = limited().await;
    let first = world.start(asked(segment)).await;
    let all = ids(&plan(&world, first.id).await);
    world.until(first.id, |job| job.state == JobState::Deleting).await;
    world
        .engine
        .cancel_job(&World::actor(), world.dataset, all[1])
        .await
        .expect("cancelled");
    let third = world.finished(all[2]).await;
    assert_eq!(third.state, JobState::Cancelled);
    // The segment is still that of the first job.
    let again = world
        .engine
        .start_job(&World::actor(), world.dataset, asked(segment), None)
        .await;
    assert!(matches!(code(again), Some(Code::JobActive | Code::SegmentBusy)));
    let ended = over(&world, first.id).await;
    let (done, cut) = (JobState::Completed, JobState::Cancelled);
    assert_eq!(decided(&ended), [(done, 50, 50), (cut, 50, 0), (cut, 50, 0)]);
    assert_eq!((ended.state, ended.counts.left), (PlanState::Cancelled, 100));
    check(&world, 50).await;
    let rest = world
        .start(JobSpec {
            confirm_count: 100,
            max_rate: None,
            ..asked(segment)
        })
        .await;
    assert_eq!(world.finished(rest.id).await.counts.deleted, 100);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_job_alone_can_be_left_out() {
    let (world, segment) = limited().await;
    let first = world.start(asked(segment)).await;
    let all = ids(&plan(&world, first.id).await);
    world.until(first.id, |job| job.state == JobState::Deleting).await;
    let alone = async |id| {
        code(
            world
                .engine
                .cancel_job_alone(&World::actor(), world.dataset, id)
                .await,
        )
    };
    assert_eq!(alone(all[1]).await, None);
    assert_eq!(alone(all[1]).await, Some(Code::StateRefused), "once");
    let ended = over(&world, first.id).await;
    let (done, cut) = (JobState::Completed, JobState::Cancelled);
    assert_eq!(decided(&ended), [(done, 50, 50), (cut, 50, 0), (done, 50, 50)]);
    check(&world, 100).await;
    assert_eq!(
        world.number("SELECT count(*) FROM job_targets").await,
        PEOPLE,
        "the set stays while any of it was deleted"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_cancelled_in_its_waiting_period_deletes_nobody_and_changes_nothing() {
    let (world, segment) = limited().await;
    let first = world
        .start(JobSpec {
            wait_seconds: 3_600,
            ..asked(segment)
        })
        .await;
    world
        .until(first.id, |job| job.state == JobState::Scheduled)
        .await;
    // A plan whose time has not come stands in nobody's way, its queued jobs included.
    let other = world.segment("B", "attr.group = \"b\" and attr.no < 10").await;
    let beside = JobSpec {
        queue: true,
        ..spec(other, "B", 5)
    };
    let beside = world.start(beside).await;
    assert_eq!(world.finished(beside.id).await.state, JobState::Completed);
    world
        .engine
        .cancel_job(&World::actor(), world.dataset, first.id)
        .await
        .expect("cancelled");
    let ended = over(&world, first.id).await;
    assert_eq!(decided(&ended), [(JobState::Cancelled, 50, 0); 3]);
    world.comes_to("SELECT count(*) FROM job_targets", 5).await;
    let told = "SELECT count(*) FROM notices";
    assert_eq!(
        world.number(told).await,
        2,
        "of the one beside, and of the plan once"
    );
    let shown = world
        .engine
        .segment(&World::actor(), world.dataset, segment)
        .await
        .expect("the segment");
    assert_eq!((shown.state, shown.job), (SegmentState::Enabled, None));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pausing_holds_the_plan_and_a_restart_in_the_second_job_changes_nothing() {
    let (world, segment) = limited().await;
    let first = world.start(asked(segment)).await;
    let all = ids(&plan(&world, first.id).await);
    let second = world
        .until(all[1], |job| {
            job.state == JobState::Deleting && job.counts.deleted > 0
        })
        .await;
    assert_eq!(world.job(all[0]).await.state, JobState::Completed);
    world
        .engine
        .pause_job(&World::actor(), world.dataset, second.id)
        .await
        .expect("paused");
    world.until(all[1], |job| job.status == JobStatus::Paused).await;
    let before = plan(&world, first.id).await;
    assert!(before.rests());
    held(&world).await;
    let world = world.restart().await;
    let after = plan(&world, first.id).await;
    assert_eq!(decided(&after), decided(&before));
    world.until(all[2], |job| job.status == JobStatus::Queued).await;
    world
        .engine
        .resume_job(&World::actor(), world.dataset, second.id)
        .await
        .expect("resumed");
    let ended = over(&world, first.id).await;
    assert_eq!(decided(&ended), [(JobState::Completed, 50, 50); 3]);
    check(&world, PEOPLE).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_stops_the_plan_with_a_reason() {
    let world = World::idle().await;
    let segment = furnish(&world).await;
    let first = world.start(asked(segment)).await;
    // Somebody comes to match between the confirmation and the freeze.
    world.import(ImportKind::Profiles, "user_id,group\np1,a\n").await;
    let world = World::on(world.keep_dir().await).await;
    let ended = over(&world, first.id).await;
    assert!(
        ended.jobs.iter().all(|job| job.state == JobState::Failed),
        "{ended:?}"
    );
    assert_eq!((ended.state, ended.counts.deleted), (PlanState::Failed, 0));
    let reason = ended.jobs[2].end_reason.clone().unwrap_or_default();
    let expected = format!(
        "Not begun: {}, an earlier job of the same plan, failed.",
        first.id.number()
    );
    assert!(reason.starts_with(&expected), "{reason}");
    world.comes_to("SELECT count(*) FROM job_targets", 0).await;
    assert_eq!(world.profiles().await, 300);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_limit_of_speed_holds_for_the_jobs_behind_too() {
    let (world, segment) = limited().await;
    let first = world.start(asked(segment)).await;
    world
        .engine
        .set_job_rate(&World::actor(), world.dataset, first.id, None)
        .await
        .expect("set");
    let ended = over(&world, first.id).await;
    assert!(ended.jobs.iter().all(|job| job.max_rate.is_none()));
    assert_eq!(ended.counts.deleted, PEOPLE);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fits_is_no_plan() {
    let (world, segment) = limited().await;
    let job = world.start(spec(segment, "A", PEOPLE)).await;
    assert_eq!(job.plan, None);
    let found = world.engine.plan(&World::actor(), world.dataset, job.id).await;
    assert_eq!(found.expect("a look"), None);
    world.finished(job.id).await;
    let alone = world
        .engine
        .cancel_job_alone(&World::actor(), world.dataset, job.id)
        .await;
    assert_eq!(code(alone), Some(Code::StateRefused));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_starts_a_plan_now_or_gives_it_quiet_hours_means_all_of_its_jobs() {
    let (world, segment) = limited().await;
    let (actor, ds) = (World::actor(), world.dataset);
    let wish = JobSpec {
        wait_seconds: 86_400,
        ..asked(segment)
    };
    let first = world.start(wish).await;
    world
        .until(first.id, |job| job.state == JobState::Scheduled)
        .await;
    let hours: QuietHours =
        serde_json::from_str(r#"{"from": "01:00", "to": "02:00", "zone": "UTC"}"#).expect("hours");
    let quiet = async || {
        let made = plan(&world, first.id).await;
        made.jobs
            .into_iter()
            .map(|job| job.quiet_hours)
            .collect::<Vec<_>>()
    };
    let set = world
        .engine
        .set_job_quiet_hours(&actor, ds, first.id, Some(hours.clone()));
    set.await.expect("set");
    assert_eq!(quiet().await, vec![Some(hours); 3]);
    let unset = world.engine.set_job_quiet_hours(&actor, ds, first.id, None);
    unset.await.expect("taken away");
    assert_eq!(quiet().await, vec![None; 3]);

    let now = world.engine.start_job_now(&actor, ds, first.id).await;
    now.expect("brought forward");
    let ended = over(&world, first.id).await;
    assert_eq!(decided(&ended), [(JobState::Completed, 50, 50); 3]);
    check(&world, PEOPLE).await;
    world.end().await;
}
