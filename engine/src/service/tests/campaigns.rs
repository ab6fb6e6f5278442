//! Campaigns: who is eligible, what is refused, figures.

use super::*;
use domain::campaign::{CampaignChange, CampaignSpec, CampaignStatus};

pub(super) fn spec(name: &str, include: &[SegmentId], exclude: &[SegmentId]) -> CampaignSpec {
    CampaignSpec {
        id: None,
        name: name.to_owned(),
        status: CampaignStatus::Active,
        include: include.to_vec(),
        exclude: exclude.to_vec(),
        starts_at: None,
        ends_at: None,
        arms: Vec::new(),
    }
}

#[tokio::test]
async fn eligible_is_in_any_included_and_in_no_excluded_segment() {
    let house = House::new().await;
    let impression = [("impression", 1, None, Some("both"))];
    for (user, group) in [("u1", "a"), ("u2", "a"), ("u3", "b"), ("u4", "c")] {
        let attributes = format!(r#"{{"group":"{group}"}}"#);
        let identities = [(IdentityKind::UserId, user)];
        house
            .person(TestPerson {
                identities: &identities,
                attributes: &attributes,
                events: &impression,
            })
            .await;
    }
    let a = house.rule("A", r#"attr.group = "a""#).await.id;
    let b = house.rule("B", r#"attr.group = "b""#).await.id;
    let one = house.rule("One", r#"user_id = "u1""#).await.id;
    let engine = &house.engine;
    for (name, include, exclude, eligible) in [
        ("Everyone", vec![], vec![], 4),
        ("Both", vec![a, b], vec![], 3),
        ("Less", vec![a, b], vec![one], 2),
        ("All but", vec![], vec![a, b], 1),
    ] {
        let campaign = engine
            .create_campaign(&admin(), house.main, spec(name, &include, &exclude))
            .await
            .expect("a campaign");
        let figures = engine
            .campaign_figures(&admin(), house.main, &campaign.id)
            .await
            .expect("figures");
        assert_eq!(figures.eligible, eligible, "{name}");
    }
    let all = engine
        .all_campaign_figures(&admin(), house.main)
        .await
        .expect("figures");
    let seen: Vec<_> = all
        .iter()
        .map(|f| {
            (
                f.campaign.id.as_str(),
                f.eligible,
                f.impressions_30d,
                f.impressions_total,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("all-but", 1, 0, 0),
            ("both", 3, 4, 4),
            ("everyone", 4, 0, 0),
            ("less", 2, 0, 0)
        ]
    );
}

#[tokio::test]
async fn a_campaign_is_changed_in_part_and_its_version_grows() {
    let house = House::new().await;
    let a = house.rule("A", r#"attr.group = "a""#).await.id;
    let engine = &house.engine;
    let made = engine
        .create_campaign(&admin(), house.main, spec("Summer Sale, 2017!", &[a, a], &[]))
        .await
        .expect("a campaign");
    assert_eq!(
        (made.id.as_str(), made.include.len(), made.version),
        ("summer-sale-2017", 1, 1)
    );
    let twin = engine
        .create_campaign(&admin(), house.main, spec("Summer sale 2017", &[], &[]))
        .await
        .expect("a campaign");
    assert_eq!(twin.id, "summer-sale-2017-2");
    let change = CampaignChange {
        status: Some(CampaignStatus::Paused),
        ends_at: Some(Some(NOW)),
        ..CampaignChange::default()
    };
    let paused = engine
        .update_campaign(&admin(), house.main, &made.id, change)
        .await
        .expect("changed");
    assert_eq!(
        (paused.status, paused.ends_at, paused.version, paused.include),
        (CampaignStatus::Paused, Some(NOW), 2, made.include)
    );
    let late = CampaignChange {
        name: Some("Another name".to_owned()),
        version: Some(made.version),
        ..CampaignChange::default()
    };
    let late = engine.update_campaign(&admin(), house.main, &made.id, late).await;
    assert_eq!(code(late), Code::ChangedMeanwhile, "somebody was quicker");
    let change = CampaignChange {
        include: Some(vec![]),
        exclude: Some(vec![a]),
        ends_at: Some(None),
        ..CampaignChange::default()
    };
    let turned = engine
        .update_campaign(&admin(), house.main, &made.id, change)
        .await
        .expect("changed");
    assert_eq!(
        (
            turned.include.len(),
            turned.exclude.len(),
            turned.ends_at,
            turned.version
        ),
        (0, 1, None, 3)
    );
}

#[tokio::test]
async fn what_cannot_be_a_campaign_is_refused() {
    let house = House::new().await;
    let a = house.rule("A", r#"attr.group = "a""#).await.id;
    let engine = &house.engine;
    let with_id = |id: &str| CampaignSpec {
        id: Some(id.to_owned()),
        ..spec("X", &[], &[])
    };
    engine
        .create_campaign(&admin(), house.main, with_id("x"))
        .await
        .expect("a campaign");
    assert_eq!(
        code(engine.create_campaign(&admin(), house.main, with_id("x")).await),
        Code::NameTaken
    );
    assert_eq!(
        code(
            engine
                .create_campaign(&admin(), house.main, with_id(&"x".repeat(200)))
                .await
        ),
        Code::Invalid
    );
    assert_eq!(
        code(
            engine
                .create_campaign(&admin(), house.main, spec("X", &[SegmentId(99)], &[]))
                .await
        ),
        Code::Invalid
    );
    assert_eq!(
        code(
            engine
                .create_campaign(&admin(), house.main, spec("X", &[a], &[a]))
                .await
        ),
        Code::Invalid
    );
    let backwards = CampaignSpec {
        starts_at: Some(NOW),
        ends_at: Some(NOW.minus_ms(1)),
        ..spec("X", &[], &[])
    };
    assert_eq!(
        code(engine.create_campaign(&admin(), house.main, backwards).await),
        Code::Invalid
    );
    assert_eq!(
        code(engine.campaign_figures(&admin(), house.main, "nothing").await),
        Code::NotFound
    );
    let change = CampaignChange::default();
    assert_eq!(
        code(
            engine
                .update_campaign(&admin(), house.main, "nothing", change.clone())
                .await
        ),
        Code::NotFound
    );
    assert_eq!(
        code(
            engine
                .update_campaign(&person_with(Role::Approver), house.main, "x", change)
                .await
        ),
        Code::Forbidden
    );
}

#[tokio::test]
async fn a_campaign_knows_who_reads_it_and_what_is_disabled_beneath_it() {
    let house = House::new().await;
    house.member("u1", "a").await;
    let a = house.rule("A", r#"attr.group = "a""#).await.id;
    let wide = house.rule("Wide", r#"in segment "A" or email is set"#).await.id;
    let other = house.rule("Other", r#"attr.group = "b""#).await.id;
    let reader = house
        .rule(
            "Readers",
            r#"count(impression where campaign_id = "spring") >= 1"#,
        )
        .await;
    house
        .rule(
            "Not quite",
            r#"count(impression where campaign_id = "spring-2") >= 1"#,
        )
        .await;
    let engine = &house.engine;
    engine
        .create_campaign(&admin(), house.main, spec("Spring", &[wide], &[]))
        .await
        .expect("a campaign");
    for segment in [a, other] {
        engine
            .disable_segment(&admin(), house.main, segment)
            .await
            .expect("disabled");
    }
    let around = engine
        .campaign_around(&admin(), house.main, "spring")
        .await
        .expect("around");
    let disabled: Vec<_> = around.disabled.iter().map(|segment| segment.id).collect();
    assert_eq!(disabled, [a], "through Wide; Other decides nothing here");
    assert_eq!(around.read_by, [(reader.id, "Readers".to_owned())]);
    assert!(around.jobs.is_empty());
    assert_eq!(
        code(engine.campaign_around(&admin(), house.main, "nothing").await),
        Code::NotFound
    );
    let new = CampaignSpec {
        id: Some("new".to_owned()),
        ..spec("New", &[], &[])
    };
    assert_eq!(
        code(engine.create_campaign(&admin(), house.main, new).await),
        Code::Invalid
    );
    let named = engine
        .create_campaign(&admin(), house.main, spec("New", &[], &[]))
        .await;
    assert_eq!(
        named.expect("a campaign").id,
        "new-2",
        "the page of new campaigns keeps its address"
    );
}
