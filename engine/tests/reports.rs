//! Reports and what the warehouse keeps: every number of a small dataset is worked out by hand, before and after a deletion.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    audit::AuditFilter,
    job::JobState,
    metric::{Basis, Step},
    page::PageRequest,
    problem::Code,
    report::JobReport,
    time::Timestamp,
    warehouse::Table,
};
use engine::{
    Error, HealthOptions,
    clock::{Clock, Hand},
    import::ImportKind,
};
use futures_util::TryStreamExt as _;
use std::time::Duration;
use world::{World, spec};

const NOW: &str = "2026-03-31T12:00:00Z";

/// Five people; `a` is the group that goes: p1, p3 and a browser that nobody has a name for.
const PEOPLE: &str =
    "user_id,anonymous_id,email,group\np1,,p1@example.com,a\np2,,,b\np3,,,a\np4,,p4@example.com,b\n,b5,,a\n";
/// What they did. All purchases together: 10.01 + 0.02 + 5.5 + 100 = 115.53.
const EVENTS: &str = "user_id,anonymous_id,event,timestamp,value,campaign_id\n\
p1,,page_view,2026-03-30T10:00:00Z,,\n\
p1,,purchase,2026-03-30T11:00:00Z,10.01,\n\
p1,,impression,2026-03-29T10:00:00Z,,summer\n\
p1,,click,2026-03-29T10:01:00Z,,summer\n\
p2,,page_view,2026-02-01T10:00:00Z,,\n\
p2,,visit,2026-03-20T10:00:00Z,,\n\
p2,,purchase,2026-02-01T11:00:00Z,0.02,\n\
p2,,impression,2026-03-02T10:00:00Z,,summer\n\
p3,,impression,2026-01-15T10:00:00Z,,summer\n\
p3,,purchase,2026-01-15T11:00:00Z,5.5,\n\
p3,,visit,2026-01-15T12:00:00Z,,\n\
p4,,purchase,2026-03-31T10:00:00Z,100,\n\
,b5,page_view,2026-03-28T10:00:00Z,,\n";

/// Name, before, after. Money in millionths. What is accumulated stays to the cent; what is aggregated falls by exactly what
/// p1, p3 and the browser did.
const TABLE: [(&str, i64, i64); 25] = [
    ("profiles", 5, 2),
    ("named_profiles", 4, 2),
    ("anonymous_profiles", 1, 0),
    ("active_7d", 3, 1),
    ("active_30d", 4, 2),
    ("people_viewed", 3, 1),
    ("people_acted", 1, 1),
    ("people_bought", 1, 1),
    ("visits", 2, 1),
    ("page_views", 3, 1),
    ("impressions", 3, 1),
    ("clicks", 1, 0),
    ("purchases", 4, 2),
    ("purchase_value", 115_530_000, 100_020_000),
    ("events", 13, 5),
    ("campaign_impressions", 3, 1),
    ("campaign_clicks", 1, 0),
    ("visits_total", 2, 2),
    ("page_views_total", 3, 3),
    ("impressions_total", 3, 3),
    ("clicks_total", 1, 1),
    ("purchases_total", 4, 4),
    ("revenue_total", 115_530_000, 115_530_000),
    ("campaign_impressions_total", 3, 3),
    ("campaign_clicks_total", 1, 1),
];

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a moment")
}

/// The five people at noon, and a hand to move the clock.
async fn five() -> (World, Hand) {
    let (clock, hand) = Clock::movable(at(NOW));
    let world = World::with(clock, HealthOptions::default()).await;
    world.import(ImportKind::Profiles, PEOPLE).await;
    world.import(ImportKind::Events, EVENTS).await;
    (world, hand)
}

async fn delete_a(world: &World) -> domain::job::Job {
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let job = world.start(spec(segment, "A", 3)).await;
    let job = world.finished(job.id).await;
    assert_eq!(
        (job.state, job.counts.deleted),
        (JobState::Completed, 3),
        "{job:?}"
    );
    job
}

