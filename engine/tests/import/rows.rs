//! What becomes of rows: identities, types, events, and what is wrong with them.

use super::bench::*;
use domain::{problem::Code, value::Value};
use engine::import::{ImportKind, ImportOptions};
use std::io::Cursor;

#[tokio::test]
async fn every_purchase_of_cdnow_is_taken() {
    let bench = Bench::new().await;
    let report = bench
        .engine
        .import(
            &operator(),
            bench.dataset,
            ImportKind::Events,
            ImportOptions::default(),
            Cursor::new(CDNOW),
        )
        .await
        .unwrap();
    assert_eq!(numbers(&report), (69_659, 23_570, 0, 0));
    let figures = bench.engine.figures(&operator(), bench.dataset).await.unwrap();
    assert_eq!((figures.profiles, figures.events), (23_570, 69_659));
    assert_eq!(figures.revenue.to_decimal_string(), "2500315.63");
    for (rule, count) in [
        ("last(purchase) before 1998-01-01", 18_196),
        ("sum(purchase.value) > 500", 734),
    ] {
        assert_eq!(
            bench
                .engine
                .preview(&operator(), bench.dataset, rule)
                .await
                .unwrap()
                .count,
            count,
            "{rule}"
        );
    }
}

#[tokio::test]
async fn attributes_are_typed_and_later_ones_win() {
    let bench = Bench::new().await;
    let report = bench
        .profiles("\u{feff}user_id;First Name;age;city;since;member\r\nu1;Ada;36;\"Lon;don\";2017-10-01;true\r\nu2;;007;#N/A;;\r\n")
        .await;
    assert_eq!(numbers(&report), (2, 2, 0, 0));
    let report = bench
        .profiles("user_id,age,city\nu1,37,\nu3,1,\nu3,2,Rome\n")
        .await;
    assert_eq!(numbers(&report), (3, 1, 1, 0));
    let ada = bench.find("u1").await.unwrap().profile;
    let shown = |name: &str| ada.attributes.get(name).map(ToString::to_string);
    assert_eq!(shown("age").as_deref(), Some("37"));
    assert_eq!(shown("city").as_deref(), Some("Lon;don"));
    assert_eq!(shown("first_name").as_deref(), Some("Ada"));
    assert!(matches!(ada.attributes.get("since"), Some(Value::Time(_))));
    assert_eq!(ada.attributes.get("member"), Some(&Value::Bool(true)));
    let second = bench.find("u2").await.unwrap().profile.attributes;
    assert_eq!(second.len(), 2);
    assert_eq!(second.get("age"), Some(&Value::Text("007".into())));
    assert_eq!(
        bench.find("u3").await.unwrap().profile.attributes.get("city"),
        Some(&Value::Text("Rome".into()))
    );
}

#[tokio::test]
async fn the_strongest_identity_decides_and_weaker_ones_are_not_moved() {
    let bench = Bench::new().await;
    bench
        .profiles("user_id,email,phone\nu1, Ada@Example.com ,1\nu2,bob@example.com,2\n")
        .await;
    let (ada, bob) = (bench.id("u1").await, bench.id("u2").await);
    assert_eq!(bench.id("ada@example.com").await, ada);
    let report = bench.profiles("user_id,email\nu1,bob@example.com\n").await;
    assert_eq!((report.warned, report.warnings[0].line), (1, 2));
    assert!(!report.warnings[0].reason.contains("bob"));
    assert_eq!(bench.id("bob@example.com").await, bob);
    // A new address replaces the old one, which then is nobody's; within one file the order of its lines counts.
    let report = bench
        .profiles("user_id,email\nu1,ada@new.example\n,ada@example.com\nu2,ada@example.com\n")
        .await;
    assert_eq!(
        (report.accepted, report.created, report.updated, report.warned),
        (3, 1, 2, 1)
    );
    assert_eq!(bench.id("ada@new.example").await, ada);
    let third = bench.id("ada@example.com").await;
    assert!(third.is_some() && third != ada && third != bob);
    // There and back again leaves one address.
    bench
        .profiles("user_id,email\nu2,x@example.com\nu2,bob@example.com\n")
        .await;
    assert_eq!(
        (bench.id("bob@example.com").await, bench.id("x@example.com").await),
        (bob, None)
    );
    assert_eq!(
        bench.find("u2").await.unwrap().profile.email.as_deref(),
        Some("bob@example.com")
    );
}

