//! The export of a deletion's people: written down whole before anybody goes, kept for seven days and wiped.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod handed_out;
#[expect(dead_code, reason = "a part of it is used here")]
mod remains;
#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    access::{Actor, Powers, Role},
    export::{Format, KEPT_MS},
    id::JobId,
    job::JobState,
    problem::Code,
    time::Timestamp,
};
use engine::{
    HealthOptions,
    clock::{Clock, Hand},
    import::ImportKind,
};
use futures_util::TryStreamExt as _;
use handed_out::{export, exports, lines, problem, readable};
use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};
use world::{World, spec};

#[tokio::test(flavor = "multi_thread")]
async fn the_people_are_in_a_file_before_they_go_and_after_seven_days_in_none() {
    let start = Timestamp::parse_rfc3339("2026-11-01T12:00:00Z").expect("a moment");
    let (clock, hand) = Clock::movable(start);
    let world = World::with(clock, HealthOptions::default()).await;
    remains::moved_about(&world, 80).await;
    let segment = world.segment("Going", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "Going", 40);
    wish.export = true;
    let job = world.start(wish).await;
    assert!(job.export_asked && job.export.is_none());
    let job = world.finished(job.id).await;
    assert_eq!(
        (job.state, job.counts.deleted),
        (JobState::Completed, 40),
        "{job:?}"
    );
    let kept = job.export.clone().expect("an export");
    assert_eq!(
        (kept.people, kept.kept_until.ms() - kept.written_at.ms()),
        (40, KEPT_MS)
    );
    assert!(
        job.started_at.is_some_and(|at| at >= kept.written_at),
        "before anybody went"
    );

    let path = world
        .dir
        .path()
        .join("exports")
        .join(format!("{}.ndjson", job.id.number()));
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(
        (mode(&path), mode(path.parent().expect("exports"))),
        (0o600, 0o700)
    );
    assert_eq!(exports(world.dir.path()).len(), 1, "no other file");
    let told = export(&world, job.id, Format::Ndjson).await;
    assert_eq!(
        fs::read_to_string(&path).expect("the file"),
        told,
        "handed out as it is stored"
    );
    let people = lines(&told);
    assert_eq!(people.len(), 40);
    assert!(
        people
            .iter()
            .all(|person| person["attributes"]["group"] == "a" && person["email"].is_string())
    );
    let csv = export(&world, job.id, Format::Csv).await;
    assert!(csv.starts_with(
        "id,user_id,email,phone,anonymous_ids,first_seen,last_seen,created,copy,group,more,note\r\n"
    ));
    assert!(csv.contains(",'+1555"), "a phone number would run as a formula");

    wiped_in_time(world, job.id, hand).await;
}

