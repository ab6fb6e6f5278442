//! Quiet hours: the hours of every day in which a job deletes nobody. Only what they are and how they are typed; when they
//! begin and end on a given day depends on a time zone, and that is the engine's to know.

use crate::problem::{Code, Problem};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Minutes of an hour.
const HOUR_MINUTES: u16 = 60;
/// Hours of a day.
const DAY_HOURS: u16 = 24;

/// What quiet hours mean, for help texts.
pub const QUIET_HOURS_HELP: &str = "Nobody is deleted between these times of day; the job rests and goes on by itself. An end before the beginning \
     means the next morning. Once everyone's turn has come, what is left to do is finished at any hour.";

/// A time of day by the clock on the wall, to the minute: `22:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// Reads `HH:MM`, from `00:00` to `23:59`. Nothing else: `24:00`, `9:00` and `09:00:00` are typing errors more often
    /// than they are meant.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let two = |text: &str| {
            let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<u16>().ok()).flatten()
        };
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute) = (two(hour)?, two(minute)?);
        (hour < DAY_HOURS && minute < HOUR_MINUTES).then_some(Self(hour * HOUR_MINUTES + minute))
    }

    /// The hour, 0 to 23.
    #[must_use]
    pub const fn hour(self) -> u16 {
        self.0 / HOUR_MINUTES
    }

    /// The minute of the hour, 0 to 59.
    #[must_use]
    pub const fn minute(self) -> u16 {
        self.0 % HOUR_MINUTES
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour(), self.minute())
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a time of day is written HH:MM, from 00:00 to 23:59")
    }
}

/// The hours of every day in which a job deletes nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// When they begin.
    pub from: TimeOfDay,
    /// When they end, and the job goes on: of the same day where this is later than `from`, else of the next.
    pub to: TimeOfDay,
    /// The time zone by which both are meant, by its IANA name. Only the engine can say whether it exists.
    pub zone: String,
}

impl QuietHours {
    /// Reads what was typed.
    ///
    /// # Errors
    /// `invalid`, on `quiet_hours.from`, `quiet_hours.to` or `quiet_hours.zone`: a time that is none, beginning and end
    /// alike, no zone.
    pub fn read(from: &str, to: &str, zone: &str) -> Result<Self, Problem> {
        let time = |text: &str, field: &str| {
            TimeOfDay::parse(text.trim()).ok_or_else(|| {
                let message =
                    format!("Write the quiet hours as HH:MM, from 00:00 to 23:59; {text:?} is no such time.");
                Problem::because(Code::Invalid, message).on(field)
            })
        };
        let hours = Self {
            from: time(from, "quiet_hours.from")?,
            to: time(to, "quiet_hours.to")?,
            zone: zone.trim().to_owned(),
        };
        if hours.from == hours.to {
            let message =
                "Quiet hours cannot begin and end at the same time: the job would never delete anybody.";
            return Err(Problem::because(Code::Invalid, message).on("quiet_hours.to"));
        }
        if hours.zone.is_empty() {
            return Err(unknown_zone(&hours.zone));
        }
        Ok(hours)
    }

    /// Whether they go past midnight.
    #[must_use]
    pub fn wraps(&self) -> bool {
        self.to < self.from
    }
}

impl fmt::Display for QuietHours {
    /// `22:00 to 06:00 (Europe/Berlin)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} ({})", self.from, self.to, self.zone)
    }
}

/// The refusal of a zone that there is not.
#[must_use]
pub fn unknown_zone(zone: &str) -> Problem {
    let message = if zone.is_empty() {
        "Say by which time zone the quiet hours are meant, such as Europe/Berlin or UTC.".to_owned()
    } else {
        format!("There is no time zone {zone:?}. Use an IANA name such as Europe/Berlin or UTC.")
    };
    Problem::because(Code::Invalid, message).on("quiet_hours.zone")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(from: &str, to: &str, zone: &str) -> String {
        let problem = QuietHours::read(from, to, zone).expect_err("refused");
        assert_eq!(problem.code, Code::Invalid);
        assert!(problem.message.ends_with('.'), "{problem}");
        problem.field.unwrap_or_default()
    }

    proptest! {
        #[test]
        fn every_minute_of_the_day_reads_back(minute in 0_u16..1_440) {
            let time = TimeOfDay(minute);
            prop_assert_eq!(TimeOfDay::parse(&time.to_string()), Some(time));
        }

        #[test]
        fn whatever_is_typed_never_panics(text in "\\PC{0,8}") {
            if let Some(time) = TimeOfDay::parse(&text) {
                prop_assert_eq!(time.to_string(), text);
            }
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "",
            "22",
            "24:00",
            "22:60",
            "9:00",
            "09:00:00",
            "+9:00",
            "２２:00",
            "22-00",
        ] {
            assert_eq!(TimeOfDay::parse(bad), None, "{bad}");
            assert_eq!(refused(bad, "06:00", "UTC"), "quiet_hours.from");
            assert_eq!(refused("22:00", bad, "UTC"), "quiet_hours.to");
        }
        assert_eq!(refused("22:00", "22:00", "UTC"), "quiet_hours.to");
        assert_eq!(refused("22:00", "06:00", " "), "quiet_hours.zone");
    }

    #[test]
    fn they_are_kept_as_they_are_typed() {
        let hours = QuietHours::read(" 22:00", "06:00", "Europe/Berlin").expect("read");
        assert!(hours.wraps());
        assert_eq!(hours.to_string(), "22:00 to 06:00 (Europe/Berlin)");
        let json = serde_json::to_string(&hours).expect("JSON");
        assert_eq!(json, r#"{"from":"22:00","to":"06:00","zone":"Europe/Berlin"}"#);
        assert_eq!(serde_json::from_str::<QuietHours>(&json).expect("read"), hours);
        assert!(serde_json::from_str::<QuietHours>(r#"{"from":"24:00","to":"06:00","zone":"UTC"}"#).is_err());
    }
}
