//! The dashboard of a dataset: its figures on both bases, campaigns, the funnel, charts and the deletions on them. Pure: it
//! puts together what was counted.

use crate::{
    metric::{Accumulated, Aggregated, CampaignSum, Kind, KindSum, Step, funnel, steps},
    series::{BUCKETS, Chart, Counted, Marker, Point, Range, bucket_of, bucketed, buckets, first_day},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A campaign on the dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Whether there is a campaign of this id, or only events that carry it.
    pub known: bool,
    /// Accumulated.
    pub total: CampaignSum,
    /// Of the people who are there; `None`: not counted yet.
    pub now: Option<CampaignSum>,
}

/// The aggregated figures with their time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// The figures.
    pub figures: Aggregated,
    /// When counted.
    pub counted_at: Timestamp,
    /// Whether a deletion ran meanwhile.
    pub while_deleting: bool,
    /// Whether a deletion has ended since.
    pub outdated: bool,
}

/// The dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dashboard {
    /// Aggregated; `None`: never counted.
    pub people: Option<People>,
    /// Since when they are being counted; `None`: they are not.
    pub counting_since: Option<Timestamp>,
    /// Accumulated, all time, at this moment.
    pub totals: Accumulated,
    /// The purchase funnel.
    pub funnel: Vec<(Step, i64)>,
    /// The campaigns.
    pub campaigns: Vec<CampaignLine>,
    /// The first and last day that have anything; `None`: there is nothing.
    pub data: Option<Range>,
    /// The days shown.
    pub range: Range,
    /// Whether the days that were asked for could not be read.
    pub range_refused: bool,
    /// The charts.
    pub charts: Vec<Chart>,
    /// The deletions of the range.
    pub markers: Vec<Marker>,
    /// The moment to which this belongs.
    pub as_of: Timestamp,
}

/// Accumulated figures by kind and day.
pub type TotalDays = [BTreeMap<i64, KindSum>; 6];

/// The first and the last day that have anything.
#[must_use]
pub fn data(days: &TotalDays) -> Option<Range> {
    let all = || days.iter().flat_map(BTreeMap::keys).copied();
    Some(Range {
        from: all().min()?,
        to: all().max()?,
    })
}

/// The purchase funnel of the people who are there.
#[must_use]
pub fn funnel_of(totals: &Accumulated, people: Option<&Aggregated>) -> Vec<(Step, i64)> {
    people
        .map(|people| funnel(&steps(totals), people))
        .unwrap_or_default()
}

/// The campaigns: those with most impressions first. `titles`: campaigns by id.
#[must_use]
pub fn campaigns(
    titles: &BTreeMap<String, String>,
    totals: &Accumulated,
    people: Option<&Aggregated>,
) -> Vec<CampaignLine> {
    let ids: BTreeSet<&String> = titles.keys().chain(totals.campaigns.keys()).collect();
    let line = |id: &String| CampaignLine {
        id: id.clone(),
        title: titles.get(id).unwrap_or(id).clone(),
        known: titles.contains_key(id),
        total: totals.campaigns.get(id).copied().unwrap_or_default(),
        now: people.map(|people| people.campaigns.get(id).copied().unwrap_or_default()),
    };
    let mut lines: Vec<CampaignLine> = ids.into_iter().map(line).collect();
    lines.sort_by(|a, b| {
        let order = |line: &CampaignLine| (-line.total.impressions, -line.total.clicks);
        order(a).cmp(&order(b)).then_with(|| a.title.cmp(&b.title))
    });
    lines
}

/// The charts of a range. Kinds that the dataset has never had have none.
#[must_use]
pub fn charts(range: Range, days: &TotalDays, counted: Option<&Counted>) -> Vec<Chart> {
    let mut charts = Vec::new();
    if let Some(counted) = counted {
        charts.push(active(range, counted));
    }
    let kinds = Kind::ALL
        .into_iter()
        .filter(|kind| !days[*kind as usize].is_empty());
    for kind in kinds {
        let (name, title) = match kind {
            Kind::Visit => ("visits", "Visits"),
            Kind::PageView => ("page_views", "Page views"),
            Kind::Action => ("actions", "Actions"),
            Kind::Impression => ("impressions", "Impressions"),
            Kind::Click => ("clicks", "Clicks"),
            Kind::Purchase => ("purchases", "Purchases"),
        };
        charts.push(of_kind((name, title), range, days, counted, kind, false));
        if kind == Kind::Purchase {
            charts.push(of_kind(("revenue", "Revenue"), range, days, counted, kind, true));
        }
    }
    charts
}

