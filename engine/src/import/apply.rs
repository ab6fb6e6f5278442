//! Writes one slice of rows in one transaction. Everything that is counted about the slice is settled in it, together
//! with how far the file has been read.

use super::{
    RowError,
    foresee::Foreseen,
    limits::EVENT_KINDS_MAX,
    merge::{self, Loaded, Merged},
    suppressed,
    window::Known,
};
use crate::{
    error::Result,
    store::{
        Conn, Tx, datasets,
        ingest::{self, Key, KeyMap, NewEvent, PersonRow, Row},
        ingest_events::{self as events, Change, EventRow, Total, Totals},
        keys::Keys,
    },
};
use domain::{
    id::DatasetId,
    time::{DAY_MS, Timestamp},
};
use std::collections::{HashMap, HashSet};

/// Profiles that this import has met, as a bitmap a block of ids, so that created and updated count each person once.
#[derive(Debug, Default, Clone)]
pub(super) struct Met(HashMap<i64, Vec<u64>>);

impl Met {
    /// Adds a profile; whether it is met for the first time.
    pub(super) fn add(&mut self, id: i64) -> bool {
        let words = self.0.entry(id.div_euclid(ingest::BLOCK)).or_default();
        let (word, bit) = Self::place(id);
        if words.len() <= word {
            words.resize(word + 1, 0);
        }
        let new = words[word] & bit == 0;
        words[word] |= bit;
        new
    }

    /// Whether a profile was met.
    pub(super) fn has(&self, id: i64) -> bool {
        let (word, bit) = Self::place(id);
        self.0
            .get(&id.div_euclid(ingest::BLOCK))
            .and_then(|words| words.get(word))
            .is_some_and(|word| word & bit != 0)
    }

    fn place(id: i64) -> (usize, u64) {
        let within = id.rem_euclid(ingest::BLOCK);
        // Within a block: below 2^20.
        (usize::try_from(within / 64).unwrap_or(0), 1 << (within % 64))
    }
}

/// What one import carries from slice to slice.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) dataset: DatasetId,
    pub(super) keys: Keys,
    pub(super) met: Met,
    /// Numbers of the kinds of events.
    pub(super) kinds: HashMap<String, i64>,
    /// For a dry run.
    pub(super) foreseen: Foreseen,
}

impl Target {
    pub(super) fn new(dataset: DatasetId, keys: Keys, kinds: HashMap<String, i64>) -> Self {
        Self {
            dataset,
            keys,
            met: Met::default(),
            kinds,
            foreseen: Foreseen::default(),
        }
    }
}

/// What a slice did.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub(super) accepted: i64,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) errors: Vec<RowError>,
    pub(super) warnings: Vec<RowError>,
    /// Of the errors, rows of suppressed people, whose reason says so: nothing is wrong with them.
    pub(super) suppressed: i64,
    /// Of these, purchases.
    pub(super) suppressed_purchases: i64,
}

/// Everything that is to be written of a slice.
#[derive(Default)]
struct Writes {
    new: Vec<PersonRow>,
    changed: Vec<PersonRow>,
    removed: Vec<(i64, Key)>,
    added: Vec<(i64, Key)>,
    events: Vec<EventRow>,
    totals: Totals,
    log: Vec<Change>,
}

impl Target {
    /// Writes the rows of a slice. The caller commits; where that fails, `known` must not be used any more.
    pub(super) async fn apply(
        &mut self,
        conn: &mut Tx,
        rows: Vec<Row>,
        known: &mut Known,
        now: Timestamp,
    ) -> Result<Applied> {
        let mut applied = Applied::default();
        let rows =
            suppressed::let_in(conn, (&self.keys, self.dataset), rows, known, (now, &mut applied)).await?;
        let rows = self.with_known_kinds(conn, rows, &mut applied).await?;
        applied.accepted = super::wire(rows.len() as u64);
        let loaded = load(conn, self.dataset, &rows, known).await?;
        let mut merged = merge::merge(rows, loaded, &self.keys, self.dataset);
        applied.warnings = std::mem::take(&mut merged.warnings);
        self.number(conn, &mut merged, known, &mut applied).await?;
        let events = std::mem::take(&mut merged.events);
        let new_events = without_known(conn, &merged, events).await?;
        let writes = self.plan(conn, merged, new_events, now).await?;
        known.learn(
            &writes.removed,
            &writes.added,
            writes.log.last().map(|change| change.seq),
        );
        write(conn, self.dataset, writes).await?;
        datasets::touch(conn, self.dataset, now).await?;
        Ok(applied)
    }

