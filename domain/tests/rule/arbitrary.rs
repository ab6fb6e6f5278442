//! Random rules and random people, drawn from small stocks so that they meet often. Shared by the tests of the language
//! (domain) and of its SQL (engine); knows neither.

use std::collections::BTreeMap;

use domain::micros::Micros;
use domain::rule::{
    Aggregate, AggregateKind, Condition, Field, Filter, Literal, Measure, Moment, Op, Person, PersonEvent,
    Property, Rule, SegmentRef, Test, Unit, Window,
};
use domain::time::Timestamp;
use domain::value::{Number, Value};
use proptest::prelude::*;
use proptest::sample::select;

/// 2026-06-30T12:34:56.789Z: the time of every evaluation.
pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_782_822_896_789);

/// Texts that have hurt somebody's queries, and some that are near each other.
const TEXTS: [&str; 24] = [
    "a",
    "b",
    "ab",
    "ba",
    "A",
    "é",
    "e\u{301}",
    "",
    " ",
    "a b",
    "x\"y\\z",
    "\\",
    "\"",
    "'; DROP TABLE profiles; --",
    "$.\"a\"",
    "a\0b",
    "b\0",
    "\0",
    "%",
    "a_",
    "12",
    "true",
    "2017-10-01",
    "𝒳\u{ffff}",
];
const NAMES: [&str; 5] = ["a", "b", "Any name", "$.'; --", "select"];
const KINDS: [&str; 4] = ["purchase", "visit", "Order \"Completed\"", "'; --"];
const EMAILS: [&str; 4] = ["ann@example.org", "bob@example.org", "zoé@example.org", "x"];
const NUMBERS: [&str; 16] = [
    "0",
    "1",
    "-1",
    "2",
    "3",
    "2.5",
    "0.1",
    "0.3",
    "-0.0000001",
    "0.0000001",
    "1.000001",
    "1.0000015",
    "999999999999999",
    "-999999999999999",
    "0.12345678901234",
    "123456.789012345",
];

fn one_of<T: Clone + std::fmt::Debug + 'static>(stock: &[T]) -> impl Strategy<Value = T> + use<T> {
    select(stock.to_vec())
}

fn texts() -> impl Strategy<Value = String> {
    one_of(&TEXTS).prop_map(str::to_owned)
}

fn numbers() -> impl Strategy<Value = Number> {
    let near = (-12_i64..12, 0_u32..3).prop_map(|(n, places)| format!("{n}e-{places}"));
    let drawn = prop_oneof![4 => one_of(&NUMBERS).prop_map(str::to_owned), 1 => near];
    drawn.prop_map(|text| Number::from_json(&text).unwrap())
}

/// Times near the edges that rules ask about.
fn times() -> impl Strategy<Value = Timestamp> {
    let back = one_of(&[
        0,
        1,
        60_000,
        3_600_000,
        86_400_000,
        2 * 86_400_000,
        7 * 86_400_000,
        86_400_000 * 365,
    ]);
    let edge = prop_oneof![3 => (back, -1_i64..=1).prop_map(|(ms, off)| NOW.minus_ms(ms + off)),
        1 => one_of(&["2026-06-28", "2026-06-29", "2026-05-30", "1969-12-31"])
            .prop_map(|day| Timestamp::parse_date(day).unwrap())];
    edge.boxed()
}

