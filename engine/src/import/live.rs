//! Live messages, written as imports write their rows: many calls share one transaction, so that the disk is waited for
//! once for all of them. Each call is answered when what it sent is durable.
//!
//! Design notes. Whoever finds nobody at work writes for all who wait; the others find their answers when they get
//! their turn. There is no task and no timer: a lonely call is written at once, and the more calls there are, the more share a
//! transaction.

use super::{
    ImportKind,
    draft::Maker,
    live_reasons::Reasons,
    live_slice::{self, Placed},
    message,
    object::Names,
    suppressed::REASON as SUPPRESSED,
    window::Pace,
};
use crate::{
    error::{Error, Result},
    service::Engine,
    store::{keys::Keys, tracked, tracked::Tally},
};
use domain::{
    id::DatasetId,
    problem::{Code, Problem},
    time::Timestamp,
    tracking::{CALL_BYTES_MAX, MESSAGE_BYTES_MAX, MessageKind, Refused, Tracked},
};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    collections::BTreeMap,
    io::Read as _,
    sync::{Arc, MutexGuard, PoisonError},
    time::Instant,
};
use tokio::sync::{Mutex, oneshot};

/// Unpacks the body of a call that was packed with gzip.
///
/// # Errors
/// `bad_request` where it cannot be unpacked, `too_large` where it grows beyond what a call may be.
pub fn unpack_call(packed: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    // One byte more than allowed, to tell a full body from one that is too large.
    let limit = CALL_BYTES_MAX as u64 + 1;
    MultiGzDecoder::new(packed)
        .take(limit)
        .read_to_end(&mut body)
        .map_err(|_| Problem::because(Code::BadRequest, "The body cannot be unpacked: it is no gzip."))?;
    if body.len() > CALL_BYTES_MAX {
        let message = format!("The body is larger than {CALL_BYTES_MAX} bytes. Send fewer messages at once.");
        return Err(Problem::because(Code::TooLarge, message));
    }
    Ok(body)
}

/// A call that has been read.
#[derive(Debug, Default)]
pub(crate) struct Call {
    /// Each with its place in the batch, from 0.
    messages: Vec<(usize, message::Message)>,
    rejected: Vec<Refused>,
}

/// The body of a call of many messages.
#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    batch: Vec<&'a RawValue>,
}

/// Reads the body of a call into a dataset of this currency: one message of a kind, or a batch of them. `now` is the time
/// of its coming.
///
/// # Errors
/// `bad_request` where it is no JSON or no batch. A message that cannot be taken is no reason to refuse the others.
pub(crate) fn read(
    (dataset, currency, keys): (DatasetId, String, &Keys),
    kind: Option<MessageKind>,
    body: &[u8],
    now: Timestamp,
) -> Result<Call, Problem> {
    let mut maker = Maker::new(ImportKind::Events, dataset, currency, keys.clone(), Vec::new());
    // The parser's own message may quote the text.
    let unreadable = |error: serde_json::Error, what: &str| {
        let message = format!(
            "The body is not {what} (line {}, column {}).",
            error.line(),
            error.column()
        );
        Problem::because(Code::BadRequest, message)
    };
    let texts: Vec<&str> = match kind {
        Some(_) => {
            let one: &RawValue = serde_json::from_slice(body).map_err(|e| unreadable(e, "JSON"))?;
            vec![one.get()]
        }
        None => {
            let all: Batch<'_> = serde_json::from_slice(body)
                .map_err(|e| unreadable(e, "a JSON object with messages in “batch”"))?;
            all.batch.into_iter().map(RawValue::get).collect()
        }
    };
    let mut call = Call::default();
    let mut names = Names::default();
    for (index, text) in texts.into_iter().enumerate() {
        let read = if text.len() > MESSAGE_BYTES_MAX {
            Err(format!("the message is larger than {MESSAGE_BYTES_MAX} bytes").into())
        } else {
            message::read(&mut maker, &mut names, text, (kind, 0, now))
        };
        match read {
            Ok(message) => call.messages.push((index, message)),
            Err(reason) => call.rejected.push(Refused {
                index,
                reason: reason.into_owned(),
            }),
        }
    }
    Ok(call)
}

/// A call that waits for its turn.
#[derive(Debug)]
struct Waiting {
    dataset: DatasetId,
    call: Call,
    done: oneshot::Sender<Result<Tracked, Problem>>,
}

/// The calls that wait, and whose turn it is.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: std::sync::Mutex<Vec<Waiting>>,
    /// Held by whoever writes: how many messages a transaction takes.
    turn: Arc<Mutex<Pace>>,
    /// Why messages were not taken.
    pub(crate) reasons: Reasons,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            waiting: std::sync::Mutex::default(),
            turn: Arc::new(Mutex::new(Pace::new())),
            reasons: Reasons::default(),
        }
    }
}

impl Queue {
    /// Writes a call, together with all others that wait. Answers when it is durable.
    pub(crate) async fn send(&self, engine: &Engine, dataset: DatasetId, call: Call) -> Result<Tracked> {
        let now = engine.inner.store.clock.now();
        for refused in &call.rejected {
            self.reasons.note(dataset, &refused.reason, now);
        }
        let (done, mut answer) = oneshot::channel();
        self.waiting().push(Waiting { dataset, call, done });
        let mut pace = Arc::clone(&self.turn).lock_owned().await;
        // Somebody else's turn may have been long enough to take it along.
        if let Ok(answer) = answer.try_recv() {
            return Ok(answer?);
        }
        let all = std::mem::take(&mut *self.waiting());
        let engine = engine.clone();
        // A task of its own: a caller who hangs up must not take the others' messages along.
        tokio::spawn(async move { write_all(&engine, &mut pace, all).await });
        let lost = |_| Error::Corrupt("a writer of live messages ended unexpectedly".to_owned());
        Ok(answer.await.map_err(lost)??)
    }

