//! The one form of a signed file: JSON by RFC 8785, with integers and texts alone, so that nothing depends on how somebody
//! prints a number. A file may have more white space; read strictly, any other byte that differs is refused. Knows nothing of
//! what is in it.

use std::collections::HashSet;

/// Integers that every JSON reader keeps exactly (RFC 8785, section 3.2.2.3, by way of RFC 7493): up to 2^53 - 1.
const INTEGER_MAX: i64 = 9_007_199_254_740_991;
/// Lists and objects inside one another.
const DEPTH_MAX: usize = 16;

/// What a signed file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json {
    /// An integer.
    Integer(i64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Fields by name.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A field of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(own, _)| own == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer.
    pub(super) const fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(n) => Some(*n),
            _ => None,
        }
    }

    /// Whether it is an object with exactly these fields.
    pub(super) fn has_only(&self, names: &[&str]) -> bool {
        matches!(self, Self::Object(fields)
            if fields.len() == names.len() && fields.iter().all(|(own, _)| names.contains(&own.as_str())))
    }

    /// The canonical text: no white space, fields in the order of their names by UTF-16 (RFC 8785, section 3.2.3).
    pub(super) fn write(&self) -> String {
        let mut out = String::new();
        self.push(&mut out);
        out
    }

    fn push(&self, out: &mut String) {
        match self {
            Self::Integer(n) => out.push_str(&n.to_string()),
            Self::Text(text) => push_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.push(out);
                }
                out.push(']');
            }
            Self::Object(fields) => {
                let mut fields: Vec<&(String, Self)> = fields.iter().collect();
                fields.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
                out.push('{');
                for (at, (name, value)) in fields.into_iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    push_text(name, out);
                    out.push(':');
                    value.push(out);
                }
                out.push('}');
            }
        }
    }
}

/// A text as RFC 8785, section 3.2.2.2, wants it.
fn push_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Out of what serde wrote. `None`: there is something other than integers and texts in it, or an integer is too large.
pub(super) fn from_serde(value: serde_json::Value) -> Option<Json> {
    Some(match value {
        serde_json::Value::Number(n) => Json::Integer(n.as_i64().filter(|n| n.abs() <= INTEGER_MAX)?),
        serde_json::Value::String(text) => Json::Text(text),
        serde_json::Value::Array(items) => {
            Json::List(items.into_iter().map(from_serde).collect::<Option<_>>()?)
        }
        serde_json::Value::Object(fields) => Json::Object(
            fields
                .into_iter()
                .map(|(name, value)| Some((name, from_serde(value)?)))
                .collect::<Option<_>>()?,
        ),
        serde_json::Value::Null | serde_json::Value::Bool(_) => return None,
    })
}

/// Reads a file that must be canonical but for white space between its parts.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn read(file: &[u8]) -> Result<Json, String> {
    let text = std::str::from_utf8(file).map_err(|_| "The file is no UTF-8 text.".to_owned())?;
    let mut reader = Reader {
        rest: text,
        squeezed: String::with_capacity(text.len()),
    };
    let json = reader.value(0)?;
    reader.space();
    if !reader.rest.is_empty() {
        return Err("Something follows after the end of the receipt.".to_owned());
    }
    if reader.squeezed != json.write() {
        return Err(
            "The file is not in its canonical form (RFC 8785), so it was changed after it was signed."
                .to_owned(),
        );
    }
    Ok(json)
}

/// Reads forward, and keeps what it read without the white space.
struct Reader<'a> {
    rest: &'a str,
    squeezed: String,
}

