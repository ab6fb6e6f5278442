//! Recurring deletions: "every month on the 31st, whoever matches the segment then", confirmed once and for all times, with a
//! ceiling on the number of people. Only the calendar's side of it; which moment a clock on the wall means depends on a
//! time zone, and that is the engine's to know.

use crate::{
    id::{RecurringId, SegmentId},
    job::{JobState, OnActiveCampaign, QuietHours, TimeOfDay, unknown_zone},
    problem::{Code, Problem},
    suppression::Suppress,
    time::{DAY_MS, Timestamp},
};
use jiff::civil::{Date, Weekday as CivilWeekday};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A due moment that was missed by more than this is skipped: a day later, nobody expects it any more.
pub const MISSED_MS_MAX: i64 = DAY_MS;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days of the week need no words")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// Every day, in order.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The text form, as stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }

    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
        }
    }

    const fn civil(self) -> CivilWeekday {
        match self {
            Self::Monday => CivilWeekday::Monday,
            Self::Tuesday => CivilWeekday::Tuesday,
            Self::Wednesday => CivilWeekday::Wednesday,
            Self::Thursday => CivilWeekday::Thursday,
            Self::Friday => CivilWeekday::Friday,
            Self::Saturday => CivilWeekday::Saturday,
            Self::Sunday => CivilWeekday::Sunday,
        }
    }
}

/// On which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "every")]
pub enum Every {
    /// On each.
    Day,
    /// Once a week.
    Week {
        /// On this day.
        weekday: Weekday,
    },
    /// Once a month.
    Month {
        /// On this day, 1 to 31; a month that is shorter takes its last one.
        day: i8,
    },
}

impl Every {
    /// Whether a day is one of them.
    #[must_use]
    pub fn falls_on(self, date: Date) -> bool {
        match self {
            Self::Day => true,
            Self::Week { weekday } => date.weekday() == weekday.civil(),
            Self::Month { day } => date.day() == day.min(date.days_in_month()),
        }
    }
}

/// When a recurring deletion is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recurrence {
    /// On which days.
    #[serde(flatten)]
    pub every: Every,
    /// At what time of day.
    pub at: TimeOfDay,
    /// The time zone by which both are meant, by its IANA name. Only the engine can say whether it exists.
    pub zone: String,
}

impl Recurrence {
    /// Reads what was typed or sent: `every` is `day`, `week` or `month`; `weekday` and `day` are read where they count.
    ///
    /// # Errors
    /// `invalid`, on `every`, `weekday`, `day`, `at` or `zone`.
    pub fn read(every: &str, weekday: &str, day: &str, at: &str, zone: &str) -> Result<Self, Problem> {
        let refused =
            |field: &str, message: &str| Err(Problem::because(Code::Invalid, message.to_owned()).on(field));
        let every = match every.trim() {
            "day" => Every::Day,
            "week" => match Weekday::ALL
                .into_iter()
                .find(|known| known.as_str() == weekday.trim())
            {
                Some(weekday) => Every::Week { weekday },
                None => return refused("weekday", "Say on which day of the week, from monday to sunday."),
            },
            "month" => match day.trim().parse::<i8>() {
                Ok(day @ 1..=31) => Every::Month { day },
                _ => return refused("day", "Say on which day of the month, from 1 to 31."),
            },
            _ => return refused("every", "A deletion recurs every day, week or month."),
        };
        let Some(at) = TimeOfDay::parse(at.trim()) else {
            return refused("at", "Write the time of day as HH:MM, from 00:00 to 23:59.");
        };
        let zone = zone.trim().to_owned();
        if zone.is_empty() {
            return Err(unknown_zone(&zone).on("zone"));
        }
        Ok(Self { every, at, zone })
    }
}

impl fmt::Display for Recurrence {
    /// `every month on day 31, or the last day of a shorter month, at 03:00 (Europe/Berlin)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.every {
            Every::Day => f.write_str("every day")?,
            Every::Week { weekday } => write!(f, "every week on {}", weekday.title())?,
            Every::Month { day } => {
                write!(f, "every month on day {day}")?;
                if day > 28 {
                    f.write_str(", or the last day of a shorter month,")?;
                }
            }
        }
        write!(f, " at {} ({})", self.at, self.zone)
    }
}

/// What was confirmed, once and for all runs. Never changed afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecurringSpec {
    /// The segment.
    pub segment_id: SegmentId,
    /// When it is due.
    pub recurrence: Recurrence,
    /// The consent box.
    pub consent: bool,
    /// The typed name.
    pub confirm_name: String,
    /// The typed number: where more people match at a due moment, nobody is deleted.
    pub ceiling: i64,
    /// The plan hash of what was shown (see `Impact::plan_hash`): refused where it is another by now. Not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// Whether the segment is enabled again after each run that came to its end. Where it is not, it stays disabled
    /// (fact S2), and no run starts before somebody has enabled it: a disabled segment has no newcomers to delete.
    #[serde(default)]
    pub enable_after: bool,
    /// About running campaigns: `Block` refuses the run, `Proceed` deletes all the same.
    #[serde(default)]
    pub on_active_campaign: OnActiveCampaign,
    /// Profiles a second at most; `None`: no limit.
    #[serde(default)]
    pub max_rate: Option<i64>,
    /// The hours of every day in which nobody is deleted.
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
    /// Why, in the person's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// What is refused afterwards of the people of each run.
    #[serde(default = "Suppress::before_it")]
    pub suppress: Suppress,
}

