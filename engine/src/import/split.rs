//! Splits CSV into cells. Knows bytes, quotation marks and line ends; nothing of columns or people.
//!
//! Why not the `csv` crate: it holds a whole row in memory before anything can be said about it, so one quotation mark
//! that is never closed reads the rest of the file into memory, and it cannot say that this happened. Rows that both
//! accept are split alike; a test compares them.

use super::limits::{CELL_BYTES_MAX, COLUMNS_MAX, ROW_BYTES_MAX};
use std::io::{self, BufRead};

/// Where the splitter is within a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first byte of a cell.
    Start,
    /// Within a cell without quotation marks, or after a closing one.
    Plain,
    /// Within quotation marks.
    Quoted,
    /// After a quotation mark within quotation marks: the end of it, or the first half of a doubled one.
    Quote,
}

/// What was found next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A row; its cells are in the splitter.
    Row,
    /// A row that cannot be taken.
    Bad(&'static str),
    /// Nothing more.
    End,
}

/// The splitter.
#[derive(Debug)]
pub(super) struct Splitter<R> {
    input: R,
    delimiter: u8,
    /// The line that the next byte is on, from 1.
    line: u64,
    /// The line on which the present row begins.
    row_line: u64,
    /// The last row ended with CR: a LF that follows belongs to it.
    after_cr: bool,
    text: Vec<u8>,
    ends: Vec<usize>,
    bad: Option<&'static str>,
}

impl<R: BufRead> Splitter<R> {
    pub(super) fn new(input: R, delimiter: u8) -> Self {
        let (text, ends) = (Vec::new(), Vec::new());
        Self {
            input,
            delimiter,
            line: 1,
            row_line: 1,
            after_cr: false,
            text,
            ends,
            bad: None,
        }
    }

    /// The line on which the present row begins.
    pub(super) fn row_line(&self) -> u64 {
        self.row_line
    }

    /// Bytes of the present row.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The text and the ends of the cells of the present row.
    pub(super) fn cells(&self) -> (&[u8], &[usize]) {
        (&self.text, &self.ends)
    }

    /// Reads the next row that is not blank.
    pub(super) fn next(&mut self) -> io::Result<Found> {
        self.text.clear();
        self.ends.clear();
        self.bad = None;
        let mut at = At::Start;
        let mut begun = false;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            if buffer.is_empty() {
                return Ok(self.at_end(at, begun));
            }
            let mut rest = buffer;
            let mut done = false;
            while let Some(&byte) = rest.first() {
                if !begun {
                    let joined = self.after_cr && byte == b'\n';
                    self.after_cr = false;
                    if joined {
                        rest = &rest[1..];
                        continue;
                    }
                    if matches!(byte, b'\n' | b'\r') {
                        // A blank line.
                        self.line += 1;
                        self.after_cr = byte == b'\r';
                        rest = &rest[1..];
                        continue;
                    }
                    begun = true;
                    self.row_line = self.line;
                }
                let row = Row {
                    delimiter: self.delimiter,
                    text: &mut self.text,
                    ends: &mut self.ends,
                };
                let step = row.step(&mut at, rest, &mut self.bad);
                self.line += step.lines;
                rest = &rest[step.taken..];
                if step.ended {
                    self.after_cr = step.cr;
                    done = true;
                    break;
                }
            }
            let taken = buffer.len() - rest.len();
            self.input.consume(taken);
            if done {
                return Ok(self.bad.map_or(Found::Row, Found::Bad));
            }
        }
    }

    fn at_end(&mut self, at: At, begun: bool) -> Found {
        if !begun {
            return Found::End;
        }
        if at == At::Quoted {
            return Found::Bad(
                "a quotation mark is opened in this row and never closed, so the rest of the file was not read",
            );
        }
        Row {
            delimiter: self.delimiter,
            text: &mut self.text,
            ends: &mut self.ends,
        }
        .end_cell(&mut self.bad);
        self.bad.map_or(Found::Row, Found::Bad)
    }
}

/// What one step did.
struct Step {
    taken: usize,
    lines: u64,
    ended: bool,
    cr: bool,
}

impl Step {
    const fn within(taken: usize) -> Self {
        Self {
            taken,
            lines: 0,
            ended: false,
            cr: false,
        }
    }
}

/// The row being filled.
struct Row<'a> {
    delimiter: u8,
    text: &'a mut Vec<u8>,
    ends: &'a mut Vec<usize>,
}

