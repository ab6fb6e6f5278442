//! The next targets of a job, looked at on a reading connection while the writing one still deletes the batch before.
//! What was seen holds as long as nobody has changed since, which the batch asks in its own transaction; it knows
//! nothing of deleting.

use crate::{
    error::Result,
    store::{
        self, Store,
        batch::{Ahead, EVENTS_AT_ONCE, STEP, Target},
        jobs::JobRow,
    },
};
use std::collections::VecDeque;

pub(super) use domain::estimate::ROWS_A_PERSON;

/// Targets that have been looked at and not been served.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    job: i64,
    pass: i64,
    /// The job's cursor, after which these follow.
    cursor: i64,
    /// The number of the last change when the oldest of them was looked at.
    seq: i64,
    targets: VecDeque<Target>,
}

impl Seen {
    /// Forgets what does not follow the job's cursor.
    pub(super) fn follow(&mut self, job: &JobRow) {
        if (self.job, self.pass, self.cursor) != (job.id, job.pass, job.cursor) {
            *self = Self {
                job: job.id,
                pass: job.pass,
                cursor: job.cursor,
                ..Self::default()
            };
        }
    }

    /// Whether there are fewer than a batch of `people`.
    pub(super) fn short(&self, people: i64) -> bool {
        wire(self.targets.len()) < people
    }

    /// Looks further, on a reader.
    pub(super) async fn more(&self, store: &Store, job: &JobRow, people: i64) -> Result<Ahead> {
        let after = self.targets.back().map_or(self.cursor, |target| target.id);
        store::batch::look(&mut *store.read().await?, job, after, people).await
    }

    /// Takes over what was found further on.
    pub(super) fn take(&mut self, ahead: Ahead) {
        self.seq = if self.targets.is_empty() {
            ahead.seq
        } else {
            self.seq.min(ahead.seq)
        };
        self.targets.extend(ahead.targets);
    }

    /// The next targets, up to `people` and about `rows` rows, if they are still as they were seen; at least one.
    pub(super) fn next(&self, seq: i64, people: i64, rows: i64) -> Option<Vec<Target>> {
        (self.seq == seq && !self.targets.is_empty()).then(|| cut(self.targets.iter(), people, rows))
    }

    /// The batch up to this id is done.
    pub(super) fn served(&mut self, upto: i64) {
        while self.targets.front().is_some_and(|target| target.id <= upto) {
            self.targets.pop_front();
        }
        self.cursor = upto;
    }
}

/// The first of these, up to `people` and about `rows` rows. At least one; nobody after one who has to go bit by bit. Many
/// are a whole number of `STEP`s, which are what a statement takes: what is over waits for the next batch.
pub(super) fn cut<'a>(
    targets: impl ExactSizeIterator<Item = &'a Target>,
    people: i64,
    rows: i64,
) -> Vec<Target> {
    let all = targets.len();
    let mut left = rows;
    let mut taken: Vec<Target> = Vec::new();
    for target in targets.take(usize::try_from(people).unwrap_or(usize::MAX)) {
        let large = target.events > crate::fault::slice(EVENTS_AT_ONCE);
        left -= target.events + ROWS_A_PERSON;
        if !taken.is_empty() && (large || left < 0) {
            break;
        }
        taken.push(*target);
        if large {
            break;
        }
    }
    if taken.len() > STEP && taken.len() < all {
        taken.truncate(taken.len() / STEP * STEP);
    }
    taken
}

/// How many rows these have.
pub(super) fn rows(targets: &[Target]) -> i64 {
    targets.iter().map(|target| target.events + ROWS_A_PERSON).sum()
}

fn wire(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(id: i64, events: i64) -> Target {
        Target {
            id,
            changed: Some(1),
            events,
        }
    }

    #[test]
    fn a_batch_is_bounded_by_rows_and_people_and_never_empty() {
        let all = [target(1, 5), target(2, 5), target(3, 5)];
        assert_eq!(cut(all.iter(), 10, 18).len(), 2);
        assert_eq!(cut(all.iter(), 1, 100).len(), 1);
        assert_eq!(cut(all.iter(), 10, 1).len(), 1);
    }

    #[test]
    fn who_has_too_many_events_goes_alone() {
        let all = [target(1, 5), target(2, EVENTS_AT_ONCE + 1), target(3, 5)];
        assert_eq!(cut(all.iter(), 10, i64::MAX).len(), 1);
        assert_eq!(cut(all[1..].iter(), 10, 1_000).len(), 1);
    }

    #[test]
    fn what_was_seen_before_a_change_is_not_used() {
        let mut seen = Seen::default();
        seen.take(Ahead {
            seq: 7,
            targets: vec![target(1, 1), target(2, 1)],
        });
        seen.take(Ahead {
            seq: 8,
            targets: vec![target(3, 1)],
        });
        assert!(seen.next(8, 10, 100).is_none());
        assert_eq!(seen.next(7, 10, 100).map(|some| some.len()), Some(3));
        seen.served(2);
        assert_eq!(seen.next(7, 10, 100).map(|some| some.len()), Some(1));
    }
}
