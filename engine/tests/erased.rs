//! What stays of deleted people: their keyed hashes, in the database, in the log beside it, and on the list of those who are
//! not let in again. Each of them names exactly the identities that went.

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    job::{Job, JobSpec, JobState},
    suppression::Suppress,
};
use std::collections::BTreeSet;
use world::{World, spec};

/// Kind and hash.
type Hashes = BTreeSet<(i64, Vec<u8>)>;

async fn looked_up(world: &World) -> Hashes {
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT kind, hash FROM identity_lookup")
        .fetch_all(&mut world.sql().await)
        .await
        .expect("rows");
    rows.into_iter().collect()
}

async fn suppressed(world: &World) -> Hashes {
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT kind, hash FROM suppressions")
        .fetch_all(&mut world.sql().await)
        .await
        .expect("rows");
    rows.into_iter().collect()
}

/// All that `erased` holds; fails where a hash stands there twice or out of order.
async fn erased(world: &World, job: &Job) -> Hashes {
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT kind, hashes FROM erased WHERE source = 'job' AND source_id = $1 ORDER BY no",
    )
    .bind(job.id.0)
    .fetch_all(&mut world.sql().await)
    .await
    .expect("rows");
    let mut all = Hashes::new();
    for (kind, hashes) in rows {
        let hashes: Vec<Vec<u8>> = hashes.chunks(16).map(<[u8]>::to_vec).collect();
        assert!(hashes.is_sorted(), "in the order of their keys");
        for hash in hashes {
            assert!(all.insert((kind, hash)), "an identity is erased once");
        }
    }
    all
}

/// The hashes of `erasures.log` by its documented form.
fn logged(world: &World) -> Hashes {
    let bytes = std::fs::read(world.dir.path().join("erasures.log")).expect("the log");
    let mut all = Hashes::new();
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let (head, after) = rest.split_at(52);
        assert_eq!(&head[..4], b"ERA1");
        let count = u32::from_le_bytes(head[32..36].try_into().expect("four bytes"));
        let (hashes, after) = after.split_at(usize::try_from(count).expect("few") * 16);
        let kind = i64::from(head[13]);
        all.extend(hashes.chunks(16).map(|hash| (kind, hash.to_vec())));
        rest = after;
    }
    all
}

async fn deleted(world: &World, suppress: Suppress, people: i64) -> Job {
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let asked = JobSpec {
        suppress,
        ..spec(segment, "A", people)
    };
    let job = world.start(asked).await;
    let job = world.finished(job.id).await;
    assert_eq!(job.state, JobState::Completed, "{job:?}");
    job
}

/// Everything that went, and nothing else, is in all three places, whichever way the look-up was emptied.
async fn exactly_those_who_went(people: usize, few: &str) {
    let world = World::new().await;
    world.people(people).await;
    if !few.is_empty() {
        world.import(domain_profiles(), few).await;
    }
    let before = looked_up(&world).await;
    let going = world
        .number("SELECT count(*) FROM profiles WHERE json_extract(attributes, '$.group') = 'a'")
        .await;
    let job = deleted(&world, Suppress::Late, going).await;
    let points = world.number("SELECT point_deletes FROM jobs").await;
    assert_eq!(points, i64::from(!few.is_empty()), "the way that was meant");
    let gone: Hashes = before.difference(&looked_up(&world).await).cloned().collect();
    assert_eq!(i64::try_from(gone.len()).expect("few"), going * 2);
    assert_eq!(erased(&world, &job).await, gone);
    assert_eq!(logged(&world), gone);
    assert_eq!(suppressed(&world).await, gone);
    assert_eq!(
        world
            .number("SELECT count(*) FROM suppressions WHERE refuses = 'late' AND reason = 'job' AND ends_at = added_at + 31536000000")
            .await,
        going * 2
    );
    world.end().await;
}

const fn domain_profiles() -> engine::import::ImportKind {
    engine::import::ImportKind::Profiles
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_keeps_exactly_those_who_went() {
    exactly_those_who_went(1_200, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_job_keeps_exactly_those_who_went() {
    // Many people of another group around a few.
    let mut few = String::from("user_id,email,group\n");
    for no in 0..900 {
        few.push_str(&format!("other-{no},other-{no}@example.com,other\n"));
    }
    exactly_those_who_went(8, &few).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_suppression_the_hashes_are_kept_and_nobody_is_on_the_list() {
    let world = World::new().await;
    world.people(40).await;
    let before = looked_up(&world).await;
    let job = deleted(&world, Suppress::Nothing, 20).await;
    let gone: Hashes = before.difference(&looked_up(&world).await).cloned().collect();
    assert_eq!(erased(&world, &job).await, gone);
    assert_eq!(logged(&world), gone);
    assert_eq!(suppressed(&world).await, Hashes::new());
    world.end().await;
}

/// Between a batch and the sweep the entries of deleted people dangle. Who brings data about them meets the list all the
/// same, and takes no hash with them.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_before_the_sweep_is_kept_once_and_met_by_the_list() {
    let world = World::new().await;
    world.people(120).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let going: Hashes = sqlx::query_as(
        "SELECT l.kind, l.hash FROM identity_lookup l JOIN profiles p ON p.id = l.profile_id
         WHERE json_extract(p.attributes, '$.group') = 'a'",
    )
    .fetch_all(&mut world.sql().await)
    .await
    .expect("rows")
    .into_iter()
    .collect();
    let slow = JobSpec {
        max_rate: Some(5),
        ..spec(segment, "A", 60)
    };
    let job = world.start(slow).await;
    world.until(job.id, |job| job.counts.deleted >= 5).await;
    let now = world.job(job.id).await.as_of.plus_ms(60_000).to_rfc3339();
    let events = format!(
        "user_id,event,timestamp\np2,visit,2026-01-01T10:00:00Z\np4,visit,{now}\np6,visit,{now}\n"
    );
    let report = world
        .engine
        .import(
            &World::actor(),
            world.dataset,
            engine::import::ImportKind::Events,
            engine::import::ImportOptions::default(),
            std::io::Cursor::new(events.into_bytes()),
        )
        .await
        .expect("an import");
    assert_eq!((report.accepted, report.created, report.suppressed), (2, 2, 1));
    let state = world.job(job.id).await.state;
    assert_eq!(state, JobState::Deleting, "it came before the sweep");
    let unlimited = world
        .engine
        .set_job_rate(&World::actor(), world.dataset, job.id, None)
        .await;
    unlimited.expect("no limit");
    let job = world.finished(job.id).await;
    assert_eq!(job.state, JobState::Completed, "{job:?}");
    assert_eq!(erased(&world, &job).await, going);
    assert_eq!(logged(&world), going);
    assert_eq!(suppressed(&world).await, going);
    assert_eq!(world.number("SELECT count(*) FROM identity_lookup").await, 122);
    world.end().await;
}
