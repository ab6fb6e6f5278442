//! Erasing single persons from store and warehouse at once: who is meant, the store's part in one transaction with its audit
//! entry, then the warehouse's. What follows (stored exports, dead bytes) is `erasing`.
//!
//! A bulk job is not waited for: its batches are short transactions, and whoever asks for the writer has it next. A person
//! on a job's list who is erased before their turn is `gone` for the job.

use super::Engine;
use crate::{
    erasing,
    error::Result,
    fault,
    store::{
        self, Tx,
        audit::Entry,
        erased::{Erasing, Source},
        erasures::NewErasure,
        ingest::{Key, KeyId, KeyMap},
        warehouse_people::KeptCopy,
    },
};
use domain::{
    access::{Actor, Permission},
    id::DatasetId,
    privacy::{ERASED_AT_ONCE_MAX, ErasureDone},
    problem::{Code, Problem},
    profile::IdentityKind,
    suppression::Suppress,
    time::Timestamp,
};
use std::collections::{BTreeSet, HashSet};

/// Identities of one transaction: so many people, with what belongs to them, take some tens of milliseconds.
const AT_ONCE: usize = 100;

/// What is erased of whom: found anew in the transaction that does it.
#[derive(Debug, Default)]
struct Going {
    /// Profiles, in the order of their numbers; of some only a copy is left.
    ids: BTreeSet<i64>,
    /// All of their identities.
    keys: Vec<(i64, Key)>,
    /// Identities by which somebody was asked for of whom something goes.
    people: i64,
    /// Identities whose people are held.
    held: i64,
}

impl Engine {
    /// Erases the people of these identities (of any kind: `user_id`, e-mail, phone, anonymous id) from the store and the
    /// warehouse; answered when both have committed. `request`: the privacy request it is done for, under which the keyed
    /// hashes of the erased identities are filed then. Whoever is held stays and is counted.
    ///
    /// # Errors
    /// `forbidden`, `not_found` for the dataset, `too_large` where too many are named.
    pub async fn erase_people(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        identities: &[String],
        request: Option<i64>,
    ) -> Result<ErasureDone> {
        actor.require_in(Permission::Privacy, dataset)?;
        if identities.len() > ERASED_AT_ONCE_MAX {
            let message = format!("At most {ERASED_AT_ONCE_MAX} people can be named in one request.");
            return Err(Problem::because(Code::TooLarge, message).into());
        }
        // What an earlier call could not finish comes first: those people are found nowhere any more.
        erasing::remove_owed(self).await?;
        let asked: Vec<Vec<Key>> = identities
            .iter()
            .map(|text| self.keys_of(dataset, text))
            .collect();
        let copies = self.copies_of(dataset, &asked.concat()).await?;
        let mut done = ErasureDone {
            requested: i64::try_from(identities.len()).unwrap_or(i64::MAX),
            ..ErasureDone::default()
        };
        let mut claimed = HashSet::new();
        for some in asked.chunks(AT_ONCE) {
            self.erase_some(actor, dataset, request, (some, &copies), &mut claimed, &mut done)
                .await?;
        }
        self.inner.erase.notify_one();
        self.inner.requests.notify_one();
        self.inner.memory.figures.lock().await.remove(&dataset);
        Ok(done)
    }

