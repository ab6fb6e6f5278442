//! Decisions: who is served what, what is recorded, and who never is. Buckets of test people follow their number: the
//! first has 8576, the next 8577, and so on.

use super::{campaigns::spec, *};
use crate::import::{ImportKind, ImportOptions};
use domain::{
    campaign::{Arm, CampaignChange, CampaignSpec, CampaignStatus},
    decision::{Decision, DecisionAsk},
    time::DAY_MS,
};
use std::io::Cursor;

fn ask(user_id: &str, record: bool) -> DecisionAsk {
    DecisionAsk {
        user_id: Some(user_id.to_owned()),
        record,
        ..DecisionAsk::default()
    }
}

async fn decide(house: &House, user_id: &str, record: bool) -> Decision {
    house
        .engine
        .decide(&admin(), house.main, &ask(user_id, record))
        .await
        .expect("a decision")
}

/// `Campaign` or `Campaign/arm` of what somebody is served.
async fn served(house: &House, user_id: &str) -> Vec<String> {
    let decision = decide(house, user_id, false).await;
    assert_eq!(decision.recorded, 0);
    let named = decision.campaigns.into_iter().map(|it| match it.arm {
        Some(arm) => format!("{}/{arm}", it.name),
        None => it.name,
    });
    named.collect()
}

async fn create(house: &House, spec: CampaignSpec) -> String {
    let made = house.engine.create_campaign(&admin(), house.main, spec).await;
    made.expect("a campaign").id
}

