//! What the pages of segments offer: members by hand and by file, copies, what enabling would do, history, suggestions.

use super::*;
use crate::import::{ImportKind, ImportOptions, ListMode};
use domain::{
    membership::{Deed, Would},
    page::PageRequest,
    segment::{SegmentChange, SegmentState},
};
use std::io::Cursor;

const A: &str = r#"attr.group = "a""#;

async fn load(
    house: &House,
    id: SegmentId,
    mode: ListMode,
    rows: &str,
) -> Result<domain::membership::FileReport> {
    let input = Cursor::new(format!("user_id\n{rows}").into_bytes());
    let report = house
        .engine
        .load_members(&admin(), house.main, id, mode, input)
        .await?;
    let kept = house.engine.file_report(&admin(), house.main, id, report).await?;
    Ok(kept.expect("a report").report)
}

async fn history(house: &House, id: SegmentId) -> Vec<Deed> {
    let page = house
        .engine
        .segment_history(&admin(), house.main, id, PageRequest::default())
        .await;
    page.expect("a history")
        .items
        .into_iter()
        .map(|entry| entry.deed)
        .collect()
}

fn rule_change(rule: &str) -> SegmentChange {
    SegmentChange {
        name: None,
        rule: Some(rule.to_owned()),
    }
}

#[tokio::test]
async fn people_join_and_leave_by_any_identity_that_only_one_has() {
    let house = House::new().await;
    let list = house.list("List").await;
    let ada = house.member("ada", "a").await;
    house
        .person(TestPerson {
            identities: &[(IdentityKind::UserId, "bob"), (IdentityKind::Phone, "ada")],
            attributes: "{}",
            events: &[],
        })
        .await;
    let engine = &house.engine;
    let set = async |text: &str, member| {
        engine
            .set_member(&admin(), house.main, list.id, text, member)
            .await
    };
    assert!(set(" bob ", true).await.expect("joined"));
    assert!(!set("bob", true).await.expect("already in"));
    let counted = engine
        .segment(&admin(), house.main, list.id)
        .await
        .expect("a segment");
    assert_eq!(counted.count.map(|count| count.value), Some(1), "counted anew");
    assert_eq!(counted.version, 2, "what was shown of it before no longer holds");
    assert_eq!(code(set("ada", true).await), Code::SeveralKnown);
    assert_eq!(code(set("eve", true).await), Code::NobodyKnown);
    assert!(set("bob", false).await.expect("left"));
    assert!(!set("bob", false).await.expect("not in"));
    assert_eq!(house.count(list.id).await, 0);
    let ruled = house.rule("A", A).await;
    assert_eq!(
        code(
            engine
                .set_member(&admin(), house.main, ruled.id, "bob", true)
                .await
        ),
        Code::Invalid
    );
    assert_eq!(
        code(
            engine
                .set_member(&person_with(Role::Viewer), house.main, list.id, "bob", true)
                .await
        ),
        Code::Forbidden
    );
    engine
        .disable_segment(&admin(), house.main, list.id)
        .await
        .expect("disabled");
    assert_eq!(code(set("bob", true).await), Code::SegmentDisabled);
    assert_eq!(code(set("bob", false).await), Code::SegmentDisabled);
    let deeds = history(&house, list.id).await;
    assert!(
        matches!(deeds.as_slice(), [
        Deed::Disabled,
        Deed::Member { joined: false, profile },
        Deed::Member { joined: true, .. },
        Deed::Created { rule: None, copy_of: None },
    ] if *profile != ada),
        "{deeds:?}"
    );
    let audit = test_people::audit_text(&engine.inner.store).await;
    assert!(!audit.contains("bob"), "the audit log names nobody: {audit}");
}

