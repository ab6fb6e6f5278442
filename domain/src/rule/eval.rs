//! What a rule means, said plainly over one person in memory. The SQL of rules is held to this by test.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::ast::{
    Aggregate, AggregateKind, Condition, Field, Filter, Literal, Measure, Op, Property, Rule, SegmentRef,
    Test,
};
use crate::micros::Micros;
use crate::time::Timestamp;
use crate::value::{Number, Value};

/// A person as rules see them.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Canonical.
    pub user_id: Option<String>,
    /// Canonical.
    pub email: Option<String>,
    /// Canonical.
    pub phone: Option<String>,
    /// By name; missing ones are absent.
    pub attributes: BTreeMap<String, Value>,
    /// Least of event times and the imported value.
    pub first_seen: Option<Timestamp>,
    /// Greatest of event times and the imported value.
    pub last_seen: Option<Timestamp>,
    /// The imported value, else the time of import.
    pub created: Timestamp,
    /// 0 to 9999, drawn at creation.
    pub bucket: u16,
    /// In any order.
    pub events: Vec<PersonEvent>,
}

/// An event as rules see it.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonEvent {
    /// Its kind, as imported.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Money.
    pub value: Option<Micros>,
    /// How many.
    pub quantity: Option<Micros>,
    /// Its campaign.
    pub campaign_id: Option<String>,
    /// The rest, by name.
    pub properties: BTreeMap<String, Value>,
}

/// What a rule needs to know besides the person.
#[derive(Clone, Copy)]
pub struct EvalContext<'a> {
    /// Read once for a whole evaluation; in a job, the moment of confirmation.
    pub now: Timestamp,
    /// Whether this person is a member of another segment, by its number.
    pub in_segment: &'a dyn Fn(i64) -> bool,
}

/// Whether the rule holds for the person. A segment still given by name has no members: resolve names first.
pub fn eval(rule: &Rule, person: &Person, context: &EvalContext<'_>) -> bool {
    match rule {
        Rule::All => true,
        Rule::And(parts) => parts.iter().all(|part| eval(part, person, context)),
        Rule::Or(parts) => parts.iter().any(|part| eval(part, person, context)),
        Rule::Not(inner) => !eval(inner, person, context),
        Rule::Is(condition) => holds(condition, person, context),
    }
}

fn holds(condition: &Condition, person: &Person, context: &EvalContext<'_>) -> bool {
    match condition {
        Condition::Field { field, test } => passes(field_of(person, field), test, context.now),
        Condition::Aggregate { aggregate, test } => {
            passes(figure(aggregate, &person.events, context.now), test, context.now)
        }
        Condition::InSegment(SegmentRef::Id(id)) => (context.in_segment)(*id),
        Condition::InSegment(SegmentRef::Name(_)) => false,
        Condition::Bucket { from, to } => (*from..*to).contains(&person.bucket),
    }
}

/// A present value on the left of a test.
enum Subject<'a> {
    Text(&'a str),
    Number(Number),
    /// A number in millionths; wide enough for any sum.
    Micros(i128),
    Bool(bool),
    Time(Timestamp),
    /// Satisfies only `is set`.
    Opaque,
}

impl<'a> From<&'a Value> for Subject<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Text(text) => Subject::Text(text),
            Value::Number(number) => Subject::Number(*number),
            Value::Bool(flag) => Subject::Bool(*flag),
            Value::Time(time) => Subject::Time(*time),
            Value::Other(_) => Subject::Opaque,
        }
    }
}

fn field_of<'a>(person: &'a Person, field: &Field) -> Option<Subject<'a>> {
    match field {
        Field::UserId => person.user_id.as_deref().map(Subject::Text),
        Field::Email => person.email.as_deref().map(Subject::Text),
        Field::Phone => person.phone.as_deref().map(Subject::Text),
        Field::Anonymous => {
            let known = person.user_id.is_some() || person.email.is_some() || person.phone.is_some();
            Some(Subject::Bool(!known))
        }
        Field::FirstSeen => person.first_seen.map(Subject::Time),
        Field::LastSeen => person.last_seen.map(Subject::Time),
        Field::Created => Some(Subject::Time(person.created)),
        Field::Attribute(name) => person.attributes.get(name).map(Subject::from),
    }
}