async fn report(world: &World, job: &domain::job::Job) -> JobReport {
    let report = world
        .engine
        .job_report(&World::actor(), world.dataset, job.id)
        .await;
    report.expect("a report")
}

fn check(report: &JobReport) {
    for (name, before, after) in TABLE {
        let line = report.lines.iter().find(|line| line.name == name).expect(name);
        assert_eq!(
            (line.before, line.after),
            (Some(before), Some(after)),
            "{name}: {line:?}"
        );
        assert_eq!(line.change, Some(after - before), "{name}");
        let accumulated = name.ends_with("_total");
        assert_eq!(line.basis == Basis::Accumulated, accumulated, "{name}");
    }
    assert_eq!(report.lines.len(), TABLE.len(), "{:?}", report.lines);
    assert_eq!(report.drops.len(), 1, "{:?}", report.drops);
    let drop = &report.drops[0];
    // Of the last 30 days: one impression of p1, who goes, and one of p2, who stays. That of p3 is older.
    assert_eq!(
        (drop.campaign.as_str(), drop.before_30d, drop.after_30d),
        ("summer", Some(2), Some(1))
    );
    assert_eq!((drop.projected, drop.measured), (-1, Some(-1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn accumulated_stays_to_the_cent_and_aggregated_falls_by_the_exact_share() {
    let (world, _) = five().await;
    let job = delete_a(&world).await;
    let it = report(&world, &job).await;
    assert!(!it.worked_out && it.over && it.before_at.is_some() && it.after_at.is_some());
    check(&it);
    let value = it
        .lines
        .iter()
        .find(|line| line.name == "purchase_value")
        .expect("a line");
    assert_eq!(value.reason, "15.51 USD went with the deleted people.");
    // What was not counted before is worked out, and comes to the same.
    sqlx::query("UPDATE job_reports SET people_before = NULL")
        .execute(&mut world.sql().await)
        .await
        .expect("an update");
    let it = report(&world, &job).await;
    assert!(it.worked_out);
    check(&it);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_says_what_is_there_and_what_was_ever() {
    let (world, _) = five().await;
    let board = async |from: &'static str, to: &'static str| {
        world
            .engine
            .dashboard(&World::actor(), world.dataset, from, to)
            .await
    };
    let before = board("", "").await.expect("a dashboard");
    let people = before.people.expect("counted at once");
    assert_eq!(
        (
            people.figures.profiles,
            people.figures.named,
            people.figures.anonymous()
        ),
        (5, 4, 1)
    );
    assert_eq!((people.figures.active_7d, people.figures.active_30d), (3, 4));
    assert_eq!(
        before.funnel,
        [(Step::Viewed, 3), (Step::Acted, 1), (Step::Bought, 1)]
    );
    assert_eq!(Timestamp::from_day(before.range.to).to_date(), "2026-03-31");
    assert_eq!(Timestamp::from_day(before.range.from).to_date(), "2025-04-01");
    assert!(before.markers.is_empty() && !before.range_refused);

    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn charts_show_both_sides_and_the_deletion() {
    let (world, hand) = five().await;
    let board = async |from: &'static str, to: &'static str| {
        world
            .engine
            .dashboard(&World::actor(), world.dataset, from, to)
            .await
    };
    board("", "").await.expect("counted before the deletion");
    hand.forward(Duration::from_secs(3_600));
    let job = delete_a(&world).await;
    let after = board("2026-03-20", "2026-03-31").await.expect("a dashboard");
    assert_eq!(
        after
            .markers
            .iter()
            .map(|marker| (marker.job, marker.deleted))
            .collect::<Vec<_>>(),
        [(job.id, 3)]
    );
    let people = after
        .people
        .expect("counted anew, because a deletion has ended since");
    assert_eq!((people.figures.profiles, people.outdated), (2, false));
    let chart = |name: &str| after.charts.iter().find(|chart| chart.name == name).expect(name);
    let points = |name: &str| {
        let some = chart(name).points.iter().filter(|point| point.total != 0);
        some.map(|point| {
            (
                Timestamp::from_day(point.day).to_date(),
                point.total,
                point.now.unwrap_or(-1),
            )
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(
        points("revenue"),
        [
            ("2026-03-30".to_owned(), 10_010_000, 0),
            ("2026-03-31".to_owned(), 100_000_000, 100_000_000)
        ]
    );
    assert_eq!(points("visits"), [("2026-03-20".to_owned(), 1, 1)]);
    assert_eq!(
        points("active_people"),
        [("2026-03-20".to_owned(), 1, 1), ("2026-03-31".to_owned(), 1, 1)]
    );
    assert_eq!(
        chart("clicks")
            .points
            .iter()
            .map(|point| point.total)
            .sum::<i64>(),
        1
    );
    let summer = &after.campaigns[0];
    assert_eq!(
        (summer.id.as_str(), summer.known, summer.total.impressions),
        ("summer", false, 3)
    );
    assert_eq!(
        summer
            .now
            .map(|now| (now.impressions, now.impressions_30d, now.clicks)),
        Some((1, 1, 0))
    );
    let wrong = board("2026-04-01", "2026-03-01").await.expect("a dashboard");
    assert!(wrong.range_refused);
    world.end().await;
}

/// Waits until the warehouse keeps so many rows of people and events; a minute is more than enough.
async fn until_kept(world: &World, profiles: i64, events: i64) {
    for _ in 0..6_000 {
        if kept_in_file(world).await == (profiles, events) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the warehouse keeps {:?}", kept_in_file(world).await);
}

/// Profiles and events in the warehouse's file, by a connection of the test's own.
async fn kept_in_file(world: &World) -> (i64, i64) {
    use sqlx::ConnectOptions as _;
    let mut conn = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(world.dir.path().join("warehouse.db"))
        .busy_timeout(Duration::from_secs(20))
        .connect()
        .await
        .expect("a connection");
    sqlx::query_as("SELECT (SELECT count(*) FROM profiles), (SELECT count(*) FROM events)")
        .fetch_one(&mut conn)
        .await
        .expect("counts")
}

async fn removals(world: &World) -> usize {
    let filter = AuditFilter {
        dataset: Some(world.dataset),
        object: Some("job:".to_owned()),
    };
    let entries = world
        .engine
        .audit(&World::actor(), filter, PageRequest::default())
        .await;
    let entries = entries.expect("entries").items;
    entries
        .iter()
        .filter(|entry| entry.action == "warehouse.removed")
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_warehouse_keeps_the_deleted_until_their_term_is_over() {
    let (world, hand) = five().await;
    let job = delete_a(&world).await;
    assert_eq!(
        job.warehouse_kept.map(|kept| (kept.profiles, kept.events)),
        Some((3, 8))
    );
    let look = async || {
        world
            .engine
            .warehouse(&World::actor(), world.dataset)
            .await
            .expect("the warehouse")
    };
    let it = look().await;
    assert_eq!(
        it.rows.map(|rows| (rows.rows.profiles, rows.rows.events)),
        Some((5, 13))
    );
    assert_eq!(
        (it.kept_in_all.profiles, it.kept_in_all.events, it.jobs),
        (3, 8, 1)
    );
    assert_eq!(
        (it.kept[0].job, it.kept[0].until, it.next_at),
        (job.id, None, None)
    );
    assert_eq!((it.changes_behind(), it.lag_seconds), (0, 0));

    // A term that is over already removes at once, so it has to be said.
    let set = async |days: &'static str, sure| {
        world
            .engine
            .set_warehouse_keep(&World::actor(), world.dataset, days, sure)
            .await
    };
    hand.forward(Duration::from_secs(40 * 86_400));
    match set("30", false).await {
        Err(Error::Problem(problem)) => assert_eq!(problem.code, Code::ConsentRequired),
        other => panic!("{other:?}"),
    }
    set("60", false).await.expect("a term that is not over");
    let it = look().await;
    assert_eq!(it.next_at, it.kept[0].until);
    let left = it.next_at.expect("a date").ms() - at(NOW).ms();
    assert!(
        (60 * 86_400_000..60 * 86_400_000 + 600_000).contains(&left),
        "{left}"
    );
    // The others of the dataset are never touched, whatever the term.
    assert_eq!(kept_in_file(&world).await, (5, 13));
    set("30", true).await.expect("said");
    until_kept(&world, 2, 5).await;
    let it = look().await;
    assert_eq!(
        (it.kept_in_all.profiles, it.kept_in_all.events, it.next_at),
        (0, 0, None)
    );
    assert!(it.kept[0].removed_at.is_some());

    // A restart neither removes nor writes down anything more.
    for _ in 0..600 {
        if removals(&world).await == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let world = world.restart().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((removals(&world).await, kept_in_file(&world).await), (1, (2, 5)));
    assert_eq!(
        world.job(job.id).await.warehouse_kept.map(|kept| kept.profiles),
        Some(0)
    );
    // The report stands: it holds numbers, not people.
    check(&report(&world, &job).await);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_a_release_without_marks_are_marked_afterwards() {
    let (world, _) = five().await;
    let job = delete_a(&world).await;
    let dir = world.keep_dir().await;
    {
        use sqlx::ConnectOptions as _;
        let mut conn = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(dir.path().join("warehouse.db"))
            .connect()
            .await
            .expect("a connection");
        for sql in ["DELETE FROM deleted_people", "DELETE FROM deletions"] {
            sqlx::query(sql).execute(&mut conn).await.expect(sql);
        }
    }
    let world = World::on(dir).await;
    for _ in 0..600 {
        let it = world
            .engine
            .warehouse(&World::actor(), world.dataset)
            .await
            .expect("the warehouse");
        if it
            .kept
            .iter()
            .any(|kept| kept.job == job.id && (kept.rows.profiles, kept.rows.events) == (3, 8))
        {
            return world.end().await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the deletion was not marked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_the_warehouse_comes_out_whole_and_is_written_down() {
    let (world, _) = five().await;
    world
        .import(
            ImportKind::Profiles,
            "user_id,note\np4,\"=HYPERLINK(\"\"x\"\")\"\n@evil,\"a, b\"\n",
        )
        .await;
    delete_a(&world).await;
    let take = async |table| {
        let mut export = world
            .engine
            .export_warehouse(&World::actor(), world.dataset, table)
            .await
            .expect("an export");
        let mut all = Vec::new();
        while let Some(chunk) = export.rows.try_next().await.expect("a chunk") {
            all.extend(chunk);
        }
        let rows = csv::ReaderBuilder::new().from_reader(&all[..]).into_records();
        rows.map(|row| row.expect("a row").iter().map(str::to_owned).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    let people = take(Table::Profiles).await;
    let of = |n: usize| people.iter().map(|row| row[n].as_str()).collect::<Vec<_>>();
    assert_eq!(of(1), ["p1", "p2", "p3", "p4", "", "'@evil"]);
    assert_eq!(of(4), ["", "", "", "", "b5", ""]);
    assert_eq!(of(9), ["yes", "no", "yes", "no", "yes", "no"]);
    assert_eq!(people[3][8], r#"{"group":"b","note":"=HYPERLINK(\"x\")"}"#);
    let events = take(Table::Events).await;
    assert_eq!(events.len(), 13);
    assert_eq!(
        events
            .iter()
            .filter(|row| row[1] == "purchase")
            .map(|row| row[3].as_str())
            .collect::<Vec<_>>(),
        ["10.01", "0.02", "5.5", "100"]
    );
    assert_eq!(take(Table::DeletedPeople).await.len(), 3);
    assert_eq!(
        world
            .number("SELECT count(*) FROM audit WHERE action = 'warehouse.export'")
            .await,
        3
    );
    world.end().await;
}
