//! Figures over time: which days, in buckets of how many, and what falls into each. Buckets are whole weeks or days from a
//! Monday on, so that they stay put when the range moves. Pure.

use crate::{
    id::JobId,
    metric::{Aggregated, KindSum},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// 1970-01-01 was a Thursday: three days after a Monday.
const MONDAY_OFFSET: i64 = 3;
/// Up to so many days are shown day by day.
const DAYS_MAX: i64 = 92;
/// Up to so many days are shown week by week; more, in four weeks at a time.
const WEEKS_MAX: i64 = 3 * 366;
/// Days around the data that may be shown: a year.
const MARGIN_DAYS: i64 = 366;
/// The lengths of a bucket, days.
pub const BUCKETS: [i64; 3] = [1, 7, 28];

/// The number of the bucket of `days` days in which a day lies.
#[must_use]
pub const fn bucket_of(day: i64, days: i64) -> i64 {
    (day + MONDAY_OFFSET).div_euclid(days)
}

/// The first day of a bucket.
#[must_use]
pub const fn first_day(bucket: i64, days: i64) -> i64 {
    bucket * days - MONDAY_OFFSET
}

/// Whole days, both ends included, days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The first day.
    pub from: i64,
    /// The last day.
    pub to: i64,
}

impl Range {
    /// The twelve months that end with a day.
    #[must_use]
    pub fn year_to(to: i64) -> Self {
        Self {
            from: Timestamp::from_day(to + 1).minus_months(12).day(),
            to,
        }
    }

    /// The range of two typed dates; an empty one is that of `usual`. `None`: not dates, or the wrong way round.
    #[must_use]
    pub fn typed(from: &str, to: &str, usual: Self) -> Option<Self> {
        let read = |text: &str, otherwise: i64| match text.trim() {
            "" => Some(otherwise),
            text => Timestamp::parse_date(text).map(Timestamp::day),
        };
        let range = Self {
            from: read(from, usual.from)?,
            to: read(to, usual.to)?,
        };
        (range.from <= range.to).then_some(range)
    }

    /// The part of the range that is near the data, a year on either side: nothing else is to be seen, and a range of thousands of
    /// years would only take time.
    #[must_use]
    pub fn near(self, data: Self) -> Self {
        let (first, last) = (data.from - MARGIN_DAYS, data.to + MARGIN_DAYS);
        Self {
            from: self.from.clamp(first, last),
            to: self.to.clamp(first, last),
        }
    }

    /// How many days a bucket has.
    #[must_use]
    pub const fn bucket_days(self) -> i64 {
        let days = self.to - self.from + 1;
        if days <= DAYS_MAX {
            BUCKETS[0]
        } else if days <= WEEKS_MAX {
            BUCKETS[1]
        } else {
            BUCKETS[2]
        }
    }
}

/// Figures by day, counted from the people and events that are there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Series {
    /// By kind, in the order of `metric::KINDS`, and day.
    pub kinds: [BTreeMap<i64, KindSum>; 6],
    /// People who did anything, by bucket: one map for each of [`BUCKETS`].
    pub active: [BTreeMap<i64, i64>; 3],
}

/// The aggregated figures of a dataset as they were last counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counted {
    /// The figures.
    pub people: Aggregated,
    /// The same by day.
    pub series: Series,
    /// Whether a deletion ran meanwhile: then people are in it who are not there any more.
    pub while_deleting: bool,
}

/// One point of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// The first day of the bucket.
    pub day: i64,
    /// Accumulated; for people, who are not accumulated, the same as `now`.
    pub total: i64,
    /// Of the people who are there; `None`: not counted yet.
    pub now: Option<i64>,
}

/// What a chart shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// Its stable name.
    pub name: String,
    /// As shown.
    pub title: String,
    /// Whether the figures are amounts in millionths.
    pub money: bool,
    /// Whether there is an accumulated side.
    pub accumulated: bool,
    /// In order of time.
    pub points: Vec<Point>,
    /// Where all time has something, where the range has nothing.
    pub elsewhere: Option<Range>,
}

/// A deletion on the charts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The job.
    pub job: JobId,
    /// The segment as it was called.
    pub segment_name: String,
    /// When it ended.
    pub at: Timestamp,
    /// How many it deleted.
    pub deleted: i64,
}

/// The buckets of a range: the first day of each.
#[must_use]
pub fn buckets(range: Range) -> Vec<i64> {
    let days = range.bucket_days();
    let (first, last) = (bucket_of(range.from, days), bucket_of(range.to, days));
    (first..=last).map(|bucket| first_day(bucket, days)).collect()
}

/// Adds days up to the buckets of a range. Days outside of it do not count.
#[must_use]
pub fn bucketed(range: Range, days: impl IntoIterator<Item = (i64, i64)>) -> BTreeMap<i64, i64> {
    let length = range.bucket_days();
    let mut sums = BTreeMap::new();
    for (day, figure) in days {
        if (range.from..=range.to).contains(&day) {
            let sum: &mut i64 = sums.entry(first_day(bucket_of(day, length), length)).or_default();
            *sum = sum.saturating_add(figure);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i64 {
        Timestamp::parse_date(text).map(Timestamp::day).expect(text)
    }

    #[test]
    fn the_span_chooses_the_bucket_and_weeks_begin_on_a_monday() {
        let range = |from: &str, to: &str| Range {
            from: day(from),
            to: day(to),
        };
        assert_eq!(range("2026-11-01", "2026-11-30").bucket_days(), 1);
        let year = range("2025-11-26", "2026-11-25");
        assert_eq!(year.bucket_days(), 7);
        assert_eq!(range("1997-01-01", "2026-11-25").bucket_days(), 28);
        // 2025-11-24 was a Monday.
        assert_eq!(buckets(year).first(), Some(&day("2025-11-24")));
        assert_eq!(
            bucket_of(day("2025-11-23"), 7) + 1,
            bucket_of(day("2025-11-24"), 7)
        );
        assert_eq!(
            bucket_of(day("1969-12-28"), 7) + 1,
            bucket_of(day("1969-12-29"), 7)
        );
    }

    #[test]
    fn days_outside_the_range_do_not_count() {
        let range = Range {
            from: day("2025-11-26"),
            to: day("2026-11-25"),
        };
        let days = [
            ("2025-11-25", 100),
            ("2025-11-26", 1),
            ("2025-11-30", 2),
            ("2026-11-25", 4),
            ("2026-11-26", 50),
        ];
        let sums = bucketed(range, days.map(|(text, n)| (day(text), n)));
        assert_eq!(
            sums,
            BTreeMap::from([(day("2025-11-24"), 3), (day("2026-11-23"), 4)])
        );
    }

    #[test]
    fn dates_are_typed_or_left_empty() {
        let usual = Range::year_to(day("2026-11-25"));
        assert_eq!(Timestamp::from_day(usual.from).to_date(), "2025-11-26");
        assert_eq!(Range::typed("", "", usual), Some(usual));
        assert_eq!(
            Range::typed("2026-01-01", "", usual).map(|r| r.from),
            Some(day("2026-01-01"))
        );
        for (from, to) in [
            ("yesterday", ""),
            ("2026-02-30", ""),
            ("2026-11-26", "2026-11-25"),
        ] {
            assert_eq!(Range::typed(from, to, usual), None, "{from} {to}");
        }
    }
}
