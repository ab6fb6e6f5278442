//! Decides whom the rows of a slice mean and what they change, in the order of the file, before anything is written.
//! Pure: what the store knows is handed in, what it must write comes out.
//!
//! The strongest identity of a row (user_id, e-mail, phone, anonymous_id) decides whom it means. A weaker one that is
//! another person's stays there, with a warning; one that is nobody's is given to this person, and a person has at most
//! one e-mail and phone, so that a new one replaces the old.

use super::{RowError, draft};
use crate::store::{
    ingest::{Key, KeyId, KeyMap, NewEvent, PersonRow, Row, Stored},
    keys::Keys,
};
use domain::{id::DatasetId, profile::IdentityKind, value::Value};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// What the store knows of the identities and people of a slice.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) owners: KeyMap<i64>,
    pub(super) stored: HashMap<i64, Stored>,
    /// E-mails and phones; needed only where rows have more than one identity.
    pub(super) singles: Vec<(i64, IdentityKind, String)>,
}

/// Somebody whom rows of the slice mean.
#[derive(Debug, Default)]
pub(super) struct Person {
    /// Their profile; `None` until a new one gets its number.
    pub(super) id: Option<i64>,
    /// The strongest identity of the row that made them.
    pub(super) first: Option<KeyId>,
    /// Whether a row means them; else one only has an identity of theirs.
    pub(super) meant: bool,
    before: Option<Stored>,
    /// In the order of the rows: of two of one name the later counts.
    attributes: Vec<(Arc<str>, Value)>,
    seen: Option<(i64, i64)>,
    created: Option<i64>,
    /// E-mail and phone, as the store has them and then as the slice makes them.
    singles: HashMap<IdentityKind, Key>,
    /// Identities given by this slice.
    added: Vec<Key>,
    /// Identities taken away by it.
    removed: Vec<Key>,
}

/// The people of a slice, and what they did.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) people: Vec<Person>,
    /// Events by place in `people`.
    pub(super) events: Vec<(usize, NewEvent)>,
    pub(super) warnings: Vec<RowError>,
}

/// The state of the merge.
struct Merge<'a> {
    keys: &'a Keys,
    dataset: DatasetId,
    /// Place in `people` of an identity's owner; `None`: was taken away.
    owners: KeyMap<Option<usize>>,
    out: Merged,
}

/// Merges the rows of a slice with what is known.
pub(super) fn merge(rows: Vec<Row>, loaded: Loaded, keys: &Keys, dataset: DatasetId) -> Merged {
    let mut merge = Merge {
        keys,
        dataset,
        owners: KeyMap::with_capacity_and_hasher(rows.len(), Default::default()),
        out: Merged::default(),
    };
    merge.know(loaded);
    for row in rows {
        merge.take(row);
    }
    merge.out
}

impl Merge<'_> {
    /// Takes over what the store knows.
    fn know(&mut self, loaded: Loaded) {
        let mut places = HashMap::with_capacity(loaded.stored.len());
        // In id order, and so they are written: neighbours share their pages.
        let mut stored: Vec<(i64, Stored)> = loaded.stored.into_iter().collect();
        stored.sort_unstable_by_key(|(id, _)| *id);
        for (id, stored) in stored {
            places.insert(id, self.out.people.len());
            self.out.people.push(Person {
                id: Some(id),
                before: Some(stored),
                ..Person::default()
            });
        }
        for (id, kind, value) in loaded.singles {
            if let Some(place) = places.get(&id) {
                let key = Key::new(self.keys, self.dataset, kind, value);
                self.out.people[*place].singles.insert(kind, key);
            }
        }
        // An owner who is not in `stored` cannot be: both were read in one transaction.
        let owners = loaded
            .owners
            .into_iter()
            .filter_map(|(key, id)| Some((key, Some(*places.get(&id)?))));
        self.owners.extend(owners);
    }

    fn take(&mut self, row: Row) {
        let mut keys = row.keys.into_iter();
        let Some(first) = keys.next() else { return };
        let place = match self.owners.get(&first.id()) {
            Some(Some(place)) => *place,
            _ => {
                self.out.people.push(Person {
                    first: Some(first.id()),
                    ..Person::default()
                });
                let place = self.out.people.len() - 1;
                self.give(place, first);
                place
            }
        };
        for key in keys {
            match self.owners.get(&key.id()) {
                Some(Some(owner)) if *owner == place => {}
                Some(Some(_)) => {
                    let reason = format!("{} belongs to another profile and stays there", key.kind.as_str());
                    self.out.warnings.push(RowError {
                        line: super::wire(row.line),
                        reason,
                    });
                }
                _ => self.give(place, key),
            }
        }
        let person = &mut self.out.people[place];
        person.meant = true;
        person.attributes.extend(row.attributes);
        person.created = row.created.or(person.created);
        person.see(row.seen);
        self.out.events.extend(row.event.map(|event| (place, event)));
    }

    /// Gives an identity that is nobody's to a person; their old e-mail or phone goes.
    fn give(&mut self, place: usize, key: Key) {
        let person = &mut self.out.people[place];
        let single = matches!(key.kind, IdentityKind::Email | IdentityKind::Phone);
        if single && let Some(old) = person.singles.insert(key.kind, key.clone()) {
            self.owners.insert(old.id(), None);
            let own = person.added.iter().position(|added| *added == old);
            if let Some(at) = own {
                person.added.swap_remove(at);
            }
            // Also one that was only added a moment ago: its entry in the look-up may have been written beforehand.
            person.removed.push(old);
        }
        self.owners.insert(key.id(), Some(place));
        // One that comes back is taken away and given again: what is taken away is written first.
        person.added.push(key);
    }
}

