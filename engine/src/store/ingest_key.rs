//! Identities as imports handle them: with their look-up key, in maps and sets by the thousand.

use super::keys::{HASH_BYTES, Keys};
use domain::{id::DatasetId, profile::IdentityKind};
use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hash, Hasher},
};

/// An identity with its look-up key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) kind: IdentityKind,
    pub(crate) hash: [u8; HASH_BYTES],
    /// Canonical.
    pub(crate) value: String,
}

impl Key {
    pub(crate) fn new(keys: &Keys, dataset: DatasetId, kind: IdentityKind, value: String) -> Self {
        Self {
            kind,
            hash: keys.identity_hash(dataset, kind, &value),
            value,
        }
    }

    /// What the look-up tells it by.
    pub(crate) const fn id(&self) -> KeyId {
        KeyId {
            kind: self.kind,
            hash: self.hash,
        }
    }
}

/// What the look-up tells an identity by, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyId {
    pub(crate) kind: IdentityKind,
    pub(crate) hash: [u8; HASH_BYTES],
}

impl KeyId {
    /// The first half of the hash: enough to find a place in a map.
    const fn half(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.hash;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

impl Hash for KeyId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.half());
    }
}

/// The hash of a key in hexadecimal digits.
pub(super) fn hex(key: &KeyId) -> String {
    key.hash
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Identities are told by a keyed hash already: hashing that once more would only take time.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Not met: `KeyId` writes one number.
        self.0 = bytes
            .iter()
            .fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, half: u64) {
        self.0 = half;
    }
}

/// A map by identity.
pub(crate) type KeyMap<T> = HashMap<KeyId, T, BuildHasherDefault<AsItIs>>;
/// A set of identities.
pub(crate) type KeySet = HashSet<KeyId, BuildHasherDefault<AsItIs>>;
