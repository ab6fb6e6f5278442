//! Files about a deletion, on their way out: the people of a list before they go, and what became of each of them. Rows
//! are read in slices, written as CSV or NDJSON and let go, so a download of any size takes little memory; nobody's
//! connection or view of the data is held between two slices.
//!
//! Reading order: `person` and `result` (one row of each kind), `people` (where people are read from: a stored export or the
//! list itself), `files` (the directory `exports/` and how a file in it is written and wiped), `keep` (the task that
//! wipes). Who may ask is the affair of `service::exports`; when a job writes its export, of `runner::export`.
//!
//! A stored export is NDJSON; CSV is made of it when it is asked for. The columns of a CSV are those attributes that
//! somebody in it has, so it is read twice, once for them. Nothing here says a person's identity to a log.

pub(crate) mod files;
pub(crate) mod keep;
pub(crate) mod people;
pub(crate) mod person;
pub(crate) mod result;
pub(crate) mod strike;

use crate::error::{Error, Result};
use domain::{csv, export::Format};
use futures_util::{Stream, stream};
use serde::Serialize;
use std::{collections::BTreeSet, fmt, pin::Pin};

/// Rows that are read, written and let go together.
pub(crate) const SLICE: i64 = 500;
/// Attributes that get a column of their own; spreadsheets have 16,384 columns at most, and a file with ever new names
/// must not fill the memory. What is over goes into one last column, as JSON.
const COLUMNS_MAX: usize = 2_000;

/// The bytes of a file, piece by piece. An error means that the file is not whole.
pub type Rows = Pin<Box<dyn Stream<Item = Result<Vec<u8>>> + Send>>;

/// A file to hand out.
pub struct Download {
    /// The name that it is to have: plain ASCII.
    pub file_name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub rows: Rows,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("file_name", &self.file_name)
            .finish_non_exhaustive()
    }
}

/// The columns of a CSV.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    /// Those that every file of the kind has.
    fixed: Vec<&'static str>,
    /// Attributes, in the order of their names.
    attributes: BTreeSet<String>,
    /// Whether there are more attributes than columns.
    more: bool,
}

impl Columns {
    /// Those that every file of the kind has, and no others.
    pub(crate) fn fixed(names: &[&'static str]) -> Self {
        Self {
            fixed: names.to_vec(),
            ..Self::default()
        }
    }

    /// One more attribute, unless there are too many.
    pub(crate) fn add(&mut self, attribute: &str) {
        if self.attributes.contains(attribute) {
        } else if self.attributes.len() < COLUMNS_MAX {
            self.attributes.insert(attribute.to_owned());
        } else {
            self.more = true;
        }
    }

    /// The first line. An attribute that is called like a column of ours has `attr.` in front of its name.
    fn head(&self) -> String {
        let named = |name: &String| {
            if self.fixed.contains(&name.as_str()) || name == MORE {
                format!("attr.{name}")
            } else {
                name.clone()
            }
        };
        let attributes: Vec<String> = self.attributes.iter().map(named).collect();
        let mut out = String::new();
        let fixed = self
            .fixed
            .iter()
            .copied()
            .chain(attributes.iter().map(String::as_str));
        csv::push_row(
            &mut out,
            fixed.chain(self.more.then_some(MORE)).map(csv::Cell::Text),
        );
        out
    }
}

/// The name of the last column, where there are more attributes than columns.
const MORE: &str = "more_attributes";

/// One row.
pub(crate) trait Row: Serialize + Send {
    /// Appends the row as CSV.
    fn push_csv(&self, columns: &Columns, out: &mut String);
}

/// Where rows come from.
pub(crate) trait Source: Send + 'static {
    /// What they are.
    type Row: Row;

    /// The next slice; empty at the end.
    fn next(&mut self) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;

    /// The columns of a CSV of all rows. Called before the first slice.
    fn columns(&mut self) -> impl Future<Output = Result<Columns>> + Send;
}

/// A file of everything that a source has.
pub(crate) fn download(name: &str, format: Format, source: impl Source) -> Download {
    let emit = Emit {
        source,
        format,
        columns: None,
    };
    let rows = stream::try_unfold(emit, |mut emit| async move {
        let piece = emit.piece().await?;
        Ok(piece.map(|piece| (piece, emit)))
    });
    Download {
        file_name: format!("{name}.{}", format.extension()),
        media_type: format.media_type(),
        rows: Box::pin(rows),
    }
}

struct Emit<S> {
    source: S,
    format: Format,
    columns: Option<Columns>,
}

impl<S: Source> Emit<S> {
    async fn piece(&mut self) -> Result<Option<Vec<u8>>> {
        if self.format == Format::Ndjson {
            let rows = self.source.next().await?;
            return (!rows.is_empty()).then(|| ndjson(&rows)).transpose();
        }
        let Some(columns) = &self.columns else {
            let columns = self.source.columns().await?;
            let head = columns.head();
            self.columns = Some(columns);
            return Ok(Some(head.into_bytes()));
        };
        let rows = self.source.next().await?;
        let mut out = String::new();
        for row in &rows {
            row.push_csv(columns, &mut out);
        }
        Ok((!rows.is_empty()).then(|| out.into_bytes()))
    }
}

/// Rows as NDJSON, each with its line end.
pub(crate) fn ndjson<R: Serialize>(rows: &[R]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut out, row).map_err(|e| Error::Corrupt(format!("writing JSON: {e}")))?;
        out.push(b'\n');
    }
    Ok(out)
}
