//! Holds for the sake of the machine: readings are judged against limits, and what is not well makes every job wait, with a
//! sentence that says how much is amiss and when it goes on. A reading that could not be taken counts as not well.
//!
//! Each hold ends by itself, at a mark some way off the one where it began, so that it does not come and go by the second.

use super::duty::FOREGROUND_SLOW_MS;

/// Bytes of a megabyte, as people count them.
pub const MEGABYTE: i64 = 1_000_000;
/// Free space below which jobs wait, where nothing is set. A batch writes some megabytes of log, a checkpoint none beyond the
/// file; the rest of it is for the imports and the log of others, who do not wait.
pub const FREE_BYTES_MIN: i64 = 400 * MEGABYTE;
/// A job goes on when a quarter more than the least is free.
const FREE_MARGIN_PERCENT: i64 = 125;
/// Size of the write-ahead log over which jobs wait, where nothing is set: four times what is kept of it after a checkpoint.
/// It grows beyond that only while somebody reads for long, and every page read then has to look through it.
pub const LOG_BYTES_MAX: i64 = 256 * MEGABYTE;
/// A job goes on when the log has shrunk to this part.
const LOG_MARGIN_PERCENT: i64 = 50;
/// People wait this long for 95 of 100 answers: far above the mark at which the duty cycle rises, because a rest in proportion
/// has not helped by then and nobody can use the console.
const FOREGROUND_HOLD_MS: i64 = 50 * FOREGROUND_SLOW_MS;
/// A job goes on when they wait half as long.
const FOREGROUND_MARGIN_PERCENT: i64 = 50;

/// The limits that operators may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthLimits {
    /// Free bytes on the disk, at the least.
    pub free_bytes_min: i64,
    /// Bytes of the write-ahead log, at the most.
    pub log_bytes_max: i64,
}

impl Default for HealthLimits {
    fn default() -> Self {
        Self {
            free_bytes_min: FREE_BYTES_MIN,
            log_bytes_max: LOG_BYTES_MAX,
        }
    }
}

impl HealthLimits {
    /// Free bytes at which a job that waits for space goes on.
    #[must_use]
    pub const fn free_bytes_needed(&self) -> i64 {
        percent(self.free_bytes_min, FREE_MARGIN_PERCENT)
    }
}

/// What was read off the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readings {
    /// Free bytes on the disk of the data; `None`: it could not be told.
    pub free_bytes: Option<i64>,
    /// Bytes of the write-ahead log; `None`: it could not be told.
    pub log_bytes: Option<i64>,
    /// Milliseconds within which 95 of 100 requests of people were answered lately; `None`: too few came to say so.
    pub p95_ms: Option<i64>,
}

/// Why every job waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Too little space is free.
    Disk {
        /// Bytes that are free.
        free: i64,
        /// Bytes at which it goes on.
        needed: i64,
    },
    /// Nobody can tell how much space is free.
    DiskUnknown,
    /// The write-ahead log is too large.
    Log {
        /// Its size in bytes.
        bytes: i64,
        /// Its limit in bytes.
        max: i64,
    },
    /// Nobody can tell how large the log is.
    LogUnknown,
    /// People wait too long for answers.
    Slow {
        /// Milliseconds within which 95 of 100 are answered.
        p95_ms: i64,
    },
}

impl Hold {
    /// Judges readings; `before`: the hold that stands, for which the farther mark holds. The first of disk, log and people
    /// that is not well is the reason.
    #[must_use]
    pub fn judge(before: Option<&Hold>, now: &Readings, limits: &HealthLimits) -> Option<Hold> {
        let disk = matches!(before, Some(Self::Disk { .. } | Self::DiskUnknown));
        let log = matches!(before, Some(Self::Log { .. } | Self::LogUnknown));
        let slow = matches!(before, Some(Self::Slow { .. }));
        let needed = limits.free_bytes_needed();
        let free_min = if disk { needed } else { limits.free_bytes_min };
        let log_max = percent(limits.log_bytes_max, if log { LOG_MARGIN_PERCENT } else { 100 });
        let p95_max = percent(
            FOREGROUND_HOLD_MS,
            if slow { FOREGROUND_MARGIN_PERCENT } else { 100 },
        );
        match (now.free_bytes, now.log_bytes, now.p95_ms) {
            (None, ..) => Some(Self::DiskUnknown),
            (Some(free), ..) if free < free_min => Some(Self::Disk { free, needed }),
            (_, None, _) => Some(Self::LogUnknown),
            (_, Some(bytes), _) if bytes > log_max => Some(Self::Log {
                bytes,
                max: limits.log_bytes_max,
            }),
            (.., Some(p95_ms)) if p95_ms > p95_max => Some(Self::Slow { p95_ms }),
            _ => None,
        }
    }

