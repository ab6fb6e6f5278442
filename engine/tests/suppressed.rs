//! Whoever was deleted does not come back by the door of imports: not before, while, or after the sweep, as was chosen, and
//! what was turned away is counted.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    job::{JobSpec, JobState},
    suppression::Suppress,
    time::Timestamp,
};
use engine::{
    HealthOptions,
    clock::Clock,
    import::{ImportKind, ImportOptions, ImportReport},
};
use std::{io::Cursor, time::Duration};
use world::{World, spec};

const DELETED_ON: &str = "2026-06-15T12:00:00Z";

async fn import(world: &World, kind: ImportKind, csv: &str) -> ImportReport {
    let options = ImportOptions {
        strict: false,
        ..ImportOptions::default()
    };
    let input = Cursor::new(csv.as_bytes().to_vec());
    let actor = World::actor();
    let done = world.engine.import(&actor, world.dataset, kind, options, input);
    done.await.expect("an import")
}

async fn deleted(world: &World, suppress: Suppress) {
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let asked = JobSpec {
        suppress,
        ..spec(segment, "A", 10)
    };
    let job = world.start(asked).await;
    assert_eq!(world.finished(job.id).await.state, JobState::Completed);
}

async fn world() -> (World, engine::clock::Hand) {
    let start = Timestamp::parse_rfc3339(DELETED_ON).expect("a moment");
    let (clock, hand) = Clock::movable(start);
    let world = World::with(clock, HealthOptions::default()).await;
    world.people(20).await;
    (world, hand)
}

fn counts(report: &ImportReport) -> (i64, i64, i64, i64) {
    (
        report.accepted,
        report.rejected,
        report.suppressed,
        report.suppressed_purchases,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn late_events_are_turned_away_and_new_ones_bring_people_back() {
    let (world, hand) = world().await;
    deleted(&world, Suppress::Late).await;
    let events = "user_id,event,timestamp,value\n\
                  p2,purchase,2026-06-01T10:00:00Z,10\n\
                  p2,visit,2026-06-01T10:00:00Z,\n\
                  p3,visit,2026-06-01T10:00:00Z,\n\
                  p4,purchase,2026-06-15T13:00:00Z,12\n";
    let report = import(&world, ImportKind::Events, events).await;
    assert_eq!(counts(&report), (2, 2, 2, 1), "{report:?}");
    assert_eq!(report.errors[0].reason, "suppressed");
    assert_eq!(world.profiles().await, 11, "p4 is active again");
    let stopped = "SELECT sum(stopped) * 10 + sum(stopped_purchases) FROM suppressions";
    assert_eq!(world.number(stopped).await, 21);
    // A row that says when the person was last seen speaks of that moment; one that says nothing, of now.
    let people = "user_id,email,last_seen_at\np6,,2026-01-01\np8,,2026-06-16\np10,,\nnew@x,p12@example.com,2026-01-01\n";
    let report = import(&world, ImportKind::Profiles, people).await;
    assert_eq!(counts(&report), (2, 2, 2, 0), "{report:?}");
    // After a year it is over.
    hand.forward(Duration::from_secs(365 * 86_400));
    let report = import(&world, ImportKind::Events, events).await;
    assert_eq!(report.suppressed, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_data_is_refused_for_thirty_days_and_for_good_where_that_was_chosen() {
    for (suppress, after) in [(Suppress::Days30, 1), (Suppress::Forever, 0)] {
        let (world, hand) = world().await;
        deleted(&world, suppress).await;
        let people = "user_id,email\np2,\nother,p4@example.com\n";
        let report = import(&world, ImportKind::Profiles, people).await;
        assert_eq!(counts(&report), (0, 2, 2, 0), "{suppress:?} {report:?}");
        assert_eq!(world.profiles().await, 10);
        assert_eq!(world.number("SELECT count(*) FROM identity_lookup").await, 20);
        hand.forward(Duration::from_secs(30 * 86_400));
        let report = import(&world, ImportKind::Profiles, "user_id,email\np2,\n").await;
        assert_eq!(report.accepted, after, "{suppress:?}");
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_refused_where_nothing_was_chosen() {
    let (world, _) = world().await;
    deleted(&world, Suppress::Nothing).await;
    let events = "user_id,event,timestamp\np2,visit,2026-06-01T10:00:00Z\n";
    let report = import(&world, ImportKind::Events, events).await;
    assert_eq!(counts(&report), (1, 0, 0, 0));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_strict_import_stops_nor_does_a_dry_run_count() {
    let (world, _) = world().await;
    deleted(&world, Suppress::Forever).await;
    for dry_run in [true, false] {
        let options = ImportOptions {
            strict: true,
            dry_run,
            ..ImportOptions::default()
        };
        let input = Cursor::new(b"user_id\np2\nnew\n".to_vec());
        let actor = World::actor();
        let done = world
            .engine
            .import(&actor, world.dataset, ImportKind::Profiles, options, input);
        let report = done.await.expect("an import");
        assert_eq!((report.accepted, report.suppressed), (1, 1), "dry run: {dry_run}");
        let stopped = world.number("SELECT sum(stopped) FROM suppressions").await;
        assert_eq!(stopped, i64::from(!dry_run));
    }
    world.end().await;
}

/// An anonymous id that was deleted with its person is taken out of a row that says more, and turns a row away alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_suppressed_anonymous_id_is_taken_out_of_the_row() {
    let (world, _) = world().await;
    let known = "user_id,anonymous_id\np2,device\n";
    assert_eq!(import(&world, ImportKind::Profiles, known).await.updated, 1);
    deleted(&world, Suppress::Forever).await;
    let rows = "user_id,anonymous_id\nnew,device\n,device\n";
    let report = import(&world, ImportKind::Profiles, rows).await;
    assert_eq!(counts(&report), (1, 1, 1, 0), "{report:?}");
    let own = "SELECT count(*) FROM identities WHERE value IN ('new', 'device')";
    assert_eq!(world.number(own).await, 1);
    world.end().await;
}
