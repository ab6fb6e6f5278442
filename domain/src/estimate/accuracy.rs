//! How good estimates were: what was expected of a job at its confirmation, and what it took.

use super::{Basis, Estimate};
use crate::{
    job::{JobState, Phase},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Deviations up to this say nothing: an estimate is said in whole seconds. Milliseconds.
const NOTHING_MS: i64 = 1_000;
/// How many finished jobs are looked back at.
const LOOKED_AT: usize = 5;

/// What was expected of a job when it was confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimated {
    /// At best.
    pub seconds_low: i64,
    /// At worst.
    pub seconds_high: i64,
    /// Most likely, milliseconds.
    pub expected_ms: i64,
    /// What it rested on.
    pub basis: Basis,
}

impl From<Estimate> for Estimated {
    fn from(it: Estimate) -> Self {
        Self {
            seconds_low: it.seconds_low,
            seconds_high: it.seconds_high,
            expected_ms: it.expected_ms,
            basis: it.basis,
        }
    }
}

/// An estimate beside what the job took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// What was expected.
    pub estimated: Estimated,
    /// What it took, milliseconds.
    pub took_ms: i64,
}

/// How good the newest estimates were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Of how many jobs.
    pub jobs: u32,
    /// How many of them took as long as the range said.
    pub within: u32,
    /// How far the worst of them was off, in percent of what the job took; 0: none by more than a second.
    pub off_percent: i64,
}

/// Looks at the newest finished jobs, newest first. Estimates at the documented speed are left out: they are no word about
/// this installation. `None`: there is nothing to look at.
#[must_use]
pub fn accuracy(newest: &[Checked]) -> Option<Accuracy> {
    let own: Vec<&Checked> = newest
        .iter()
        .filter(|job| job.estimated.basis != Basis::Documented)
        .take(LOOKED_AT)
        .collect();
    let within = own.iter().filter(|job| job.within()).count();
    let off_percent = own.iter().map(|job| job.off_percent()).max()?;
    Some(Accuracy {
        jobs: u32::try_from(own.len()).unwrap_or(u32::MAX),
        within: u32::try_from(within).unwrap_or(u32::MAX),
        off_percent,
    })
}

impl Checked {
    /// Whether it took as long as the range said, to the second.
    fn within(&self) -> bool {
        let (low, high) = (
            self.estimated.seconds_low * 1_000,
            self.estimated.seconds_high * 1_000,
        );
        (low - NOTHING_MS..=high + NOTHING_MS).contains(&self.took_ms)
    }

    fn off_percent(&self) -> i64 {
        let off = (self.estimated.expected_ms - self.took_ms).abs();
        if off <= NOTHING_MS {
            0
        } else {
            off.saturating_mul(100) / self.took_ms.max(1)
        }
    }
}

/// How long a job has worked or rested by itself until `now`, milliseconds: from its phases, less those in which it waited
/// for its time, its turn or a person, and less the pauses that people made in the others (`paused_ms`).
#[must_use]
pub fn took_ms(phases: &[Phase], paused_ms: i64, now: Timestamp) -> i64 {
    let waits = |state| {
        matches!(
            state,
            JobState::Scheduled | JobState::Queued | JobState::AwaitingApproval
        )
    };
    let worked: i64 = phases
        .iter()
        .filter(|phase| !waits(phase.name))
        .map(|phase| (phase.finished_at.unwrap_or(now).ms() - phase.started_at.ms()).max(0))
        .sum();
    (worked - paused_ms).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(expected_ms: i64, took_ms: i64, basis: Basis) -> Checked {
        Checked {
            estimated: Estimated {
                seconds_low: expected_ms / 2_000,
                seconds_high: expected_ms / 500,
                expected_ms,
                basis,
            },
            took_ms,
        }
    }

    #[test]
    fn the_worst_of_the_newest_is_named_and_the_documented_speed_is_left_out() {
        let jobs = [
            checked(10_000, 8_000, Basis::Measured),
            checked(600_000, 2_000, Basis::Documented),
            checked(10_000, 40_000, Basis::Probed),
        ];
        let found = accuracy(&jobs);
        let expected = Accuracy {
            jobs: 2,
            within: 1,
            off_percent: 75,
        };
        assert_eq!(found, Some(expected));
        assert_eq!(accuracy(&jobs[1..2]), None);
        let close = accuracy(&[checked(1_500, 900, Basis::Measured)]);
        assert_eq!(close.map(|it| (it.within, it.off_percent)), Some((1, 0)));
    }

    #[test]
    fn waiting_for_a_turn_and_pauses_are_not_what_a_job_takes() {
        let phase = |name, from, to: Option<i64>| Phase {
            name,
            started_at: Timestamp::from_ms(from),
            finished_at: to.map(Timestamp::from_ms),
        };
        let phases = [
            phase(JobState::Freezing, 0, Some(100)),
            phase(JobState::Queued, 100, Some(90_100)),
            phase(JobState::Deleting, 90_100, Some(95_100)),
            phase(JobState::Sealing, 95_100, None),
        ];
        assert_eq!(took_ms(&phases, 2_000, Timestamp::from_ms(95_200)), 3_200);
    }
}