    /// Whether a checkpoint may help.
    #[must_use]
    pub const fn helped_by_checkpoint(&self) -> bool {
        matches!(self, Self::Disk { .. } | Self::Log { .. })
    }

    /// The reason, for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Disk { free, needed } => format!(
                "The disk is almost full: {} free, the job goes on by itself when {} are.",
                size(*free),
                size(*needed)
            ),
            Self::DiskUnknown => {
                "It cannot be told how much space is free on the disk, so the job waits. It goes on by itself when that can be told again."
                    .to_owned()
            }
            Self::Log { bytes, max } => format!(
                "The database's log has grown to {}, over its limit of {}, as it does while somebody reads for long. The job goes on by itself when it has shrunk to {}.",
                size(*bytes),
                size(*max),
                size(percent(*max, LOG_MARGIN_PERCENT))
            ),
            Self::LogUnknown => {
                "It cannot be told how large the database's log is, so the job waits. It goes on by itself when that can be told again."
                    .to_owned()
            }
            Self::Slow { p95_ms } => format!(
                "The console answers too slowly: 5 of 100 requests take longer than {} s. The job goes on by itself when that has halved.",
                tenths(*p95_ms)
            ),
        }
    }
}

/// A size for people: `120 MB`, `1.5 GB`, `under 1 MB`.
#[must_use]
pub fn size(bytes: i64) -> String {
    match bytes / MEGABYTE {
        ..1 => "under 1 MB".to_owned(),
        mega @ 1..1_000 => format!("{mega} MB"),
        mega => format!("{} GB", tenths(mega)),
    }
}

/// A thousandth part, with one decimal, cut off.
fn tenths(n: i64) -> String {
    format!("{}.{}", n / 1_000, n % 1_000 / 100)
}

const fn percent(of: i64, percent: i64) -> i64 {
    of.saturating_mul(percent) / 100
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: HealthLimits = HealthLimits {
        free_bytes_min: FREE_BYTES_MIN,
        log_bytes_max: LOG_BYTES_MAX,
    };

    fn readings() -> impl Strategy<Value = Readings> {
        let free = prop::option::weighted(0.9, 0_i64..4 * FREE_BYTES_MIN);
        let log = prop::option::weighted(0.9, 0_i64..2 * LOG_BYTES_MAX);
        let p95 = prop::option::of(0_i64..2 * FOREGROUND_HOLD_MS);
        (free, log, p95).prop_map(|(free_bytes, log_bytes, p95_ms)| Readings {
            free_bytes,
            log_bytes,
            p95_ms,
        })
    }

    proptest! {
        #[test]
        fn whoever_is_held_is_held_at_least_as_long_as_whoever_is_not(seen in prop::collection::vec(readings(), 1..20)) {
            let mut before = None;
            for now in seen {
                let hold = Hold::judge(before.as_ref(), &now, &LIMITS);
                prop_assert!(hold.is_some() || Hold::judge(None, &now, &LIMITS).is_none());
                if let Some(hold) = &hold {
                    prop_assert!(hold.sentence().ends_with('.'));
                }
                before = hold;
            }
        }

        #[test]
        fn every_hold_ends_when_all_is_well_again(now in readings()) {
            let well = Readings { free_bytes: Some(LIMITS.free_bytes_needed()), log_bytes: Some(0), p95_ms: None };
            let hold = Hold::judge(None, &now, &LIMITS);
            prop_assert_eq!(Hold::judge(hold.as_ref(), &well, &LIMITS), None);
        }

        #[test]
        fn what_cannot_be_told_is_not_well(now in readings(), log in any::<bool>()) {
            let blind = if log { Readings { log_bytes: None, ..now } } else { Readings { free_bytes: None, ..now } };
            prop_assert!(Hold::judge(None, &blind, &LIMITS).is_some());
        }
    }

    #[test]
    fn the_disk_is_said_with_what_is_free_and_what_is_needed() {
        let low = Readings {
            free_bytes: Some(120 * MEGABYTE),
            log_bytes: Some(0),
            p95_ms: None,
        };
        let hold = Hold::judge(None, &low, &LIMITS).expect("a hold");
        assert_eq!(
            hold.sentence(),
            "The disk is almost full: 120 MB free, the job goes on by itself when 500 MB are."
        );
        let between = Readings {
            free_bytes: Some(450 * MEGABYTE),
            ..low
        };
        assert!(Hold::judge(Some(&hold), &between, &LIMITS).is_some());
        assert_eq!(Hold::judge(None, &between, &LIMITS), None);
    }

    #[test]
    fn sizes_are_said_in_the_fitting_unit() {
        let said: Vec<_> = [0, 999_999, MEGABYTE, 1_550 * MEGABYTE]
            .into_iter()
            .map(size)
            .collect();
        assert_eq!(said, ["under 1 MB", "under 1 MB", "1 MB", "1.5 GB"]);
    }
}
