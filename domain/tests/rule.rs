//! The rule language from outside: what it takes, what it refuses and how it says so, what it means.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use domain::micros::Micros;
use domain::profile::IdentityKind;
use domain::rule::{
    EvalContext, Person, PersonEvent, RULE_CONDITIONS_MAX, RULE_DEPTH_MAX, eval, matches_everyone_trivially,
    parse, parse_with_segments, print_named, print_redacted, resolve_names, segments_of, uses_relative_time,
};
use domain::time::Timestamp;
use domain::value::Value;

/// 2026-06-30T12:34:56.789Z: the time of every evaluation.
const NOW: Timestamp = Timestamp::from_ms(1_782_822_896_789);

fn canonical(text: &str) -> String {
    parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).to_string()
}

#[test]
fn rules_print_in_their_canonical_form() {
    for (text, printed) in [
        ("", ""),
        ("  \n ", ""),
        ("EMAIL Is SET", "email is set"),
        ("last_seen < 2017-10-01", "last_seen before 2017-10-01"),
        (
            "last_seen<=2017-10-01T00:00:00+00:00",
            "last_seen <= 2017-10-01T00:00:00Z",
        ),
        ("last_seen after 1 DAYS ago", "last_seen after 1 day ago"),
        ("((email is set))", "email is set"),
        (
            "(email is set and phone is set) and anonymous=false",
            "email is set and phone is set and anonymous = false",
        ),
        (
            "email is set and phone is set or anonymous != true",
            "(email is set and phone is set) or anonymous != true",
        ),
        ("not not email is set", "not (not (email is set))"),
        ("not (in segment \"VIP\")", "not in segment \"VIP\""),
        (
            "NOT IN SEGMENT #12 or not email is set",
            "not in segment #12 or not (email is set)",
        ),
        (
            "email in (\" Ann@Example.ORG \")",
            "email in (\"ann@example.org\")",
        ),
        ("email contains \" X\"", "email contains \" x\""),
        ("attr.\"plain\" = 1.50", "attr.plain = 1.5"),
        ("attr.not = \"q\\\"b\\\\s\"", "attr.\"not\" = \"q\\\"b\\\\s\""),
        ("attr.größe is set", "attr.\"größe\" is set"),
        (
            "bucket(0,12.50) or bucket( 12.5 , 12.51 )",
            "bucket(0, 12.5) or bucket(12.5, 12.51)",
        ),
        (
            "count(where where where = 1) > 0",
            "count(\"where\" where \"where\" = 1) > 0",
        ),
        (
            "sum( \"Order Completed\" . quantity , last 1 day) between 1 and 2",
            "sum(\"Order Completed\".quantity, last 1 day) between 1 and 2",
        ),
        (
            "first(a where x between 1 and 2 and y not in (true, \"b\")) is not set",
            "first(a where x between 1 and 2 and y not in (true, \"b\")) is not set",
        ),
        (
            "last(a, between 2 weeks ago and 2017-01-01T10:00:00.5Z) >= 3 years ago",
            "last(a, between 2 weeks ago and 2017-01-01T10:00:00.500Z) >= 3 years ago",
        ),
    ] {
        assert_eq!(canonical(text), printed, "{text}");
        assert_eq!(canonical(printed), printed);
    }
}