#[tokio::test]
async fn a_file_replaces_adds_and_removes_and_its_report_stays() {
    let house = House::new().await;
    let list = house.list("List").await;
    for name in ["u1", "u2", "u3"] {
        house.member(name, "a").await;
    }
    let added = load(&house, list.id, ListMode::Add, "u1\nu2\nnobody\n")
        .await
        .expect("added");
    assert_eq!((added.accepted, added.moved, added.rejected), (2, 2, 1));
    assert_eq!(added.errors.iter().map(|note| note.line).collect::<Vec<_>>(), [4]);
    let replaced = load(&house, list.id, ListMode::Replace, "u3\n")
        .await
        .expect("replaced");
    assert_eq!((replaced.moved, house.count(list.id).await), (3, 1));
    let removed = load(&house, list.id, ListMode::Remove, "u3\n")
        .await
        .expect("removed");
    assert_eq!((removed.moved, house.count(list.id).await), (1, 0));
    // The name does not matter, and nothing of that name is made.
    let renamed = SegmentChange {
        name: Some("Other".to_owned()),
        rule: None,
    };
    house
        .engine
        .update_segment(&admin(), house.main, list.id, renamed)
        .await
        .expect("renamed");
    load(&house, list.id, ListMode::Add, "u1\n").await.expect("added");
    assert_eq!(
        house
            .engine
            .segments(&admin(), house.main, true)
            .await
            .expect("segments")
            .len(),
        1
    );
    let wrong = load(&house, list.id, ListMode::Replace, "nobody\n")
        .await
        .expect("a report");
    assert!(
        wrong
            .failed
            .as_ref()
            .is_some_and(|why| why.contains("left as it is")),
        "{wrong:?}"
    );
    assert_eq!(house.count(list.id).await, 1);
    let ruled = house.rule("A", A).await;
    assert_eq!(
        code(load(&house, ruled.id, ListMode::Add, "u1\n").await),
        Code::Invalid
    );
    let deeds = history(&house, list.id).await;
    let files: Vec<_> = deeds
        .iter()
        .filter_map(|deed| match deed {
            Deed::File {
                mode,
                joined,
                left,
                broke_off: false,
            } => Some((mode.as_str(), *joined, *left)),
            _ => None,
        })
        .collect();
    assert_eq!(
        files,
        [("add", 1, 0), ("remove", 0, 1), ("replace", 1, 2), ("add", 2, 0)]
    );
}

#[tokio::test]
async fn a_list_that_an_import_makes_has_a_history_too() {
    let house = House::new().await;
    house.member("u1", "a").await;
    let options = ImportOptions {
        list: Some("News".to_owned()),
        ..ImportOptions::default()
    };
    let input = Cursor::new(b"user_id\nu1\n".to_vec());
    house
        .engine
        .import(&admin(), house.main, ImportKind::Lists, options, input)
        .await
        .expect("imported");
    let news = house
        .engine
        .segment_by_name(&admin(), house.main, "News")
        .await
        .expect("a list");
    let deeds = history(&house, news.id).await;
    assert!(
        matches!(
            deeds.as_slice(),
            [Deed::File { joined: 1, .. }, Deed::Created { .. }]
        ),
        "{deeds:?}"
    );
}

#[tokio::test]
async fn a_copy_has_the_rule_or_the_members_and_is_enabled() {
    let house = House::new().await;
    let list = house.list("List").await;
    let ada = house.member("ada", "a").await;
    test_people::join(&house.engine.inner.store, list.id, ada).await;
    let a = house.rule("A", A).await;
    let engine = &house.engine;
    engine
        .disable_segment(&admin(), house.main, a.id)
        .await
        .expect("disabled");
    engine
        .disable_segment(&admin(), house.main, list.id)
        .await
        .expect("disabled");
    let clone = async |id, name| engine.clone_segment(&admin(), house.main, id, name).await;
    let ruled = clone(a.id, "A again").await.expect("a copy");
    assert_eq!(
        (ruled.rule.as_deref(), ruled.state),
        (Some(A), SegmentState::Enabled)
    );
    let listed = clone(list.id, " List again ").await.expect("a copy");
    assert_eq!(
        (listed.name.as_str(), listed.state, listed.kind),
        ("List again", SegmentState::Enabled, SegmentKind::List)
    );
    assert_eq!(listed.count.map(|count| count.value), Some(1));
    assert_eq!(code(clone(a.id, "A again").await), Code::NameTaken);
    assert_eq!(code(clone(list.id, "A again").await), Code::NameTaken);
    assert_eq!(code(clone(a.id, "  ").await), Code::Invalid);
    assert_eq!(
        code(
            engine
                .clone_segment(&person_with(Role::Viewer), house.main, a.id, "B")
                .await
        ),
        Code::Forbidden
    );
    assert_eq!(
        history(&house, listed.id).await,
        [Deed::Created {
            rule: None,
            copy_of: Some("List".to_owned())
        }]
    );
}

