//! One transaction's worth of live messages, in the order in which they came.
//!
//! Design notes. Rows are collected and applied together, by the one way in which imports write rows. Only a message that may
//! make two profiles one needs what came before it to be written first; then it is looked up anew who the identities that
//! were touched since belong to.

use super::{RowError, apply::Target, message::Message, window::Known};
use crate::{
    error::Result,
    store::{
        Conn, Tx,
        ingest::{self, Key, KeyMap, KeySet, Row},
        ingest_events,
        keys::Keys,
        merge::{self, EVENTS_MOVED_MAX},
        tracked,
    },
};
use domain::{id::DatasetId, profile::IdentityKind, time::Timestamp, tracking::MessageKind};
use std::collections::{HashMap, HashSet};

/// A message without a time that is sent again is known again for so long, milliseconds. Libraries try for minutes.
const KNOWN_AGAIN_MS: i64 = 7 * 86_400_000;

/// A message with its place in the round, by which its refusal finds back to it.
#[derive(Debug)]
pub(super) struct Placed(Message);

impl Placed {
    pub(super) fn new(place: u64, mut message: Message) -> Self {
        message.row.line = place;
        Self(message)
    }

    /// Its place.
    pub(super) const fn place(&self) -> u64 {
        self.0.row.line
    }
}

/// What came of a slice.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Places of what was not taken, with the reasons.
    pub(super) refused: Vec<(u64, String)>,
    /// Profiles that became one with another.
    pub(super) merged: i64,
}

/// Writes a slice. The caller commits.
pub(super) async fn write(
    conn: &mut Tx,
    keys: &Keys,
    dataset: DatasetId,
    messages: Vec<Placed>,
    now: Timestamp,
) -> Result<Written> {
    let kinds = ingest_events::kinds(conn, dataset).await?;
    let mut messages: Vec<Message> = messages.into_iter().map(|placed| placed.0).collect();
    let owners = owners(conn, dataset, &messages).await?;
    retime(conn, &mut messages, &owners, now).await?;
    let mut slice = Slice {
        conn,
        keys,
        dataset,
        now,
        target: Target::new(dataset, keys.clone(), kinds),
        owners,
        touched: KeySet::default(),
        pending: Vec::new(),
        written: Written::default(),
    };
    for message in messages {
        slice.take(message).await?;
    }
    slice.flush().await?;
    Ok(slice.written)
}

/// Whom the identities belong to for which that must be known beforehand.
async fn owners(conn: &mut Conn, dataset: DatasetId, messages: &[Message]) -> Result<KeyMap<i64>> {
    let mut wanted: KeyMap<&Key> = KeyMap::default();
    for message in messages {
        let keys = &message.row.keys;
        let previous = message.previous.iter().flatten();
        match message.kind {
            MessageKind::Alias => wanted.extend(keys.iter().chain(previous).map(|key| (key.id(), key))),
            MessageKind::Identify if keys.len() > 1 => {
                wanted.extend(keys.iter().map(|key| (key.id(), key)));
            }
            _ if message.timeless => wanted.extend(keys.first().map(|key| (key.id(), key))),
            _ => {}
        }
    }
    if wanted.is_empty() {
        return Ok(KeyMap::default());
    }
    ingest::owners(conn, dataset, &wanted.into_values().collect::<Vec<_>>()).await
}

/// Gives messages that say no time the time of their first coming, where they came before: then they are known again.
async fn retime(
    conn: &mut Conn,
    messages: &mut [Message],
    owners: &KeyMap<i64>,
    now: Timestamp,
) -> Result<()> {
    let event = |message: &Message| {
        let owner = *owners.get(&message.row.keys.first()?.id())?;
        Some((owner, message.row.event.as_ref()?.message?))
    };
    let timeless = messages.iter().filter(|message| message.timeless);
    let wanted: Vec<(i64, i64)> = timeless.filter_map(event).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let there = tracked::times(conn, &wanted, now.minus_ms(KNOWN_AGAIN_MS)).await?;
    let there: HashMap<(i64, i64), i64> = there
        .into_iter()
        .map(|(owner, eid, at)| ((owner, eid), at))
        .collect();
    for message in messages.iter_mut().filter(|message| message.timeless) {
        let Some(at) = event(message).and_then(|key| there.get(&key).copied()) else {
            continue;
        };
        message.row.seen = Some((at, at));
        if let Some(event) = &mut message.row.event {
            event.at = at;
        }
    }
    Ok(())
}

/// The writing of a slice.
struct Slice<'a> {
    conn: &'a mut Tx,
    keys: &'a Keys,
    dataset: DatasetId,
    now: Timestamp,
    target: Target,
    /// As of the beginning, but for those that were touched since.
    owners: KeyMap<i64>,
    touched: KeySet,
    pending: Vec<Row>,
    written: Written,
}

