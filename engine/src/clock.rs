//! The one place that asks the time. Tests fix it; leases and rests are measured on the monotonic clock instead.

use domain::time::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock: the computer's, or one that was set to a moment and goes on from there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    set: Option<(Timestamp, Instant)>,
}

impl Clock {
    /// The computer's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self { set: None }
    }

    /// A clock that shows `start` now and goes on from there.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self {
            set: Some((start, Instant::now())),
        }
    }

    /// The time, UTC.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self.set {
            Some((start, since)) => Timestamp::from_ms(start.ms().saturating_add(millis(since.elapsed()))),
            None => Timestamp::from_ms(since_epoch()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the place")]
fn since_epoch() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    }
}

/// A duration in whole milliseconds.
#[must_use]
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