    /// Makes sure that every kind of event has its number; rows with one kind too many are rejected.
    async fn with_known_kinds(
        &mut self,
        conn: &mut Conn,
        mut rows: Vec<Row>,
        applied: &mut Applied,
    ) -> Result<Vec<Row>> {
        let mut refused = HashSet::new();
        for event in rows.iter().filter_map(|row| row.event.as_ref()) {
            if self.kinds.contains_key(&*event.kind) || refused.contains(&*event.kind) {
                continue;
            }
            if self.kinds.len() >= EVENT_KINDS_MAX {
                refused.insert(event.kind.to_string());
                continue;
            }
            let number = events::kind(conn, self.dataset, &event.kind).await?;
            self.kinds.insert(event.kind.to_string(), number);
        }
        if !refused.is_empty() {
            rows.retain(|row| {
                let fits = row
                    .event
                    .as_ref()
                    .is_none_or(|event| !refused.contains(&*event.kind));
                if !fits {
                    let reason =
                        format!("the dataset would have more than {EVENT_KINDS_MAX} kinds of events");
                    applied.errors.push(RowError {
                        line: super::wire(row.line),
                        reason,
                    });
                }
                fits
            });
        }
        Ok(rows)
    }

    /// Gives new people their profile ids, and counts whom the slice created and updated.
    async fn number(
        &mut self,
        conn: &mut Conn,
        merged: &mut Merged,
        known: &mut Known,
        applied: &mut Applied,
    ) -> Result<()> {
        for person in merged.people.iter_mut().filter(|person| person.is_new()) {
            person.id = person.first.and_then(|first| known.reserved.remove(&first));
            applied.created += 1;
        }
        let lacking = merged.people.iter().filter(|person| person.id.is_none()).count();
        let mut ids = ingest::draw_ids(conn, self.dataset, super::wire(lacking as u64))
            .await?
            .into_iter();
        for person in &mut merged.people {
            if person.id.is_none() {
                person.id = ids.next();
            }
            let first = person.id.is_some_and(|id| self.met.add(id));
            applied.updated += i64::from(first && !person.is_new() && person.meant);
        }
        Ok(())
    }

    /// Settles every row that is to be written, with its number in the change log.
    async fn plan(
        &self,
        conn: &mut Conn,
        merged: Merged,
        new_events: Vec<(usize, NewEvent)>,
        now: Timestamp,
    ) -> Result<Writes> {
        let mut writes = Writes::default();
        // Each with whether it is logged by a line of its own, and whether it is new.
        let mut rows: Vec<(PersonRow, bool, bool)> = Vec::with_capacity(merged.people.len());
        for mut person in merged.people {
            let (row, changed) = person.row(now.ms());
            let (removed, added) = person.identities();
            writes
                .removed
                .extend(removed.into_iter().map(|key| (row.id, key)));
            writes.added.extend(added.into_iter().map(|key| (row.id, key)));
            rows.push((row, changed, person.is_new()));
        }
        // An event's line in the log stands for its person too: the warehouse copy takes both.
        for (place, _) in &new_events {
            rows[*place].1 = false;
        }
        let wanted = rows.iter().filter(|(_, alone, _)| *alone).count() + new_events.len();
        if wanted == 0 {
            return Ok(writes);
        }
        let mut seq = ingest::draw_seq(conn, super::wire(wanted as u64)).await?;
        for (row, alone, _) in &mut rows {
            if *alone {
                row.seq = seq;
                writes.log.push(Change {
                    seq,
                    profile: row.id,
                    event: None,
                });
                seq += 1;
            }
        }
        for (place, event) in new_events {
            let (row, _, _) = &mut rows[place];
            row.seq = seq;
            row.events += 1;
            // An event without message_id takes its number from the log: two equal lines are two events.
            let eid = event.message.unwrap_or(seq);
            writes.log.push(Change {
                seq,
                profile: row.id,
                event: Some((event.at, eid)),
            });
            self.count_event(&mut writes, row.id, eid, event);
            seq += 1;
        }
        for (row, _, new) in rows {
            if new {
                writes.new.push(row);
            } else if row.seq > 0 {
                writes.changed.push(row);
            }
        }
        Ok(writes)
    }

