//! What the services remember between calls. Nothing here matters after a restart.

use super::tries::Tries;
use crate::import::live::Queue;
use domain::{
    dataset::DatasetFigures,
    estimate::Trial,
    id::{DatasetId, SegmentId},
    time::Timestamp,
};
use std::{collections::BTreeMap, time::Instant};
use tokio::sync::{Mutex, Semaphore};

/// Passwords hashed at the same time: each takes 19 MiB and a core for a while.
const HASHES_AT_ONCE: usize = 2;

/// The services' memory.
#[derive(Debug)]
pub(crate) struct Memory {
    /// The overview's numbers, and how many milliseconds counting them took.
    pub(crate) figures: Mutex<BTreeMap<DatasetId, (DatasetFigures, i64)>>,
    /// The last trial of each segment and when it was made; `None`: it could not be. Held while one is made.
    pub(crate) trials: Mutex<BTreeMap<SegmentId, (Instant, Option<Trial>)>>,
    /// Held while the stored members of a rule segment are being written or cleared: one segment at a time.
    pub(crate) settling: Mutex<()>,
    /// Segments being counted in the background. True: something has changed since that began, so it is done once more.
    pub(crate) recounting: std::sync::Mutex<BTreeMap<SegmentId, bool>>,
    /// Held while stale counts are being refreshed: once is enough, however many people log in.
    pub(crate) refreshing: Mutex<()>,
    /// Figures that are being counted, and since when.
    pub(crate) counting: std::sync::Mutex<BTreeMap<(DatasetId, &'static str), Timestamp>>,
    /// Failed log-ins.
    pub(crate) tries: std::sync::Mutex<Tries>,
    /// Who may hash a password now.
    pub(crate) hashing: Semaphore,
    /// Live messages on their way into the store.
    pub(crate) tracking: Queue,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            figures: Mutex::default(),
            trials: Mutex::default(),
            settling: Mutex::default(),
            recounting: std::sync::Mutex::default(),
            refreshing: Mutex::default(),
            counting: std::sync::Mutex::default(),
            tries: std::sync::Mutex::default(),
            hashing: Semaphore::new(HASHES_AT_ONCE),
            tracking: Queue::default(),
        }
    }
}
