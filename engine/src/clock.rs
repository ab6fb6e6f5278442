//! The one place that asks the time. Tests fix it; leases and rests are measured on the monotonic clock instead.

use domain::time::Timestamp;
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// A clock: the computer's, or one that was set to a moment and goes on from there or stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    /// The moment, and since when it goes on from there; without, it stands.
    set: Option<(Timestamp, Option<Instant>)>,
    hand: Option<Hand>,
}

/// The hand by which a test moves a clock, and all copies of it.
#[derive(Debug, Clone, Copy)]
pub struct Hand(&'static AtomicI64);

impl Hand {
    /// Moves the clock forward.
    pub fn forward(self, by: Duration) {
        self.0.fetch_add(millis(by), Ordering::AcqRel);
    }

    /// Moves the clock back.
    pub fn back(self, by: Duration) {
        self.0.fetch_sub(millis(by), Ordering::AcqRel);
    }
}

impl Clock {
    /// The computer's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self {
            set: None,
            hand: None,
        }
    }

    /// A clock that shows `start` now and goes on from there.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self {
            set: Some((start, Some(Instant::now()))),
            hand: None,
        }
    }

    /// The same with a hand to move it by, for tests. The hand is a number that lives as long as the process, so that clocks
    /// stay as cheap to copy as they are.
    #[must_use]
    pub fn movable(start: Timestamp) -> (Self, Hand) {
        let hand = Hand(Box::leak(Box::default()));
        let clock = Self {
            hand: Some(hand),
            ..Self::starting_at(start)
        };
        (clock, hand)
    }

    /// A clock that stands at `start`, for tests in which no window of time may move while they run.
    #[must_use]
    pub const fn standing_at(start: Timestamp) -> Self {
        Self {
            set: Some((start, None)),
            hand: None,
        }
    }

    /// The time, UTC.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let shown = match self.set {
            Some((start, Some(since))) => {
                Timestamp::from_ms(start.ms().saturating_add(millis(since.elapsed())))
            }
            Some((start, None)) => start,
            None => Timestamp::from_ms(since_epoch()),
        };
        shown.plus_ms(self.hand.map_or(0, |hand| hand.0.load(Ordering::Acquire)))
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
