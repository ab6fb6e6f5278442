//! Values as people type them in a box, without the quotes of the language where no quotes are needed: `Lyon` for
//! `"Lyon"`, and `"12"` for the text that the number 12 would else be taken for. Both ways, without loss.

use crate::rule::ast::{Literal, Unit};
use crate::rule::lex::{TokenKind, tokens};
use crate::rule::literal::Type;
use crate::rule::print::{moment, quoted};
use crate::value::Value;

/// What a box shows for a literal of a subject of this type. `listed`: other values follow, commas between.
pub(super) fn plain(of: Type, literal: &Literal, listed: bool) -> String {
    match literal {
        Literal::Text(text) => {
            let mistaken = of != Type::Text && is_literal(text);
            let cut = listed && text.contains([',', '"']);
            if text.is_empty() || text.trim() != text || text.starts_with('"') || mistaken || cut {
                quoted(text)
            } else {
                text.clone()
            }
        }
        Literal::Number(number) => number.to_string(),
        Literal::Bool(flag) => flag.to_string(),
        Literal::Time(time) => moment(*time),
    }
}

/// What a box shows for a value out of the data; `None` for what a rule cannot be compared with.
pub fn plain_value(value: &Value) -> Option<String> {
    let literal = match value {
        Value::Text(text) => Literal::Text(text.clone()),
        Value::Number(number) => Literal::Number(*number),
        Value::Bool(flag) => Literal::Bool(*flag),
        Value::Time(time) => Literal::Time(crate::rule::Moment::Instant(*time)),
        Value::Other(_) => return None,
    };
    Some(plain(Type::Any, &literal, true))
}

/// The literal that was typed into a box, as the language writes it. Nothing typed is nothing, which the parser then misses.
pub(super) fn literal(of: Type, typed: &str) -> String {
    let typed = typed.trim();
    let in_quotes = typed.starts_with('"');
    if typed.is_empty() || ((of != Type::Text || in_quotes) && is_literal(typed)) {
        typed.to_owned()
    } else {
        quoted(typed)
    }
}

/// The literals of a list: commas between, but not within quotes.
pub(super) fn literals(of: Type, typed: &str) -> String {
    let mut items = Vec::new();
    let (mut item, mut within, mut escaped) = (String::new(), false, false);
    for c in typed.chars() {
        match c {
            ',' if !within => items.push(std::mem::take(&mut item)),
            _ => {
                within ^= c == '"' && !escaped && (within || item.trim().is_empty());
                escaped = c == '\\' && !escaped;
                item.push(c);
            }
        }
    }
    items.push(item);
    // A comma at the end is how people leave a list that they go on with.
    if items.len() > 1 && items.last().is_some_and(|last| last.trim().is_empty()) {
        items.pop();
    }
    let written: Vec<String> = items.iter().map(|item| literal(of, item)).collect();
    written.join(", ")
}

/// A whole or decimal number as it was typed; anything else in quotes, so that it cannot mean more than itself.
pub(super) fn number(typed: &str) -> String {
    literal(Type::Number, typed)
}

/// Whether the text is one literal by itself.
fn is_literal(text: &str) -> bool {
    let Ok(tokens) = tokens(text) else { return false };
    let kinds: Vec<&TokenKind> = tokens.iter().map(|token| &token.kind).collect();
    let is = |word: &str, wanted: &str| word.eq_ignore_ascii_case(wanted);
    match kinds.as_slice() {
        [
            TokenKind::Text(_) | TokenKind::Number(_) | TokenKind::Date(_) | TokenKind::Instant(_),
            TokenKind::End,
        ] => true,
        [TokenKind::Word(word), TokenKind::End] => is(word, "true") || is(word, "false"),
        [
            TokenKind::Number(_),
            TokenKind::Word(unit),
            TokenKind::Word(ago),
            TokenKind::End,
        ] => Unit::of_word(unit).is_some() && is(ago, "ago"),
        _ => false,
    }
}