fn figure<'a>(aggregate: &Aggregate, events: &[PersonEvent], now: Timestamp) -> Option<Subject<'a>> {
    let counted = events.iter().filter(|event| is_counted(event, aggregate, now));
    match aggregate.kind {
        AggregateKind::Count => Some(Subject::Micros(counted.map(|_| 1_000_000).sum())),
        AggregateKind::Sum(measure) => {
            let amounts = counted.filter_map(|event| amount(event, measure));
            Some(Subject::Micros(
                amounts.map(|amount| i128::from(amount.micros())).sum(),
            ))
        }
        AggregateKind::First => counted.map(|event| event.at).min().map(Subject::Time),
        AggregateKind::Last => counted.map(|event| event.at).max().map(Subject::Time),
    }
}

fn amount(event: &PersonEvent, measure: Measure) -> Option<Micros> {
    match measure {
        Measure::Value => event.value,
        Measure::Quantity => event.quantity,
    }
}

fn is_counted(event: &PersonEvent, aggregate: &Aggregate, now: Timestamp) -> bool {
    let in_window = aggregate.window.is_none_or(|window| {
        let (first, last) = window.bounds_ms(now);
        (first..=last).contains(&event.at.ms())
    });
    event.kind == aggregate.event
        && in_window
        && aggregate.filters.iter().all(|filter| has(event, filter, now))
}

fn has(event: &PersonEvent, filter: &Filter, now: Timestamp) -> bool {
    let subject = match &filter.property {
        Property::CampaignId => event.campaign_id.as_deref().map(Subject::Text),
        Property::Measure(measure) => {
            amount(event, *measure).map(|amount| Subject::Micros(i128::from(amount.micros())))
        }
        Property::Other(name) => event.properties.get(name).map(Subject::from),
    };
    passes(subject, &filter.test, now)
}

/// Two-valued: what is missing passes nothing but `is not set`, what is opaque nothing but `is set`.
fn passes(subject: Option<Subject<'_>>, test: &Test, now: Timestamp) -> bool {
    if let Test::IsSet { negated } = test {
        return subject.is_some() != *negated;
    }
    let Some(subject) = subject.filter(|subject| !matches!(subject, Subject::Opaque)) else {
        return false;
    };
    let order = |literal: &Literal| order(&subject, literal, now);
    match test {
        Test::IsSet { .. } => false,
        Test::In { negated, values } => values.iter().any(|v| order(v) == Some(Ordering::Equal)) != *negated,
        Test::Between { from, to } => {
            order(from).is_some_and(Ordering::is_ge) && order(to).is_some_and(Ordering::is_le)
        }
        Test::Compare { op, value } => match op {
            Op::Eq => order(value) == Some(Ordering::Equal),
            Op::Ne => order(value) != Some(Ordering::Equal),
            Op::Lt => order(value).is_some_and(Ordering::is_lt),
            Op::Le => order(value).is_some_and(Ordering::is_le),
            Op::Gt => order(value).is_some_and(Ordering::is_gt),
            Op::Ge => order(value).is_some_and(Ordering::is_ge),
            Op::Contains => texts(&subject, value).is_some_and(|(text, part)| text.contains(part)),
            Op::StartsWith => texts(&subject, value).is_some_and(|(text, part)| text.starts_with(part)),
            Op::EndsWith => texts(&subject, value).is_some_and(|(text, part)| text.ends_with(part)),
        },
    }
}

/// How a value stands to a literal; `None` where their types differ. The order of true and false is never asked for:
/// the parser takes only `=`, `!=` and `in` with them.
fn order(subject: &Subject<'_>, literal: &Literal, now: Timestamp) -> Option<Ordering> {
    match (subject, literal) {
        (Subject::Text(text), Literal::Text(literal)) => Some(text.as_bytes().cmp(literal.as_bytes())),
        (Subject::Number(number), Literal::Number(literal)) => Some(number.cmp(literal)),
        (Subject::Micros(micros), Literal::Number(literal)) => {
            let (floor, exact) = literal.floor_micros();
            // Equal to the floor of a number with more places is still below that number.
            Some(
                micros
                    .cmp(&floor)
                    .then(if exact { Ordering::Equal } else { Ordering::Less }),
            )
        }
        (Subject::Bool(flag), Literal::Bool(literal)) => Some(flag.cmp(literal)),
        (Subject::Time(time), Literal::Time(literal)) => Some(time.cmp(&literal.at(now))),
        _ => None,
    }
}

fn texts<'a>(subject: &Subject<'a>, literal: &'a Literal) -> Option<(&'a str, &'a str)> {
    match (subject, literal) {
        (Subject::Text(text), Literal::Text(part)) => Some((text, part)),
        _ => None,
    }
}
