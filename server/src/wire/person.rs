//! One person on the wire, everything that is known of them: in the names of the look-up that others know, with times in
//! milliseconds, and beside it each record whole in the names of the rest of this API. What Lethe does not keep (a score, a
//! place, a referrer) is not there.

use super::{Profile, decimal, time};
use domain::{
    event::PURCHASE,
    guard::grouped,
    micros::Micros,
    privacy::{ErasureDone, PersonEvent, PersonRecord, StoreRecord, WarehouseRecord},
};
use engine::plain_json;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The kind of event that begins a visit.
const VISIT: &str = "visit";

/// A person as looked up. Times are milliseconds since 1970, but in `store` and `warehouse`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Person {
    /// The person's number.
    user_summary: UserSummary,
    /// What pages call the person: the strongest identity.
    display_name: String,
    /// The customer's own id.
    named_user_id: Option<String>,
    /// Whether only anonymous ids are known.
    anonymous: bool,
    /// Anonymous ids.
    anon_aliases: Vec<String>,
    /// Attributes, e-mail and phone among them.
    attributes: Vec<PersonAttribute>,
    /// First seen.
    first_activity: Option<i64>,
    /// Last seen.
    last_activity: Option<i64>,
    /// Purchases, oldest first.
    order_history: Vec<Order>,
    /// Visits, oldest first.
    visit_history: Vec<Visit>,
    /// Segments that the person is in.
    segment_membership: Vec<PersonMembership>,
    /// Every record of the store with all of its events. Empty where only the warehouse still knows the person.
    store: Vec<StorePart>,
    /// Every copy in the warehouse with all of its events.
    warehouse: Vec<WarehousePart>,
}

/// The person's number.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct UserSummary {
    /// The number.
    _id: String,
}

/// An attribute of a person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct PersonAttribute {
    /// Its name.
    name: String,
    /// Its value.
    #[schema(value_type = Object)]
    value: Value,
}

/// A purchase of a person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct Order {
    /// When.
    at: i64,
    /// Its value.
    #[schema(value_type = Option<f64>)]
    value: Option<Number>,
}

/// A visit of a person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct Visit {
    /// When it began.
    start: i64,
}

/// A segment that a person is in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct PersonMembership {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Since when; null where a rule decides.
    joined: Option<i64>,
}

/// A record of the store.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct StorePart {
    /// The profile.
    profile: Profile,
    /// Legal holds on the person.
    holds: Vec<String>,
    /// All events, oldest first.
    events: Vec<EventPart>,
}

/// A copy in the warehouse.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
struct WarehousePart {
    /// The profile.
    profile: Profile,
    /// When it was copied last.
    copied_at: String,
    /// Whether the store no longer has this profile.
    gone_from_store: bool,
    /// The number of the bulk deletion that took it out of the store.
    deleted_by: Option<String>,
    /// All events, oldest first.
    events: Vec<EventPart>,
}

/// An event of a person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct EventPart {
    /// When.
    at: String,
    /// What.
    event: String,
    /// Its value.
    #[schema(value_type = Option<f64>)]
    value: Option<Number>,
    /// Its quantity.
    #[schema(value_type = Option<f64>)]
    quantity: Option<Number>,
    /// Its campaign.
    campaign_id: Option<String>,
    /// The rest.
    #[schema(value_type = BTreeMap<String, Object>)]
    properties: BTreeMap<String, Value>,
}

impl From<PersonEvent> for EventPart {
    fn from(it: PersonEvent) -> Self {
        Self {
            at: time(it.at),
            event: it.kind,
            value: it.value.map(decimal),
            quantity: it.quantity.map(decimal),
            campaign_id: it.campaign_id,
            properties: it
                .properties
                .iter()
                .map(|(name, value)| (name.clone(), plain_json(value)))
                .collect(),
        }
    }
}

impl From<StoreRecord> for StorePart {
    fn from(it: StoreRecord) -> Self {
        Self {
            profile: it.profile.into(),
            holds: it.holds,
            events: it.events.into_iter().map(EventPart::from).collect(),
        }
    }
}

impl From<WarehouseRecord> for WarehousePart {
    fn from(it: WarehouseRecord) -> Self {
        Self {
            profile: it.profile.into(),
            copied_at: time(it.copied_at),
            gone_from_store: it.gone_from_store,
            deleted_by: it.deleted_by.map(|job| job.number()),
            events: it.events.into_iter().map(EventPart::from).collect(),
        }
    }
}

