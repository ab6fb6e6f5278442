//! Rows of a rule: what they show is the rule, and what they write is read as it was meant.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[path = "rule/arbitrary.rs"]
#[expect(dead_code, reason = "people are for the tests of meaning")]
mod arbitrary;

use domain::rule::{
    draft::{Asked, FilterRow, Group, Mode, Node, Row, Span, Subject, rows_of},
    parse,
};
use proptest::prelude::*;

/// Rule to rows and back.
fn round(text: &str) -> String {
    let rule = parse(text).expect(text);
    let written = rows_of(&rule).expect(text).write().text;
    parse(&written)
        .unwrap_or_else(|e| panic!("{text} became {written}: {e}"))
        .to_string()
}

proptest! {
    #[test]
    fn rows_show_every_rule_without_loss(rule in arbitrary::rules(vec![1, 2])) {
        // What is drawn need not be canonical; what is parsed is.
        let Ok(rule) = parse(&rule.to_string()) else { return Ok(()) };
        if let Some(rows) = rows_of(&rule) {
            let written = rows.write().text;
            prop_assert_eq!(parse(&written).map_err(|e| TestCaseError::fail(format!("{written}: {e}")))?, rule);
        }
    }

    /// Whatever is typed into a box stays within it: the rule has the conditions that the rows have, or cannot be read.
    #[test]
    fn nothing_typed_means_more_than_its_box(value in "[a-z0-9\"\\\\ ,()=-]{0,14}| or user_id is set|1 or email is set|2 days ago or phone is set") {
        for subject in [Subject::Attribute, Subject::Email, Subject::Count, Subject::LastSeen, Subject::Bucket, Subject::Segment] {
            for asked in Asked::ALL {
                let row = Row {
                    name: value.clone(), asked: *asked, value: value.clone(), other: value.clone(),
                    filters: vec![FilterRow { property: value.clone(), value: value.clone(), ..FilterRow::new() }],
                    span: Span::LastDays, from: value.clone(), ..Row::about(subject)
                };
                let rows = Group { mode: Mode::Any, parts: vec![Node::Row(row)] };
                let Ok(rule) = parse(&rows.write().text) else { continue };
                let shown = rows_of(&rule).expect("few rows");
                prop_assert!(matches!(shown.parts.as_slice(), [Node::Row(row)] if row.subject == subject || row.subject == Subject::Text), "{rule}");
            }
        }
    }
}