/// Text, position of the error, a part of the sentence, and the suggestion.
type Mistake = (&'static str, u32, &'static str, Option<&'static str>);
const MISTAKES: &[Mistake] = &[
    ("emial is set", 0, "a condition", Some("email")),
    ("email is sett", 9, "`set` or `not set`", Some("set")),
    ("email conatins \"x\"", 6, "contains", Some("contains")),
    ("é", 0, "a condition", None),
    (
        "attr.é = \"ö\" und email is set",
        13,
        "`and`, `or` or the end",
        Some("and"),
    ),
    ("attr.a == 1", 7, "=, !=", Some("=")),
    ("attr.a <> 1", 7, "=, !=", Some("!=")),
    ("attr.a = London", 9, "a text in quotes", Some("\"London\"")),
    ("attr.a = 'x'", 9, "straight double quotes", Some("\"")),
    ("attr.zip = 007", 11, "without leading zeros", Some("\"007\"")),
    (
        "attr.n = 1234567890123456",
        9,
        "15 digits",
        Some("\"1234567890123456\""),
    ),
    ("attr.n = 1e5", 9, "a plain number", Some("\"1e5\"")),
    ("user_id = 1042", 10, "a text in quotes", Some("\"1042\"")),
    (
        "email = 2017-10-01",
        8,
        "a text in quotes",
        Some("\"2017-10-01\""),
    ),
    (
        "last_seen = 2017-10-01",
        12,
        "wants `between`",
        Some("between 2017-10-01 and 2017-10-01T23:59:59.999Z"),
    ),
    (
        "attr.d != 2017-10-01",
        10,
        "wants `between`",
        Some("between 2017-10-01 and 2017-10-01T23:59:59.999Z"),
    ),
    (
        "attr.d in (2017-10-01)",
        11,
        "wants `between`",
        Some("between 2017-10-01 and 2017-10-01T23:59:59.999Z"),
    ),
    (
        "last_seen before \"2017-10-01\"",
        17,
        "a date",
        Some("2017-10-01T00:00:00Z"),
    ),
    ("last_seen before 2017-02-30", 17, "a date of the calendar", None),
    ("last_seen before 2017-02-03T10:00", 17, "with its zone", None),
    (
        "last_seen before 3 moths ago",
        19,
        "a unit of time",
        Some("months"),
    ),
    ("last_seen before 3 days", 23, "`ago`", None),
    ("last_seen before 1.5 days ago", 17, "a whole number", None),
    ("last_seen contains \"a\"", 19, "before, after", None),
    ("attr.a contains \"\"", 16, "not empty", None),
    ("attr.a contains 5", 16, "a text in quotes", Some("\"5\"")),
    ("attr.a before 5", 14, "a date", None),
    ("attr.a < true", 9, "no order", None),
    ("attr.a between 1 and \"b\"", 21, "two numbers", None),
    ("attr.a between true and false", 24, "two texts", None),
    ("anonymous = tru", 12, "true or false", Some("true")),
    ("anonymous > true", 12, "=, !=", None),
    ("count(purchase) is set", 16, "between", None),
    ("count(purchase) = \"3\"", 18, "a number", Some("3")),
    ("count(purchase, last 30 dayz) = 0", 24, "`days`", Some("days")),
    ("count(purchase, last 0 days) = 0", 21, "from 1 to", None),
    (
        "count(Order Completed) = 0",
        12,
        "several words stands in quotes",
        None,
    ),
    ("sum(purchase) > 1", 12, "`.`", None),
    (
        "sum(purchase.valu) > 1",
        13,
        "`value` or `quantity`",
        Some("value"),
    ),
    ("first(purchase) in (1)", 16, "before, after", None),
    ("bucket(10, 5)", 11, "above the first", None),
    ("bucket(0, 100.01)", 10, "up to 100", None),
    ("bucket(0.001, 1)", 7, "two decimals", None),
    ("in segmnt \"x\"", 3, "`segment`", Some("segment")),
    ("in segment x", 11, "in quotes", None),
    ("in segment #x", 11, "number of a segment", None),
    ("(email is set", 13, "`and`, `or` or `)`", None),
    ("email is set)", 12, "`and`, `or` or the end", None),
    ("email is set && phone is set", 13, "`and`", Some("and")),
    ("()", 1, "a condition", None),
    ("attr.\"a\\\"b\" = 1", 5, "without control characters", None),
    ("attr.\"\" = 1", 5, "without control characters", None),
    ("attr.first-name = 1", 10, "stand in quotes", None),
    ("attr.a = \"x\\n\"", 11, "the escape", Some("\\\\")),
    ("attr.a = \"x", 9, "closing quote", None),
    ("user_id in ()", 12, "a text in quotes", None),
    ("user_id in (\"a\" \"b\")", 16, "`,` or `)`", None),
];

#[test]
fn mistakes_are_named_with_their_place_and_the_nearest_word() {
    for &(text, position, part, suggestion) in MISTAKES {
        let error = parse(text).expect_err(text);
        assert_eq!(
            (error.position, error.suggestion.as_deref()),
            (position, suggestion),
            "{text}: {error}"
        );
        assert!(error.to_string().contains(part), "{text}: {error}");
    }
    assert_eq!(
        parse("email is sett").unwrap_err().to_string(),
        "expected `set` or `not set` at character 10, found sett; did you mean set?"
    );
}

#[test]
fn limits_are_errors_and_not_crashes() {
    let many = |n: usize, part: &str, between: &str| vec![part; n].join(between);
    assert!(parse(&many(RULE_CONDITIONS_MAX, "email is set", " or ")).is_ok());
    assert!(parse(&many(RULE_CONDITIONS_MAX + 1, "email is set", " or ")).is_err());
    let nested = |n: usize| format!("{}email is set{}", "(".repeat(n), ")".repeat(n));
    assert!(parse(&nested(RULE_DEPTH_MAX)).is_ok());
    assert!(
        parse(&nested(RULE_DEPTH_MAX + 1))
            .unwrap_err()
            .to_string()
            .contains("nesting")
    );
    assert!(parse(&format!("{}email is set", "not ".repeat(10_000))).is_err());
    assert!(parse(&"(".repeat(60_000)).is_err());
    assert!(parse(&" ".repeat(70_000)).is_err());
    assert!(parse(&format!("attr.a in ({})", many(1_000, "1", ","))).is_ok());
    assert!(parse(&format!("attr.a in ({})", many(1_001, "1", ","))).is_err());
    let lists = many(11, &format!("attr.a in ({})", many(1_000, "1", ",")), " or ");
    assert!(
        parse(&lists)
            .unwrap_err()
            .to_string()
            .contains("values in a rule")
    );
    assert!(parse(&format!("attr.a = \"{}\"", "x".repeat(1_025))).is_err());
}

#[test]
fn segments_are_found_by_name_and_kept_by_number() {
    let known = [("VIP".to_owned(), 12), ("Lapsed \"97\"".to_owned(), 13)];
    let text = r#"not in segment "VIP" and in segment "Lapsed \"97\"" and in segment #12"#;
    let rule = parse_with_segments(text, Some(&known)).unwrap();
    assert_eq!(
        rule.to_string(),
        "not in segment #12 and in segment #13 and in segment #12"
    );
    assert_eq!(segments_of(&rule), [12, 13]);
    let name_of = |id| (id == 12).then(|| "Very \\ important".to_owned());
    assert_eq!(
        print_named(&rule, name_of),
        r#"not in segment "Very \\ important" and in segment #13 and in segment "Very \\ important""#
    );
    let mut by_name = parse(text).unwrap();
    let error = resolve_names(&mut by_name, |name| (name == "VIP").then_some(12)).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"there is no segment named "Lapsed \"97\"" in this dataset"#
    );
    let error = parse_with_segments("email is set or in segment \"VPI\"", Some(&known)).unwrap_err();
    assert_eq!(
        (error.position, error.suggestion.as_deref()),
        (27, Some("\"VIP\""))
    );
}

