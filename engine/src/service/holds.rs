//! Why jobs do not move, for as long as they do not: kept in memory, for these reasons change by the second (so much is free
//! now) and may come from a disk on which nothing can be written any more. After a restart they are found again at once.

use domain::id::JobId;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a reason came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It was looked at before anything was done: quiet hours, the health of the machine. Ends when a look finds nothing.
    Looked,
    /// Something was tried and the database could not. Ends when it can.
    Tried,
}

/// The reasons, job by job.
#[derive(Debug, Default)]
pub(crate) struct Holds(Mutex<BTreeMap<JobId, (Cause, String)>>);

impl Holds {
    /// The job does not move. True where that, or its reason apart from numbers, is new.
    pub(crate) fn set(&self, job: JobId, cause: Cause, reason: String) -> bool {
        let kind = without_numbers(&reason);
        let before = self.all().insert(job, (cause, reason));
        before.is_none_or(|(_, before)| without_numbers(&before) != kind)
    }

    /// The job moves again. True where it did not.
    pub(crate) fn clear(&self, job: JobId) -> bool {
        self.all().remove(&job).is_some()
    }

    /// A look found nothing: a reason that came from one is over.
    pub(crate) fn clear_looked(&self, job: JobId) -> bool {
        let mut all = self.all();
        let over = matches!(all.get(&job), Some((Cause::Looked, _)));
        over && all.remove(&job).is_some()
    }

    /// A step went through: a reason that came from one that did not is over.
    pub(crate) fn clear_tried(&self, job: JobId) {
        let mut all = self.all();
        if matches!(all.get(&job), Some((Cause::Tried, _))) {
            all.remove(&job);
        }
    }

    /// Why the job does not move.
    pub(crate) fn reason(&self, job: JobId) -> Option<String> {
        self.all().get(&job).map(|(_, reason)| reason.clone())
    }

    /// Forgets jobs that are over.
    pub(crate) fn keep(&self, alive: impl Fn(JobId) -> bool) {
        self.all().retain(|job, _| alive(*job));
    }

    /// Never poisoned for long: what is behind it is plain data.
    fn all(&self) -> MutexGuard<'_, BTreeMap<JobId, (Cause, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn without_numbers(reason: &str) -> String {
    reason.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_moves_is_no_new_reason() {
        let (holds, job) = (Holds::default(), JobId(7));
        assert!(holds.set(job, Cause::Looked, "12 MB free.".to_owned()));
        assert!(!holds.set(job, Cause::Looked, "13 MB free.".to_owned()));
        assert_eq!(holds.reason(job).as_deref(), Some("13 MB free."));
        assert!(holds.set(job, Cause::Tried, "Locked.".to_owned()));
        assert!(!holds.clear_looked(job) && holds.clear(job) && !holds.clear(job));
    }

    #[test]
    fn jobs_that_are_over_are_forgotten() {
        let holds = Holds::default();
        holds.set(JobId(1), Cause::Looked, "x".to_owned());
        holds.keep(|job| job != JobId(1));
        assert_eq!(holds.reason(JobId(1)), None);
    }
}
