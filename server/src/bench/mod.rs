//! `lethe bench`: measures Lethe on this machine and holds it against the figures that it is meant to reach and against
//! SQLite's own shell. It works in a directory of its own and takes away what it made. A figure that is not reached is
//! shown and no failure; only a run that went wrong is one.
//!
//! What is compared runs in turn (ours, theirs, ours, theirs), each on a copy of the same data, so that both meet the same
//! noise: the ratios are what counts. docs/benchmarks.md says what each figure means.
//!
//! Reading order: `data` (what is measured with), `child` and `shell` (who is measured), one file a measure, `table`.

mod args;
mod child;
mod data;
mod deletion;
mod estimate;
mod import;
mod import_files;
mod preview;
mod privacy;
mod reads;
mod run_job;
mod shell;
mod start;
mod table;
mod tracking;
mod web;

pub(crate) use args::Bench as Args;
use args::{Measure, Part};

use crate::output;
use clap::ValueEnum as _;
use data::Base;
use domain::{guard::grouped, suppression::Suppress};
use serde::Serialize;
use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};
use table::Row;

/// What came of something, or the sentence that says why it went wrong.
type Done<T> = Result<T, String>;

fn said(error: impl Display) -> String {
    error.to_string()
}

/// What all measures share.
#[derive(Debug)]
struct Bench {
    /// How often each figure is taken.
    runs: u8,
    /// The version of SQLite's shell; `None`: it is not installed, and nothing is held against it.
    shell: Option<String>,
}

/// What was found, and where.
#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    /// Whether this binary was built to be fast. If not, its figures say nothing.
    release: bool,
    cores: usize,
    /// What else the machine had to do: the load of the minute before, and of the last minute.
    load: [Option<f64>; 2],
    sqlite_shell: Option<String>,
    runs: u8,
    rows: Vec<Row>,
}

/// Does what was typed.
///
/// # Errors
/// A sentence saying what went wrong.
pub(crate) async fn main(args: Args, data: Option<PathBuf>, json: bool) -> Result<(), String> {
    crate::log::start("warn");
    if let Some(Part::RunJob {
        before,
        probe,
        suppress,
    }) = &args.part
    {
        let data = data.ok_or("Name the data directory with --data.")?;
        let refused = if *suppress {
            Suppress::Late
        } else {
            Suppress::Nothing
        };
        let ran = run_job::run(&data, before, *probe, refused).await?;
        output::answer(&serde_json::to_string(&ran).map_err(said)?);
        return Ok(());
    }
    if let Some(Part::RunThree { before }) = &args.part {
        let data = data.ok_or("Name the data directory with --data.")?;
        let ran = estimate::run(&data, before).await?;
        output::answer(&serde_json::to_string(&ran).map_err(said)?);
        return Ok(());
    }
    if data.is_some() {
        return Err("A bench makes its own data and works on no other. Say where with --dir.".to_owned());
    }
    let report = measured(&args).await?;
    output::answer(&if json {
        serde_json::to_string(&report).map_err(said)?
    } else {
        table::text(&report.head(), &report.rows)
    });
    Ok(())
}

async fn measured(args: &Args) -> Done<Report> {
    let place = Place::new(&args.dir, args.keep)?;
    let bench = Bench {
        runs: args.runs,
        shell: shell::version().await,
    };
    if bench.shell.is_none() {
        output::note("sqlite3 is not installed: nothing is held against it.");
    }
    let before = load();
    let mut sizes = args.profiles.clone();
    sizes.sort_unstable();
    sizes.dedup();
    let mut rows = Vec::new();
    for &profiles in &sizes {
        rows.extend(of_size(&bench, args, &place, profiles).await?);
    }
    let most = sizes.last().copied().unwrap_or(0);
    rows.extend(deletion::scale(&rows, most));
    Ok(Report {
        version: env!("CARGO_PKG_VERSION"),
        release: !cfg!(debug_assertions),
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        load: [before, load()],
        sqlite_shell: bench.shell,
        runs: args.runs,
        rows,
    })
}

async fn of_size(bench: &Bench, args: &Args, place: &Place, profiles: u64) -> Done<Vec<Row>> {
    let people = grouped(i64::try_from(profiles).unwrap_or(i64::MAX));
    output::note(&format!("{people} people: making them"));
    let base = Base::make(place.dir.join(profiles.to_string()).join("base"), profiles).await?;
    output::note(&format!(
        "{people} people: {} events, {} MB",
        grouped(base.events),
        base.file_bytes / 1_000_000
    ));
    let mut rows = Vec::new();
    for measure in Measure::value_variants() {
        if !args.only.is_empty() && !args.only.contains(measure) {
            continue;
        }
        output::note(&format!("{people} people: {measure:?}"));
        rows.extend(match measure {
            Measure::Preview => preview::measure(bench, &base).await?,
            Measure::Deletion => deletion::measure(bench, &base).await?,
            Measure::Estimate => estimate::measure(bench, &base).await?,
            Measure::Reads => reads::measure(bench, &base).await?,
            Measure::Privacy => privacy::measure(bench, &base).await?,
            Measure::Import => import::measure(bench, &base).await?,
            Measure::Start => start::measure(bench, &base).await?,
            Measure::Tracking => tracking::measure(bench, &base).await?,
        });
    }
    if !args.keep {
        fs::remove_dir_all(base.dir()).map_err(said)?;
    }
    Ok(rows)
}

impl Report {
    fn head(&self) -> String {
        let load = self
            .load
            .map(|load| load.map_or("unknown".to_owned(), |load| format!("{load:.1}")));
        let shell = match &self.sqlite_shell {
            Some(version) => format!("sqlite3 {version}"),
            None => "no sqlite3".to_owned(),
        };
        let mut head = format!(
            "lethe {}, {} cores, load {} before and {} after, {shell}, medians of {}",
            self.version, self.cores, load[0], load[1], self.runs
        );
        if !self.release {
            head.push_str("\nA debug build: these figures say nothing.");
        }
        head
    }
}

/// The load of the last minute, where the system says.
fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// The working directory; it goes when it is let go of, also when a run fails or is interrupted.
#[derive(Debug)]
struct Place {
    dir: PathBuf,
    keep: bool,
}

impl Place {
    fn new(at: &Path, keep: bool) -> Done<Self> {
        fs::create_dir_all(at).map_err(|error| format!("{} cannot be made: {error}.", at.display()))?;
        let at = at.canonicalize().map_err(said)?;
        let dir = at.join(format!("run-{}", std::process::id()));
        fs::create_dir(&dir).map_err(|error| format!("{} cannot be made: {error}.", dir.display()))?;
        Ok(Self { dir, keep })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.keep {
            output::note(&format!("What was made is in {}.", self.dir.display()));
        } else if let Err(error) = fs::remove_dir_all(&self.dir) {
            output::note(&format!("{} could not be removed: {error}.", self.dir.display()));
        }
    }
}
