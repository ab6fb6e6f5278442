//! Deleting half of the people, by Lethe with all that it does besides, and by a bare statement a table in SQLite's shell.

use super::{
    Bench, Done, Measure, child,
    data::Base,
    run_job, shell,
    table::{Reach, Row, median},
};
use domain::{job::JobState, time::Timestamp};

/// The name of the row with the rate, by which runs of different sizes are compared.
pub(super) const RATE: &str = "deletion, rate";
/// The figures of a million people are meant for so many or more.
const MILLION: u64 = 1_000_000;
/// The phases that count: the wiping is shown apart.
const COUNTED: [JobState; 4] = [
    JobState::Freezing,
    JobState::Deleting,
    JobState::Sweeping,
    JobState::Verifying,
];

/// Measures.
pub(super) async fn measure(bench: &Bench, base: &Base) -> Done<Vec<Row>> {
    let (mut ours, mut theirs, mut suppressing) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.runs {
        let ran = by_lethe(base, &[]).await?;
        suppressing.push(by_lethe(base, &["--suppress"]).await?);
        if bench.shell.is_some() {
            theirs.push(by_shell(base, ran.job.events_deleted).await?);
        }
        ours.push(ran);
    }
    let probed = by_lethe(base, &["--probe", "--suppress"]).await?;
    let mut rows = rates(base, &ours, &theirs);
    rows.extend(with_suppression(base, &suppressing));
    rows.extend(phases(base, &ours));
    rows.extend(scrub(base, &ours));
    rows.extend(around(base, &ours, &probed));
    Ok(rows)
}

/// One run, with its counts checked.
async fn by_lethe(base: &Base, more: &[&str]) -> Done<run_job::Ran> {
    let copy = base.copy("job")?;
    let day = base.before.to_date();
    let mut args = vec!["bench", "run-job", "--before", &day];
    args.extend(more);
    let (ran, _): (run_job::Ran, _) = child::run(copy.dir(), &args).await?;
    let counts = &ran.job.counts;
    let all = i64::try_from(base.profiles).unwrap_or(i64::MAX);
    let found = (
        counts.matched,
        counts.deleted,
        ran.profiles_left,
        ran.job.events_deleted,
    );
    let right = (
        base.half,
        base.half,
        all - base.half,
        base.events - ran.events_left,
    );
    if found == right {
        Ok(ran)
    } else {
        Err(format!(
            "Of {all} people, {} were to go: {} were matched, {} deleted, and {} are left.",
            base.half, counts.matched, counts.deleted, ran.profiles_left
        ))
    }
}

/// One run by the shell: seconds. It must delete the same people and events.
async fn by_shell(base: &Base, events: i64) -> Done<f64> {
    let copy = base.copy_file("shell")?;
    let ran = shell::run(&copy.dir().join("lethe.db"), &shell::deletes(base)).await?;
    let of = |table: &str| {
        let found = ran.changed.iter().find(|(name, _)| name == table);
        found.map_or(0, |(_, rows)| *rows)
    };
    let found = (of("profiles"), of("events"));
    if found != (base.half, events) {
        return Err(format!(
            "The sqlite3 shell deleted {} people and {} events; Lethe {} and {events}.",
            found.0, found.1, base.half
        ));
    }
    Ok(ran.took.as_secs_f64())
}

fn rates(base: &Base, ours: &[run_job::Ran], theirs: &[f64]) -> Vec<Row> {
    let half = base.half as f64;
    let row =
        |what: &str, values: &[f64]| Row::of(Measure::Deletion, base.profiles, what, "profiles/s", values);
    let mine: Vec<f64> = ours.iter().map(|ran| half * 1e3 / counted_ms(ran)).collect();
    let shells: Vec<f64> = theirs.iter().map(|seconds| half / seconds).collect();
    let mut rate = row(RATE, &mine);
    if base.profiles >= MILLION {
        rate = rate.limit(Reach::AtLeast(150_000.0));
    }
    let events = ours.first().map_or(0, |ran| ran.job.events_deleted);
    vec![
        rate.note(format!("{} people, {events} events; counts exact", base.half)),
        row("deletion against bare DELETEs", &mine).against(&shells, Some(Reach::AtLeast(1.3))),
    ]
}

/// The same with everybody who goes on the list of those who are not let in again.
fn with_suppression(base: &Base, ours: &[run_job::Ran]) -> Vec<Row> {
    let half = base.half as f64;
    let rates: Vec<f64> = ours.iter().map(|ran| half * 1e3 / counted_ms(ran)).collect();
    let sweeps: Vec<f64> = ours.iter().map(|ran| phase_ms(ran, JobState::Sweeping)).collect();
    let what = "deletion with suppression";
    let mut rate = Row::of(Measure::Deletion, base.profiles, what, "profiles/s", &rates);
    if base.profiles >= MILLION {
        rate = rate.limit(Reach::AtLeast(100_000.0));
    }
    vec![
        rate.note("late data refused afterwards".to_owned()),
        Row::of(
            Measure::Deletion,
            base.profiles,
            "  sweeping, with it",
            "ms",
            &sweeps,
        ),
    ]
}

fn counted_ms(ran: &run_job::Ran) -> f64 {
    // A small job may be over within the same millisecond.
    COUNTED
        .iter()
        .map(|state| phase_ms(ran, *state))
        .sum::<f64>()
        .max(1.0)
}

