//! Many rows at once, put into the order in which the store can take them without touching every page for each of them.
//!
//! Design notes. Events of a large file come in the order of time, so each one belongs to another page of the store: in
//! that order a slice would write a page a row. Within a window the rows of known people are therefore taken in the order
//! of their profiles, those of new people in the order in which these first appear. That is done only where no row of
//! the window depends on another person's row, so that the outcome is the same as in the order of the file.
//!
//! The look-up is in random order whatever the rows are like. So its entries for new people are written beforehand, in
//! key order, with the profile ids that they will get: until the profile is there, such an entry reads as "not found",
//! exactly as one whose profile was deleted.

use crate::{
    error::Result,
    store::{
        Conn, Store,
        ingest::{self, Key, KeyId, KeyMap, KeySet, Row},
        members, suppressed,
    },
};
use domain::id::DatasetId;
use std::{
    collections::hash_map::Entry as Slot,
    time::{Duration, Instant},
};

use super::limits::{LOCK_WANTED, RESERVE_MIN, SLICE_ROWS_FIRST, SLICE_ROWS_MAX, SLICE_ROWS_MIN};
use super::suppressed::Listed;

/// Keys asked for in one query: bounds the text that is sent with it.
const KEYS_ASKED: usize = 4_096;

/// The rows of a window depend on each other and stay in the order of the file.
const AS_IN_THE_FILE: i64 = -1;

/// What is known of the identities of a window.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Whom the look-up names for identities, as of `stamp`. Whether that profile is there is seen when it is loaded.
    pub(super) owners: KeyMap<i64>,
    /// The number of the last change when `owners` was true; `None`: ask the store for each slice.
    pub(super) stamp: Option<i64>,
    /// Profile ids that stand in the look-up already, by the strongest identity of the people who will get them.
    pub(super) reserved: KeyMap<i64>,
    /// The last job when these were drawn.
    pub(super) last_job: i64,
    /// What the list of suppressions said of the identities when its last change had this number; `None`: ask the store for
    /// each slice.
    pub(super) list: Option<(i64, Listed)>,
}

/// The window's rows in the order in which they are written.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) rows: Vec<Row>,
    /// What their order follows from: the greatest profile id before the window, or `AS_IN_THE_FILE`.
    pub(super) boundary: i64,
    pub(super) known: Known,
}

impl Window {
    /// Looks up the identities of rows and puts these in order. `begun` is what an interrupted window's order follows
    /// from.
    pub(super) async fn arrange(
        store: &Store,
        dataset: DatasetId,
        mut rows: Vec<Row>,
        begun: Option<i64>,
    ) -> Result<Self> {
        let mut view = store.view().await?;
        let newest = ingest::last_id(&mut view, dataset).await?;
        let stamp = members::change_seq(&mut view).await?;
        let mut keys: Vec<KeyId> = rows.iter().flat_map(|row| &row.keys).map(Key::id).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut owners = KeyMap::with_capacity_and_hasher(keys.len(), Default::default());
        for part in keys.chunks(KEYS_ASKED) {
            owners.extend(ingest::named_owners(&mut view, dataset, part).await?);
        }
        let list = (
            suppressed::seq(&mut view).await?,
            Listed::of(&mut view, (&store.keys, dataset), &rows).await?,
        );
        drop(view);
        let boundary = begun.unwrap_or_else(|| {
            if independent(&rows, &owners) {
                newest
            } else {
                AS_IN_THE_FILE
            }
        });
        if boundary != AS_IN_THE_FILE {
            in_order(&mut rows, &owners, boundary);
        }
        Ok(Self {
            rows,
            boundary,
            known: Known {
                owners,
                stamp: Some(stamp),
                list: Some(list),
                ..Known::default()
            },
        })
    }

