//! The scrub: after the last person is gone, every page of the file is read and what is dead on it is wiped; then the log is
//! emptied, and every page is read once more to prove it. Only then does the job say when nothing was left.
//!
//! 1. Free pages go back to the file system, slice by slice; the log is emptied as far as readers let it be.
//! 2. The pass that wipes: page by page in the order of the file, the cursor in `jobs.scrub_cursor`, so that a restart goes
//!    on there. Looking needs no lock; wiping takes it for a few pages at a time.
//! 3. The log is emptied: from here on no byte of a deleted person is in the file or its log.
//! 4. `proof` reads it all back.
//!
//! It is sound between the slices because nothing moves dead bytes to other pages but giving pages back, which is done
//! before, and by one scrub at a time. What writers leave meanwhile are copies of rows that still live.

pub(crate) mod look;
mod proof;

use super::{LOOK_EVERY, Memory, Step, begin};
use crate::{
    clock::millis,
    error::Result,
    fault,
    service::Engine,
    store::{self, jobs::JobRow, pages},
};
use domain::{erasure::Erasure, id::JobId, job::JobState};
use look::{Judge, Wiped};
use std::time::{Duration, Instant};

/// Pages that are wiped in the first transaction.
const WIPE_FIRST: usize = 64;
/// Pages that are wiped in a transaction at most.
const WIPE_MAX: usize = 256;
/// A transaction should hold the write lock about this long, with its commit.
const TARGET: Duration = Duration::from_millis(20);
/// The cursor is written down at least this often; a restart looks at no more than this much again.
const NOTE_EVERY: Duration = Duration::from_secs(1);
/// When the log could not be emptied for so long, the job says why it waits.
const PATIENCE: Duration = Duration::from_secs(3);
/// The pause between two tries to empty it.
const BETWEEN: Duration = Duration::from_millis(100);
/// A clean stop scrubs again what this much time is enough for.
const STOP_BUDGET: Duration = Duration::from_millis(1_000);

/// Where a job's scrub is: what a restart may forget.
#[derive(Debug, Default)]
pub(super) struct Work {
    stage: Stage,
    /// What was found so far.
    erasure: Erasure,
    /// Pages of the next transaction that wipes.
    slice: Slice,
    /// Since when the log could not be emptied.
    waiting: Option<Instant>,
}

/// How many pages a transaction wipes: as many as take about as long as the lock may be held.
#[derive(Debug)]
struct Slice(usize);

impl Default for Slice {
    fn default() -> Self {
        Self(WIPE_FIRST)
    }
}

impl Slice {
    fn took(&mut self, time: Duration) {
        self.0 = if time > TARGET {
            self.0 / 2
        } else if time < TARGET / 2 {
            self.0 * 2
        } else {
            self.0
        }
        .clamp(8, WIPE_MAX);
    }
}

#[derive(Debug, Default)]
enum Stage {
    /// Nothing was done yet, in this process.
    #[default]
    Begin,
    /// Free pages go back; so many at most, so many in the next slice.
    Giving { left: i64, slice: i64 },
    /// The pass that wipes.
    Wiping(Box<Pass>),
    /// The log has to be emptied, and reading back begins.
    Emptying,
    /// Reading back.
    Proving(Box<proof::Proof>),
}

/// The pass that wipes.
#[derive(Debug)]
struct Pass {
    reader: pages::Reader,
    page_bytes: usize,
    /// Pages up to this one were looked at.
    cursor: u32,
    /// Pages that have to be wiped.
    hits: Vec<u32>,
    noted: Instant,
}

/// One slice of the scrub.
pub(super) async fn step(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    let store = &engine.inner.store;
    #[cfg(feature = "faults")]
    if crate::fault::skip_scrub() {
        return over(engine, job, &Erasure::default()).await;
    }
    if store::scrub::first(&mut *store.read().await?).await? != Some(JobId(job.id)) {
        begin::wait(
            engine,
            job,
            "Waiting until another job has wiped the freed space.",
        )
        .await?;
        return Ok(Step::Rest(LOOK_EVERY));
    }
    let begun = Instant::now();
    let work = &mut memory.scrub;
    // Whatever fails leaves the stage at its beginning: the next try goes on from what is written down.
    fault::stop_point("scrub.step")?;
    let done = match std::mem::take(&mut work.stage) {
        Stage::Begin => first(engine, job, work).await,
        Stage::Giving { left, slice } => give(engine, job, work, left, slice).await,
        Stage::Wiping(pass) => wipe(engine, job, work, pass).await,
        Stage::Emptying => empty(engine, job, work).await,
        Stage::Proving(proof) => proof::step(engine, job, work, proof).await,
    };
    work.erasure.work_ms += millis(begun.elapsed());
    done
}

