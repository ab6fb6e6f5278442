//! From a tree to its canonical text, which parses to the same tree. Also for people: segments by name, and without
//! the literals that identify somebody.

use std::fmt::{self, Write};

use super::ast::{
    Aggregate, AggregateKind, Condition, Field, Literal, Measure, Moment, Op, Property, Rule, SegmentRef,
    Test, Window,
};
use super::percent::percent;
use crate::profile::IdentityKind;
use crate::time::Timestamp;

/// The text for people: other segments by their present name, which `name_of` gives; by number where it does not.
pub fn print_named(rule: &Rule, name_of: impl Fn(i64) -> Option<String>) -> String {
    Printer {
        name_of: Some(&name_of),
        redact: None,
    }
    .print(rule)
}

/// As [`print_named`], with every literal that is compared with an identity replaced by what `redact` makes of it, in
/// quotes: what may stand in jobs, receipts and audit (decisions: identifiers elsewhere).
pub fn print_redacted(
    rule: &Rule,
    name_of: impl Fn(i64) -> Option<String>,
    redact: impl Fn(IdentityKind, &str) -> String,
) -> String {
    Printer {
        name_of: Some(&name_of),
        redact: Some(&redact),
    }
    .print(rule)
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printer {
            name_of: None,
            redact: None,
        }
        .rule(f, self)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&moment(*self))
    }
}

/// A text as a rule writes it.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(super) fn moment(moment: Moment) -> String {
    match moment {
        Moment::Date(day) => day.to_date(),
        Moment::Instant(time) => instant(time),
        Moment::Ago { amount, unit } => format!("{amount} {} ago", unit.word(amount)),
    }
}

fn instant(time: Timestamp) -> String {
    let full = time.to_rfc3339();
    full.strip_suffix(".000Z")
        .map_or(full.clone(), |whole| format!("{whole}Z"))
}

/// Words of the language: as names they stand in quotes, though the parser would take them.
const RESERVED: [&str; 12] = [
    "and", "or", "not", "in", "is", "set", "between", "where", "last", "first", "true", "false",
];

/// A name as a rule writes it: in quotes where it must.
pub(super) fn name(name: &str) -> String {
    let mut chars = name.chars();
    let bare = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.iter().any(|word| word.eq_ignore_ascii_case(name));
    if bare { name.to_owned() } else { quoted(name) }
}

type NameOf<'a> = &'a dyn Fn(i64) -> Option<String>;
type Redact<'a> = &'a dyn Fn(IdentityKind, &str) -> String;

struct Printer<'a> {
    name_of: Option<NameOf<'a>>,
    redact: Option<Redact<'a>>,
}