#[test]
fn texts_stand_in_boxes_without_quotes_unless_they_need_them() {
    let shown = |text: &str| match rows_of(&parse(text).unwrap()).unwrap().parts.remove(0) {
        Node::Row(row) => row.value,
        Node::Group(_) => panic!("a row"),
    };
    assert_eq!(shown(r#"attr.city = "Lyon""#), "Lyon");
    assert_eq!(shown(r#"attr.zip = "007""#), "007");
    assert_eq!(shown(r#"attr.zip = "12""#), r#""12""#);
    assert_eq!(shown("attr.zip = 12"), "12");
    assert_eq!(shown(r#"user_id = "12""#), "12");
    assert_eq!(shown(r#"attr.x = " a""#), r#"" a""#);
    assert_eq!(shown(r#"attr.city in ("a, b", "c", 5)"#), r#""a, b", c, 5"#);
    assert_eq!(shown("last_seen before 180 days ago"), "180 days ago");
}

#[test]
fn groups_keep_their_shape() {
    for text in [
        "",
        "email is set",
        "not (email is set)",
        r#"not in segment "VIP""#,
        r#"(email is set or phone is set) and not (anonymous = true and attr.a = "x")"#,
        "not (email is set or phone is set)",
        "not (not (email is set))",
        "not (not (email is set and phone is set))",
        r#"count(impression where campaign_id = "summer" and value >= 2, last 30 days) >= 3"#,
        r#"sum("Order Completed".quantity where sku in ("A", "B"), between 2017-01-01 and 30 days ago) between 2 and 5"#,
        "bucket(0, 12.5) and last(purchase) is not set",
        "attr.\"Any name\" between 2017-10-01 and 2017-10-02T00:00:00Z",
        "in segment #12",
    ] {
        assert_eq!(round(text), text);
    }
    let rows = rows_of(&parse("not (email is set or phone is set)").unwrap()).unwrap();
    assert_eq!((rows.mode, rows.parts.len()), (Mode::NoneOf, 2));
}

#[test]
fn what_boxes_cannot_show_stays_as_text() {
    let many = (0..100).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    for text in [
        format!("attr.n in ({many})"),
        "attr.x = \"a\nb\"".to_owned(),
        "in segment #7".to_owned(),
    ] {
        let rows = rows_of(&parse(&text).unwrap()).unwrap();
        assert!(
            matches!(rows.parts.as_slice(), [Node::Row(row)] if row.subject == Subject::Text && row.name == text)
        );
        assert_eq!(round(&text), text);
    }
    let long = vec!["email is set"; 61].join(" and ");
    assert_eq!(rows_of(&parse(&long).unwrap()), None);
}

#[test]
fn an_unfinished_row_is_an_error_at_its_place_and_never_left_out() {
    let mut rows =
        rows_of(&parse(r#"email is set and (attr.city = "Lyon" or phone is set)"#).unwrap()).unwrap();
    rows.find_row("1.0").unwrap().value = String::new();
    let written = rows.write();
    let error = parse(&written.text).unwrap_err();
    assert_eq!(written.part_at(error.position), Some("1.0"));
    for subject in Subject::ALL {
        let mut rows = Group::empty();
        rows.parts = vec![
            Node::Row(Row::about(*subject)),
            Node::Row(Row {
                asked: Asked::IsSet,
                ..Row::about(Subject::Phone)
            }),
        ];
        let written = rows.write();
        // A segment without a name is for the one who knows the names to refuse.
        match parse(&written.text) {
            Err(error) => assert_eq!(written.part_at(error.position), Some("0"), "{}", written.text),
            Ok(_) => assert_eq!(*subject, Subject::Segment, "{}", written.text),
        }
    }
    for asked in Asked::ALL {
        let row = Row {
            asked: *asked,
            value: "a".to_owned(),
            other: "b".to_owned(),
            ..Row::about(Subject::Attribute)
        };
        assert!(parse(&row.write()).is_err(), "{}", row.write());
    }
    for (text, unfinished) in [
        ("attr.a = 1", false),
        ("attr.a is set", false),
        ("count(x, last 2 days) > 1", false),
        ("bucket(0, 1)", false),
    ] {
        let mut rows = rows_of(&parse(text).unwrap()).unwrap();
        let row = rows.find_row("0").unwrap();
        assert_eq!(row.unfinished(), unfinished, "{text}");
        (row.name, row.value, row.from) = (String::new(), String::new(), String::new());
        assert!(row.unfinished(), "{text}");
    }
    let none = Group {
        mode: Mode::NoneOf,
        parts: Vec::new(),
    };
    assert!(parse(&none.write().text).is_err());
    let mut within = Group::empty();
    within.parts = vec![Node::Group(Group::empty())];
    assert!(parse(&within.write().text).is_err());
}

#[test]
fn a_mistake_is_shown_with_the_text_around_it() {
    let text = r#"email is set and atr.city = "Lyon" and phone is set"#;
    let error = parse(text).unwrap_err();
    assert!(
        error
            .sentence()
            .starts_with("Expected a condition at character 18, found atr"),
        "{}",
        error.sentence()
    );
    let excerpt = error.excerpt(text);
    assert_eq!(
        (excerpt.before.as_str(), excerpt.at.as_str()),
        ("email is set and ", "atr.city")
    );
    let end = parse("email is").unwrap_err().excerpt("email is");
    assert_eq!(
        (end.before.as_str(), end.at.as_str(), end.after.as_str()),
        ("email is", "", "")
    );
}
