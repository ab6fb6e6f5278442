//! Rows out of NDJSON: one object a line, either with the field names of the CSV files or a message of the tracking API.

use super::{
    ImportKind,
    cells::Taken,
    draft::{Draft, Maker, Reason},
    field::{self, Field},
    limits::{CELL_BYTES_MAX, FIELD_NAMES_KEPT, ROW_BYTES_MAX},
    message,
};
use crate::store::ingest::Row;
use domain::{time::Timestamp, value::Value};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::HashMap, fmt, io};

/// An NDJSON file.
#[derive(Debug)]
pub(super) struct Objects<R> {
    input: R,
    line: u64,
    text: Vec<u8>,
    names: Names,
    now: Timestamp,
}

impl<R: io::BufRead> Objects<R> {
    /// `now` is the time of messages that carry none.
    pub(super) fn new(input: R, now: Timestamp) -> Self {
        Self {
            input,
            line: 0,
            text: Vec::new(),
            names: Names::default(),
            now,
        }
    }

    /// The next line that is not blank.
    pub(super) fn next(&mut self, maker: &mut Maker) -> io::Result<Option<Taken>> {
        loop {
            let Some(whole) = self.read_line()? else {
                return Ok(None);
            };
            if whole && self.text.trim_ascii().is_empty() {
                continue;
            }
            let row = if whole {
                self.row(maker)
            } else {
                Err("the line is longer than 1 MiB".into())
            };
            return Ok(Some(Taken {
                line: self.line,
                bytes: self.text.len(),
                row,
            }));
        }
    }

    /// The next line that is not blank, with its number, as text.
    pub(super) fn next_text(&mut self) -> io::Result<Option<(u64, Result<&str, Reason>)>> {
        loop {
            let Some(whole) = self.read_line()? else {
                return Ok(None);
            };
            if !whole {
                return Ok(Some((self.line, Err("the line is longer than 1 MiB".into()))));
            }
            if !self.text.trim_ascii().is_empty() {
                break;
            }
        }
        let text = std::str::from_utf8(&self.text).map_err(|_| "the line is not UTF-8".into());
        Ok(Some((self.line, text)))
    }

    /// Reads a line; false: it was too long, and the rest of it was passed over.
    fn read_line(&mut self) -> io::Result<Option<bool>> {
        self.text.clear();
        let mut whole = true;
        let mut any = false;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            if buffer.is_empty() {
                self.line += u64::from(any);
                return Ok(any.then_some(whole));
            }
            any = true;
            let end = memchr::memchr(b'\n', buffer);
            let part = &buffer[..end.unwrap_or(buffer.len())];
            whole &= self.text.len() + part.len() <= ROW_BYTES_MAX;
            if whole {
                self.text.extend_from_slice(part);
            }
            let taken = end.map_or(buffer.len(), |end| end + 1);
            self.input.consume(taken);
            if end.is_some() {
                self.line += 1;
                return Ok(Some(whole));
            }
        }
    }

    fn row(&mut self, maker: &mut Maker) -> Result<Row, Reason> {
        let text = std::str::from_utf8(&self.text).map_err(|_| "the line is not UTF-8")?;
        let pairs = pairs(text)?;
        let mut draft = maker.draft()?;
        if let Some(kind) = message::type_in_file(&pairs) {
            message::put_in_file(&mut draft, maker, &mut self.names, &pairs, &kind)?;
            if draft.time().is_none() {
                draft.put(maker, &Field::Timestamp, &self.now.to_rfc3339())?;
            }
        } else {
            for (key, raw) in &pairs {
                put(&mut draft, maker, &mut self.names, key, raw)?;
            }
        }
        draft.finish(maker, self.line)
    }
}

/// The fields of keys that were met, so that a name is looked up and checked once.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, Field>);

impl Names {
    fn field(&mut self, kind: ImportKind, key: &str) -> Result<Field, Reason> {
        if let Some(known) = self.0.get(key) {
            return Ok(known.clone());
        }
        let field = field::of_key(kind, key)
            .ok_or("a name is empty, longer than 128 bytes, or has quotation marks, backslashes or control characters")?;
        if self.0.len() < FIELD_NAMES_KEPT {
            self.0.insert(key.to_owned(), field.clone());
        }
        Ok(field)
    }
}

/// The keys of an object with their values as written: a number must not lose digits on its way to millionths.
pub(super) type Pairs<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

pub(super) fn pairs(text: &str) -> Result<Pairs<'_>, Reason> {
    let mut reader = serde_json::Deserializer::from_str(text);
    // The parser's own message may quote the text.
    let pairs = reader
        .deserialize_map(AsPairs)
        .map_err(|e| format!("not one JSON object (column {})", e.column()))?;
    reader
        .end()
        .map_err(|_| "there is more than one JSON object in the line")?;
    Ok(pairs)
}

struct AsPairs;

impl<'de> Visitor<'de> for AsPairs {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((Text(key), raw)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
            pairs.push((key, raw));
        }
        Ok(pairs)
    }
}

/// A string, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Puts one field of a plain object.
pub(super) fn put(
    draft: &mut Draft,
    maker: &mut Maker,
    names: &mut Names,
    key: &str,
    raw: &RawValue,
) -> Result<(), Reason> {
    let field = names.field(maker.kind, key)?;
    if field != Field::Bag && raw.get().len() > CELL_BYTES_MAX {
        return Err("a value is longer than 64 KiB".into());
    }
    match (&field, raw.get().as_bytes().first()) {
        (_, Some(b'n')) | (Field::Ignored, _) => Ok(()),
        (Field::Bag, Some(b'{')) => put_object(draft, maker, names, raw.get()),
        (Field::Bag, _) => Err("attributes, traits and properties must be JSON objects".into()),
        (Field::Named(name), _) => {
            draft.put_named(name, value(raw)?);
            Ok(())
        }
        (_, Some(b'"')) => draft.put(maker, &field, &string(raw)?),
        (_, Some(b'-' | b'0'..=b'9')) => draft.put(maker, &field, raw.get()),
        _ => Err("a known field is neither text nor number".into()),
    }
}

/// Puts a JSON object out of a CSV cell.
pub(super) fn put_bag(draft: &mut Draft, maker: &mut Maker, text: &str) -> Result<(), Reason> {
    put_object(draft, maker, &mut Names::default(), text)
}

/// Puts the fields of a nested object; known ones in it count, as tracking messages carry them there.
pub(super) fn put_object(
    draft: &mut Draft,
    maker: &mut Maker,
    names: &mut Names,
    text: &str,
) -> Result<(), Reason> {
    for (key, raw) in &pairs(text)? {
        let field = names.field(maker.kind, key)?;
        if field == Field::Bag {
            let name = std::sync::Arc::from(key.trim());
            draft.put_named(&name, value(raw)?);
        } else {
            put(draft, maker, names, key, raw)?;
        }
    }
    Ok(())
}

/// A value typed as JSON has it: text that is a date becomes a time, arrays and objects are kept as they are.
pub(super) fn value(raw: &RawValue) -> Result<Value, Reason> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'"') => Value::from_json_text(&string(raw)?),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'-' | b'0'..=b'9') => Value::from_json_number(text),
        _ => Value::Other(text.to_owned()),
    })
}

pub(super) fn string(raw: &RawValue) -> Result<String, Reason> {
    let text: String = serde_json::from_str(raw.get()).map_err(|_| "a text cannot be read")?;
    if text.contains('\0') {
        Err("a text has a NUL character".into())
    } else {
        Ok(text)
    }
}
