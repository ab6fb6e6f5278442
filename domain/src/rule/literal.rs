//! Tests and values, and whether their types can meet: the part of the parser that keeps mistakes from becoming rules
//! that match nobody, or everybody.

use unicode_normalization::UnicodeNormalization as _;

use super::ast::{Literal, Moment, Op, Test, Unit};
use super::lex::{TokenKind, error};
use super::parse::Parser;
use super::print::quoted;
use super::{AGO_AMOUNT_MAX, LIST_VALUES_MAX, RULE_VALUES_MAX, RuleError, nearest};
use crate::time::Timestamp;

/// What a subject can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// An attribute or a property: any type, known only from the data.
    Any,
    Text,
    Number,
    Bool,
    Time,
    /// A number that is never missing: comparisons and `between` only.
    Figure,
    /// A time that may be missing: comparisons, `between` and `is set`.
    Moment,
}

impl Type {
    fn takes(self, literal: &Literal) -> bool {
        matches!(
            (self, literal),
            (Type::Any, _)
                | (Type::Text, Literal::Text(_))
                | (Type::Number | Type::Figure, Literal::Number(_))
                | (Type::Bool, Literal::Bool(_))
                | (Type::Time | Type::Moment, Literal::Time(_))
        )
    }

    const fn wanted(self) -> &'static str {
        match self {
            Type::Any => "a text in quotes, a number, true, false or a date",
            Type::Text => "a text in quotes",
            Type::Number | Type::Figure => "a number",
            Type::Bool => "true or false",
            Type::Time | Type::Moment => {
                "a date, a date and time with its zone, or a time such as 180 days ago"
            }
        }
    }

    const fn tests(self) -> &'static str {
        match self {
            Type::Any | Type::Text => {
                "=, !=, <, <=, >, >=, contains, starts_with, ends_with, before, after, between, in or is set"
            }
            Type::Number => "=, !=, <, <=, >, >=, between, in or is set",
            Type::Bool => "=, !=, in or is set",
            Type::Time => "before, after, <, <=, >, >=, between, in or is set",
            Type::Figure => "=, !=, <, <=, >, >= or between",
            Type::Moment => "before, after, <, <=, >, >=, between or is set",
        }
    }
}

const UNIT_WORDS: [(&str, &str, Unit); 6] = [
    ("minute", "minutes", Unit::Minute),
    ("hour", "hours", Unit::Hour),
    ("day", "days", Unit::Day),
    ("week", "weeks", Unit::Week),
    ("month", "months", Unit::Month),
    ("year", "years", Unit::Year),
];

impl Unit {
    /// The word for this many.
    pub(super) fn word(self, amount: u32) -> &'static str {
        let words = UNIT_WORDS.iter().find(|(_, _, unit)| *unit == self);
        words.map_or("days", |(one, many, _)| if amount == 1 { one } else { many })
    }

    /// The unit of a word, one or many.
    pub(super) fn of_word(word: &str) -> Option<Unit> {
        let found = |name: &str| word.eq_ignore_ascii_case(name);
        UNIT_WORDS
            .iter()
            .find(|(one, many, _)| found(one) || found(many))
            .map(|(_, _, unit)| *unit)
    }
}

impl Parser {
    /// What is asked of a subject of this type.
    pub(super) fn test(&mut self, of: Type) -> Result<Test, RuleError> {
        let at = self.peek().at;
        if let Some((op, by_word)) = self.take_op() {
            return self.compare(of, op, by_word);
        }
        if self.take_word("between") {
            if of == Type::Bool {
                return Err(error(at, of.tests(), "between", None));
            }
            let from = self.value(of)?;
            self.need_word("and")?;
            let second = self.peek().clone();
            let to = self.value(of)?;
            if std::mem::discriminant(&from) != std::mem::discriminant(&to)
                || matches!(from, Literal::Bool(_))
            {
                let expected = "two texts, two numbers or two times around `and`";
                return Err(error(second.at, expected, &second.kind.shown(), None));
            }
            return Ok(Test::Between { from, to });
        }
        let lists = !matches!(of, Type::Figure | Type::Moment);
        if lists && self.take_word("in") {
            return self.list(of, false);
        }
        if lists && self.take_word("not") {
            self.need_word("in")?;
            return self.list(of, true);
        }
        if of != Type::Figure && self.take_word("is") {
            let negated = self.take_word("not");
            let expected = if negated { "`set`" } else { "`set` or `not set`" };
            if !self.take_word("set") {
                return Err(self.expected_one_of(expected, &["set", "not set"]));
            }
            return Ok(Test::IsSet { negated });
        }
        Err(self.no_test(of))
    }

