//! The sample's "Lapsed" segment, told twice: once by what Lethe says before and after its deletion, once by plain loops over
//! the rows of the file, which know nothing of rules, usage or reports. Both must come to the table that stands here.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    id::SegmentId,
    impact::Impact,
    job::{JobState, OnActiveCampaign},
    metric::Basis,
    report::{JobReport, Line as Reported},
    time::{DAY_MS, Timestamp},
    usage::{UsageKind, UsageRole},
};
use engine::{HealthOptions, SampleSpec, clock::Clock};
use std::collections::{BTreeMap, HashMap, HashSet};
use world::{World, spec};

const NOW: &str = "2026-11-24T10:00:00Z";
const LAPSED: &str = "Lapsed: no purchase since 1998";
/// 1998-01-01 and 1998-07-01.
const YEAR: (i64, i64) = (883_612_800_000, 899_251_200_000);
const MILLION: i64 = 1_000_000;

/// What is known of a person here.
#[derive(Default)]
struct Person {
    /// Time and millionths.
    purchases: Vec<(i64, i64)>,
    /// Campaign and time.
    impressions: Vec<(String, i64)>,
    clicks: i64,
    views: i64,
    last_seen: i64,
    named: bool,
    others: i64,
    lists: HashSet<String>,
}

impl Person {
    fn lapsed(&self) -> bool {
        self.purchases
            .iter()
            .map(|(at, _)| *at)
            .max()
            .is_some_and(|last| last < YEAR.0)
    }

    fn big(&self) -> bool {
        self.spent() > 500 * MILLION
    }

    fn spent(&self) -> i64 {
        self.purchases.iter().map(|(_, value)| value).sum()
    }

    fn events(&self) -> i64 {
        let listed = self.purchases.len() + self.impressions.len();
        i64::try_from(listed).expect("few") + self.clicks + self.views + self.others
    }

    fn regular(&self) -> bool {
        let within = |at: i64| (YEAR.0..YEAR.1).contains(&at);
        self.purchases.iter().filter(|(at, _)| within(*at)).count() >= 3
    }

    fn vip(&self) -> bool {
        self.lists.contains("VIP guests")
    }

    /// Whether something that leans on the segment, directly or not, reaches them.
    fn reached(&self, by: &str) -> bool {
        match by {
            "Win-back spring" => self.lapsed(),
            "Last call" => ((self.lapsed() && self.big()) || self.regular()) && !self.vip(),
            "Summer sale" => !self.lapsed(),
            "Welcome back journey" => self.lapsed() && !self.vip(),
            "Lapsed big spenders" | "Nightly export to the call centre" => self.lapsed() && self.big(),
            _ => false,
        }
    }

    /// Whether they are in the segment of this name.
    fn is_in(&self, segment: &str) -> bool {
        match segment {
            LAPSED => self.lapsed(),
            "Big spenders" => self.big(),
            "Lapsed big spenders" => self.lapsed() && self.big(),
            "One purchase only" => self.purchases.len() == 1,
            "Regulars of 1998" => self.regular(),
            list => self.lists.contains(list),
        }
    }
}

type People = HashMap<i64, Person>;
/// Whose, kind, time, millionths, campaign.
type Event = (i64, String, i64, Option<i64>, Option<String>);

