//! How quickly people were answered lately: a ring of the last answers, written and read without a lock. A sample that is
//! overwritten while it is read is a newer one; nothing else can happen.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// Answers that are remembered.
const SAMPLES: usize = 256;
/// Older answers say nothing about now.
const WINDOW_MS: u64 = 5_000;
/// With fewer answers one slow one would already be the slowest twentieth.
const SAMPLES_MIN: usize = 20;
/// Bits of a slot that hold how long the answer took, in milliseconds; the others hold when it was given.
const TOOK_BITS: u32 = 24;

/// The ring.
#[derive(Debug)]
pub(super) struct Latencies {
    since: Instant,
    next: AtomicUsize,
    slots: [AtomicU64; SAMPLES],
}

impl Latencies {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            next: AtomicUsize::new(0),
            slots: [const { AtomicU64::new(0) }; SAMPLES],
        }
    }

    /// Remembers an answer that has just been given.
    pub(super) fn record(&self, took: Duration) {
        self.record_at(took, self.elapsed());
    }

    /// Milliseconds within which 95 of 100 were answered in the last seconds; `None`: too few came to say so.
    pub(super) fn p95_ms(&self) -> Option<i64> {
        self.p95_at(self.elapsed())
    }

    /// Milliseconds of life, from 1 on: 0 means that a slot is empty.
    fn elapsed(&self) -> u64 {
        whole(self.since.elapsed()).saturating_add(1)
    }

    fn record_at(&self, took: Duration, at: u64) {
        let took = whole(took).min((1 << TOOK_BITS) - 1);
        let slot = self.next.fetch_add(1, Ordering::Relaxed) % SAMPLES;
        if let Some(slot) = self.slots.get(slot) {
            slot.store(at << TOOK_BITS | took, Ordering::Relaxed);
        }
    }

    fn p95_at(&self, now: u64) -> Option<i64> {
        let mut took: Vec<u64> = self
            .slots
            .iter()
            .map(|slot| slot.load(Ordering::Relaxed))
            .filter(|slot| *slot != 0 && (slot >> TOOK_BITS) + WINDOW_MS > now)
            .map(|slot| slot & ((1 << TOOK_BITS) - 1))
            .collect();
        if took.len() < SAMPLES_MIN {
            return None;
        }
        took.sort_unstable();
        // The nearest rank: the least that at least 95 of 100 do not exceed.
        let rank = (took.len() * 95).div_ceil(100);
        took.get(rank - 1).and_then(|ms| i64::try_from(*ms).ok())
    }
}

fn whole(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(ms: impl IntoIterator<Item = u64>, at: u64) -> Latencies {
        let ring = Latencies::new();
        for ms in ms {
            ring.record_at(Duration::from_millis(ms), at);
        }
        ring
    }

    #[test]
    fn ninety_five_of_a_hundred_are_not_slower() {
        assert_eq!(ring(1..=100, 10).p95_at(20), Some(95));
        assert_eq!(ring(std::iter::repeat_n(7, 20), 10).p95_at(20), Some(7));
        // The one slow answer of twenty is nobody's measure.
        assert_eq!(
            ring(std::iter::repeat_n(7, 19).chain([9_000]), 10).p95_at(20),
            Some(7)
        );
    }

    #[test]
    fn too_few_and_too_old_answers_say_nothing() {
        assert_eq!(ring(1..=19, 10).p95_at(20), None);
        assert_eq!(ring(1..=100, 10).p95_at(10 + WINDOW_MS - 1), Some(95));
        assert_eq!(ring(1..=100, 10).p95_at(10 + WINDOW_MS), None);
    }

    #[test]
    fn the_ring_keeps_the_newest() {
        let ring = ring(std::iter::repeat_n(9_000, SAMPLES), 10);
        for _ in 0..SAMPLES {
            ring.record_at(Duration::from_millis(3), 20);
        }
        assert_eq!(ring.p95_at(30), Some(3));
        ring.record_at(Duration::from_secs(1_000_000), 30);
        assert!(
            ring.p95_at(40).is_some(),
            "a time beyond all bounds is cut, not wrapped"
        );
    }
}
