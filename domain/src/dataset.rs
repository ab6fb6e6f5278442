//! Datasets: isolated stores of profiles.

use crate::{
    id::DatasetId,
    micros::Micros,
    problem::{Code, Problem},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Longest slug, so that it stays readable in an address.
pub const SLUG_BYTES_MAX: usize = 40;

/// A dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Its number.
    pub id: DatasetId,
    /// Its short name in addresses: lower-case letters, digits and hyphens.
    pub slug: String,
    /// Its name as shown.
    pub name: String,
    /// The one currency of its values, ISO 4217.
    pub currency: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Checks a slug.
///
/// # Errors
/// `invalid`, with what is allowed.
pub fn check_slug(slug: &str) -> Result<(), Problem> {
    let fits = !slug.is_empty()
        && slug.len() <= SLUG_BYTES_MAX
        && slug
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !slug.starts_with('-');
    if fits {
        return Ok(());
    }
    let message =
        format!("A dataset's short name has 1 to {SLUG_BYTES_MAX} lower-case letters, digits or hyphens.");
    Err(Problem::because(Code::Invalid, message).on("slug"))
}

/// The numbers of the overview, counted in one read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetFigures {
    /// All profiles.
    pub profiles: i64,
    /// Profiles with a user_id, e-mail or phone.
    pub named: i64,
    /// Profiles seen within the last 30 days.
    pub active_30d: i64,
    /// Events.
    pub events: i64,
    /// Accumulated value of all purchases: does not move when people go.
    pub revenue: Micros,
    /// When this was counted.
    pub counted_at: Timestamp,
}
