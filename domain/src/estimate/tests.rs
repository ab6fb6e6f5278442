//! Tests of the estimate: what it rests on, and that its range always holds what it expects.

use super::*;
use proptest::prelude::*;

fn job(profiles: i64, deleting_ms: i64) -> Finished {
    Finished {
        profiles,
        rows: profiles * (ROWS_A_PERSON + 5),
        deleting_ms,
        around_ms: Some(100),
    }
}

fn of<'a>(profiles: i64, finished: &'a [Finished]) -> Question<'a> {
    Question {
        profiles,
        events: profiles * 5,
        finished,
        ..Question::default()
    }
}

#[test]
fn without_history_the_documented_rate_is_the_basis() {
    let e = estimate(&of(18_196, &[]));
    assert_eq!(
        (e.basis, e.documented_seconds, e.seconds_low, e.seconds_high),
        (Basis::Documented, 182, 181, 182)
    );
}

#[test]
fn history_gives_a_range_that_holds_the_middle() {
    let jobs = [job(10_000, 100), job(10_000, 200)];
    let e = estimate(&of(1_000_000, &jobs));
    assert_eq!((e.basis, e.jobs), (Basis::Measured, 2));
    assert!(e.seconds_low <= 10 && e.seconds_high >= 20, "{e:?}");
    assert_eq!(e.expected_ms, 15_100);
}

#[test]
fn people_with_many_events_take_longer() {
    let jobs = [job(10_000, 100)];
    let few = estimate(&of(100_000, &jobs));
    let many = Question {
        events: 5_000_000,
        ..of(100_000, &jobs)
    };
    assert!(estimate(&many).expected_ms > 4 * few.expected_ms);
}

#[test]
fn a_limit_set_by_the_person_is_the_rate() {
    let jobs = [job(10_000, 100)];
    let asked = Question {
        max_rate: Some(300),
        ..of(3_000, &jobs)
    };
    let e = estimate(&asked);
    assert!(
        e.seconds_low >= 10 && e.seconds_high <= 12 && e.rate <= 300.0,
        "{e:?}"
    );
}

#[test]
fn small_jobs_say_nothing_and_a_trial_stands_in() {
    let small = [job(PROFILES_MIN - 1, 1)];
    let trial = Trial {
        rows: 4_500,
        micros: 9_000,
    };
    let asked = Question {
        trial: Some(trial),
        ..of(100_000, &small)
    };
    let e = estimate(&asked);
    assert_eq!((e.basis, e.jobs), (Basis::Probed, 0));
    // 900,000 rows at 2 µs a row are 1.8 s, and about twice that on a disk.
    assert_eq!(e.expected_ms, 3_800);
}

#[test]
fn waiting_for_the_warehouse_is_part_of_it() {
    let jobs = [job(10_000, 100)];
    let asked = Question {
        copy_ms: 60_000,
        ..of(10_000, &jobs)
    };
    let e = estimate(&asked);
    assert!(e.seconds_low >= 60 && e.copy_seconds == 60, "{e:?}");
}

fn finished() -> impl Strategy<Value = Finished> {
    (
        1_i64..5_000_000,
        0_i64..50,
        0_i64..10_000_000,
        prop::option::of(0_i64..60_000),
    )
        .prop_map(|(profiles, events, deleting_ms, around_ms)| Finished {
            profiles,
            rows: profiles * (ROWS_A_PERSON + events),
            deleting_ms,
            around_ms,
        })
}

fn trial() -> impl Strategy<Value = Option<Trial>> {
    prop::option::of((1_i64..100_000, 1_i64..60_000).prop_map(|(rows, micros)| Trial { rows, micros }))
}

proptest! {
    #[test]
    fn the_range_holds_what_is_expected_whatever_it_rests_on(
        profiles in 0_i64..100_000_000, events in 0_i64..1_000_000_000, max_rate in prop::option::of(1_i64..1_000_000),
        finished in prop::collection::vec(finished(), 0..8), trial in trial(), copy_ms in 0_i64..10_000_000, store_bytes in 0_i64..1_000_000_000_000
    ) {
        let asked = Question { profiles, events, max_rate, finished: &finished, trial, copy_ms, store_bytes };
        let e = estimate(&asked);
        prop_assert!(e.seconds_low >= 0 && e.rate.is_finite() && e.rate > 0.0 || profiles == 0, "{:?}", e);
        prop_assert!(e.seconds_low * 1_000 <= e.expected_ms && e.expected_ms <= e.seconds_high * 1_000, "{:?}", e);
        if let Some(limit) = max_rate {
            prop_assert!(e.expected_ms + 1 >= profiles * 1_000 / limit, "faster than its limit: {:?}", e);
            prop_assert!(e.rate <= lossy(limit) * 1.000_001 || profiles == 0, "{:?}", e);
        }
    }

    #[test]
    fn more_people_never_take_less_time(
        a in 0_i64..10_000_000, b in 0_i64..10_000_000, events in 0_i64..20,
        finished in prop::collection::vec(finished(), 0..8), trial in trial()
    ) {
        let of = |profiles: i64| estimate(&Question { profiles, events: profiles * events, finished: &finished, trial, ..Question::default() });
        let (few, many) = (of(a.min(b)), of(a.max(b)));
        prop_assert!(few.expected_ms <= many.expected_ms && few.seconds_high <= many.seconds_high);
    }

    #[test]
    fn a_lower_limit_never_takes_less_time(profiles in 1_i64..10_000_000, a in 1_i64..1_000_000, b in 1_i64..1_000_000) {
        let jobs = [job(10_000, 100)];
        let at = |rate| estimate(&Question { max_rate: Some(rate), ..of(profiles, &jobs) }).expected_ms;
        prop_assert!(at(a.min(b)) >= at(a.max(b)));
    }
}
