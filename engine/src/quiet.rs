//! When quiet hours begin and end: the one place that knows time zones. Knows nothing of jobs, and asks no clock: the moment
//! is handed in.
//!
//! The rule on days when clocks are changed: nobody is deleted while a clock on the wall shows a quiet hour. An hour that
//! comes twice is quiet both times, so quiet hours that begin in it begin at its first coming and those that end in it end
//! at its second. An hour that is skipped is not there: what begins or ends in it does so where the clock jumps.

use domain::{
    job::{QuietHours, TimeOfDay, unknown_zone},
    problem::Problem,
    time::Timestamp,
};
use jiff::{
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase},
};

/// Days that `stretched` looks ahead: longer than any job takes. Beyond them, rests are no longer added.
const DAYS_AHEAD_MAX: u32 = 1_000;

/// Quiet hours with their zone at hand.
#[derive(Debug, Clone)]
pub(crate) struct Quiet<'a> {
    hours: &'a QuietHours,
    zone: TimeZone,
}

/// The names of all time zones that quiet hours may be meant by, in order, for lists to choose from.
#[must_use]
pub fn time_zones() -> Vec<String> {
    let all = TimeZoneDatabase::bundled();
    let mut names: Vec<String> = all.available().map(|name| name.to_string()).collect();
    names.sort_unstable();
    names
}

/// The same quiet hours with the zone's name as it is usually written.
///
/// # Errors
/// As `QuietHours::read`, and `invalid` on `quiet_hours.zone`: there is no such zone.
pub(crate) fn checked(hours: QuietHours) -> Result<QuietHours, Problem> {
    let hours = QuietHours::read(&hours.from.to_string(), &hours.to.to_string(), &hours.zone)?;
    let zone = Quiet::of(&hours)?.zone;
    Ok(QuietHours {
        zone: zone.iana_name().map_or(hours.zone, str::to_owned),
        ..hours
    })
}

impl<'a> Quiet<'a> {
    /// Looks the zone up.
    ///
    /// # Errors
    /// `invalid` on `quiet_hours.zone`: there is no such zone.
    pub(crate) fn of(hours: &'a QuietHours) -> Result<Self, Problem> {
        let zone = TimeZoneDatabase::bundled()
            .get(&hours.zone)
            .map_err(|_| unknown_zone(&hours.zone))?;
        Ok(Self { hours, zone })
    }

    /// When the quiet hours that `now` lies in are over; `None`: it lies in none.
    pub(crate) fn until(&self, now: Timestamp) -> Option<Timestamp> {
        // The next quiet hours may begin before these are over, where an hour comes twice and only minutes lie between.
        let (mut at, mut found) = (now, None);
        while let Some((_, end)) = self
            .around(at)
            .into_iter()
            .find(|(from, to)| *from <= at && at < *to)
        {
            (at, found) = (end, Some(end));
        }
        found
    }

    /// The clock's time at a moment, by the zone.
    pub(crate) fn clock(&self, at: Timestamp) -> String {
        let local = self.local(at);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// How many seconds pass from `now` until `work` seconds have been worked outside of quiet hours.
    pub(crate) fn stretched(&self, now: Timestamp, work: i64) -> i64 {
        let (mut at, mut left) = (now, work.saturating_mul(1_000));
        for _ in 0..DAYS_AHEAD_MAX {
            at = self.until(at).unwrap_or(at);
            let next = self
                .around(at)
                .into_iter()
                .find(|(from, to)| *from >= at && from < to);
            match next.map(|(from, _)| from.ms() - at.ms()) {
                Some(free) if free < left => {
                    left -= free;
                    at = at.plus_ms(free);
                }
                _ => break,
            }
        }
        (at.plus_ms(left).ms() - now.ms()) / 1_000
    }

    /// The quiet hours that begin on the days about a moment, in order.
    fn around(&self, at: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let today = self.local(at).date();
        // Two days back: by a zone that skips a day, yesterday's may have begun then.
        let mut day = earlier(earlier(today));
        let mut found = Vec::new();
        for _ in 0..5 {
            let (from, to) = (day, if self.hours.wraps() { later(day) } else { day });
            found.push((
                self.moment(from, self.hours.from, Coming::First),
                self.moment(to, self.hours.to, Coming::Last),
            ));
            day = later(day);
        }
        found
    }

    fn local(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(instant(at.ms()))
    }

    /// When the clock shows this time of this day.
    fn moment(&self, day: Date, time: TimeOfDay, coming: Coming) -> Timestamp {
        let hour = i8::try_from(time.hour()).unwrap_or(0);
        let minute = i8::try_from(time.minute()).unwrap_or(0);
        let shown = day.at(hour, minute, 0, 0);
        match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => at_offset(shown, offset),
            AmbiguousOffset::Fold { before, after } => match coming {
                Coming::First => at_offset(shown, before),
                Coming::Last => at_offset(shown, after),
            },
            // By the later offset this is before the jump: the jump is what comes next.
            AmbiguousOffset::Gap { after, .. } => {
                let before_jump = at_offset(shown, after);
                let jump = self.zone.following(instant(before_jump.ms())).next();
                jump.map_or(before_jump, |jump| {
                    Timestamp::from_ms(jump.timestamp().as_millisecond())
                })
            }
        }
    }
}

