//! Everything that a file holds about one person, read whole: events with all that they carry, and since when somebody is
//! in a segment. What else there is of a record, `profiles` reads.

use super::{Conn, warehouse_rows::ProfileCopy};
use crate::error::{Error, Result};
use domain::{
    id::ProfileId,
    micros::Micros,
    privacy::PersonEvent,
    profile::{IdentityKind, Profile},
    time::Timestamp,
};
use std::collections::BTreeMap;

#[derive(sqlx::FromRow)]
struct StoredEvent {
    at: i64,
    kind: String,
    value_micros: Option<i64>,
    quantity_micros: Option<i64>,
    campaign_id: Option<String>,
    properties: Option<String>,
}

impl StoredEvent {
    fn show(self, profile: i64) -> Result<PersonEvent> {
        let properties = match &self.properties {
            None => BTreeMap::new(),
            Some(text) => serde_json::from_str(text).map_err(|_| {
                Error::Corrupt(format!(
                    "the properties of an event of profile {profile} cannot be read"
                ))
            })?,
        };
        Ok(PersonEvent {
            at: Timestamp::from_ms(self.at),
            kind: self.kind,
            value: self.value_micros.map(Micros::from_micros),
            quantity: self.quantity_micros.map(Micros::from_micros),
            campaign_id: self.campaign_id,
            properties,
        })
    }
}

/// All events of a person in the store, oldest first.
pub(crate) async fn events(conn: &mut Conn, profile: i64) -> Result<Vec<PersonEvent>> {
    let rows: Vec<StoredEvent> = sqlx::query_as(
        "SELECT e.at, k.name AS kind, e.value_micros, e.quantity_micros, e.campaign_id, e.properties
         FROM events e CROSS JOIN event_kinds k ON k.id = e.kind_id WHERE e.profile_id = $1 ORDER BY e.at, e.eid",
    )
    .bind(profile)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| row.show(profile)).collect()
}

/// All events of a person in the warehouse, oldest first. On its connections.
pub(crate) async fn copied_events(conn: &mut Conn, profile: i64) -> Result<Vec<PersonEvent>> {
    let rows: Vec<StoredEvent> = sqlx::query_as(
        "SELECT at, kind, value_micros, quantity_micros, campaign_id, properties
         FROM main.events WHERE profile_id = $1 ORDER BY at, eid",
    )
    .bind(profile)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| row.show(profile)).collect()
}

/// The lists that a person was put on, each with when.
pub(crate) async fn joined(conn: &mut Conn, profile: i64) -> Result<BTreeMap<i64, Timestamp>> {
    let rows: Vec<(i64, i64)> =
        sqlx::query_as("SELECT segment_id, joined_at FROM memberships WHERE profile_id = $1 AND member = 1")
            .bind(profile)
            .fetch_all(conn)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(segment, at)| (segment, Timestamp::from_ms(at)))
        .collect())
}

/// The profile of a copy.
pub(crate) fn copied_profile(copy: &ProfileCopy) -> Result<Profile> {
    let unreadable = |_| Error::Corrupt(format!("the copy of profile {} cannot be read", copy.id));
    let mut profile = Profile {
        id: ProfileId(copy.id),
        user_id: None,
        email: None,
        phone: None,
        anonymous_ids: Vec::new(),
        attributes: serde_json::from_str(&copy.attributes).map_err(unreadable)?,
        first_seen: copy.first_seen_at.map(Timestamp::from_ms),
        last_seen: copy.last_seen_at.map(Timestamp::from_ms),
        created: Timestamp::from_ms(copy.created_at),
    };
    let identities: Vec<(i64, String)> = serde_json::from_str(&copy.identities).map_err(unreadable)?;
    for (kind, value) in identities {
        match IdentityKind::from_number(kind) {
            Some(IdentityKind::UserId) => profile.user_id = Some(value),
            Some(IdentityKind::Email) => profile.email = Some(value),
            Some(IdentityKind::Phone) => profile.phone = Some(value),
            Some(IdentityKind::AnonymousId) => profile.anonymous_ids.push(value),
            None => {}
        }
    }
    Ok(profile)
}