/// Seven days pass: not a moment longer is it there, nor any byte of it.
async fn wiped_in_time(world: World, id: JobId, hand: Hand) {
    assert!(
        readable(world.dir.path(), "@goes.example") > 0,
        "the copy still exists, and says so"
    );
    hand.forward(Duration::from_millis(
        u64::try_from(KEPT_MS).expect("positive") - 60_000,
    ));
    assert_eq!(world.engine.wipe_due_exports().await.expect("looked"), 0);
    hand.forward(Duration::from_secs(120));
    let late = world
        .engine
        .export(&World::actor(), world.dataset, id, Format::Csv)
        .await;
    assert_eq!(problem(late).code, Code::StateRefused, "not a moment longer");
    assert_eq!(world.engine.wipe_due_exports().await.expect("wiped"), 1);
    let wiped = world.job(id).await.export.expect("still named");
    assert!(wiped.wiped_at.is_some() && wiped.wiped_by.as_deref() == Some("system"));
    assert_eq!(exports(world.dir.path()).len(), 0);
    assert_eq!(
        world
            .number("SELECT count(*) FROM audit WHERE action IN ('job.export_written', 'job.export_wiped')")
            .await,
        2
    );
    let dir = world.keep_dir().await;
    assert_eq!(readable(dir.path(), "@goes.example"), 0, "no byte of it is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_cannot_be_written_holds_the_job_and_deletes_nobody() {
    let world = World::new().await;
    world.people(40).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let blocked = world.dir.path().join("exports");
    fs::write(&blocked, "in the way").expect("written");
    let mut wish = spec(segment, "A", 20);
    wish.export = true;
    let id = world.start(wish).await.id;
    let held = world.until(id, |job| job.reason_paused.is_some()).await;
    let reason = held.reason_paused.expect("a reason");
    assert!(
        reason.contains("is no directory") && reason.contains("Nobody is deleted"),
        "{reason}"
    );
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        (world.job(id).await.counts.deleted, world.profiles().await),
        (0, 40)
    );
    fs::remove_file(&blocked).expect("out of the way");
    let job = world.finished(id).await;
    assert_eq!(
        (job.counts.deleted, job.export.map(|export| export.people)),
        (20, Some(20))
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_they_wait_the_list_is_handed_out_as_it_is_and_nobody_else_may_have_it() {
    let world = World::new().await;
    world.people(1_300).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", 650);
    wish.wait_seconds = 3_600;
    let id = world.start(wish).await.id;
    world.until(id, |job| job.state == JobState::Scheduled).await;
    world
        .import(ImportKind::Profiles, "user_id,city\np2,Bonn\n")
        .await;
    let people = lines(&export(&world, id, Format::Ndjson).await);
    assert_eq!(people.len(), 650, "over several slices, each once");
    let ids: BTreeSet<String> = people
        .iter()
        .map(|person| person["user_id"].to_string())
        .collect();
    assert_eq!(ids.len(), 650);
    assert_eq!(people[0]["attributes"]["city"], "Bonn", "as they are now");
    let csv = export(&world, id, Format::Csv).await;
    assert_eq!(csv.lines().count(), 651);
    assert_eq!(exports(world.dir.path()).len(), 0, "handed out, not stored");
    for role in Role::ALL {
        let actor = Actor {
            name: role.as_str().to_owned(),
            powers: Powers::Person { role },
            dataset: None,
        };
        let may = world
            .engine
            .export(&actor, world.dataset, id, Format::Csv)
            .await
            .is_ok();
        assert_eq!(
            may,
            matches!(role, Role::Administrator | Role::Approver),
            "{role:?}"
        );
    }
    let entries = "SELECT count(*) FROM audit WHERE action = 'job.export_downloaded' AND json_extract(detail, '$.rows') = 650";
    assert_eq!(world.number(entries).await, 4);
    assert_eq!(
        world
            .number("SELECT count(*) FROM audit WHERE detail LIKE '%p2%'")
            .await,
        0
    );
    let early = world
        .engine
        .results(&World::actor(), world.dataset, id, Format::Csv, false)
        .await;
    assert_eq!(problem(early).code, Code::StateRefused);

    // A download that deleting overtakes is not whole, and says so.
    let slow = world
        .engine
        .export(&World::actor(), world.dataset, id, Format::Ndjson)
        .await
        .expect("begun");
    let mut rows = slow.rows;
    assert!(rows.try_next().await.expect("the first slice").is_some());
    sqlx::raw_sql("UPDATE jobs SET state = 'deleting'")
        .execute(&mut world.sql().await)
        .await
        .expect("planted");
    assert!(rows.try_next().await.is_err());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_is_wiped_when_the_job_is_cancelled_and_what_nobody_knows_by_the_sweep() {
    let world = World::new().await;
    world.people(4_000).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", 2_000);
    wish.export = true;
    let id = world.start(wish).await.id;
    world
        .until(id, |job| {
            job.reason_paused
                .as_deref()
                .is_some_and(|said| said.starts_with("Writing the export"))
        })
        .await;
    world
        .engine
        .cancel_job(&World::actor(), world.dataset, id)
        .await
        .expect("cancelled");
    let job = world.finished(id).await;
    assert_eq!((job.state, job.counts.deleted), (JobState::Cancelled, 0));
    assert!(
        exports(world.dir.path())
            .iter()
            .all(|name| !name.ends_with(".partial"))
    );

    let mut wish = spec(segment, "A", 2_000);
    (wish.export, wish.wait_seconds) = (true, 3_600);
    let waiting = world.start(wish).await.id;
    world.until(waiting, |job| job.state == JobState::Scheduled).await;
    let exports_dir = world.dir.path().join("exports");
    let own = format!("{}.ndjson.partial", waiting.number());
    for name in ["D-77.ndjson", "D-1001.ndjson.partial", "notes.txt", own.as_str()] {
        fs::write(exports_dir.join(name), "{\"email\":\"stray@example.com\"}\n").expect("written");
    }
    let wiped = world.engine.wipe_due_exports().await.expect("looked");
    assert!(wiped >= 3, "{wiped}");
    let left = exports(world.dir.path());
    assert!(
        left.contains(&own),
        "the runner deals with what is its own: {left:?}"
    );
    assert!(
        left.iter()
            .all(|name| *name == own || *name == format!("{}.ndjson", id.number())),
        "{left:?}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_have_it_wiped_at_once_and_only_once() {
    let world = World::new().await;
    world.people(40).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", 20);
    wish.export = true;
    let id = world.start(wish).await.id;
    world.finished(id).await;
    let viewer = Actor {
        name: "vera".to_owned(),
        powers: Powers::Person { role: Role::Viewer },
        dataset: None,
    };
    assert_eq!(
        problem(world.engine.wipe_export(&viewer, world.dataset, id).await).code,
        Code::Forbidden
    );
    let job = world
        .engine
        .wipe_export(&World::actor(), world.dataset, id)
        .await
        .expect("wiped");
    assert_eq!(
        job.export.and_then(|export| export.wiped_by).as_deref(),
        Some("cli:0")
    );
    assert_eq!(exports(world.dir.path()).len(), 0);
    let again = world.engine.wipe_export(&World::actor(), world.dataset, id).await;
    assert_eq!(problem(again).code, Code::StateRefused);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_time_came_while_the_job_waited_is_written_anew_and_one_that_a_person_wiped_is_not() {
    let world = World::new().await;
    world.people(40).await;
    for (group, by, written) in [("a", "system", true), ("b", "ada", false)] {
        let segment = world.segment(group, &format!("attr.group = \"{group}\"")).await;
        let mut wish = spec(segment, group, 20);
        (wish.export, wish.wait_seconds) = (true, 2);
        let id = world.start(wish).await.id;
        world.until(id, |job| job.state == JobState::Scheduled).await;
        sqlx::query("INSERT INTO job_exports VALUES ($1, 20, 9, 1, 2, 2, $2)")
            .bind(id.0)
            .bind(by)
            .execute(&mut world.sql().await)
            .await
            .expect("planted");
        let job = world.finished(id).await;
        assert_eq!(job.counts.deleted, 20);
        let kept = job.export.is_some_and(|export| export.wiped_at.is_none());
        assert_eq!(kept, written, "wiped by {by}");
    }
    assert_eq!(exports(world.dir.path()).len(), 1);
    world.end().await;
}
