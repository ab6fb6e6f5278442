//! Questions about a rule itself: which segments it leans on, whether it says anything at all, whether it moves with
//! the clock.

use std::collections::BTreeSet;

use thiserror::Error;

use super::ast::{
    AggregateKind, Condition, Field, Literal, Moment, Op, Property, Rule, SegmentRef, Test, Window,
};
use super::print::quoted;
use crate::value::Number;

/// A rule names a segment that the dataset does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no segment named {} in this dataset", quoted(name))]
pub struct UnknownSegment {
    /// The name as written.
    pub name: String,
}

/// Replaces names of segments by numbers, which `number_of` gives. Where the names are all at hand,
/// [`super::parse_with_segments`] does it while reading and can say where a wrong name stands.
///
/// # Errors
/// The first unknown name; the names before it are replaced by then.
pub fn resolve_names(rule: &mut Rule, number_of: impl Fn(&str) -> Option<i64>) -> Result<(), UnknownSegment> {
    resolve(rule, &number_of)
}

fn resolve(rule: &mut Rule, number_of: &dyn Fn(&str) -> Option<i64>) -> Result<(), UnknownSegment> {
    match rule {
        Rule::And(parts) | Rule::Or(parts) => parts.iter_mut().try_for_each(|part| resolve(part, number_of)),
        Rule::Not(inner) => resolve(inner, number_of),
        Rule::Is(Condition::InSegment(segment)) => {
            if let SegmentRef::Name(name) = segment {
                match number_of(name) {
                    Some(id) => *segment = SegmentRef::Id(id),
                    None => return Err(UnknownSegment { name: name.clone() }),
                }
            }
            Ok(())
        }
        Rule::All | Rule::Is(_) => Ok(()),
    }
}

/// The numbers of the segments that the rule names itself, ascending, each once. What those lean on is not followed.
pub fn segments_of(rule: &Rule) -> Vec<i64> {
    let mut found = BTreeSet::new();
    each_condition(rule, &mut |condition| {
        if let Condition::InSegment(SegmentRef::Id(id)) = condition {
            found.insert(*id);
        }
    });
    found.into_iter().collect()
}

/// Whether the rule can match other people tomorrow though nobody changed: `N days ago`, `last N days`.
pub fn uses_relative_time(rule: &Rule) -> bool {
    let mut found = false;
    each_condition(rule, &mut |condition| {
        found |= match condition {
            Condition::Field { test, .. } => is_relative(test),
            Condition::Aggregate { aggregate, test } => {
                let window = match aggregate.window {
                    None => false,
                    Some(Window::LastDays(_)) => true,
                    Some(Window::Between(from, to)) => {
                        [from, to].iter().any(|m| matches!(m, Moment::Ago { .. }))
                    }
                };
                window
                    || is_relative(test)
                    || aggregate.filters.iter().any(|filter| is_relative(&filter.test))
            }
            Condition::InSegment(_) | Condition::Bucket { .. } => false,
        }
    });
    found
}

/// Whether the rule names the campaign: counts its impressions, looks for its clicks and the like. A comparison that only
/// happens to match its id (`starts_with`) is no mention.
pub fn reads_campaign(rule: &Rule, campaign: &str) -> bool {
    let mut found = false;
    each_condition(rule, &mut |condition| {
        if let Condition::Aggregate { aggregate, .. } = condition {
            let mut filters = aggregate.filters.iter();
            found |= filters.any(|filter| {
                let mut literals = filter.test.literals().into_iter();
                filter.property == Property::CampaignId
                    && literals.any(|literal| matches!(literal, Literal::Text(text) if text == campaign))
            });
        }
    });
    found
}

fn is_relative(test: &Test) -> bool {
    test.literals()
        .iter()
        .any(|literal| matches!(literal, Literal::Time(Moment::Ago { .. })))
}

fn each_condition<'a>(rule: &'a Rule, visit: &mut dyn FnMut(&'a Condition)) {
    match rule {
        Rule::All => {}
        Rule::And(parts) | Rule::Or(parts) => parts.iter().for_each(|part| each_condition(part, visit)),
        Rule::Not(inner) => each_condition(inner, visit),
        Rule::Is(condition) => visit(condition),
    }
}