#[tokio::test]
async fn neither_a_copy_nor_a_new_name_leads_round_a_circle() {
    let house = House::new().await;
    let a = house.rule("A", A).await;
    let engine = &house.engine;
    // The copy of a segment on a segment is no circle; making it one by an edit is refused.
    let on_a = house.rule("On A", r#"in segment "A""#).await;
    let copy = engine
        .clone_segment(&admin(), house.main, on_a.id, "On A again")
        .await
        .expect("a copy");
    let circle = engine
        .update_segment(
            &admin(),
            house.main,
            a.id,
            rule_change(r#"in segment "On A again""#),
        )
        .await;
    assert_eq!(code(circle), Code::RuleCycle);
    // A new name changes no reference, so it can make no circle either.
    let named = SegmentChange {
        name: Some("Z".to_owned()),
        rule: None,
    };
    engine
        .update_segment(&admin(), house.main, copy.id, named)
        .await
        .expect("renamed");
    let circle = engine
        .update_segment(&admin(), house.main, a.id, rule_change(r#"in segment "Z""#))
        .await;
    assert_eq!(code(circle), Code::RuleCycle);
}

#[tokio::test]
async fn a_copy_that_was_not_finished_is_taken_away_at_the_start() {
    let house = House::new().await;
    let list = house.list("List").await;
    let ada = house.member("ada", "a").await;
    let store = &house.engine.inner.store;
    let mut tx = store.write().await.expect("a writer");
    let copy = crate::store::segments::insert(&mut tx, house.main, "Copy", SegmentKind::List, None, NOW)
        .await
        .expect("a copy");
    crate::store::members::unsettle(&mut tx, copy)
        .await
        .expect("a note");
    tx.commit().await.expect("a commit");
    test_people::join(store, copy, ada).await;
    let house = house.later(0).await;
    let left = house
        .engine
        .segments(&admin(), house.main, true)
        .await
        .expect("segments");
    assert_eq!(
        left.iter().map(|segment| segment.id).collect::<Vec<_>>(),
        [list.id]
    );
    assert_eq!(
        test_people::stored_members(&house.engine.inner.store, copy).await,
        0
    );
}

#[tokio::test]
async fn what_enabling_would_do_is_counted_with_the_members_and_kept_with_its_time() {
    let house = House::new().await;
    let a = house.rule("A", A).await;
    let ada = house.member("ada", "a").await;
    house.member("bob", "a").await;
    house
        .engine
        .disable_segment(&admin(), house.main, a.id)
        .await
        .expect("disabled");
    house.member("eve", "a").await;
    house.member("ian", "a").await;
    test_people::set_attributes(&house.engine.inner.store, ada, r#"{"group":"b"}"#).await;
    let engine = &house.engine;
    let kept = engine
        .segment(&admin(), house.main, a.id)
        .await
        .expect("a segment");
    assert_eq!(
        kept.would.map(|would| would.joining),
        Some(0),
        "as it was when it was disabled"
    );
    let seen = engine
        .segment_with_would(&admin(), house.main, a.id)
        .await
        .expect("a segment");
    assert_eq!(
        seen.would.map(|would| would.joining),
        Some(0),
        "fresh enough, so it is not counted at every view"
    );
    engine
        .refresh_count(&admin(), house.main, a.id)
        .await
        .expect("counted");
    let seen = engine
        .segment_with_would(&admin(), house.main, a.id)
        .await
        .expect("a segment");
    let would = seen.would.expect("counted");
    assert_eq!((would.matching, would.joining, would.leaving), (3, 2, 1));
    assert_eq!(
        seen.count.map(|count| count.value),
        Some(2),
        "the members are those of the moment it was disabled"
    );
    let house = house.later(11 * 60_000).await;
    house.member("joe", "a").await;
    let seen = house
        .engine
        .segment_with_would(&admin(), house.main, a.id)
        .await
        .expect("a segment");
    assert!(
        matches!(seen.would, Some(Would { joining: 3, counted_at, .. }) if counted_at > NOW),
        "old, so counted anew"
    );
    let enabled = house
        .engine
        .enable_segment(&admin(), house.main, a.id)
        .await
        .expect("enabled");
    assert_eq!(
        (enabled.would, enabled.count.map(|count| count.value)),
        (None, Some(4))
    );
}

#[tokio::test]
async fn the_history_says_what_was_before_and_names_nobody() {
    let house = House::new().await;
    let vip = house.rule("VIP", A).await;
    let a = house
        .rule("A", r#"email = "ada@example.org" and in segment "VIP""#)
        .await;
    let engine = &house.engine;
    let change = SegmentChange {
        name: Some("B".to_owned()),
        rule: Some("phone is set".to_owned()),
    };
    engine
        .update_segment(&admin(), house.main, a.id, change)
        .await
        .expect("changed");
    let named = SegmentChange {
        name: Some("Best".to_owned()),
        rule: None,
    };
    engine
        .update_segment(&admin(), house.main, vip.id, named)
        .await
        .expect("renamed");
    let deeds = history(&house, a.id).await;
    let [
        Deed::Changed {
            name: Some(name),
            rule: Some((Some(before), after)),
        },
        Deed::Created {
            rule: Some(first), ..
        },
    ] = deeds.as_slice()
    else {
        panic!("{deeds:?}");
    };
    assert_eq!(
        (name.0.as_str(), name.1.as_str(), after.as_str()),
        ("A", "B", "phone is set")
    );
    assert_eq!(before, first);
    assert!(
        before.contains(r#"in segment "Best""#) && !before.contains("ada@"),
        "{before}"
    );
    // Numbers are whole: the history of 1 is not that of 11.
    for n in 0..9 {
        house.rule(&format!("S{n}"), A).await;
    }
    assert_eq!(history(&house, vip.id).await.len(), 2);
    test_people::job(&engine.inner.store, house.main, vip.id.0, "freezing", 0, 0).await;
    let removed = engine.delete_segment(&admin(), house.main, vip.id).await;
    assert_eq!(code(removed), Code::SegmentBusy);
}

#[tokio::test]
async fn the_data_suggests_names_and_values_but_no_identities() {
    let house = House::new().await;
    for n in 0..5 {
        house
            .person(TestPerson {
                identities: &[(IdentityKind::UserId, &format!("u{n}"))],
                attributes: if n < 3 {
                    r#"{"city":"Lyon","zip":"12","at":{"t":0},"n":7}"#
                } else {
                    r#"{"city":"Oslo, old"}"#
                },
                events: &[],
            })
            .await;
    }
    house.rule("VIP", A).await;
    let engine = &house.engine;
    let words = engine.rule_words(&admin(), house.main).await.expect("words");
    assert_eq!(words.attributes, ["city", "at", "n", "zip"]);
    assert_eq!(words.segments, ["VIP"]);
    let values = async |name: &str| {
        engine
            .rule_values(&admin(), house.main, None, name)
            .await
            .expect("values")
    };
    assert_eq!(values("city").await, ["Lyon", r#""Oslo, old""#]);
    assert_eq!(values("zip").await, [r#""12""#]);
    assert_eq!(values("n").await, ["7"]);
    assert_eq!(values("at").await, ["1970-01-01T00:00:00Z"]);
    assert!(values("user_id").await.is_empty());
}