#[tokio::test]
async fn anonymous_ids_gather_and_lead_to_their_person() {
    let bench = Bench::new().await;
    bench
        .events("user_id,anonymous_id,event,timestamp\nu1,a1,visit,2026-01-02\nu1,a2,visit,2026-01-01\n")
        .await;
    let report = bench
        .events(
            "anonymous_id,event,timestamp\na2,click,2026-01-03 10:00\na3,visit,2026-01-01T10:00:00+01:00\n",
        )
        .await;
    assert_eq!(numbers(&report), (2, 1, 1, 0));
    let one = bench.find("u1").await.unwrap();
    assert_eq!((one.profile.anonymous_ids.len(), one.events_total), (2, 3));
    assert_eq!(one.profile.first_seen.unwrap().to_date(), "2026-01-01");
    assert_eq!(
        one.profile.last_seen.unwrap().to_rfc3339(),
        "2026-01-03T10:00:00.000Z"
    );
    assert_eq!(
        bench
            .find("a3")
            .await
            .unwrap()
            .profile
            .last_seen
            .unwrap()
            .to_rfc3339(),
        "2026-01-01T09:00:00.000Z"
    );
}

#[tokio::test]
async fn a_message_id_makes_an_event_one_and_equal_lines_are_two() {
    let bench = Bench::new().await;
    let same = "user_id,event,timestamp,value\nu1,purchase,2026-01-01,5\nu1,purchase,2026-01-01,5\n";
    assert_eq!(numbers(&bench.events(same).await), (2, 1, 0, 0));
    assert_eq!(bench.find("u1").await.unwrap().events_total, 2);
    let sent = "user_id,event,timestamp,value,messageId\nu2,purchase,2026-01-01,5,m1\nu2,purchase,2026-01-01,5,m1\nu2,purchase,2026-01-01,5,m2\n";
    for _ in 0..2 {
        assert_eq!(bench.events(sent).await.accepted, 3);
    }
    assert_eq!(bench.find("u2").await.unwrap().events_total, 2);
    let figures = bench.engine.figures(&operator(), bench.dataset).await.unwrap();
    assert_eq!(figures.revenue.to_decimal_string(), "20");
}