    /// Never poisoned for long: what is behind it is plain data.
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what waits, dataset by dataset, in the order in which it came.
async fn write_all(engine: &Engine, pace: &mut Pace, all: Vec<Waiting>) {
    let mut by_dataset: BTreeMap<DatasetId, Vec<Waiting>> = BTreeMap::new();
    for one in all {
        by_dataset.entry(one.dataset).or_default().push(one);
    }
    for (dataset, calls) in by_dataset {
        Round::of(calls).write(engine, pace, dataset).await;
    }
}

/// A call in a round: its answer as far as it is known, and how many of its messages are not written yet.
#[derive(Debug)]
struct Open {
    answer: Tracked,
    left: usize,
    done: oneshot::Sender<Result<Tracked, Problem>>,
}

/// The calls of one dataset that are written together.
#[derive(Debug)]
struct Round {
    /// `None`: answered.
    calls: Vec<Option<Open>>,
    /// Call and place in it of each message.
    whose: Vec<(usize, usize)>,
    messages: std::vec::IntoIter<Placed>,
    /// Messages that could not even be read.
    unread: i64,
}

impl Round {
    fn of(waiting: Vec<Waiting>) -> Self {
        let (mut calls, mut whose, mut messages, mut unread) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (at, Waiting { call, done, .. }) in waiting.into_iter().enumerate() {
            unread += super::wire(call.rejected.len() as u64);
            calls.push(Some(Open {
                left: call.messages.len(),
                answer: Tracked {
                    rejected: call.rejected,
                    ..Tracked::default()
                },
                done,
            }));
            for (index, message) in call.messages {
                messages.push(Placed::new(whose.len() as u64, message));
                whose.push((at, index));
            }
        }
        Self {
            calls,
            whose,
            messages: messages.into_iter(),
            unread,
        }
    }

    /// Writes all of it in as many transactions as it takes, and answers each call when its last message is durable.
    async fn write(mut self, engine: &Engine, pace: &mut Pace, dataset: DatasetId) {
        self.answer_finished();
        while self.messages.len() > 0 || self.unread > 0 {
            let slice: Vec<Placed> = self.messages.by_ref().take(pace.rows).collect();
            let lines: Vec<u64> = slice.iter().map(Placed::place).collect();
            match self.write_slice(engine, pace, dataset, slice).await {
                Ok(refused) => self.settle(&lines, refused),
                Err(error) => {
                    engine.inner.store.note(&error);
                    let problem = error.into_problem();
                    for open in self.calls.into_iter().flatten() {
                        // Nobody may be waiting any more.
                        let _ = open.done.send(Err(problem.clone()));
                    }
                    return;
                }
            }
            self.unread = 0;
            self.answer_finished();
        }
    }

    /// One transaction. Gives what was refused in it: place and reason.
    async fn write_slice(
        &self,
        engine: &Engine,
        pace: &mut Pace,
        dataset: DatasetId,
        slice: Vec<Placed>,
    ) -> Result<Vec<(u64, String)>> {
        let store = &engine.inner.store;
        let (messages, full) = (super::wire(slice.len() as u64), slice.len() >= pace.rows);
        let mut tx = store.write().await?;
        let begun = Instant::now();
        let now = store.clock.now();
        let written = live_slice::write(&mut tx, &store.keys, dataset, slice, now).await?;
        let suppressed = written
            .refused
            .iter()
            .filter(|(_, reason)| reason == SUPPRESSED)
            .count();
        let refused = super::wire(written.refused.len() as u64);
        let suppressed = super::wire(suppressed as u64);
        let tally = Tally {
            accepted: messages - refused,
            rejected: refused - suppressed + self.unread,
            suppressed,
            merged: written.merged,
        };
        tracked::count(&mut tx, dataset, tally, now).await?;
        let took = begun.elapsed();
        tx.commit().await?;
        if full {
            pace.took(took);
        }
        engine.inner.copy.notify_one();
        let reasons = &engine.inner.memory.tracking.reasons;
        for (_, reason) in written.refused.iter().filter(|(_, reason)| reason != SUPPRESSED) {
            reasons.note(dataset, reason, now);
        }
        Ok(written.refused)
    }

    /// Notes what became of the messages of a slice.
    fn settle(&mut self, lines: &[u64], refused: Vec<(u64, String)>) {
        let mut refused: BTreeMap<u64, String> = refused.into_iter().collect();
        for line in lines {
            let at = usize::try_from(*line).unwrap_or(usize::MAX);
            let Some((call, index)) = self.whose.get(at).copied() else {
                continue;
            };
            let Some(Some(open)) = self.calls.get_mut(call) else {
                continue;
            };
            open.left = open.left.saturating_sub(1);
            match refused.remove(line) {
                None => open.answer.accepted += 1,
                Some(reason) if reason == SUPPRESSED => open.answer.suppressed += 1,
                Some(reason) => open.answer.rejected.push(Refused { index, reason }),
            }
        }
    }

    /// Answers the calls of which nothing is left, once what could not be read is counted too.
    fn answer_finished(&mut self) {
        if self.unread > 0 {
            return;
        }
        for call in &mut self.calls {
            if call.as_ref().is_some_and(|open| open.left == 0)
                && let Some(Open { mut answer, done, .. }) = call.take()
            {
                answer.rejected.sort_by_key(|refused| refused.index);
                // Nobody may be waiting any more.
                let _ = done.send(Ok(answer));
            }
        }
    }
}
