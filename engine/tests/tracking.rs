//! Live messages through the engine: what each becomes, once and only once, whoever becomes one with whom.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    access::Actor,
    hold::HoldSpec,
    profile::ProfileDetail,
    tracking::{MessageKind, Tracked},
    value::Value,
};
use serde_json::{Value as Json, json};
use world::{World, spec};

async fn send(world: &World, messages: Json) -> Tracked {
    let body = json!({ "batch": messages }).to_string();
    world
        .engine
        .track(&World::actor(), world.dataset, None, body.as_bytes())
        .await
        .expect("taken")
}

async fn person(world: &World, identity: &str) -> ProfileDetail {
    world
        .engine
        .profile_by_identity(&World::actor(), world.dataset, identity)
        .await
        .unwrap_or_else(|error| panic!("{identity}: {error}"))
}

fn text(detail: &ProfileDetail, name: &str) -> Option<String> {
    match detail.profile.attributes.get(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Until the copy has taken over all there is.
async fn copied(world: &World) {
    for _ in 0..1_000 {
        if world.number("SELECT count(*) FROM change_log").await == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the copy never caught up");
}

async fn warehouse(world: &World, sql: &'static str) -> i64 {
    use sqlx::ConnectOptions as _;
    let mut conn = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(world.dir.path().join("warehouse.db"))
        .connect()
        .await
        .expect("the warehouse");
    sqlx::query_scalar(sql).fetch_one(&mut conn).await.expect(sql)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_message_becomes_what_it_says() {
    let world = World::new().await;
    let told = send(
        &world,
        json!([
            { "type": "identify", "userId": "u1", "messageId": "m0", "traits": { "email": "Ada@Example.com", "plan": "pro", "firstName": "Ada" } },
            { "type": "track", "userId": "u1", "messageId": "m1", "timestamp": "2026-01-02T10:00:00.123Z", "event": "Order Completed",
              "properties": { "revenue": 39.95, "total": 45, "currency": "USD", "email": "friend@example.com", "products": [1, 2], "coupon": null } },
            { "type": "track", "userId": "u1", "messageId": "m2", "timestamp": "2026-01-02T11:00:00+01:00", "event": "Campaign Impression",
              "properties": { "campaign_id": "spring" } },
            { "type": "track", "userId": "u1", "messageId": "m3", "timestamp": "2026-01-03T10:00:00Z", "event": "Filter Used", "properties": { "value": "red" } },
            { "type": "page", "anonymousId": "a1", "messageId": "m4", "timestamp": "2026-01-03T10:00:00Z", "name": "Home", "properties": { "url": "https://x.example" } },
            { "type": "screen", "anonymousId": "a1", "messageId": "m5", "timestamp": "2026-01-03T10:00:01Z", "name": "Start" },
            { "type": "group", "userId": "u1", "groupId": "acme", "traits": { "name": "Acme Ltd" } },
        ]),
    )
    .await;
    assert_eq!((told.accepted, told.rejected), (7, Vec::new()));
    let ada = person(&world, "ada@example.com").await;
    assert_eq!(ada.profile.user_id.as_deref(), Some("u1"));
    assert_eq!(
        ["plan", "first_name", "group_id", "group_name"].map(|name| text(&ada, name).unwrap_or_default()),
        ["pro", "Ada", "acme", "Acme Ltd"]
    );
    let events: Vec<_> = ada
        .events
        .iter()
        .map(|event| {
            let value = event.value.map(|value| value.to_decimal_string());
            (event.kind.as_str(), value, event.campaign_id.clone())
        })
        .collect();
    assert_eq!(
        events,
        [
            ("Filter Used", None, None),
            ("purchase", Some("39.95".to_owned()), None),
            ("impression", None, Some("spring".to_owned())),
        ]
    );
    assert_eq!(person(&world, "a1").await.events_total, 2);
    // Whoever was invited is nobody: a property of an event says nothing about its person.
    let friend = world
        .engine
        .profile_by_identity(&World::actor(), world.dataset, "friend@example.com")
        .await;
    assert!(friend.is_err());
    assert_eq!(world.number("SELECT count(*) FROM profiles").await, 2);
    assert_eq!(world.number("SELECT accepted FROM tracked_days").await, 7);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_twice_is_one_event_with_a_time_and_without() {
    let world = World::new().await;
    let messages = json!([
        { "type": "track", "userId": "u1", "messageId": "m1", "timestamp": "2026-01-02T10:00:00Z", "event": "x" },
        { "type": "track", "userId": "u1", "messageId": "m1", "timestamp": "2026-01-02T10:00:00Z", "event": "x" },
        { "type": "track", "userId": "u1", "messageId": "m2", "event": "x" },
        { "type": "track", "userId": "u1", "messageId": "m3", "originalTimestamp": "2026-01-02T10:00:00Z", "event": "x" },
        { "type": "track", "userId": "u1", "messageId": "m4", "timestamp": "2999-01-01T00:00:00Z", "event": "x" },
    ]);
    for _ in 0..3 {
        assert_eq!(send(&world, messages.clone()).await.accepted, 5);
        // A message without a time must not be told by the moment of its coming.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let one = person(&world, "u1").await;
    assert_eq!(one.events_total, 4);
    assert!(
        one.profile
            .last_seen
            .is_some_and(|at| at.to_rfc3339().as_str() < "2900"),
        "nobody is seen in the future"
    );
    assert_eq!(world.number("SELECT sum(events) FROM totals").await, 4);
    // Two messages without an id are two events.
    let loose =
        json!([{ "type": "track", "userId": "u1", "timestamp": "2026-01-02T10:00:00Z", "event": "x" }]);
    send(&world, loose.clone()).await;
    send(&world, loose).await;
    assert_eq!(person(&world, "u1").await.events_total, 6);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_told_by_its_place_and_does_not_stop_the_rest() {
    let world = World::new().await;
    let large = "x".repeat(40_000);
    let told = send(
        &world,
        json!([
            { "type": "track", "userId": "u1", "event": "good", "messageId": "m1" },
            { "type": "track", "event": "nobody" },
            { "type": "track", "userId": "u1" },
            { "type": "dance", "userId": "u1" },
            { "type": "track", "userId": "u1", "event": "Order Completed", "properties": { "revenue": 5, "currency": "EUR" } },
            { "type": "track", "userId": "u1", "event": "large", "properties": { "text": large } },
            { "type": "alias", "userId": "u1" },
            "no object",
            { "type": "identify", "userId": "u1", "traits": { "email": "secretly" } },
        ]),
    )
    .await;
    let places: Vec<usize> = told.rejected.iter().map(|refused| refused.index).collect();
    assert_eq!((told.accepted, places), (1, vec![1, 2, 3, 4, 5, 6, 7, 8]));
    assert!(
        told.rejected
            .iter()
            .all(|refused| !refused.reason.contains("secretly"))
    );
    assert_eq!(told.rejected[0].reason, "userId or anonymousId is needed");
    assert_eq!(
        world
            .number("SELECT accepted * 100 + rejected FROM tracked_days")
            .await,
        108
    );
    let engine = &world.engine;
    for bad in ["", "{", "[]", r#"{"batch":1}"#, r#"{"messages":[]}"#] {
        assert!(
            engine
                .track(&World::actor(), world.dataset, None, bad.as_bytes())
                .await
                .is_err(),
            "{bad}"
        );
    }
    let one = engine
        .track(
            &World::actor(),
            world.dataset,
            Some(MessageKind::Page),
            br#"{"userId":"u1"}"#,
        )
        .await
        .expect("taken");
    assert_eq!(one.accepted, 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_anonymous_becomes_one_with_who_they_say_they_are() {
    let world = World::new().await;
    // New to us: the profile of the visitor gets the name, all in one batch.
    send(
        &world,
        json!([
            { "type": "page", "anonymousId": "a1", "messageId": "p1", "timestamp": "2026-01-01T00:00:00Z" },
            { "type": "identify", "userId": "u1", "anonymousId": "a1", "traits": { "plan": "pro" } },
            { "type": "track", "userId": "u1", "anonymousId": "a1", "event": "x", "messageId": "x1", "timestamp": "2026-01-01T00:00:01Z" },
        ]),
    )
    .await;
    let one = person(&world, "u1").await;
    assert_eq!(
        (one.profile.anonymous_ids.clone(), one.events_total),
        (vec!["a1".to_owned()], 2)
    );
    // Known already: the visitor's profile goes into theirs, with what it had.
    send(
        &world,
        json!([{ "type": "page", "anonymousId": "a2", "messageId": "p2", "timestamp": "2025-12-31T00:00:00Z" }]),
    )
    .await;
    let visitor = person(&world, "a2").await.profile.id;
    send(
        &world,
        json!([{ "type": "identify", "anonymousId": "a2", "userId": "u1" }]),
    )
    .await;
    let one = person(&world, "a2").await;
    assert_eq!(
        (one.profile.user_id.as_deref(), one.events_total),
        (Some("u1"), 3)
    );
    assert_eq!(
        one.profile.first_seen.map(|at| at.to_rfc3339()).as_deref(),
        Some("2025-12-31T00:00:00.000Z")
    );
    assert!(
        world
            .engine
            .profile(&World::actor(), world.dataset, visitor)
            .await
            .is_err()
    );
    // Sent again, a message of the visitor's is known again.
    send(
        &world,
        json!([{ "type": "page", "anonymousId": "a2", "messageId": "p2", "timestamp": "2025-12-31T00:00:00Z" }]),
    )
    .await;
    assert_eq!(person(&world, "u1").await.events_total, 3);
    // Somebody else on the same device stays somebody else.
    let told = send(
        &world,
        json!([{ "type": "identify", "anonymousId": "a2", "userId": "u2" }]),
    )
    .await;
    assert_eq!(told.accepted, 1);
    assert_eq!(person(&world, "a2").await.profile.user_id.as_deref(), Some("u1"));
    assert_eq!(world.number("SELECT count(*) FROM profiles").await, 2);
    assert_eq!(world.number("SELECT merged FROM tracked_days").await, 1);
    assert_eq!(
        world.number("SELECT sum(events) FROM profiles").await,
        world.number("SELECT count(*) FROM events").await
    );
    copied(&world).await;
    assert_eq!(
        warehouse(&world, "SELECT count(*) FROM profiles").await,
        2,
        "the copy follows"
    );
    assert_eq!(warehouse(&world, "SELECT count(*) FROM events").await, 3);
    assert_eq!(world.number("SELECT count(*) FROM merged_profiles").await, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_makes_two_one_with_all_that_keeps_them() {
    let world = World::new().await;
    send(
        &world,
        json!([
            { "type": "identify", "userId": "old", "traits": { "email": "old@example.com", "plan": "pro", "city": "Bern" } },
            { "type": "track", "userId": "old", "event": "x", "messageId": "m1", "timestamp": "2026-01-01T00:00:00Z" },
            { "type": "identify", "userId": "new", "traits": { "plan": "free" } },
            { "type": "track", "userId": "new", "event": "x", "messageId": "m1", "timestamp": "2026-01-01T00:00:00Z" },
        ]),
    )
    .await;
    let hold = HoldSpec {
        name: "Matter".to_owned(),
        reason: "Court".to_owned(),
        people: vec!["old".to_owned()],
        rule: None,
    };
    world
        .engine
        .create_hold(&World::actor(), world.dataset, hold)
        .await
        .expect("a hold");
    let told = send(
        &world,
        json!([{ "type": "alias", "previousId": "old", "userId": "new" }]),
    )
    .await;
    assert_eq!((told.accepted, told.rejected), (1, Vec::new()));
    let one = person(&world, "new").await;
    assert_eq!(one.profile.email.as_deref(), Some("old@example.com"));
    assert_eq!(
        one.profile.anonymous_ids,
        ["old"],
        "found by the old id as before"
    );
    assert_eq!(
        (text(&one, "plan").as_deref(), text(&one, "city").as_deref()),
        (Some("free"), Some("Bern"))
    );
    assert_eq!(one.events_total, 1, "the same message under both is one event");
    assert_eq!(one.hold.as_deref(), Some("Matter"), "the hold has come along");
    assert_eq!(world.number("SELECT count(*) FROM profiles").await, 1);
    assert_eq!(world.number("SELECT events FROM profiles").await, 1);
    // Nobody known before: the other identity is theirs from here on.
    send(
        &world,
        json!([{ "type": "alias", "previousId": "v9", "userId": "u9" }]),
    )
    .await;
    assert_eq!(person(&world, "v9").await.profile.user_id.as_deref(), Some("u9"));
    // The same again changes nothing.
    send(&world, json!([{ "type": "alias", "previousId": "v9", "userId": "u9" }, { "type": "alias", "previousId": "old", "userId": "new" }])).await;
    assert_eq!(world.number("SELECT count(*) FROM profiles").await, 2);
    let segment = world.segment("All", "user_id is set").await;
    let job = world.start(spec(segment, "All", 2)).await;
    let job = world.finished(job.id).await;
    assert_eq!((job.counts.deleted, job.counts.held), (1, 1));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_share_their_transactions_and_lose_and_double_nothing() {
    let world = World::new().await;
    let mut calls = Vec::new();
    for call in 0..60 {
        let (engine, dataset) = (world.engine.clone(), world.dataset);
        calls.push(tokio::spawn(async move {
            let messages: Vec<Json> = (0..20)
                .map(|n| json!({ "type": "track", "userId": format!("u{}", n % 7), "event": "x", "messageId": format!("m{call}-{n}"), "timestamp": "2026-01-01T00:00:00Z" }))
                .collect();
            let body = json!({ "batch": messages }).to_string();
            // Each is sent twice, as a library does that got no answer.
            for _ in 0..2 {
                let told = engine.track(&Actor::operator(0), dataset, None, body.as_bytes()).await.expect("taken");
                assert_eq!(told.accepted, 20);
            }
        }));
    }
    for call in calls {
        call.await.expect("sent");
    }
    assert_eq!(world.number("SELECT count(*) FROM events").await, 1_200);
    assert_eq!(world.number("SELECT count(*) FROM profiles").await, 7);
    assert_eq!(world.number("SELECT accepted FROM tracked_days").await, 2_400);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_larger_than_a_transaction_is_answered_when_all_of_it_is_there() {
    let world = World::new().await;
    let messages: Vec<Json> = (0..1_500)
        .map(|n| json!({ "type": "track", "userId": format!("u{n}"), "event": "x", "messageId": format!("m{n}"), "timestamp": "2026-01-01T00:00:00Z" }))
        .collect();
    let told = send(&world, json!(messages)).await;
    assert_eq!((told.accepted, told.rejected.len()), (1_500, 0));
    assert_eq!(world.number("SELECT count(*) FROM events").await, 1_500);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_with_too_many_events_stays_apart_and_the_sender_is_told() {
    let world = World::new().await;
    let mut events = String::from("anonymous_id,event,timestamp\n");
    for n in 0..20_001 {
        events.push_str(&format!(
            "a1,visit,2026-01-01T{:02}:{:02}:{:02}Z\n",
            n / 3_600 % 24,
            n / 60 % 60,
            n % 60
        ));
    }
    world.import(engine::import::ImportKind::Events, &events).await;
    send(&world, json!([{ "type": "identify", "userId": "u1" }])).await;
    let told = send(
        &world,
        json!([{ "type": "alias", "userId": "u1", "previousId": "a1" }]),
    )
    .await;
    assert_eq!((told.accepted, told.rejected.len()), (0, 1));
    assert!(
        told.rejected[0].reason.contains("more than 20000 events"),
        "{}",
        told.rejected[0].reason
    );
    assert_eq!(person(&world, "a1").await.events_total, 20_001);
    let live = world
        .engine
        .live_data(&World::actor(), world.dataset)
        .await
        .expect("live data");
    assert_eq!((live.rejections.len(), live.days[0].rejected), (1, 1));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_erased_does_not_come_back_by_any_message() {
    let world = World::new().await;
    world.people(2).await;
    let erased = ["p1".to_owned()];
    let done = world
        .engine
        .erase_people(&World::actor(), world.dataset, &erased, None)
        .await;
    assert_eq!(done.expect("erased").deleted, 1);
    let told = send(
        &world,
        json!([
            { "type": "identify", "userId": "p1", "messageId": "m1", "traits": { "plan": "pro" } },
            { "type": "track", "userId": "p1", "messageId": "m2", "event": "Order Completed", "properties": { "revenue": 5 } },
            // By the other identity that was erased, and by an alias of it.
            { "type": "track", "userId": "new", "messageId": "m3", "event": "Seen", "context": { "traits": {} } },
            { "type": "identify", "userId": "new2", "messageId": "m4", "traits": { "email": "p1@example.com" } },
            { "type": "alias", "userId": "p1", "previousId": "p2", "messageId": "m5" },
            { "type": "page", "userId": "p2", "messageId": "m6", "name": "Home" },
        ]),
    )
    .await;
    assert_eq!(
        (told.accepted, told.suppressed, told.rejected),
        (2, 4, Vec::new()),
        "only the new one and the one who stayed"
    );
    for gone in ["p1", "p1@example.com", "new2"] {
        let found = world
            .engine
            .profile_by_identity(&World::actor(), world.dataset, gone)
            .await;
        assert!(found.is_err(), "{gone} came back");
    }
    assert_eq!(person(&world, "p2").await.profile.user_id.as_deref(), Some("p2"));
    let purchases = "SELECT sum(stopped_purchases) FROM suppressions";
    assert_eq!(world.number(purchases).await, 1);
    world.end().await;
}