#[tokio::test]
async fn bad_rows_are_reported_with_their_line_and_never_quoted() {
    let bench = Bench::new().await;
    let mut file = b"user_id,email,event,timestamp,value,currency\n".to_vec();
    for row in [
        &b"u1,,visit,2026-01-01,,"[..],
        b"u1,not-an-address,visit,2026-01-01,,",
        b",,visit,2026-01-01,,",
        b"NULL,,visit,2026-01-01,,",
        b"u1,,,2026-01-01,,",
        b"u1,,visit,secret,,",
        b"u1,,visit,2026-01-01,1.1234567,",
        b"u1,,visit,2026-01-01,99999999999999,",
        b"u1,,visit,2026-01-01,1,EUR",
        b"u1,,visit,2026-01-01,1,usd",
        b"u1,,vis\xffit,2026-01-01,,",
        b"u1,,vis\0it,2026-01-01,,",
        b"u1,,visit",
        b"u1,,visit,2026-01-01,,,,",
        b"\"u\n1\",,visit,2026-01-01,,",
        b"u2,,\"visit\",2026-01-01,-0.5,",
    ] {
        file.extend_from_slice(row);
        file.push(b'\n');
    }
    let input = Cursor::new(file);
    let report = bench
        .engine
        .import(
            &operator(),
            bench.dataset,
            ImportKind::Events,
            ImportOptions::default(),
            input,
        )
        .await
        .unwrap();
    assert_eq!(numbers(&report), (3, 2, 0, 13), "{:?}", report.errors);
    let lines: Vec<i64> = report.errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16]);
    for error in &report.errors {
        assert!(
            !["not-an-address", "secret", "99999", "EUR"]
                .iter()
                .any(|cell| error.reason.contains(cell)),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn electronic_sales_become_purchases_by_map_and_set() {
    let bench = Bench::new().await;
    let pair = |field: &str, column: &str| (field.to_owned(), column.to_owned());
    let options = ImportOptions {
        map: vec![pair("timestamp", "Purchase Date"), pair("value", "Total Price")],
        set: vec![pair("event", "purchase")],
        ..ImportOptions::default()
    };
    let text = "Customer ID,Gender,Total Price,Quantity,Purchase Date,Add-ons Purchased\n1000,#N/A,5538.33,7,2024-03-20,\"Accessory,Impulse\"\n";
    let report = bench
        .import(ImportKind::Events, options.clone(), text)
        .await
        .unwrap();
    assert_eq!(numbers(&report), (1, 1, 0, 0));
    let rule = "count(purchase where \"Add-ons Purchased\" = \"Accessory,Impulse\") = 1 and sum(purchase.quantity) = 7";
    assert_eq!(
        bench
            .engine
            .preview(&operator(), bench.dataset, rule)
            .await
            .unwrap()
            .count,
        1
    );
    assert_eq!(
        code(
            bench
                .import(ImportKind::Events, options, "Customer ID,Total Price\n1,2\n")
                .await
        ),
        Code::Invalid
    );
}

#[tokio::test]
async fn ndjson_is_taken_plain_and_as_tracking_messages() {
    let bench = Bench::new().await;
    let report = bench
        .profiles(concat!(
            r#"{"email":"ada@example.com","age":36,"tags":["a"],"attributes":{"city":"London"},"note":null}"#, "\n\n",
            r#"{"type":"identify","userId":"u1","traits":{"email":"bob@example.com","plan":"pro"},"context":{"x":1}}"#, "\n",
            r#"{"email":"secret""#, "\n",
            r#"{"type":"track","userId":"u1","event":"x"}"#, "\n",
        ))
        .await;
    assert_eq!(numbers(&report), (2, 2, 0, 2), "{:?}", report.errors);
    assert_eq!(
        report.errors.iter().map(|error| error.line).collect::<Vec<_>>(),
        [4, 5]
    );
    assert!(!report.errors[0].reason.contains("secret"));
    let ada = bench.find("ada@example.com").await.unwrap().profile.attributes;
    assert_eq!(ada.get("tags"), Some(&Value::Other("[\"a\"]".into())));
    assert_eq!(ada.get("city"), Some(&Value::Text("London".into())));
    let report = bench
        .events(concat!(
            r#"{"type":"track","userId":"u1","event":"Order Completed","messageId":"m1","timestamp":"2026-01-01T00:00:00Z","properties":{"value":12345678901.123456,"sku":"a"}}"#, "\n",
            r#"{"type":"page","anonymousId":"a1","messageId":"m2"}"#, "\n",
            r#"{"type":"identify","userId":"u1","traits":{"plan":"free"}}"#, "\n",
            r#"{"user_id":"u1","event":"visit","timestamp":"2026-01-02","value":"2.50"}"#, "\n",
        ))
        .await;
    assert_eq!(numbers(&report), (4, 1, 1, 0), "{:?}", report.errors);
    let one = bench.find("u1").await.unwrap();
    assert_eq!(
        one.profile.attributes.get("plan"),
        Some(&Value::Text("free".into()))
    );
    let amounts: Vec<_> = one
        .events
        .iter()
        .filter_map(|event| event.value)
        .map(|value| value.to_decimal_string())
        .collect();
    assert_eq!(amounts, ["2.5", "12345678901.123456"]);
}
