//! By when the law wants an answer. Counts days and months by the UTC calendar; knows no request and no clock.
//!
//! GDPR art. 12(3): one month from receipt; it may be extended by two further months where that is necessary, and the person
//! is told of it, with the reasons, within the first month. CCPA regulations § 7021: receipt is confirmed within 10 business
//! days; the answer comes within 45 calendar days; where necessary up to 45 more, with notice to the person.
//!
//! A term ends with the last moment of its last day. Holidays differ from place to place and are not known here, so no term is
//! ever longer than the law allows.

use crate::time::{DAY_MS, Timestamp};
use serde::{Deserialize, Serialize};

/// Business days within which receipt is confirmed under the CCPA.
const CONFIRM_BUSINESS_DAYS: i64 = 10;
/// Days to answer under the CCPA, and days by which that may be extended.
const CCPA_DAYS: i64 = 45;
/// Months to answer under the GDPR.
const GDPR_MONTHS: u32 = 1;
/// Months by which that may be extended.
const GDPR_EXTENSION_MONTHS_MAX: i64 = 2;
/// From so many days before the end on, a page says that it is close.
pub const SOON_DAYS: i64 = 7;
/// 1970-01-01 was a Thursday; counted from Monday.
const WEEKDAY_OF_DAY_0: i64 = 3;

/// The law by which a person asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regulation {
    /// The General Data Protection Regulation of the European Union.
    Gdpr,
    /// The California Consumer Privacy Act.
    Ccpa,
}

impl Regulation {
    /// Every regulation.
    pub const ALL: [Self; 2] = [Self::Gdpr, Self::Ccpa];

    /// The text form, as stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gdpr => "gdpr",
            Self::Ccpa => "ccpa",
        }
    }

    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Gdpr => "GDPR",
            Self::Ccpa => "CCPA",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }

    /// The last moment to answer, without any extension.
    #[must_use]
    pub fn due(self, received: Timestamp) -> Timestamp {
        match self {
            Self::Gdpr => end_of_day(received.plus_months(GDPR_MONTHS)),
            Self::Ccpa => end_of_day(received.plus_ms(CCPA_DAYS * DAY_MS)),
        }
    }

    /// The last moment to confirm receipt; `None`: the regulation sets no such term.
    #[must_use]
    pub fn confirm_by(self, received: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Gdpr => None,
            Self::Ccpa => Some(end_of_day(business_days_after(received, CONFIRM_BUSINESS_DAYS))),
        }
    }

    /// By how much an answer may be put off at most: months under the GDPR, days under the CCPA.
    #[must_use]
    pub const fn extension_max(self) -> i64 {
        match self {
            Self::Gdpr => GDPR_EXTENSION_MONTHS_MAX,
            Self::Ccpa => CCPA_DAYS,
        }
    }

    /// What an extension is counted in, as shown.
    #[must_use]
    pub const fn extension_unit(self) -> &'static str {
        match self {
            Self::Gdpr => "months",
            Self::Ccpa => "days",
        }
    }

    /// The last moment to answer with an extension of so many months or days; `None` where that is less than one or more than
    /// the regulation allows.
    #[must_use]
    pub fn extended(self, received: Timestamp, by: i64) -> Option<Timestamp> {
        if !(1..=self.extension_max()).contains(&by) {
            return None;
        }
        Some(match self {
            // From the receipt on, not from the first end: the 31st is clamped once, not twice.
            Self::Gdpr => {
                let months = u32::try_from(by).ok()? + GDPR_MONTHS;
                end_of_day(received.plus_months(months))
            }
            Self::Ccpa => end_of_day(received.plus_ms((CCPA_DAYS + by) * DAY_MS)),
        })
    }
}

/// How much time is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Countdown {
    /// So many whole days after today.
    Left(i64),
    /// The last day is today.
    Today,
    /// The last day was so many days ago.
    Over(i64),
}