    fn no_test(&self, of: Type) -> RuleError {
        let words: Vec<&str> = of
            .tests()
            .split(", ")
            .flat_map(|words| words.split(" or "))
            .collect();
        let mut error = self.expected_one_of(of.tests(), &words);
        match self.peek().kind {
            TokenKind::Symbol("==") => error.suggestion = Some("=".to_owned()),
            TokenKind::Symbol("<>") => error.suggestion = Some("!=".to_owned()),
            _ => {}
        }
        error
    }

    /// The next comparison, and whether it is `before` or `after`, which take times alone.
    fn take_op(&mut self) -> Option<(Op, bool)> {
        const BY_SYMBOL: [(&str, Op); 6] = [
            ("=", Op::Eq),
            ("!=", Op::Ne),
            ("<", Op::Lt),
            ("<=", Op::Le),
            (">", Op::Gt),
            (">=", Op::Ge),
        ];
        const BY_WORD: [(&str, Op, bool); 5] = [
            ("before", Op::Lt, true),
            ("after", Op::Gt, true),
            ("contains", Op::Contains, false),
            ("starts_with", Op::StartsWith, false),
            ("ends_with", Op::EndsWith, false),
        ];
        if let Some((_, op)) = BY_SYMBOL.into_iter().find(|(symbol, _)| self.take_symbol(symbol)) {
            return Some((op, false));
        }
        BY_WORD
            .into_iter()
            .find(|(word, ..)| self.take_word(word))
            .map(|(_, op, timely)| (op, timely))
    }

    fn compare(&mut self, of: Type, op: Op, timely: bool) -> Result<Test, RuleError> {
        let text_only = matches!(op, Op::Contains | Op::StartsWith | Op::EndsWith);
        let wanted = match of {
            Type::Any if text_only => Type::Text,
            Type::Any if timely => Type::Time,
            other => other,
        };
        let impossible = (text_only && wanted != Type::Text)
            || (timely && !matches!(wanted, Type::Time | Type::Moment))
            || (wanted == Type::Bool && !matches!(op, Op::Eq | Op::Ne));
        let token = self.peek().clone();
        if impossible {
            return Err(error(
                token.at,
                of.tests(),
                "a comparison that this cannot have",
                None,
            ));
        }
        let value = self.value(wanted)?;
        match &value {
            Literal::Text(text) if text_only && text.is_empty() => Err(error(
                token.at,
                "a text that is not empty, for every text has an empty one in it",
                "\"\"",
                None,
            )),
            Literal::Bool(_) if !matches!(op, Op::Eq | Op::Ne) => Err(error(
                token.at,
                "`=` or `!=` before true and false, which have no order",
                "another comparison",
                None,
            )),
            Literal::Time(Moment::Date(day)) if matches!(op, Op::Eq | Op::Ne) => {
                Err(whole_day(token.at, *day))
            }
            _ => Ok(Test::Compare { op, value }),
        }
    }

    fn list(&mut self, of: Type, negated: bool) -> Result<Test, RuleError> {
        self.need_symbol("(")?;
        let mut values = Vec::new();
        loop {
            let at = self.peek().at;
            if values.len() >= LIST_VALUES_MAX {
                let expected =
                    format!("at most {LIST_VALUES_MAX} values in a list (longer ones make a list segment)");
                return Err(error(at, &expected, "more", None));
            }
            let value = self.value(of)?;
            if let Literal::Time(Moment::Date(day)) = value {
                return Err(whole_day(at, day));
            }
            values.push(value);
            if !self.take_symbol(",") {
                break;
            }
        }
        if !self.take_symbol(")") {
            return Err(self.expected("`,` or `)`"));
        }
        Ok(Test::In { negated, values })
    }

    /// A value that a subject of this type can be compared with.
    pub(super) fn value(&mut self, of: Type) -> Result<Literal, RuleError> {
        self.values += 1;
        if self.values > RULE_VALUES_MAX {
            return Err(error(
                self.peek().at,
                &format!("at most {RULE_VALUES_MAX} values in a rule"),
                "more",
                None,
            ));
        }
        let token = self.peek().clone();
        let literal = match &token.kind {
            TokenKind::Text(text) => Literal::Text(text.clone()),
            TokenKind::Date(time) => Literal::Time(Moment::Date(*time)),
            TokenKind::Instant(time) => Literal::Time(Moment::Instant(*time)),
            TokenKind::Word(word) if word.eq_ignore_ascii_case("true") => Literal::Bool(true),
            TokenKind::Word(word) if word.eq_ignore_ascii_case("false") => Literal::Bool(false),
            TokenKind::Number(number) => {
                self.advance();
                return self.number_or_ago(of, &token, *number);
            }
            _ => return Err(self.no_value(of)),
        };
        if !of.takes(&literal) {
            return Err(self.no_value(of));
        }
        self.advance();
        Ok(literal)
    }

