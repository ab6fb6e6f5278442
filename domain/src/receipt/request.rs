//! The statement of a privacy request, out of what was done for it. Pure. A person's identity is no part of it.

use super::{About, Deed, FORM, HASHES, LIVE, Statement, StoreLine, WAREHOUSE, limits};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// What was done for a privacy request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFacts {
    /// The number that people quote.
    pub number: String,
    /// The dataset's short name.
    pub dataset: String,
    /// The law that it was made under, where it was said.
    pub regulation: Option<String>,
    /// How it ended: `completed`, `declined` and so on.
    pub ended: String,
    /// Why it ended so, where that is not plain: held people, a refusal.
    pub end_reason: Option<String>,
    /// Who had it done.
    pub asked_by: String,
    /// When it came in.
    pub asked_at: Timestamp,
    /// When it was carried out in store and warehouse.
    pub done_at: Timestamp,
    /// When no byte of it was left in the files.
    pub scrubbed_at: Option<Timestamp>,
    /// People asked for, and what went: in the store and in the warehouse's copy.
    pub requested: i64,
    /// Of these, those of whom something was erased.
    pub deleted: i64,
    /// Of these, those whom a legal hold keeps.
    pub held: i64,
    /// Profiles that were deleted in the store.
    pub profiles: i64,
    /// Events that were deleted.
    pub events: i64,
    /// Profiles that the warehouse's copy lost.
    pub warehouse_profiles: i64,
    /// Events that it lost.
    pub warehouse_events: i64,
}

/// The statement of a privacy request, with the moments at which it is signed and at which the keyed hashes of the identities are
/// destroyed. Number, chain, tree and key come when it is signed.
#[must_use]
pub fn of_request(facts: &RequestFacts, sealed_at: Timestamp, hashes_until: Timestamp) -> Statement {
    let counts = [
        ("requested", facts.requested),
        ("deleted", facts.deleted),
        ("held", facts.held),
        ("profiles_deleted", facts.profiles),
        ("events_deleted", facts.events),
        ("warehouse_profiles_deleted", facts.warehouse_profiles),
        ("warehouse_events_deleted", facts.warehouse_events),
    ];
    let times = [
        ("asked_at", Some(facts.asked_at)),
        ("done_at", Some(facts.done_at)),
        ("scrubbed_at", facts.scrubbed_at),
        ("sealed_at", Some(sealed_at)),
    ];
    let left = facts.scrubbed_at.map(|_| ("dead_bytes_left".to_owned(), 0));
    Statement {
        lethe_receipt: FORM,
        about: About {
            kind: "privacy_request".to_owned(),
            number: facts.number.clone(),
            dataset: facts.dataset.clone(),
            segment: None,
            regulation: facts.regulation.clone(),
        },
        purpose: "Erasure of a person, as a legal right.".to_owned(),
        ended: facts.ended.clone(),
        end_reason: facts.end_reason.clone(),
        counts: counts.map(|(name, n)| (name.to_owned(), n)).into(),
        times: times
            .into_iter()
            .filter_map(|(name, at)| Some((name.to_owned(), at?.to_rfc3339())))
            .collect(),
        people: vec![Deed {
            did: "asked".to_owned(),
            name: facts.asked_by.clone(),
            at: Some(facts.asked_at.to_rfc3339()),
        }],
        stores: stores(facts, hashes_until),
        verification: left.into_iter().collect::<BTreeMap<_, _>>(),
        limits: limits(),
        ..Statement::default()
    }
}

fn stores(facts: &RequestFacts, hashes_until: Timestamp) -> Vec<StoreLine> {
    let went = |store, (profiles, events): (i64, i64), why| StoreLine {
        profiles: Some(profiles),
        events: Some(events),
        ..StoreLine::plain(
            store,
            if profiles + events > 0 {
                "deleted"
            } else {
                "nothing"
            },
            why,
        )
    };
    let (bytes, of_bytes) = match facts.scrubbed_at {
        Some(_) => ("zero_left", "What these people left on pages was wiped."),
        None => (
            "not_proven",
            "Freed pages had not been wiped when this was signed.",
        ),
    };
    let live = (facts.profiles, facts.events);
    let copy = (facts.warehouse_profiles, facts.warehouse_events);
    vec![
        went(LIVE, live, "The live store: what campaigns and segments see."),
        went(WAREHOUSE, copy, "The copy that deletion in bulk leaves."),
        StoreLine::plain("Database files, logs, free pages", bytes, of_bytes),
        StoreLine::totals(),
        StoreLine {
            until: Some(hashes_until.to_rfc3339()),
            ..StoreLine::plain(
                HASHES,
                "kept",
                "For this proof, and so that they are not let in again.",
            )
        },
        StoreLine::log(),
        StoreLine::outside(),
    ]
}