fn moments(dates: bool) -> impl Strategy<Value = Moment> {
    let units = [
        Unit::Minute,
        Unit::Hour,
        Unit::Day,
        Unit::Week,
        Unit::Month,
        Unit::Year,
    ];
    let ago = (0_u32..3, select(units.to_vec())).prop_map(|(amount, unit)| Moment::Ago { amount, unit });
    prop_oneof![
        times().prop_map(Moment::Instant),
        ago,
        times().prop_map(move |t| if dates {
            Moment::Date(Timestamp::from_day(t.day()))
        } else {
            Moment::Instant(t)
        }),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Any,
    Text,
    Email,
    Number,
    Bool,
    Time,
    Figure,
    FirstOrLast,
}

fn literals(of: Of, dates: bool) -> BoxedStrategy<Literal> {
    match of {
        Of::Text => texts().prop_map(Literal::Text).boxed(),
        Of::Email => one_of(&EMAILS)
            .prop_map(|text| Literal::Text(text.to_owned()))
            .boxed(),
        Of::Number | Of::Figure => numbers().prop_map(Literal::Number).boxed(),
        Of::Bool => any::<bool>().prop_map(Literal::Bool).boxed(),
        Of::Time | Of::FirstOrLast => moments(dates).prop_map(Literal::Time).boxed(),
        Of::Any => one_of(&[Of::Text, Of::Number, Of::Bool, Of::Time])
            .prop_flat_map(move |of| literals(of, dates))
            .boxed(),
    }
}

fn tests(of: Of) -> BoxedStrategy<Test> {
    let typed = if of == Of::Any {
        one_of(&[Of::Text, Of::Text, Of::Number, Of::Bool, Of::Time]).boxed()
    } else {
        Just(of).boxed()
    };
    typed
        .prop_flat_map(move |kind| {
            let equal = (one_of(&[Op::Eq, Op::Ne]), literals(kind, false))
                .prop_map(|(op, value)| Test::Compare { op, value });
            let mut choices = vec![equal.boxed()];
            if kind != Of::Bool {
                let ops = [Op::Lt, Op::Le, Op::Gt, Op::Ge];
                let ordered =
                    (one_of(&ops), literals(kind, true)).prop_map(|(op, value)| Test::Compare { op, value });
                let between = (literals(kind, true), literals(kind, true))
                    .prop_map(|(from, to)| Test::Between { from, to });
                choices.extend([ordered.boxed(), between.boxed()]);
            }
            if matches!(kind, Of::Text | Of::Email) {
                let ops = [Op::Contains, Op::StartsWith, Op::EndsWith];
                let part = (one_of(&ops), literals(kind, true))
                    .prop_filter("not empty", |(_, value)| *value != Literal::Text(String::new()));
                choices.push(part.prop_map(|(op, value)| Test::Compare { op, value }).boxed());
            }
            if !matches!(of, Of::Figure | Of::FirstOrLast) {
                let list = prop::collection::vec(literals(of, false), 1..4);
                choices.push(
                    (any::<bool>(), list)
                        .prop_map(|(negated, values)| Test::In { negated, values })
                        .boxed(),
                );
            }
            if of != Of::Figure {
                choices.push(any::<bool>().prop_map(|negated| Test::IsSet { negated }).boxed());
            }
            proptest::strategy::Union::new(choices)
        })
        .boxed()
}

fn fields() -> BoxedStrategy<Condition> {
    let fixed = [
        (Field::UserId, Of::Text),
        (Field::Email, Of::Email),
        (Field::Phone, Of::Text),
        (Field::Anonymous, Of::Bool),
        (Field::FirstSeen, Of::Time),
        (Field::LastSeen, Of::Time),
        (Field::Created, Of::Time),
    ];
    let attribute = one_of(&NAMES).prop_map(|name| (Field::Attribute(name.to_owned()), Of::Any));
    prop_oneof![one_of(&fixed), attribute]
        .prop_flat_map(|(field, of)| {
            tests(of).prop_map(move |test| Condition::Field {
                field: field.clone(),
                test,
            })
        })
        .boxed()
}

fn filters() -> BoxedStrategy<Filter> {
    let fixed = [
        (Property::CampaignId, Of::Text),
        (Property::Measure(Measure::Value), Of::Number),
        (Property::Measure(Measure::Quantity), Of::Number),
    ];
    let other = one_of(&NAMES).prop_map(|name| (Property::Other(name.to_owned()), Of::Any));
    prop_oneof![one_of(&fixed), other]
        .prop_flat_map(|(property, of)| {
            tests(of).prop_map(move |test| Filter {
                property: property.clone(),
                test,
            })
        })
        .boxed()
}

fn aggregates() -> BoxedStrategy<Condition> {
    let kinds = [
        AggregateKind::Count,
        AggregateKind::Sum(Measure::Value),
        AggregateKind::Sum(Measure::Quantity),
        AggregateKind::First,
        AggregateKind::Last,
    ];
    let window = prop_oneof![
        2 => Just(None),
        1 => one_of(&[1_u32, 2, 7, 365]).prop_map(|days| Some(Window::LastDays(days))),
        1 => (moments(true), moments(true)).prop_map(|(from, to)| Some(Window::Between(from, to))),
    ];
    (
        one_of(&kinds),
        one_of(&KINDS),
        prop::collection::vec(filters(), 0..3),
        window,
    )
        .prop_flat_map(|(kind, event, filters, window)| {
            let of = match kind {
                AggregateKind::Count | AggregateKind::Sum(_) => Of::Figure,
                AggregateKind::First | AggregateKind::Last => Of::FirstOrLast,
            };
            let aggregate = Aggregate {
                kind,
                event: event.to_owned(),
                filters,
                window,
            };
            tests(of).prop_map(move |test| Condition::Aggregate {
                aggregate: aggregate.clone(),
                test,
            })
        })
        .boxed()
}

/// Rules as the parser would give them; segments are drawn from `segments`.
pub(crate) fn rules(segments: Vec<i64>) -> BoxedStrategy<Rule> {
    let bucket = (0_u16..10_000)
        .prop_flat_map(|from| (from + 1..=10_000).prop_map(move |to| Condition::Bucket { from, to }));
    let mut leaves = vec![(6, fields()), (4, aggregates()), (1, bucket.boxed())];
    if !segments.is_empty() {
        let segment = select(segments).prop_map(|id| Condition::InSegment(SegmentRef::Id(id)));
        leaves.push((2, segment.boxed()));
    }
    let leaf = proptest::strategy::Union::new_weighted(leaves).prop_map(Rule::Is);
    leaf.prop_recursive(4, 16, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            parts().prop_map(|parts| flat(parts, true)),
            parts().prop_map(|parts| flat(parts, false)),
            inner.clone().prop_map(|rule| Rule::Not(Box::new(rule))),
        ]
    })
    .boxed()
}

