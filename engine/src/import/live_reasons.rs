//! Why live messages were not taken, since the server started: kept in memory, for whoever sets up a sender looks at it now.
//! A reason quotes no message.

use domain::{id::DatasetId, time::Timestamp, tracking::Rejection};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Reasons that are kept of a dataset. They are few by nature; a bound all the same.
const REASONS_MAX: usize = 100;

/// How often, and when last.
type Count = (i64, Timestamp);

/// The reasons.
#[derive(Debug, Default)]
pub(crate) struct Reasons(Mutex<BTreeMap<DatasetId, BTreeMap<String, Count>>>);

impl Reasons {
    /// Notes that a message was not taken.
    pub(super) fn note(&self, dataset: DatasetId, reason: &str, at: Timestamp) {
        // Never poisoned for long: what is behind it is plain data.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry(dataset).or_default();
        let room = own.len() < REASONS_MAX;
        match own.get_mut(reason) {
            Some(count) => *count = (count.0 + 1, at),
            None if room => _ = own.insert(reason.to_owned(), (1, at)),
            None => {}
        }
    }

    /// Those of a dataset, the latest first.
    pub(crate) fn of(&self, dataset: DatasetId) -> Vec<Rejection> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.get(&dataset).into_iter().flatten();
        let mut found: Vec<Rejection> = own
            .map(|(reason, (count, last_at))| Rejection {
                reason: reason.clone(),
                count: *count,
                last_at: *last_at,
            })
            .collect();
        found.sort_by_key(|rejection| std::cmp::Reverse(rejection.last_at));
        found
    }
}
