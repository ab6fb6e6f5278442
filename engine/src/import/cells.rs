//! Rows out of CSV: the header decides what each column means, cells are typed by their content.

use super::{
    ImportKind, ImportOptions,
    draft::{Draft, Maker, Reason},
    field::{self, Field},
    object,
    split::{Found, Splitter},
};
use crate::store::ingest::Row;
use domain::problem::{Code, Problem};
use std::io::{self, BufRead};

/// What separates cells, most common first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// A CSV file of which the header has been read.
#[derive(Debug)]
pub(super) struct Cells<R> {
    splitter: Splitter<R>,
    fields: Vec<Field>,
}

/// A row, or why it is none.
pub(super) struct Taken {
    /// The line on which it begins.
    pub(super) line: u64,
    /// Bytes of it.
    pub(super) bytes: usize,
    /// The row.
    pub(super) row: Result<Row, Reason>,
}

impl<R: BufRead> Cells<R> {
    /// Reads the header. The inner error is a refusal of the whole file. Gives remarks for the report.
    pub(super) fn open(
        mut input: R,
        kind: ImportKind,
        options: &ImportOptions,
    ) -> io::Result<Result<(Self, Vec<String>), Problem>> {
        let delimiter = delimiter(&mut input)?;
        let mut splitter = Splitter::new(input, delimiter);
        let found = splitter.next()?;
        let refused =
            |why: &str| Problem::because(Code::BadRequest, format!("The header cannot be read: {why}."));
        let header = match found {
            Found::End => Err(refused("the file is empty")),
            Found::Bad(reason) => Err(refused(reason)),
            Found::Row => cells(&splitter).map_err(|reason| refused(&reason)),
        };
        let read = header.and_then(|header| field::of_header(&header, kind, options));
        Ok(read.map(|(fields, remarks)| (Self { splitter, fields }, remarks)))
    }

    /// The next row that is not blank.
    pub(super) fn next(&mut self, maker: &mut Maker) -> io::Result<Option<Taken>> {
        let found = self.splitter.next()?;
        let row = match found {
            Found::End => return Ok(None),
            Found::Bad(reason) => Err(reason.into()),
            Found::Row => self.row(maker),
        };
        Ok(Some(Taken {
            line: self.splitter.row_line(),
            bytes: self.splitter.bytes(),
            row,
        }))
    }

    fn row(&self, maker: &mut Maker) -> Result<Row, Reason> {
        let cells = cells(&self.splitter)?;
        if cells.len() != self.fields.len() {
            let (has, wanted) = (cells.len(), self.fields.len());
            return Err(format!("the row has {has} cells, the header has {wanted}").into());
        }
        let mut draft = maker.draft()?;
        for (field, cell) in self.fields.iter().zip(cells) {
            match field {
                Field::Ignored => {}
                Field::Bag => bag(&mut draft, maker, cell)?,
                _ => draft.put(maker, field, cell)?,
            }
        }
        draft.finish(maker, self.splitter.row_line())
    }
}

/// A cell with a JSON object, as listmonk exports attributes.
fn bag(draft: &mut Draft, maker: &mut Maker, cell: &str) -> Result<(), Reason> {
    if cell.trim().is_empty() {
        Ok(())
    } else {
        object::put_bag(draft, maker, cell)
    }
}

/// The cells of the present row as text.
pub(super) fn cells<R: BufRead>(splitter: &Splitter<R>) -> Result<Vec<&str>, Reason> {
    let (text, ends) = splitter.cells();
    if memchr::memchr(0, text).is_some() {
        return Err("the row has a NUL byte".into());
    }
    let whole = std::str::from_utf8(text).ok();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let cell = |(at, (start, end)): (usize, (usize, &usize))| {
        // A cell may end within a character although the row as a whole is well formed.
        whole
            .and_then(|whole| whole.get(start..*end))
            .ok_or_else(|| format!("cell {} or one after it is not UTF-8", at + 1).into())
    };
    starts.zip(ends).enumerate().map(cell).collect()
}

/// The delimiter that the first line has most of, outside of quotation marks.
pub(super) fn delimiter(input: &mut impl BufRead) -> io::Result<u8> {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    let buffer = input.fill_buf()?;
    let head = buffer.iter().skip_while(|b| b.is_ascii_whitespace());
    for byte in head.take_while(|b| !matches!(b, b'\n' | b'\r')) {
        quoted ^= *byte == b'"';
        if let Some(at) = DELIMITERS.iter().position(|d| !quoted && d == byte) {
            counts[at] += 1;
        }
    }
    let best = (0..DELIMITERS.len())
        .rev()
        .max_by_key(|at| counts[*at])
        .unwrap_or(0);
    Ok(DELIMITERS[best])
}
