//! Moments in time: UTC milliseconds, how they are read and how they are shown.
//!
//! There is no clock here: "now" is always handed in. There is no time zone but UTC: a zone is read from text,
//! applied and forgotten.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds of a day; a day of a rule is always this long.
pub const DAY_MS: i64 = 86_400_000;

/// A moment by the UTC calendar.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

/// A moment, in milliseconds since 1970-01-01T00:00:00Z, always within the years 0001 to 9999.
///
/// The range is kept by every constructor, so showing a moment cannot fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0001-01-01T00:00:00.000Z, the first moment that RFC 3339 can write (year 0 left out: nobody was there).
    pub const MIN: Timestamp = Timestamp(-62_135_596_800_000);
    /// 9999-12-31T23:59:59.999Z, the last moment that RFC 3339 can write.
    pub const MAX: Timestamp = Timestamp(253_402_300_799_999);

    /// Takes milliseconds since 1970 (UTC); what lies outside the range becomes its nearest end.
    pub const fn from_ms(ms: i64) -> Timestamp {
        if ms < Self::MIN.0 {
            Self::MIN
        } else if ms > Self::MAX.0 {
            Self::MAX
        } else {
            Timestamp(ms)
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Whole days since 1970-01-01, counted downwards before it.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(DAY_MS)
    }

    /// 00:00 UTC of the day `days` after 1970-01-01; out of range becomes the nearest end.
    pub const fn from_day(days: i64) -> Timestamp {
        Timestamp::from_ms(days.saturating_mul(DAY_MS))
    }

    /// Reads a full RFC 3339 date-time: a zone is required, any length of fraction is taken (cut to milliseconds),
    /// `T` and `Z` in either case, a space for `T`. A leap second (`:60`) counts as the second before it.
    pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
        let (date, rest) = split_date(text)?;
        let rest = rest.strip_prefix(['T', 't', ' '])?;
        let (seconds, rest) = split_clock(rest, true)?;
        let (fraction_ms, rest) = split_fraction(rest)?;
        let offset_s = parse_offset(rest)?;
        in_range(
            date.saturating_mul(DAY_MS)
                .checked_add((seconds - offset_s) * 1000 + fraction_ms)?,
        )
    }

    /// Reads `YYYY-MM-DD` as 00:00 UTC of that day.
    pub fn parse_date(text: &str) -> Option<Timestamp> {
        match split_date(text)? {
            (days, "") => in_range(days.saturating_mul(DAY_MS)),
            _ => None,
        }
    }

    /// Reads what an import may hold (decisions: import dates): RFC 3339, `YYYY-MM-DD`, and `YYYY-MM-DD HH:MM[:SS]`;
    /// what names no zone is UTC.
    pub fn parse_import(text: &str) -> Option<Timestamp> {
        let text = text.trim();
        Self::parse_rfc3339(text)
            .or_else(|| Self::parse_date(text))
            .or_else(|| {
                let (days, rest) = split_date(text)?;
                match split_clock(rest.strip_prefix(' ')?, false)? {
                    (seconds, "") => in_range(days * DAY_MS + seconds * 1000),
                    _ => None,
                }
            })
    }

    /// `2026-11-24T01:53:00.000Z`: how times leave the system.
    pub fn to_rfc3339(self) -> String {
        let t = self.civil();
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            t.year,
            t.month,
            t.day,
            t.hour,
            t.minute,
            t.second,
            self.0.rem_euclid(1000)
        )
    }

    /// `2026-11-24`: the UTC day.
    pub fn to_date(self) -> String {
        let t = self.civil();
        format!("{:04}-{:02}-{:02}", t.year, t.month, t.day)
    }

    /// `12 Jan 1997`, for pages.
    pub fn date_short(self) -> String {
        let t = self.civil();
        let month = match t.month {
            1 => "Jan",
            2 => "Feb",
            3 => "Mar",
            4 => "Apr",
            5 => "May",
            6 => "Jun",
            7 => "Jul",
            8 => "Aug",
            9 => "Sep",
            10 => "Oct",
            11 => "Nov",
            _ => "Dec",
        };
        format!("{} {month} {}", t.day, t.year)
    }

    /// `10:46`, for pages.
    pub fn time_hm(self) -> String {
        let t = self.civil();
        format!("{:02}:{:02}", t.hour, t.minute)
    }

    /// `9 Nov 2026, 14:02 UTC`, for pages.
    pub fn date_time_short(self) -> String {
        format!("{}, {} UTC", self.date_short(), self.time_hm())
    }

    /// The moment `ms` milliseconds earlier, held within the range.
    pub const fn minus_ms(self, ms: i64) -> Timestamp {
        Timestamp::from_ms(self.0.saturating_sub(ms))
    }

    /// The moment `ms` milliseconds later, held within the range.
    pub const fn plus_ms(self, ms: i64) -> Timestamp {
        Timestamp::from_ms(self.0.saturating_add(ms))
    }

    /// The same time of day `months` earlier by the UTC calendar; a day that the month lacks becomes its last
    /// (31 March less one month is 28 or 29 February).
    pub fn minus_months(self, months: u32) -> Timestamp {
        let t = self.civil();
        let month = t.year * 12 + t.month - 1 - i64::from(months);
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        if year < 1 {
            return Self::MIN;
        }
        let day = t.day.min(days_of_month(year, month));
        Timestamp::from_ms(days_since_1970(year, month, day) * DAY_MS + self.0.rem_euclid(DAY_MS))
    }

    /// The same day and time `years` earlier by the UTC calendar; 29 February becomes 28 where need be.
    pub fn minus_years(self, years: u32) -> Timestamp {
        self.minus_months(years.saturating_mul(12))
    }

    /// The same time of day `months` later by the UTC calendar; a day that the month lacks becomes its last.
    pub fn plus_months(self, months: u32) -> Timestamp {
        let t = self.civil();
        let month = t.year * 12 + t.month - 1 + i64::from(months);
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        let day = t.day.min(days_of_month(year, month));
        Timestamp::from_ms(
            days_since_1970(year, month, day)
                .saturating_mul(DAY_MS)
                .saturating_add(self.0.rem_euclid(DAY_MS)),
        )
    }

    fn civil(self) -> Civil {
        let (year, month, day) = date_of(self.day());
        let seconds = self.0.rem_euclid(DAY_MS) / 1000;
        Civil {
            year,
            month,
            day,
            hour: seconds / 3600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
        }
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, continued backwards before its time. Counted in years that begin in
/// March, so that the leap day is the last: 400 of them have 146,097 days, and the month that is `m` after March begins
/// `(153 m + 2) / 5` days after it. Written out here because the browser uses it too, where a calendar library is large.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (cycle, of_cycle) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    cycle * 146_097 + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year - 719_468
}

