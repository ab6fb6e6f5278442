//! Reading files in: people and their events as CSV by `lethe import`, which finds out whom each row is about, against the
//! shell's `.import` of rows that are ready for the same tables with the same indexes.

use super::{
    Bench, Done, Measure, child,
    data::{self, Base, Copied},
    import_files::{self, EVENTS_A_PERSON, Files, TABLES},
    said, shell,
    table::{Reach, Row},
};
use serde::Deserialize;
use std::{path::Path, time::Duration};

/// One person is imported for so many of the base.
const SHARE: u64 = 5;

/// What `lethe import` says, as far as it is looked at.
#[derive(Debug, Deserialize)]
struct Imported {
    accepted: u64,
    created: u64,
    rejected: u64,
}

/// Measures.
pub(super) async fn measure(bench: &Bench, base: &Base) -> Done<Vec<Row>> {
    let people = base.profiles / SHARE;
    let events = people * EVENTS_A_PERSON;
    let place = Copied::empty(base.dir(), "files")?;
    let files = import_files::write(place.dir(), people).map_err(said)?;
    // A directory as it is before the first import, for the shell's tables too.
    let fresh = Copied::empty(base.dir(), "fresh")?;
    data::open(fresh.dir()).await?.0.close().await;
    let (mut ours, mut theirs, mut of_people) = (Vec::new(), Vec::new(), Vec::new());
    let rows = (people + events) as f64;
    for _ in 0..bench.runs {
        let (first, second) = by_lethe(base, &files, people, events).await?;
        of_people.push(people as f64 / first.as_secs_f64());
        ours.push(rows / (first + second).as_secs_f64());
        if bench.shell.is_some() {
            let took = by_shell(base, &files, fresh.dir(), people, events).await?;
            theirs.push(rows / took.as_secs_f64());
        }
    }
    let row = |what: &str, values: &[f64]| Row::of(Measure::Import, base.profiles, what, "rows/s", values);
    Ok(vec![
        row("import, people and events", &ours)
            .against(&theirs, Some(Reach::AtLeast(0.5)))
            .note(format!("{people} people, {events} events")),
        row("  people alone", &of_people),
    ])
}

/// The two imports, one after the other, each a process from start to end.
async fn by_lethe(base: &Base, files: &Files, people: u64, events: u64) -> Done<(Duration, Duration)> {
    let home = Copied::empty(base.dir(), "import")?;
    let mut took = Vec::new();
    for (kind, file, rows, made) in [
        ("profiles", &files.people, people, people),
        ("events", &files.events, events, 0),
    ] {
        let file = file.display().to_string();
        let args = ["import", kind, &file, "--dataset", data::DATASET];
        let (done, time): (Imported, _) = child::run(home.dir(), &args).await?;
        if (done.accepted, done.created, done.rejected) != (rows, made, 0) {
            return Err(format!(
                "Of {rows} {kind}, {} were accepted, {} rejected; {} people were made.",
                done.accepted, done.rejected, done.created
            ));
        }
        took.push(time);
    }
    match took.as_slice() {
        [first, second] => Ok((*first, *second)),
        _ => Err("An import is missing.".to_owned()),
    }
}

async fn by_shell(base: &Base, files: &Files, fresh: &Path, people: u64, events: u64) -> Done<Duration> {
    let home = Copied::empty(base.dir(), "shell-import")?;
    let file = home.dir().join("lethe.db");
    std::fs::copy(fresh.join("lethe.db"), &file).map_err(said)?;
    // The shell can import texts alone, so the key is a text of as many bytes here.
    let sql = shell::run(
        &file,
        "SELECT replace(sql, 'BLOB', 'TEXT') FROM sqlite_schema WHERE name = 'identity_lookup';\n",
    )
    .await?;
    shell::run(
        &file,
        &format!("DROP TABLE identity_lookup;\n{};\n", sql.out.trim()),
    )
    .await?;
    let mut script = shell::pragmas(base);
    for (table, file) in TABLES.iter().zip(&files.tables) {
        script.push_str(&format!(".import --csv \"{}\" {table}\n", file.display()));
    }
    let ran = shell::run(&file, &script).await?;
    let counted = shell::run(
        &file,
        "SELECT 'changed', 'profiles', count(*) FROM profiles;\nSELECT 'changed', 'events', count(*) FROM events;\n",
    )
    .await?;
    let rows: Vec<u64> = counted
        .changed
        .iter()
        .filter_map(|(_, rows)| u64::try_from(*rows).ok())
        .collect();
    if rows != [people, events] {
        return Err(format!(
            "The sqlite3 shell imported {rows:?} rows of people and events."
        ));
    }
    Ok(ran.took)
}
