//! Registered uses: what other systems run on the segments of a dataset (journeys, triggers, promotions, exports,
//! campaigns elsewhere), as the last list of them said. Lethe knows of these only what it was told, and says so: a list
//! that is missing, empty or old is never taken for "nothing uses this".

use crate::{
    id::SegmentId,
    problem::{Code, Problem},
    time::{DAY_MS, Timestamp},
};
use serde::{Deserialize, Serialize};

/// A list older than this is called old: other systems change daily.
pub const LIST_FRESH_MS: i64 = DAY_MS;
/// Longest address, in bytes: what browsers take.
pub const LINK_BYTES_MAX: usize = 2_000;
/// Words by which other systems say that something reaches people now, in lower case. Every other word means that it
/// does not.
const RUNNING: [&str; 8] = [
    "active",
    "enabled",
    "in progress",
    "live",
    "on",
    "running",
    "sending",
    "started",
];

/// What kind of thing runs elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UseKind {
    /// A campaign of another system.
    Campaign,
    /// A journey of several steps.
    Journey,
    /// Something that happens when people join or leave.
    Trigger,
    /// A promotion, such as a price for the segment's people.
    Promotion,
    /// A scheduled export of the segment's people.
    Export,
}

impl UseKind {
    /// Every kind.
    pub const ALL: [UseKind; 5] = [
        Self::Campaign,
        Self::Journey,
        Self::Trigger,
        Self::Promotion,
        Self::Export,
    ];

    /// The text form, as stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Journey => "journey",
            Self::Trigger => "trigger",
            Self::Promotion => "promotion",
            Self::Export => "export",
        }
    }

    /// As shown.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Campaign => "Campaign elsewhere",
            Self::Journey => "Journey",
            Self::Trigger => "Trigger",
            Self::Promotion => "Promotion",
            Self::Export => "Export",
        }
    }

    /// Reads the text form, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let word = text.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Something that runs elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredUse {
    /// Its id in the other system.
    pub id: String,
    /// Its kind.
    pub kind: UseKind,
    /// Its name.
    pub name: String,
    /// Where it stands, in the other system's word.
    pub status: String,
    /// Segments whose people it runs on.
    pub include: Vec<(SegmentId, String)>,
    /// Segments whose people it leaves out.
    pub exclude: Vec<(SegmentId, String)>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Where to look at it: http or https.
    pub link: Option<String>,
    /// Grows with every change of it; part of the plan hash.
    pub version: i64,
    /// The time of the last list that named it.
    pub listed_at: Timestamp,
}

impl RegisteredUse {
    /// Whether it reaches people now, by its status.
    #[must_use]
    pub fn running(&self) -> bool {
        running(&self.status)
    }
}

/// Whether a status of another system says that people are being reached now.
#[must_use]
pub fn running(status: &str) -> bool {
    RUNNING.contains(&status.trim().to_lowercase().as_str())
}

/// The last list of registered uses that a dataset was given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsesList {
    /// When; `None`: never.
    pub listed_at: Option<Timestamp>,
    /// How many uses it named.
    pub uses: i64,
}

/// Everything that is registered, beside the list that it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredUses {
    /// The uses, by name.
    pub uses: Vec<RegisteredUse>,
    /// The last list.
    pub list: UsesList,
    /// When this was looked at.
    pub as_of: Timestamp,
}

/// How much the last list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListStanding {
    /// None was ever given.
    Never,
    /// It named nothing.
    Empty,
    /// It was given more than a day ago.
    Old,
    /// It can be relied on.
    Current,
}

impl UsesList {
    /// How much it says at this moment.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> ListStanding {
        match self.listed_at {
            None => ListStanding::Never,
            Some(_) if self.uses == 0 => ListStanding::Empty,
            Some(at) if now.ms() - at.ms() > LIST_FRESH_MS => ListStanding::Old,
            Some(_) => ListStanding::Current,
        }
    }

    /// Whether a use that was named at `listed_at` is missing in the last list.
    #[must_use]
    pub fn left_out(&self, listed_at: Timestamp) -> bool {
        self.listed_at.is_some_and(|last| listed_at < last)
    }
}

/// An address that a page may link to: http or https, with a host, in one word. Anything else (`javascript:` above all)
/// is refused.
///
/// # Errors
/// `invalid` on `link`.
pub fn checked_link(link: &str) -> Result<String, Problem> {
    let link = link.trim();
    let rest = ["http://", "https://"].into_iter().find_map(|scheme| {
        let head = link.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &link[scheme.len()..])
    });
    let host = rest
        .and_then(|rest| rest.split(['/', '?', '#']).next())
        .unwrap_or("");
    let one_word = !link.chars().any(|c| c.is_whitespace() || c.is_control());
    if host.is_empty() || !one_word || link.len() > LINK_BYTES_MAX {
        let message = format!("A link is an http or https address of at most {LINK_BYTES_MAX} bytes.");
        return Err(Problem::because(Code::Invalid, message).on("link"));
    }
    Ok(link.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_says_little_is_told_from_one_that_can_be_relied_on() {
        let now = Timestamp::from_ms(10 * DAY_MS);
        let list = |ago_ms: i64, uses: i64| UsesList {
            listed_at: Some(now.minus_ms(ago_ms)),
            uses,
        };
        assert_eq!(UsesList::default().standing(now), ListStanding::Never);
        assert_eq!(list(0, 0).standing(now), ListStanding::Empty);
        assert_eq!(list(DAY_MS, 3).standing(now), ListStanding::Current);
        assert_eq!(list(DAY_MS + 1, 3).standing(now), ListStanding::Old);
        assert!(list(5, 1).left_out(now.minus_ms(6)) && !list(5, 1).left_out(now.minus_ms(5)));
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        for good in [
            "https://a.example/x?y=1",
            "HTTP://a.example",
            " https://a.example ",
        ] {
            assert!(checked_link(good).is_ok(), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "https://",
            "ftp://a",
            "//a.example",
            "https://a b",
            "",
            "data:text/html,x",
        ] {
            assert!(checked_link(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_status_runs_by_its_word() {
        assert!(running("Active") && running(" live ") && running("In progress"));
        assert!(!running("paused") && !running("draft") && !running(""));
    }
}