    /// Writes the look-up entries of the people whom the rows will make, with the ids that these will get.
    pub(super) async fn reserve(&mut self, store: &Store, dataset: DatasetId) -> Result<()> {
        let new = self.new_people();
        if new.len() < RESERVE_MIN {
            return Ok(());
        }
        let mut tx = store.write().await?;
        self.known.last_job = ingest::last_job(&mut tx).await?;
        let ids = ingest::draw_ids(&mut tx, dataset, super::wire(new.len() as u64)).await?;
        tx.commit().await?;
        self.known.reserved = new.into_iter().zip(ids).collect();
        let mut entries: Vec<(KeyId, i64)> = Vec::new();
        for row in &self.rows {
            let Some(id) = row
                .keys
                .first()
                .and_then(|first| self.known.reserved.get(&first.id()))
            else {
                continue;
            };
            let unknown = row
                .keys
                .iter()
                .map(Key::id)
                .filter(|key| !self.known.owners.contains_key(key) && !self.known.listed(key));
            entries.extend(unknown.map(|key| (key, *id)));
        }
        entries.sort_unstable();
        entries.dedup_by_key(|(key, _)| *key);
        let mut pace = Pace::new();
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let (part, later) = rest.split_at(pace.rows.min(rest.len()));
            let mut tx = store.write().await?;
            let begun = Instant::now();
            ingest::reserve_identities(&mut tx, dataset, part).await?;
            pace.took(begun.elapsed());
            tx.commit().await?;
            rest = later;
        }
        Ok(())
    }

    /// The strongest identities of the people whom the rows will make, in the order of the rows. For rows with a suppressed
    /// identity nothing is written beforehand: most of them make nobody.
    fn new_people(&self) -> Vec<KeyId> {
        let mut met = KeySet::default();
        let listed = |row: &&Row| row.keys.iter().any(|key| self.known.listed(&key.id()));
        let rows = self.rows.iter().filter(|row| !listed(row));
        let first = rows.filter_map(|row| row.keys.first()).map(Key::id);
        first
            .filter(|key| !self.known.owners.contains_key(key) && met.insert(*key))
            .collect()
    }
}

impl Known {
    /// Whether an identity was on the list of suppressions.
    fn listed(&self, key: &KeyId) -> bool {
        self.list.as_ref().is_some_and(|(_, list)| list.has(key))
    }

    /// Whether `owners` still is what the store has; asked at the beginning of a transaction.
    pub(super) async fn holds(&mut self, conn: &mut Conn) -> Result<bool> {
        if self.stamp.is_some() && self.stamp != Some(members::change_seq(conn).await?) {
            self.stamp = None;
        }
        // A job that was confirmed since the ids were drawn takes every lower id for a person who was there before.
        if !self.reserved.is_empty() && ingest::last_job(conn).await? != self.last_job {
            self.reserved.clear();
        }
        Ok(self.stamp.is_some())
    }

    /// Takes over what a slice has changed.
    pub(super) fn learn(&mut self, removed: &[(i64, Key)], added: &[(i64, Key)], seq: Option<i64>) {
        if self.stamp.is_none() {
            return;
        }
        for (_, key) in removed {
            self.owners.remove(&key.id());
        }
        self.owners.extend(added.iter().map(|(id, key)| (key.id(), *id)));
        self.stamp = seq.or(self.stamp);
    }
}

/// Whether the rows can be taken in any order that keeps each person's own: no identity is met beside two different
/// strongest ones, and none that stands beside a stronger one is another person's.
fn independent(rows: &[Row], owners: &KeyMap<i64>) -> bool {
    if rows.iter().all(|row| row.keys.len() <= 1) {
        return true;
    }
    let mut beside: KeyMap<KeyId> = KeyMap::with_capacity_and_hasher(rows.len() * 2, Default::default());
    rows.iter().all(|row| {
        let Some(first) = row.keys.first().map(Key::id) else {
            return true;
        };
        row.keys.iter().map(Key::id).all(|key| {
            let own = match beside.entry(key) {
                Slot::Occupied(other) => *other.get() == first,
                Slot::Vacant(free) => *free.insert(first) == first,
            };
            own && owners
                .get(&key)
                .is_none_or(|owner| owners.get(&first) == Some(owner))
        })
    })
}

/// Known people by profile, then new ones as they first appear; each one's rows stay in the order of the file.
fn in_order(rows: &mut [Row], owners: &KeyMap<i64>, boundary: i64) {
    let mut appeared: KeyMap<i64> = KeyMap::default();
    // Called once a row, in their order; rows of one place keep theirs.
    rows.sort_by_cached_key(|row| {
        let first = row.keys.first().map(Key::id);
        match first
            .and_then(|first| owners.get(&first))
            .filter(|id| **id <= boundary)
        {
            Some(id) => (false, *id),
            None => {
                let next = super::wire(appeared.len() as u64);
                (
                    true,
                    first.map_or(next, |first| *appeared.entry(first).or_insert(next)),
                )
            }
        }
    });
}

/// How many rows a transaction takes, by the time that the last one took.
#[derive(Debug)]
pub(super) struct Pace {
    pub(super) rows: usize,
}

impl Pace {
    pub(super) const fn new() -> Self {
        Self {
            rows: SLICE_ROWS_FIRST,
        }
    }

    /// Sets the size of the next transaction, at most doubling or halving it.
    pub(super) fn took(&mut self, took: Duration) {
        let ideal = self.rows as u128 * LOCK_WANTED.as_micros() / took.as_micros().max(1);
        let next = usize::try_from(ideal).unwrap_or(usize::MAX);
        self.rows = next
            .clamp(self.rows / 2, self.rows * 2)
            .clamp(SLICE_ROWS_MIN, SLICE_ROWS_MAX);
    }
}
