//! Typed ids, so that a segment's number can never be passed for a profile's. Outside the program ids are opaque text.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }
    )*};
}

number_id! {
    /// A dataset.
    DatasetId;
    /// A profile. Unique in the installation, never reused.
    ProfileId;
    /// A segment.
    SegmentId;
    /// A job; people see it as `D-1001`.
    JobId;
    /// A person who logs in.
    UserId;
    /// A recurring deletion; people see it as `R-3`.
    RecurringId;
    /// A notice.
    NoticeId;
    /// A legal hold.
    HoldId;
    /// A privacy request; people see it as `P-12`.
    RequestId;
    /// Somebody to whom data was disclosed.
    RecipientId;
}

impl RequestId {
    /// The number that people see and quote: `P-12`.
    #[must_use]
    pub fn number(self) -> String {
        format!("P-{}", self.0)
    }

    /// Reads `P-12`, `p-12` or `12`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text
            .strip_prefix("P-")
            .or_else(|| text.strip_prefix("p-"))
            .unwrap_or(text);
        digits.parse().ok().filter(|n| *n > 0).map(Self)
    }
}

impl JobId {
    /// The number that people see and quote: `D-1001`.
    #[must_use]
    pub fn number(self) -> String {
        format!("D-{}", self.0)
    }

    /// Reads `D-1001`, `d-1001` or `1001`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text
            .strip_prefix("D-")
            .or_else(|| text.strip_prefix("d-"))
            .unwrap_or(text);
        digits.parse().ok().filter(|n| *n > 0).map(Self)
    }
}

impl RecurringId {
    /// The number that people see and quote: `R-3`.
    #[must_use]
    pub fn number(self) -> String {
        format!("R-{}", self.0)
    }

    /// Reads `R-3`, `r-3` or `3`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text
            .strip_prefix("R-")
            .or_else(|| text.strip_prefix("r-"))
            .unwrap_or(text);
        digits.parse().ok().filter(|n| *n > 0).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_found_by_its_number_and_by_its_id() {
        assert_eq!(JobId::parse("D-1042"), Some(JobId(1042)));
        assert_eq!(JobId::parse("1042"), Some(JobId(1042)));
        assert_eq!(JobId::parse("x"), None);
        assert_eq!(JobId(7).number(), "D-7");
    }
}
