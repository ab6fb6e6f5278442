//! CSV going out: quoting (RFC 4180), and an apostrophe in front of every cell that a spreadsheet would take for a formula.
//! Knows nothing of what the cells mean.

use domain::value::Value;

/// First characters by which a spreadsheet takes a cell for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Appends a row, with the line end that the format asks for.
pub(crate) fn push_row<'a>(out: &mut Vec<u8>, cells: impl IntoIterator<Item = &'a str>) {
    for (nth, cell) in cells.into_iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        push_cell(out, cell);
    }
    out.extend_from_slice(b"\r\n");
}

fn push_cell(out: &mut Vec<u8>, cell: &str) {
    let formula = cell.starts_with(FORMULA);
    let quoted = cell.contains(['"', ',', '\n', '\r']);
    if quoted {
        out.push(b'"');
    }
    if formula {
        out.push(b'\'');
    }
    for byte in cell.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    if quoted {
        out.push(b'"');
    }
}

/// An attribute or property as JSON writes it for others: a time is RFC 3339.
#[must_use]
pub fn plain_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => text.clone().into(),
        Value::Bool(yes) => (*yes).into(),
        Value::Time(at) => at.to_rfc3339().into(),
        Value::Number(number) => {
            serde_json::from_str(&number.to_string()).unwrap_or_else(|_| number.to_string().into())
        }
        Value::Other(json) => serde_json::from_str(json).unwrap_or_else(|_| json.clone().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_need_be_and_never_a_formula() {
        let mut out = Vec::new();
        let cells = [
            "plain",
            "a,b",
            "say \"no\"",
            "=1+1",
            "+x",
            "-2",
            "@me",
            "\tt",
            "\rr",
            "two\nlines",
            "",
            "a=b",
        ];
        push_row(&mut out, cells);
        let text = String::from_utf8(out).expect("text");
        let want =
            "plain,\"a,b\",\"say \"\"no\"\"\",'=1+1,'+x,'-2,'@me,'\tt,\"'\rr\",\"two\nlines\",,a=b\r\n";
        assert_eq!(text, want);
    }
}