impl Person {
    /// As looked up; `None` where the record is empty, which the engine never gives. The first record of the store, else of
    /// the warehouse, is what is shown in front.
    pub(crate) fn of(record: PersonRecord) -> Option<Self> {
        let first = record.store.first();
        let copy = record.warehouse.first();
        let profile = first
            .map(|it| &it.profile)
            .or(copy.map(|it| &it.profile))?
            .clone();
        let events = first.map(|it| &it.events).or(copy.map(|it| &it.events))?;
        let of_kind = |kind: &'static str| events.iter().filter(move |event| event.kind == kind);
        let text = |name: &str, value: &Option<String>| {
            value.clone().map(|value| PersonAttribute {
                name: name.to_owned(),
                value: value.into(),
            })
        };
        let mut attributes: Vec<PersonAttribute> =
            [text("email", &profile.email), text("phone", &profile.phone)]
                .into_iter()
                .flatten()
                .collect();
        attributes.extend(profile.attributes.iter().map(|(name, value)| PersonAttribute {
            name: name.clone(),
            value: plain_json(value),
        }));
        let memberships = first.into_iter().flat_map(|it| &it.segments);
        Some(Self {
            user_summary: UserSummary {
                _id: profile.id.to_string(),
            },
            display_name: profile.title(),
            anonymous: profile.anonymous(),
            named_user_id: profile.user_id,
            anon_aliases: profile.anonymous_ids,
            attributes,
            first_activity: profile.first_seen.map(|at| at.ms()),
            last_activity: profile.last_seen.map(|at| at.ms()),
            order_history: of_kind(PURCHASE)
                .map(|event| Order {
                    at: event.at.ms(),
                    value: event.value.map(|value: Micros| decimal(value)),
                })
                .collect(),
            visit_history: of_kind(VISIT)
                .map(|event| Visit { start: event.at.ms() })
                .collect(),
            segment_membership: memberships
                .map(|it| PersonMembership {
                    id: it.id.to_string(),
                    name: it.name.clone(),
                    joined: it.joined_at.map(|at| at.ms()),
                })
                .collect(),
            store: record.store.into_iter().map(StorePart::from).collect(),
            warehouse: record.warehouse.into_iter().map(WarehousePart::from).collect(),
        })
    }
}

/// What an erasure of single persons came to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub(crate) struct Erased {
    /// Identities that were named.
    pub(crate) requested: i64,
    /// Of these, those of whom something was erased.
    pub(crate) deleted: i64,
    /// Of these, those who are under a legal hold and stay.
    pub(crate) held: i64,
    /// Profiles that went from the store.
    pub(crate) profiles: i64,
    /// Events that went from the store.
    pub(crate) events: i64,
    /// Profiles that went from the warehouse.
    pub(crate) warehouse_profiles: i64,
    /// Events that went from the warehouse.
    pub(crate) warehouse_events: i64,
}

impl From<ErasureDone> for Erased {
    fn from(it: ErasureDone) -> Self {
        Self {
            requested: it.requested,
            deleted: it.deleted,
            held: it.held,
            profiles: it.profiles,
            events: it.events,
            warehouse_profiles: it.warehouse_profiles,
            warehouse_events: it.warehouse_events,
        }
    }
}

impl Erased {
    /// The line that others know.
    pub(crate) fn line(&self) -> String {
        format!("Deleted {} users ({} requested)", self.deleted, self.requested)
    }
}

impl Erased {
    /// For people at a terminal: what went from where.
    pub(crate) fn text(&self) -> String {
        let mut text = self.line();
        if self.deleted > 0 {
            text.push_str(&format!(
                "\n{} profiles and {} events from the store, {} profiles and {} events from the warehouse",
                grouped(self.profiles),
                grouped(self.events),
                grouped(self.warehouse_profiles),
                grouped(self.warehouse_events)
            ));
        }
        if self.held > 0 {
            text.push_str(&format!("\n{} under legal hold and kept", grouped(self.held)));
        }
        text
    }
}

impl Person {
    /// For people at a terminal: how the person is known and how much is known of them; all of it is in the JSON.
    pub(crate) fn text(&self) -> String {
        let mut text = self.display_name.clone();
        for attribute in &self.attributes {
            text.push_str(&format!("\n{}  {}", attribute.name, attribute.value));
        }
        for (name, part) in [
            (
                "store",
                self.store
                    .iter()
                    .map(|part| part.events.len())
                    .collect::<Vec<_>>(),
            ),
            (
                "warehouse",
                self.warehouse.iter().map(|part| part.events.len()).collect(),
            ),
        ] {
            let events: usize = part.iter().sum();
            text.push_str(&format!("\n{name}  {} profiles, {events} events", part.len()));
        }
        text
    }
}
