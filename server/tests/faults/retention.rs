//! kill -9 while rows of deleted people are removed from the warehouse because their term is over: exactly those rows go,
//! all of them, and it is written down once.

use crate::rig::{LETHE, Run, block_on, confirmed, ended, number, plant, spawn};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use std::{os::unix::process::ExitStatusExt as _, path::Path};

/// No removal of so few people passes this many points.
const POINTS_MAX: u64 = 400;

/// Numbers out of the warehouse's file, after a statement on it.
async fn warehouse(data: &Path, deed: &'static str, sql: &'static str) -> Vec<i64> {
    let options = SqliteConnectOptions::new().filename(data.join("warehouse.db"));
    let mut conn = options.connect().await.expect("open");
    sqlx::raw_sql(deed).execute(&mut conn).await.expect(deed);
    let found = sqlx::query_scalar(sql).fetch_all(&mut conn).await.expect(sql);
    conn.close().await.expect("closed");
    found
}

/// A directory whose job is over and whose people are to be removed from the warehouse; with the people who stay, and
/// their events.
fn due() -> (Run<'static>, Vec<i64>, i64) {
    let mut run = confirmed().copy();
    assert!(!run.serve(""), "it came to its end");
    let data = run.data();
    block_on(plant(
        &data,
        "INSERT INTO settings SELECT 'warehouse_keep_days:' || id, '1' FROM datasets",
    ));
    let stay = "SELECT id FROM profiles WHERE id NOT IN (SELECT profile_id FROM deleted_people) ORDER BY id";
    let people = block_on(warehouse(&data, "UPDATE deletions SET deleted_at = 0", stay));
    let theirs =
        "SELECT count(*) FROM events WHERE profile_id NOT IN (SELECT profile_id FROM deleted_people)";
    let events = block_on(warehouse(&data, "", theirs));
    (run, people, events[0])
}

/// Serves until nothing is left to remove, under a plan. Whether it was killed.
fn serve(run: &Run<'_>, plan: &str) -> bool {
    let log = run.data().with_file_name("retention.log");
    let plan = format!("{plan},slices=7,retention.idle:1+=end");
    let status = ended(spawn(&run.data(), &plan, &log), &log);
    let killed = status.signal() == Some(9);
    assert!(
        killed || status.success(),
        "{plan}: {}",
        std::fs::read_to_string(&log).unwrap_or_default()
    );
    killed
}

#[test]
fn killed_at_every_step_of_a_removal_exactly_the_deleted_are_removed_and_it_is_written_down_once() {
    assert!(Path::new(LETHE).exists());
    for (kills, at) in (1..POINTS_MAX).enumerate() {
        let (run, people, events) = due();
        let killed = serve(&run, &format!("*:{at}=kill"));
        assert!(!serve(&run, ""), "no plan");
        let data = run.data();
        let numbers = |sql| block_on(warehouse(&data, "", sql));
        assert_eq!(
            numbers("SELECT id FROM profiles ORDER BY id"),
            people,
            "point {at}"
        );
        assert_eq!(numbers("SELECT count(*) FROM events"), [events], "point {at}");
        assert_eq!(numbers("SELECT count(*) FROM deleted_people"), [0], "point {at}");
        assert_eq!(
            numbers("SELECT profiles + events FROM deletions WHERE removed_at IS NOT NULL"),
            [0],
            "point {at}"
        );
        let entries = "SELECT count(*) FROM audit WHERE action = 'warehouse.removed'";
        assert_eq!(block_on(number(&data, entries)), 1, "point {at}");
        if !killed {
            println!("{kills} kills in a removal, 0 violations");
            assert!(kills > 20, "only {kills} points were met");
            return;
        }
    }
    panic!("the removal never got through");
}
