//! The sample data as people see it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::{access::Actor, campaign::CampaignStatus, segment::SegmentKind, time::Timestamp};
use engine::{Engine, OpenOptions, SampleSpec, clock::Clock};

async fn open(dir: &tempfile::TempDir) -> Engine {
    let now = Timestamp::parse_rfc3339("2026-11-24T10:00:00Z").unwrap();
    Engine::open(OpenOptions {
        dir: dir.path().to_path_buf(),
        clock: Clock::starting_at(now),
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn the_sample_keeps_the_known_answers_and_is_loaded_once() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir).await;
    let actor = Actor::operator(0);
    engine.load_sample(SampleSpec::default(), |_| {}).await.unwrap();
    let dataset = engine.dataset(&actor, "cdnow").await.unwrap().id;
    let figures = engine.figures(&actor, dataset).await.unwrap();
    assert_eq!((figures.profiles, figures.named), (23_570, 21_904));
    assert_eq!(figures.revenue.to_decimal_string(), "2500315.63");
    assert!((150_000..250_000).contains(&figures.events), "{}", figures.events);
    for (rule, count) in [
        ("last(purchase) before 1998-01-01", 18_196),
        ("sum(purchase.value) > 500", 734),
        ("count(purchase) = 1", 11_908),
        ("email is set", 21_904),
        ("anonymous = true", 1_666),
        ("in segment \"VIP guests\"", 40),
    ] {
        assert_eq!(
            engine.preview(&actor, dataset, rule).await.unwrap().count,
            count,
            "{rule}"
        );
    }
    let segments = engine.segments(&actor, dataset, true).await.unwrap();
    for (name, kind, count) in [
        ("Lapsed: no purchase since 1998", SegmentKind::Rule, 18_196),
        ("Lapsed big spenders", SegmentKind::Rule, 93),
        ("Regulars of 1998", SegmentKind::Rule, 1_454),
        ("VIP guests", SegmentKind::Manual, 40),
    ] {
        let segment = segments.iter().find(|segment| segment.name == name).unwrap();
        assert_eq!(
            (segment.kind, segment.count.unwrap().value),
            (kind, count),
            "{name}"
        );
    }
    let list = segments
        .iter()
        .find(|segment| segment.kind == SegmentKind::List)
        .unwrap();
    assert!((8_500..9_500).contains(&list.count.unwrap().value));
    let campaigns = engine.all_campaign_figures(&actor, dataset).await.unwrap();
    for status in CampaignStatus::ALL {
        assert!(
            campaigns.iter().any(|one| one.campaign.status == status),
            "{status:?}"
        );
    }
    for one in campaigns
        .iter()
        .filter(|one| one.campaign.status == CampaignStatus::Active)
    {
        assert!(
            one.impressions_30d > 1_000 && one.clicks_30d > 50,
            "{}: {}",
            one.campaign.id,
            one.impressions_30d
        );
    }
    let win_back = campaigns
        .iter()
        .find(|one| one.campaign.id == "win-back-spring")
        .unwrap();
    assert_eq!(win_back.eligible, 18_196);
    engine
        .load_sample(
            SampleSpec {
                extra_profiles: 1_000,
            },
            |_| {},
        )
        .await
        .unwrap();
    engine
        .load_sample(
            SampleSpec {
                extra_profiles: 1_000,
            },
            |_| {},
        )
        .await
        .unwrap();
    assert_eq!(
        engine
            .preview(&actor, dataset, "bucket(0, 100)")
            .await
            .unwrap()
            .count,
        24_570
    );
    assert_eq!(
        engine
            .preview(&actor, dataset, "sum(purchase.value) > 500")
            .await
            .unwrap()
            .count,
        734
    );
    assert_eq!(
        engine
            .preview(&actor, dataset, "last(purchase) before 1998-01-01")
            .await
            .unwrap()
            .count,
        18_196
    );
}

#[tokio::test]
async fn somebodys_own_dataset_of_that_name_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir).await;
    let actor = Actor::operator(0);
    let dataset = engine.create_dataset(&actor, "cdnow", None).await.unwrap().id;
    engine
        .load_sample(SampleSpec { extra_profiles: 10 }, |_| {})
        .await
        .unwrap();
    assert_eq!(
        engine
            .preview(&actor, dataset, "bucket(0, 100)")
            .await
            .unwrap()
            .count,
        0
    );
}
