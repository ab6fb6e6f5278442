//! How close an estimate is: three deletions of about the same size one after another in one process, and what was expected
//! of the third when it was confirmed against what it took.

use super::{
    Bench, Done, Measure, child,
    data::{self, Base},
    run_job, said,
    table::{Reach, Row},
};
use domain::{estimate::Estimated, job::Job, suppression::Suppress, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The figure: the third estimate is off by so much at most, in percent of what the job took.
const OFF_PERCENT_MAX: f64 = 25.0;
/// The segments.
const NAMES: [&str; 3] = ["First", "Second", "Third"];

/// What was seen of the three.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ran {
    /// The jobs as they ended.
    jobs: Vec<Job>,
}

/// Deletes whoever was last seen before each of the days, one after another.
pub(super) async fn run(data: &Path, days: &[String]) -> Done<Ran> {
    let (engine, dataset) = data::open(data).await?;
    let tasks = engine.start_tasks();
    let all = async {
        run_job::ready(&engine).await?;
        let mut jobs = Vec::new();
        for (name, day) in NAMES.iter().zip(days) {
            let before = Timestamp::parse_date(day)
                .ok_or_else(|| format!("{day:?} is no day; write it as 2024-11-24."))?;
            let (segment, count) = data::segment(&engine, dataset, name, before).await?;
            jobs.push(run_job::job(&engine, dataset, segment, (name, count), Suppress::Nothing).await?);
        }
        Ok(Ran { jobs })
    }
    .await;
    tasks.stop().await;
    engine.close().await;
    all
}

/// Measures.
pub(super) async fn measure(bench: &Bench, base: &Base) -> Done<Vec<Row>> {
    let (mut off, mut took) = (Vec::new(), Vec::new());
    let mut note = String::new();
    for _ in 0..bench.runs {
        let copy = base.copy("estimate")?;
        let days = base.thirds.map(Timestamp::to_date).join(",");
        let (ran, _): (Ran, _) = child::run(copy.dir(), &["bench", "run-three", "--before", &days]).await?;
        let third = ran.jobs.get(2).ok_or("Only some of three deletions ran.")?;
        let (expected, ms) = expected(third)?;
        off.push((expected.expected_ms as f64 - ms).abs() / ms * 100.0);
        took.push(ms);
        note = format!(
            "{} people; {} of two earlier jobs; expected {:.2} s, took {:.2} s, said {} to {} s",
            third.counts.matched,
            expected.basis.as_str(),
            expected.expected_ms as f64 / 1e3,
            ms / 1e3,
            expected.seconds_low,
            expected.seconds_high
        );
    }
    let row = |what: &str, unit: &'static str, values: &[f64]| {
        Row::of(Measure::Estimate, base.profiles, what, unit, values)
    };
    Ok(vec![
        row("estimate of a third job, off by", "%", &off)
            .limit(Reach::AtMost(OFF_PERCENT_MAX))
            .note(note),
        row("  what it took", "ms", &took),
    ])
}

/// What was expected of a job, and what it took in milliseconds.
fn expected(job: &Job) -> Done<(Estimated, f64)> {
    let (Some(estimated), Some(ms)) = (job.estimated, job.took_ms) else {
        return Err(said("A job ended without its estimate or its time."));
    };
    Ok((estimated, (ms as f64).max(1.0)))
}