impl Person {
    fn see(&mut self, seen: Option<(i64, i64)>) {
        if let Some((first, last)) = seen {
            let (least, greatest) = self.seen.unwrap_or((first, last));
            self.seen = Some((least.min(first), greatest.max(last)));
        }
    }

    /// Whether the profile is new.
    pub(super) const fn is_new(&self) -> bool {
        self.before.is_none()
    }

    /// Identities to take away and to give.
    pub(super) fn identities(&mut self) -> (Vec<Key>, Vec<Key>) {
        (std::mem::take(&mut self.removed), std::mem::take(&mut self.added))
    }

    /// The profile as it shall be, and whether that differs from what is stored. `now` is the time of import.
    pub(super) fn row(&mut self, now: i64) -> (PersonRow, bool) {
        let attributes = self.merged_attributes();
        let id = self.id.unwrap_or_default();
        let Some(before) = &self.before else {
            let created = self.created.unwrap_or(now);
            let (first_seen, last_seen) = (self.seen.map(|seen| seen.0), self.seen.map(|seen| seen.1));
            return (
                PersonRow {
                    id,
                    first_seen,
                    last_seen,
                    created,
                    seq: 0,
                    attributes,
                    events: 0,
                },
                true,
            );
        };
        let seen = |stored: Option<i64>, pick: fn((i64, i64)) -> i64, best: fn(i64, i64) -> i64| match (
            stored,
            self.seen.map(pick),
        ) {
            (Some(stored), Some(new)) => Some(best(stored, new)),
            (stored, new) => stored.or(new),
        };
        let first_seen = seen(before.first_seen, |seen| seen.0, i64::min);
        let last_seen = seen(before.last_seen, |seen| seen.1, i64::max);
        let created = self.created.unwrap_or(before.created);
        let changed = (first_seen, last_seen, created)
            != (before.first_seen, before.last_seen, before.created)
            || attributes.is_some()
            || !self.added.is_empty()
            || !self.removed.is_empty();
        (
            PersonRow {
                id,
                first_seen,
                last_seen,
                created,
                seq: 0,
                attributes,
                events: 0,
            },
            changed,
        )
    }

    /// The attributes as they shall be stored; `None` where they stay as they are.
    fn merged_attributes(&mut self) -> Option<String> {
        if self.attributes.is_empty() {
            return None;
        }
        let stored = self
            .before
            .as_ref()
            .and_then(|before| before.attributes.as_deref())
            .unwrap_or("{}");
        let mut merged: Vec<(Arc<str>, Value)> = Vec::new();
        if stored != "{}" {
            // What the store holds was written by the last line; what cannot be read is replaced.
            let old: BTreeMap<String, Value> = serde_json::from_str(stored).unwrap_or_default();
            if self
                .attributes
                .iter()
                .all(|(name, value)| old.get(&**name) == Some(value))
            {
                return None;
            }
            merged.extend(old.into_iter().map(|(name, value)| (Arc::from(name), value)));
        }
        merged.append(&mut self.attributes);
        draft::named_json(merged)
    }
}