/// Everybody in the file, by number.
async fn people(world: &World) -> People {
    let dataset = world.dataset.0;
    let sql = &mut world.sql().await;
    let mut all = People::new();
    let rows: Vec<(i64, Option<i64>)> =
        sqlx::query_as("SELECT id, last_seen_at FROM profiles WHERE dataset_id = $1")
            .bind(dataset)
            .fetch_all(&mut *sql)
            .await
            .expect("profiles");
    for (id, last) in rows {
        all.entry(id).or_default().last_seen = last.unwrap_or(i64::MIN);
    }
    let named: Vec<i64> = sqlx::query_scalar("SELECT profile_id FROM identities WHERE kind IN (1, 2, 3)")
        .fetch_all(&mut *sql)
        .await
        .expect("identities");
    for id in named {
        all.entry(id).or_default().named = true;
    }
    let lists: Vec<(i64, String)> =
        sqlx::query_as("SELECT m.profile_id, s.name FROM memberships m JOIN segments s ON s.id = m.segment_id WHERE m.member = 1")
            .fetch_all(&mut *sql).await.expect("members");
    for (id, name) in lists {
        all.entry(id).or_default().lists.insert(name);
    }
    let events: Vec<Event> = sqlx::query_as(
        "SELECT e.profile_id, k.name, e.at, e.value_micros, e.campaign_id FROM events e JOIN event_kinds k ON k.id = e.kind_id",
    )
    .fetch_all(&mut *sql).await.expect("events");
    for (id, kind, at, value, campaign) in events {
        let person = all.entry(id).or_default();
        match kind.as_str() {
            "purchase" => person.purchases.push((at, value.unwrap_or_default())),
            "impression" => person.impressions.push((campaign.unwrap_or_default(), at)),
            "click" => person.clicks += 1,
            "page_view" => person.views += 1,
            _ => person.others += 1,
        }
    }
    all
}

fn count(people: &People, which: impl Fn(&Person) -> bool) -> i64 {
    i64::try_from(people.values().filter(|one| which(one)).count()).expect("few")
}

fn sum(people: &People, what: impl Fn(&Person) -> i64) -> i64 {
    people.values().map(what).sum()
}

