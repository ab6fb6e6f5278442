//! Rows of a list of registered uses, as text: CSV with a header, or NDJSON with the same names. Knows the fields of the
//! list and nothing of segments or the store. Blocking.

use super::{
    ImportOptions, RowError, cells,
    draft::Reason,
    limits::USES_MAX,
    object::Objects,
    source::{self, Format, Source, Unreadable},
    split::{Found, Splitter},
};
use domain::{
    problem::{Code, Problem},
    time::Timestamp,
};
use serde_json::Value;
use std::io::Read;

/// The fields of the list (contract, section 2), in the order in which a row keeps them.
const FIELDS: [&str; 8] = [
    "id", "kind", "name", "status", "include", "exclude", "owner", "link",
];
/// Where the fields stand in a row.
pub(super) const ID: usize = 0;
pub(super) const KIND: usize = 1;
pub(super) const NAME: usize = 2;
pub(super) const STATUS: usize = 3;
pub(super) const INCLUDE: usize = 4;
pub(super) const EXCLUDE: usize = 5;
pub(super) const OWNER: usize = 6;
pub(super) const LINK: usize = 7;
/// Between the names of segments in one cell.
const BETWEEN: char = '|';

/// One row.
#[derive(Debug, Default, Clone)]
pub(super) struct UseText {
    /// The line on which it begins.
    pub(super) line: i64,
    /// The texts of each field; several only for segments.
    texts: [Vec<String>; FIELDS.len()],
}

impl UseText {
    /// The text of a field, trimmed; empty where there is none.
    pub(super) fn text(&self, field: usize) -> &str {
        self.all(field).first().map_or("", |text| text.trim())
    }

    /// All texts of a field.
    pub(super) fn all(&self, field: usize) -> &[String] {
        self.texts.get(field).map_or(&[], Vec::as_slice)
    }

    fn put(&mut self, field: usize, text: &str) {
        let texts = match field {
            INCLUDE | EXCLUDE => text
                .split(BETWEEN)
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            _ => vec![text.to_owned()],
        };
        if let Some(slot) = self.texts.get_mut(field) {
            *slot = texts;
        }
    }
}

/// A whole list.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) rows: Vec<UseText>,
    /// Rows that could not be read.
    pub(super) errors: Vec<RowError>,
    /// Remarks on the list as a whole.
    pub(super) remarks: Vec<String>,
}

/// Reads a whole list: it is short, and only the whole says what another system runs.
pub(super) fn read(
    input: impl Read + Send + 'static,
    options: &ImportOptions,
    now: Timestamp,
) -> Result<Texts, Problem> {
    let fixed = fixed(options)?;
    let (format, source) = source::open(input).map_err(Unreadable::into_problem)?;
    match format {
        Format::Empty => Ok(Texts::default()),
        Format::Csv => of_csv(source, options, &fixed),
        Format::Ndjson => of_json(source, &fixed, now),
    }
}

/// The row that every row begins as: what is set for all.
fn fixed(options: &ImportOptions) -> Result<UseText, Problem> {
    let mut fixed = UseText::default();
    for (name, text) in &options.set {
        fixed.put(asked(name, "set")?, text);
    }
    Ok(fixed)
}

/// A field by its name.
fn field(name: &str) -> Option<usize> {
    let name = name.trim().to_ascii_lowercase();
    FIELDS.iter().position(|field| *field == name)
}

fn asked(name: &str, parameter: &str) -> Result<usize, Problem> {
    field(name).ok_or_else(|| {
        let message = format!(
            "There is no field `{name}` here. The fields are {}.",
            FIELDS.join(", ")
        );
        Problem::because(Code::Invalid, message).on(parameter)
    })
}

fn too_many() -> Problem {
    let message = format!("A list of uses has at most {USES_MAX} rows.");
    Problem::because(Code::TooLarge, message)
}

fn of_csv(mut source: Source, options: &ImportOptions, fixed: &UseText) -> Result<Texts, Problem> {
    let broken = |error| Unreadable::Failed(error).into_problem();
    let delimiter = cells::delimiter(&mut source).map_err(broken)?;
    let mut splitter = Splitter::new(source, delimiter);
    let refused =
        |why: &str| Problem::because(Code::BadRequest, format!("The header cannot be read: {why}."));
    let columns = match splitter.next().map_err(broken)? {
        Found::End => return Ok(Texts::default()),
        Found::Bad(reason) => return Err(refused(reason)),
        Found::Row => {
            let header = cells::cells(&splitter).map_err(|reason| refused(&reason))?;
            columns(&header, options)?
        }
    };
    let mut texts = Texts::default();
    let unread = columns.iter().filter(|column| column.is_none()).count();
    if unread > 0 {
        let remark = format!(
            "{unread} columns of the file are none of {} and were not read.",
            FIELDS.join(", ")
        );
        texts.remarks.push(remark);
    }
    loop {
        let found = splitter.next().map_err(broken)?;
        let line = super::wire(splitter.row_line());
        let row = match found {
            Found::End => return Ok(texts),
            Found::Bad(reason) => Err(Reason::from(reason)),
            Found::Row => cells::cells(&splitter).and_then(|cells| row_of(&cells, &columns, fixed, line)),
        };
        texts.push(line, row)?;
    }
}

