//! From characters to tokens. Knows the shape of words, texts, numbers and times, not what they mean.

use super::{RuleError, TEXT_BYTES_MAX};
use crate::time::Timestamp;
use crate::value::Number;

/// A token and the index of its first character.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A keyword or a bare name, as written.
    Word(String),
    /// What stood in quotes, escapes resolved.
    Text(String),
    Number(Number),
    /// `#12`
    SegmentId(i64),
    Date(Timestamp),
    Instant(Timestamp),
    Symbol(&'static str),
    End,
}

impl TokenKind {
    /// How an error names what it found.
    pub(super) fn shown(&self) -> String {
        match self {
            TokenKind::Word(word) => shorten(word),
            TokenKind::Text(text) => format!("the text \"{}\"", shorten(text)),
            TokenKind::Number(number) => format!("the number {number}"),
            TokenKind::SegmentId(id) => format!("#{id}"),
            TokenKind::Date(time) => format!("the date {}", time.to_date()),
            TokenKind::Instant(time) => format!("the time {time}"),
            TokenKind::Symbol(symbol) => format!("`{symbol}`"),
            TokenKind::End => "the end".to_owned(),
        }
    }
}

/// So much of a text that an error stays one sentence.
fn shorten(text: &str) -> String {
    const SHOWN_CHARS_MAX: usize = 40;
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Longer symbols first. `==` and `<>` are no part of the language; the parser names the right ones.
const SYMBOLS: [&str; 14] = [
    "==", "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", ".", "&&", "||",
];

/// Cuts a text into tokens, the last of which is always `End`.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, RuleError> {
    let mut lexer = Lexer { rest: text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let at = lexer.at;
        let kind = lexer.next_kind()?;
        let end = kind == TokenKind::End;
        tokens.push(Token { kind, at });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn skip_blanks(&mut self) {
        let blanks = self.rest.len() - self.rest.trim_start().len();
        self.take(blanks);
    }

    /// Takes `bytes` bytes, which must end at a character.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        self.at += taken.chars().count();
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn next_kind(&mut self) -> Result<TokenKind, RuleError> {
        let Some(first) = self.rest.chars().next() else {
            return Ok(TokenKind::End);
        };
        if first.is_alphabetic() || first == '_' {
            return Ok(TokenKind::Word(self.take_while(is_name_char).to_owned()));
        }
        if first == '"' {
            return self.text();
        }
        if first == '#' {
            return self.segment_id();
        }
        let after = self.rest.get(1..).and_then(|rest| rest.chars().next());
        if first.is_ascii_digit() || (first == '-' && after.is_some_and(|c| c.is_ascii_digit())) {
            return self.number_or_time();
        }
        match SYMBOLS.into_iter().find(|symbol| self.rest.starts_with(symbol)) {
            Some(symbol) => {
                self.take(symbol.len());
                Ok(TokenKind::Symbol(symbol))
            }
            None => Err(self.unexpected(first)),
        }
    }

    fn unexpected(&self, found: char) -> RuleError {
        let (expected, suggestion) = match found {
            '\'' | '“' | '”' | '‘' | '’' | '`' => {
                ("a text in straight double quotes", Some("\"".to_owned()))
            }
            '-' | '+' => (
                "a word, a value or a symbol; names with other characters stand in quotes",
                None,
            ),
            '!' => ("`!=` or `not`", Some("not".to_owned())),
            _ => ("a word, a value or a symbol", None),
        };
        error(self.at, expected, &format!("{found:?}"), suggestion)
    }

    fn text(&mut self) -> Result<TokenKind, RuleError> {
        let start = self.at;
        let mut text = String::new();
        self.take(1);
        loop {
            text.push_str(self.take_while(|c| c != '"' && c != '\\'));
            let escape_at = self.at;
            match self.take(1) {
                "\"" => break,
                "\\" => match self.rest.chars().next() {
                    Some(escaped @ ('"' | '\\')) => {
                        self.take(1);
                        text.push(escaped);
                    }
                    other => {
                        let found = other.map_or("the end".to_owned(), |c| format!("{:?}", format!("\\{c}")));
                        return Err(error(
                            escape_at,
                            r#"\" or \\ as the escape"#,
                            &found,
                            Some(r"\\".to_owned()),
                        ));
                    }
                },
                _ => {
                    return Err(error(
                        start,
                        "a closing quote for the text that begins here",
                        "none",
                        None,
                    ));
                }
            }
        }
        if text.len() > TEXT_BYTES_MAX {
            let expected = format!("a text of at most {TEXT_BYTES_MAX} bytes");
            return Err(error(start, &expected, &format!("{} bytes", text.len()), None));
        }
        Ok(TokenKind::Text(text))
    }

    fn segment_id(&mut self) -> Result<TokenKind, RuleError> {
        let at = self.at;
        self.take(1);
        let digits = self.take_while(|c| c.is_ascii_digit());
        match digits.parse() {
            Ok(id) => Ok(TokenKind::SegmentId(id)),
            Err(_) => Err(error(
                at,
                "the number of a segment after `#`",
                &format!("#{}", shorten(digits)),
                None,
            )),
        }
    }

    /// Numbers, dates and date-times all begin with a digit (or a minus); what they are shows at their end.
    fn number_or_time(&mut self) -> Result<TokenKind, RuleError> {
        let at = self.at;
        let is_time_char = |c: char| is_name_char(c) || matches!(c, '-' | ':' | '+' | '.');
        let written = self.take_while(is_time_char);
        if let Some(number) = Number::parse(written) {
            return Ok(TokenKind::Number(number));
        }
        if let Some(time) = Timestamp::parse_date(written) {
            return Ok(TokenKind::Date(time));
        }
        if let Some(time) = Timestamp::parse_rfc3339(written) {
            return Ok(TokenKind::Instant(time));
        }
        let quoted = Some(format!("\"{}\"", shorten(written)));
        let (expected, suggestion) = if written
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        {
            match written.get(4..5) {
                Some("-") => ("a date of the calendar, YYYY-MM-DD", None),
                _ => (
                    "a number without leading zeros and with at most 15 digits, or a text in quotes",
                    quoted,
                ),
            }
        } else if written.get(4..5) == Some("-") {
            (
                "a date YYYY-MM-DD, or a date and time with its zone such as 2017-10-01T12:00:00Z",
                None,
            )
        } else {
            ("a plain number, a date, or a text in quotes", quoted)
        };
        Err(error(at, expected, &shorten(written), suggestion))
    }
}

/// What a bare name is made of.
pub(super) fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Builds an error; positions beyond 32 bits cannot occur, as rules are short.
pub(super) fn error(at: usize, expected: &str, found: &str, suggestion: Option<String>) -> RuleError {
    RuleError {
        position: u32::try_from(at).unwrap_or(u32::MAX),
        expected: expected.to_owned(),
        found: found.to_owned(),
        suggestion,
    }
}
