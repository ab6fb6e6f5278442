//! What is kept about a person: identities, attributes, times; and as it is shown.

use crate::{
    id::{JobId, ProfileId, SegmentId},
    micros::Micros,
    page::PageRequest,
    time::Timestamp,
    value::Value,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization as _;

/// Longest identity, in bytes.
pub const IDENTITY_BYTES_MAX: usize = 512;

/// The type of an identifier. The numbers are stored: never change them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// The customer's own id.
    UserId = 1,
    /// An e-mail address.
    Email = 2,
    /// A phone number.
    Phone = 3,
    /// A device or browser.
    AnonymousId = 4,
}

impl IdentityKind {
    /// In order of strength: the first present decides which profile a row means.
    pub const ALL: [IdentityKind; 4] = [Self::UserId, Self::Email, Self::Phone, Self::AnonymousId];

    /// The stored number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// From the stored number.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The name in files, rules and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::AnonymousId => "anonymous_id",
        }
    }

    /// The canonical form by which two values are one: e-mail trimmed, NFC, ASCII lower case; the others exact but for
    /// surrounding white space. `None` where nothing is left, it is too long, or it has control characters.
    #[must_use]
    pub fn canonical(self, raw: &str) -> Option<String> {
        let trimmed = raw.trim();
        let value = match self {
            Self::Email => trimmed.nfc().collect::<String>().to_ascii_lowercase(),
            Self::UserId | Self::Phone | Self::AnonymousId => trimmed.to_owned(),
        };
        let fits =
            !value.is_empty() && value.len() <= IDENTITY_BYTES_MAX && !value.chars().any(char::is_control);
        fits.then_some(value)
    }
}

/// A profile as shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Its number.
    pub id: ProfileId,
    /// The customer's own id.
    pub user_id: Option<String>,
    /// E-mail, canonical.
    pub email: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Devices and browsers.
    pub anonymous_ids: Vec<String>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Value>,
    /// First seen.
    pub first_seen: Option<Timestamp>,
    /// Last seen.
    pub last_seen: Option<Timestamp>,
    /// Created.
    pub created: Timestamp,
}

impl Profile {
    /// What a page calls this person: the strongest identity.
    #[must_use]
    pub fn title(&self) -> String {
        self.strongest()
            .map_or_else(|| format!("Profile {}", self.id), |(_, value)| value.to_owned())
    }

    /// The strongest identity: the first of user_id, e-mail, phone and anonymous ids.
    #[must_use]
    pub fn strongest(&self) -> Option<(IdentityKind, &str)> {
        let all = [
            (IdentityKind::UserId, self.user_id.as_ref()),
            (IdentityKind::Email, self.email.as_ref()),
            (IdentityKind::Phone, self.phone.as_ref()),
            (IdentityKind::AnonymousId, self.anonymous_ids.first()),
        ];
        all.into_iter()
            .find_map(|(kind, value)| Some((kind, value?.as_str())))
    }

    /// Whether only anonymous ids are known.
    #[must_use]
    pub const fn anonymous(&self) -> bool {
        self.user_id.is_none() && self.email.is_none() && self.phone.is_none()
    }
}

/// A profile in a list, with what marketers ask first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileRow {
    /// Its number.
    pub id: ProfileId,
    /// The strongest identity.
    pub title: String,
    /// E-mail, canonical.
    pub email: Option<String>,
    /// Last purchase.
    pub last_purchase: Option<Timestamp>,
    /// Number of purchases.
    pub purchases: i64,
    /// Value of all purchases.
    pub spent: Micros,
    /// Last seen.
    pub last_seen: Option<Timestamp>,
}

/// Which profiles are asked for. Always in the order of their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileQuery {
    /// An exact identity of any kind, found through the look-up.
    pub q: Option<String>,
    /// Members of this segment alone.
    pub segment: Option<SegmentId>,
    /// Those on the list of this deletion alone.
    pub targets: Option<JobId>,
    /// Without those on the list of this deletion.
    pub exclude_targets: Option<JobId>,
    /// Which part of the list.
    pub page: PageRequest,
}

/// An event of one person as shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// Its value.
    pub value: Option<Micros>,
    /// Its quantity.
    pub quantity: Option<Micros>,
    /// Its campaign.
    pub campaign_id: Option<String>,
}

/// One person's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileDetail {
    /// The record.
    pub profile: Profile,
    /// The newest events, at most 50.
    pub events: Vec<EventRow>,
    /// How many events there are.
    pub events_total: i64,
    /// The segments they are in, by number and name.
    pub segments: Vec<(SegmentId, String)>,
    /// The legal hold under which they are kept, by name; `None`: nothing keeps them.
    #[serde(default)]
    pub hold: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ascii_letters_of_an_email_are_folded() {
        assert_eq!(
            IdentityKind::Email.canonical(" Ada@Example.COM "),
            Some("ada@example.com".to_owned())
        );
        assert_eq!(
            IdentityKind::Email.canonical("m\u{131}ke@x.org"),
            Some("m\u{131}ke@x.org".to_owned())
        );
        assert_eq!(IdentityKind::UserId.canonical("A b"), Some("A b".to_owned()));
        assert_eq!(IdentityKind::UserId.canonical(" \t"), None);
        assert_eq!(IdentityKind::UserId.canonical("a\u{0}b"), None);
    }
}