fn of_kind(
    (name, title): (&str, &str),
    range: Range,
    days: &TotalDays,
    counted: Option<&Counted>,
    kind: Kind,
    money: bool,
) -> Chart {
    let figure = |sum: &KindSum| if money { sum.value.micros() } else { sum.events };
    let pick =
        |days: &BTreeMap<i64, KindSum>| bucketed(range, days.iter().map(|(day, sum)| (*day, figure(sum))));
    let own = &days[kind as usize];
    let (totals, now) = (pick(own), counted.map(|it| pick(&it.series.kinds[kind as usize])));
    let point = |day: i64| Point {
        day,
        total: totals.get(&day).copied().unwrap_or(0),
        now: now.as_ref().map(|now| now.get(&day).copied().unwrap_or(0)),
    };
    let nothing = totals.is_empty() && now.as_ref().is_none_or(BTreeMap::is_empty);
    Chart {
        name: name.to_owned(),
        title: title.to_owned(),
        money,
        accumulated: true,
        points: buckets(range).into_iter().map(point).collect(),
        elsewhere: ends(own.keys()).filter(|_| nothing),
    }
}

/// People who did anything: of a bucket as a whole, so days do not add up to it.
fn active(range: Range, counted: &Counted) -> Chart {
    let length = range.bucket_days();
    let at = BUCKETS.iter().position(|days| *days == length).unwrap_or(0);
    let all = &counted.series.active[at];
    let point = |day: i64| {
        let people = all.get(&day).copied().unwrap_or(0);
        Point {
            day,
            total: people,
            now: Some(people),
        }
    };
    let points: Vec<Point> = buckets(range).into_iter().map(point).collect();
    let nothing = points.iter().all(|point| point.total == 0);
    let last_day = |bucket: &i64| first_day(bucket_of(*bucket, length) + 1, length) - 1;
    let elsewhere = ends(all.keys()).map(|it| Range {
        from: it.from,
        to: last_day(&it.to),
    });
    Chart {
        name: "active_people".to_owned(),
        title: "Active people".to_owned(),
        money: false,
        accumulated: false,
        points,
        elsewhere: elsewhere.filter(|_| nothing),
    }
}

fn ends<'a>(mut days: impl DoubleEndedIterator<Item = &'a i64>) -> Option<Range> {
    let from = *days.next()?;
    let to = days.next_back().copied().unwrap_or(from);
    Some(Range { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days() -> TotalDays {
        let mut days = TotalDays::default();
        let sum = |events| KindSum {
            events,
            ..KindSum::default()
        };
        days[Kind::Click as usize] = BTreeMap::from([(100, sum(3)), (101, sum(4))]);
        days[Kind::Purchase as usize] = BTreeMap::from([(10, sum(1))]);
        days
    }

    #[test]
    fn a_chart_adds_up_days_and_says_where_else_there_is_something() {
        let days = days();
        let all = data(&days).expect("data");
        assert_eq!((all.from, all.to), (10, 101));
        let charts = charts(Range { from: 95, to: 104 }, &days, None);
        let chart = |name: &str| charts.iter().find(|chart| chart.name == name).expect(name);
        let clicks = chart("clicks");
        assert_eq!(clicks.points.len(), 10);
        assert_eq!(clicks.points.iter().map(|point| point.total).sum::<i64>(), 7);
        assert_eq!(
            clicks.points[5],
            Point {
                day: 100,
                total: 3,
                now: None
            }
        );
        assert_eq!(
            (clicks.elsewhere, chart("revenue").elsewhere),
            (None, Some(Range { from: 10, to: 10 }))
        );
        assert!(
            charts
                .iter()
                .all(|chart| chart.name != "visits" && chart.name != "active_people")
        );
    }

    #[test]
    fn the_people_who_are_there_stand_beside_the_total() {
        let days = days();
        let mut counted = Counted::default();
        counted.series.kinds[Kind::Click as usize] = BTreeMap::from([(
            100,
            KindSum {
                events: 1,
                ..KindSum::default()
            },
        )]);
        counted.series.active[0] = BTreeMap::from([(100, 9)]);
        let charts = charts(Range { from: 100, to: 101 }, &days, Some(&counted));
        assert_eq!(
            charts[0].points[0],
            Point {
                day: 100,
                total: 9,
                now: Some(9)
            }
        );
        assert_eq!(
            charts[1].points[0],
            Point {
                day: 100,
                total: 3,
                now: Some(1)
            }
        );
        assert_eq!(
            charts[1].points[1],
            Point {
                day: 101,
                total: 4,
                now: Some(0)
            }
        );
    }
}
