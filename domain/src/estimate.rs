//! How long a deletion takes: a range, with the basis of the figure and what is included, and the documented figure beside
//! it. Knows no clock and no time zone: waiting for quiet hours is added by who knows them.
//!
//! Design notes. What a job takes is counted in rows and not in people, since somebody with a hundred events costs more
//! than somebody with none. To it comes what a job does around the deleting: fixing the list, the sweep, the checks, the
//! wiping. That depends on the size of the files and hardly on the size of the job, so it is taken as it was.

mod accuracy;
mod words;

pub use accuracy::{Accuracy, Checked, Estimated, accuracy, took_ms};
pub use words::{range_in_words, seconds_in_words};

use serde::{Deserialize, Serialize};

/// The documented speed of the product that this one follows, profiles a second: shown for comparison, and the basis
/// where nothing has been measured yet.
pub const DOCUMENTED_RATE: f64 = 100.0;
/// How many finished jobs the measured rate looks back.
pub const JOBS_LOOKED_AT: usize = 5;
/// A job of fewer profiles says nothing about speed: its fixed costs outweigh its work.
pub const PROFILES_MIN: i64 = 500;
/// Rows that a person has besides events: the profile, identities, memberships.
pub const ROWS_A_PERSON: i64 = 4;
/// How far the range reaches beyond what was measured, each way, as a factor.
const MARGIN: f64 = 1.25;
/// What every job takes besides deleting where no job has been seen: freeze, sweep, verify, seal. Milliseconds.
const AROUND_MS: f64 = 200.0;
/// A trial writes nothing to the disk, so the real work takes about this much longer.
const PROBE_SLOWER: f64 = 2.0;
/// And at worst this much longer.
const PROBE_SLOWER_MAX: f64 = 4.0;
/// Bytes of the store that are wiped and read back in a millisecond, where no wiping has been seen.
const WIPED_BYTES_A_MS: f64 = 500_000.0;
/// A limit is kept within this factor at worst: batches and rests are whole.
const PACE_MARGIN: f64 = 1.03;
/// The copy of the warehouse takes at most this much longer than it did lately.
const COPY_MARGIN: f64 = 2.0;

/// What the figure rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Finished jobs on this installation.
    Measured,
    /// A small slice deleted in a transaction that was rolled back.
    Probed,
    /// The documented 100 a second.
    Documented,
}

impl Basis {
    /// The text form, as in REST.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Probed => "probed",
            Self::Documented => "documented",
        }
    }
}

/// A finished job, as far as the estimate cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Profiles decided.
    pub profiles: i64,
    /// Rows that they had, events included.
    pub rows: i64,
    /// How long deleting took, limits and pauses not counted, milliseconds.
    pub deleting_ms: i64,
    /// How long everything around it took, waiting not counted, milliseconds; `None`: not known.
    pub around_ms: Option<i64>,
}

/// A trial: a slice of the segment that was deleted and brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// Rows that were deleted, events included.
    pub rows: i64,
    /// How long that took, microseconds.
    pub micros: i64,
}

/// What is to be estimated, and what is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// How many profiles would go.
    pub profiles: i64,
    /// How many events they have.
    pub events: i64,
    /// Profiles a second at most.
    pub max_rate: Option<i64>,
    /// The newest finished jobs, newest first.
    pub finished: &'a [Finished],
    /// A trial, where no finished job says anything.
    pub trial: Option<Trial>,
    /// How long the warehouse copy is behind, milliseconds.
    pub copy_ms: i64,
    /// The size of the store's file.
    pub store_bytes: i64,
}

/// An estimate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// At best.
    pub seconds_low: i64,
    /// At worst.
    pub seconds_high: i64,
    /// Most likely, milliseconds.
    pub expected_ms: i64,
    /// Profiles a second that it reckons with.
    pub rate: f64,
    /// What the rate rests on.
    pub basis: Basis,
    /// How many finished jobs were looked at.
    pub jobs: u32,
    /// At the documented 100 a second.
    pub documented_seconds: i64,
    /// Of it, waiting until the warehouse has a copy of everyone.
    pub copy_seconds: i64,
    /// Whether quiet hours are in it.
    pub quiet: bool,
}

/// A least, a likely and a greatest length of time, milliseconds.
#[derive(Debug, Clone, Copy)]
struct Range {
    low: f64,
    likely: f64,
    high: f64,
}

impl Range {
    const fn all(ms: f64) -> Self {
        Self {
            low: ms,
            likely: ms,
            high: ms,
        }
    }

