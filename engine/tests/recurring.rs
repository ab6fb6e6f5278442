//! Recurring deletions with the real loop and runner, by a clock that the test moves: due once, up to the ceiling, in the name of
//! who confirmed it, and honest about what was missed.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on says why and ends"
)]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    access::{Actor, Powers, Role},
    id::{RecurringId, SegmentId},
    job::{JobState, OnActiveCampaign},
    notice::NoticeKind,
    page::PageRequest,
    problem::Code,
    recurring::{Recurrence, RecurringJob, RecurringRun, RecurringSpec, RunOutcome},
    segment::{SegmentChange, SegmentState},
    time::Timestamp,
};
use engine::{
    Error, HealthOptions, Idempotency,
    clock::{Clock, Hand},
    import::ImportKind,
};
use std::time::Duration;
use world::{World, spec};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect(text)
}

fn ada() -> Actor {
    Actor {
        name: "ada".to_owned(),
        powers: Powers::Person {
            role: Role::Administrator,
        },
        dataset: None,
    }
}

/// A world in which ada and root administer, with 20 people, ten of them in the segment A.
async fn stage(now: &str) -> (World, Hand, SegmentId) {
    let (clock, hand) = Clock::movable(at(now));
    let world = World::with(clock, HealthOptions::default()).await;
    for name in ["ada", "root"] {
        let root = World::actor();
        let made = world
            .engine
            .create_user(&root, name, Role::Administrator, None, "correct horse");
        made.await.expect("a user");
    }
    world.people(20).await;
    let id = world.segment("A", "attr.group = \"a\"").await;
    (world, hand, id)
}

fn standing(id: SegmentId, every: &str, day: &str, ceiling: i64) -> RecurringSpec {
    RecurringSpec {
        segment_id: id,
        recurrence: Recurrence::read(every, "monday", day, "03:00", "UTC").expect("a recurrence"),
        consent: true,
        confirm_name: "A".to_owned(),
        ceiling,
        plan_hash: None,
        enable_after: true,
        on_active_campaign: OnActiveCampaign::Block,
        max_rate: None,
        quiet_hours: None,
        reason: None,
        suppress: domain::suppression::Suppress::Late,
    }
}

async fn confirm(world: &World, spec: RecurringSpec) -> RecurringJob {
    let made = world.engine.create_recurring(&ada(), world.dataset, spec).await;
    made.expect("a recurring deletion")
}

async fn runs(world: &World, id: RecurringId) -> Vec<RecurringRun> {
    let page = PageRequest::default();
    let found = world.engine.recurring_runs(&ada(), world.dataset, id, page).await;
    found.expect("runs").items
}

