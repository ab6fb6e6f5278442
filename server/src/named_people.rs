//! The file by which persons are named who are to be erased: CSV of one column, its header `name`. A line that cannot be
//! read refuses the whole file: nobody is erased by a guess. Knows no door. Never quotes a cell.

use domain::{
    privacy::ERASED_AT_ONCE_MAX,
    problem::{Code, Problem},
    profile::IDENTITY_BYTES_MAX,
};

/// The largest file: so many identities, each with room for quotation marks, and the form around it.
pub(crate) const BYTES_MAX: usize = ERASED_AT_ONCE_MAX * (IDENTITY_BYTES_MAX + 4) + 64 * 1024;
/// The header.
const HEADER: &str = "name";

/// The identities in the file, in its order; blank lines are none.
///
/// # Errors
/// `invalid` with the line that cannot be read.
pub(crate) fn read(text: &str) -> Result<Vec<String>, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate();
    let header = lines.next().map(|(_, line)| cell(line, 1)).transpose()?;
    if !header.is_some_and(|header| header.trim().eq_ignore_ascii_case(HEADER)) {
        return Err(wrong("The first line of the file must be the header name."));
    }
    let mut names = Vec::new();
    for (at, line) in lines {
        let name = cell(line, at + 1)?;
        if !name.trim().is_empty() {
            names.push(name);
        }
    }
    Ok(names)
}

/// The one cell of a line.
fn cell(line: &str, number: usize) -> Result<String, Problem> {
    let Some(quoted) = line.trim_start().strip_prefix('"') else {
        return match line.contains(',') {
            true => Err(wrong(&format!(
                "Line {number} has more than one column. Put an identity with a comma in quotation marks."
            ))),
            false => Ok(line.to_owned()),
        };
    };
    let inner = quoted.trim_end().strip_suffix('"');
    let plain = inner.map(|inner| (inner, inner.replace("\"\"", "")));
    match plain {
        Some((inner, rest)) if !rest.contains('"') => Ok(inner.replace("\"\"", "\"")),
        _ => Err(wrong(&format!(
            "Line {number} cannot be read: its quotation marks do not match."
        ))),
    }
}

fn wrong(why: &str) -> Problem {
    Problem::because(Code::Invalid, why).on("file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_identity_a_line_whatever_the_line_ends() {
        let text = "\u{feff}name\r\nu1\r\n\r\n\"a,\"\"b\"\"\"\r\nada@example.org";
        assert_eq!(read(text).expect("names"), ["u1", "a,\"b\"", "ada@example.org"]);
        assert_eq!(read("Name\n").expect("nobody"), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_read_refuses_the_file_and_quotes_nobody() {
        for bad in ["", "user_id\nu1", "name\nu1,u2", "name\n\"u1", "name\n\"u\"1\""] {
            let problem = read(bad).expect_err(bad);
            assert_eq!(problem.code, Code::Invalid);
            assert!(!problem.message.contains("u1"), "{}", problem.message);
        }
    }
}
