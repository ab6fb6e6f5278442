//! Datasets, profiles, imports, users and tokens on the wire.

use super::{decimal, time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A dataset: an isolated store of profiles.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Dataset {
    /// Its short name, as in addresses.
    pub(crate) slug: String,
    /// Its name as shown.
    pub(crate) name: String,
    /// The one currency of its values, ISO 4217.
    pub(crate) currency: String,
    /// When it was created.
    pub(crate) created_at: String,
}

impl From<domain::dataset::Dataset> for Dataset {
    fn from(it: domain::dataset::Dataset) -> Self {
        Self {
            slug: it.slug,
            name: it.name,
            currency: it.currency,
            created_at: time(it.created_at),
        }
    }
}

/// A dataset with its figures, counted when asked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct DatasetDetail {
    /// The dataset.
    #[serde(flatten)]
    pub(crate) dataset: Dataset,
    /// Profiles.
    pub(crate) profiles: i64,
    /// Profiles with a user_id, e-mail or phone.
    pub(crate) named: i64,
    /// Profiles seen within the last 30 days.
    pub(crate) active_30d: i64,
    /// Events.
    pub(crate) events: i64,
    /// Accumulated value of all purchases; does not move when people go.
    #[schema(value_type = f64)]
    pub(crate) revenue: serde_json::Number,
    /// When counted.
    pub(crate) counted_at: String,
}

impl DatasetDetail {
    /// Puts a dataset and its figures together.
    pub(crate) fn of(dataset: domain::dataset::Dataset, figures: &domain::dataset::DatasetFigures) -> Self {
        Self {
            dataset: dataset.into(),
            profiles: figures.profiles,
            named: figures.named,
            active_30d: figures.active_30d,
            events: figures.events,
            revenue: decimal(figures.revenue),
            counted_at: time(figures.counted_at),
        }
    }
}

/// A new dataset.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDataset {
    /// Its short name: lower-case letters, digits and hyphens.
    pub(crate) slug: String,
    /// Its name as shown; the short name when missing.
    pub(crate) name: Option<String>,
}

/// A profile.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Profile {
    /// Its number.
    pub(crate) id: String,
    /// The customer's own id.
    pub(crate) user_id: Option<String>,
    /// E-mail.
    pub(crate) email: Option<String>,
    /// Phone.
    pub(crate) phone: Option<String>,
    /// Devices and browsers.
    pub(crate) anonymous_ids: Vec<String>,
    /// Attributes by name.
    #[schema(value_type = BTreeMap<String, Object>)]
    pub(crate) attributes: BTreeMap<String, serde_json::Value>,
    /// First seen.
    pub(crate) first_seen: Option<String>,
    /// Last seen.
    pub(crate) last_seen: Option<String>,
    /// Created.
    pub(crate) created: String,
}

impl From<domain::profile::Profile> for Profile {
    fn from(it: domain::profile::Profile) -> Self {
        Self {
            id: it.id.to_string(),
            user_id: it.user_id,
            email: it.email,
            phone: it.phone,
            anonymous_ids: it.anonymous_ids,
            attributes: it
                .attributes
                .into_iter()
                .map(|(name, value)| (name, engine::plain_json(&value)))
                .collect(),
            first_seen: it.first_seen.map(time),
            last_seen: it.last_seen.map(time),
            created: time(it.created),
        }
    }
}

/// A profile in a sample, with what marketers ask first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProfileRow {
    /// Its number.
    pub(crate) id: String,
    /// The strongest identity.
    pub(crate) title: String,
    /// E-mail.
    pub(crate) email: Option<String>,
    /// Last purchase.
    pub(crate) last_purchase: Option<String>,
    /// Number of purchases.
    pub(crate) purchases: i64,
    /// Value of all purchases.
    #[schema(value_type = f64)]
    pub(crate) spent: serde_json::Number,
    /// Last seen.
    pub(crate) last_seen: Option<String>,
}

impl From<domain::profile::ProfileRow> for ProfileRow {
    fn from(it: domain::profile::ProfileRow) -> Self {
        Self {
            id: it.id.to_string(),
            title: it.title,
            email: it.email,
            last_purchase: it.last_purchase.map(time),
            purchases: it.purchases,
            spent: decimal(it.spent),
            last_seen: it.last_seen.map(time),
        }
    }
}

/// What an import did.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct Imported {
    /// Rows taken.
    pub(crate) accepted: i64,
    /// Profiles created; of a list of campaigns, uses that are new.
    pub(crate) created: i64,
    /// Profiles updated; of a list of campaigns, uses that have changed.
    pub(crate) updated: i64,
    /// Rows refused.
    pub(crate) rejected: i64,
    /// Of these, rows about people who are suppressed; left out where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) suppressed: i64,
    /// Of these, purchases: their amounts are in no total; left out where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) suppressed_purchases: i64,
    /// The first 1,000 refused rows.
    pub(crate) errors: Vec<RowError>,
    /// Rows that were taken, but not in all they said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<RowError>,
    /// Remarks on the file as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) remarks: Vec<String>,
    /// Whether it was a trial: nothing was written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) dry_run: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// One refused row. Never quotes a cell.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct RowError {
    /// Its line in the file.
    pub(crate) line: i64,
    /// Why.
    pub(crate) reason: String,
}

/// A person who logs in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    /// The name.
    pub(crate) name: String,
    /// The role.
    pub(crate) role: String,
    /// The one dataset they may see; null: all.
    pub(crate) dataset: Option<String>,
    /// When created.
    pub(crate) created_at: String,
    /// Since when they cannot log in.
    pub(crate) disabled_at: Option<String>,
}

/// A token, without its secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    /// The public half.
    pub(crate) key_id: String,
    /// What it is for.
    pub(crate) name: String,
    /// Its scope.
    pub(crate) scope: String,
    /// Its one dataset; null: all.
    pub(crate) dataset: Option<String>,
    /// Who made it.
    pub(crate) created_by: String,
    /// When created.
    pub(crate) created_at: String,
    /// When last used.
    pub(crate) used_at: Option<String>,
    /// When revoked.
    pub(crate) revoked_at: Option<String>,
}

/// A new token: the secret is shown this once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NewToken {
    /// The public half.
    pub(crate) key_id: String,
    /// The secret half.
    pub(crate) secret: String,
    /// For the tracking API: the key id of an ingest token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) write_key: Option<String>,
}

impl From<domain::access::UserRow> for User {
    fn from(it: domain::access::UserRow) -> Self {
        Self {
            name: it.name,
            role: it.role.as_str().to_owned(),
            dataset: it.dataset,
            created_at: time(it.created_at),
            disabled_at: it.disabled_at.map(time),
        }
    }
}

impl From<domain::access::TokenRow> for Token {
    fn from(it: domain::access::TokenRow) -> Self {
        Self {
            key_id: it.key_id,
            name: it.name,
            scope: it.scope.as_str().to_owned(),
            dataset: it.dataset,
            created_by: it.created_by,
            created_at: time(it.created_at),
            used_at: it.used_at.map(time),
            revoked_at: it.revoked_at.map(time),
        }
    }
}