/// u1 to u3 in group a (buckets 8576 to 8578), u4 in b (8579).
async fn four() -> (House, SegmentId) {
    let house = House::new().await;
    for (user, group) in [("u1", "a"), ("u2", "a"), ("u3", "a"), ("u4", "b")] {
        house.member(user, group).await;
    }
    let a = house.rule("A", r#"attr.group = "a""#).await.id;
    (house, a)
}

fn arm(name: &str, from: u16, upto: u16) -> Arm {
    Arm {
        name: name.to_owned(),
        from,
        upto,
    }
}

#[tokio::test]
async fn active_campaigns_within_their_times_serve_their_people_by_arm() {
    let (house, a) = four().await;
    create(&house, spec("Everyone", &[], &[])).await;
    create(&house, spec("Not A", &[], &[a])).await;
    let test = CampaignSpec {
        // u1 and u2 in arm X, u3 in none, u4 is not in A; arm Y begins above u4.
        arms: vec![arm("Y", 8_580, 10_000), arm("X", 8_576, 8_578)],
        ..spec("Test", &[a], &[])
    };
    let test = create(&house, test).await;
    for (name, status, starts, ends) in [
        ("Draft", CampaignStatus::Draft, None, None),
        ("Paused", CampaignStatus::Paused, None, None),
        ("Later", CampaignStatus::Active, Some(DAY_MS), None),
        ("Over", CampaignStatus::Active, None, Some(-DAY_MS)),
        ("Scheduled", CampaignStatus::Scheduled, Some(-1), None),
    ] {
        let it = CampaignSpec {
            status,
            starts_at: starts.map(|ms| NOW.plus_ms(ms)),
            ends_at: ends.map(|ms| NOW.plus_ms(ms)),
            ..spec(name, &[], &[])
        };
        create(&house, it).await;
    }
    let at_its_time = CampaignSpec {
        starts_at: Some(NOW),
        ends_at: Some(NOW.plus_ms(DAY_MS)),
        ..spec("At its time", &[], &[])
    };
    create(&house, at_its_time).await;
    for (user, expected) in [
        ("u1", vec!["At its time", "Everyone", "Test/X"]),
        ("u3", vec!["At its time", "Everyone"]),
        ("u4", vec!["At its time", "Everyone", "Not A"]),
        ("nobody", vec![]),
    ] {
        assert_eq!(served(&house, user).await, expected, "{user}");
    }
    let figures = house
        .engine
        .campaign_figures(&admin(), house.main, &test)
        .await
        .expect("figures");
    let arms: Vec<_> = figures
        .arms
        .iter()
        .map(|it| (it.arm.name.as_str(), it.eligible))
        .collect();
    assert_eq!(
        (figures.eligible, arms),
        (3, vec![("X", 2), ("Y", 0)]),
        "the figures say the same"
    );
    house
        .engine
        .disable_segment(&admin(), house.main, a)
        .await
        .expect("disabled");
    house.member("u5", "a").await;
    assert_eq!(
        served(&house, "u5").await,
        ["At its time", "Everyone", "Not A"],
        "nobody joins a disabled segment"
    );
    assert_eq!(served(&house, "u1").await.len(), 3, "and its members still count");
}

#[tokio::test]
async fn what_is_recorded_is_what_an_import_of_the_impression_would_write() {
    let (mut written, mut at) = (Vec::new(), NOW);
    for by_decision in [true, false] {
        let house = House::new().await;
        let id = house.member("u1", "a").await;
        let campaign = create(&house, spec("Spring", &[], &[])).await;
        if by_decision {
            let decision = decide(&house, "u1", true).await;
            assert_eq!(decision.recorded, 1);
            at = decision.decided_at;
        } else {
            let text = format!(
                "user_id,event,timestamp,campaign_id\nu1,impression,{},{campaign}\n",
                at.to_rfc3339()
            );
            let input = Cursor::new(text.into_bytes());
            let options = ImportOptions::default();
            let report = house
                .engine
                .import(&admin(), house.main, ImportKind::Events, options, input)
                .await;
            assert_eq!(report.expect("a report").accepted, 1);
        }
        written.push(test_people::traces(&house.engine.inner.store, house.main, id).await);
    }
    assert_eq!(written[0], written[1]);
    let seen = format!("(Some({at}), Some({at}), 1) ", at = at.ms());
    assert!(written[0].starts_with(&seen), "{} of {seen}", written[0]);
    assert!(
        written[0].contains("\"impression\", Some(\"spring\")"),
        "{}",
        written[0]
    );
}

#[tokio::test]
async fn nothing_is_recorded_for_somebody_unknown_gone_or_going() {
    let (house, a) = four().await;
    create(&house, spec("A", &[a], &[])).await;
    let store = &house.engine.inner.store;
    let id = async |user: &str| {
        let query = domain::profile::ProfileQuery {
            q: Some(user.to_owned()),
            page: domain::page::PageRequest::default(),
            ..domain::profile::ProfileQuery::default()
        };
        let found = house.engine.profiles(&admin(), house.main, query).await;
        found.expect("a list").items.first().expect("somebody").id
    };
    let (gone, going) = (id("u1").await, id("u2").await);
    test_people::remove(store, gone).await;
    test_people::begin_to_remove(store, going).await;
    let before = test_people::traces(store, house.main, id("u3").await).await;
    for user in ["u1", "u2", "never seen"] {
        let decision = decide(&house, user, true).await;
        assert_eq!((decision.campaigns.len(), decision.recorded), (0, 0), "{user}");
    }
    assert_eq!(
        test_people::traces(store, house.main, id("u3").await).await,
        before
    );
    let twice = [
        decide(&house, "u3", true).await.recorded,
        decide(&house, "u3", true).await.recorded,
    ];
    assert_eq!(twice, [1, 1], "two impressions at one moment are two");
    let figures = house
        .engine
        .campaign_figures(&admin(), house.main, "a")
        .await
        .expect("figures");
    assert_eq!((figures.impressions_30d, figures.impressions_total), (2, 2));
    let around = house
        .engine
        .campaign_around(&admin(), house.main, "a")
        .await
        .expect("around");
    let days: Vec<i64> = around.days.iter().map(|day| day.events).collect();
    assert_eq!(
        (days.len(), days.last(), days.iter().sum::<i64>()),
        (30, Some(&2), 2)
    );
}

#[tokio::test]
async fn other_identities_serve_too_and_what_is_none_is_refused() {
    let house = House::new().await;
    house
        .person(TestPerson {
            identities: &[
                (IdentityKind::Email, "ada@example.com"),
                (IdentityKind::AnonymousId, "anon-1"),
            ],
            attributes: "{}",
            events: &[],
        })
        .await;
    create(&house, spec("All", &[], &[])).await;
    let asked = async |ask: DecisionAsk| house.engine.decide(&admin(), house.main, &ask).await;
    let email = DecisionAsk {
        email: Some(" ADA@Example.com ".into()),
        ..DecisionAsk::default()
    };
    assert_eq!(asked(email).await.expect("a decision").campaigns.len(), 1);
    let anonymous = DecisionAsk {
        user_id: Some(" ".into()),
        anonymous_id: Some("anon-1".into()),
        ..DecisionAsk::default()
    };
    assert_eq!(asked(anonymous).await.expect("a decision").campaigns.len(), 1);
    assert_eq!(code(asked(DecisionAsk::default()).await), Code::Invalid);
    let refused = problem(asked(ask(&"x".repeat(600), false)).await);
    assert_eq!(
        (refused.code, refused.field.as_deref()),
        (Code::Invalid, Some("user_id"))
    );
    for (scope, allowed) in [
        (domain::access::Scope::Ingest, true),
        (domain::access::Scope::Read, false),
        (domain::access::Scope::Bulk, false),
    ] {
        let token = Actor {
            name: "token".into(),
            powers: Powers::Token { scope },
            dataset: None,
        };
        let answer = house.engine.decide(&token, house.main, &ask("u", true)).await;
        assert_eq!(answer.is_ok(), allowed, "{scope:?}");
    }
}

#[tokio::test]
async fn a_status_changes_by_the_table_and_by_the_clock() {
    let (house, _) = four().await;
    let set = async |house: &House, id: &str, status| {
        let change = CampaignChange {
            status: Some(status),
            ..CampaignChange::default()
        };
        house
            .engine
            .update_campaign(&admin(), house.main, id, change)
            .await
    };
    let due = CampaignSpec {
        status: CampaignStatus::Scheduled,
        starts_at: Some(NOW.plus_ms(DAY_MS)),
        ends_at: Some(NOW.plus_ms(2 * DAY_MS)),
        ..spec("Due", &[], &[])
    };
    create(&house, due).await;
    create(&house, spec("Kept", &[], &[])).await;
    assert_eq!(
        code(set(&house, "kept", CampaignStatus::Draft).await),
        Code::StateRefused
    );
    set(&house, "kept", CampaignStatus::Active)
        .await
        .expect("no change is no refusal");
    assert_eq!(house.engine.start_and_end_campaigns().await.expect("looked"), 0);
    assert!(!served(&house, "u1").await.contains(&"Due".to_owned()));
    let house = house.later(DAY_MS).await;
    assert_eq!(house.engine.start_and_end_campaigns().await.expect("looked"), 1);
    assert!(served(&house, "u1").await.contains(&"Due".to_owned()));
    let house = house.later(DAY_MS + 1).await;
    assert_eq!(house.engine.start_and_end_campaigns().await.expect("looked"), 1);
    assert_eq!(served(&house, "u1").await, ["Kept"]);
    let refused = problem(set(&house, "due", CampaignStatus::Active).await);
    assert_eq!(
        (refused.code, refused.field.as_deref()),
        (Code::StateRefused, Some("status"))
    );
}

#[tokio::test]
async fn arms_are_kept_changed_and_refused() {
    let (house, _) = four().await;
    let with = |arms: Vec<Arm>| CampaignSpec {
        arms,
        ..spec("X", &[], &[])
    };
    let overlap = with(vec![arm("A", 0, 5_001), arm("B", 5_000, 10_000)]);
    let refused = problem(house.engine.create_campaign(&admin(), house.main, overlap).await);
    assert_eq!(
        (refused.code, refused.field.as_deref()),
        (Code::Invalid, Some("arms"))
    );
    let id = create(&house, with(vec![arm("B", 5_000, 10_000), arm("A", 0, 5_000)])).await;
    let change = |arms| CampaignChange {
        arms,
        ..CampaignChange::default()
    };
    let kept = house
        .engine
        .update_campaign(&admin(), house.main, &id, change(None))
        .await
        .expect("changed");
    assert_eq!(kept.arms, [arm("A", 0, 5_000), arm("B", 5_000, 10_000)]);
    let none = house
        .engine
        .update_campaign(&admin(), house.main, &id, change(Some(vec![])))
        .await
        .expect("changed");
    assert_eq!((none.arms.len(), none.version), (0, 3));
}
