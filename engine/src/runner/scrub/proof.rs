//! The proof: every page is read back while one state of the file is held, then those that were written meanwhile, and so
//! on until so few are left that they can be looked at under the write lock. At that moment every page of the file is known:
//! either nobody has written it since it was found clean, or it was looked at just now. That moment is `scrubbed_at`.
//!
//! What was written meanwhile, the log says: as long as the state is held, SQLite cannot begin it anew unseen.

use super::{Stage, Work, look::Judge, no_longer_waiting, over, wait_for_readers};
use crate::{
    error::Result,
    runner::Step,
    service::Engine,
    store::{self, jobs::JobRow, pages},
};
use domain::{id::JobId, job::JobState};

/// Pages that may be looked at under the write lock.
const LAST_MAX: usize = 200;
/// Pages of a list that are looked at in one step.
const LIST_STEP: usize = 500;
/// Rounds over what was written meanwhile. Each is shorter than the one before unless writers are quicker than reading.
const ROUNDS_MAX: i64 = 100;

/// Where reading back is.
#[derive(Debug)]
pub(super) struct Proof {
    /// Holds a state of the file.
    reader: pages::Reader,
    page_bytes: usize,
    /// Where the log was at that state.
    mark: pages::Mark,
    todo: Todo,
    /// Pages that have to be wiped: new copies of rows that live.
    hits: Vec<u32>,
    /// Whether the log was emptied after the pass over the whole file.
    emptied: bool,
    rounds: i64,
}

#[derive(Debug)]
enum Todo {
    /// All pages; those up to this one were read.
    File(u32),
    /// These pages.
    List(Vec<u32>),
}

impl Proof {
    /// Takes hold of a state of the file.
    pub(super) async fn begin(engine: &Engine) -> Result<Self> {
        let store = &engine.inner.store;
        let mut reader = pages::Reader::open(store).await?;
        let page_bytes = pages::page_bytes(reader.conn()).await?;
        // While this connection is taken nobody writes, so that state and mark are of one moment.
        let mut writer = store.writer_idle().await?;
        let mark = pages::mark(store, &mut writer).await?;
        reader.begin().await?;
        Ok(Self {
            reader,
            page_bytes,
            mark,
            todo: Todo::File(0),
            hits: Vec::new(),
            emptied: false,
            rounds: 0,
        })
    }

    /// Lets go of the state and takes hold of the newest one; what was written between them comes next. With `empty` the
    /// log is emptied between; gives whether it is empty.
    async fn renew(&mut self, engine: &Engine, empty: bool) -> Result<bool> {
        let store = &engine.inner.store;
        let mut writer = store.writer_idle().await?;
        let written = pages::written_since(store, &mut writer, &self.mark).await?;
        self.reader.end().await?;
        let emptied = empty && pages::empty_log(&mut writer).await?;
        self.mark = pages::mark(store, &mut writer).await?;
        self.reader.begin().await?;
        self.todo = Todo::List(written);
        Ok(emptied)
    }
}

/// One slice of the proof.
pub(super) async fn step(
    engine: &Engine,
    job: &JobRow,
    work: &mut Work,
    mut proof: Box<Proof>,
) -> Result<Step> {
    if !proof.hits.is_empty() {
        work.wipe(engine, job, proof.page_bytes, &mut proof.hits).await?;
    } else if let Some((bytes, hits)) = look(&mut proof).await? {
        work.erasure.bytes_read += bytes;
        proof.hits = hits;
    } else if !proof.emptied {
        if proof.rounds == 0 {
            work.erasure.pages = i64::from(pages::count(proof.reader.conn()).await?);
            work.erasure.passes += 1;
            proof.rounds = 1;
        }
        proof.emptied = proof.renew(engine, true).await?;
        if !proof.emptied {
            work.stage = Stage::Proving(proof);
            return wait_for_readers(engine, job, work).await;
        }
        no_longer_waiting(engine, job, work).await?;
    } else {
        return last(engine, job, work, proof).await;
    }
    work.stage = Stage::Proving(proof);
    Ok(Step::Again)
}

/// Looks at the next pages of what there is to do. `None`: all was looked at.
async fn look(proof: &mut Proof) -> Result<Option<(i64, Vec<u32>)>> {
    let mut judge = Judge::new(proof.page_bytes);
    let seen = match &mut proof.todo {
        Todo::File(read) => {
            let last = pages::count(proof.reader.conn()).await?;
            if *read >= last {
                return Ok(None);
            }
            let end = judge.group_end(*read + 1).min(last);
            let seen = judge.range(proof.reader.conn(), *read + 1, end).await?;
            *read = end;
            seen
        }
        Todo::List(pages) => {
            if pages.is_empty() {
                return Ok(None);
            }
            let rest = pages.split_off(pages.len().min(LIST_STEP));
            let seen = judge.list(proof.reader.conn(), pages).await?;
            *pages = rest;
            seen
        }
    };
    Ok(Some((seen.bytes, seen.hits)))
}

/// Under the write lock: what was written since the state that is held, if that is little; then nothing is left.
async fn last(engine: &Engine, job: &JobRow, work: &mut Work, mut proof: Box<Proof>) -> Result<Step> {
    let store = &engine.inner.store;
    let mut writer = store.writer_idle().await?;
    let written = pages::written_since(store, &mut writer, &proof.mark).await?;
    if written.len() > LAST_MAX {
        drop(writer);
        work.erasure.passes += 1;
        proof.rounds += 1;
        if proof.rounds > ROUNDS_MAX {
            tracing::warn!(
                job = job.id,
                "writers were quicker than reading back: nothing was proven"
            );
            proof.reader.close().await?;
            return over(engine, job, &work.erasure).await;
        }
        proof.renew(engine, false).await?;
        work.stage = Stage::Proving(proof);
        return Ok(Step::Again);
    }
    let now = store.clock.now();
    let mut tx = store::begin(&mut writer).await?;
    store::job_steps::fence(&mut tx, store, JobId(job.id), JobState::Scrubbing).await?;
    let wiped = Judge::new(proof.page_bytes).wipe(&mut tx, &written).await?;
    work.add(&wiped);
    work.erasure.bytes_read += written.len() as i64 * proof.page_bytes as i64;
    work.erasure.proven_at = Some(now);
    store::scrub::note(&mut tx, JobId(job.id), 0, &work.erasure).await?;
    store::scrub::proven(&mut tx, JobId(job.id), now).await?;
    store::job_steps::move_to(&mut tx, store, job, JobState::Sealing, now).await?;
    crate::fault::stop_point("scrub.proven")?;
    tx.commit().await?;
    proof.reader.close().await?;
    Ok(Step::Again)
}
