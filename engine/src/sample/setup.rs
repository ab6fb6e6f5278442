//! The segments and campaigns of the sample: made once, through the same services that people use.

use super::{SLUG, elsewhere};
use crate::{
    error::{Error, Result},
    import::{ImportKind, ImportOptions, ListMode},
    service::Engine,
};
use domain::{
    access::Actor,
    campaign::{CampaignSpec, CampaignStatus},
    id::{DatasetId, SegmentId},
    problem::Code,
    segment::{SegmentKind, SegmentSpec},
    time::{DAY_MS, Timestamp},
};
use std::{collections::HashMap, io::Cursor};

/// Who bought last before this, 1998-01-01, has lapsed.
pub(super) const LAPSED_BEFORE: i64 = 883_612_800_000;

/// Ids of campaigns, as the events carry them.
pub(super) mod campaign {
    pub(crate) const WIN_BACK: &str = "win-back-spring";
    pub(crate) const LAST_CALL: &str = "last-call";
    pub(crate) const WEEKLY_PICKS: &str = "weekly-picks";
    pub(crate) const VINYL: &str = "vinyl-reissues";
    pub(crate) const SPRING_1998: &str = "spring-catalogue-1998";
    /// 1998-03-01.
    pub(crate) const SPRING_1998_FROM: i64 = 888_710_400_000;
    /// 1998-06-01.
    pub(crate) const SPRING_1998_UPTO: i64 = 896_659_200_000;
}

const LAPSED: &str = "Lapsed: no purchase since 1998";
const BIG: &str = "Big spenders";
const ONCE: &str = "One purchase only";
const LAPSED_BIG: &str = "Lapsed big spenders";
const REGULARS: &str = "Regulars of 1998";
const NEWSLETTER: &str = "Newsletter list";
const VIP: &str = "VIP guests";

const RULES: [(&str, &str); 5] = [
    (LAPSED, "last(purchase) before 1998-01-01"),
    (BIG, "sum(purchase.value) > 500"),
    (ONCE, "count(purchase) = 1"),
    (
        LAPSED_BIG,
        "in segment \"Lapsed: no purchase since 1998\" and in segment \"Big spenders\"",
    ),
    (
        REGULARS,
        "count(purchase, between 1998-01-01 and 1998-07-01) >= 3",
    ),
];

/// A campaign: id, name, status, first and last day from the day of loading, segments included and excluded.
type Row = (
    &'static str,
    &'static str,
    CampaignStatus,
    Option<i64>,
    Option<i64>,
    &'static [&'static str],
    &'static [&'static str],
);

const CAMPAIGNS: [Row; 6] = [
    (
        campaign::WIN_BACK,
        "Win-back spring",
        CampaignStatus::Active,
        Some(-45),
        Some(45),
        &[LAPSED],
        &[],
    ),
    (
        campaign::LAST_CALL,
        "Last call",
        CampaignStatus::Active,
        Some(-30),
        Some(10),
        &[LAPSED_BIG, REGULARS],
        &[VIP],
    ),
    (
        campaign::WEEKLY_PICKS,
        "Weekly picks",
        CampaignStatus::Active,
        Some(-28),
        None,
        &[NEWSLETTER],
        &[],
    ),
    (
        "summer-sale",
        "Summer sale",
        CampaignStatus::Draft,
        None,
        None,
        &[],
        &[LAPSED],
    ),
    (
        "autumn-preview",
        "Autumn preview",
        CampaignStatus::Scheduled,
        Some(14),
        Some(44),
        &[BIG],
        &[VIP],
    ),
    (
        campaign::VINYL,
        "Vinyl reissues",
        CampaignStatus::Paused,
        Some(-80),
        None,
        &[ONCE],
        &[NEWSLETTER],
    ),
];

/// Makes what is missing of segments, members and campaigns.
pub(super) async fn make(
    engine: &Engine,
    dataset: DatasetId,
    newsletter: &[String],
    vip: &[String],
    now: Timestamp,
) -> Result<()> {
    let actor = Actor::system();
    for (name, rule) in RULES {
        segment(engine, dataset, name, SegmentKind::Rule, Some(rule)).await?;
    }
    segment(engine, dataset, VIP, SegmentKind::Manual, None).await?;
    fill(engine, dataset, NEWSLETTER, newsletter).await?;
    fill(engine, dataset, VIP, vip).await?;
    let segments = engine.segments(&actor, dataset, true).await?;
    let ids: HashMap<&str, SegmentId> = segments
        .iter()
        .map(|segment| (segment.name.as_str(), segment.id))
        .collect();
    let chosen = |names: &[&str]| {
        names
            .iter()
            .filter_map(|name| ids.get(name).copied())
            .collect::<Vec<_>>()
    };
    for (id, name, status, from, upto, include, exclude) in CAMPAIGNS {
        let day = |days: Option<i64>| days.map(|days| Timestamp::from_day(now.day() + days));
        let times = (day(from), day(upto));
        add(
            engine,
            dataset,
            (id, name, status),
            times,
            (chosen(include), chosen(exclude)),
        )
        .await?;
    }
    let times = (campaign::SPRING_1998_FROM, campaign::SPRING_1998_UPTO);
    let times = (
        Some(Timestamp::from_ms(times.0)),
        Some(Timestamp::from_ms(times.1 - DAY_MS)),
    );
    add(
        engine,
        dataset,
        (
            campaign::SPRING_1998,
            "Spring catalogue 1998",
            CampaignStatus::Ended,
        ),
        times,
        (chosen(&[BIG]), Vec::new()),
    )
    .await?;
    elsewhere::register(engine, dataset).await
}

async fn segment(
    engine: &Engine,
    dataset: DatasetId,
    name: &str,
    kind: SegmentKind,
    rule: Option<&str>,
) -> Result<()> {
    let spec = SegmentSpec {
        name: name.to_owned(),
        kind,
        rule: rule.map(str::to_owned),
    };
    there(engine.create_segment(&Actor::system(), dataset, spec).await)
}

async fn add(
    engine: &Engine,
    dataset: DatasetId,
    (id, name, status): (&str, &str, CampaignStatus),
    (starts_at, ends_at): (Option<Timestamp>, Option<Timestamp>),
    (include, exclude): (Vec<SegmentId>, Vec<SegmentId>),
) -> Result<()> {
    let spec = CampaignSpec {
        id: Some(id.to_owned()),
        name: name.to_owned(),
        status,
        include,
        exclude,
        starts_at,
        ends_at,
        arms: elsewhere::arms(id),
    };
    there(engine.create_campaign(&Actor::system(), dataset, spec).await)
}

/// What is there already was made by a start that was interrupted.
fn there<T>(made: Result<T>) -> Result<()> {
    match made {
        Ok(_) => Ok(()),
        Err(Error::Problem(problem)) if problem.code == Code::NameTaken => Ok(()),
        Err(error) => Err(error),
    }
}

async fn fill(engine: &Engine, dataset: DatasetId, list: &str, user_ids: &[String]) -> Result<()> {
    let text = format!("user_id\n{}\n", user_ids.join("\n"));
    let options = ImportOptions {
        list: Some(list.to_owned()),
        mode: ListMode::Replace,
        ..ImportOptions::default()
    };
    let input = Cursor::new(text.into_bytes());
    let report = engine
        .import(&Actor::system(), dataset, ImportKind::Lists, options, input)
        .await?;
    tracing::debug!(
        dataset = SLUG,
        members = report.accepted,
        "a list of the sample was filled"
    );
    Ok(())
}
