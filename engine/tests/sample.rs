//! The sample data as people see it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::{
    access::Actor,
    campaign::{CampaignFigures, CampaignStatus},
    id::DatasetId,
    segment::SegmentKind,
    time::Timestamp,
};
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

async fn loaded(dir: &tempfile::TempDir) -> (Engine, DatasetId) {
    let engine = open(dir).await;
    engine.load_sample(SampleSpec::default(), |_| {}).await.unwrap();
    let dataset = engine.dataset(&Actor::operator(0), "cdnow").await.unwrap().id;
    (engine, dataset)
}

async fn matching(engine: &Engine, dataset: DatasetId, rule: &str) -> i64 {
    let preview = engine.preview(&Actor::operator(0), dataset, rule).await;
    preview.unwrap().count
}

#[tokio::test]
async fn the_sample_keeps_the_known_answers() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, dataset) = loaded(&dir).await;
    let figures = engine.figures(&Actor::operator(0), dataset).await.unwrap();
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
        assert_eq!(matching(&engine, dataset, rule).await, count, "{rule}");
    }
}

#[tokio::test]
async fn the_segments_are_ready_and_every_campaign_status_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, dataset) = loaded(&dir).await;
    let actor = Actor::operator(0);
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
    let list = segments.iter().find(|segment| segment.kind == SegmentKind::List);
    assert!((8_500..9_500).contains(&list.unwrap().count.unwrap().value));
    let campaigns = engine.all_campaign_figures(&actor, dataset).await.unwrap();
    for status in CampaignStatus::ALL {
        assert!(
            campaigns.iter().any(|one| one.campaign.status == status),
            "{status:?}"
        );
    }
    let active = |one: &&CampaignFigures| one.campaign.status == CampaignStatus::Active;
    for one in campaigns.iter().filter(active) {
        let shown = (one.impressions_30d, one.clicks_30d);
        assert!(shown.0 > 1_000 && shown.1 > 50, "{}: {shown:?}", one.campaign.id);
    }
    let win_back = campaigns.iter().find(|one| one.campaign.id == "win-back-spring");
    assert_eq!(win_back.unwrap().eligible, 18_196);
}

#[tokio::test]
async fn made_up_profiles_are_added_once_and_leave_the_known_answers() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, dataset) = loaded(&dir).await;
    for _ in 0..2 {
        let more = SampleSpec {
            extra_profiles: 1_000,
        };
        engine.load_sample(more, |_| {}).await.unwrap();
    }
    assert_eq!(matching(&engine, dataset, "bucket(0, 100)").await, 24_570);
    assert_eq!(matching(&engine, dataset, "sum(purchase.value) > 500").await, 734);
    let lapsed = "last(purchase) before 1998-01-01";
    assert_eq!(matching(&engine, dataset, lapsed).await, 18_196);
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
