//! CSV as it leaves the program: RFC 4180 (commas, CRLF, quotation marks doubled), UTF-8, and safe to open in a
//! spreadsheet. Knows nothing of what the cells hold.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula and runs it,
//! and what people typed about themselves must never run on somebody's desk. Such a text gets an apostrophe in front,
//! which spreadsheets read as "this is text". A number (`-5`) is no formula and stays as it is. Whoever needs every text
//! exactly as it is kept takes NDJSON.

/// How a text begins that a spreadsheet would run.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// A text that somebody wrote.
    Text(&'a str),
    /// A number as digits: never a formula.
    Number(&'a str),
    /// Nothing.
    Empty,
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Empty, Self::Text)
    }
}

/// Appends one row with its line end.
pub fn push_row<'a>(out: &mut String, cells: impl IntoIterator<Item = Cell<'a>>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        match cell {
            Cell::Text(text) => push_text(out, text),
            Cell::Number(digits) => out.push_str(digits),
            Cell::Empty => {}
        }
    }
    out.push_str("\r\n");
}

fn push_text(out: &mut String, text: &str) {
    let apostrophe = if text.starts_with(FORMULA_STARTS) { "'" } else { "" };
    let quoted = text.contains(['"', ',', '\r', '\n']) || text != text.trim();
    if !quoted {
        out.push_str(apostrophe);
        out.push_str(text);
        return;
    }
    out.push('"');
    out.push_str(apostrophe);
    for (at, part) in text.split('"').enumerate() {
        if at > 0 {
            out.push_str("\"\"");
        }
        out.push_str(part);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(cells: &[Cell<'_>]) -> String {
        let mut out = String::new();
        push_row(&mut out, cells.iter().copied());
        out
    }

    /// Reads rows by the grammar of RFC 4180, and by nothing of ours.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut cells, mut cell, mut within) = (Vec::new(), Vec::new(), String::new(), false);
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match (c, within) {
                ('"', true) if rest.peek() == Some(&'"') => {
                    cell.push('"');
                    rest.next();
                }
                ('"', _) => within = !within,
                (',', false) => cells.push(std::mem::take(&mut cell)),
                ('\r', false) => {
                    assert_eq!(
                        rest.next(),
                        Some('\n'),
                        "a bare carriage return outside of quotes"
                    );
                    cells.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut cells));
                }
                _ => cell.push(c),
            }
        }
        assert!(
            !within && cell.is_empty() && cells.is_empty(),
            "the last line ends"
        );
        rows
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_and_none_begins_as_a_formula(
            cells in prop::collection::vec("[=+\\-@\t\r\n\"', a-z\u{e4}0-9]{0,12}", 1..6)
        ) {
            let all: Vec<Cell<'_>> = cells.iter().map(|text| Cell::Text(text)).collect();
            let rows = read(&row(&all));
            prop_assert_eq!(rows.len(), 1);
            prop_assert_eq!(rows[0].len(), cells.len());
            for (read, meant) in rows[0].iter().zip(&cells) {
                prop_assert!(!read.starts_with(FORMULA_STARTS), "{read:?} would run");
                let same = read == meant;
                let marked = read.strip_prefix('\'') == Some(meant) && meant.starts_with(FORMULA_STARTS);
                prop_assert!(same || marked, "{read:?} is not {meant:?}");
            }
        }
    }

    #[test]
    fn what_would_run_is_text_and_a_number_stays_one() {
        let told = row(&[
            Cell::Text("=HYPERLINK(\"x\")"),
            Cell::Text("+1555"),
            Cell::Number("-5.25"),
            Cell::Empty,
            Cell::Text("a=b"),
            Cell::from(None),
        ]);
        assert_eq!(told, "\"'=HYPERLINK(\"\"x\"\")\",'+1555,-5.25,,a=b,\r\n");
    }
}