#[test]
fn redaction_reaches_every_identity_and_nothing_else() {
    let text = r#"email = "a@b.c" or user_id in ("u1", "u2") or phone starts_with "+49" or email between "a" and "b" or attr.email = "kept" or count(a where email = "kept too") > 0"#;
    let redacted = print_redacted(
        &parse(text).unwrap(),
        |_| None,
        |kind, text| format!("{}:{}", kind.as_str(), text.len()),
    );
    assert_eq!(
        redacted,
        r#"email = "email:5" or user_id in ("user_id:2", "user_id:2") or phone starts_with "phone:3" or email between "email:1" and "email:1" or attr.email = "kept" or count(a where email = "kept too") > 0"#
    );
    assert_eq!(
        IdentityKind::ALL.len(),
        4,
        "a new kind of identity: can rules compare it?"
    );
}

#[test]
fn a_rule_that_says_nothing_is_known_by_its_form() {
    for text in [
        "",
        "bucket(0, 100)",
        "email is set or email is not set",
        "email is set or not (email is set) or bucket(0, 1)",
        "not (count(a) < 0)",
        "count(a) >= 0 and created is set",
        "anonymous in (true, false)",
        "not (last(a) is set and last(a) is not set)",
    ] {
        assert!(matches_everyone_trivially(&parse(text).unwrap()), "{text}");
    }
    for text in [
        "bucket(0, 99.99)",
        "email is set or phone is not set",
        "count(a) > 0",
        "sum(a.value) >= 0",
        "attr.a = 1 or attr.a != 1",
        "not bucket(0, 100)",
        "in segment #1",
    ] {
        assert!(!matches_everyone_trivially(&parse(text).unwrap()), "{text}");
    }
}

#[test]
fn rules_that_move_with_the_clock_are_known() {
    for text in [
        "last_seen before 1 day ago",
        "count(a, last 3 days) = 0",
        "count(a where t after 1 day ago) = 0",
    ] {
        assert!(uses_relative_time(&parse(text).unwrap()), "{text}");
    }
    assert!(!uses_relative_time(
        &parse("last_seen before 2017-10-01 and count(a, between 2017-01-01 and 2018-01-01) = 0").unwrap()
    ));
}

