//! What a report says of a small job, worked out by hand.

use super::*;
use crate::{metric::KindSum, micros::Micros};

fn bought(events: i64, cents: i64) -> KindSum {
    KindSum {
        events,
        value: Micros::from_micros(cents * 10_000),
    }
}

fn measured() -> Measured {
    let mut totals = Accumulated::default();
    totals.kinds[Kind::Purchase as usize] = bought(3, 3_001);
    let people = |profiles, events, cents| {
        let mut it = Aggregated {
            profiles,
            ..Aggregated::default()
        };
        it.kinds[Kind::Purchase as usize] = bought(events, cents);
        it
    };
    Measured {
        before_at: Some(Timestamp::from_ms(1)),
        totals_before: Some(totals.clone()),
        people_before: Some(people(5, 3, 3_001)),
        after_at: Some(Timestamp::from_ms(2)),
        totals_after: Some(totals),
        people_after: Some(people(4, 2, 2_001)),
        went: Some(people(2, 1, 1_000)),
        projected: BTreeMap::new(),
    }
}

fn line<'a>(lines: &'a [Line], name: &str) -> &'a Line {
    lines.iter().find(|line| line.name == name).expect(name)
}

#[test]
fn a_line_says_what_went_and_what_came() {
    let lines = lines(&measured(), &BTreeMap::new(), "USD");
    let profiles = line(&lines, "profiles");
    assert_eq!(
        (profiles.before, profiles.after, profiles.change),
        (Some(5), Some(4), Some(-1))
    );
    assert_eq!(
        profiles.reason,
        "2 went with the deleted people; 1 came from others, meanwhile."
    );
    let value = line(&lines, "purchase_value");
    assert_eq!(
        (value.change, value.reason.as_str()),
        (Some(-10_000_000), "10.00 USD went with the deleted people.")
    );
    let total = line(&lines, "revenue_total");
    assert_eq!((total.before, total.change), (Some(30_010_000), Some(0)));
    assert_eq!(total.basis, Basis::Accumulated);
}

#[test]
fn what_was_not_counted_before_is_worked_out() {
    let counted = measured();
    let short = Measured {
        people_before: None,
        ..counted
    };
    assert!(short.worked_out());
    let lines = lines(&short, &BTreeMap::new(), "USD");
    let profiles = line(&lines, "profiles");
    assert_eq!(
        (profiles.before, profiles.reason.as_str()),
        (Some(6), "2 went with the deleted people.")
    );
}

#[test]
fn before_the_end_only_one_side_is_known() {
    let half = Measured {
        after_at: None,
        totals_after: None,
        people_after: None,
        went: None,
        ..measured()
    };
    let lines = lines(&half, &BTreeMap::new(), "USD");
    assert!(
        lines
            .iter()
            .all(|line| line.after.is_none() && line.before.is_some())
    );
}
