//! One import from its beginning to its report: opens the record of it, writes slice after slice, closes it.

use super::{
    ImportKind, ImportOptions, ImportReport, RowError,
    apply::{Applied, Target},
    draft::Maker,
    field,
    limits::{LOCK_WANTED, REPORTED_MAX, SLICE_ROWS_FIRST, SLICE_ROWS_MAX, SLICE_ROWS_MIN},
    lists::List,
    read::{self, Reading, Said, Slice},
};
use crate::{
    error::{Error, Result},
    service::Engine,
    store::{
        audit::{self, Entry},
        ingest::Row,
        ingest_events,
        ingest_progress::{self as progress, Begin, Earlier, Progress},
        settings,
    },
};
use domain::{
    access::Actor,
    id::DatasetId,
    problem::{Code, Problem},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{io::AsyncRead, sync::mpsc};
use tokio_util::io::SyncIoBridge;

/// Imports; the caller has checked the permission. Runs as a task of its own: if nobody waits for it any more, it ends at
/// the next row that it cannot read, with its record closed.
pub(super) async fn import(
    engine: &Engine,
    actor: &Actor,
    dataset: DatasetId,
    kind: ImportKind,
    options: ImportOptions,
    input: impl AsyncRead + Send + Unpin + 'static,
) -> Result<ImportReport> {
    let (engine, actor) = (engine.clone(), actor.clone());
    let task = tokio::spawn(async move {
        let import = Import::begin(engine, actor, dataset, kind, options).await?;
        let slice_rows = Arc::new(AtomicUsize::new(SLICE_ROWS_FIRST));
        match import.reading(Arc::clone(&slice_rows)) {
            Ok(reading) => import.run(read::start(reading, SyncIoBridge::new(input)), slice_rows).await,
            Err(error) => {
                import.abandon().await;
                Err(error)
            }
        }
    });
    task.await.map_err(|_| Error::Corrupt("an import ended unexpectedly".to_owned()))?
}

/// Where the rows go.
enum Sink {
    People(Target),
    List(List),
}

/// A running import.
struct Import {
    engine: Engine,
    actor: Actor,
    dataset: DatasetId,
    kind: ImportKind,
    options: ImportOptions,
    currency: String,
    sink: Sink,
    /// Its record; none in a dry run.
    record: Option<i64>,
    /// Where it began.
    from: Progress,
    at: Progress,
    report: ImportReport,
}

impl Import {
    async fn begin(engine: Engine, actor: Actor, dataset: DatasetId, kind: ImportKind, options: ImportOptions) -> Result<Self> {
        let store = &engine.inner.store;
        let now = store.clock.now();
        let mut tx = store.write().await?;
        let currency = progress::currency(&mut tx, dataset).await?.ok_or_else(|| Problem::not_found("dataset"))?;
        let mut report = ImportReport { dry_run: options.dry_run, ..ImportReport::default() };
        let sink = match kind {
            ImportKind::Lists => Sink::List(List::open(&mut tx, dataset, &options, now).await?),
            ImportKind::Profiles | ImportKind::Events => {
                Sink::People(Target::new(dataset, store.keys.clone(), ingest_events::kinds(&mut tx, dataset).await?))
            }
        };
        let begin = Begin { dataset, kind: kind.as_str(), hash: options.file_hash(), actor: &actor.name, at: now };
        let mut from = Progress::default();
        let mut record = None;
        if !options.dry_run {
            record = Some(match progress::earlier(&mut tx, begin).await? {
                Earlier::Running => return Err(Problem::because(Code::StateRefused, "The same file is being imported already.").into()),
                // A list is cheap to read again, and its whole file must be known to say who is no member any more.
                Earlier::Interrupted(id, at) if kind != ImportKind::Lists => {
                    progress::resume(&mut tx, id).await?;
                    report.remarks.push(format!("The file was interrupted after line {} and goes on there. The numbers are those of the whole file.", at.line));
                    from = at;
                    id
                }
                Earlier::Done(at) if kind == ImportKind::Events => {
                    let day = domain::time::Timestamp::from_ms(at).to_date();
                    report.remarks.push(format!("The same file was imported on {day}. Events without message_id are now there twice."));
                    progress::begin(&mut tx, begin).await?
                }
                _ => progress::begin(&mut tx, begin).await?,
            });
            tx.commit().await?;
        }
        Ok(Self { engine, actor, dataset, kind, options, currency, sink, record, from, at: from, report })
    }

    fn reading(&self, slice_rows: Arc<AtomicUsize>) -> Result<Reading> {
        let store = &self.engine.inner.store;
        let set = self.options.set.iter().map(|(name, text)| Ok((field::asked(self.kind, name, "set")?, text.clone())));
        let set = set.collect::<Result<Vec<_>, Problem>>()?;
        let maker = Maker::new(self.kind, self.dataset, self.currency.clone(), store.keys.clone(), set);
        let after = u64::try_from(self.from.line).unwrap_or(0);
        Ok(Reading { maker, options: self.options.clone(), after, now: store.clock.now(), slice_rows })
    }

    /// Writes what the parser says, and closes the record whatever happens.
    async fn run(mut self, said: mpsc::Receiver<Said>, slice_rows: Arc<AtomicUsize>) -> Result<ImportReport> {
        let done = self.write_all(said, slice_rows).await;
        let done = match done {
            Ok(()) => self.finish().await,
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => Ok(self.report),
            Err(error) => {
                self.abandon().await;
                Err(self.say_what_stays(error))
            }
        }
    }

    async fn write_all(&mut self, mut said: mpsc::Receiver<Said>, slice_rows: Arc<AtomicUsize>) -> Result<()> {
        while let Some(said) = said.recv().await {
            match said {
                Said::Remark(remark) => self.report.remarks.push(remark),
                Said::Failed(problem) => return Err(problem.into()),
                Said::Slice(slice) => {
                    let took = self.write_slice(slice).await?;
                    adapt(&slice_rows, took);
                }
            }
        }
        Ok(())
    }

    /// Writes one slice; gives how long it held the write lock.
    async fn write_slice(&mut self, slice: Slice) -> Result<Duration> {
        if self.options.strict {
            refuse_first(&slice.errors)?;
        }
        let store = &self.engine.inner.store;
        if self.options.dry_run {
            let applied = match &mut self.sink {
                Sink::People(target) => target.foresee(&mut *store.read().await?, slice.rows).await?,
                Sink::List(list) => list.foresee(&mut *store.read().await?, slice.rows).await?,
            };
            self.count(slice.errors, applied, slice.upto)?;
            return Ok(Duration::ZERO);
        }
        let mut tx = store.write().await?;
        let begun = Instant::now();
        let now = store.clock.now();
        let applied = match &mut self.sink {
            Sink::People(target) => target.apply(&mut tx, slice.rows, now).await?,
            Sink::List(list) => list.apply(&mut tx, slice.rows, now).await?,
        };
        self.count(slice.errors, applied, slice.upto)?;
        if let Some(record) = self.record {
            progress::save(&mut tx, record, self.at).await?;
        }
        // Without the commit: what syncing the disk takes does not depend on the size of the slice.
        let took = begun.elapsed();
        tx.commit().await?;
        self.engine.inner.copy.notify_one();
        Ok(took)
    }

    /// Adds a slice to the report. Where a row must stop a strict import, the slice is not committed.
    fn count(&mut self, mut errors: Vec<RowError>, applied: Applied, upto: u64) -> Result<()> {
        if self.options.strict {
            refuse_first(&applied.errors)?;
        }
        errors.extend(applied.errors);
        errors.sort_by_key(|error| error.line);
        self.at.line = super::wire(upto);
        self.at.accepted += applied.accepted;
        self.at.created += applied.created;
        self.at.updated += applied.updated;
        self.at.rejected += super::wire(errors.len() as u64);
        self.report.warned += super::wire(applied.warnings.len() as u64);
        keep_first(&mut self.report.errors, errors);
        keep_first(&mut self.report.warnings, applied.warnings);
        Ok(())
    }

    async fn finish(&mut self) -> Result<()> {
        let store = &self.engine.inner.store;
        if let Sink::List(list) = &mut self.sink {
            self.at.updated += list.finish(&self.engine, self.at).await?;
        }
        let Progress { accepted, created, updated, rejected, .. } = self.at;
        (self.report.accepted, self.report.created, self.report.updated, self.report.rejected) = (accepted, created, updated, rejected);
        if let Sink::People(target) = &self.sink {
            self.report.remarks.extend(target.foreseen_remark());
        }
        let Some(record) = self.record else { return Ok(()) };
        let now = store.clock.now();
        let mut tx = store.write().await?;
        progress::save(&mut tx, record, self.at).await?;
        progress::end(&mut tx, record, "done", now).await?;
        let detail = serde_json::json!({
            "kind": self.kind.as_str(), "accepted": accepted, "created": created, "updated": updated, "rejected": rejected,
            "list": self.options.list.as_deref().filter(|_| self.kind == ImportKind::Lists),
        });
        let entry = Entry { action: "import", dataset: Some(self.dataset), object: format!("import:{record}"), detail };
        audit::insert(&mut tx, now, &self.actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Closes the record of an import that cannot go on. Failing at that is no news: the next start does it as well.
    async fn abandon(&self) {
        let Some(record) = self.record else { return };
        let store = &self.engine.inner.store;
        let state = if self.options.content_hash.is_some() { "interrupted" } else { "failed" };
        let closed = async {
            let now = store.clock.now();
            let mut tx = store.write().await?;
            progress::end(&mut tx, record, state, now).await?;
            if self.at.accepted > self.from.accepted {
                let detail = serde_json::json!({ "kind": self.kind.as_str(), "accepted": self.at.accepted, "upto_line": self.at.line });
                let entry = Entry { action: "import.stopped", dataset: Some(self.dataset), object: format!("import:{record}"), detail };
                audit::insert(&mut tx, now, &self.actor, entry).await?;
            }
            tx.commit().await?;
            Ok::<(), Error>(())
        };
        if let Err(error) = closed.await {
            tracing::warn!(%error, "the record of an import could not be closed");
        }
    }

    /// A refusal says what was taken before it.
    fn say_what_stays(&self, error: Error) -> Error {
        let Error::Problem(mut problem) = error else { return error };
        if !self.options.dry_run && self.kind != ImportKind::Lists {
            let (accepted, line) = (self.at.accepted, self.at.line);
            problem.message = match accepted {
                0 => format!("{} Nothing was imported.", problem.message),
                _ => format!("{} {accepted} rows up to line {line} were imported before and stay.", problem.message),
            };
            problem = problem.number("accepted", accepted).number("upto_line", line);
        }
        problem.into()
    }
}

impl ImportOptions {
    /// The file and how it is read: with other columns or another list it is another import.
    fn file_hash(&self) -> Option<[u8; 32]> {
        let content = self.content_hash?;
        let mut hasher = blake3::Hasher::new_keyed(&content);
        for part in [self.map.as_slice(), self.set.as_slice()] {
            for (field, text) in part {
                hasher.update(field.as_bytes()).update(&[0]).update(text.as_bytes()).update(&[0]);
            }
            hasher.update(&[1]);
        }
        hasher.update(self.list.as_deref().unwrap_or_default().as_bytes()).update(&[self.mode as u8]);
        Some(*hasher.finalize().as_bytes())
    }
}

fn refuse_first(errors: &[RowError]) -> Result<(), Problem> {
    let Some(RowError { line, reason }) = errors.first() else { return Ok(()) };
    Err(Problem::because(Code::Invalid, format!("Line {line}: {reason}.")).number("line", *line))
}

fn keep_first(kept: &mut Vec<RowError>, more: Vec<RowError>) {
    let room = REPORTED_MAX.saturating_sub(kept.len());
    kept.extend(more.into_iter().take(room));
}

/// Sets the size of the next slices by the time that the last one took, at most doubling or halving it.
fn adapt(slice_rows: &AtomicUsize, took: Duration) {
    let rows = slice_rows.load(Ordering::Relaxed);
    let ideal = rows as u128 * LOCK_WANTED.as_micros() / took.as_micros().max(1);
    let next = usize::try_from(ideal).unwrap_or(usize::MAX).clamp(rows / 2, rows * 2);
    slice_rows.store(next.clamp(SLICE_ROWS_MIN, SLICE_ROWS_MAX), Ordering::Relaxed);
}

/// Rows that were made, not read, written like those of a file: for the sample data.
pub(crate) struct Feed {
    target: Target,
    engine: Engine,
}

impl Feed {
    pub(crate) async fn open(engine: &Engine, dataset: DatasetId) -> Result<Self> {
        let store = &engine.inner.store;
        let kinds = ingest_events::kinds(&mut *store.read().await?, dataset).await?;
        Ok(Self { target: Target::new(dataset, store.keys.clone(), kinds), engine: engine.clone() })
    }

    /// Writes rows in one transaction, and how far they go in the settings.
    pub(crate) async fn write(&mut self, rows: Vec<Row>, (name, upto): (&str, &str)) -> Result<()> {
        let store = &self.engine.inner.store;
        let mut tx = store.write().await?;
        self.target.apply(&mut tx, rows, store.clock.now()).await?;
        settings::put(&mut tx, name, upto).await?;
        tx.commit().await?;
        self.engine.inner.copy.notify_one();
        Ok(())
    }
}