impl<'a> Reader<'a> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Takes so many bytes, which end between characters.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.squeezed.push_str(taken);
        self.rest = rest;
        taken
    }

    /// Takes a sign where it stands next.
    fn sign(&mut self, sign: char) -> bool {
        self.space();
        let there = self.rest.starts_with(sign);
        if there {
            self.take(sign.len_utf8());
        }
        there
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > DEPTH_MAX {
            return Err("The file is nested too deeply for a receipt.".to_owned());
        }
        self.space();
        match self.rest.chars().next() {
            Some('{') => self.object(depth),
            Some('[') => self.list(depth),
            Some('"') => Ok(Json::Text(self.string()?)),
            Some('0'..='9') => self.integer(),
            Some('-') if self.rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => self.integer(),
            _ => Err("The file is no JSON of integers and texts, so it is no receipt.".to_owned()),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        self.take(1);
        let (mut fields, mut names) = (Vec::new(), HashSet::new());
        if self.sign('}') {
            return Ok(Json::Object(fields));
        }
        loop {
            self.space();
            if !self.rest.starts_with('"') {
                return Err(broken());
            }
            let name = self.string()?;
            if !names.insert(name.clone()) {
                return Err(format!("The field {name:?} stands there twice."));
            }
            if !self.sign(':') {
                return Err(broken());
            }
            fields.push((name, self.value(depth + 1)?));
            if self.sign('}') {
                return Ok(Json::Object(fields));
            }
            if !self.sign(',') {
                return Err(broken());
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, String> {
        self.take(1);
        let mut items = Vec::new();
        if self.sign(']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.sign(']') {
                return Ok(Json::List(items));
            }
            if !self.sign(',') {
                return Err(broken());
            }
        }
    }

    fn integer(&mut self) -> Result<Json, String> {
        let after = |c: char| !matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9');
        let text = self.take(self.rest.find(after).unwrap_or(self.rest.len()));
        let number = text.parse::<i64>().ok().filter(|n| n.abs() <= INTEGER_MAX);
        number
            .map(Json::Integer)
            .ok_or_else(|| format!("{text:?} is no integer that a receipt may hold."))
    }

    /// Reads a text with its quotation marks. serde_json knows the escapes; that only one way of writing is right is seen later.
    fn string(&mut self) -> Result<String, String> {
        let mut escaped = false;
        let end = self.rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let (end, _) = end.ok_or_else(broken)?;
        serde_json::from_str(self.take(end + 1)).map_err(|_| broken())
    }
}

fn broken() -> String {
    "The file is no JSON: it is broken, or was cut off.".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn white_space_is_free_and_nothing_else_is() {
        let canonical = r#"{"a":[1,-2,"x\"\\\n\u001f€"],"b":{}}"#;
        let json = read(canonical.as_bytes()).expect("reads");
        assert_eq!(json.write(), canonical);
        let airy = "\n{ \"a\" : [ 1 ,\t-2 , \"x\\\"\\\\\\n\\u001f€\" ] ,\r\n \"b\" : { } } \n";
        assert_eq!(read(airy.as_bytes()), Ok(json));
        for bad in [
            r#"{"b":{},"a":1}"#, // not in order
            r#"{"a":1,"a":1}"#,  // twice
            r#"{"a":01}"#,       // another way to write a number
            r#"{"a":-0}"#,
            r#"{"a":1.0}"#,
            r#"{"a":1e3}"#,
            r#"{"a":9007199254740992}"#, // more than every reader keeps
            r#"{"a":true}"#,
            r#"{"a":null}"#,
            r#"{"a":"\u0041"}"#, // an escape that is not needed
            r#"{"a":"\/"}"#,
            r#"{"a":"\u001F"}"#,
            r#"{"a":"\ud800"}"#,
            "{\"a\":\"\u{1}\"}",
            r#"{"a":1}}"#,
            r#"{"a":1"#,
            r#"{"a" 1}"#,
            r#"{"a":1,}"#,
            r#"[1,]"#,
            "",
            "\u{feff}{}",
            "{\u{a0}}",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(read(b"{\"a\":\"\xff\"}").is_err());
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn names_are_in_the_order_of_utf_16() {
        // RFC 8785, section 3.2.3: the emoji is a surrogate pair and comes before U+FB33.
        let json = Json::Object(
            ["\u{fb33}", "\u{1f600}", "\u{80}", "1", "\r", "\u{20ac}", "\u{f6}"]
                .map(|name| (name.to_owned(), Json::Integer(1)))
                .to_vec(),
        );
        let order: Vec<char> = json.write().chars().filter(|c| !"{}:,\"".contains(*c)).collect();
        let order: String = order.into_iter().collect();
        assert_eq!(order, "\\r111\u{80}1\u{f6}1\u{20ac}1\u{1f600}1\u{fb33}1");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(text in ".*", n in -INTEGER_MAX..=INTEGER_MAX) {
            let json = Json::Object(vec![(text.clone(), Json::List(vec![Json::Integer(n), Json::Text(text)]))]);
            prop_assert_eq!(read(json.write().as_bytes()), Ok(json));
        }

        #[test]
        fn no_input_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&bytes);
        }
    }
}