fn someone() -> Person {
    let at = |text| Timestamp::parse_import(text).unwrap();
    let event = |kind: &str, time, value: Option<&str>| PersonEvent {
        kind: kind.to_owned(),
        at: at(time),
        value: value.map(|v| Micros::parse(v).unwrap()),
        quantity: None,
        campaign_id: None,
        properties: BTreeMap::from([("sku".to_owned(), Value::Text("A".into()))]),
    };
    Person {
        user_id: Some("cdnow-00001".into()),
        email: Some("ann@example.org".into()),
        phone: None,
        attributes: BTreeMap::from([
            ("city".to_owned(), Value::Text("Köln".into())),
            ("age".to_owned(), Value::from_cell("44").unwrap()),
            ("zip".to_owned(), Value::from_cell("007").unwrap()),
            ("member".to_owned(), Value::Bool(true)),
            ("born".to_owned(), Value::from_cell("1980-02-29").unwrap()),
            ("tags".to_owned(), Value::Other("[1]".into())),
        ]),
        first_seen: Some(at("1997-01-01T12:00:00Z")),
        last_seen: Some(NOW.minus_ms(86_400_000)),
        created: at("1997-01-01"),
        bucket: 1250,
        events: vec![
            event("purchase", "1997-01-01T12:00:00Z", Some("0.1")),
            event("purchase", "1997-10-01", Some("0.2")),
            event("purchase", "1998-01-01", None),
        ],
    }
}

/// Rules about `someone`, and whether they hold.
const MEANINGS: &[(&str, bool)] = &[
    ("", true),
    (
        "attr.city = \"Köln\" and attr.city != \"köln\" and attr.city contains \"öl\"",
        true,
    ),
    (
        "attr.zip = \"007\" and attr.age between 44 and 44 and attr.age < 44.5",
        true,
    ),
    (
        "attr.missing = 1 or attr.missing != 1 or attr.missing not in (1) or attr.missing is set",
        false,
    ),
    ("not (attr.missing in (1)) and attr.missing is not set", true),
    (
        "attr.age = \"44\" or attr.age < \"5\" or attr.age contains \"4\"",
        false,
    ),
    ("attr.age != \"44\" and attr.age not in (\"44\", 45)", true),
    ("attr.age in (\"x\", 44, true)", true),
    ("attr.tags is set", true),
    ("attr.tags = 1 or attr.tags != 1 or attr.tags not in (1)", false),
    ("attr.member = true and attr.member != false", true),
    (
        "attr.born before 1980-03-01 and attr.born between 1980-02-29 and 1980-02-29",
        true,
    ),
    (
        "email = \" Ann@EXAMPLE.org\" and phone is not set and anonymous = false",
        true,
    ),
    ("phone != \"1\"", false),
    ("last_seen before 1 day ago", false),
    ("last_seen between 1 day ago and 1 day ago", true),
    (
        "count(purchase) = 3 and count(visit) = 0 and sum(visit.value) = 0",
        true,
    ),
    (
        "sum(purchase.value) = 0.3 and sum(purchase.value) < 0.3000001 and sum(purchase.value) != 0.2999999",
        true,
    ),
    ("sum(purchase.value) = 0.3000001", false),
    (
        "first(visit) is not set and not (first(visit) before 2020-01-01)",
        true,
    ),
    ("count(purchase, between 1997-10-01 and 1998-01-01) = 1", true),
    (
        "count(purchase where value is not set) = 1 and count(purchase where sku = \"A\" and value > 0.1) = 1",
        true,
    ),
    (
        "last(purchase) before 1998-01-01T00:00:00.001Z and first(purchase) >= 1997-01-01T12:00:00Z",
        true,
    ),
    ("bucket(12.5, 12.51)", true),
    ("bucket(0, 12.5)", false),
    (
        "in segment #7 and not in segment #8 and not in segment \"unresolved\"",
        true,
    ),
    ("email is set or phone is set and anonymous = true", true),
];

#[test]
fn rules_mean_what_the_decisions_say() {
    for &(text, expected) in MEANINGS {
        let context = EvalContext {
            now: NOW,
            in_segment: &|id| id == 7,
        };
        assert_eq!(
            eval(&parse(text).unwrap(), &someone(), &context),
            expected,
            "{text}"
        );
    }
}