    /// A number stands alone or begins `180 days ago`; its token is taken already.
    fn number_or_ago(
        &mut self,
        of: Type,
        first: &super::lex::Token,
        number: crate::value::Number,
    ) -> Result<Literal, RuleError> {
        const JOINING: [&str; 2] = ["and", "or"];
        let literal = match self.peek_word().map(str::to_owned) {
            Some(word) if !JOINING.iter().any(|joining| word.eq_ignore_ascii_case(joining)) => {
                let Some(unit) = Unit::of_word(&word) else {
                    let units: Vec<&str> = UNIT_WORDS.iter().map(|(_, many, _)| *many).collect();
                    return Err(self.expected_one_of("`and`, `or`, or a unit of time such as days", &units));
                };
                self.advance();
                self.need_word("ago")?;
                let amount = number.as_integer().and_then(|n| u32::try_from(n).ok());
                let Some(amount) = amount.filter(|n| *n <= AGO_AMOUNT_MAX) else {
                    let expected = format!("a whole number from 0 to {AGO_AMOUNT_MAX}");
                    return Err(error(first.at, &expected, &first.kind.shown(), None));
                };
                Literal::Time(Moment::Ago { amount, unit })
            }
            _ => Literal::Number(number),
        };
        if of.takes(&literal) {
            return Ok(literal);
        }
        let suggestion =
            (of == Type::Text && matches!(literal, Literal::Number(_))).then(|| format!("\"{number}\""));
        Err(RuleError {
            suggestion,
            ..error(first.at, of.wanted(), &first.kind.shown(), None)
        })
    }

    fn no_value(&self, of: Type) -> RuleError {
        let suggestion = match (&self.peek().kind, of) {
            // A word without quotes: a forgotten quote, unless it is nearly true or false.
            (TokenKind::Word(word), Type::Any | Type::Text) => Some(quoted(word)),
            (TokenKind::Word(word), Type::Bool) => nearest(word, ["true", "false"]).map(str::to_owned),
            (TokenKind::Date(day), Type::Text) => Some(format!("\"{}\"", day.to_date())),
            (TokenKind::Text(text), Type::Time | Type::Moment) => {
                Timestamp::parse_import(text).map(|time| super::print::moment(Moment::Instant(time)))
            }
            (TokenKind::Text(text), Type::Number | Type::Figure) => {
                crate::value::Number::parse(text).map(|number| number.to_string())
            }
            (TokenKind::Text(text), Type::Bool) if text == "true" || text == "false" => Some(text.clone()),
            _ => None,
        };
        RuleError {
            suggestion,
            ..self.expected(of.wanted())
        }
    }
}

/// Equality with a bare date: nobody means midnight (decisions: rule language, time).
fn whole_day(at: usize, day: Timestamp) -> RuleError {
    let last = day.plus_ms(crate::time::DAY_MS - 1);
    let date = day.to_date();
    error(
        at,
        "a date and time, for a bare date is a whole day and wants `between`",
        &format!("the date {date}"),
        Some(format!("between {date} and {last}")),
    )
}

/// Makes the e-mail literals of a test canonical. Parts of an address keep their outer blanks: `contains " "` must not
/// become `contains ""`, which holds of everyone.
pub(super) fn canonical_emails(test: &mut Test) {
    let whole = |text: &str| text.trim().nfc().collect::<String>().to_ascii_lowercase();
    let part = |text: &str| text.nfc().collect::<String>().to_ascii_lowercase();
    let each = |literal: &mut Literal, canonical: &dyn Fn(&str) -> String| {
        if let Literal::Text(text) = literal {
            *text = canonical(text);
        }
    };
    match test {
        Test::Compare {
            op: Op::Contains | Op::StartsWith | Op::EndsWith,
            value,
        } => each(value, &part),
        Test::Compare { value, .. } => each(value, &whole),
        Test::In { values, .. } => values.iter_mut().for_each(|value| each(value, &whole)),
        Test::Between { from, to } => {
            each(from, &whole);
            each(to, &whole);
        }
        Test::IsSet { .. } => {}
    }
}