impl Row<'_> {
    /// Takes as much of `rest`, which is not empty, as one state allows.
    fn step(mut self, at: &mut At, rest: &[u8], bad: &mut Option<&'static str>) -> Step {
        let byte = rest[0];
        match *at {
            At::Start if byte == b'"' => {
                *at = At::Quoted;
                Step::within(1)
            }
            At::Quote if byte == b'"' => {
                self.push(b"\"", bad);
                *at = At::Quoted;
                Step::within(1)
            }
            At::Quoted => {
                let taken = memchr::memchr(b'"', rest).unwrap_or(rest.len());
                self.push(&rest[..taken], bad);
                let lines = memchr::memchr_iter(b'\n', &rest[..taken]).count() as u64;
                let quote = taken < rest.len();
                if quote {
                    *at = At::Quote;
                }
                Step {
                    lines,
                    ..Step::within(taken + usize::from(quote))
                }
            }
            At::Start | At::Plain | At::Quote => {
                let end = memchr::memchr3(self.delimiter, b'\n', b'\r', rest);
                self.push(&rest[..end.unwrap_or(rest.len())], bad);
                let Some(end) = end else {
                    *at = At::Plain;
                    return Step::within(rest.len());
                };
                self.end_cell(bad);
                *at = At::Start;
                let ended = rest[end] != self.delimiter;
                Step {
                    taken: end + 1,
                    lines: u64::from(ended),
                    ended,
                    cr: rest[end] == b'\r',
                }
            }
        }
    }

    fn push(&mut self, bytes: &[u8], bad: &mut Option<&'static str>) {
        if bad.is_some() {
            return;
        }
        if self.text.len() + bytes.len() > ROW_BYTES_MAX {
            *bad = Some("the row is longer than 1 MiB");
            return;
        }
        self.text.extend_from_slice(bytes);
    }

    fn end_cell(&mut self, bad: &mut Option<&'static str>) {
        if bad.is_some() {
            return;
        }
        if self.ends.len() == COLUMNS_MAX {
            *bad = Some("the row has more than 512 cells");
            return;
        }
        let start = self.ends.last().copied().unwrap_or(0);
        if self.text.len() - start > CELL_BYTES_MAX {
            *bad = Some("a cell is longer than 64 KiB");
            return;
        }
        self.ends.push(self.text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufReader;

    type Cells = Vec<Vec<u8>>;

    fn rows(text: &[u8], capacity: usize) -> Vec<(u64, Result<Cells, &'static str>)> {
        let mut splitter = Splitter::new(BufReader::with_capacity(capacity, text), b',');
        let mut out = Vec::new();
        loop {
            let found = splitter.next().unwrap();
            let row = match found {
                Found::End => return out,
                Found::Bad(reason) => Err(reason),
                Found::Row => {
                    let (text, ends) = splitter.cells();
                    let starts = std::iter::once(0).chain(ends.iter().copied());
                    Ok(starts
                        .zip(ends)
                        .map(|(start, end)| text[start..*end].to_vec())
                        .collect())
                }
            };
            out.push((splitter.row_line(), row));
        }
    }

    fn by_the_csv_crate(text: &[u8]) -> Vec<Cells> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text);
        reader
            .byte_records()
            .map(|r| r.unwrap().iter().map(<[u8]>::to_vec).collect())
            .collect()
    }

    #[test]
    fn lines_are_counted_through_quoted_breaks_and_every_line_end() {
        let found = rows(b"a,b\r\n\r\n\"x\ny\",2\rc,\n\nd", 3);
        let lines: Vec<u64> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 3, 5, 7]);
        assert_eq!(found[1].1.as_ref().unwrap()[0], b"x\ny");
        assert_eq!(found[2].1.as_ref().unwrap().len(), 2);
    }

    #[test]
    fn what_is_too_long_is_one_bad_row_and_the_next_is_read() {
        let mut text = b"a,".to_vec();
        text.extend(vec![b'x'; ROW_BYTES_MAX]);
        text.extend(b"\nb,2\n");
        text.extend(vec![b','; COLUMNS_MAX]);
        text.extend(b"\nc,");
        text.extend(vec![b'y'; CELL_BYTES_MAX + 1]);
        text.extend(b",z\nd,4\n");
        let found: Vec<bool> = rows(&text, 8192)
            .into_iter()
            .map(|(_, row)| row.is_ok())
            .collect();
        assert_eq!(found, [false, true, false, false, true]);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_said() {
        let mut text = b"a,b\n1,\"open\n".to_vec();
        text.extend(b"2,3\n".repeat(1_000_000));
        let found = rows(&text, 8192);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].0, 2);
        assert!(found[1].1.as_ref().unwrap_err().contains("never closed"));
    }

    proptest! {
        #[test]
        fn splits_as_the_csv_crate_does(text in "[a\",\r\n;é ]{0,60}", capacity in 1_usize..9) {
            let ours = rows(text.as_bytes(), capacity);
            prop_assume!(ours.iter().all(|(_, row)| row.is_ok()));
            let ours: Vec<Cells> = ours.into_iter().map(|(_, row)| row.unwrap()).collect();
            prop_assert_eq!(ours, by_the_csv_crate(text.as_bytes()));
        }
    }
}