/// One line of the delete page's table: what, its name, through what, its role; people now, after, of those who go; impressions
/// of the last 30 days, and of those how many were shown to people who go.
type Line = (&'static str, &'static str, &'static str, UsageRole, [i64; 5]);

/// Exactly what leans on the segment, in no order. Nothing is known of impressions in other systems.
const TABLE: [Line; 6] = [
    (
        "campaign",
        "Win-back spring",
        "",
        UsageRole::Include,
        [18_196, 0, 18_196, 42_357, 42_357],
    ),
    (
        "campaign",
        "Last call",
        "Lapsed big spenders",
        UsageRole::Include,
        [1_510, 1_421, 89, 7_734, 481],
    ),
    (
        "campaign",
        "Summer sale",
        "",
        UsageRole::Exclude,
        [5_374, 5_374, 0, 0, 0],
    ),
    (
        "segment",
        "Lapsed big spenders",
        "",
        UsageRole::Segment,
        [93, 0, 93, 0, 0],
    ),
    (
        "journey",
        "Welcome back journey",
        "",
        UsageRole::Include,
        [18_192, 0, 18_192, 0, 0],
    ),
    (
        "export",
        "Nightly export to the call centre",
        "Lapsed big spenders",
        UsageRole::Include,
        [93, 0, 93, 0, 0],
    ),
];

/// Who else loses people, and how many.
const ALSO_IN: [(&str, i64); 5] = [
    ("Big spenders", 93),
    ("One purchase only", 11_908),
    ("Lapsed big spenders", 93),
    ("VIP guests", 4),
    ("Newsletter list", 6_988),
];

/// What moves, before and after; money in millionths.
const AGGREGATED: [(&str, i64, i64); 13] = [
    ("profiles", 23_570, 5_374),
    ("named_profiles", 21_904, 4_987),
    ("anonymous_profiles", 1_666, 387),
    ("active_7d", 10_937, 2_213),
    ("active_30d", 19_407, 3_655),
    ("people_viewed", 17_772, 5_151),
    ("people_bought", 17_772, 5_151),
    ("page_views", 44_965, 25_214),
    ("impressions", 89_196, 11_472),
    ("clicks", 4_871, 868),
    ("purchases", 69_659, 38_198),
    ("purchase_value", 2_500_315_630_000, 1_448_621_400_000),
    ("events", 208_691, 75_752),
];

/// What does not, by the same loops over everybody who was ever there.
const ACCUMULATED: [(&str, i64); 5] = [
    ("page_views_total", 44_965),
    ("impressions_total", 89_196),
    ("clicks_total", 4_871),
    ("purchases_total", 69_659),
    ("revenue_total", 2_500_315_630_000),
];

/// Impressions of a campaign of all time and of the last 30 days, before and after.
const CAMPAIGNS: [(&str, [i64; 2], [i64; 2]); 5] = [
    ("last-call", [7_734, 7_253], [7_734, 7_253]),
    ("spring-catalogue-1998", [1_447, 1_246], [0, 0]),
    ("vinyl-reissues", [3_075, 0], [0, 0]),
    ("weekly-picks", [13_436, 2_973], [13_436, 2_973]),
    ("win-back-spring", [63_504, 0], [42_357, 0]),
];

/// The sample with a clock that stands still, so that the last 30 days are the same in a slow run.
async fn sample() -> (World, SegmentId) {
    let clock = Clock::standing_at(now());
    let mut world = World::with(clock, HealthOptions::default()).await;
    let spec = SampleSpec::default();
    world.engine.load_sample(spec, |_| {}).await.expect("the sample");
    let actor = World::actor();
    world.dataset = world.engine.dataset(&actor, "cdnow").await.expect("cdnow").id;
    let segments = world.engine.segments(&actor, world.dataset, true).await;
    let segments = segments.expect("segments");
    let id = segments.iter().find(|one| one.name == LAPSED).expect(LAPSED).id;
    (world, id)
}

fn now() -> Timestamp {
    Timestamp::parse_rfc3339(NOW).expect("a moment")
}

/// Impressions of a campaign, all of them or those of the last 30 days.
fn shown(people: &People, campaign: &str, recent: bool) -> i64 {
    let since = if recent {
        now().ms() - 30 * DAY_MS
    } else {
        i64::MIN
    };
    let counts = |one: &Person| {
        let of_it = one
            .impressions
            .iter()
            .filter(|(id, at)| id == campaign && *at > since);
        i64::try_from(of_it.count()).expect("few")
    };
    sum(people, counts)
}

/// What the loops say of something that leans on the segment, where `campaign` is what its impressions are called.
fn told(before: &People, after: &People, name: &str, campaign: &str) -> [i64; 5] {
    let reached = |people: &People| count(people, |one| one.reached(name));
    let all = shown(before, campaign, true);
    [
        reached(before),
        reached(after),
        count(before, |one| one.lapsed() && one.reached(name)),
        all,
        all - shown(after, campaign, true),
    ]
}

fn check_usage(impact: &Impact, before: &People, after: &People) {
    assert_eq!(impact.usage.len(), TABLE.len(), "{:?}", impact.usage);
    for (kind, name, via, role, numbers) in TABLE {
        let found = impact.usage.iter().find(|one| one.name == name).expect(name);
        let (said, campaign) = match &found.what {
            UsageKind::Campaign { id, .. } => ("campaign", id.as_str()),
            UsageKind::Segment { .. } => ("segment", ""),
            UsageKind::Registered { kind, .. } => (kind.as_str(), "elsewhere"),
        };
        assert_eq!(
            (said, found.via.join(" > ").as_str(), found.role),
            (kind, via, role),
            "{name}"
        );
        let shown = [
            found.eligible_now,
            found.eligible_after,
            found.members,
            found.impressions_30d,
            found.impressions_30d_from_members,
        ];
        assert_eq!(shown, numbers, "{name}, as shown");
        assert_eq!(
            told(before, after, name, campaign),
            numbers,
            "{name}, by the loops"
        );
    }
}

fn check_impact(impact: &Impact, before: &People) {
    let going = |which: fn(&Person) -> bool| count(before, |one| one.lapsed() && which(one));
    assert_eq!((impact.profiles, impact.named), (18_196, 16_917));
    assert_eq!((going(|_| true), going(|one| one.named)), (18_196, 16_917));
    assert_eq!(impact.events, 132_939);
    assert_eq!(
        sum(before, |one| if one.lapsed() { one.events() } else { 0 }),
        132_939
    );
    assert_eq!((impact.dataset_profiles, impact.everyone), (23_570, false));
    let also: BTreeMap<&str, i64> = impact
        .also_in
        .iter()
        .map(|one| (one.name.as_str(), one.profiles))
        .collect();
    assert_eq!(also, ALSO_IN.into_iter().collect());
    for (name, number) in ALSO_IN {
        assert_eq!(
            count(before, |one| one.lapsed() && one.is_in(name)),
            number,
            "{name}"
        );
    }
    assert_eq!(
        (impact.warehouse.profiles, impact.warehouse.events),
        (18_196, 132_939),
        "the copy stays"
    );
}

/// A figure of the report, by the loops.
fn figure(people: &People, name: &str) -> i64 {
    let active = |days: i64| count(people, |one| one.last_seen > now().ms() - days * DAY_MS);
    let number = |what: fn(&Person) -> usize| sum(people, |one| i64::try_from(what(one)).expect("few"));
    match name {
        "profiles" => count(people, |_| true),
        "named_profiles" => count(people, |one| one.named),
        "anonymous_profiles" => count(people, |one| !one.named),
        "active_7d" => active(7),
        "active_30d" => active(30),
        "people_viewed" => count(people, |one| one.views > 0),
        "people_bought" => count(people, |one| one.views > 0 && !one.purchases.is_empty()),
        "page_views" | "page_views_total" => sum(people, |one| one.views),
        "impressions" | "impressions_total" => number(|one| one.impressions.len()),
        "clicks" | "clicks_total" => sum(people, |one| one.clicks),
        "purchases" | "purchases_total" => number(|one| one.purchases.len()),
        "purchase_value" | "revenue_total" => sum(people, Person::spent),
        "events" => sum(people, Person::events),
        _ => i64::MIN,
    }
}

fn check_report(report: &JobReport, before: &People, after: &People) {
    let line = |name: &str, campaign: Option<&str>| {
        let of_it = |one: &&Reported| one.name == name && one.campaign.as_deref() == campaign;
        report.lines.iter().find(of_it).expect(name)
    };
    for (name, was, is) in AGGREGATED {
        let it = line(name, None);
        assert_eq!(
            (it.before, it.after, it.basis),
            (Some(was), Some(is), Basis::Aggregated),
            "{name}"
        );
        assert_eq!(
            (figure(before, name), figure(after, name)),
            (was, is),
            "{name}, by the loops"
        );
    }
    for (name, was) in ACCUMULATED {
        let it = line(name, None);
        assert_eq!(
            (it.before, it.after, it.basis),
            (Some(was), Some(was), Basis::Accumulated),
            "{name}"
        );
        assert_eq!(figure(before, name), was, "{name}, by the loops");
    }
    for (id, [was, is], recent) in CAMPAIGNS {
        let it = line("campaign_impressions", Some(id));
        assert_eq!((it.before, it.after), (Some(was), Some(is)), "{id}");
        assert_eq!(
            [shown(before, id, false), shown(after, id, false)],
            [was, is],
            "{id}, by the loops"
        );
        let total = line("campaign_impressions_total", Some(id));
        assert_eq!(
            (total.before, total.after),
            (Some(was), Some(was)),
            "{id}, all time"
        );
        assert_eq!(
            [shown(before, id, true), shown(after, id, true)],
            recent,
            "{id}, by the loops"
        );
        let drop = report.drops.iter().find(|one| one.campaign == id);
        assert_eq!(drop.is_some(), recent[0] > 0, "{id}");
        if let Some(drop) = drop {
            let change = recent[1] - recent[0];
            assert_eq!((drop.projected, drop.measured), (change, Some(change)), "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_before_and_after_a_deletion_agrees_with_plain_loops() {
    let (world, id) = sample().await;
    let actor = World::actor();
    let impact = world.engine.impact(&actor, world.dataset, id, None).await;
    let before = people(&world).await;
    let mut asked = spec(id, LAPSED, 18_196);
    asked.on_active_campaign = OnActiveCampaign::Proceed;
    let job = world.start(asked).await;
    let job = world.finished(job.id).await;
    assert_eq!((job.state, job.counts.deleted), (JobState::Completed, 18_196));
    let after = people(&world).await;
    let staying: HashSet<_> = before
        .iter()
        .filter(|(_, one)| !one.lapsed())
        .map(|(id, _)| *id)
        .collect();
    assert_eq!(after.keys().copied().collect::<HashSet<_>>(), staying);
    let impact = impact.expect("an impact");
    check_impact(&impact, &before);
    check_usage(&impact, &before, &after);
    let report = world.engine.job_report(&actor, world.dataset, job.id).await;
    check_report(&report.expect("a report"), &before, &after);
    world.end().await;
}
