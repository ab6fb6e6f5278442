//! Erasing single persons: from store and warehouse at once, also when a bulk deletion has left a copy behind or is at work,
//! and with no byte of them left in any file.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]

mod bytes;
#[expect(dead_code, reason = "each test file uses a part of it")]
mod handed_out;
#[expect(dead_code, reason = "a part of it is used here")]
mod remains;
#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use bytes::readable;
use domain::{
    access::{Actor, Powers, Role, Scope},
    export::Format,
    hold::HoldSpec,
    job::{JobState, JobStatus},
    privacy::{ErasureDone, PersonRecord},
    problem::Code,
};
use engine::{Error, import::ImportKind};
use futures_util::TryStreamExt as _;
use std::time::Duration;
use world::{World, begun, spec};

async fn erase(world: &World, identities: &[&str]) -> ErasureDone {
    let identities: Vec<String> = identities.iter().map(|text| (*text).to_owned()).collect();
    world
        .engine
        .erase_people(&World::actor(), world.dataset, &identities, None)
        .await
        .expect("erased")
}

async fn record(world: &World, identity: &str) -> Option<PersonRecord> {
    world
        .engine
        .person_record(&World::actor(), world.dataset, identity)
        .await
        .expect("looked up")
}

/// Waits until the warehouse has everything.
async fn copied(world: &World) {
    for _ in 0..1_000 {
        let state = world.engine.warehouse(&World::actor(), world.dataset).await;
        let state = state.expect("the warehouse");
        if state.watermark == state.newest {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the copy never caught up");
}

/// Waits until every erasure is scrubbed.
async fn scrubbed(world: &World) {
    for _ in 0..6_000 {
        if world
            .number("SELECT count(*) FROM erasures WHERE scrubbed_at IS NULL")
            .await
            == 0
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("an erasure was never scrubbed");
}

/// One number out of the warehouse's file.
async fn in_warehouse(world: &World, sql: &'static str) -> i64 {
    use sqlx::ConnectOptions as _;
    let mut conn = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(world.dir.path().join("warehouse.db"))
        .busy_timeout(Duration::from_secs(20))
        .connect()
        .await
        .expect("a second connection");
    sqlx::query_scalar(sql).fetch_one(&mut conn).await.expect(sql)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_named_goes_from_both_and_a_second_time_there_is_nobody() {
    let world = World::new().await;
    world.people(6).await;
    copied(&world).await;
    let known = record(&world, "P3@example.com").await.expect("known by e-mail");
    assert_eq!((known.store.len(), known.warehouse.len()), (1, 1));
    assert_eq!(known.store[0].events.len(), 3);
    assert_eq!(known.warehouse[0].events, known.store[0].events);
    assert!(!known.warehouse[0].gone_from_store);

    // p2 twice, by two identities; and one whom nobody knows.
    let done = erase(
        &world,
        &["p1", "p2", "p2@example.com", "p3@example.com", "nobody"],
    )
    .await;
    let all = ErasureDone {
        requested: 5,
        deleted: 3,
        held: 0,
        profiles: 3,
        events: 9,
        warehouse_profiles: 3,
        warehouse_events: 9,
    };
    assert_eq!(done, all);
    assert_eq!(world.profiles().await, 3);
    for sql in [
        "SELECT count(*) FROM profiles",
        "SELECT count(DISTINCT profile_id) FROM events",
    ] {
        assert_eq!(in_warehouse(&world, sql).await, 3, "{sql}");
    }
    assert_eq!(world.number("SELECT count(*) FROM identity_lookup").await, 6);
    assert!(record(&world, "p2").await.is_none());
    let again = erase(&world, &["p1", "p2", "p3"]).await;
    assert_eq!((again.requested, again.deleted, again.events), (3, 0, 0));
    // User id and e-mail of three people: 16 bytes each, and not let in again.
    assert_eq!(
        world
            .number("SELECT sum(length(hashes)) FROM erased WHERE source = 'request'")
            .await,
        96
    );
    assert_eq!(
        world
            .number("SELECT count(*) FROM suppressions WHERE refuses = 'all' AND ends_at IS NULL")
            .await,
        6
    );
    let named = "SELECT count(*) FROM audit WHERE detail LIKE '%example%' OR detail LIKE '%p2%' OR object LIKE '%p2%'";
    assert_eq!(world.number(named).await, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_a_bulk_deletion_left_is_found_and_goes_with_its_count() {
    let world = World::new().await;
    world.people(8).await;
    copied(&world).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let job = world.start(spec(segment, "A", 4)).await;
    let job = world.finished(job.id).await;
    assert_eq!(job.counts.deleted, 4);
    let left = record(&world, "p4").await.expect("the copy");
    assert!(left.store.is_empty() && left.warehouse.len() == 1);
    assert_eq!(left.warehouse[0].deleted_by, Some(job.id));
    assert_eq!(left.warehouse[0].events.len(), 3);

    let done = erase(&world, &["p4"]).await;
    assert_eq!((done.deleted, done.events), (1, 0));
    assert_eq!((done.warehouse_profiles, done.warehouse_events), (1, 3));
    assert_eq!(erase(&world, &["p4"]).await.deleted, 0);
    assert!(record(&world, "p4").await.is_none());
    let kept = world.job(job.id).await.warehouse_kept.expect("what is kept");
    assert_eq!((kept.profiles, kept.events), (3, 9));

    // What a release without tags has marked is found as well, and so is somebody who came back meanwhile.
    use sqlx::ConnectOptions as _;
    let mut conn = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(world.dir.path().join("warehouse.db"))
        .connect()
        .await
        .expect("a second connection");
    sqlx::query("DELETE FROM deleted_tags")
        .execute(&mut conn)
        .await
        .expect("without tags");
    drop(conn);
    world
        .import(ImportKind::Profiles, "user_id,email\np6,new@example.com\n")
        .await;
    copied(&world).await;
    let both = record(&world, "new@example.com").await.expect("known");
    assert_eq!((both.store.len(), both.warehouse.len()), (1, 2), "by the user id");
    let done = erase(&world, &["new@example.com"]).await;
    assert_eq!((done.deleted, done.warehouse_profiles), (1, 2));
    assert!(record(&world, "p6@example.com").await.is_none());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_person_who_had_the_same_address_before_keeps_their_copy() {
    let world = World::new().await;
    let old = "user_id,email,group\nold,shared@example.com,a\n";
    world.import(ImportKind::Profiles, old).await;
    copied(&world).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let job = world.start(spec(segment, "A", 1)).await;
    world.finished(job.id).await;
    let new = "user_id,email,group\nnew,shared@example.com,b\n";
    world.import(ImportKind::Profiles, new).await;
    copied(&world).await;
    assert_eq!(erase(&world, &["new"]).await.warehouse_profiles, 1);
    assert!(record(&world, "old").await.is_some());
    // Who is asked for by the address itself is everybody who had it.
    assert_eq!(erase(&world, &["shared@example.com"]).await.deleted, 1);
    assert!(record(&world, "old").await.is_none());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_list_of_a_running_job_they_go_at_once_before_and_after_their_turn() {
    let world = World::new().await;
    world.people(400).await;
    copied(&world).await;
    let segment = world.segment("All", "email is set").await;
    let mut wish = spec(segment, "All", 400);
    (wish.force, wish.max_rate) = (true, Some(40));
    let job = world.start(wish).await;
    world.until(job.id, begun).await;
    // The first in order are gone from the store, the last still wait.
    let done = erase(&world, &["p1", "p400"]).await;
    assert_eq!((done.deleted, done.warehouse_profiles), (2, 2));
    assert_eq!(done.warehouse_events, 6);
    assert_eq!(world.job(job.id).await.state, JobState::Deleting, "it still runs");
    for person in ["p1", "p400"] {
        assert!(record(&world, person).await.is_none(), "{person}");
    }
    world
        .engine
        .set_job_rate(&World::actor(), world.dataset, job.id, None)
        .await
        .expect("faster");
    let job = world.finished(job.id).await;
    assert_eq!(job.state, JobState::Completed);
    assert_eq!((job.counts.deleted, job.counts.gone), (399, 1));
    assert_eq!(in_warehouse(&world, "SELECT count(*) FROM profiles").await, 398);
    let kept = job.warehouse_kept.expect("what is kept");
    assert_eq!((kept.profiles, kept.events), (398, 1_194));
    world.end().await;
}

/// From the sweep on the look-up names nobody whom the job has deleted, and the warehouse's marks come at its end. In between
/// a job is caught by somebody's long look at the file, which keeps its scrub from emptying the log.
async fn between_look_up_and_marks(people: usize, rule: &str, matched: i64, points: i64) {
    let world = World::new().await;
    world.people(people).await;
    copied(&world).await;
    let segment = world.segment("Some", rule).await;
    let mut look = world.sql().await;
    sqlx::query("BEGIN").execute(&mut look).await.expect("a look");
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM profiles")
        .fetch_one(&mut look)
        .await
        .expect("counted");
    assert_eq!(usize::try_from(seen), Ok(people));
    let mut wish = spec(segment, "Some", matched);
    wish.force = true;
    let job = world.start(wish).await;
    world.until(job.id, |job| job.state == JobState::Scrubbing).await;
    assert_eq!(world.number("SELECT point_deletes FROM jobs").await, points);
    // By either identity; and somebody who stays, and nobody.
    let done = erase(&world, &["p2", "P4@example.com", "p5", "nobody"]).await;
    let stays = i64::from(matched < seen);
    assert_eq!((done.requested, done.deleted), (4, 3), "{done:?}");
    assert_eq!(done.profiles, stays);
    assert_eq!(
        (done.warehouse_profiles, done.warehouse_events),
        (3, 9),
        "{done:?}"
    );
    assert_eq!(
        world.job(job.id).await.state,
        JobState::Scrubbing,
        "it is not marked"
    );
    for person in ["p2", "p4", "p5"] {
        assert!(record(&world, person).await.is_none(), "{person}");
    }
    sqlx::query("ROLLBACK").execute(&mut look).await.expect("looked");
    let job = world.finished(job.id).await;
    assert_eq!(job.state, JobState::Completed, "{job:?}");
    assert_eq!(world.number("SELECT count(*) FROM erased_people").await, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_found_between_the_sweep_of_its_job_and_the_end() {
    between_look_up_and_marks(40, "email is set", 40, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_is_one_whose_entries_went_with_the_batch() {
    between_look_up_and_marks(400, "user_id in (\"p2\", \"p3\", \"p4\")", 3, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_job_has_looked_at_already_is_gone_for_it() {
    let world = World::new().await;
    world.people(200).await;
    copied(&world).await;
    let segment = world.segment("All", "email is set").await;
    let mut wish = spec(segment, "All", 200);
    (wish.force, wish.max_rate) = (true, Some(40));
    let job = world.start(wish).await;
    world.until(job.id, begun).await;
    let asked = world
        .engine
        .pause_job(&World::actor(), world.dataset, job.id)
        .await;
    asked.expect("a pause");
    let paused = world.until(job.id, |job| job.status == JobStatus::Paused).await;
    // The next in order, whom the runner has read ahead.
    let next: Vec<String> = (1..=5)
        .map(|n| format!("p{}", paused.counts.deleted + n))
        .collect();
    let next: Vec<&str> = next.iter().map(String::as_str).collect();
    assert_eq!(erase(&world, &next).await.deleted, 5);
    let asked = world
        .engine
        .resume_job(&World::actor(), world.dataset, job.id)
        .await;
    asked.expect("it goes on");
    let asked = world
        .engine
        .set_job_rate(&World::actor(), world.dataset, job.id, None)
        .await;
    asked.expect("faster");
    let job = world.finished(job.id).await;
    assert_eq!((job.counts.deleted, job.counts.gone), (195, 5), "{job:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_very_many_events_goes_bit_by_bit_and_all_of_it_is_counted() {
    let world = World::new().await;
    world.people(3).await;
    let mut events = String::from("user_id,event,timestamp\n");
    for second in 0..12_001 {
        let at = domain::time::Timestamp::from_ms(1_767_000_000_000 + second * 1_000).to_rfc3339();
        events.push_str(&format!("p2,visit,{at}\n"));
    }
    world.import(ImportKind::Events, &events).await;
    copied(&world).await;
    let done = erase(&world, &["p1", "p2"]).await;
    let all = ErasureDone {
        requested: 2,
        deleted: 2,
        held: 0,
        profiles: 2,
        events: 12_007,
        warehouse_profiles: 2,
        warehouse_events: 12_007,
    };
    assert_eq!(done, all);
    assert_eq!(world.number("SELECT count(*) FROM events").await, 3);
    assert_eq!(world.number("SELECT events FROM erasures").await, 12_007);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_held_stays_and_counts_as_held() {
    let world = World::new().await;
    world.people(4).await;
    copied(&world).await;
    let hold = HoldSpec {
        name: "Case 7".to_owned(),
        reason: "Letter of the court".to_owned(),
        people: vec!["p2".to_owned()],
        rule: None,
    };
    world
        .engine
        .create_hold(&World::actor(), world.dataset, hold)
        .await
        .expect("a hold");
    let done = erase(&world, &["p1", "p2"]).await;
    assert_eq!((done.requested, done.deleted, done.held), (2, 1, 1));
    let held = record(&world, "p2").await.expect("still there");
    assert_eq!(held.store[0].holds, ["Case 7"]);
    assert_eq!(held.warehouse.len(), 1);
    assert!(record(&world, "p1").await.is_none());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_them_is_left_in_store_warehouse_log_and_exports() {
    let world = World::new().await;
    let exported = "user_id,email,group\nx1,x1@export.example,x\nx2,x2@export.example,x\n";
    world.import(ImportKind::Profiles, exported).await;
    copied(&world).await;
    let segment = world.segment("Exported", "attr.group = \"x\"").await;
    let mut wish = spec(segment, "Exported", 2);
    wish.export = true;
    let job = world.start(wish).await;
    assert_eq!(world.finished(job.id).await.counts.deleted, 2);
    // After the job's own scrub, so that copies of their rows lie in the gaps of the store's pages.
    remains::moved_about(&world, 120).await;
    copied(&world).await;
    // All who go, and one of the two in the export.
    let mut names: Vec<String> = (1..=60).map(|i| format!("p{}", i * 2)).collect();
    names.push("x1@export.example".to_owned());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert!(
        readable(world.dir.path(), b"@goes.example") > 0,
        "the test can fail"
    );
    assert_eq!(erase(&world, &names).await.deleted, 61);
    scrubbed(&world).await;
    for text in [&b"@goes.example"[..], b"x1@export"] {
        assert_eq!(readable(world.dir.path(), text), 0);
    }
    assert!(
        readable(world.dir.path(), b"x2@export") > 0,
        "in export and warehouse"
    );
    assert_eq!(world.number("SELECT count(*) FROM erasure_people").await, 0);

    let file = world
        .engine
        .export(&World::actor(), world.dataset, job.id, Format::Csv)
        .await
        .expect("the export");
    let pieces: Vec<Vec<u8>> = file.rows.try_collect().await.expect("read");
    let text = String::from_utf8(pieces.concat()).expect("text");
    assert_eq!(text.lines().count(), 2, "the header and one person: {text}");
    let export = world.job(job.id).await.export.expect("an export");
    assert_eq!(export.people, 1);
    assert!(world.dir.path().join("exports").exists());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_left_undone_the_next_one_finishes() {
    let world = World::idle().await;
    world.people(3).await;
    assert_eq!(erase(&world, &["p2"]).await.deleted, 1);
    // As if it had been killed before the warehouse's part.
    let mut conn = world.sql().await;
    for sql in [
        "UPDATE erasures SET warehouse_at = NULL, warehouse_profiles = 0",
        "INSERT INTO erasure_people SELECT 1, id FROM profiles WHERE id = (SELECT min(id) FROM profiles) AND 0",
    ] {
        sqlx::query(sql).execute(&mut conn).await.expect(sql);
    }
    drop(conn);
    let world = world.restart().await;
    scrubbed(&world).await;
    let noted = "SELECT count(*) FROM audit WHERE action = 'privacy.scrubbed'";
    assert_eq!(world.number(noted).await, 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_for_whom_it_is_their_office_may() {
    let world = World::new().await;
    world.people(2).await;
    let person = |role| Actor {
        name: "somebody".to_owned(),
        powers: Powers::Person { role },
        dataset: None,
    };
    let token = |scope| Actor {
        name: "token:x".to_owned(),
        powers: Powers::Token { scope },
        dataset: None,
    };
    let names = ["p1".to_owned()];
    for actor in [
        person(Role::Approver),
        person(Role::Editor),
        person(Role::Viewer),
        token(Scope::Bulk),
        token(Scope::Read),
        token(Scope::Ingest),
    ] {
        let refused = world
            .engine
            .erase_people(&actor, world.dataset, &names, None)
            .await;
        assert!(matches!(refused, Err(Error::Problem(p)) if p.code == Code::Forbidden));
        let refused = world.engine.person_record(&actor, world.dataset, "p1").await;
        assert!(matches!(refused, Err(Error::Problem(p)) if p.code == Code::Forbidden));
    }
    for actor in [
        person(Role::Privacy),
        person(Role::Administrator),
        token(Scope::Privacy),
    ] {
        let known = world.engine.person_record(&actor, world.dataset, "p1").await;
        assert!(known.expect("looked up").is_some());
    }
    world.end().await;
}
