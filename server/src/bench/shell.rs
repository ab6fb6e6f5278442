//! SQLite's own shell, as Debian has it: what Lethe is held against. Its connection is set like Lethe's writer.

use super::{Done, data::Base, said};
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{io::AsyncWriteExt as _, process::Command};

/// The program.
const PROGRAM: &str = "sqlite3";
/// What a line of the answer begins with that says how many rows a statement changed.
const CHANGED: &str = "changed";

/// What a script came to.
#[derive(Debug)]
pub(super) struct Ran {
    /// From the start of the process to its end: the log is in the file by then.
    pub(super) took: Duration,
    /// Rows that were changed, by table.
    pub(super) changed: Vec<(String, i64)>,
    /// All that it said.
    pub(super) out: String,
}

/// Its version; `None` where it is not installed.
pub(super) async fn version() -> Option<String> {
    let said = Command::new(PROGRAM).arg("--version").output().await.ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    text.split_whitespace().next().map(str::to_owned)
}

/// Runs a script on a file.
pub(super) async fn run(file: &Path, script: &str) -> Done<Ran> {
    let begun = Instant::now();
    let mut shell = Command::new(PROGRAM)
        // Nobody's own settings.
        .args(["-batch", "-bail", "-init"])
        .arg("/dev/null")
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(said)?;
    let mut input = shell.stdin.take().ok_or("The shell has no input.")?;
    input.write_all(script.as_bytes()).await.map_err(said)?;
    drop(input);
    let output = shell.wait_with_output().await.map_err(said)?;
    let took = begun.elapsed();
    let problem = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !problem.trim().is_empty() {
        return Err(format!("The sqlite3 shell failed: {}", problem.trim()));
    }
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let changed = out.lines().filter_map(|line| {
        let mut cells = line.split('|');
        let (Some(CHANGED), Some(table), Some(rows)) = (cells.next(), cells.next(), cells.next()) else {
            return None;
        };
        Some((table.to_owned(), rows.parse().ok()?))
    });
    Ok(Ran {
        took,
        changed: changed.collect(),
        out,
    })
}

/// The lines that set a connection like Lethe's writer.
pub(super) fn pragmas(base: &Base) -> String {
    let lines = base.pragmas.iter();
    lines
        .map(|(name, value)| format!("PRAGMA {name}={value};\n"))
        .collect()
}

/// One bare DELETE a table, each a transaction of its own.
pub(super) fn deletes(base: &Base) -> String {
    let mut script = pragmas(base);
    for delete in engine::bare_deletes(base.before) {
        script.push_str(&format!(
            "{};\nSELECT '{CHANGED}', '{}', changes();\n",
            delete.sql, delete.table
        ));
    }
    script
}