    async fn erase_some(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        request: Option<i64>,
        (asked, copies): (&[Vec<Key>], &Copies),
        claimed: &mut HashSet<i64>,
        done: &mut ErasureDone,
    ) -> Result<()> {
        let store = &self.inner.store;
        let mut tx = store.write().await?;
        let now = store.clock.now();
        let going = self
            .going(&mut tx, dataset, (asked, copies), claimed, now)
            .await?;
        let ids: Vec<i64> = going.ids.iter().copied().collect();
        store::ingest::remove_lookups(&mut tx, dataset, &going.keys).await?;
        let deleted = erasing::delete(&mut tx, &ids).await?;
        let mut erasure = None;
        if !ids.is_empty() {
            // Whoever has looked at these people beforehand sees that they have changed since.
            store::ingest::draw_seq(&mut tx, 1).await?;
            let new = NewErasure {
                dataset,
                request,
                actor: &actor.name,
                at: now,
                people: going.people,
                profiles: deleted.profiles,
                events: deleted.events,
            };
            let id = store::erasures::insert(&mut tx, &new, &ids).await?;
            let hashes = going
                .keys
                .iter()
                .map(|(person, key)| (key.id(), *person))
                .collect();
            // Not let in again, for good. An erasure that no request stands behind is filed under a number below zero.
            let erasing = Erasing {
                dataset,
                source: Source::Request(request.unwrap_or(-id)),
                suppress: Suppress::Forever,
                at: now,
            };
            store::erased::keep_keys(&mut tx, &erasing, hashes).await?;
            store::datasets::touch(&mut tx, dataset, now).await?;
            erasure = Some(id);
        }
        let entry = Entry {
            action: "privacy.erased",
            dataset: Some(dataset),
            object: erasure.map_or_else(|| "erasure:none".to_owned(), |id| format!("erasure:{id}")),
            detail: serde_json::json!({
                "requested": asked.len(), "deleted": going.people, "held": going.held, "request": request,
            }),
        };
        store::audit::insert(&mut tx, now, actor, entry).await?;
        fault::stop_point("erase.store")?;
        tx.commit().await?;
        done.deleted += going.people;
        done.held += going.held;
        done.profiles += deleted.profiles;
        if let Some(id) = erasure {
            erasing::remove_owed(self).await?;
            let (events, copies, copied) = store::erasures::taken(&mut *store.read().await?, id).await?;
            done.events += events;
            done.warehouse_profiles += copies;
            done.warehouse_events += copied;
        }
        Ok(())
    }

    /// Who goes. Each identity claims the people whom it names and nobody has claimed before, so that somebody who is named
    /// twice counts once.
    async fn going(
        &self,
        tx: &mut Tx,
        dataset: DatasetId,
        (asked, copies): (&[Vec<Key>], &Copies),
        claimed: &mut HashSet<i64>,
        now: Timestamp,
    ) -> Result<Going> {
        let store = &self.inner.store;
        let keys: Vec<&Key> = asked.iter().flatten().collect();
        let owners = store::ingest::owners(tx, dataset, &keys).await?;
        let live: BTreeSet<i64> = owners.values().copied().collect();
        let live: Vec<i64> = live.into_iter().collect();
        let known = store::erasures::identities(tx, &store.keys, dataset, &live).await?;
        let (kept, held) = self.kept_and_held(tx, dataset, &live, copies, now).await?;
        let mut going = Going::default();
        for keys in asked {
            let mut ids: BTreeSet<i64> = keys
                .iter()
                .filter_map(|key| owners.get(&key.id()).copied())
                .collect();
            let own: Vec<&Key> = known
                .iter()
                .filter(|(id, _)| ids.contains(id))
                .map(|(_, key)| key)
                .collect();
            let copies = copies.of(keys, &own);
            ids.extend(copies.map(|copy| copy.profile).filter(|id| kept.contains(id)));
            if ids.iter().any(|id| held.contains(id)) {
                going.held += 1;
                continue;
            }
            ids.retain(|id| claimed.insert(*id));
            going.people += i64::from(!ids.is_empty());
            going.ids.extend(ids);
        }
        let of_copies = copies
            .all
            .iter()
            .filter(|copy| kept.contains(&copy.profile))
            .flat_map(|copy| copy.keys.iter().map(|key| (copy.profile, key.clone())));
        going.keys = known.into_iter().chain(of_copies).collect();
        going.keys.retain(|(id, _)| going.ids.contains(id));
        Ok(going)
    }