/// Finds out where an earlier process was.
async fn first(engine: &Engine, job: &JobRow, work: &mut Work) -> Result<Step> {
    let store = &engine.inner.store;
    work.erasure = job.erasure()?.unwrap_or_default();
    no_longer_waiting(engine, job, work).await?;
    if work.erasure.wiped_at.is_some() {
        work.stage = Stage::Emptying;
        return Ok(Step::Again);
    }
    let cursor = u32::try_from(job.scrub_cursor).unwrap_or(0);
    if cursor > 0 {
        // Pages that were given back now could carry dead bytes from behind the cursor to before it.
        return pass(engine, work, cursor).await;
    }
    note(engine, job, 0, &work.erasure).await?;
    work.stage = Stage::Giving {
        left: store::space::free_pages(&mut *store.read().await?).await?,
        slice: pages::GIVE_FIRST,
    };
    Ok(Step::Again)
}

/// One slice of free pages; as many at most as there were at the beginning, for other jobs may go on freeing more.
async fn give(engine: &Engine, job: &JobRow, work: &mut Work, left: i64, slice: i64) -> Result<Step> {
    let store = &engine.inner.store;
    if left > 0 {
        let mut tx = store.write().await?;
        store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Scrubbing).await?;
        let (given, next) = pages::give_back(&mut tx, slice.min(left)).await?;
        tx.commit().await?;
        work.erasure.given_back += given;
        let left = if given > 0 { left - given } else { 0 };
        work.stage = Stage::Giving { left, slice: next };
        return Ok(Step::Again);
    }
    // What is in the log need not be wiped twice. Where a reader is in the way, that is what happens. Most of it is copied
    // beside the writer first, so that others wait for the rest alone.
    store::space::copy_log(&mut *store.keep().await?).await?;
    pages::empty_log(&mut *store.writer_idle().await?).await?;
    pass(engine, work, 0).await
}

async fn pass(engine: &Engine, work: &mut Work, cursor: u32) -> Result<Step> {
    let mut reader = pages::Reader::open(&engine.inner.store).await?;
    let page_bytes = pages::page_bytes(reader.conn()).await?;
    work.erasure.page_bytes = page_bytes as i64;
    work.stage = Stage::Wiping(Box::new(Pass {
        reader,
        page_bytes,
        cursor,
        hits: Vec::new(),
        noted: Instant::now(),
    }));
    Ok(Step::Again)
}

/// One group of pages: looked at without a lock, then wiped under it, a few at a time.
async fn wipe(engine: &Engine, job: &JobRow, work: &mut Work, mut pass: Box<Pass>) -> Result<Step> {
    if !pass.hits.is_empty() {
        work.wipe(engine, job, pass.page_bytes, &mut pass.hits).await?;
        if pass.hits.is_empty() {
            note(engine, job, pass.cursor, &work.erasure).await?;
            pass.noted = Instant::now();
        }
        work.stage = Stage::Wiping(pass);
        return Ok(Step::Again);
    }
    pass.reader.begin().await?;
    let last = pages::count(pass.reader.conn()).await?;
    if pass.cursor >= last {
        pass.reader.close().await?;
        work.erasure.passes += 1;
        work.stage = Stage::Emptying;
        return Ok(Step::Again);
    }
    let mut judge = Judge::new(pass.page_bytes);
    let first = pass.cursor + 1;
    let end = judge.group_end(first).min(last);
    let seen = judge.range(pass.reader.conn(), first, end).await?;
    pass.reader.end().await?;
    work.erasure.bytes_read += seen.bytes;
    pass.cursor = end;
    pass.hits = seen.hits;
    if pass.hits.is_empty() && pass.noted.elapsed() > NOTE_EVERY {
        note(engine, job, pass.cursor, &work.erasure).await?;
        pass.noted = Instant::now();
    }
    work.stage = Stage::Wiping(pass);
    Ok(Step::Again)
}

/// Empties the log; tried again until no reader is in the way, for until then old pages are still in it.
async fn empty(engine: &Engine, job: &JobRow, work: &mut Work) -> Result<Step> {
    let store = &engine.inner.store;
    store::space::copy_log(&mut *store.keep().await?).await?;
    if !pages::empty_log(&mut *store.writer_idle().await?).await? {
        work.stage = Stage::Emptying;
        return wait_for_readers(engine, job, work).await;
    }
    no_longer_waiting(engine, job, work).await?;
    if work.erasure.wiped_at.is_none() {
        work.erasure.wiped_at = Some(store.clock.now());
        note(engine, job, 0, &work.erasure).await?;
    }
    work.stage = Stage::Proving(Box::new(proof::Proof::begin(engine).await?));
    Ok(Step::Again)
}

