//! The health of the machine, looked at beside the work: free disk space, the size of the write-ahead log, how quickly
//! people are answered. From it follow the duty cycle and the holds that every job respects; what the readings mean is
//! decided in domain. Knows nothing of jobs.

mod ballast;
mod latency;

use crate::{error::Result, service::Engine};
use ballast::Ballast;
use domain::job::{Duty, HealthLimits, Hold, Readings, size};
use latency::Latencies;
use std::{
    fmt,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// The machine is looked at this often at most, while something runs.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The ballast is looked after this often.
const BALLAST_EVERY: Duration = Duration::from_secs(2);
/// With less than this free a commit may fail at any moment, so the ballast is given up before one does.
const FREE_BYTES_LAST: i64 = 16 * 1_000_000;

/// What is asked for the free bytes on the disk of a path.
type Probe = dyn Fn(&Path) -> io::Result<u64> + Send + Sync;

/// How many bytes are free for us on the disk of a path. The system is asked, where nothing else is put here.
#[derive(Clone)]
pub struct FreeSpace(Arc<Probe>);

impl FreeSpace {
    /// Asks this instead of the system.
    pub fn told_by(probe: impl Fn(&Path) -> io::Result<u64> + Send + Sync + 'static) -> Self {
        Self(Arc::new(probe))
    }
}

impl Default for FreeSpace {
    fn default() -> Self {
        Self::told_by(|path| {
            let disk = rustix::fs::statvfs(path)?;
            Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
        })
    }
}

impl fmt::Debug for FreeSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreeSpace(…)")
    }
}

/// What operators set, and what is asked for the free space.
#[derive(Debug, Clone, Default)]
pub struct HealthOptions {
    /// When jobs wait.
    pub limits: HealthLimits,
    /// Bytes of the ballast; 0: none.
    pub ballast_bytes: u64,
    /// What is asked.
    pub free_space: FreeSpace,
}

/// The health of the machine.
#[derive(Debug)]
pub(crate) struct Health {
    latencies: Latencies,
    options: HealthOptions,
    dir: PathBuf,
    log: PathBuf,
    ballast: Ballast,
    seen: Mutex<Seen>,
}

/// What was seen at the last look.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    looked: Option<Instant>,
    hold: Option<Hold>,
    duty: Duty,
    relieved: Option<Instant>,
}

impl Health {
    pub(crate) fn new(dir: &Path, options: HealthOptions) -> Self {
        Self {
            latencies: Latencies::new(),
            dir: dir.to_owned(),
            log: dir.join("lethe.db-wal"),
            ballast: Ballast::new(dir, options.ballast_bytes),
            seen: Mutex::default(),
            options,
        }
    }

    /// Looks, unless the last look is fresh. What stands in the way of every job, or nothing.
    pub(crate) fn look(&self) -> Option<Hold> {
        let before = *self.seen();
        if before.looked.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return before.hold;
        }
        let now = self.read();
        let hold = Hold::judge(before.hold.as_ref(), &now, &self.options.limits);
        let mut seen = self.seen();
        *seen = Seen {
            looked: Some(Instant::now()),
            hold,
            duty: before.duty.after(now.p95_ms),
            ..*seen
        };
        drop(seen);
        if now.free_bytes.is_some_and(|free| free < FREE_BYTES_LAST) {
            self.give_up_ballast();
        }
        hold
    }

    fn read(&self) -> Readings {
        let free = (self.options.free_space.0)(&self.dir);
        let log = match std::fs::metadata(&self.log) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            other => other.map(|file| file.len()),
        };
        Readings {
            free_bytes: told(free, "the free space"),
            log_bytes: told(log, "the size of the log"),
            p95_ms: self.latencies.p95_ms(),
        }
    }

    /// The duty cycle of this moment.
    pub(crate) fn duty(&self) -> Duty {
        self.seen().duty
    }

    /// Whether it is time for another checkpoint that may end a hold; if so, it is taken as begun.
    pub(crate) fn relieve(&self, every: Duration) -> bool {
        let mut seen = self.seen();
        let due = seen.relieved.is_none_or(|at| at.elapsed() >= every);
        if due {
            seen.relieved = Some(Instant::now());
        }
        due
    }

    /// The database could not grow: the ballast goes, and the sentence says how much is needed.
    pub(crate) fn full(&self) -> String {
        self.give_up_ballast();
        let needed = self.options.limits.free_bytes_needed().max(FREE_BYTES_LAST);
        match told((self.options.free_space.0)(&self.dir), "the free space") {
            Some(free) if free >= needed => format!(
                "The database cannot grow, though {} are free on the disk: a quota may be used up. It is tried again by itself.",
                size(free)
            ),
            free => format!(
                "The disk is full: {} free, {} are needed. Nothing was half done; the job goes on by itself.",
                size(free.unwrap_or(0)),
                size(needed)
            ),
        }
    }

    fn give_up_ballast(&self) {
        match self.ballast.release() {
            Ok(true) => tracing::warn!(
                bytes = self.ballast.bytes(),
                "the disk is full: the ballast was given up"
            ),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the disk is full, and the ballast cannot be given up"),
        }
    }

    /// Whether the ballast is to be made and fits beside what jobs need.
    fn ballast_fits(&self) -> bool {
        let free = (self.options.free_space.0)(&self.dir).unwrap_or(0);
        let needed = u64::try_from(self.options.limits.free_bytes_needed()).unwrap_or(u64::MAX);
        free >= needed.saturating_add(self.ballast.bytes())
    }

    /// Never poisoned for long: what is behind it is plain data.
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reading, or `None` with a word in the log where it could not be taken.
fn told(reading: io::Result<u64>, what: &str) -> Option<i64> {
    match reading {
        Ok(bytes) => Some(i64::try_from(bytes).unwrap_or(i64::MAX)),
        Err(error) => {
            tracing::warn!(%error, what, "the health of the machine cannot be told: jobs wait");
            None
        }
    }
}

impl Engine {
    /// Notes how long a person or a program was waiting for an answer that is wanted at once: a page, a server function, a
    /// read through the API.
    pub fn answered(&self, took: Duration) {
        self.inner.health.latencies.record(took);
    }
}

/// The task: makes the ballast when there is room, at the start and when it was given up, until told to stop.
pub(crate) async fn run(engine: Engine, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = keep_ballast(engine.clone()).await {
            tracing::warn!(%error, "there is no ballast; it is tried again");
        }
        tokio::select! {
            () = tokio::time::sleep(BALLAST_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Makes the ballast where it is missing and there is room.
async fn keep_ballast(engine: Engine) -> Result<()> {
    let made = tokio::task::spawn_blocking(move || {
        let health = &engine.inner.health;
        if health.ballast.bytes() > 0 && (health.ballast.stands() || !health.ballast_fits()) {
            return Ok(());
        }
        health.ballast.make()
    });
    match made.await {
        Ok(done) => done,
        // The runtime is being shut down.
        Err(_) => Ok(()),
    }
}
