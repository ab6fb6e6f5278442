//! Live data: the messages of the tracking API, what may be sent, and what is told of it. The rules of what a message means
//! are the engine's, for they are those of imports.

use crate::{access::TokenRow, time::Timestamp};
use serde::{Deserialize, Serialize};

/// Largest body of a call, in bytes, unpacked (the tracking API's own limit of 500 kB).
pub const CALL_BYTES_MAX: usize = 500 << 10;
/// Largest message, in bytes (the tracking API's own limit of 32 kB).
pub const MESSAGE_BYTES_MAX: usize = 32 << 10;

/// A kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Who somebody is, and what is known of them.
    Identify,
    /// Something that somebody did.
    Track,
    /// A page that was seen.
    Page,
    /// A screen of an app that was seen.
    Screen,
    /// Two identities are one person.
    Alias,
    /// Somebody belongs to a group.
    Group,
}

impl MessageKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Identify,
        Self::Track,
        Self::Page,
        Self::Screen,
        Self::Alias,
        Self::Group,
    ];

    /// The text form, as in addresses and as `type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Track => "track",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Alias => "alias",
            Self::Group => "group",
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A message that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Why. Never quotes it.
    pub reason: String,
}

/// What became of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracked {
    /// Messages taken; one that was there already counts here and changes nothing.
    pub accepted: i64,
    /// Messages that could not be taken.
    pub rejected: Vec<Refused>,
    /// Messages about people who are not let in again. Counted, and said to nobody who sends.
    pub suppressed: i64,
}

/// What came on one day, by UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackedDay {
    /// Its first moment.
    pub day: Timestamp,
    /// Messages taken.
    pub accepted: i64,
    /// Messages that could not be taken.
    pub rejected: i64,
    /// Messages about people who are not let in again.
    pub suppressed: i64,
    /// Profiles that became one with another.
    pub merged: i64,
    /// When the last one came.
    pub last_at: Timestamp,
}

/// Why messages were not taken, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Why. Quotes no message.
    pub reason: String,
    /// How many messages, since the server started.
    pub count: i64,
    /// When the last of them came.
    pub last_at: Timestamp,
}

/// Live data as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveData {
    /// The last days on which anything came, newest first.
    pub days: Vec<TrackedDay>,
    /// Why messages were not taken since the server started, the latest first.
    pub rejections: Vec<Rejection>,
    /// The dataset's write keys, the newest first; `None`: whoever asks does not manage them.
    pub keys: Option<Vec<TokenRow>>,
}

/// An event of which the tracking API knows the meaning: the kind under which it is kept.
#[must_use]
pub fn known_event(name: &str) -> Option<&'static str> {
    use crate::event::{CLICK, IMPRESSION, PURCHASE};
    const KNOWN: &[(&str, &str)] = &[
        ("order completed", PURCHASE),
        // Its name until 2015; old senders still use it.
        ("completed order", PURCHASE),
        ("campaign impression", IMPRESSION),
        ("campaign viewed", IMPRESSION),
        ("campaign clicked", CLICK),
        ("campaign click", CLICK),
    ];
    let name = name.trim();
    KNOWN
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known))
        .map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_events_have_their_kind_and_others_keep_their_name() {
        assert_eq!(known_event("Order Completed"), Some("purchase"));
        assert_eq!(known_event(" order completed "), Some("purchase"));
        assert_eq!(known_event("Campaign Impression"), Some("impression"));
        assert_eq!(known_event("Order Refunded"), None);
        for kind in MessageKind::ALL {
            assert_eq!(MessageKind::parse(kind.as_str()), Some(kind));
        }
    }
}
