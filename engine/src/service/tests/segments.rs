//! Segments: what is refused, what a disabled one means, and counts.

use super::*;
use domain::{
    problem::Detail,
    segment::{SegmentChange, SegmentState},
};

const A: &str = r#"attr.group = "a""#;

fn rule_change(rule: &str) -> SegmentChange {
    SegmentChange {
        name: None,
        rule: Some(rule.to_owned()),
    }
}

fn name_change(name: &str) -> SegmentChange {
    SegmentChange {
        name: Some(name.to_owned()),
        rule: None,
    }
}

#[tokio::test]
async fn a_new_segment_is_canonical_counted_and_refers_by_number() {
    let house = House::new().await;
    house.member("u1", "a").await;
    house.member("u2", "b").await;
    let vip = house.rule(" VIP ", r#"ATTR.group IN ("a")"#).await;
    assert_eq!(
        (vip.name.as_str(), vip.rule.as_deref()),
        ("VIP", Some(r#"attr.group in ("a")"#))
    );
    assert_eq!(vip.count.map(|count| (count.value, count.exact)), Some((1, true)));
    let rest = house.rule("Rest", r#"not in segment "VIP""#).await;
    let renamed = house
        .engine
        .update_segment(&admin(), house.main, vip.id, name_change("Best"))
        .await
        .expect("renamed");
    assert_eq!((renamed.name.as_str(), renamed.version), ("Best", 2));
    let rest = house
        .engine
        .segment(&admin(), house.main, rest.id)
        .await
        .expect("a segment");
    assert_eq!(rest.rule.as_deref(), Some(r#"not in segment "Best""#));
    let by_name = house
        .engine
        .segment_by_name(&admin(), house.main, "Rest")
        .await
        .expect("a segment");
    assert_eq!(by_name.id, rest.id);
    assert_eq!(
        code(house.engine.segment_by_name(&admin(), house.main, "rest").await),
        Code::NotFound
    );
}

#[tokio::test]
async fn what_cannot_be_a_segment_is_refused() {
    let house = House::new().await;
    house.rule("A", A).await;
    assert_eq!(code(house.try_rule("A", A).await), Code::NameTaken);
    assert_eq!(code(house.try_rule("  ", A).await), Code::Invalid);
    let refused = problem(house.try_rule("B", "emial is set").await);
    assert_eq!(
        (refused.code, refused.field.as_deref()),
        (Code::RuleInvalid, Some("rule"))
    );
    assert_eq!(
        refused.details.get("suggestion"),
        Some(&Detail::Text("email".to_owned()))
    );
    assert_eq!(refused.details.get("position"), Some(&Detail::Number(0)));
    assert_eq!(
        code(house.try_rule("B", r#"in segment "Nobody""#).await),
        Code::RuleInvalid
    );
    assert_eq!(
        code(house.try_rule("B", "in segment #999").await),
        Code::RuleInvalid
    );
    let no_rule = SegmentSpec {
        name: "B".into(),
        kind: SegmentKind::Rule,
        rule: None,
    };
    assert_eq!(
        code(house.engine.create_segment(&admin(), house.main, no_rule).await),
        Code::Invalid
    );
    let ruled_list = SegmentSpec {
        name: "B".into(),
        kind: SegmentKind::List,
        rule: Some(A.into()),
    };
    assert_eq!(
        code(
            house
                .engine
                .create_segment(&admin(), house.main, ruled_list)
                .await
        ),
        Code::Invalid
    );
    let viewer = person_with(Role::Viewer);
    let spec = SegmentSpec {
        name: "B".into(),
        kind: SegmentKind::Manual,
        rule: None,
    };
    assert_eq!(
        code(house.engine.create_segment(&viewer, house.main, spec).await),
        Code::Forbidden
    );
    assert_eq!(
        house
            .engine
            .segments(&viewer, house.main, true)
            .await
            .expect("segments")
            .len(),
        1
    );
}

#[tokio::test]
async fn a_circle_is_refused_even_through_a_disabled_segment() {
    let house = House::new().await;
    let a = house.rule("A", A).await;
    let b = house.rule("B", r#"in segment "A""#).await;
    let c = house.rule("C", r#"in segment "B" or email is set"#).await;
    for rule in [
        r#"in segment "A""#,
        r#"not in segment "B""#,
        r#"email is set and in segment "C""#,
    ] {
        let refused = house
            .engine
            .update_segment(&admin(), house.main, a.id, rule_change(rule))
            .await;
        assert_eq!(code(refused), Code::RuleCycle, "{rule}");
    }
    house
        .engine
        .disable_segment(&admin(), house.main, b.id)
        .await
        .expect("disabled");
    let refused = house
        .engine
        .update_segment(&admin(), house.main, a.id, rule_change(r#"in segment "C""#))
        .await;
    assert_eq!(code(refused), Code::RuleCycle);
    let changed = house
        .engine
        .update_segment(&admin(), house.main, c.id, rule_change("email is set"))
        .await;
    assert_eq!(changed.expect("changed").rule.as_deref(), Some("email is set"));
}

#[tokio::test]
async fn what_is_used_stays_and_the_refusal_names_the_uses() {
    let house = House::new().await;
    let a = house.rule("A", A).await;
    let b = house.rule("B", r#"in segment "A""#).await;
    let refused = problem(house.engine.delete_segment(&admin(), house.main, a.id).await);
    assert_eq!(refused.code, Code::InUse);
    assert_eq!(
        refused.details.get("used_by"),
        Some(&Detail::List(vec!["B".to_owned()]))
    );
    house
        .engine
        .delete_segment(&admin(), house.main, b.id)
        .await
        .expect("deleted");
    house
        .engine
        .delete_segment(&admin(), house.main, a.id)
        .await
        .expect("deleted");
    assert_eq!(
        code(house.engine.segment(&admin(), house.main, a.id).await),
        Code::NotFound
    );
    assert_eq!(
        code(house.engine.delete_segment(&admin(), house.main, a.id).await),
        Code::NotFound
    );
}

#[tokio::test]
async fn a_removed_list_leaves_no_members() {
    let house = House::new().await;
    let list = house.list("List").await;
    let ada = house.member("ada", "a").await;
    test_people::join(&house.engine.inner.store, list.id, ada).await;
    assert_eq!(house.count(list.id).await, 1);
    house
        .engine
        .delete_segment(&admin(), house.main, list.id)
        .await
        .expect("deleted");
    assert_eq!(
        test_people::stored_members(&house.engine.inner.store, list.id).await,
        0
    );
}

#[tokio::test]
async fn nobody_joins_a_disabled_segment_and_the_deleted_leave_its_count() {
    let house = House::new().await;
    let ada = house.member("ada", "a").await;
    let bob = house.member("bob", "a").await;
    let eve = house.member("eve", "b").await;
    let a = house.rule("A", A).await;
    let leaning = house.rule("Not A", r#"not in segment "A""#).await;
    let disabled = house
        .engine
        .disable_segment(&admin(), house.main, a.id)
        .await
        .expect("disabled");
    assert_eq!(
        (disabled.state, disabled.version, disabled.count.map(|c| c.value)),
        (SegmentState::Disabled, 2, Some(2))
    );
    assert!(disabled.disabled_at.is_some());
    let store = &house.engine.inner.store;
    test_people::set_attributes(store, eve, r#"{"group":"a"}"#).await;
    test_people::set_attributes(store, bob, r#"{"group":"b"}"#).await;
    assert_eq!((house.count(a.id).await, house.count(leaning.id).await), (2, 1));
    test_people::remove(store, ada).await;
    assert_eq!((house.count(a.id).await, house.count(leaning.id).await), (1, 1));

    assert_eq!(
        house
            .engine
            .segments(&admin(), house.main, false)
            .await
            .expect("segments")
            .len(),
        1
    );
    assert_eq!(
        house
            .engine
            .segments(&admin(), house.main, true)
            .await
            .expect("segments")
            .len(),
        2
    );
    let refused = house
        .engine
        .update_segment(&admin(), house.main, a.id, rule_change("email is set"))
        .await;
    assert_eq!(code(refused), Code::SegmentDisabled);
    house
        .engine
        .update_segment(&admin(), house.main, a.id, name_change("A2"))
        .await
        .expect("renamed");

    let enabled = house
        .engine
        .enable_segment(&admin(), house.main, a.id)
        .await
        .expect("enabled");
    assert_eq!(
        (enabled.state, enabled.disabled_at, enabled.count.map(|c| c.value)),
        (SegmentState::Enabled, None, Some(1))
    );
    assert_eq!(test_people::stored_members(store, a.id).await, 0);
    assert_eq!(house.count(leaning.id).await, 1);
    // Both are no change where it is so already.
    let again = house
        .engine
        .enable_segment(&admin(), house.main, a.id)
        .await
        .expect("enabled");
    assert_eq!(again.version, enabled.version);
}

#[tokio::test]
async fn disabling_takes_in_those_who_change_meanwhile() {
    let house = House::new().await;
    let a = house.rule("A", A).await;
    let mut ids = Vec::new();
    for n in 0..40 {
        ids.push(
            house
                .member(&format!("u{n}"), if n % 2 == 0 { "a" } else { "b" })
                .await,
        );
    }
    let changing = async {
        for id in &ids {
            test_people::set_attributes(&house.engine.inner.store, *id, r#"{"group":"a"}"#).await;
        }
    };
    let actor = admin();
    let (disabled, ()) = tokio::join!(house.engine.disable_segment(&actor, house.main, a.id), changing);
    // Whoever joined before it was disabled is in, whoever joined later is not; the stored members are the count.
    let count = disabled.expect("disabled").count.expect("a count").value;
    assert!((20..=40).contains(&count), "{count}");
    assert_eq!(house.count(a.id).await, count);
    assert_eq!(
        test_people::stored_members(&house.engine.inner.store, a.id).await,
        count
    );
}

#[tokio::test]
async fn members_half_written_by_a_process_that_died_are_cleared_at_the_start() {
    let house = House::new().await;
    let ada = house.member("ada", "b").await;
    let a = house.rule("A", A).await;
    let store = &house.engine.inner.store;
    let mut tx = store.write().await.expect("a writer");
    crate::store::members::unsettle(&mut tx, a.id)
        .await
        .expect("a note");
    crate::store::members::apply(&mut tx, a.id, NOW, &[(ada.0, Some(true))])
        .await
        .expect("a member");
    tx.commit().await.expect("a commit");
    assert_eq!(test_people::stored_members(store, a.id).await, 1);
    let house = house.later(0).await;
    assert_eq!(
        test_people::stored_members(&house.engine.inner.store, a.id).await,
        0
    );
    let disabled = house
        .engine
        .disable_segment(&admin(), house.main, a.id)
        .await
        .expect("disabled");
    assert_eq!(disabled.count.map(|c| c.value), Some(0));
}

#[tokio::test]
async fn a_segment_with_an_unfinished_job_is_left_alone() {
    let house = House::new().await;
    let a = house.rule("A", A).await;
    test_people::job(&house.engine.inner.store, house.main, a.id.0, "freezing", 0, 0).await;
    let engine = &house.engine;
    assert!(
        engine
            .segment(&admin(), house.main, a.id)
            .await
            .expect("a segment")
            .job
            .is_some()
    );
    assert_eq!(
        code(
            engine
                .update_segment(&admin(), house.main, a.id, name_change("B"))
                .await
        ),
        Code::SegmentBusy
    );
    assert_eq!(
        code(engine.delete_segment(&admin(), house.main, a.id).await),
        Code::SegmentBusy
    );
    assert_eq!(
        code(engine.enable_segment(&admin(), house.main, a.id).await),
        Code::SegmentBusy
    );
    assert_eq!(
        code(engine.disable_segment(&admin(), house.main, a.id).await),
        Code::SegmentBusy
    );
    test_people::end_jobs(&house.engine.inner.store, a.id.0).await;
    engine
        .disable_segment(&admin(), house.main, a.id)
        .await
        .expect("disabled");
}

#[tokio::test]
async fn a_preview_counts_and_shows_the_first_and_writes_nothing() {
    let house = House::new().await;
    for n in 0..12 {
        house
            .member(&format!("u{n:02}"), if n < 9 { "a" } else { "b" })
            .await;
    }
    let preview = house
        .engine
        .preview(&admin(), house.main, "attr.group=\"a\"")
        .await
        .expect("a preview");
    assert_eq!((preview.rule.as_str(), preview.count), (A, 9));
    let titles: Vec<_> = preview.sample.iter().map(|row| row.title.as_str()).collect();
    assert_eq!(titles, ["u00", "u01", "u02", "u03", "u04"]);
    let few = house
        .engine
        .preview(&admin(), house.main, r#"attr.group = "b""#)
        .await
        .expect("a preview");
    assert_eq!((few.count, few.sample.len()), (3, 3));
    let all = house
        .engine
        .preview(&admin(), house.main, "")
        .await
        .expect("a preview");
    assert_eq!(all.count, 12);
    assert_eq!(
        code(house.engine.preview(&admin(), house.main, "group = 1").await),
        Code::RuleInvalid
    );
    assert!(
        house
            .engine
            .segments(&admin(), house.main, true)
            .await
            .expect("segments")
            .is_empty()
    );
}

#[tokio::test]
async fn stale_counts_are_refreshed_and_fresh_ones_left() {
    let house = House::new().await;
    let a = house.rule("A", A).await;
    house.member("ada", "a").await;
    let fresh = house
        .engine
        .refresh_stale_counts(house.main, NOW)
        .await
        .expect("refreshed");
    assert_eq!(fresh, 0);
    let refreshed = house
        .engine
        .refresh_stale_counts(house.main, NOW.plus_ms(60_000))
        .await
        .expect("refreshed");
    assert_eq!(refreshed, 1);
    let count = house
        .engine
        .segment(&admin(), house.main, a.id)
        .await
        .expect("a segment")
        .count;
    assert_eq!(count.map(|count| count.value), Some(1));
}

#[tokio::test]
async fn who_has_to_be_looked_at_is_looked_at_without_the_lock() {
    let house = House::new().await;
    house.member("u1", "b").await;
    let a = house.rule("A", A).await;
    let store = &house.engine.inner.store;
    let order = crate::service::stored_members::Order {
        dataset: house.main,
        segment: a.id,
        who: &crate::store::targets::Membership::Listed(a.id.0),
        base: None,
        since: None,
        at: NOW,
    };
    // Somebody else writes all the while: nobody needs a row, so the scan needs no lock.
    let writing = store.write().await.expect("a writer");
    let looked = tokio::time::timeout(
        std::time::Duration::from_secs(30),
        house.engine.first_round(&order),
    );
    let seen = looked.await.expect("in the meantime").expect("a round").1;
    drop(writing);
    // Who changes from there on stays in the log as long as somebody needs it, also when the copy has passed.
    let kept = house.engine.inner.warehouse.keep_log();
    let ada = house.member("ada", "a").await;
    let warehouse = &house.engine.inner.warehouse;
    warehouse.catch_up(store).await.expect("copied");
    let changed = async || {
        let mut conn = store.read().await.expect("a reader");
        crate::store::members::changed(&mut conn, house.main, seen, 0).await
    };
    assert_eq!(changed().await.expect("changes"), [ada.0]);
    drop(kept);
    warehouse.catch_up(store).await.expect("copied");
    assert_eq!(changed().await.expect("changes"), Vec::<i64>::new());
}
