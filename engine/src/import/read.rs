//! The parsing thread: from bytes to slices of rows. Blocking; the other end of the channel writes them.

use super::{
    ImportOptions, RowError,
    cells::{Cells, Taken},
    draft::Maker,
    limits::{SLICE_BYTES_MAX, SLICES_WAITING},
    object::Objects,
    source::{self, Format, Source, Unreadable},
};
use crate::store::ingest::Row;
use domain::{problem::Problem, time::Timestamp};
use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::mpsc;

/// Rows that are written together.
#[derive(Debug, Default)]
pub(super) struct Slice {
    pub(super) rows: Vec<Row>,
    /// Rows that could not be taken.
    pub(super) errors: Vec<RowError>,
    /// The line on which the last of them begins.
    pub(super) upto: u64,
    bytes: usize,
}

/// What the parser says.
#[derive(Debug)]
pub(super) enum Said {
    /// A remark on the file as a whole.
    Remark(String),
    /// Rows.
    Slice(Slice),
    /// It cannot go on.
    Failed(Problem),
}

/// How the parser is told what to do.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) maker: Maker,
    pub(super) options: ImportOptions,
    /// Rows that begin on this line or before are passed over: they were taken earlier.
    pub(super) after: u64,
    /// The time of messages that carry none.
    pub(super) now: Timestamp,
    /// Rows of a slice; the writer sets it by the time that slices take.
    pub(super) slice_rows: Arc<AtomicUsize>,
}

/// Starts the parser on a thread for blocking work.
pub(super) fn start(reading: Reading, input: impl Read + Send + 'static) -> mpsc::Receiver<Said> {
    let (sender, receiver) = mpsc::channel(SLICES_WAITING);
    tokio::task::spawn_blocking(move || {
        if let Err(stop) = read(reading, input, &sender) {
            // A writer that has stopped listening needs no farewell.
            let _ = stop.map(|problem| sender.blocking_send(Said::Failed(problem)));
        }
    });
    receiver
}

/// Why the parser stops: a problem, or nobody listens any more.
type Stop = Option<Problem>;

impl From<Unreadable> for Stop {
    fn from(unreadable: Unreadable) -> Self {
        Some(unreadable.into_problem())
    }
}

/// Either kind of file.
enum Rows {
    Cells(Cells<Source>),
    Objects(Objects<Source>),
}

fn read(mut reading: Reading, input: impl Read + Send + 'static, sender: &mpsc::Sender<Said>) -> Result<(), Stop> {
    let broken = |error| Stop::from(Unreadable::Failed(error));
    let (format, source) = source::open(input)?;
    let mut rows = match format {
        Format::Empty => return Ok(()),
        Format::Ndjson => Rows::Objects(Objects::new(source, reading.now)),
        Format::Csv => {
            let opened = Cells::open(source, reading.maker.kind, &reading.options).map_err(broken)?;
            let (cells, remarks) = opened.map_err(Some)?;
            for remark in remarks {
                sender.blocking_send(Said::Remark(remark)).map_err(|_| None)?;
            }
            Rows::Cells(cells)
        }
    };
    let mut slice = Slice::default();
    loop {
        let taken = match &mut rows {
            Rows::Cells(cells) => cells.next(&mut reading.maker),
            Rows::Objects(objects) => objects.next(&mut reading.maker),
        };
        match taken {
            Ok(Some(taken)) if taken.line <= reading.after => {}
            Ok(Some(taken)) => slice.push(taken),
            Ok(None) => return send(sender, &mut slice),
            Err(error) => {
                // What was read whole before is good.
                send(sender, &mut slice)?;
                return Err(broken(error));
            }
        }
        let full = slice.rows.len() + slice.errors.len() >= reading.slice_rows.load(Ordering::Relaxed);
        if full || slice.bytes >= SLICE_BYTES_MAX {
            send(sender, &mut slice)?;
        }
    }
}

fn send(sender: &mpsc::Sender<Said>, slice: &mut Slice) -> Result<(), Stop> {
    let slice = std::mem::take(slice);
    if slice.rows.is_empty() && slice.errors.is_empty() {
        return Ok(());
    }
    sender.blocking_send(Said::Slice(slice)).map_err(|_| None)
}

impl Slice {
    fn push(&mut self, taken: Taken) {
        self.bytes += taken.bytes;
        self.upto = taken.line;
        match taken.row {
            Ok(row) => self.rows.push(row),
            Err(reason) => self.errors.push(RowError { line: super::wire(taken.line), reason: reason.into_owned() }),
        }
    }
}