/// Waits until the newest of `n` runs satisfies the condition.
async fn until(
    world: &World,
    id: RecurringId,
    n: usize,
    what: impl Fn(&RecurringRun) -> bool,
) -> RecurringRun {
    for _ in 0..3_000 {
        let all = runs(world, id).await;
        if all.len() == n && what(&all[0]) {
            return all[0].clone();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never got there: {:?}", runs(world, id).await);
}

async fn newcomers(world: &World, ids: &[&str]) {
    let rows: String = ids
        .iter()
        .map(|id| format!("{id},{id}@example.com,a\n"))
        .collect();
    world
        .import(ImportKind::Profiles, &format!("user_id,email,group\n{rows}"))
        .await;
}

async fn kinds(world: &World) -> Vec<NoticeKind> {
    let found = world.engine.notices(&ada(), PageRequest::default()).await;
    found
        .expect("notices")
        .items
        .into_iter()
        .map(|notice| notice.kind)
        .collect()
}

async fn refused(world: &World, spec: RecurringSpec) -> Code {
    match world.engine.create_recurring(&ada(), world.dataset, spec).await {
        Err(Error::Problem(problem)) => problem.code,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_matches_then_goes_each_time_and_the_segment_is_enabled_again() {
    let (world, hand, id) = stage("2026-01-10T00:30:00Z").await;
    let it = confirm(&world, standing(id, "day", "", 12)).await;
    assert_eq!(
        (it.confirmed_count, it.next_at),
        (10, Some(at("2026-01-10T03:00:00Z")))
    );
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert!(runs(&world, it.id).await.is_empty(), "not before its time");

    hand.forward(HOUR * 3);
    let first = until(&world, it.id, 1, |run| run.enabled_at.is_some()).await;
    assert_eq!(
        (first.due_at, first.matched, first.deleted),
        (at("2026-01-10T03:00:00Z"), Some(10), Some(10))
    );
    assert_eq!(first.job_state, Some(JobState::Completed));
    let segment = world
        .engine
        .segment(&ada(), world.dataset, id)
        .await
        .expect("the segment");
    assert_eq!(segment.state, SegmentState::Enabled);

    newcomers(&world, &["n1", "n2"]).await;
    hand.forward(DAY);
    let second = until(&world, it.id, 2, |run| run.enabled_at.is_some()).await;
    assert_eq!(
        (second.due_at, second.deleted),
        (at("2026-01-11T03:00:00Z"), Some(2))
    );
    hand.forward(DAY);
    let third = until(&world, it.id, 3, |run| run.outcome == RunOutcome::Nobody).await;
    assert_eq!((third.matched, third.job), (Some(0), None));

    let jobs = world
        .engine
        .jobs(&ada(), world.dataset, None, PageRequest::default())
        .await
        .expect("jobs");
    assert_eq!(jobs.items.len(), 2);
    assert!(
        jobs.items
            .iter()
            .all(|job| job.requested_by == "ada" && job.reason.as_deref() == Some("Recurring deletion R-1"))
    );
    assert_eq!(kinds(&world).await, [NoticeKind::JobEnded, NoticeKind::JobEnded]);
    let enabled = "SELECT count(*) FROM audit WHERE action = 'recurring.segment_enabled'";
    assert_eq!(world.number(enabled).await, 2);

    world
        .engine
        .stop_recurring(&ada(), world.dataset, it.id)
        .await
        .expect("stopped");
    hand.forward(DAY);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(runs(&world, it.id).await.len(), 3, "nothing is due any more");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_segment_stays_disabled_the_next_run_is_refused_until_somebody_enables_it() {
    let (world, hand, id) = stage("2026-01-10T02:59:00Z").await;
    let mut spec = standing(id, "day", "", 12);
    spec.enable_after = false;
    let it = confirm(&world, spec).await;
    hand.forward(HOUR);
    until(&world, it.id, 1, |run| run.job_state == Some(JobState::Completed)).await;
    newcomers(&world, &["n1"]).await;
    hand.forward(DAY);
    let second = until(&world, it.id, 2, |run| run.outcome == RunOutcome::Refused).await;
    assert!(second.note.is_some_and(|note| note.contains("disabled")));
    assert_eq!(world.profiles().await, 11, "n1 is still there");
    assert_eq!(kinds(&world).await[0], NoticeKind::RunRefused);
    world
        .engine
        .enable_segment(&ada(), world.dataset, id)
        .await
        .expect("enabled");
    hand.forward(DAY);
    let third = until(&world, it.id, 3, |run| run.job_state == Some(JobState::Completed)).await;
    assert_eq!((third.deleted, third.enabled_at), (Some(1), None));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn above_the_ceiling_nobody_is_deleted() {
    let (world, hand, id) = stage("2026-01-31T02:59:00Z").await;
    let it = confirm(&world, standing(id, "month", "31", 9)).await;
    hand.forward(HOUR);
    let run = until(&world, it.id, 1, |run| run.outcome == RunOutcome::Refused).await;
    assert_eq!((run.matched, run.job), (Some(10), None));
    assert!(run.note.is_some_and(|note| note.contains("at most 9")));
    assert_eq!(world.profiles().await, 20);
    assert_eq!(world.number("SELECT count(*) FROM jobs").await, 0);
    assert_eq!(kinds(&world).await, [NoticeKind::RunRefused]);
    let it = world
        .engine
        .recurring_job(&ada(), world.dataset, it.id)
        .await
        .expect("still there");
    assert_eq!(
        it.next_at,
        Some(at("2026-02-28T03:00:00Z")),
        "the last day of a shorter month"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_place_is_waited_for() {
    let (world, hand, id) = stage("2026-01-10T02:59:00Z").await;
    let other = world.segment("B", "attr.group = \"b\"").await;
    let mut slow = spec(other, "B", 10);
    slow.max_rate = Some(1);
    let slow = world.start(slow).await.id;
    let it = confirm(&world, standing(id, "day", "", 12)).await;
    hand.forward(HOUR);
    until(&world, it.id, 1, |run| run.job_state == Some(JobState::Queued)).await;
    world
        .engine
        .cancel_job(&ada(), world.dataset, slow)
        .await
        .expect("cancelled");
    let run = until(&world, it.id, 1, |run| run.enabled_at.is_some()).await;
    assert_eq!(run.deleted, Some(10));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_no_longer_delete_no_longer_deletes() {
    let (world, hand, id) = stage("2026-01-10T02:59:00Z").await;
    let it = confirm(&world, standing(id, "day", "", 12)).await;
    world
        .engine
        .disable_user(&World::actor(), "ada")
        .await
        .expect("disabled");
    hand.forward(HOUR);
    let run = until(&world, it.id, 1, |run| run.outcome == RunOutcome::Refused).await;
    assert!(run.note.is_some_and(|note| note.contains("can no longer log in")));
    let it = world
        .engine
        .recurring_job(&ada(), world.dataset, it.id)
        .await
        .expect("still there");
    assert!(it.next_at.is_none() && it.stopped_by.as_deref() == Some("system") && it.stop_reason.is_some());
    assert_eq!(kinds(&world).await, [NoticeKind::RecurringStopped]);
    assert_eq!(world.profiles().await, 20);

    // A token that was given too small a scope, by the way of REST.
    let token = world
        .engine
        .create_token(&World::actor(), "t", None, domain::access::Scope::Bulk)
        .await
        .expect("a token");
    let bulk = world
        .engine
        .authenticate_token(&token.key_id, &token.secret)
        .await
        .expect("asked")
        .expect("let in");
    let made = world
        .engine
        .create_recurring(&bulk, world.dataset, standing(id, "day", "", 12))
        .await
        .expect("made");
    world
        .engine
        .revoke_token(&World::actor(), &token.key_id)
        .await
        .expect("revoked");
    hand.forward(DAY);
    until(&world, made.id, 1, |run| run.outcome == RunOutcome::Refused).await;
    assert_eq!(world.profiles().await, 20);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_rule_was_not_confirmed_not_even_behind_another_segment() {
    let (world, hand, id) = stage("2026-01-10T02:59:00Z").await;
    let built = world.segment("Built", "in segment \"A\" and email is set").await;
    let mut spec = standing(built, "day", "", 20);
    spec.confirm_name = "Built".to_owned();
    let it = confirm(&world, spec).await;
    let wider = SegmentChange {
        name: None,
        rule: Some("attr.group is set".to_owned()),
    };
    world
        .engine
        .update_segment(&ada(), world.dataset, id, wider)
        .await
        .expect("changed");
    hand.forward(HOUR);
    let run = until(&world, it.id, 1, |run| run.outcome == RunOutcome::Refused).await;
    assert!(
        run.note
            .is_some_and(|note| note.contains("not the one that was confirmed"))
    );
    assert_eq!(world.profiles().await, 20);
    assert_eq!(kinds(&world).await, [NoticeKind::RecurringStopped]);
    // A new name is not a new rule.
    let it = confirm(&world, standing(id, "day", "", 20)).await;
    let renamed = SegmentChange {
        name: Some("Renamed".to_owned()),
        rule: None,
    };
    world
        .engine
        .update_segment(&ada(), world.dataset, id, renamed)
        .await
        .expect("renamed");
    hand.forward(DAY);
    until(&world, it.id, 1, |run| run.job_state == Some(JobState::Completed)).await;
    assert_eq!(world.profiles().await, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_made_up_for_once_or_skipped_and_said() {
    let (world, _, id) = stage("2026-01-10T00:30:00Z").await;
    let other = world.segment("B", "attr.group = \"b\"").await;
    let daily = confirm(&world, standing(id, "day", "", 12)).await;
    let mut spec = standing(other, "month", "10", 12);
    spec.confirm_name = "B".to_owned();
    let monthly = confirm(&world, spec).await;
    let dir = world.keep_dir().await;
    let (clock, _) = Clock::movable(at("2026-01-13T12:00:00Z"));
    let world = World::at(dir, clock, HealthOptions::default()).await;
    let run = until(&world, daily.id, 1, |run| run.enabled_at.is_some()).await;
    assert_eq!((run.due_at, run.deleted), (at("2026-01-13T03:00:00Z"), Some(10)));
    assert!(run.note.is_some_and(|note| note.contains("10 Jan 2026, 03:00 (UTC)") && note.contains("makes up for it")));
    let run = until(&world, monthly.id, 1, |run| run.outcome == RunOutcome::Skipped).await;
    assert!(run.note.is_some_and(|note| note.contains("for more than a day")));
    assert_eq!(world.profiles().await, 10, "nobody of B was deleted");
    assert!(kinds(&world).await.contains(&NoticeKind::RunSkipped));
    let next = world
        .engine
        .recurring_job(&ada(), world.dataset, monthly.id)
        .await
        .expect("still there")
        .next_at;
    assert_eq!(next, Some(at("2026-02-10T03:00:00Z")));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_started_and_not_written_down_is_found_again() {
    let (world, _, id) = stage("2026-01-10T02:00:00Z").await;
    let it = confirm(&world, standing(id, "day", "", 12)).await;
    // What a process leaves that is killed between starting the job and writing the run down.
    let key = format!("recurring:{}:{}", it.id, at("2026-01-10T03:00:00Z").ms());
    let once = Idempotency {
        body_hash: *blake3::hash(key.as_bytes()).as_bytes(),
        key,
    };
    let mut wish = spec(id, "A", 10);
    wish.queue = true;
    let job = world
        .engine
        .start_job(&ada(), world.dataset, wish, Some(once))
        .await
        .expect("a job")
        .job();
    world.finished(job.id).await;
    let dir = world.keep_dir().await;
    let (clock, _) = Clock::movable(at("2026-01-10T04:00:00Z"));
    let world = World::at(dir, clock, HealthOptions::default()).await;
    let run = until(&world, it.id, 1, |run| run.enabled_at.is_some()).await;
    assert_eq!((run.job, run.outcome), (Some(job.id), RunOutcome::Started));
    assert_eq!(
        world.number("SELECT count(*) FROM jobs").await,
        1,
        "no second job"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_confirmed_properly_is_refused_and_one_segment_has_one() {
    let (world, _, id) = stage("2026-01-10T02:00:00Z").await;
    let good = || standing(id, "day", "", 12);
    let mut bad = good();
    bad.consent = false;
    assert_eq!(refused(&world, bad).await, Code::ConsentRequired);
    let mut bad = good();
    bad.confirm_name = "a".to_owned();
    assert_eq!(refused(&world, bad).await, Code::NameMismatch);
    let mut bad = good();
    bad.ceiling = 0;
    assert_eq!(refused(&world, bad).await, Code::CountInvalid);
    let mut bad = good();
    bad.recurrence.zone = "Mars/Olympus".to_owned();
    assert_eq!(refused(&world, bad).await, Code::Invalid);
    let everyone = world
        .segment("Everyone", "user_id is set or user_id is not set")
        .await;
    let mut bad = good();
    bad.segment_id = everyone;
    bad.confirm_name = "Everyone".to_owned();
    assert_eq!(refused(&world, bad).await, Code::ForceRequired);

    let made = confirm(&world, good()).await;
    assert_eq!(
        confirm(&world, good()).await.id,
        made.id,
        "a form that is sent twice"
    );
    assert_eq!(
        refused(&world, standing(id, "day", "", 13)).await,
        Code::RecurringExists
    );
    world
        .engine
        .stop_recurring(&ada(), world.dataset, made.id)
        .await
        .expect("stopped");
    confirm(&world, standing(id, "day", "", 13)).await;
    world
        .engine
        .disable_segment(&ada(), world.dataset, id)
        .await
        .expect("disabled");
    let second = world
        .engine
        .recurring_of_segment(&ada(), world.dataset, id)
        .await
        .expect("found")
        .expect("one");
    world
        .engine
        .stop_recurring(&ada(), world.dataset, second.id)
        .await
        .expect("stopped");
    assert_eq!(refused(&world, good()).await, Code::SegmentDisabled);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_several_jobs_is_settled_when_the_last_of_them_is_over() {
    let (world, hand, id) = stage("2026-01-10T02:59:00Z").await;
    let limited = world.engine.set_job_seconds_max(&ada(), Some(1)).await;
    limited.expect("a limit");
    let mut spec = standing(id, "day", "", 12);
    // At 4 a second the ten people take two and a half seconds, so three jobs.
    spec.max_rate = Some(4);
    let it = confirm(&world, spec).await;
    hand.forward(HOUR);
    let first = until(&world, it.id, 1, |run| run.job.is_some()).await;
    world.finished(first.job.expect("a job")).await;
    let between = &runs(&world, it.id).await[0];
    assert!(between.job_state.is_some_and(|state| !state.terminal()));
    let settled = "SELECT count(*) FROM recurring_runs WHERE settled_at IS NOT NULL";
    assert_eq!(world.number(settled).await, 0, "two jobs are still to come");
    let done = until(&world, it.id, 1, |run| run.enabled_at.is_some()).await;
    let whole = (done.job_state, done.deleted, done.note);
    assert_eq!(whole, (Some(JobState::Completed), Some(10), None));
    assert_eq!(world.number("SELECT count(*) FROM jobs").await, 3);
    world.end().await;
}
