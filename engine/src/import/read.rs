//! The parsing thread: from bytes to windows of rows. Blocking; the other end of the channel writes them.

use super::{
    ImportOptions, RowError,
    cells::{Cells, Taken},
    draft::Maker,
    limits::{WINDOW_BYTES, WINDOW_ROWS},
    object::Objects,
    source::{self, Format, Source, Unreadable},
};
use crate::store::ingest::Row;
use domain::{problem::Problem, time::Timestamp};
use std::io::Read;
use tokio::{runtime::Handle, sync::mpsc};

/// What is handed over at once.
#[derive(Debug, Default)]
pub(super) struct Portion {
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
    Portion(Portion),
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
    /// The line that ends the first window, where that one was begun earlier; 0: none was.
    pub(super) window_upto: u64,
    /// The time of messages that carry none.
    pub(super) now: Timestamp,
}

/// Starts the parser on a thread for blocking work.
pub(super) fn start(reading: Reading, input: impl Read + Send + 'static) -> mpsc::Receiver<Said> {
    let (sender, receiver) = mpsc::channel(1);
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

fn read(
    mut reading: Reading,
    input: impl Read + Send + 'static,
    sender: &mpsc::Sender<Said>,
) -> Result<(), Stop> {
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
    let mut window_upto = reading.window_upto;
    loop {
        // Before the first row of it: while one window is being written, one is filled, and none waits.
        let permit = Handle::current().block_on(sender.reserve()).map_err(|_| None)?;
        let mut portion = Portion::default();
        let ended = loop {
            let taken = match &mut rows {
                Rows::Cells(cells) => cells.next(&mut reading.maker),
                Rows::Objects(objects) => objects.next(&mut reading.maker),
            };
            match taken {
                Ok(Some(taken)) if taken.line <= reading.after => continue,
                Ok(Some(taken)) => portion.push(taken),
                Ok(None) => break Some(Ok(())),
                // What was read whole before is good.
                Err(error) => break Some(Err(broken(error))),
            }
            if portion.full() || portion.upto == window_upto {
                break None;
            }
        };
        window_upto = 0;
        if portion.upto > 0 {
            permit.send(Said::Portion(portion));
        } else {
            drop(permit);
        }
        if let Some(ended) = ended {
            return ended;
        }
    }
}

impl Portion {
    fn full(&self) -> bool {
        self.rows.len() + self.errors.len() >= WINDOW_ROWS || self.bytes >= WINDOW_BYTES
    }

    fn push(&mut self, taken: Taken) {
        self.bytes += taken.bytes;
        self.upto = taken.line;
        match taken.row {
            Ok(row) => self.rows.push(row),
            Err(reason) => self.errors.push(RowError {
                line: super::wire(taken.line),
                reason: reason.into_owned(),
            }),
        }
    }
}
