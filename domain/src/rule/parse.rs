//! From tokens to a tree: the structure of rules and conditions. Figures over events are read in `figure`, tests and
//! values in `literal`.

use super::ast::{Condition, Field, Rule, SegmentRef};
use super::inspect::resolve_names;
use super::lex::{Token, TokenKind, error, tokens};
use super::literal::Type;
use super::print::quoted;
use super::{RULE_CONDITIONS_MAX, RULE_DEPTH_MAX, RULE_LENGTH_MAX, RuleError, nearest};
use crate::segment::name_confirms;
use crate::value::{ATTRIBUTE_NAME_BYTES_MAX, is_attribute_name};

/// Words that a condition can begin with.
const CONDITION_WORDS: [&str; 15] = [
    "user_id",
    "email",
    "phone",
    "anonymous",
    "first_seen",
    "last_seen",
    "created",
    "attr",
    "count",
    "sum",
    "first",
    "last",
    "in segment",
    "bucket",
    "not",
];

/// Reads a rule. Segments may be given by name or number; names stay names.
///
/// # Errors
/// The first thing that cannot be meant, with its place; also what is over a limit.
pub fn parse(text: &str) -> Result<Rule, RuleError> {
    parse_with_segments(text, None)
}

/// Reads a rule and, where `segments` (names and numbers) are given, resolves names to numbers. An unknown name is then
/// an error at its place, with the nearest known name. Numbers are taken as they are.
///
/// # Errors
/// As [`parse()`].
pub fn parse_with_segments(text: &str, segments: Option<&[(String, i64)]>) -> Result<Rule, RuleError> {
    let (mut rule, named) = read(text)?;
    canonical(&mut rule);
    let Some(known) = segments else { return Ok(rule) };
    let find = |name: &str| known.iter().find(|(known, _)| name_confirms(name, known));
    resolve_names(&mut rule, |name| find(name).map(|(_, id)| *id)).map_err(|unknown| {
        let name = unknown.name;
        let at = named
            .iter()
            .find(|(named, _)| *named == name)
            .map_or(0, |(_, at)| *at);
        let near = nearest(&name, known.iter().map(|(name, _)| name.as_str())).map(quoted);
        let found = TokenKind::Text(name).shown();
        error(at, "the name of a segment of this dataset", &found, near)
    })?;
    Ok(rule)
}

/// As [`parse()`], with e-mail literals as they are written: for showing a rule while it is worked on, where who keeps it has the last
/// word. The browser uses it, which can do without the tables of Unicode that canonical e-mails need.
///
/// # Errors
/// As [`parse()`].
pub fn parse_as_written(text: &str) -> Result<Rule, RuleError> {
    Ok(read(text)?.0)
}

/// Makes the literals of e-mail tests canonical.
fn canonical(rule: &mut Rule) {
    match rule {
        Rule::And(parts) | Rule::Or(parts) => parts.iter_mut().for_each(canonical),
        Rule::Not(inner) => canonical(inner),
        Rule::Is(Condition::Field {
            field: Field::Email,
            test,
        }) => super::literal::canonical_emails(test),
        Rule::All | Rule::Is(_) => {}
    }
}

/// A name of a segment as it is written, and where it stands.
type Named = (String, usize);

/// The rule as it is written, and the names of segments in it.
fn read(text: &str) -> Result<(Rule, Vec<Named>), RuleError> {
    if text.len() > RULE_LENGTH_MAX {
        let found = format!("{} bytes", text.len());
        return Err(error(
            0,
            &format!("a rule of at most {RULE_LENGTH_MAX} bytes"),
            &found,
            None,
        ));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
        conditions: 0,
        values: 0,
        named: Vec::new(),
    };
    if parser.peek().kind == TokenKind::End {
        return Ok((Rule::All, parser.named));
    }
    let rule = parser.any_of()?;
    match parser.peek().kind {
        TokenKind::End => Ok((rule, parser.named)),
        _ => Err(parser.expected_one_of("`and`, `or` or the end", &["and", "or"])),
    }
}

/// Where the reading stands, and what has been spent of the limits.
pub(super) struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    conditions: usize,
    pub(super) values: usize,
    named: Vec<Named>,
}

/// What every past-the-end look finds; the list itself always ends with `End`.
static END: Token = Token {
    kind: TokenKind::End,
    at: usize::MAX,
};

impl Parser {
    pub(super) fn peek(&self) -> &Token {
        self.tokens.get(self.next).or(self.tokens.last()).unwrap_or(&END)
    }