/// Which coming of an hour that comes twice.
#[derive(Debug, Clone, Copy)]
enum Coming {
    First,
    Last,
}

/// A moment for jiff, whose own range ends a little inside of ours.
fn instant(ms: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    })
}

fn at_offset(shown: DateTime, offset: Offset) -> Timestamp {
    let at = offset.to_timestamp(shown);
    Timestamp::from_ms(at.map_or(Timestamp::MAX.ms(), |at| at.as_millisecond()))
}

fn earlier(day: Date) -> Date {
    day.yesterday().unwrap_or(Date::MIN)
}

fn later(day: Date) -> Date {
    day.tomorrow().unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hours(from: &str, to: &str, zone: &str) -> QuietHours {
        QuietHours::read(from, to, zone).expect("quiet hours")
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect(text)
    }

    fn until(hours: &QuietHours, now: &str) -> Option<String> {
        let quiet = Quiet::of(hours).expect("a zone");
        quiet.until(at(now)).map(Timestamp::to_rfc3339)
    }

    #[test]
    fn a_night_wraps_midnight_and_the_beginning_is_in_and_the_end_is_not() {
        let night = hours("22:00", "06:00", "Europe/Berlin");
        for (now, end) in [
            ("2026-01-10T20:59:59.999Z", None),
            ("2026-01-10T21:00:00Z", Some("2026-01-11T05:00:00.000Z")),
            ("2026-01-11T04:59:59.999Z", Some("2026-01-11T05:00:00.000Z")),
            ("2026-01-11T05:00:00Z", None),
            ("2026-07-10T19:59:00Z", None),
            ("2026-07-10T20:00:00Z", Some("2026-07-11T04:00:00.000Z")),
        ] {
            assert_eq!(until(&night, now).as_deref(), end, "{now}");
        }
        let day = hours("08:00", "18:00", "America/New_York");
        assert_eq!(until(&day, "2026-01-10T12:59:00Z"), None);
        assert_eq!(
            until(&day, "2026-01-10T13:00:00Z").as_deref(),
            Some("2026-01-10T23:00:00.000Z")
        );
        assert_eq!(until(&day, "2026-01-10T23:00:00Z"), None);
    }

    #[test]
    fn the_nights_of_the_change_are_an_hour_shorter_and_longer() {
        let berlin = hours("22:00", "06:00", "Europe/Berlin");
        for (now, end) in [
            // 22:00 CET on 28 March to 06:00 CEST: seven hours.
            ("2026-03-28T21:00:00Z", "2026-03-29T04:00:00.000Z"),
            // 22:00 CEST on 24 October to 06:00 CET: nine hours.
            ("2026-10-24T20:00:00Z", "2026-10-25T05:00:00.000Z"),
        ] {
            assert_eq!(until(&berlin, now).as_deref(), Some(end));
        }
        let york = hours("22:00", "06:00", "America/New_York");
        for (now, end) in [
            ("2026-03-08T03:00:00Z", "2026-03-08T10:00:00.000Z"),
            ("2026-11-01T02:00:00Z", "2026-11-01T11:00:00.000Z"),
        ] {
            assert_eq!(until(&york, now).as_deref(), Some(end));
        }
    }

    #[test]
    fn an_hour_that_is_skipped_is_not_there_and_one_that_comes_twice_is_quiet_twice() {
        // Skipped: 02:00 to 03:00 on 29 March; the clock jumps at 01:00Z.
        let ends = hours("23:00", "02:30", "Europe/Berlin");
        assert_eq!(
            until(&ends, "2026-03-29T00:59:00Z").as_deref(),
            Some("2026-03-29T01:00:00.000Z")
        );
        assert_eq!(until(&ends, "2026-03-29T01:00:00Z"), None);
        let within = hours("02:10", "02:50", "Europe/Berlin");
        assert_eq!(until(&within, "2026-03-29T00:59:59Z"), None);
        assert_eq!(until(&within, "2026-03-29T01:00:00Z"), None);
        // Twice: 02:00 to 03:00 on 25 October; the clock goes back at 01:00Z.
        for now in [
            "2026-10-25T00:10:00Z",
            "2026-10-25T00:55:00Z",
            "2026-10-25T01:49:00Z",
        ] {
            assert_eq!(
                until(&within, now).as_deref(),
                Some("2026-10-25T01:50:00.000Z"),
                "{now}"
            );
        }
        // New York: skipped at 07:00Z on 8 March, twice at 06:00Z on 1 November.
        let york = hours("20:00", "01:30", "America/New_York");
        assert_eq!(
            until(&york, "2026-11-01T05:45:00Z").as_deref(),
            Some("2026-11-01T06:30:00.000Z")
        );
        let early = hours("02:15", "04:00", "America/New_York");
        assert_eq!(
            until(&early, "2026-03-08T07:00:00Z").as_deref(),
            Some("2026-03-08T08:00:00.000Z")
        );
    }

    #[test]
    fn zones_are_found_in_any_case_and_what_is_none_is_refused() {
        let berlin = checked(hours("22:00", "06:00", "europe/berlin")).expect("a zone");
        assert_eq!(berlin.zone, "Europe/Berlin");
        let refused = checked(hours("22:00", "06:00", "Europe/Bärlin")).expect_err("none");
        assert_eq!(refused.field.as_deref(), Some("quiet_hours.zone"));
        assert!(time_zones().iter().any(|name| name == "America/New_York"));
    }

    #[test]
    fn quiet_hours_are_added_to_what_is_left() {
        let night = hours("22:00", "06:00", "UTC");
        let quiet = Quiet::of(&night).expect("a zone");
        let hour = 3_600;
        // Two hours of work from 21:00 on: one today, one after eight hours of rest.
        assert_eq!(quiet.stretched(at("2026-01-10T21:00:00Z"), 2 * hour), 10 * hour);
        assert_eq!(quiet.stretched(at("2026-01-10T12:00:00Z"), 2 * hour), 2 * hour);
        // From within: the rest of the night, then the work.
        assert_eq!(quiet.stretched(at("2026-01-10T23:00:00Z"), hour), 8 * hour);
        // Forty hours of work, sixteen a day.
        assert_eq!(quiet.stretched(at("2026-01-10T06:00:00Z"), 40 * hour), 56 * hour);
        let day = hours("02:00", "02:01", "UTC");
        assert!(
            Quiet::of(&day)
                .expect("a zone")
                .stretched(at("2026-01-10T06:00:00Z"), i64::MAX / 1_000)
                > 0
        );
    }

    proptest! {
        #[test]
        fn nobody_is_deleted_while_a_clock_shows_a_quiet_hour(
            from in 0_u32..1_440, length in 1_u32..1_440, minute in 0_i64..3 * 1_440,
            (zone, around) in prop::sample::select(vec![
                ("Europe/Berlin", "2026-03-28T00:00:00Z"), ("Europe/Berlin", "2026-10-24T00:00:00Z"),
                ("America/New_York", "2026-03-07T00:00:00Z"), ("America/New_York", "2026-10-31T00:00:00Z"),
                ("Australia/Lord_Howe", "2026-04-04T00:00:00Z"), ("Pacific/Apia", "2011-12-29T00:00:00Z"), ("UTC", "2026-01-01T00:00:00Z"),
            ])
        ) {
            let to = (from + length) % 1_440;
            let text = |m: u32| format!("{:02}:{:02}", m / 60, m % 60);
            let hours = hours(&text(from), &text(to), zone);
            let quiet = Quiet::of(&hours).expect("a zone");
            let now = at(around).plus_ms(minute * 60_000);
            let shown = quiet.clock(now);
            let within = if from < to {
                shown >= text(from) && shown < text(to)
            } else {
                shown >= text(from) || shown < text(to)
            };
            let end = quiet.until(now);
            prop_assert!(!within || end.is_some(), "{shown} is quiet");
            if let Some(end) = end {
                prop_assert!(end > now && quiet.until(end).is_none());
                // What is quiet though the clock shows no such hour lies between the two comings of an hour.
                let comes_twice = !within && quiet.local(now.plus_ms(3_600_000)).time() <= quiet.local(now).time();
                let came_twice = !within && quiet.local(now.minus_ms(3_600_000)).time() >= quiet.local(now).time();
                prop_assert!(within || comes_twice || came_twice, "{shown} is not quiet");
            }
        }
    }
}
