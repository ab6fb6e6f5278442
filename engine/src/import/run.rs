//! One import from its beginning to its report: window after window from the parser, slice after slice into the store.

use super::{
    ImportKind, ImportOptions, ImportReport, RowError,
    apply::{Applied, Target},
    draft::Maker,
    field,
    limits::{REPORTED_MAX, SLICE_ROWS_MAX},
    lists::List,
    read::{self, Portion, Reading, Said},
    record::Record,
    suppressed,
    window::{Known, Pace, Window},
};
use crate::{
    error::{Error, Result},
    fault,
    service::Engine,
    store::{
        ingest::Row,
        ingest_events,
        ingest_progress::{self as progress, Progress},
    },
};
use domain::{
    access::Actor,
    id::DatasetId,
    problem::{Code, Problem},
};
use std::time::Instant;
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
        let (import, maker) = Import::begin(engine, &actor, dataset, kind, options).await?;
        let line = |line: i64| u64::try_from(line).unwrap_or(0);
        let (after, window_upto) = (line(import.at.line), line(import.at.window_upto));
        let now = import.engine.inner.store.clock.now();
        let reading = Reading {
            maker,
            options: import.options.clone(),
            after,
            window_upto,
            now,
        };
        import.run(read::start(reading, SyncIoBridge::new(input))).await
    });
    task.await
        .map_err(|_| Error::Corrupt("an import ended unexpectedly".to_owned()))?
}

/// Where the rows go.
enum Sink {
    People(Target),
    List(List),
}

/// A running import.
struct Import {
    engine: Engine,
    dataset: DatasetId,
    kind: ImportKind,
    options: ImportOptions,
    sink: Sink,
    /// None in a dry run.
    record: Option<Record>,
    at: Progress,
    pace: Pace,
    report: ImportReport,
}

impl Import {
    async fn begin(
        engine: Engine,
        actor: &Actor,
        dataset: DatasetId,
        kind: ImportKind,
        options: ImportOptions,
    ) -> Result<(Self, Maker)> {
        let store = &engine.inner.store;
        let now = store.clock.now();
        let mut tx = store.write().await?;
        let currency = progress::currency(&mut tx, dataset)
            .await?
            .ok_or_else(|| Problem::not_found("dataset"))?;
        let set = options
            .set
            .iter()
            .map(|(name, text)| Ok((field::asked(kind, name, "set")?, text.clone())));
        let set = set.collect::<Result<Vec<_>, Problem>>()?;
        let maker = Maker::new(kind, dataset, currency, store.keys.clone(), set);
        let sink = match kind {
            ImportKind::Lists => Sink::List(List::open(&mut tx, actor, dataset, &options, now).await?),
            ImportKind::Profiles | ImportKind::Events => Sink::People(Target::new(
                dataset,
                store.keys.clone(),
                ingest_events::kinds(&mut tx, dataset).await?,
            )),
        };
        let mut report = ImportReport {
            dry_run: options.dry_run,
            ..ImportReport::default()
        };
        let (mut record, mut at) = (None, Progress::default());
        if !options.dry_run {
            let (begun, from, remark) = Record::begin(&mut tx, actor, dataset, kind, &options, now).await?;
            (record, at) = (Some(begun), from);
            report.remarks.extend(remark);
            tx.commit().await?;
        }
        Ok((
            Self {
                engine,
                dataset,
                kind,
                options,
                sink,
                record,
                at,
                pace: Pace::new(),
                report,
            },
            maker,
        ))
    }

    /// Writes what the parser says, and closes the record whatever happens.
    async fn run(mut self, said: mpsc::Receiver<Said>) -> Result<ImportReport> {
        let done = match self.write_all(said).await {
            Ok(()) => self.finish().await,
            Err(error) => Err(error),
        };
        let Err(error) = done else { return Ok(self.report) };
        self.engine.inner.store.note(&error);
        if let Sink::List(list) = &self.sink {
            list.broke_off(&self.engine).await;
        }
        if let Some(record) = &self.record {
            record.abandon(&self.engine.inner.store, self.at).await;
        }
        Err(self.say_what_stays(error))
    }

    async fn write_all(&mut self, mut said: mpsc::Receiver<Said>) -> Result<()> {
        while let Some(said) = said.recv().await {
            match said {
                Said::Remark(remark) => self.report.remarks.push(remark),
                Said::Failed(problem) => return Err(problem.into()),
                Said::Portion(portion) => self.write_portion(portion).await?,
            }
        }
        Ok(())
    }

    /// Writes what the parser handed over at once, in as many transactions as it takes.
    async fn write_portion(&mut self, portion: Portion) -> Result<()> {
        if self.options.strict {
            refuse_first(&portion.errors)?;
        }
        if self.options.dry_run {
            return self.foresee(portion).await;
        }
        let Portion {
            rows, errors, upto, ..
        } = portion;
        let mut next = Progress {
            window_upto: super::wire(upto),
            ..self.at
        };
        let Window { rows, mut known, .. } = self.arrange(rows, &mut next).await?;
        let mut errors = Some(errors);
        let mut rows = rows.into_iter();
        // The first rows of a window that was interrupted are there, and its errors are counted.
        if next.window_rows > 0 {
            errors = None;
            let there = usize::try_from(next.window_rows).unwrap_or(0);
            rows.by_ref().take(there).for_each(drop);
        }
        loop {
            let slice: Vec<Row> = rows.by_ref().take(self.slice()).collect();
            next.window_rows += super::wire(slice.len() as u64);
            let last = rows.len() == 0;
            if last {
                next = Progress {
                    line: next.window_upto,
                    window_upto: 0,
                    window_rows: 0,
                    boundary: 0,
                    ..next
                };
            }
            self.write_slice(slice, errors.take().unwrap_or_default(), &mut known, &mut next)
                .await?;
            fault::stop_point("import.slice")?;
            self.at = next;
            if last {
                return Ok(());
            }
        }
    }