/// The way back: year, month and day.
const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (cycle, of_cycle) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + cycle * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

const fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

impl From<i64> for Timestamp {
    fn from(ms: i64) -> Self {
        Timestamp::from_ms(ms)
    }
}

impl From<Timestamp> for i64 {
    fn from(t: Timestamp) -> Self {
        t.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

fn in_range(ms: i64) -> Option<Timestamp> {
    (Timestamp::MIN.0..=Timestamp::MAX.0)
        .contains(&ms)
        .then_some(Timestamp(ms))
}

/// Splits off exactly `n` ASCII digits as a number.
fn split_digits(text: &str, n: usize) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at_checked(n)?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse().ok()?, rest))
}

/// Splits off `YYYY-MM-DD`, as days since 1970.
fn split_date(text: &str) -> Option<(i64, &str)> {
    let (year, rest) = split_digits(text, 4)?;
    let (month, rest) = split_digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = split_digits(rest.strip_prefix('-')?, 2)?;
    if !(1..=12).contains(&month) || !(1..=days_of_month(year, month)).contains(&day) {
        return None;
    }
    Some((days_since_1970(year, month, day), rest))
}

/// Splits off `HH:MM:SS`, or `HH:MM` where seconds may be missing, as seconds of the day.
fn split_clock(text: &str, seconds_required: bool) -> Option<(i64, &str)> {
    let (hour, rest) = split_digits(text, 2)?;
    let (minute, rest) = split_digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => split_digits(rest, 2)?,
        None if seconds_required => return None,
        None => (0, rest),
    };
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some((hour * 3600 + minute * 60 + second.min(59), rest))
}

/// Splits off an optional `.123456`, cut to milliseconds.
fn split_fraction(text: &str) -> Option<(i64, &str)> {
    let Some(rest) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let (digits, rest) = rest.split_at_checked(digits)?;
    let ms = digits
        .bytes()
        .chain(*b"00")
        .take(3)
        .fold(0, |ms, b| ms * 10 + i64::from(b - b'0'));
    Some((ms, rest))
}