/// A recurring deletion as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecurringJob {
    /// Its number; people see it as `R-3`.
    pub id: RecurringId,
    /// The dataset's short name.
    pub dataset: String,
    /// The segment's name at confirmation.
    pub segment_name: String,
    /// What was confirmed.
    pub spec: RecurringSpec,
    /// How many people matched at confirmation.
    pub confirmed_count: i64,
    /// Who confirmed it. Every run is theirs, and only as long as they may.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it is due next; `None`: it is stopped.
    pub next_at: Option<Timestamp>,
    /// The same by the clock of its zone, for people.
    pub next_local: Option<String>,
    /// When it was stopped.
    pub stopped_at: Option<Timestamp>,
    /// By whom.
    pub stopped_by: Option<String>,
    /// Why, where nobody did it by hand.
    pub stop_reason: Option<String>,
}

/// What became of a due moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// A job was started.
    Started,
    /// Nobody was deleted, for a reason that somebody should look at.
    Refused,
    /// Nobody matched, so there was nothing to delete.
    Nobody,
    /// The server was down, and it was too late when it came back.
    Skipped,
}

impl RunOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Started, Self::Refused, Self::Nobody, Self::Skipped];

    /// The text form, as stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Refused => "refused",
            Self::Nobody => "nobody",
            Self::Skipped => "skipped",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// One due moment of a recurring deletion, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecurringRun {
    /// When it was due.
    pub due_at: Timestamp,
    /// What became of it.
    pub outcome: RunOutcome,
    /// How many people matched then; `None`: it did not come to counting.
    pub matched: Option<i64>,
    /// The job that was started.
    pub job: Option<crate::id::JobId>,
    /// Where that job stands.
    pub job_state: Option<JobState>,
    /// How many it has deleted so far.
    pub deleted: Option<i64>,
    /// Why nobody was deleted, or what else is to be known.
    pub note: Option<String>,
    /// When the segment was enabled again after it.
    pub enabled_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(every: &str, weekday: &str, day: &str, at: &str, zone: &str) -> Option<String> {
        let problem = Recurrence::read(every, weekday, day, at, zone).expect_err("refused");
        assert!(problem.message.ends_with('.'), "{problem}");
        problem.field
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_its_box() {
        assert_eq!(refused("year", "", "", "03:00", "UTC").as_deref(), Some("every"));
        assert_eq!(
            refused("week", "funday", "", "03:00", "UTC").as_deref(),
            Some("weekday")
        );
        for day in ["", "0", "32", "-1", "1.5", "300"] {
            assert_eq!(
                refused("month", "", day, "03:00", "UTC").as_deref(),
                Some("day"),
                "{day}"
            );
        }
        assert_eq!(refused("day", "", "", "24:00", "UTC").as_deref(), Some("at"));
        assert_eq!(refused("day", "", "", "03:00", " ").as_deref(), Some("zone"));
    }

    #[test]
    fn it_says_itself_and_reads_back() {
        let said = |every, weekday, day| {
            let it = Recurrence::read(every, weekday, day, "03:00", "Europe/Berlin").expect("read");
            let json = serde_json::to_string(&it).expect("JSON");
            assert_eq!(
                serde_json::from_str::<Recurrence>(&json).expect("read"),
                it,
                "{json}"
            );
            it.to_string()
        };
        assert_eq!(said("day", "", ""), "every day at 03:00 (Europe/Berlin)");
        assert_eq!(
            said("week", "sunday", ""),
            "every week on Sunday at 03:00 (Europe/Berlin)"
        );
        assert_eq!(
            said("month", "", "1"),
            "every month on day 1 at 03:00 (Europe/Berlin)"
        );
        assert_eq!(
            said("month", "", "31"),
            "every month on day 31, or the last day of a shorter month, at 03:00 (Europe/Berlin)"
        );
    }

    proptest! {
        #[test]
        fn once_a_month_and_once_a_week_mean_once(year in 1970_i16..2100, month in 1_i8..=12, day in 1_i8..=31, at in 0_usize..7) {
            let first = Date::new(year, month, 1).expect("a date");
            let days = || first.series(jiff::Span::new().days(1));
            let length = usize::try_from(first.days_in_month()).expect("a length");
            let due: Vec<Date> = days().take(length).filter(|date| Every::Month { day }.falls_on(*date)).collect();
            prop_assert_eq!(due.len(), 1);
            prop_assert!(due[0].day() == day || (due[0].day() < day && due[0] == first.last_of_month()));
            let week = Every::Week { weekday: Weekday::ALL[at] };
            prop_assert_eq!(days().take(7).filter(|date| week.falls_on(*date)).count(), 1);
        }
    }
}
