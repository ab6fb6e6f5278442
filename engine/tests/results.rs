//! The results of a deletion: each of the frozen set once, with what became of it, by a name that reads nobody's identity.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod handed_out;
#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    export::Format,
    id::JobId,
    job::{Job, JobState},
    problem::Code,
};
use engine::import::ImportKind;
use handed_out::{problem, results};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use world::{World, begun, spec};

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
