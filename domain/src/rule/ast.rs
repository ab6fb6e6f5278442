//! A rule as a tree. Plain data: it knows neither its text nor what it is asked about.
//!
//! Trees come from the parser, which keeps them canonical: `And` and `Or` have two parts or more and none of their own
//! kind, `All` stands only alone, e-mail literals are canonical. Whoever builds a tree by hand prints it and parses
//! the text, which checks everything.

use crate::profile::IdentityKind;
use crate::time::{DAY_MS, Timestamp};
use crate::value::Number;

/// Who is in. Its `Display` is the canonical text, other segments by number: the stored form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The empty rule: everyone.
    All,
    /// All parts hold.
    And(Vec<Rule>),
    /// At least one part holds.
    Or(Vec<Rule>),
    /// The part does not hold; of missing values, too.
    Not(Box<Rule>),
    /// One condition.
    Is(Condition),
}

/// What is asked about one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A field of the profile.
    Field {
        /// Which.
        field: Field,
        /// What of it.
        test: Test,
    },
    /// A figure over the person's events.
    Aggregate {
        /// Which figure over which events.
        aggregate: Aggregate,
        /// What of it.
        test: Test,
    },
    /// Member of another segment.
    InSegment(SegmentRef),
    /// In a stable share of people: bucket at or above `from`, below `to`, in hundredths of a percent (0 to 10,000).
    Bucket {
        /// First bucket that is in.
        from: u16,
        /// First bucket that is out again.
        to: u16,
    },
}

/// A field of the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Text, exact.
    UserId,
    /// Text, canonical.
    Email,
    /// Text.
    Phone,
    /// True or false, never missing: known by anonymous ids alone.
    Anonymous,
    /// A time.
    FirstSeen,
    /// A time.
    LastSeen,
    /// A time, never missing.
    Created,
    /// An attribute of any type.
    Attribute(String),
}

impl Field {
    /// The identity that this field is, if it is one: its literals are personal data.
    pub const fn identity(&self) -> Option<IdentityKind> {
        match self {
            Field::UserId => Some(IdentityKind::UserId),
            Field::Email => Some(IdentityKind::Email),
            Field::Phone => Some(IdentityKind::Phone),
            _ => None,
        }
    }
}

/// What is asked of a field, a property or a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Compared with one value.
    Compare {
        /// How.
        op: Op,
        /// With what.
        value: Literal,
    },
    /// One of a list, or (negated) set and none of it.
    In {
        /// `not in`.
        negated: bool,
        /// At least one.
        values: Vec<Literal>,
    },
    /// Between two values of one type, both included.
    Between {
        /// The least.
        from: Literal,
        /// The greatest.
        to: Literal,
    },
    /// Set, or (negated) missing.
    IsSet {
        /// `is not set`.
        negated: bool,
    },
}

impl Test {
    /// Every literal, in the order of the text.
    pub fn literals(&self) -> Vec<&Literal> {
        match self {
            Test::Compare { value, .. } => vec![value],
            Test::In { values, .. } => values.iter().collect(),
            Test::Between { from, to } => vec![from, to],
            Test::IsSet { .. } => vec![],
        }
    }
}

/// A comparison. `before` is `Lt`, `after` is `Gt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Eq,
    /// `!=`: set, and not equal.
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// Text within text.
    Contains,
    /// Text at the start.
    StartsWith,
    /// Text at the end.
    EndsWith,
}

/// A value as written in a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// Text.
    Text(String),
    /// A number.
    Number(Number),
    /// True or false.
    Bool(bool),
    /// A moment.
    Time(Moment),
}

/// A moment as written in a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A bare date: 00:00 UTC of it.
    Date(Timestamp),
    /// A date and time.
    Instant(Timestamp),
    /// So long before now.
    Ago {
        /// How many.
        amount: u32,
        /// Of what.
        unit: Unit,
    },
}

impl Moment {
    /// The moment meant when it is `now`; beyond the calendar it is the calendar's end.
    pub fn at(self, now: Timestamp) -> Timestamp {
        const MINUTE_MS: i64 = 60_000;
        let (amount, unit) = match self {
            Moment::Date(time) | Moment::Instant(time) => return time,
            Moment::Ago { amount, unit } => (amount, unit),
        };
        let n = i64::from(amount);
        match unit {
            Unit::Minute => now.minus_ms(n * MINUTE_MS),
            Unit::Hour => now.minus_ms(n * 60 * MINUTE_MS),
            Unit::Day => now.minus_ms(n * DAY_MS),
            Unit::Week => now.minus_ms(n * 7 * DAY_MS),
            Unit::Month => now.minus_months(amount),
            Unit::Year => now.minus_years(amount),
        }
    }
}

/// A unit of `N … ago`. Minutes to weeks have a fixed length, months and years go by the UTC calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

/// A figure over a person's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// Which figure.
    pub kind: AggregateKind,
    /// Kind of the events.
    pub event: String,
    /// What must hold of each event.
    pub filters: Vec<Filter>,
    /// When they happened; `None`: ever.
    pub window: Option<Window>,
}

/// Which figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateKind {
    /// How many: a number.
    Count,
    /// The sum of an amount: a number; events without the amount add nothing.
    Sum(Measure),
    /// When first: a time, missing without events.
    First,
    /// When last: a time, missing without events.
    Last,
}

/// An amount that events carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Money.
    Value,
    /// How many.
    Quantity,
}

/// What must hold of an event to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Of which property.
    pub property: Property,
    /// What.
    pub test: Test,
}

/// A property of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Property {
    /// Text: the event's campaign.
    CampaignId,
    /// A number: an amount of the event.
    Measure(Measure),
    /// Any other, of any type.
    Other(String),
}

/// When events happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// After now less so many times 24 hours, up to now.
    LastDays(u32),
    /// From the first moment on, before the second.
    Between(Moment, Moment),
}

impl Window {
    /// The first and the last millisecond that are in, when it is `now`; empty when the first is above the last.
    pub fn bounds_ms(self, now: Timestamp) -> (i64, i64) {
        match self {
            Window::LastDays(days) => (now.ms().saturating_sub(i64::from(days) * DAY_MS) + 1, now.ms()),
            Window::Between(from, to) => (from.at(now).ms(), to.at(now).ms() - 1),
        }
    }
}

/// Another segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentRef {
    /// By number: how rules are stored, so that a new name changes nothing.
    Id(i64),
    /// By name: how people write; to be resolved before the rule is stored or run.
    Name(String),
}
