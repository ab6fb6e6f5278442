//! Usage and impact on a small dataset, counted by hand.
//!
//! Six people: u1 to u3 are in group a, u4 and u5 in b, u6 in none. u1, u2 and u4 saw `spring` once each within 30 days,
//! u1 once more 40 days ago.

use super::{campaigns::spec, *};
use domain::{
    campaign::{Campaign, CampaignChange, CampaignStatus},
    estimate::Basis,
    usage::{Usage, UsageKind, UsageRole},
};

async fn six() -> (House, Segment) {
    let house = House::new().await;
    let spring = Some("spring");
    let saw = [("impression", 2, None, spring)];
    let saw_twice = [("impression", 2, None, spring), ("impression", 40, None, spring)];
    let bought = [("purchase", 400, Some(9), None)];
    for (user, group, events) in [
        ("u1", "a", &saw_twice[..]),
        ("u2", "a", &saw),
        ("u3", "a", &bought),
        ("u4", "b", &saw),
        ("u5", "b", &[]),
        ("u6", "", &[]),
    ] {
        let attributes = format!(r#"{{"group":"{group}"}}"#);
        let identities = [(IdentityKind::UserId, user)];
        house
            .person(TestPerson {
                identities: &identities,
                attributes: &attributes,
                events,
            })
            .await;
    }
    let a = house.rule("A", r#"attr.group = "a""#).await;
    (house, a)
}

fn line(usage: &Usage) -> (&str, UsageRole, Vec<&str>, i64, i64, i64) {
    let via = usage.via.iter().map(String::as_str).collect();
    (
        usage.name.as_str(),
        usage.role,
        via,
        usage.eligible_now,
        usage.eligible_after,
        usage.members,
    )
}

async fn campaign(house: &House, name: &str, include: &[SegmentId], exclude: &[SegmentId]) -> Campaign {
    let spec = spec(name, include, exclude);
    house
        .engine
        .create_campaign(&admin(), house.main, spec)
        .await
        .expect("a campaign")
}

async fn pause(house: &House, campaign: &Campaign) {
    let pause = CampaignChange {
        status: Some(CampaignStatus::Paused),
        ..CampaignChange::default()
    };
    house
        .engine
        .update_campaign(&admin(), house.main, &campaign.id, pause)
        .await
        .expect("paused");
}

/// Segments and campaigns that lean on A directly and through others, and one that does not.
async fn leaning_on(house: &House, a: SegmentId) {
    let wide = house
        .rule("Wide", r#"in segment "A" or attr.group = "b""#)
        .await
        .id;
    let wider = house
        .rule("Wider", r#"in segment "Wide" or user_id = "u6""#)
        .await
        .id;
    campaign(house, "Spring", &[a], &[]).await;
    campaign(house, "Far", &[wider], &[]).await;
    campaign(house, "Rest", &[], &[a]).await;
    campaign(house, "Elsewhere", &[house.list("Other").await.id], &[]).await;
    pause(house, &campaign(house, "Paused", &[wide, a], &[]).await).await;
}

#[tokio::test]
async fn usage_is_found_through_other_segments_and_counted_exactly() {
    let (house, a) = six().await;
    leaning_on(&house, a.id).await;
    let usage = house
        .engine
        .usage(&admin(), house.main, a.id)
        .await
        .expect("usage");
    let lines: Vec<_> = usage.iter().map(line).collect();
    let expected = [
        ("Rest", UsageRole::Exclude, vec![], 3, 3, 0),
        ("Spring", UsageRole::Include, vec![], 3, 0, 3),
        ("Far", UsageRole::Include, vec!["Wider", "Wide"], 6, 3, 3),
        ("Paused", UsageRole::Include, vec![], 5, 2, 3),
        ("Wide", UsageRole::Segment, vec![], 5, 2, 3),
        ("Wider", UsageRole::Segment, vec!["Wide"], 6, 3, 3),
    ];
    assert_eq!(lines, expected);
    let spring = usage.get(1).expect("spring");
    let active = UsageKind::Campaign {
        id: "spring".into(),
        status: CampaignStatus::Active,
    };
    assert_eq!(spring.what, active);
    assert_eq!(
        (spring.impressions_30d, spring.impressions_30d_from_members),
        (3, 2)
    );
    assert_eq!(spring.projected_impressions_change(), -2);
    assert_eq!(
        code(house.engine.usage(&admin(), house.main, SegmentId(99)).await),
        Code::NotFound
    );
}

#[tokio::test]
async fn the_structure_alone_is_cheap_and_knows_what_runs() {
    let (house, a) = six().await;
    leaning_on(&house, a.id).await;
    let cheap = house
        .engine
        .usage_list(&admin(), house.main, a.id)
        .await
        .expect("usage");
    assert!(cheap.iter().all(|usage| usage.eligible_now == 0));
    let names: Vec<_> = cheap.iter().map(|usage| usage.name.as_str()).collect();
    assert_eq!(names, ["Rest", "Spring", "Far", "Paused", "Wide", "Wider"]);
    let mut conn = house.engine.inner.store.read().await.expect("a reader");
    let running = crate::service::usage::running_campaigns(&mut conn, house.main, a.id)
        .await
        .expect("names");
    assert_eq!(running, ["Rest", "Spring", "Far"]);
}

#[tokio::test]
async fn the_members_of_a_disabled_segment_are_what_counts() {
    let (house, a) = six().await;
    let engine = &house.engine;
    engine
        .create_campaign(&admin(), house.main, spec("Spring", &[a.id], &[]))
        .await
        .expect("a campaign");
    engine
        .disable_segment(&admin(), house.main, a.id)
        .await
        .expect("disabled");
    house.member("u7", "a").await;
    let usage = engine.usage(&admin(), house.main, a.id).await.expect("usage");
    assert_eq!(
        usage.iter().map(line).collect::<Vec<_>>(),
        [("Spring", UsageRole::Include, vec![], 3, 0, 3)]
    );
}

#[tokio::test]
async fn impact_counts_people_events_and_where_else_they_are() {
    let (house, a) = six().await;
    let engine = &house.engine;
    let buyers = house.rule("Buyers", "count(purchase) > 0").await;
    house.rule("B", r#"attr.group = "b""#).await;
    let impact = engine
        .impact(&admin(), house.main, a.id, None)
        .await
        .expect("impact");
    assert_eq!(
        (
            impact.profiles,
            impact.named,
            impact.events,
            impact.dataset_profiles
        ),
        (3, 3, 4, 6)
    );
    assert_eq!((impact.everyone, impact.held, impact.usage.len()), (false, 0, 0));
    assert_eq!(
        impact
            .also_in
            .iter()
            .map(|o| (o.segment, o.name.as_str(), o.profiles))
            .collect::<Vec<_>>(),
        [(buyers.id, "Buyers", 1)]
    );
    assert_eq!((impact.warehouse.profiles, impact.warehouse.events), (3, 4));
    let titles: Vec<_> = impact.sample.iter().map(|row| row.title.as_str()).collect();
    assert_eq!(titles, ["u1", "u2", "u3"]);
    assert_eq!((impact.estimate.basis, impact.plan.len()), (Basis::Documented, 1));
}

#[tokio::test]
async fn the_plan_has_as_many_jobs_as_the_limit_asks_for() {
    let (house, a) = six().await;
    let engine = &house.engine;
    let slow = engine
        .impact(&admin(), house.main, a.id, Some(1))
        .await
        .expect("impact");
    assert_eq!(
        slow.plan
            .iter()
            .map(|job| (job.profiles, job.seconds))
            .collect::<Vec<_>>(),
        [(3, 3)]
    );
    let mut tx = engine.inner.store.write().await.expect("a writer");
    crate::store::settings::put(&mut tx, crate::store::settings::JOB_SECONDS_MAX, "2")
        .await
        .expect("a setting");
    tx.commit().await.expect("a commit");
    let split = engine
        .impact(&admin(), house.main, a.id, Some(1))
        .await
        .expect("impact");
    assert_eq!(
        split
            .plan
            .iter()
            .map(|job| (job.job, job.profiles, job.seconds))
            .collect::<Vec<_>>(),
        [(1, 2, 2), (2, 1, 1)]
    );
    assert_eq!(
        code(engine.impact(&admin(), house.main, a.id, Some(0)).await),
        Code::Invalid
    );

    test_people::job(&engine.inner.store, house.main, 77, "completed", 100_000, 1_000).await;
    let measured = engine
        .impact(&admin(), house.main, a.id, None)
        .await
        .expect("impact");
    assert_eq!(
        (measured.estimate.basis, measured.estimate.jobs),
        (Basis::Measured, 1)
    );
}

#[tokio::test]
async fn everyone_is_seen_by_form_and_by_number() {
    let (house, _) = six().await;
    let form = house.rule("Form", "email is set or email is not set").await;
    let number = house.rule("Number", "user_id is set").await;
    for segment in [form, number] {
        assert!(
            house
                .engine
                .impact(&admin(), house.main, segment.id, None)
                .await
                .expect("impact")
                .everyone
        );
    }
}

#[tokio::test]
async fn more_users_than_one_statement_takes_are_counted_all_the_same() {
    let (house, a) = six().await;
    for n in 0..60 {
        house
            .engine
            .create_campaign(&admin(), house.main, spec(&format!("C{n:02}"), &[a.id], &[]))
            .await
            .expect("a campaign");
    }
    let usage = house
        .engine
        .usage(&admin(), house.main, a.id)
        .await
        .expect("usage");
    assert_eq!(usage.len(), 60);
    assert!(
        usage
            .iter()
            .all(|usage| (usage.eligible_now, usage.eligible_after) == (3, 0))
    );
}

#[tokio::test]
async fn the_plan_hash_moves_with_the_structure_and_not_with_the_count() {
    let (house, a) = six().await;
    let engine = &house.engine;
    let hash = async || {
        engine
            .impact(&admin(), house.main, a.id, None)
            .await
            .expect("impact")
            .plan_hash
    };
    let mut last = hash().await;
    house.member("u8", "a").await;
    house.count(a.id).await;
    assert_eq!(hash().await, last, "a count moved");
    let campaign = engine
        .create_campaign(&admin(), house.main, spec("Spring", &[a.id], &[]))
        .await
        .expect("a campaign");
    let pause = CampaignChange {
        status: Some(CampaignStatus::Paused),
        ..CampaignChange::default()
    };
    let wide = house.rule("Unrelated", "email is set").await;
    let mut moved = async |what: &str| {
        let now = hash().await;
        assert_ne!(now, last, "{what}");
        last = now;
    };
    moved("a campaign came").await;
    engine
        .update_campaign(&admin(), house.main, &campaign.id, pause)
        .await
        .expect("paused");
    moved("a campaign was paused").await;
    let leaning = domain::segment::SegmentChange {
        name: None,
        rule: Some(r#"in segment "A""#.into()),
    };
    engine
        .update_segment(&admin(), house.main, wide.id, leaning)
        .await
        .expect("changed");
    moved("a segment leans on it").await;
    let renamed = domain::segment::SegmentChange {
        name: Some("AA".into()),
        rule: None,
    };
    engine
        .update_segment(&admin(), house.main, a.id, renamed)
        .await
        .expect("renamed");
    moved("its name").await;
    engine
        .disable_segment(&admin(), house.main, a.id)
        .await
        .expect("disabled");
    moved("its state").await;
    let mut conn = engine.inner.store.read().await.expect("a reader");
    let alone = crate::service::usage::plan_hash(&mut conn, house.main, a.id)
        .await
        .expect("a hash");
    drop(conn);
    assert_eq!(alone, hash().await);
}

#[tokio::test]
async fn the_plan_hash_moves_with_what_stands_behind_the_rule() {
    let (house, _) = six().await;
    let engine = &house.engine;
    let list = house.list("Chosen").await;
    for who in ["u1", "u2"] {
        engine
            .set_member(&admin(), house.main, list.id, who, true)
            .await
            .expect("a member");
    }
    let inner = house.rule("Inner", r#"in segment "Chosen""#).await;
    let outer = house.rule("Outer", r#"in segment "Inner""#).await;
    let shown = async || {
        let impact = engine
            .impact(&admin(), house.main, outer.id, None)
            .await
            .expect("impact");
        (impact.plan_hash, impact.profiles)
    };
    let (before, people) = shown().await;
    for (who, member) in [("u2", false), ("u3", true)] {
        engine
            .set_member(&admin(), house.main, list.id, who, member)
            .await
            .expect("a member");
    }
    let (swapped, as_many) = shown().await;
    assert_eq!(as_many, people, "as many as before");
    assert_ne!(swapped, before, "but another person");
    let other = domain::segment::SegmentChange {
        name: None,
        rule: Some(r#"user_id = "u4" or user_id = "u5""#.into()),
    };
    engine
        .update_segment(&admin(), house.main, inner.id, other)
        .await
        .expect("changed");
    let (edited, as_many) = shown().await;
    assert_eq!(as_many, people, "as many as before");
    assert_ne!(edited, swapped, "but other people");
}

#[tokio::test]
async fn long_lists_share_no_statement_that_would_be_too_long() {
    let (house, a) = six().await;
    let long = |from: usize| {
        let lists = (0..8).map(|no| {
            let values = (0..1_000).map(|n| format!("{}", from + no * 1_000 + n));
            format!("attr.no in ({})", values.collect::<Vec<_>>().join(","))
        });
        lists.collect::<Vec<_>>().join(" or ")
    };
    let mut named = vec![];
    for no in 0..5 {
        let rule = format!("{} or user_id = \"u1\"", long(no * 1_000));
        named.push(house.rule(&format!("Long {no}"), &rule).await.id);
    }
    for id in &named {
        let campaign = spec(&format!("C{id}"), &[*id], &[]);
        house
            .engine
            .create_campaign(&admin(), house.main, campaign)
            .await
            .expect("a campaign");
    }
    let impact = house.engine.impact(&admin(), house.main, a.id, None).await;
    let also: Vec<_> = impact
        .expect("impact")
        .also_in
        .iter()
        .map(|other| other.profiles)
        .collect();
    assert_eq!(also, [1; 5], "u1 is in each");
    let first = house.engine.impact(&admin(), house.main, named[0], None).await;
    assert_eq!(first.expect("impact").also_in.len(), 5, "the other four and A");
    let everywhere = spec("Everywhere", &named, &[]);
    let made = house
        .engine
        .create_campaign(&admin(), house.main, everywhere)
        .await;
    made.expect("a campaign");
    let too_large = house.engine.usage(&admin(), house.main, named[0]).await;
    assert_eq!(code(too_large), Code::RuleInvalid, "a sentence, and no failure");
}