/// Which field each column holds.
fn columns(header: &[&str], options: &ImportOptions) -> Result<Vec<Option<usize>>, Problem> {
    let mut columns: Vec<Option<usize>> = header.iter().map(|name| field(name)).collect();
    for (name, column) in &options.map {
        let wanted = asked(name, "map")?;
        let same = |other: &&str| other.trim().eq_ignore_ascii_case(column.trim());
        let at = header.iter().position(same).ok_or_else(|| {
            Problem::because(Code::Invalid, format!("The file has no column `{column}`.")).on("map")
        })?;
        for other in columns.iter_mut().filter(|other| **other == Some(wanted)) {
            *other = None;
        }
        if let Some(slot) = columns.get_mut(at) {
            *slot = Some(wanted);
        }
    }
    for (at, name) in FIELDS.iter().enumerate() {
        if columns.iter().filter(|column| **column == Some(at)).count() > 1 {
            let message = format!("The file has two columns for {name}.");
            return Err(Problem::because(Code::Invalid, message).on("map"));
        }
    }
    if !columns.contains(&Some(ID)) {
        let message =
            "The file has no column id: it says which use a row means. Name it with --map id=COLUMN.";
        return Err(Problem::because(Code::Invalid, message).on("map"));
    }
    Ok(columns)
}

fn row_of(cells: &[&str], columns: &[Option<usize>], fixed: &UseText, line: i64) -> Result<UseText, Reason> {
    if cells.len() != columns.len() {
        let (has, wanted) = (cells.len(), columns.len());
        return Err(format!("the row has {has} cells, the header has {wanted}").into());
    }
    let mut row = UseText {
        line,
        ..fixed.clone()
    };
    for (column, cell) in columns.iter().zip(cells) {
        if let Some(field) = column {
            row.put(*field, cell);
        }
    }
    Ok(row)
}

fn of_json(source: Source, fixed: &UseText, now: Timestamp) -> Result<Texts, Problem> {
    let mut lines = Objects::new(source, now);
    let mut texts = Texts::default();
    loop {
        let next = lines.next_text();
        let Some((line, text)) = next.map_err(|error| Unreadable::Failed(error).into_problem())? else {
            return Ok(texts);
        };
        let line = super::wire(line);
        let row = text.and_then(|text| object(text, fixed, line));
        texts.push(line, row)?;
    }
}

/// A row out of an object. Names that are none of ours are passed over.
fn object(text: &str, fixed: &UseText, line: i64) -> Result<UseText, Reason> {
    // The parser's own message may quote the text.
    let object: serde_json::Map<String, Value> =
        serde_json::from_str(text).map_err(|e| format!("not one JSON object (column {})", e.column()))?;
    let mut row = UseText {
        line,
        ..fixed.clone()
    };
    for (name, value) in object {
        let Some(field) = field(&name) else { continue };
        match value {
            Value::Null => {}
            Value::String(text) => row.put(field, &text),
            Value::Number(number) => row.put(field, &number.to_string()),
            Value::Array(names) if matches!(field, INCLUDE | EXCLUDE) => {
                let names = names.into_iter().map(|name| match name {
                    Value::String(name) => Ok(name),
                    _ => Err("include and exclude are texts or lists of texts"),
                });
                if let Some(slot) = row.texts.get_mut(field) {
                    *slot = names.collect::<Result<_, _>>()?;
                }
            }
            _ => return Err("a field is neither a text nor a number".into()),
        }
    }
    Ok(row)
}

impl Texts {
    fn push(&mut self, line: i64, row: Result<UseText, Reason>) -> Result<(), Problem> {
        if self.rows.len() + self.errors.len() >= USES_MAX {
            return Err(too_many());
        }
        match row {
            Ok(row) => self.rows.push(row),
            Err(reason) => self.errors.push(RowError {
                line,
                reason: reason.into_owned(),
            }),
        }
        Ok(())
    }
}