/// Reads `Z` or `±HH:MM`, as seconds east of UTC.
fn parse_offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, rest) = split_digits(rest, 2)?;
    let (minutes, rest) = split_digits(rest.strip_prefix(':')?, 2)?;
    (rest.is_empty() && hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn rfc3339_reads_zones_fractions_and_leap_seconds() {
        assert_eq!(at("1970-01-01T00:00:00Z").ms(), 0);
        assert_eq!(
            at("2026-11-24t01:53:00.5z").to_rfc3339(),
            "2026-11-24T01:53:00.500Z"
        );
        assert_eq!(
            at("2026-11-24T01:53:00.123999999999+02:30").to_rfc3339(),
            "2026-11-23T23:23:00.123Z"
        );
        assert_eq!(
            at("2016-12-31T23:59:60Z").to_rfc3339(),
            "2016-12-31T23:59:59.000Z"
        );
        assert_eq!(at("1969-12-31 23:59:59.999-00:00").ms(), -1);
        for bad in [
            "2026-11-24T01:53:00",
            "2026-11-24",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-1-1T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+0200",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "２026-01-01T00:00:00Z",
            "",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(bad), None, "{bad}");
        }
    }

    #[test]
    fn imports_read_dates_and_clock_times_as_utc() {
        for (text, is) in [
            ("1997-01-12", "1997-01-12T00:00:00.000Z"),
            ("1997-01-12 10:46", "1997-01-12T10:46:00.000Z"),
            (" 1997-01-12 10:46:07 ", "1997-01-12T10:46:07.000Z"),
            ("1997-01-12T10:46:07+01:00", "1997-01-12T09:46:07.000Z"),
        ] {
            assert_eq!(
                Timestamp::parse_import(text)
                    .map(Timestamp::to_rfc3339)
                    .as_deref(),
                Some(is)
            );
        }
        assert_eq!(Timestamp::parse_import("1997-01-12T10:46:07"), None);
        assert_eq!(Timestamp::parse_import("12 Jan 1997"), None);
        assert_eq!(Timestamp::parse_date("0001-01-01"), Some(Timestamp::MIN));
    }

    #[test]
    fn shows_for_people() {
        assert_eq!(at("1997-01-12T10:46:59Z").date_short(), "12 Jan 1997");
        assert_eq!(at("1997-01-12T10:46:59Z").time_hm(), "10:46");
        assert_eq!(
            at("2026-11-09T14:02:00Z").date_time_short(),
            "9 Nov 2026, 14:02 UTC"
        );
        assert_eq!(Timestamp::MAX.to_rfc3339(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::MIN.to_rfc3339(), "0001-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_ms(-1).to_rfc3339(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn days_and_calendar_steps() {
        assert_eq!(at("1970-01-02T00:00:00Z").day(), 1);
        assert_eq!(Timestamp::from_ms(-1).day(), -1);
        assert_eq!(Timestamp::from_day(1).to_date(), "1970-01-02");
        assert_eq!(
            at("2024-03-31T10:00:00.007Z").minus_months(1).to_rfc3339(),
            "2024-02-29T10:00:00.007Z"
        );
        assert_eq!(
            at("2024-02-29T10:00:00Z").minus_years(1).to_rfc3339(),
            "2023-02-28T10:00:00.000Z"
        );
        assert_eq!(at("2024-02-29T10:00:00Z").minus_years(3000), Timestamp::MIN);
        assert_eq!(at("2024-02-29T10:00:00Z").minus_months(u32::MAX), Timestamp::MIN);
        assert_eq!(Timestamp::MAX.plus_ms(i64::MAX), Timestamp::MAX);
    }

    /// Every day of ten thousand years, against another calendar.
    #[test]
    fn the_calendar_is_the_one_that_others_have() {
        let mut date = jiff::civil::date(1, 1, 1);
        for days in Timestamp::MIN.day()..=Timestamp::MAX.day() {
            let theirs = (
                i64::from(date.year()),
                i64::from(date.month()),
                i64::from(date.day()),
            );
            assert_eq!(date_of(days), theirs);
            assert_eq!(days_since_1970(theirs.0, theirs.1, theirs.2), days);
            assert_eq!(days_of_month(theirs.0, theirs.1), i64::from(date.days_in_month()));
            date = date.tomorrow().unwrap_or(date);
        }
    }

    #[test]
    fn travels_as_a_number() {
        let t = at("1997-01-12T10:46:59Z");
        let json = serde_json::to_string(&t).unwrap();
        assert_eq!(json, t.ms().to_string());
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), t);
        assert_eq!(
            serde_json::from_str::<Timestamp>("9223372036854775807").unwrap(),
            Timestamp::MAX
        );
    }
}
