//! From a rule to rows.

use super::{Asked, FilterRow, Group, Mode, Node, Row, Span, Subject, plain::plain, property_type};
use crate::rule::ast::{
    Aggregate, AggregateKind, Condition, Field, Literal, Measure, Op, Property, Rule, SegmentRef, Test,
    Window,
};
use crate::rule::literal::Type;

/// Most rows and groups shown: beyond that a text is easier to read, and a page of boxes slow.
pub const ROWS_MAX: usize = 60;
/// Most values of a list shown in one box.
const VALUES_MAX: usize = 40;

/// The rule as rows; `None` where it has too many.
pub fn rows_of(rule: &Rule) -> Option<Group> {
    let mut left = ROWS_MAX;
    let group = match rule {
        Rule::All => Group::empty(),
        Rule::And(_) | Rule::Or(_) => group(rule, false, &mut left)?,
        Rule::Not(inner) if matches!(**inner, Rule::And(_) | Rule::Or(_) | Rule::Not(_)) => {
            group(inner, true, &mut left)?
        }
        Rule::Not(_) | Rule::Is(_) => Group {
            mode: Mode::All,
            parts: vec![node(rule, &mut left)?],
        },
    };
    Some(group)
}

/// The parts of a rule as a group; a rule that is no list of parts is the only one.
fn group(rule: &Rule, negated: bool, left: &mut usize) -> Option<Group> {
    let (all, parts) = match rule {
        Rule::And(parts) => (true, parts.as_slice()),
        Rule::Or(parts) => (false, parts.as_slice()),
        other => (false, std::slice::from_ref(other)),
    };
    let mode = match (all, negated) {
        (true, false) => Mode::All,
        (true, true) => Mode::NotAll,
        (false, false) => Mode::Any,
        (false, true) => Mode::NoneOf,
    };
    let parts = parts
        .iter()
        .map(|part| node(part, left))
        .collect::<Option<Vec<_>>>()?;
    Some(Group { mode, parts })
}

fn node(rule: &Rule, left: &mut usize) -> Option<Node> {
    *left = left.checked_sub(1)?;
    Some(match rule {
        Rule::Is(condition) => Node::Row(row(condition, false)),
        Rule::Not(inner) => match &**inner {
            Rule::Is(condition) => Node::Row(row(condition, true)),
            other => Node::Group(group(other, true, left)?),
        },
        other => Node::Group(group(other, false, left)?),
    })
}

fn row(condition: &Condition, negated: bool) -> Row {
    let row = shown(condition).unwrap_or_else(|| Row {
        name: Rule::Is(condition.clone()).to_string(),
        ..Row::about(Subject::Text)
    });
    Row { negated, ..row }
}

/// The condition as a row; `None` where boxes cannot show it without loss.
fn shown(condition: &Condition) -> Option<Row> {
    match condition {
        Condition::Field { field, test } => {
            let (subject, name) = match field {
                Field::UserId => (Subject::UserId, ""),
                Field::Email => (Subject::Email, ""),
                Field::Phone => (Subject::Phone, ""),
                Field::Anonymous => (Subject::Anonymous, ""),
                Field::FirstSeen => (Subject::FirstSeen, ""),
                Field::LastSeen => (Subject::LastSeen, ""),
                Field::Created => (Subject::Created, ""),
                Field::Attribute(name) => (Subject::Attribute, name.as_str()),
            };
            tested(subject, name, test)
        }
        Condition::Aggregate { aggregate, test } => figure(aggregate, test),
        Condition::InSegment(SegmentRef::Name(name)) => Some(Row {
            name: named(name)?.to_owned(),
            ..Row::about(Subject::Segment)
        }),
        Condition::InSegment(SegmentRef::Id(_)) => None,
        Condition::Bucket { from, to } => {
            let percent = |hundredths: u16| crate::rule::percent(hundredths);
            Some(Row {
                value: percent(*from),
                other: percent(*to),
                ..Row::about(Subject::Bucket)
            })
        }
    }
}

fn tested(subject: Subject, name: &str, test: &Test) -> Option<Row> {
    let (asked, value, other) = answer(subject.type_of()?, test)?;
    Some(Row {
        name: named(name)?.to_owned(),
        asked,
        value,
        other,
        ..Row::about(subject)
    })
}

fn figure(aggregate: &Aggregate, test: &Test) -> Option<Row> {
    let subject = match aggregate.kind {
        AggregateKind::Count => Subject::Count,
        AggregateKind::Sum(Measure::Value) => Subject::SumValue,
        AggregateKind::Sum(Measure::Quantity) => Subject::SumQuantity,
        AggregateKind::First => Subject::First,
        AggregateKind::Last => Subject::Last,
    };
    let mut filters = Vec::new();
    for filter in &aggregate.filters {
        let property = match &filter.property {
            Property::CampaignId => "campaign_id",
            Property::Measure(Measure::Value) => "value",
            Property::Measure(Measure::Quantity) => "quantity",
            Property::Other(name) => named(name)?,
        };
        let (asked, value, other) = answer(property_type(property), &filter.test)?;
        filters.push(FilterRow {
            property: property.to_owned(),
            asked,
            value,
            other,
        });
    }
    let (span, from, to) = match aggregate.window {
        None => (Span::Ever, String::new(), String::new()),
        Some(Window::LastDays(days)) => (Span::LastDays, days.to_string(), String::new()),
        Some(Window::Between(from, to)) => (Span::Between, from.to_string(), to.to_string()),
    };
    Some(Row {
        filters,
        span,
        from,
        to,
        ..tested(subject, &aggregate.event, test)?
    })
}

/// What is asked, and the values in their boxes.
fn answer(of: Type, test: &Test) -> Option<(Asked, String, String)> {
    let one = |literal: &Literal| value(of, literal, false);
    let none = String::new();
    Some(match test {
        Test::Compare { op, value } => (asked(*op, matches!(value, Literal::Time(_))), one(value)?, none),
        Test::Between { from, to } => (Asked::Between, one(from)?, one(to)?),
        Test::IsSet { negated: false } => (Asked::IsSet, none.clone(), none),
        Test::IsSet { negated: true } => (Asked::IsNotSet, none.clone(), none),
        Test::In { values, .. } if values.len() > VALUES_MAX => return None,
        Test::In { negated, values } => {
            let values = values
                .iter()
                .map(|literal| value(of, literal, true))
                .collect::<Option<Vec<_>>>()?;
            let asked = if *negated { Asked::NotIn } else { Asked::In };
            (asked, values.join(", "), none)
        }
    })
}

fn value(of: Type, literal: &Literal, listed: bool) -> Option<String> {
    let shown = plain(of, literal, listed);
    boxed(&shown).is_some().then_some(shown)
}

/// A browser's box takes no line ends and no other control characters.
fn boxed(text: &str) -> Option<&str> {
    (!text.chars().any(char::is_control)).then_some(text)
}

/// A name's box is read without the blanks around it.
fn named(name: &str) -> Option<&str> {
    boxed(name).filter(|name| name.trim() == *name)
}

const fn asked(op: Op, of_time: bool) -> Asked {
    match op {
        Op::Eq => Asked::Eq,
        Op::Ne => Asked::Ne,
        Op::Lt if of_time => Asked::Before,
        Op::Gt if of_time => Asked::After,
        Op::Lt => Asked::Lt,
        Op::Le => Asked::Le,
        Op::Gt => Asked::Gt,
        Op::Ge => Asked::Ge,
        Op::Contains => Asked::Contains,
        Op::StartsWith => Asked::StartsWith,
        Op::EndsWith => Asked::EndsWith,
    }
}