/// Takes apart parts of the same kind, as the parser does.
fn flat(parts: Vec<Rule>, and: bool) -> Rule {
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

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => texts().prop_map(Value::Text),
        2 => numbers().prop_map(Value::Number),
        1 => any::<bool>().prop_map(Value::Bool),
        2 => times().prop_map(Value::Time),
        1 => one_of(&["[1,\"a\"]", "{\"t\":1}", "null"]).prop_map(|json| Value::Other(json.to_owned())),
    ]
}

fn properties() -> impl Strategy<Value = BTreeMap<String, Value>> {
    prop::collection::btree_map(one_of(&NAMES).prop_map(str::to_owned), values(), 0..4)
}

fn amounts() -> impl Strategy<Value = Option<Micros>> {
    let edges = one_of(&[
        0,
        1,
        -1,
        500_000,
        1_000_000,
        1_000_001,
        2_500_000,
        i64::MAX,
        i64::MIN,
    ]);
    prop::option::of(edges.prop_map(Micros::from_micros))
}

fn events() -> impl Strategy<Value = PersonEvent> {
    let campaign = prop::option::of(texts());
    (
        one_of(&KINDS),
        times(),
        amounts(),
        amounts(),
        campaign,
        properties(),
    )
        .prop_map(
            |(kind, at, value, quantity, campaign_id, properties)| PersonEvent {
                kind: kind.to_owned(),
                at,
                value,
                quantity,
                campaign_id,
                properties,
            },
        )
}

/// People with anything missing that may be missing.
pub(crate) fn people() -> impl Strategy<Value = Person> {
    let email = prop::option::of(one_of(&EMAILS).prop_map(str::to_owned));
    let identities = (prop::option::of(texts()), email, prop::option::of(texts()));
    let seen = (prop::option::of(times()), prop::option::of(times()), times());
    (
        identities,
        seen,
        0_u16..10_000,
        properties(),
        prop::collection::vec(events(), 0..6),
    )
        .prop_map(
            |((user_id, email, phone), (first_seen, last_seen, created), bucket, attributes, events)| {
                Person {
                    user_id,
                    email,
                    phone,
                    attributes,
                    first_seen,
                    last_seen,
                    created,
                    bucket,
                    events,
                }
            },
        )
}
