//! What holds of every rule: texts and trees are two forms of one thing, nothing crashes, nothing is undecided.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "rule/arbitrary.rs"]
mod arbitrary;

use arbitrary::{NOW, people, rules};
use domain::rule::{EvalContext, Rule, eval, matches_everyone_trivially, parse};
use domain::time::Timestamp;
use proptest::prelude::*;

fn nobody_in(now: Timestamp) -> EvalContext<'static> {
    EvalContext {
        now,
        in_segment: &|_| false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_reads_back_as_the_same_rule(rule in rules(vec![1, 2])) {
        let text = rule.to_string();
        prop_assert_eq!(parse(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?, rule);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn words_in_any_order_are_read_or_refused(words in prop::collection::vec(prop::sample::select(vec![
        "not", "(", ")", "and", "or", "in", "segment", "\"a\"", "#1", "count", "sum", "a", ".", "value", "where", ",",
        "last", "between", "1", "-2.5", "days", "ago", "2017-10-01", "is", "set", "attr", "email", "=", "<", "bucket",
    ]), 0..24)) {
        let text = words.join(" ");
        if let Ok(rule) = parse(&text) {
            prop_assert_eq!(parse(&rule.to_string()), Ok(rule));
        }
    }

    #[test]
    fn damaged_rules_are_read_or_refused(rule in rules(vec![1]), at in any::<prop::sample::Index>(), put in any::<Option<char>>()) {
        let mut chars: Vec<char> = rule.to_string().chars().collect();
        let at = at.index(chars.len());
        match put {
            Some(c) => chars.insert(at, c),
            None => { chars.remove(at); }
        }
        let text: String = chars.into_iter().collect();
        match parse(&text) {
            Ok(rule) => prop_assert_eq!(parse(&rule.to_string()), Ok(rule)),
            Err(error) => prop_assert!(error.position as usize <= text.chars().count()),
        }
    }

    #[test]
    fn any_text_passes_through_quotes_unharmed(text in any::<String>(), name in "[^\\x00-\\x1f\\x7f-\\x9f\"\\\\]{1,30}") {
        prop_assume!(text.len() <= 1024);
        let rule = Rule::Is(domain::rule::Condition::Field {
            field: domain::rule::Field::Attribute(name),
            test: domain::rule::Test::Compare { op: domain::rule::Op::Eq, value: domain::rule::Literal::Text(text) },
        });
        prop_assert_eq!(parse(&rule.to_string()), Ok(rule));
    }

    #[test]
    fn a_rule_or_its_negation_holds(rule in rules(vec![1]), person in people()) {
        let context = nobody_in(NOW);
        let negated = Rule::Not(Box::new(rule.clone()));
        prop_assert_ne!(eval(&rule, &person, &context), eval(&negated, &person, &context));
        if matches_everyone_trivially(&rule) {
            prop_assert!(eval(&rule, &person, &context));
        }
    }
}
