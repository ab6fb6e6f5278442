//! Data for measuring: any number of made-up people with random identifiers and unevenly many events, written as quickly
//! as the disk takes them. Not for production: it switches off what keeps data safe while it writes. Measures nothing
//! itself; that is `lethe bench`, for which `measure` answers a few questions more.
//!
//! Who has how much follows what is known of real stores: the median person has 4 events, the 99th percentile 28.

mod measure;

pub use measure::{BareDelete, bare_deletes};

use crate::{
    error::Result,
    sample::random::Random,
    service::Engine,
    store::{
        self,
        ingest::{self, Key, KeyId, PersonRow},
        ingest_events::{self, EventRow},
        keys::Keys,
    },
};
use domain::{
    id::DatasetId,
    profile::IdentityKind,
    time::{DAY_MS, Timestamp},
};

/// People who are made and written at once.
const WINDOW: u64 = 20_000;
/// Look-up entries that are written in one transaction.
const LOOKUPS: usize = 200_000;
/// The days before `until` in which people were last seen, evenly.
const DAYS: i64 = 730;
/// Kinds of events.
const KINDS: [&str; 5] = ["visit", "page_view", "action", "purchase", "impression"];
/// Each is the start of a path in an event's properties.
const PATHS: [&str; 4] = ["product", "search", "cart", "help"];

/// What to make.
#[derive(Debug, Clone, Copy)]
pub struct BenchSpec {
    /// How many people.
    pub profiles: u64,
    /// They were last seen at any time in the two years before this moment.
    pub until: Timestamp,
    /// Another seed makes other people.
    pub seed: u64,
}

impl BenchSpec {
    /// The moment before which this many in a thousand of the people were last seen, about; midnight, so that a rule can
    /// name it.
    #[must_use]
    pub fn last_seen_of(&self, per_mille: i64) -> Timestamp {
        Timestamp::from_day(self.until.day() - DAYS + DAYS * per_mille / 1_000)
    }
}

/// A person who has been made and not yet written.
struct Made {
    row: PersonRow,
    keys: Vec<Key>,
    events: Vec<EventRow>,
}

impl Engine {
    /// Writes the people into an empty dataset, and the warehouse's copy of them. `progress` is told now and then.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load_bench(
        &self,
        dataset: DatasetId,
        spec: BenchSpec,
        progress: impl Fn(u64) + Send,
    ) -> Result<()> {
        let store = &self.inner.store;
        store::bench::hurry(&mut *store.writer_idle().await?).await?;
        let mut tx = store.write().await?;
        let mut kinds = Vec::new();
        for name in KINDS {
            kinds.push(ingest_events::kind(&mut tx, dataset, name).await?);
        }
        tx.commit().await?;
        let mut lookups: Vec<(KeyId, i64)> = Vec::new();
        let mut at = 0;
        while at < spec.profiles {
            let upto = (at + WINDOW).min(spec.profiles);
            let mut tx = store.write().await?;
            let ids = ingest::draw_ids(&mut tx, dataset, wire(upto - at)).await?;
            let seq = ingest::draw_seq(&mut tx, wire(upto - at)).await?;
            let people: Vec<Made> = (at..upto)
                .zip(ids)
                .map(|(number, id)| person(&store.keys, dataset, &spec, &kinds, number, id, seq))
                .collect();
            write(&mut tx, dataset, people, &mut lookups).await?;
            tx.commit().await?;
            at = upto;
            progress(at);
        }
        lookups.sort_unstable();
        for part in lookups.chunks(LOOKUPS) {
            let mut tx = store.write().await?;
            ingest::reserve_identities(&mut tx, dataset, part).await?;
            tx.commit().await?;
        }
        drop(lookups);
        self.inner.warehouse.take_everyone(store).await?;
        store::bench::careful(&mut *store.writer_idle().await?).await
    }
}

async fn write(
    tx: &mut store::Tx,
    dataset: DatasetId,
    people: Vec<Made>,
    lookups: &mut Vec<(KeyId, i64)>,
) -> Result<()> {
    let mut rows = Vec::with_capacity(people.len());
    let (mut keys, mut events) = (Vec::new(), Vec::new());
    for made in people {
        keys.extend(made.keys.into_iter().map(|key| (made.row.id, key)));
        events.extend(made.events);
        rows.push(made.row);
    }
    ingest::insert_people(tx, dataset, &rows).await?;
    store::bench::insert_identities(tx, &mut keys).await?;
    ingest_events::insert(tx, &mut events).await?;
    lookups.extend(keys.into_iter().map(|(id, key)| (key.id(), id)));
    Ok(())
}

fn person(
    keys: &Keys,
    dataset: DatasetId,
    spec: &BenchSpec,
    kinds: &[i64],
    number: u64,
    id: i64,
    seq: i64,
) -> Made {
    let random = &mut Random::of(spec.seed, number);
    let last = spec.until.ms() - random.below(DAYS * DAY_MS);
    let events: Vec<EventRow> = (0..events(random))
        .map(|no| event(random, kinds, (id, no), last))
        .collect();
    let first = events.iter().map(|event| event.at).min().unwrap_or(last);
    let row = PersonRow {
        events: wire(events.len() as u64),
        id,
        first_seen: Some(first),
        last_seen: Some(last),
        created: first,
        seq,
        attributes: Some(format!(
            r#"{{"city":"City {}","first_name":"Ann {}","plan":"{}","score":{}}}"#,
            random.below(500),
            random.below(1_000),
            random.pick(&["free", "basic", "plus"]),
            random.below(10_000)
        )),
    };
    let (a, b) = (random.hex(), random.hex());
    let (a, b) = (a.as_str(), b.as_str());
    let uuid = [
        &a[..8],
        "-",
        &a[8..12],
        "-4",
        &a[13..],
        "-a",
        &b[1..4],
        "-",
        &b[4..],
    ]
    .concat();
    let named = [
        (IdentityKind::UserId, uuid),
        (IdentityKind::Email, format!("p{}@example.com", random.hex())),
    ];
    let keys = named
        .into_iter()
        .map(|(kind, value)| Key::new(keys, dataset, kind, value))
        .collect();
    Made { row, keys, events }
}

/// How many events a person has: the median 4, the 99th percentile 28, 5.1 on average.
fn events(random: &mut Random) -> i64 {
    match random.below(1_000) {
        0..500 => 3 + random.below(2),
        500..900 => 4 + random.below(3),
        900..980 => 7 + random.below(6),
        _ => 20 + random.below(17),
    }
}

fn event(random: &mut Random, kinds: &[i64], (profile, no): (i64, i64), last: i64) -> EventRow {
    let kind = random.pick(kinds);
    let bought = random.chance(20);
    EventRow {
        profile,
        at: last - if no == 0 { 0 } else { random.below(365 * DAY_MS) },
        eid: no,
        kind,
        value: bought.then(|| random.below(200_000_000)),
        quantity: bought.then_some(1_000_000),
        campaign: random
            .chance(10)
            .then(|| format!("campaign-{}", random.below(20))),
        properties: Some(format!(
            r#"{{"path":"/{}/{}"}}"#,
            random.pick(&PATHS),
            random.below(10_000)
        )),
    }
}

fn wire(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
