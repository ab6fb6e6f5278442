//! Moments that are meant by a clock on the wall: the start that a person types, and when a recurring deletion is due. With
//! `quiet` the only place that knows time zones. Asks no clock: the moment is handed in.
//!
//! The rule on days when clocks are changed. A start that is typed is refused where the clock skips it: the person is there
//! and can choose. A recurrence that falls into a skipped hour is due where the clock jumps, for nobody is there to ask. What
//! comes twice means the first time, for both.

use domain::{
    job::{TimeOfDay, unknown_zone},
    problem::{Code, Problem},
    recurring::Recurrence,
    time::Timestamp,
};
use jiff::{
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};

/// Days that are looked at for the next due moment: two months, the longest way from one 31st to the next, and what a zone
/// may skip.
const DAYS_MAX: u32 = 70;

/// Reads what a browser's box for date and time sends, `2026-11-27T09:00`, by a zone's clock.
///
/// # Errors
/// `invalid` on `start_at` or `start_zone`; `time_skipped` on `start_at`.
pub fn read_local(text: &str, zone: &str) -> Result<Timestamp, Problem> {
    let zone = lookup(zone).map_err(|problem| problem.on("start_zone"))?;
    let typed = text.trim();
    let read = if typed.len() == 16 {
        typed.parse::<DateTime>().ok()
    } else {
        None
    };
    let Some(shown) = read else {
        let message = "Say on which day and at what time the deletion starts.";
        return Err(Problem::because(Code::Invalid, message).on("start_at"));
    };
    let ambiguous = zone.to_ambiguous_timestamp(shown);
    if let AmbiguousOffset::Gap { .. } = ambiguous.offset() {
        return Err(Problem::new(Code::TimeSkipped).on("start_at"));
    }
    let at = ambiguous
        .earlier()
        .ok()
        .map(|at| Timestamp::from_ms(at.as_millisecond()));
    at.ok_or_else(|| Problem::new(Code::StartTooFar).on("start_at"))
}

/// The zone's name as it is usually written.
///
/// # Errors
/// `invalid`: there is no such zone.
pub(crate) fn zone_name(zone: &str) -> Result<String, Problem> {
    let found = lookup(zone)?;
    Ok(found.iana_name().map_or_else(|| zone.to_owned(), str::to_owned))
}

/// `27 Nov 2026, 09:00 (Europe/Berlin)`; `None` where there is no such zone.
pub(crate) fn shown(at: Timestamp, zone: &str) -> Option<String> {
    let local = local(&lookup(zone).ok()?, at);
    // The words are those of every other time; only the clock differs.
    let as_if_utc = TimeZone::UTC.to_timestamp(local).ok()?;
    let words = Timestamp::from_ms(as_if_utc.as_millisecond());
    Some(format!("{}, {} ({zone})", words.date_short(), words.time_hm()))
}

/// A recurrence with its zone at hand.
#[derive(Debug)]
pub(crate) struct Due<'a> {
    recurrence: &'a Recurrence,
    zone: TimeZone,
}

impl<'a> Due<'a> {
    /// Looks the zone up.
    ///
    /// # Errors
    /// `invalid`: there is no such zone.
    pub(crate) fn of(recurrence: &'a Recurrence) -> Result<Self, Problem> {
        let zone = lookup(&recurrence.zone)?;
        Ok(Self { recurrence, zone })
    }

