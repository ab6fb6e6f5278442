//! Deleted people who live again are found, by deletion, and who asked for it is told once; the list lets go of what has
//! ended.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    access::{Actor, Powers, Role},
    job::{Job, JobSpec, JobState},
    page::PageRequest,
    problem::Code,
    profile::IdentityKind,
    suppression::{NewSuppression, Recheck, Suppress, SuppressionId},
    time::Timestamp,
};
use engine::{
    Engine, HealthOptions,
    clock::{Clock, Hand},
    import::{ImportKind, ImportOptions},
};
use std::{io::Cursor, time::Duration};
use world::{World, spec};

async fn world() -> (World, Clock, Hand) {
    let start = Timestamp::parse_rfc3339("2026-06-15T12:00:00Z").expect("a moment");
    let (clock, hand) = Clock::movable(start);
    let world = World::with(clock, HealthOptions::default()).await;
    world.people(20).await;
    (world, clock, hand)
}

async fn deleted(world: &World, suppress: Suppress) -> Job {
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let asked = JobSpec {
        suppress,
        ..spec(segment, "A", 10)
    };
    let job = world.start(asked).await;
    let job = world.finished(job.id).await;
    assert_eq!(job.state, JobState::Completed);
    job
}

async fn come(world: &World, csv: &str) -> i64 {
    let input = Cursor::new(csv.as_bytes().to_vec());
    let (actor, options) = (World::actor(), ImportOptions::default());
    let done = world
        .engine
        .import(&actor, world.dataset, ImportKind::Profiles, options, input);
    done.await.expect("an import").created
}

async fn look(world: &World) -> Recheck {
    let looked = world.engine.recheck(&World::actor(), world.dataset).await;
    looked.expect("a look").remove(0)
}