    fn count_event(&self, writes: &mut Writes, profile: i64, eid: i64, event: NewEvent) {
        let kind = self.kinds.get(&*event.kind).copied().unwrap_or_default();
        let campaign = event.campaign.as_deref().unwrap_or_default();
        let day = writes
            .totals
            .entry((event.at.div_euclid(DAY_MS), kind))
            .or_default();
        let at = day
            .iter()
            .position(|(known, _)| known == campaign)
            .unwrap_or_else(|| {
                day.push((campaign.to_owned(), Total::default()));
                day.len() - 1
            });
        let total = &mut day[at].1;
        total.events += 1;
        total.value = total.value.saturating_add(event.value.unwrap_or(0));
        total.quantity = total.quantity.saturating_add(event.quantity.unwrap_or(0));
        let NewEvent {
            at,
            value,
            quantity,
            campaign,
            properties,
            ..
        } = event;
        writes.events.push(EventRow {
            profile,
            at,
            eid,
            kind,
            value,
            quantity,
            campaign,
            properties,
        });
    }
}

/// What the store has of the rows' identities and people. Who owns an identity is known from the window, unless
/// somebody else has changed people since; that they are still there is seen when they are loaded.
async fn load(conn: &mut Conn, dataset: DatasetId, rows: &[Row], known: &mut Known) -> Result<Loaded> {
    let distinct: KeyMap<&Key> = rows
        .iter()
        .flat_map(|row| &row.keys)
        .map(|key| (key.id(), key))
        .collect();
    let owners = if known.holds(conn).await? {
        distinct
            .into_keys()
            .filter_map(|key| Some((key, *known.owners.get(&key)?)))
            .collect()
    } else {
        ingest::owners(conn, dataset, &distinct.into_values().collect::<Vec<_>>()).await?
    };
    let ids: Vec<i64> = owners
        .values()
        .copied()
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    let with_attributes = rows.iter().any(|row| !row.attributes.is_empty());
    let stored = ingest::stored(conn, &ids, with_attributes).await?;
    let several = rows.iter().any(|row| row.keys.len() > 1);
    let singles = if several && !ids.is_empty() {
        ingest::single_identities(conn, &ids).await?
    } else {
        Vec::new()
    };
    Ok(Loaded {
        owners,
        stored,
        singles,
    })
}

/// Leaves out events that are there already, or twice in this slice.
async fn without_known(
    conn: &mut Conn,
    merged: &Merged,
    all: Vec<(usize, NewEvent)>,
) -> Result<Vec<(usize, NewEvent)>> {
    let key =
        |(place, event): &(usize, NewEvent)| Some((merged.people[*place].id?, event.at, event.message?));
    let asked: Vec<_> = all
        .iter()
        .filter(|(place, _)| !merged.people[*place].is_new())
        .filter_map(key)
        .collect();
    let mut there = events::existing(conn, &asked).await?;
    Ok(all
        .into_iter()
        .filter(|event| key(event).is_none_or(|key| there.insert(key)))
        .collect())
}

async fn write(conn: &mut Conn, dataset: DatasetId, mut writes: Writes) -> Result<()> {
    ingest::insert_people(conn, dataset, &writes.new).await?;
    ingest::update_people(conn, dataset, &writes.changed).await?;
    ingest::remove_identities(conn, dataset, &writes.removed).await?;
    ingest::add_identities(conn, dataset, &mut writes.added).await?;
    events::insert(conn, &mut writes.events).await?;
    events::log_changes(conn, dataset, &writes.log).await?;
    events::add_totals(conn, dataset, writes.totals).await
}