fn phase_ms(ran: &run_job::Ran, state: JobState) -> f64 {
    let named = ran.job.phases.iter().filter(|phase| phase.name == state);
    named
        .filter_map(|phase| Some(ms(phase.started_at, phase.finished_at?)))
        .sum()
}

/// Milliseconds between two moments.
fn ms(from: Timestamp, to: Timestamp) -> f64 {
    (to.ms() - from.ms()) as f64
}

fn phases(base: &Base, ours: &[run_job::Ran]) -> Vec<Row> {
    let all: f64 = ours.iter().map(counted_ms).sum();
    let row = |state: JobState| {
        let each: Vec<f64> = ours.iter().map(|ran| phase_ms(ran, state)).collect();
        let share = each.iter().sum::<f64>() / all * 100.0;
        let what = format!("  {}", state.as_str());
        Row::of(Measure::Deletion, base.profiles, what, "ms", &each).note(format!("{share:.0} %"))
    };
    COUNTED.into_iter().map(row).collect()
}

/// The wiping, which the rate does not count: the pass that wipes, the one that reads back, and both.
fn scrub(base: &Base, ours: &[run_job::Ran]) -> Vec<Row> {
    let mut wipe = Vec::new();
    let mut proof = Vec::new();
    let (mut wipe_ms, mut proof_ms) = (Vec::new(), Vec::new());
    let mut both = Vec::new();
    for ran in ours {
        let (Some(erasure), Some(began)) = (&ran.job.erasure, began(ran, JobState::Scrubbing)) else {
            continue;
        };
        let (Some(wiped), Some(proven)) = (erasure.wiped_at, erasure.proven_at) else {
            continue;
        };
        let file_mb = (erasure.pages * erasure.page_bytes) as f64 / 1e6;
        let (first, second) = (ms(began, wiped).max(1.0), ms(wiped, proven).max(1.0));
        wipe.push(file_mb * 1e3 / first);
        proof.push(file_mb * 1e3 / second);
        wipe_ms.push(first);
        proof_ms.push(second);
        both.push(erasure.bytes_read as f64 / 1e3 / (first + second));
    }
    let row = |what: &str, unit: &'static str, values: &[f64]| {
        Row::of(Measure::Deletion, base.profiles, what, unit, values)
    };
    let last = ours.iter().rev().find_map(|ran| ran.job.erasure.as_ref());
    let found = last.map_or(String::new(), |erasure| {
        format!(
            "{} passes over {} MB; {} pages wiped",
            erasure.passes,
            erasure.pages * erasure.page_bytes / 1_000_000,
            erasure.pages_wiped
        )
    });
    vec![
        row("scrub and proof", "MB/s", &both)
            .limit(Reach::AtLeast(1_000.0))
            .note(found),
        row("  wiping pass", "ms", &wipe_ms).note(of_file(&wipe)),
        row("  reading back", "ms", &proof_ms).note(of_file(&proof)),
    ]
}

fn of_file(mb_a_second: &[f64]) -> String {
    format!("{:.0} MB/s of the file", median(mb_a_second))
}

fn began(ran: &run_job::Ran, state: JobState) -> Option<Timestamp> {
    let mut phases = ran.job.phases.iter();
    phases
        .find(|phase| phase.name == state)
        .map(|phase| phase.started_at)
}

/// What the deletion does to its surroundings.
fn around(base: &Base, ours: &[run_job::Ran], probed: &run_job::Ran) -> Vec<Row> {
    let row = |what: &str, unit: &'static str, values: &[f64]| {
        Row::of(Measure::Deletion, base.profiles, what, unit, values)
    };
    let log: Vec<f64> = ours.iter().map(|ran| ran.log_bytes_max as f64 / 1e6).collect();
    let memory: Vec<f64> = ours.iter().map(|ran| ran.memory_peak_mb).collect();
    let mut rows = vec![
        row("deletion, memory at most", "MB", &memory).limit(Reach::AtMost(150.0)),
        row("deletion, log at most", "MB", &log),
    ];
    if let Some(waits) = &probed.waits {
        let by_phase: Vec<String> = waits
            .by_phase
            .iter()
            .map(|(phase, ms)| format!("{phase} {ms:.0}"))
            .collect();
        let note = format!(
            "{} writes tried in one more run; by phase: {}",
            waits.tries,
            by_phase.join(", ")
        );
        rows.push(
            row("longest write lock", "ms", &[waits.max_ms])
                .limit(Reach::AtMost(50.0))
                .note(note),
        );
        rows.push(row("  one in a hundred", "ms", &[waits.p99_ms]));
    }
    rows
}

/// The rate with the most people against that with a million, where both were measured.
pub(super) fn scale(rows: &[Row], most: u64) -> Option<Row> {
    let rate = |profiles: u64| rows.iter().find(|row| row.is(RATE, profiles));
    let (large, million) = (rate(most).filter(|_| most > MILLION)?, rate(MILLION)?);
    let row = Row::of(
        Measure::Deletion,
        most,
        "deletion, rate against 1 M",
        "profiles/s",
        &[large.ours()],
    );
    Some(row.against(&[million.ours()], Some(Reach::AtLeast(0.85))))
}