async fn notices(engine: &Engine) -> Vec<String> {
    let page = engine.notices(&World::actor(), PageRequest::default()).await;
    let titles = page.expect("notices").items.into_iter().map(|it| it.title);
    titles.filter(|title| title.contains("live again")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_came_back_is_counted_by_deletion_and_told_of_once() {
    let (world, ..) = world().await;
    let job = deleted(&world, Suppress::Late).await;
    let first = look(&world).await;
    assert_eq!((first.identities, first.found, first.against), (20, 0, 0));
    assert!(first.finished_at.is_some() && first.by_source.is_empty());
    assert_eq!(
        come(&world, "user_id,email\np2,p2@example.com\np4,\nnew,\n").await,
        3
    );
    let second = look(&world).await;
    assert_eq!((second.identities, second.found, second.against), (20, 3, 0));
    let of_job: Vec<(i64, i64)> = second
        .by_source
        .iter()
        .map(|it| (it.source_id, it.found))
        .collect();
    assert_eq!(of_job, [(job.id.0, 3)]);
    look(&world).await;
    assert_eq!(
        notices(&world.engine).await,
        [format!(
            "{} “A”: 3 identities of deleted people live again",
            job.id.number()
        )]
    );
    world.end().await;
}

/// Somebody whose data is refused and who lives all the same has come by a hole in a door.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_came_back_against_the_list_is_told_apart() {
    let (world, ..) = world().await;
    deleted(&world, Suppress::Forever).await;
    assert_eq!(come(&world, "user_id\np2\n").await, 0);
    let hash = "SELECT hash FROM suppressions WHERE kind = 1 ORDER BY hash LIMIT 1";
    let hash: Vec<u8> = sqlx::query_scalar(hash)
        .fetch_one(&mut world.sql().await)
        .await
        .expect("a hash");
    let hole = "INSERT INTO identity_lookup SELECT 1, 1, $1, min(id) FROM profiles";
    sqlx::query(hole)
        .bind(hash)
        .execute(&mut world.sql().await)
        .await
        .expect("a hole");
    let found = look(&world).await;
    assert_eq!((found.found, found.against), (1, 1));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_look_goes_on_where_a_restart_cut_it_off() {
    let (world, ..) = world().await;
    deleted(&world, Suppress::Nothing).await;
    come(&world, "user_id\np2\n").await;
    // As a process leaves it that is killed after the first row of two.
    let cut =
        "INSERT INTO rechecks (dataset_id, asked_by, started_at, cursor, identities) SELECT 1, 'system', 5,
       json_array(source, source_id, no), 10 FROM erased ORDER BY source, source_id, no LIMIT 1";
    sqlx::query(cut)
        .execute(&mut world.sql().await)
        .await
        .expect("a look that was cut off");
    let rows = world.number("SELECT count(*) FROM erased").await;
    assert_eq!(rows, 2, "user ids and e-mails");
    let world = world.restart().await;
    for _ in 0..500 {
        if world
            .number("SELECT count(*) FROM rechecks WHERE finished_at IS NULL")
            .await
            == 0
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let whole =
        "SELECT count(*) FROM rechecks WHERE started_at = 5 AND identities = 20 AND finished_at IS NOT NULL";
    assert_eq!(world.number(whole).await, 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_is_taken_off_the_list_and_late_data_goes_on_being_refused() {
    let (world, clock, hand) = world().await;
    deleted(&world, Suppress::Late).await;
    assert_eq!(
        come(&world, "user_id,email,group\np2,p2@example.com,a\n").await,
        1
    );
    let again = world.segment("Again", "attr.group = \"a\"").await;
    let asked = JobSpec {
        suppress: Suppress::Days30,
        ..spec(again, "Again", 1)
    };
    let job = world.start(asked).await;
    world.finished(job.id).await;
    let all = "SELECT count(*) FROM suppressions WHERE refuses = 'all' AND late_until IS NOT NULL";
    assert_eq!(world.number(all).await, 2);
    hand.forward(Duration::from_secs(31 * 86_400));
    let world = World::at(world.keep_dir().await, clock, HealthOptions::default()).await;
    let left = "SELECT count(*) FROM suppressions WHERE refuses = 'late' AND late_until IS NULL";
    until(&world, left, 20).await;
    assert_eq!(world.number("SELECT count(*) FROM suppression_sources").await, 1);
    world.end().await;
}

async fn until(world: &World, sql: &'static str, number: i64) {
    for _ in 0..500 {
        if world.number(sql).await == number {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(world.number(sql).await, number);
}

fn somebody(role: Role) -> Actor {
    Actor {
        name: "eve".to_owned(),
        powers: Powers::Person { role },
        dataset: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_entered_by_hand_found_and_lifted_with_a_reason_by_whom_it_may() {
    let (world, ..) = world().await;
    let officer = somebody(Role::Privacy);
    let new = NewSuppression {
        kind: IdentityKind::Email,
        identity: " Ada@Example.com ".to_owned(),
        days: None,
        note: "asked by letter".to_owned(),
    };
    let (engine, dataset) = (&world.engine, world.dataset);
    let refused = engine.suppress(&somebody(Role::Editor), dataset, &new).await;
    assert_eq!(refused.map_err(|e| e.into_problem().code), Err(Code::Forbidden));
    let entered = engine.suppress(&officer, dataset, &new).await.expect("entered");
    assert_eq!(entered.added_by.as_deref(), Some("eve"));
    assert_eq!(come(&world, "user_id,email\nada,ada@example.com\n").await, 0);
    let found = engine
        .find_suppressions(&officer, dataset, "ada@example.com")
        .await;
    let found = found.expect("found");
    assert_eq!(
        found.iter().map(|it| (it.id, it.stopped)).collect::<Vec<_>>(),
        [(entered.id, 1)]
    );
    let lift =
        |id: SuppressionId, reason: &'static str| engine.lift_suppression(&officer, dataset, id, reason);
    let refused = lift(entered.id, " ").await.map_err(|e| e.into_problem().field);
    assert_eq!(refused, Err(Some("reason".to_owned())));
    lift(entered.id, "she is a customer again").await.expect("lifted");
    assert_eq!(come(&world, "user_id,email\nada,ada@example.com\n").await, 1);
    let audit: String = sqlx::query_scalar(
        "SELECT group_concat(action || object || detail) FROM audit WHERE action LIKE 'suppression.%'",
    )
    .fetch_one(&mut world.sql().await)
    .await
    .expect("the audit");
    assert!(
        audit.contains("suppression.add") && audit.contains("customer again"),
        "{audit}"
    );
    assert!(!audit.to_lowercase().contains("ada@"), "no identity in {audit}");
    world.end().await;
}