async fn wait_for_readers(engine: &Engine, job: &JobRow, work: &mut Work) -> Result<Step> {
    let since = *work.waiting.get_or_insert_with(Instant::now);
    if since.elapsed() > PATIENCE {
        let reason = "Waiting for a long count or export to end, so that the log can be emptied.";
        begin::wait(engine, job, reason).await?;
    }
    Ok(Step::Rest(BETWEEN))
}

async fn no_longer_waiting(engine: &Engine, job: &JobRow, work: &mut Work) -> Result<()> {
    work.waiting = None;
    if job.waiting_for.is_some() {
        let mut tx = engine.inner.store.write().await?;
        store::job_steps::set_waiting(&mut tx, JobId(job.id), None).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Writes down how far it is.
async fn note(engine: &Engine, job: &JobRow, cursor: u32, erasure: &Erasure) -> Result<()> {
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Scrubbing).await?;
    store::scrub::note(&mut tx, JobId(job.id), cursor, erasure).await?;
    tx.commit().await?;
    Ok(())
}

/// Wipes the first of these pages in one transaction and takes them off the list; for no job where there is none.
async fn wipe_some(
    engine: &Engine,
    job: Option<&JobRow>,
    page_bytes: usize,
    hits: &mut Vec<u32>,
    slice: &mut Slice,
) -> Result<Wiped> {
    let store = &engine.inner.store;
    let some: Vec<u32> = hits.drain(..hits.len().min(slice.0)).collect();
    let mut tx = store.write().await?;
    let begun = Instant::now();
    match job {
        Some(job) => {
            store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Scrubbing).await?;
        }
        None => store::scrub::own(&mut tx, store).await?,
    }
    let mut wiped = Judge::new(page_bytes).wipe(&mut tx, &some).await?;
    fault::stop_point("scrub.wiped")?;
    tx.commit().await?;
    slice.took(begun.elapsed());
    wiped.lock_ms = millis(begun.elapsed());
    Ok(wiped)
}

/// Goes on to sealing without a proof.
async fn over(engine: &Engine, job: &JobRow, erasure: &Erasure) -> Result<Step> {
    let store = &engine.inner.store;
    let mut tx = store.write().await?;
    store::scrub::note(&mut tx, JobId(job.id), 0, erasure).await?;
    store::job_steps::move_to(&mut tx, store, job, JobState::Sealing, store.clock.now()).await?;
    tx.commit().await?;
    Ok(Step::Again)
}

impl Work {
    /// Wipes the first of these pages and takes them off the list.
    async fn wipe(
        &mut self,
        engine: &Engine,
        job: &JobRow,
        page_bytes: usize,
        hits: &mut Vec<u32>,
    ) -> Result<()> {
        let wiped = wipe_some(engine, Some(job), page_bytes, hits, &mut self.slice).await?;
        self.add(&wiped);
        Ok(())
    }

    fn add(&mut self, wiped: &Wiped) {
        self.erasure.pages_wiped += wiped.pages;
        self.erasure.wiped.add_all(&wiped.bytes);
        self.erasure.lock_ms_max = self.erasure.lock_ms_max.max(wiped.lock_ms);
    }
}

/// Empties the log where no reader is in the way. For tidiness: nothing depends on it.
pub(crate) async fn empty_log(engine: &Engine) {
    let done = async { pages::empty_log(&mut *engine.inner.store.writer_idle().await?).await }.await;
    if let Err(error) = done {
        tracing::warn!(%error, "the log could not be emptied");
    }
}

/// At a clean stop: wipes once more, from the first page on, as long as it may take. What it finds are copies of rows that
/// still live, which writers have left since the last proof.
pub(crate) async fn once_more(engine: &Engine) -> Result<()> {
    #[cfg(feature = "faults")]
    if crate::fault::skip_scrub() {
        return Ok(());
    }
    let begun = Instant::now();
    let mut reader = pages::Reader::open(&engine.inner.store).await?;
    let page_bytes = pages::page_bytes(reader.conn()).await?;
    let mut cursor = 0;
    let mut slice = Slice::default();
    while begun.elapsed() < STOP_BUDGET {
        let last = pages::count(reader.conn()).await?;
        if cursor >= last {
            break;
        }
        let mut judge = Judge::new(page_bytes);
        let end = judge.group_end(cursor + 1).min(last);
        reader.begin().await?;
        let seen = judge.range(reader.conn(), cursor + 1, end).await;
        reader.end().await?;
        let mut hits = seen?.hits;
        while !hits.is_empty() && begun.elapsed() < STOP_BUDGET {
            wipe_some(engine, None, page_bytes, &mut hits, &mut slice).await?;
        }
        cursor = end;
    }
    reader.close().await
}