impl Slice<'_> {
    async fn take(&mut self, message: Message) -> Result<()> {
        match (message.kind, message.previous) {
            (MessageKind::Alias, Some(previous)) => self.alias(message.row, previous).await,
            (MessageKind::Identify, _) if message.row.keys.len() > 1 => self.identify(message.row).await,
            _ => {
                self.push(message.row);
                Ok(())
            }
        }
    }

    fn push(&mut self, row: Row) {
        self.touched.extend(row.keys.iter().map(Key::id));
        self.pending.push(row);
    }

    /// Writes what was collected.
    async fn flush(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.pending);
        let applied = self
            .target
            .apply(self.conn, rows, &mut Known::default(), self.now)
            .await?;
        let refused = applied.errors.into_iter();
        self.written
            .refused
            .extend(refused.map(|RowError { line, reason }| {
                // Lines are places, which began as such a number.
                (u64::try_from(line).unwrap_or(0), reason)
            }));
        Ok(())
    }

    /// Makes sure that it is known whom these identities belong to now.
    async fn look(&mut self, keys: &[&Key]) -> Result<()> {
        if !keys.iter().any(|key| self.touched.contains(&key.id())) {
            return Ok(());
        }
        self.flush().await?;
        let found = ingest::owners(self.conn, self.dataset, keys).await?;
        for key in keys.iter().map(|key| key.id()) {
            self.touched.remove(&key);
            match found.get(&key) {
                Some(owner) => _ = self.owners.insert(key, *owner),
                None => _ = self.owners.remove(&key),
            }
        }
        Ok(())
    }

    fn owner(&self, key: &Key) -> Option<i64> {
        self.owners.get(&key.id()).copied()
    }

    /// Somebody says who they are: profiles that were known by the other identities alone become one with theirs. One that
    /// has a user_id of its own is somebody else, who used the same device or address.
    async fn identify(&mut self, mut row: Row) -> Result<()> {
        self.look(&row.keys.iter().collect::<Vec<_>>()).await?;
        let Some(first) = row.keys.first() else {
            return Ok(());
        };
        let (into, has_user) = (self.owner(first), first.kind == IdentityKind::UserId);
        let mut others: Vec<i64> = row.keys.iter().filter_map(|key| self.owner(key)).collect();
        let mut met: HashSet<i64> = into.into_iter().collect();
        others.retain(|owner| met.insert(*owner));
        if others.is_empty() {
            self.push(row);
            return Ok(());
        }
        let named = merge::named(self.conn, &others).await?;
        others.retain(|owner| !named.contains(owner) || (into.is_none() && !has_user));
        let into = match (into, others.first().copied()) {
            (Some(into), _) => into,
            // Nobody has the strongest one: whoever is known by another of them gets it, and keeps their profile.
            (None, Some(known)) => {
                if let Some(at) = row.keys.iter().position(|key| self.owner(key) == Some(known)) {
                    row.keys[..=at].rotate_right(1);
                }
                known
            }
            (None, None) => {
                self.push(row);
                return Ok(());
            }
        };
        let line = row.line;
        self.push(row);
        // Written first: where the person is not let in again, nobody becomes one with them.
        self.flush().await?;
        if self.refused(line) {
            return Ok(());
        }
        for from in others.into_iter().filter(|from| *from != into) {
            self.join(line, from, into).await?;
        }
        Ok(())
    }

    /// Two identities are one person: whoever was known by the old one.
    async fn alias(&mut self, mut row: Row, [anonymous, user]: [Key; 2]) -> Result<()> {
        let Some(new) = row.keys.first().cloned() else {
            return Ok(());
        };
        if new.id() == user.id() {
            self.push(row);
            return Ok(());
        }
        self.look(&[&new, &anonymous, &user]).await?;
        let old = [anonymous.clone(), user]
            .into_iter()
            .find(|key| self.owners.contains_key(&key.id()));
        let Some((old, from)) = old.and_then(|key| Some((key.clone(), self.owner(&key)?))) else {
            row.keys.push(anonymous);
            self.push(row);
            return Ok(());
        };
        let line = row.line;
        if self.owner(&new).is_none() && !merge::named(self.conn, &[from]).await?.contains(&from) {
            // Nobody has the new one yet, so whoever has the old one gets it and keeps their profile.
            row.keys = vec![old, new];
            self.push(row);
            return Ok(());
        }
        self.push(row);
        self.look(&[&new]).await?;
        match self.owner(&new) {
            Some(into) if into != from && !self.refused(line) => self.join(line, from, into).await,
            _ => Ok(()),
        }
    }

    /// Whether a message was refused when it was written.
    fn refused(&self, line: u64) -> bool {
        self.written.refused.iter().any(|(refused, _)| *refused == line)
    }

    /// Makes two profiles one. What was collected has been written.
    async fn join(&mut self, line: u64, from: i64, into: i64) -> Result<()> {
        if merge::events_of(self.conn, from).await? > EVENTS_MOVED_MAX {
            let reason =
                format!("the other profile has more than {EVENTS_MOVED_MAX} events, so the two stay apart");
            self.written.refused.push((line, reason));
            return Ok(());
        }
        merge::join(self.conn, self.keys, self.dataset, from, into).await?;
        self.written.merged += 1;
        // Some of the identities of the one may be nobody's now.
        let theirs: Vec<_> = self
            .owners
            .iter()
            .filter(|(_, owner)| **owner == from)
            .map(|(key, _)| *key)
            .collect();
        self.touched.extend(theirs);
        Ok(())
    }
}