impl Countdown {
    /// Between now and the last moment, in days of the UTC calendar.
    #[must_use]
    pub const fn of(due: Timestamp, now: Timestamp) -> Self {
        match due.day() - now.day() {
            0 => Self::Today,
            days if days > 0 => Self::Left(days),
            days => Self::Over(-days),
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        let days = |n: i64| {
            if n == 1 {
                "1 day".to_owned()
            } else {
                format!("{n} days")
            }
        };
        match self {
            Self::Left(n) => format!("{} left", days(n)),
            Self::Today => "due today".to_owned(),
            Self::Over(n) => format!("{} overdue", days(n)),
        }
    }

    /// Whether the end is close, or past.
    #[must_use]
    pub const fn pressing(self) -> bool {
        match self {
            Self::Left(days) => days <= SOON_DAYS,
            Self::Today | Self::Over(_) => true,
        }
    }
}

/// The last moment of a day.
fn end_of_day(at: Timestamp) -> Timestamp {
    Timestamp::from_day(at.day() + 1).minus_ms(1)
}

/// So many days later, Saturdays and Sundays not counted, nor the day itself.
fn business_days_after(at: Timestamp, days: i64) -> Timestamp {
    let (mut day, mut left) = (at.day(), days);
    while left > 0 {
        day += 1;
        if (day + WEEKDAY_OF_DAY_0).rem_euclid(7) < 5 {
            left -= 1;
        }
    }
    Timestamp::from_day(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_import(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn a_month_ends_where_the_next_one_is_shorter() {
        let due = |text: &str| Regulation::Gdpr.due(at(text)).to_rfc3339();
        assert_eq!(due("2026-11-24 15:00"), "2026-12-24T23:59:59.999Z");
        assert_eq!(due("2026-01-31"), "2026-02-28T23:59:59.999Z");
        assert_eq!(due("2024-01-30"), "2024-02-29T23:59:59.999Z");
        assert_eq!(due("2026-12-31 23:59"), "2027-01-31T23:59:59.999Z");
    }

    #[test]
    fn extensions_are_counted_from_the_receipt_and_end_where_the_law_ends_them() {
        let gdpr = |by| {
            Regulation::Gdpr
                .extended(at("2026-12-31"), by)
                .map(Timestamp::to_date)
        };
        assert_eq!(gdpr(0), None);
        assert_eq!(gdpr(1).as_deref(), Some("2027-02-28"));
        // Not the 28th: the extension runs from the receipt.
        assert_eq!(gdpr(2).as_deref(), Some("2027-03-31"));
        assert_eq!(gdpr(3), None);
        // Nor the 28th of April, by way of the last of February.
        let of_january = Regulation::Gdpr.extended(at("2026-01-31"), 2);
        assert_eq!(of_january.map(Timestamp::to_date).as_deref(), Some("2026-04-30"));
        let ccpa = |by| {
            Regulation::Ccpa
                .extended(at("2026-01-01"), by)
                .map(Timestamp::to_date)
        };
        assert_eq!(Regulation::Ccpa.due(at("2026-01-01")).to_date(), "2026-02-15");
        assert_eq!(ccpa(45).as_deref(), Some("2026-04-01"));
        assert_eq!(ccpa(46), None);
        assert_eq!(ccpa(i64::MIN), None);
    }

    #[test]
    fn receipt_is_confirmed_within_ten_business_days() {
        let by = |text: &str| Regulation::Ccpa.confirm_by(at(text)).map(Timestamp::to_date);
        // A Tuesday, a Friday and a Saturday.
        assert_eq!(by("2026-11-24").as_deref(), Some("2026-12-08"));
        assert_eq!(by("2026-11-27").as_deref(), Some("2026-12-11"));
        assert_eq!(by("2026-11-28").as_deref(), Some("2026-12-11"));
        assert_eq!(Regulation::Gdpr.confirm_by(at("2026-11-24")), None);
    }

    #[test]
    fn the_countdown_is_in_days_of_the_calendar() {
        let due = Regulation::Gdpr.due(at("2026-11-24 15:00"));
        let words = |now: &str| Countdown::of(due, at(now)).words();
        assert_eq!(words("2026-11-24 23:59"), "30 days left");
        assert_eq!(words("2026-12-23 23:59"), "1 day left");
        assert_eq!(words("2026-12-24 23:59"), "due today");
        assert_eq!(words("2026-12-25 00:00"), "1 day overdue");
        assert!(Countdown::Left(7).pressing() && !Countdown::Left(8).pressing());
    }
}