/// Whether the rule's form alone says that it matches everyone: empty, `bucket(0, 100)`, `x or not x`, `x is set or x
/// is not set`, `created is set`, `count(…) >= 0`, and what is made of such parts. It never says so wrongly; that a
/// rule happens to match everyone at present only counting can tell.
pub fn matches_everyone_trivially(rule: &Rule) -> bool {
    constant(rule) == Some(true)
}

/// The value that the rule has for everyone, where its form shows it.
fn constant(rule: &Rule) -> Option<bool> {
    match rule {
        Rule::All => Some(true),
        // By De Morgan, one routine does for both: what decides an `or` is true, what decides an `and` is false.
        Rule::Or(parts) => constant_join(parts, true),
        Rule::And(parts) => constant_join(parts, false),
        Rule::Not(inner) => constant(inner).map(|value| !value),
        Rule::Is(condition) => constant_condition(condition),
    }
}

fn constant_join(parts: &[Rule], deciding: bool) -> Option<bool> {
    let values: Vec<Option<bool>> = parts.iter().map(constant).collect();
    if values.contains(&Some(deciding)) {
        return Some(deciding);
    }
    if values.iter().all(|value| *value == Some(!deciding)) {
        return Some(!deciding);
    }
    // Quadratic, over the few hundred parts that a rule may have.
    let opposed = parts
        .iter()
        .enumerate()
        .any(|(i, a)| parts.iter().skip(i + 1).any(|b| are_opposites(a, b)));
    opposed.then_some(deciding)
}

/// Whether exactly one of two rules holds for each person, by their form.
fn are_opposites(a: &Rule, b: &Rule) -> bool {
    let negates = |not: &Rule, other: &Rule| matches!(not, Rule::Not(inner) if **inner == *other);
    if negates(a, b) || negates(b, a) {
        return true;
    }
    let (Rule::Is(a), Rule::Is(b)) = (a, b) else {
        return false;
    };
    let set_and_not_set = |a: &Test, b: &Test| matches!((a, b), (Test::IsSet { negated: a }, Test::IsSet { negated: b }) if a != b);
    match (a, b) {
        (Condition::Field { field: a, test: s }, Condition::Field { field: b, test: t }) => {
            a == b && set_and_not_set(s, t)
        }
        (
            Condition::Aggregate {
                aggregate: a,
                test: s,
            },
            Condition::Aggregate {
                aggregate: b,
                test: t,
            },
        ) => a == b && set_and_not_set(s, t),
        _ => false,
    }
}

fn constant_condition(condition: &Condition) -> Option<bool> {
    match condition {
        Condition::Bucket { from, to } => (*from == 0 && *to >= 10_000).then_some(true),
        Condition::InSegment(_) => None,
        Condition::Field {
            field: Field::Created | Field::Anonymous,
            test: Test::IsSet { negated },
        } => Some(!negated),
        Condition::Field {
            field: Field::Anonymous,
            test,
        } => constant_flag(test),
        Condition::Field { .. } => None,
        Condition::Aggregate { aggregate, test } if aggregate.kind == AggregateKind::Count => {
            constant_count(test)
        }
        Condition::Aggregate { .. } => None,
    }
}

/// A list that names both true and false.
fn constant_flag(test: &Test) -> Option<bool> {
    match test {
        Test::In { negated, values } => {
            let both = values.contains(&Literal::Bool(true)) && values.contains(&Literal::Bool(false));
            both.then_some(!negated)
        }
        _ => None,
    }
}

/// A count is never below zero.
fn constant_count(test: &Test) -> Option<bool> {
    let zero = Number::parse("0")?;
    match test {
        Test::Compare {
            op,
            value: Literal::Number(number),
        } => match op {
            Op::Ge if *number <= zero => Some(true),
            Op::Gt | Op::Ne if *number < zero => Some(true),
            Op::Lt if *number <= zero => Some(false),
            Op::Le | Op::Eq if *number < zero => Some(false),
            _ => None,
        },
        _ => None,
    }
}