    /// The first due moment after `after`; `None` at the end of all time.
    pub(crate) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        // Two days back: a zone that skips a day puts what was due then where the clock jumped.
        let mut day = earlier(earlier(local(&self.zone, after).date()));
        for _ in 0..DAYS_MAX {
            if let Some(at) = self.on(day).filter(|at| *at > after) {
                return Some(at);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The last due moment that is not after `upto`; `None` before all time.
    pub(crate) fn last(&self, upto: Timestamp) -> Option<Timestamp> {
        let mut day = local(&self.zone, upto).date().tomorrow().ok()?;
        for _ in 0..DAYS_MAX {
            if let Some(at) = self.on(day).filter(|at| *at <= upto) {
                return Some(at);
            }
            day = day.yesterday().ok()?;
        }
        None
    }

    /// When it is due on a day; `None`: not on that day.
    fn on(&self, day: Date) -> Option<Timestamp> {
        if !self.recurrence.every.falls_on(day) {
            return None;
        }
        Some(moment(&self.zone, day, self.recurrence.at))
    }
}

/// When the clock shows this time of this day: the first time, or where it jumps over it.
fn moment(zone: &TimeZone, day: Date, time: TimeOfDay) -> Timestamp {
    let hour = i8::try_from(time.hour()).unwrap_or(0);
    let minute = i8::try_from(time.minute()).unwrap_or(0);
    let ambiguous = zone.to_ambiguous_timestamp(day.at(hour, minute, 0, 0));
    let gap = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    // In a gap, this is as long before the jump as the time shown is after its beginning, so the jump is what comes next.
    let Ok(at) = ambiguous.earlier() else {
        return Timestamp::MAX;
    };
    let jump = gap.then(|| zone.following(at).next()).flatten();
    Timestamp::from_ms(jump.map_or(at, |jump| jump.timestamp()).as_millisecond())
}

fn lookup(zone: &str) -> Result<TimeZone, Problem> {
    TimeZoneDatabase::bundled()
        .get(zone.trim())
        .map_err(|_| unknown_zone(zone).on("zone"))
}

fn local(zone: &TimeZone, at: Timestamp) -> DateTime {
    let ends = if at.ms() < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    };
    zone.to_datetime(jiff::Timestamp::from_millisecond(at.ms()).unwrap_or(ends))
}

fn earlier(day: Date) -> Date {
    day.yesterday().unwrap_or(Date::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::recurring::{Every, Weekday};
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect(text)
    }

    fn recurrence(every: Every, time: &str, zone: &str) -> Recurrence {
        Recurrence {
            every,
            at: TimeOfDay::parse(time).expect(time),
            zone: zone.to_owned(),
        }
    }

    /// The due moments after `from`, as they leave the program.
    fn series(recurrence: &Recurrence, from: &str, n: usize) -> Vec<String> {
        let due = Due::of(recurrence).expect("a zone");
        let mut now = at(from);
        let mut found = Vec::new();
        for _ in 0..n {
            now = due.next(now).expect("a next one");
            found.push(now.to_rfc3339().replace(":00.000Z", "Z"));
        }
        found
    }

    #[test]
    fn a_start_is_read_by_the_clock_that_was_named() {
        let read = |text, zone| read_local(text, zone).map(Timestamp::to_rfc3339);
        assert_eq!(
            read("2026-11-27T09:00", "Europe/Berlin").as_deref(),
            Ok("2026-11-27T08:00:00.000Z")
        );
        assert_eq!(
            read("2026-07-27T09:00", "europe/berlin").as_deref(),
            Ok("2026-07-27T07:00:00.000Z")
        );
        assert_eq!(
            read("2026-07-27T09:00", "UTC").as_deref(),
            Ok("2026-07-27T09:00:00.000Z")
        );
        // Twice: the first time.
        assert_eq!(
            read("2026-10-25T02:30", "Europe/Berlin").as_deref(),
            Ok("2026-10-25T00:30:00.000Z")
        );
        let code = |text, zone| {
            read_local(text, zone)
                .map_err(|problem| (problem.code, problem.field))
                .expect_err("refused")
        };
        assert_eq!(
            code("2026-03-29T02:30", "Europe/Berlin"),
            (Code::TimeSkipped, Some("start_at".to_owned()))
        );
        assert_eq!(
            code("2026-03-29T02:30", "Mars/Olympus"),
            (Code::Invalid, Some("start_zone".to_owned()))
        );
        for bad in [
            "",
            "tomorrow",
            "2026-02-30T09:00",
            "2026-11-27",
            "2026-11-27T09:00:00Z",
            "99999-01-01T00:00",
        ] {
            assert_eq!(
                code(bad, "UTC"),
                (Code::Invalid, Some("start_at".to_owned())),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_moment_is_shown_by_the_clock_that_was_named() {
        assert_eq!(
            shown(at("2026-11-27T08:00:00Z"), "Europe/Berlin").as_deref(),
            Some("27 Nov 2026, 09:00 (Europe/Berlin)")
        );
        assert_eq!(
            shown(at("2026-11-27T23:30:00Z"), "Asia/Kolkata").as_deref(),
            Some("28 Nov 2026, 05:00 (Asia/Kolkata)")
        );
        assert_eq!(shown(at("2026-11-27T08:00:00Z"), "Mars/Olympus"), None);
    }

    #[test]
    fn the_31st_is_the_last_day_of_a_shorter_month() {
        let last = recurrence(Every::Month { day: 31 }, "03:00", "UTC");
        assert_eq!(
            series(&last, "2027-12-31T03:00:00Z", 4),
            [
                "2028-01-31T03:00Z",
                "2028-02-29T03:00Z",
                "2028-03-31T03:00Z",
                "2028-04-30T03:00Z"
            ]
        );
        let first = recurrence(Every::Month { day: 1 }, "00:00", "America/New_York");
        assert_eq!(
            series(&first, "2026-10-31T12:00:00Z", 2),
            ["2026-11-01T04:00Z", "2026-12-01T05:00Z"]
        );
    }

    #[test]
    fn a_skipped_time_is_due_at_the_jump_and_one_that_comes_twice_is_due_once() {
        let daily = recurrence(Every::Day, "02:30", "Europe/Berlin");
        assert_eq!(
            series(&daily, "2026-03-28T00:00:00Z", 3),
            ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"]
        );
        assert_eq!(
            series(&daily, "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]
        );
        let weekly = recurrence(
            Every::Week {
                weekday: Weekday::Sunday,
            },
            "02:30",
            "Europe/Berlin",
        );
        assert_eq!(
            series(&weekly, "2026-03-23T00:00:00Z", 2),
            ["2026-03-29T01:00Z", "2026-04-05T00:30Z"]
        );
        // A whole day that there was not: 30 December 2011 in Samoa.
        let samoa = recurrence(Every::Month { day: 30 }, "03:00", "Pacific/Apia");
        assert_eq!(
            series(&samoa, "2011-12-01T00:00:00Z", 2),
            ["2011-12-30T10:00Z", "2012-01-29T13:00Z"]
        );
    }

    fn any_recurrence() -> impl Strategy<Value = Recurrence> {
        let every = prop_oneof![
            Just(Every::Day),
            (0_usize..7).prop_map(|at| Every::Week {
                weekday: Weekday::ALL[at]
            }),
            (1_i8..=31).prop_map(|day| Every::Month { day }),
        ];
        let zones = [
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "Pacific/Apia",
            "Asia/Kathmandu",
        ];
        (every, 0_u32..1_440, prop::sample::select(zones.to_vec())).prop_map(|(every, minute, zone)| {
            recurrence(every, &format!("{:02}:{:02}", minute / 60, minute % 60), zone)
        })
    }

    proptest! {
        #[test]
        fn next_and_last_meet_and_lie_on_the_right_days(
            recurrence in any_recurrence(), minutes in 0_i64..40 * 366 * 1_440
        ) {
            let due = Due::of(&recurrence).expect("a zone");
            let now = at("2000-01-01T00:00:00Z").plus_ms(minutes * 60_000);
            let next = due.next(now).expect("a next one");
            prop_assert!(next > now);
            // Nothing lies between, and the next one is found again from itself.
            prop_assert_eq!(due.last(next), Some(next));
            prop_assert_eq!(due.next(next.minus_ms(1)), Some(next));
            prop_assert!(due.last(now).is_some_and(|last| last <= now && due.next(last) == Some(next)));
            let most = match recurrence.every { Every::Day => 2, Every::Week { .. } => 8, Every::Month { .. } => 32 };
            prop_assert!(next.ms() - now.ms() <= i64::from(most) * 86_400_000, "{} after {}", next, now);
            // The clock shows the time that was meant, unless it skips it.
            let shown = local(&due.zone, next);
            let meant = shown.hour() == i8::try_from(recurrence.at.hour()).expect("an hour")
                && shown.minute() == i8::try_from(recurrence.at.minute()).expect("a minute");
            if meant {
                prop_assert!(recurrence.every.falls_on(shown.date()));
            } else {
                let before = due.zone.to_datetime(jiff::Timestamp::from_millisecond(next.ms() - 1).expect("a moment"));
                let jumped = shown.duration_since(before).as_secs() > 1;
                prop_assert!(jumped, "{shown} is not {} and the clock does not jump", recurrence.at);
            }
        }
    }
}
