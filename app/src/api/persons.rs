//! Single persons for legal requests: what is known of somebody in both places, and erasing them.

use super::Reply;
use domain::{
    id::{JobId, ProfileId},
    privacy::Erasure,
    time::Timestamp,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the page that erases a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PersonView {
    /// Who was looked for; empty: nobody yet.
    pub who: String,
    /// What is known; `None`: nothing.
    pub found: Option<PersonFacts>,
    /// Whether the password must be given once more.
    pub password_needed: bool,
    /// The newest erasures.
    pub erasures: Vec<Erasure>,
}

/// What is known of a person: enough to see that it is the right one, and how much goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PersonFacts {
    /// What the page calls the person.
    pub title: String,
    /// How they are known, in the store and in copies: kind and value.
    pub known: Vec<(String, String)>,
    /// Records of the store.
    pub profiles: Vec<StoreFacts>,
    /// Copies in the warehouse.
    pub copies: Vec<CopyFacts>,
    /// Legal holds on the person: then nothing of them goes.
    pub holds: Vec<String>,
}

/// A record of the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoreFacts {
    /// The profile.
    pub id: ProfileId,
    /// Attributes.
    pub attributes: usize,
    /// Events.
    pub events: usize,
    /// Segments.
    pub segments: usize,
    /// Last seen.
    pub last_seen: Option<Timestamp>,
}

/// A copy in the warehouse.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CopyFacts {
    /// Events.
    pub events: usize,
    /// Whether only this copy is left of the profile.
    pub left: bool,
    /// The bulk deletion that left it.
    pub deleted_by: Option<JobId>,
}

/// Looks for a person by an exact identity, and lists the newest erasures.
#[server]
pub async fn show_person(ds: String, who: String) -> Reply<PersonView> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor) = (&door.engine, door.actor());
        let who = who.trim().to_owned();
        let erasures = engine.erasures(actor, door.id()).await?;
        let found = match who.as_str() {
            "" => None,
            who => engine.person_record(actor, door.id(), who).await?,
        };
        Ok(PersonView {
            found: found.map(PersonFacts::from),
            password_needed: door.password_needed(),
            who,
            erasures,
        })
    })
    .await
}

/// Erases the person who was looked for, or says why not.
#[server]
pub async fn erase_person(
    ds: String,
    who: String,
    #[server(default)] understood: String,
    #[server(default)] password: String,
) -> Result<(), ServerFnError> {
    use super::{back, door, start};
    use crate::paths;
    use domain::problem::{Code, Problem};
    let back = back::Back::to(paths::erase(&ds))
        .keep("who", who.clone())
        .keep("understood", understood.clone());
    back::post(back, async {
        let door = door::Door::open(&ds).await?;
        if understood.is_empty() {
            return Err(Problem::new(Code::ConsentRequired).on("understood").into());
        }
        start::fresh_password(&door, &password).await?;
        let done = door
            .engine
            .erase_people(door.actor(), door.id(), &[who], None)
            .await?;
        if done.held > 0 {
            return Err(Problem::new(Code::PersonHeld).into());
        }
        if done.deleted == 0 {
            return Err(Problem::new(Code::NobodyKnown).on("who").into());
        }
        let numbers = [done.events, done.warehouse_profiles, done.warehouse_events];
        let [events, profiles, copied] = numbers.map(|number| number.to_string());
        Ok(paths::with_query(
            &paths::erase(&ds),
            &[
                ("done", "erased"),
                ("events", &events),
                ("copies", &profiles),
                ("copied_events", &copied),
            ],
        ))
    })
    .await
}

#[cfg(feature = "ssr")]
impl From<domain::privacy::PersonRecord> for PersonFacts {
    fn from(record: domain::privacy::PersonRecord) -> Self {
        let profiles = record.store.iter().map(|it| &it.profile);
        let profiles: Vec<_> = profiles
            .chain(record.warehouse.iter().map(|it| &it.profile))
            .collect();
        let mut known: Vec<(String, String)> = Vec::new();
        for profile in &profiles {
            let single = [
                ("User id", &profile.user_id),
                ("E-mail", &profile.email),
                ("Phone", &profile.phone),
            ];
            let single = single
                .into_iter()
                .filter_map(|(kind, value)| Some((kind.to_owned(), value.clone()?)));
            let devices = profile
                .anonymous_ids
                .iter()
                .map(|id| ("Anonymous id".to_owned(), id.clone()));
            for identity in single.chain(devices) {
                if !known.contains(&identity) {
                    known.push(identity);
                }
            }
        }
        Self {
            title: profiles
                .first()
                .map(|profile| profile.title())
                .unwrap_or_default(),
            known,
            holds: record.store.iter().flat_map(|it| it.holds.clone()).collect(),
            profiles: record
                .store
                .iter()
                .map(|it| StoreFacts {
                    id: it.profile.id,
                    attributes: it.profile.attributes.len(),
                    events: it.events.len(),
                    segments: it.segments.len(),
                    last_seen: it.profile.last_seen,
                })
                .collect(),
            copies: record
                .warehouse
                .iter()
                .map(|it| CopyFacts {
                    events: it.events.len(),
                    left: it.gone_from_store,
                    deleted_by: it.deleted_by,
                })
                .collect(),
        }
    }
}