    fn at_least(self, ms: f64) -> Self {
        Self {
            low: self.low.max(ms),
            likely: self.likely.max(ms),
            high: self.high.max(ms * PACE_MARGIN),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            low: self.low + other.low,
            likely: self.likely + other.likely,
            high: self.high + other.high,
        }
    }
}

/// Estimates a deletion: from finished jobs that say something about speed, else from a trial, else at the documented
/// speed; never faster than the limit set by the person.
#[must_use]
pub fn estimate(asked: &Question<'_>) -> Estimate {
    let looked_at: Vec<&Finished> = asked
        .finished
        .iter()
        .filter(|job| job.profiles >= PROFILES_MIN && job.rows > 0)
        .take(JOBS_LOOKED_AT)
        .collect();
    let people = lossy(asked.profiles);
    let rows = lossy(
        asked
            .profiles
            .saturating_mul(ROWS_A_PERSON)
            .saturating_add(asked.events),
    );
    let (basis, work, around) = match (looked_at.as_slice(), asked.trial) {
        ([], None) => {
            let ms = people / DOCUMENTED_RATE * 1_000.0;
            (Basis::Documented, Range::all(ms), Range::all(0.0))
        }
        ([], Some(trial)) => (Basis::Probed, tried(rows, trial), wiping(asked.store_bytes)),
        (jobs, _) => (Basis::Measured, measured(rows, jobs), before_and_after(jobs)),
    };
    let paced = asked
        .max_rate
        .map_or(0.0, |rate| people * 1_000.0 / lossy(rate.max(1)));
    let work = work.at_least(paced);
    let copy = lossy(asked.copy_ms.max(0));
    let wait = Range {
        high: copy * COPY_MARGIN,
        ..Range::all(copy)
    };
    let all = work.and(around).and(wait);
    Estimate {
        seconds_low: whole((all.low / 1_000.0).floor()),
        seconds_high: whole((all.high / 1_000.0).ceil()),
        expected_ms: whole(all.likely),
        rate: if work.likely > 0.0 {
            people * 1_000.0 / work.likely
        } else {
            DOCUMENTED_RATE
        },
        basis,
        jobs: u32::try_from(looked_at.len()).unwrap_or(u32::MAX),
        documented_seconds: whole((people / DOCUMENTED_RATE).ceil()),
        copy_seconds: whole((copy / 1_000.0).ceil()),
        quiet: false,
    }
}

/// Rows at the speed of finished jobs: at that of the fastest and of the slowest with a margin, and most likely at that of
/// all of them together.
fn measured(rows: f64, jobs: &[&Finished]) -> Range {
    let per_row = |job: &&Finished| lossy(job.deleting_ms.max(1)) / lossy(job.rows);
    let fast = jobs.iter().map(per_row).fold(f64::INFINITY, f64::min);
    let slow = jobs.iter().map(per_row).fold(0.0, f64::max);
    let (ms, of) = jobs.iter().fold((0, 0), |(ms, of), job| {
        (ms + job.deleting_ms.max(1), of + job.rows)
    });
    Range {
        low: rows * fast / MARGIN,
        likely: rows * lossy(ms) / lossy(of),
        high: rows * slow * MARGIN,
    }
}

fn before_and_after(jobs: &[&Finished]) -> Range {
    let known: Vec<f64> = jobs.iter().filter_map(|job| job.around_ms).map(lossy).collect();
    if known.is_empty() {
        return Range {
            low: 0.0,
            ..Range::all(AROUND_MS)
        };
    }
    Range {
        low: known.iter().copied().fold(f64::INFINITY, f64::min) / MARGIN,
        likely: known.iter().sum::<f64>() / lossy_len(known.len()),
        high: known.iter().copied().fold(0.0, f64::max) * MARGIN,
    }
}

fn tried(rows: f64, trial: Trial) -> Range {
    let ms = rows * lossy(trial.micros.max(1)) / lossy(trial.rows.max(1)) / 1_000.0;
    Range {
        low: ms,
        likely: ms * PROBE_SLOWER,
        high: ms * PROBE_SLOWER_MAX,
    }
}

fn wiping(store_bytes: i64) -> Range {
    let ms = AROUND_MS + lossy(store_bytes.max(0)) / WIPED_BYTES_A_MS;
    Range {
        low: ms / PROBE_SLOWER,
        likely: ms,
        high: ms * PROBE_SLOWER_MAX,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a duration for people to read; 2^53 profiles are out of reach"
)]
const fn lossy(n: i64) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "at most JOBS_LOOKED_AT")]
const fn lossy_len(n: usize) -> f64 {
    n as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what a duration wants"
)]
const fn whole(n: f64) -> i64 {
    n as i64
}

#[cfg(test)]
mod tests;