    /// Of the copies, those whose people the store does not have at this moment; and who of all of them is held.
    async fn kept_and_held(
        &self,
        tx: &mut Tx,
        dataset: DatasetId,
        live: &[i64],
        copies: &Copies,
        now: Timestamp,
    ) -> Result<(HashSet<i64>, HashSet<i64>)> {
        let all: Vec<i64> = copies.all.iter().map(|copy| copy.profile).collect();
        let there = store::ingest::stored(tx, &all, false).await?;
        let kept: HashSet<i64> = all.into_iter().filter(|id| !there.contains_key(id)).collect();
        let mut ids = live.to_vec();
        ids.extend(&kept);
        let held = store::holds::held_of(tx, dataset, &ids, now).await?;
        Ok((kept, held.into_iter().map(|(profile, _)| profile).collect()))
    }

    /// What a text may be as an identity: one key for each kind.
    pub(super) fn keys_of(&self, dataset: DatasetId, text: &str) -> Vec<Key> {
        let keys = &self.inner.store.keys;
        IdentityKind::ALL
            .into_iter()
            .filter_map(|kind| Some(Key::new(keys, dataset, kind, kind.canonical(text)?)))
            .collect()
    }

    /// The copies of people who are known by these identities, or by another one of somebody in the store who is. Those in
    /// the store are among them: a bulk job may take them out before they are looked at again.
    pub(super) async fn copies_of(&self, dataset: DatasetId, asked: &[Key]) -> Result<Copies> {
        let store = &self.inner.store;
        let mut conn = store.read().await?;
        let owners = store::ingest::owners(&mut conn, dataset, &asked.iter().collect::<Vec<_>>()).await?;
        let live: BTreeSet<i64> = owners.into_values().collect();
        let live: Vec<i64> = live.into_iter().collect();
        let known = store::erasures::identities(&mut conn, &store.keys, dataset, &live).await?;
        drop(conn);
        let wanted: Vec<KeyId> = asked
            .iter()
            .map(Key::id)
            .chain(known.iter().map(|(_, key)| key.id()))
            .collect();
        let mut all = erasing::copies::find(self, dataset, &wanted).await?;
        for id in live {
            let keys = known.iter().filter(|(owner, _)| *owner == id);
            all.push(KeptCopy {
                profile: id,
                job: None,
                keys: keys.map(|(_, key)| key.clone()).collect(),
            });
        }
        Ok(Copies::new(all))
    }
}

/// Copies, found by their identities.
#[derive(Debug, Default)]
pub(super) struct Copies {
    all: Vec<KeptCopy>,
    /// Places in `all`.
    by_key: KeyMap<Vec<usize>>,
}

impl Copies {
    fn new(all: Vec<KeptCopy>) -> Self {
        let mut by_key: KeyMap<Vec<usize>> = KeyMap::default();
        for (place, copy) in all.iter().enumerate() {
            for key in &copy.keys {
                by_key.entry(key.id()).or_default().push(place);
            }
        }
        Self { all, by_key }
    }

    /// The copies of the person who is asked for: those with one of these identities, and those with another one of a person
    /// who has them (`own`), unless they have another user id than theirs.
    pub(super) fn of<'c>(&'c self, asked: &[Key], own: &[&Key]) -> impl Iterator<Item = &'c KeptCopy> {
        let at = |key: &Key| self.by_key.get(&key.id()).into_iter().flatten().copied();
        let mut places: BTreeSet<usize> = asked.iter().flat_map(at).collect();
        let other = |copy: &KeptCopy| {
            let theirs = user_id(copy.keys.iter());
            let ours = user_id(own.iter().copied());
            theirs.is_some() && ours.is_some() && theirs != ours
        };
        let more = own.iter().flat_map(|key| at(key));
        places.extend(more.filter(|place| self.all.get(*place).is_some_and(|copy| !other(copy))));
        places.into_iter().filter_map(|place| self.all.get(place))
    }
}

fn user_id<'k>(mut keys: impl Iterator<Item = &'k Key>) -> Option<&'k str> {
    keys.find(|key| key.kind == IdentityKind::UserId)
        .map(|key| key.value.as_str())
}