    /// Rows of the next transaction.
    fn slice(&self) -> usize {
        usize::try_from(fault::slice(super::wire(self.pace.rows as u64))).unwrap_or(self.pace.rows)
    }

    /// Puts the rows into the order in which they are written best.
    async fn arrange(&self, rows: Vec<Row>, next: &mut Progress) -> Result<Window> {
        if self.kind == ImportKind::Lists || rows.is_empty() {
            return Ok(Window {
                rows,
                ..Window::default()
            });
        }
        let store = &self.engine.inner.store;
        let begun = (next.window_rows > 0).then_some(next.boundary);
        let mut window = Window::arrange(store, self.dataset, rows, begun).await?;
        next.boundary = window.boundary;
        window.reserve(store, self.dataset).await?;
        Ok(window)
    }

    /// Writes one slice in one transaction, with how far the file then is.
    async fn write_slice(
        &mut self,
        rows: Vec<Row>,
        errors: Vec<RowError>,
        known: &mut Known,
        next: &mut Progress,
    ) -> Result<()> {
        let store = &self.engine.inner.store;
        let mut tx = store.write().await?;
        let begun = Instant::now();
        let now = store.clock.now();
        let full = rows.len() >= self.pace.rows;
        let applied = match &mut self.sink {
            Sink::People(target) => target.apply(&mut tx, rows, known, now).await?,
            Sink::List(list) => list.apply(&mut tx, rows, now).await?,
        };
        self.count(errors, applied, next)?;
        if let Some(record) = &self.record {
            record.save(&mut tx, *next).await?;
        }
        // Without the commit: what syncing the disk takes does not depend on the size of the slice.
        let took = begun.elapsed();
        tx.commit().await?;
        if full {
            self.pace.took(took);
        }
        self.engine.inner.copy.notify_one();
        Ok(())
    }

    async fn foresee(&mut self, portion: Portion) -> Result<()> {
        let mut errors = Some(portion.errors);
        let mut rows = portion.rows.into_iter();
        let now = self.engine.inner.store.clock.now();
        loop {
            let slice: Vec<Row> = rows.by_ref().take(SLICE_ROWS_MAX).collect();
            let mut conn = self.engine.inner.store.read().await?;
            let applied = match &mut self.sink {
                Sink::People(target) => target.foresee(&mut conn, slice, now).await?,
                Sink::List(list) => list.foresee(&mut conn, slice).await?,
            };
            drop(conn);
            let mut next = self.at;
            self.count(errors.take().unwrap_or_default(), applied, &mut next)?;
            self.at = next;
            if rows.len() == 0 {
                return Ok(());
            }
        }
    }

    /// Adds a slice to the report. Where a row must stop a strict import, the slice is not committed.
    fn count(&mut self, mut errors: Vec<RowError>, applied: Applied, next: &mut Progress) -> Result<()> {
        if self.options.strict {
            refuse_first(&applied.errors)?;
        }
        next.suppressed += applied.suppressed;
        next.suppressed_purchases += applied.suppressed_purchases;
        errors.extend(applied.errors);
        errors.sort_by_key(|error| error.line);
        next.accepted += applied.accepted;
        next.created += applied.created;
        next.updated += applied.updated;
        next.rejected += super::wire(errors.len() as u64);
        self.report.warned += super::wire(applied.warnings.len() as u64);
        keep_first(&mut self.report.errors, errors);
        keep_first(&mut self.report.warnings, applied.warnings);
        Ok(())
    }

    async fn finish(&mut self) -> Result<()> {
        match &mut self.sink {
            Sink::List(list) => self.at.updated += list.finish(&self.engine, self.at).await?,
            Sink::People(target) => self.report.remarks.extend(target.foreseen_remark()),
        }
        let Progress {
            accepted,
            created,
            updated,
            rejected,
            ..
        } = self.at;
        (
            self.report.accepted,
            self.report.created,
            self.report.updated,
            self.report.rejected,
        ) = (accepted, created, updated, rejected);
        self.report.suppressed = self.at.suppressed;
        self.report.suppressed_purchases = self.at.suppressed_purchases;
        match &self.record {
            Some(record) => record.finish(&self.engine.inner.store, self.at).await,
            None => Ok(()),
        }
    }

    /// A refusal says what was taken before it.
    fn say_what_stays(&self, error: Error) -> Error {
        let Error::Problem(mut problem) = error else {
            return error;
        };
        if !self.options.dry_run && self.kind != ImportKind::Lists {
            let accepted = self.at.accepted;
            problem.message = match accepted {
                0 => format!("{} Nothing was imported.", problem.message),
                _ => format!(
                    "{} {accepted} rows were imported before and stay.",
                    problem.message
                ),
            };
            problem = problem
                .number("accepted", accepted)
                .number("upto_line", self.at.line);
        }
        problem.into()
    }
}

/// Refuses the whole for its first bad row. Nothing is wrong with rows of suppressed people.
pub(super) fn refuse_first(errors: &[RowError]) -> Result<(), Problem> {
    let mut bad = errors.iter().filter(|error| error.reason != suppressed::REASON);
    let Some(RowError { line, reason }) = bad.next() else {
        return Ok(());
    };
    Err(Problem::because(Code::Invalid, format!("Line {line}: {reason}.")).number("line", *line))
}

/// Adds rows to a report up to what it lists.
pub(super) fn keep_first(kept: &mut Vec<RowError>, more: Vec<RowError>) {
    let room = REPORTED_MAX.saturating_sub(kept.len());
    kept.extend(more.into_iter().take(room));
}
