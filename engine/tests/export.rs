//! Files about a deletion: the people are written down whole before anybody goes, kept for seven days and wiped; and the
//! results afterwards say of each of them what became of it.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]

#[expect(dead_code, reason = "a part of it is used here")]
mod remains;
#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    access::{Actor, Powers, Role},
    export::{Format, KEPT_MS},
    id::JobId,
    job::{Job, JobState},
    problem::{Code, Problem},
    time::Timestamp,
};
use engine::{
    Download, Error, HealthOptions,
    clock::{Clock, Hand},
    import::ImportKind,
};
use futures_util::TryStreamExt as _;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};
use world::{World, begun, spec};

fn problem<T>(result: engine::Result<T>) -> Problem {
    match result {
        Err(Error::Problem(problem)) => problem,
        Err(other) => panic!("not a problem: {other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

async fn text(file: Download) -> String {
    let parts: Vec<Vec<u8>> = file.rows.try_collect().await.expect("whole");
    String::from_utf8(parts.concat()).expect("UTF-8")
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

async fn export(world: &World, id: JobId, format: Format) -> String {
    let file = world
        .engine
        .export(&World::actor(), world.dataset, id, format)
        .await;
    text(file.expect("an export")).await
}

async fn results(world: &World, id: JobId, plain: bool) -> Vec<Value> {
    let file = world
        .engine
        .results(&World::actor(), world.dataset, id, Format::Ndjson, plain)
        .await;
    lines(&text(file.expect("results")).await)
}

/// The names of the files in `exports/`.
fn exports(dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir.join("exports")).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// How often a text stands in any file of the directory, the warehouse's aside, which is kept on purpose.
fn readable(dir: &Path, what: &str) -> usize {
    let mut found = 0;
    for entry in fs::read_dir(dir).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found += readable(&path, what);
        } else if path.is_file() && !entry.file_name().to_string_lossy().starts_with("warehouse.db") {
            let bytes = fs::read(&path).expect("a file");
            found += bytes
                .windows(what.len())
                .filter(|window| *window == what.as_bytes())
                .count();
        }
    }
    found
}

/// How many of the results say what, which must be what the counts say.
fn add_up(job: &Job, rows: &[Value]) -> BTreeMap<String, i64> {
    let mut told = BTreeMap::new();
    for row in rows {
        *told
            .entry(row["outcome"].as_str().expect("a word").to_owned())
            .or_insert(0) += 1;
    }
    let counts = job.counts;
    let pairs = [
        ("deleted", counts.deleted),
        ("spared", counts.spared),
        ("held", counts.held),
        ("failed", counts.failed),
        ("gone", counts.gone),
        ("left", counts.left),
    ];
    for (name, count) in pairs {
        assert_eq!(told.get(name).copied().unwrap_or(0), count, "{name}: {job:?}");
    }
    assert_eq!(i64::try_from(rows.len()), Ok(counts.matched), "one row each");
    told
}

fn hashes(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["profile"].to_string()).collect()
}

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
async fn results_add_up_name_everybody_by_a_hash_and_stay_the_same() {
    let world = World::new().await;
    world.people(120).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let who = |sql| world.number(sql);
    let poison = who("SELECT profile_id FROM identities WHERE value = 'p60'").await;
    let trigger = format!(
        "CREATE TRIGGER poison BEFORE DELETE ON profiles WHEN old.id = {poison} BEGIN SELECT RAISE(ABORT, 'planted'); END"
    );
    let mut sql = world.sql().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(trigger))
        .execute(&mut sql)
        .await
        .expect("planted");
    let mut wish = spec(segment, "A", 60);
    (wish.wait_seconds, wish.export) = (3, true);
    let id = world.start(wish).await.id;
    world.until(id, |job| job.state == JobState::Scheduled).await;
    world
        .import(ImportKind::Profiles, "user_id,group\np2,b\np4,b\n")
        .await;
    sqlx::raw_sql("DELETE FROM events WHERE profile_id IN (SELECT profile_id FROM identities WHERE value = 'p6'); DELETE FROM profiles WHERE id IN (SELECT profile_id FROM identities WHERE value = 'p6'); DELETE FROM identities WHERE profile_id NOT IN (SELECT id FROM profiles)")
        .execute(&mut sql)
        .await
        .expect("deleted by another door");
    let job = world.finished(id).await;
    let rows = results(&world, id, false).await;
    let told = add_up(&job, &rows);
    assert_eq!(
        (told["spared"], told["failed"], told["gone"], told["deleted"]),
        (2, 1, 1, 56)
    );
    assert_eq!(hashes(&rows).len(), rows.len(), "each has a name of its own");
    for row in &rows {
        let gone = row["outcome"] == "gone";
        assert_eq!(
            row["identity"].is_null(),
            gone,
            "the export had named whoever was still there: {row}"
        );
        assert_eq!(row["reason"] == "", row["outcome"] == "deleted", "{row}");
        assert!(row.get("profile_id").is_none() && row.get("known_as").is_none());
    }
    assert!(!format!("{rows:?}").contains("example.com") && !format!("{rows:?}").contains("\"p60\""));
    assert_eq!(results(&world, id, false).await, rows, "the same at every time");
    let named: BTreeSet<String> = results(&world, id, true)
        .await
        .iter()
        .filter_map(|row| row["known_as"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(
        named,
        BTreeSet::from(["p2".into(), "p4".into(), "p60".into()]),
        "who still exists"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_cut_off_is_left_and_a_job_that_never_began_has_no_results() {
    let world = World::new().await;
    world.people(1_000).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut slow = spec(segment, "A", 500);
    (slow.max_rate, slow.wait_seconds) = (Some(200), 1);
    let id = world.start(slow).await.id;
    world.until(id, begun).await;
    add_up_running(&world, id).await;
    world
        .engine
        .cancel_job(&World::actor(), world.dataset, id)
        .await
        .expect("cancelled");
    let job = world.finished(id).await;
    let rows = results(&world, id, false).await;
    let told = add_up(&job, &rows);
    assert!(told["left"] > 0 && told["deleted"] > 0, "{told:?}");
    let left = rows
        .iter()
        .find(|row| row["outcome"] == "left")
        .expect("somebody");
    assert_eq!(left["reason"], "Kept: the job ended before their turn.");
    let deleted = rows
        .iter()
        .find(|row| row["outcome"] == "deleted")
        .expect("somebody");
    assert!(
        deleted["identity"].is_null() && !left["identity"].is_null(),
        "without an export, of those who exist"
    );
    let named = named_leftovers(&world, id).await;
    assert_eq!(i64::try_from(named.len()), Ok(told["left"]));
    let none = world
        .engine
        .export(&World::actor(), world.dataset, id, Format::Csv)
        .await;
    assert_eq!(problem(none).code, Code::StateRefused);

    let other = world.segment("B", "attr.group = \"b\"").await;
    let mut wish = spec(other, "B", 500);
    wish.wait_seconds = 3_600;
    let id = world.start(wish).await.id;
    world.until(id, |job| job.state == JobState::Scheduled).await;
    world
        .engine
        .cancel_job(&World::actor(), world.dataset, id)
        .await
        .expect("cancelled");
    world.finished(id).await;
    let nothing = world
        .engine
        .results(&World::actor(), world.dataset, id, Format::Csv, false)
        .await;
    assert!(problem(nothing).message.contains("everybody was kept"));
    world.end().await;
}

/// The names of those whose turn never came, page by page.
async fn named_leftovers(world: &World, id: JobId) -> BTreeSet<String> {
    let mut cursor = None;
    let mut named = BTreeSet::new();
    loop {
        let page = domain::page::PageRequest {
            limit: Some(100),
            cursor,
        };
        let page = world
            .engine
            .leftovers(&World::actor(), world.dataset, id, page)
            .await
            .expect("a page");
        named.extend(page.items.into_iter().filter_map(|row| row.title));
        cursor = page.next;
        if cursor.is_none() {
            return named;
        }
    }
}

/// While it runs, nobody is told twice and nobody is missing.
async fn add_up_running(world: &World, id: JobId) {
    let rows = results(world, id, false).await;
    assert_eq!((rows.len(), hashes(&rows).len()), (500, 500));
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