impl Printer<'_> {
    fn print(&self, rule: &Rule) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = self.rule(&mut text, rule);
        text
    }

    fn rule(&self, out: &mut dyn Write, rule: &Rule) -> fmt::Result {
        match rule {
            Rule::All => Ok(()),
            Rule::And(parts) => self.joined(out, parts, " and "),
            Rule::Or(parts) => self.joined(out, parts, " or "),
            Rule::Not(inner) => {
                out.write_str("not ")?;
                match **inner {
                    Rule::Is(Condition::InSegment(_) | Condition::Bucket { .. }) => self.rule(out, inner),
                    _ => self.in_parentheses(out, inner),
                }
            }
            Rule::Is(condition) => self.condition(out, condition),
        }
    }

    /// `and` within `or` would not need parentheses; people need them.
    fn joined(&self, out: &mut dyn Write, parts: &[Rule], between: &str) -> fmt::Result {
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                out.write_str(between)?;
            }
            match part {
                Rule::And(_) | Rule::Or(_) => self.in_parentheses(out, part)?,
                _ => self.rule(out, part)?,
            }
        }
        Ok(())
    }

    fn in_parentheses(&self, out: &mut dyn Write, rule: &Rule) -> fmt::Result {
        out.write_char('(')?;
        self.rule(out, rule)?;
        out.write_char(')')
    }

    fn condition(&self, out: &mut dyn Write, condition: &Condition) -> fmt::Result {
        match condition {
            Condition::Field { field, test } => {
                match field {
                    Field::UserId => out.write_str("user_id")?,
                    Field::Email => out.write_str("email")?,
                    Field::Phone => out.write_str("phone")?,
                    Field::Anonymous => out.write_str("anonymous")?,
                    Field::FirstSeen => out.write_str("first_seen")?,
                    Field::LastSeen => out.write_str("last_seen")?,
                    Field::Created => out.write_str("created")?,
                    Field::Attribute(attribute) => write!(out, "attr.{}", name(attribute))?,
                }
                self.test(out, test, field.identity())
            }
            Condition::Aggregate { aggregate, test } => {
                self.aggregate(out, aggregate)?;
                self.test(out, test, None)
            }
            Condition::InSegment(SegmentRef::Name(name)) => write!(out, "in segment {}", quoted(name)),
            Condition::InSegment(SegmentRef::Id(id)) => match self.name_of.and_then(|name_of| name_of(*id)) {
                Some(name) => write!(out, "in segment {}", quoted(&name)),
                None => write!(out, "in segment #{id}"),
            },
            Condition::Bucket { from, to } => write!(out, "bucket({}, {})", percent(*from), percent(*to)),
        }
    }

    fn aggregate(&self, out: &mut dyn Write, aggregate: &Aggregate) -> fmt::Result {
        let event = name(&aggregate.event);
        match aggregate.kind {
            AggregateKind::Count => write!(out, "count({event}")?,
            AggregateKind::Sum(Measure::Value) => write!(out, "sum({event}.value")?,
            AggregateKind::Sum(Measure::Quantity) => write!(out, "sum({event}.quantity")?,
            AggregateKind::First => write!(out, "first({event}")?,
            AggregateKind::Last => write!(out, "last({event}")?,
        }
        for (i, filter) in aggregate.filters.iter().enumerate() {
            out.write_str(if i == 0 { " where " } else { " and " })?;
            match &filter.property {
                Property::CampaignId => out.write_str("campaign_id")?,
                Property::Measure(Measure::Value) => out.write_str("value")?,
                Property::Measure(Measure::Quantity) => out.write_str("quantity")?,
                Property::Other(property) => out.write_str(&name(property))?,
            }
            self.test(out, &filter.test, None)?;
        }
        match aggregate.window {
            None => {}
            Some(Window::LastDays(1)) => out.write_str(", last 1 day")?,
            Some(Window::LastDays(days)) => write!(out, ", last {days} days")?,
            Some(Window::Between(from, to)) => write!(out, ", between {from} and {to}")?,
        }
        out.write_char(')')
    }

    fn test(&self, out: &mut dyn Write, test: &Test, of: Option<IdentityKind>) -> fmt::Result {
        match test {
            Test::Compare { op, value } => {
                write!(out, " {} ", op_word(*op, matches!(value, Literal::Time(_))))?;
                self.literal(out, value, of)
            }
            Test::In { negated, values } => {
                out.write_str(if *negated { " not in (" } else { " in (" })?;
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        out.write_str(", ")?;
                    }
                    self.literal(out, value, of)?;
                }
                out.write_char(')')
            }
            Test::Between { from, to } => {
                out.write_str(" between ")?;
                self.literal(out, from, of)?;
                out.write_str(" and ")?;
                self.literal(out, to, of)
            }
            Test::IsSet { negated: false } => out.write_str(" is set"),
            Test::IsSet { negated: true } => out.write_str(" is not set"),
        }
    }

    fn literal(&self, out: &mut dyn Write, literal: &Literal, of: Option<IdentityKind>) -> fmt::Result {
        match literal {
            Literal::Text(text) => match (of, self.redact) {
                (Some(kind), Some(redact)) => out.write_str(&quoted(&redact(kind, text))),
                _ => out.write_str(&quoted(text)),
            },
            Literal::Number(number) => write!(out, "{number}"),
            Literal::Bool(flag) => write!(out, "{flag}"),
            Literal::Time(time) => write!(out, "{time}"),
        }
    }
}

fn op_word(op: Op, of_time: bool) -> &'static str {
    match op {
        Op::Eq => "=",
        Op::Ne => "!=",
        Op::Lt if of_time => "before",
        Op::Gt if of_time => "after",
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Gt => ">",
        Op::Ge => ">=",
        Op::Contains => "contains",
        Op::StartsWith => "starts_with",
        Op::EndsWith => "ends_with",
    }
}