    pub(super) fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    pub(super) fn peek_word(&self) -> Option<&str> {
        match &self.peek().kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Takes the keyword if it is next, in any case.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self
            .peek_word()
            .is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek().kind, TokenKind::Symbol(next) if next == symbol);
        self.next += usize::from(found);
        found
    }

    pub(super) fn need_symbol(&mut self, symbol: &str) -> Result<(), RuleError> {
        if self.take_symbol(symbol) {
            Ok(())
        } else {
            Err(self.expected(&format!("`{symbol}`")))
        }
    }

    pub(super) fn need_word(&mut self, word: &str) -> Result<(), RuleError> {
        if self.take_word(word) {
            Ok(())
        } else {
            Err(self.expected_one_of(&format!("`{word}`"), &[word]))
        }
    }

    /// An error at the next token.
    pub(super) fn expected(&self, expected: &str) -> RuleError {
        error(self.peek().at, expected, &self.peek().kind.shown(), None)
    }

    /// An error at the next token that names the nearest of the words that could stand there.
    pub(super) fn expected_one_of(&self, expected: &str, words: &[&str]) -> RuleError {
        let near = self
            .peek_word()
            .and_then(|word| nearest(word, words.iter().copied()));
        let near = near.or(match self.peek().kind {
            TokenKind::Symbol("&&") => Some("and"),
            TokenKind::Symbol("||") => Some("or"),
            _ => None,
        });
        RuleError {
            suggestion: near.map(str::to_owned),
            ..self.expected(expected)
        }
    }

    /// One level deeper, for parentheses and `not`.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, RuleError>) -> Result<T, RuleError> {
        if self.depth >= RULE_DEPTH_MAX {
            return Err(error(
                self.peek().at,
                &format!("at most {RULE_DEPTH_MAX} levels of nesting"),
                "more",
                None,
            ));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn any_of(&mut self) -> Result<Rule, RuleError> {
        let mut parts = vec![self.all_of()?];
        while self.take_word("or") {
            parts.push(self.all_of()?);
        }
        Ok(joined(parts, false))
    }

    fn all_of(&mut self) -> Result<Rule, RuleError> {
        let mut parts = vec![self.unary()?];
        while self.take_word("and") {
            parts.push(self.unary()?);
        }
        Ok(joined(parts, true))
    }

    fn unary(&mut self) -> Result<Rule, RuleError> {
        if self.take_word("not") {
            return Ok(Rule::Not(Box::new(self.deeper(Self::unary)?)));
        }
        if self.take_symbol("(") {
            let rule = self.deeper(Self::any_of)?;
            if !self.take_symbol(")") {
                return Err(self.expected_one_of("`and`, `or` or `)`", &["and", "or"]));
            }
            return Ok(rule);
        }
        self.count_condition()?;
        Ok(Rule::Is(self.condition()?))
    }

    pub(super) fn count_condition(&mut self) -> Result<(), RuleError> {
        self.conditions += 1;
        if self.conditions > RULE_CONDITIONS_MAX {
            let expected = format!("at most {RULE_CONDITIONS_MAX} conditions");
            return Err(error(self.peek().at, &expected, "more", None));
        }
        Ok(())
    }

    fn condition(&mut self) -> Result<Condition, RuleError> {
        let word = self.peek_word().unwrap_or_default().to_ascii_lowercase();
        let field = match word.as_str() {
            "user_id" => Field::UserId,
            "email" => Field::Email,
            "phone" => Field::Phone,
            "anonymous" => Field::Anonymous,
            "first_seen" => Field::FirstSeen,
            "last_seen" => Field::LastSeen,
            "created" => Field::Created,
            "attr" => {
                self.advance();
                self.need_symbol(".")?;
                let name = self.attribute_name("the name of an attribute")?;
                let test = self.test(Type::Any)?;
                return Ok(Condition::Field {
                    field: Field::Attribute(name),
                    test,
                });
            }
            "count" | "sum" | "first" | "last" => return self.aggregate(&word),
            "in" => return self.in_segment(),
            "bucket" => return self.bucket(),
            _ => return Err(self.expected_one_of("a condition", &CONDITION_WORDS)),
        };
        self.advance();
        let of = match field {
            Field::Anonymous => Type::Bool,
            Field::FirstSeen | Field::LastSeen | Field::Created => Type::Time,
            _ => Type::Text,
        };
        let test = self.test(of)?;
        Ok(Condition::Field { field, test })
    }

    fn in_segment(&mut self) -> Result<Condition, RuleError> {
        self.advance();
        self.need_word("segment")?;
        let name = match &self.peek().kind {
            TokenKind::SegmentId(id) => {
                let segment = SegmentRef::Id(*id);
                self.advance();
                return Ok(Condition::InSegment(segment));
            }
            TokenKind::Text(name) => name.clone(),
            _ => return Err(self.expected("the name of a segment in quotes")),
        };
        self.named.push((name.clone(), self.peek().at));
        self.advance();
        Ok(Condition::InSegment(SegmentRef::Name(name)))
    }

    fn bucket(&mut self) -> Result<Condition, RuleError> {
        self.advance();
        self.need_symbol("(")?;
        let from = self.percent(None)?;
        self.need_symbol(",")?;
        let to = self.percent(Some(from))?;
        self.need_symbol(")")?;
        Ok(Condition::Bucket { from, to })
    }

    /// A percentage of at most two decimals, in hundredths; above `over` if that is given.
    fn percent(&mut self, over: Option<u16>) -> Result<u16, RuleError> {
        let hundredths = match self.peek().kind {
            TokenKind::Number(number) => super::percent::hundredths(number),
            _ => None,
        };
        match hundredths.filter(|h| over.is_none_or(|over| *h > over)) {
            Some(hundredths) => {
                self.advance();
                Ok(hundredths)
            }
            None if over.is_some() => {
                Err(self.expected("a percentage above the first and up to 100, with at most two decimals"))
            }
            None => Err(self.expected("a percentage from 0 to 100, with at most two decimals")),
        }
    }

    pub(super) fn attribute_name(&mut self, what: &str) -> Result<String, RuleError> {
        let name = match &self.peek().kind {
            TokenKind::Word(name) | TokenKind::Text(name) => name.clone(),
            _ => return Err(self.expected(what)),
        };
        if !is_attribute_name(&name) {
            let limits =
                format!("of 1 to {ATTRIBUTE_NAME_BYTES_MAX} bytes without control characters, \" or \\");
            return Err(self.expected(&format!("{what} {limits}")));
        }
        self.advance();
        Ok(name)
    }
}

/// One part alone is itself; parts of the same kind are taken apart, so that `(a and b) and c` is `a and b and c`.
fn joined(mut parts: Vec<Rule>, and: bool) -> Rule {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let flat = parts.into_iter().flat_map(|part| match part {
        Rule::And(parts) if and => parts,
        Rule::Or(parts) if !and => parts,
        other => vec![other],
    });
    if and {
        Rule::And(flat.collect())
    } else {
        Rule::Or(flat.collect())
    }
}
