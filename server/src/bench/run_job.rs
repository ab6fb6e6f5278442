//! `lethe bench run-job`: one deletion in a process of its own, from opening the directory to the last byte wiped, and what
//! was seen of it from the inside: the log's size, how long a write waits, and the memory of the process.

use super::{
    Done,
    child::own_memory_peak_mb,
    data::{self, actor},
    said,
    table::percentile,
};
use domain::{
    id::{DatasetId, SegmentId},
    job::{Job, JobSpec, JobState},
    suppression::Suppress,
    time::Timestamp,
};
use engine::{Engine, clock::Clock};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::sync::watch;

/// The segment.
const NAME: &str = "Going";
/// How often the job and its surroundings are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// An engine that does not get ready in this time never will.
const READY_MAX: Duration = Duration::from_secs(600);

/// What a deletion took.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ran {
    /// The job as it ended.
    pub(super) job: Job,
    /// Everyone who is left.
    pub(super) profiles_left: i64,
    /// Events that are left.
    pub(super) events_left: i64,
    /// The size of the log at most.
    pub(super) log_bytes_max: u64,
    /// How long writes waited; `None` where none were begun.
    pub(super) waits: Option<Waits>,
    /// Megabytes of memory that the process held at most.
    pub(super) memory_peak_mb: f64,
}

/// How long a write waited for its turn.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Waits {
    /// How often it was tried.
    pub(super) tries: usize,
    /// The longest, milliseconds.
    pub(super) max_ms: f64,
    /// One in a hundred waited longer, milliseconds.
    pub(super) p99_ms: f64,
    /// The longest in each phase.
    pub(super) by_phase: Vec<(String, f64)>,
}

/// A write that was tried.
#[derive(Debug, Clone, Copy)]
struct Try {
    at: Timestamp,
    ms: f64,
}

/// Deletes everyone in `data` who was last seen before the day.
pub(super) async fn run(data: &Path, before: &str, probe: bool, suppress: Suppress) -> Done<Ran> {
    let day = Timestamp::parse_date(before)
        .ok_or_else(|| format!("{before:?} is no day; write it as 2024-11-24."))?;
    let (engine, dataset) = data::open(data).await?;
    let tasks = engine.start_tasks();
    let ran = match ready(&engine).await {
        Ok(()) => delete(&engine, dataset, data, day, (probe, suppress)).await,
        Err(error) => Err(error),
    };
    tasks.stop().await;
    engine.close().await;
    ran
}

/// Waits until the structure of the file was checked.
pub(super) async fn ready(engine: &Engine) -> Done<()> {
    let waiting = async {
        while !engine.ready() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(READY_MAX, waiting)
        .await
        .map_err(|_| "The structure of the file was not checked in time.".to_owned())
}

async fn delete(
    engine: &Engine,
    dataset: DatasetId,
    data: &Path,
    day: Timestamp,
    (probe, suppress): (bool, Suppress),
) -> Done<Ran> {
    let (segment, count) = data::segment(engine, dataset, NAME, day).await?;
    let (stop, stopped) = watch::channel(false);
    let log = tokio::spawn(log_bytes_max(data.join("lethe.db-wal"), stopped.clone()));
    let probe = probe.then(|| tokio::spawn(try_writes(engine.clone(), stopped)));
    let job = job(engine, dataset, segment, (NAME, count), suppress).await;
    stop.send_replace(true);
    let log_bytes_max = log.await.map_err(said)?;
    let tries = match probe {
        Some(probe) => Some(probe.await.map_err(said)??),
        None => None,
    };
    let job = job?;
    let (profiles_left, events_left) = engine.bare_totals().await.map_err(said)?;
    Ok(Ran {
        waits: tries.map(|tries| waits(&tries, &job)),
        job,
        profiles_left,
        events_left,
        log_bytes_max,
        memory_peak_mb: own_memory_peak_mb()?,
    })
}

/// Starts the job and follows it to its end.
pub(super) async fn job(
    engine: &Engine,
    dataset: DatasetId,
    segment: SegmentId,
    (name, count): (&str, i64),
    suppress: Suppress,
) -> Done<Job> {
    let asked = serde_json::json!({
        "segment_id": segment, "consent": true, "confirm_name": name, "confirm_count": count, "suppress": suppress,
    });
    let spec: JobSpec = serde_json::from_value(asked).map_err(said)?;
    let started = engine
        .start_job(&actor(), dataset, spec, None)
        .await
        .map_err(said)?;
    let id = started.job().id;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let job = engine.job(&actor(), dataset, id).await.map_err(said)?;
        match job.state {
            JobState::Completed => return Ok(job),
            state if state.terminal() => {
                let why = job.end_reason.unwrap_or_default();
                return Err(format!("The deletion ended as {}: {why}", state.as_str()));
            }
            _ => {}
        }
    }
}

/// Looks at the size of the log until told to stop.
async fn log_bytes_max(log: PathBuf, stopped: watch::Receiver<bool>) -> u64 {
    let mut most = 0;
    while !*stopped.borrow() {
        most = std::fs::metadata(&log).map_or(0, |file| file.len()).max(most);
        tokio::time::sleep(LOOK_EVERY).await;
    }
    most
}

/// Begins a write every few milliseconds until told to stop.
async fn try_writes(engine: Engine, stopped: watch::Receiver<bool>) -> Done<Vec<Try>> {
    let clock = Clock::system();
    let mut tries = Vec::new();
    while !*stopped.borrow() {
        let waited = engine.probe_write().await.map_err(said)?;
        tries.push(Try {
            at: clock.now(),
            ms: waited.as_secs_f64() * 1e3,
        });
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(tries)
}

fn waits(tries: &[Try], job: &Job) -> Waits {
    let ms: Vec<f64> = tries.iter().map(|tried| tried.ms).collect();
    let longest = |ms: &mut dyn Iterator<Item = f64>| ms.fold(0.0, f64::max);
    let by_phase = job.phases.iter().map(|phase| {
        let until = phase.finished_at.unwrap_or(job.as_of);
        let mut within = tries
            .iter()
            .filter(|tried| (phase.started_at..=until).contains(&tried.at))
            .map(|tried| tried.ms);
        (phase.name.as_str().to_owned(), longest(&mut within))
    });
    Waits {
        tries: tries.len(),
        max_ms: longest(&mut ms.iter().copied()),
        p99_ms: percentile(&ms, 0.99),
        by_phase: by_phase.collect(),
    }
}
