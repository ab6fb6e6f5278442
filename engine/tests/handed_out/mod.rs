//! Files that the engine hands out, read as whoever asked would read them, and what lies in the directory of exports.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]

use crate::world::World;
use domain::{export::Format, id::JobId, problem::Problem};
use engine::{Download, Error};
use futures_util::TryStreamExt as _;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

/// The refusal that a call must come to.
pub(crate) fn problem<T>(result: engine::Result<T>) -> Problem {
    match result {
        Err(Error::Problem(problem)) => problem,
        Err(other) => panic!("not a problem: {other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

/// A file, read to its end.
pub(crate) async fn text(file: Download) -> String {
    let parts: Vec<Vec<u8>> = file.rows.try_collect().await.expect("whole");
    String::from_utf8(parts.concat()).expect("UTF-8")
}

/// Its lines, which are JSON.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// An export that must be handed out.
pub(crate) async fn export(world: &World, id: JobId, format: Format) -> String {
    let file = world
        .engine
        .export(&World::actor(), world.dataset, id, format)
        .await;
    text(file.expect("an export")).await
}

/// Results that must be handed out.
pub(crate) async fn results(world: &World, id: JobId, plain: bool) -> Vec<Value> {
    let file = world
        .engine
        .results(&World::actor(), world.dataset, id, Format::Ndjson, plain)
        .await;
    lines(&text(file.expect("results")).await)
}

/// The names of the files in `exports/`.
pub(crate) fn exports(dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir.join("exports")).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// How often a text stands in any file of the directory, the warehouse's aside, which is kept on purpose.
pub(crate) fn readable(dir: &Path, what: &str) -> usize {
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
