//! The entries of a receipt's tree: for each erased identity HMAC-SHA256, under a key of this receipt alone, of its kind and its
//! keyed hash. The key lies in keys/receipts/, outside the database, and is destroyed at the end of the term; without it an entry
//! says nothing to whoever has the database. The tree is made row by row, so its size costs no memory.

use super::merkle::{self, Growing, Hash};
use crate::{
    error::{Error, Result},
    export::files::wipe_file,
    fault,
    store::{self, Store, keys::HASH_BYTES, keys::secret, receipts::Erased},
};
use domain::receipt::ReceiptOf;
use ring::hmac;
use std::path::{Path, PathBuf};

/// Leaves of a part whose root is kept, so that a proof hashes this many and not everybody. A power of two: then the tree over the
/// roots of the parts is the upper end of the tree over all leaves.
const PART: usize = 4_096;
/// Entries that are hashed in one step of sealing: some hundredths of a second, so that other jobs have their turn.
const STEP: i64 = 100_000;

/// Where the key of a receipt's entries lies.
fn key_path(dir: &Path, of: ReceiptOf) -> (PathBuf, String) {
    (
        dir.join("keys").join("receipts"),
        format!("{}-{}.key", of.word(), of.id()),
    )
}

/// The key of a receipt's entries, made where there is none.
fn key(dir: &Path, of: ReceiptOf) -> Result<hmac::Key> {
    let (folder, name) = key_path(dir, of);
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &secret(&folder, &name)?))
}

/// The same, which must be there: with a new one nobody would be found, and that would be taken for an answer.
fn kept_key(dir: &Path, of: ReceiptOf) -> Result<hmac::Key> {
    let (folder, name) = key_path(dir, of);
    if folder.join(&name).exists() {
        key(dir, of)
    } else {
        Err(Error::Corrupt(format!(
            "keys/receipts/{name} is missing, so nothing can be proven"
        )))
    }
}

/// Overwrites the key of a receipt's entries and takes it away.
pub(crate) fn destroy_key(dir: &Path, of: ReceiptOf) -> std::io::Result<()> {
    let (folder, name) = key_path(dir, of);
    wipe_file(&folder.join(name)).map(|_| ())
}

/// An entry.
fn entry(key: &hmac::Key, kind: u8, hash: &[u8]) -> Hash {
    let mut context = hmac::Context::with_key(key);
    context.update(&[kind]);
    context.update(hash);
    let mut out = [0; 32];
    out.copy_from_slice(context.sign().as_ref());
    out
}

fn kind_byte(kind: i64) -> Result<u8> {
    u8::try_from(kind).map_err(|_| Error::Corrupt(format!("an erased identity has the unknown kind {kind}")))
}

/// A finished tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    /// How many leaves.
    pub(crate) size: i64,
    /// The root.
    pub(super) root: Hash,
    /// The roots of its parts, one after the other.
    pub(crate) parts: Vec<u8>,
}

/// A tree that is being made.
pub(crate) struct Making {
    of: ReceiptOf,
    key: hmac::Key,
    /// The last row that is in it.
    row: i64,
    size: i64,
    part: Growing,
    parts: Vec<u8>,
    whole: Growing,
}

impl std::fmt::Debug for Making {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Making")
            .field("of", &self.of)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Making {
    /// Begins, from the first row. A restart begins anew and comes to the same, because the key stays.
    pub(crate) fn begin(store: &Store, of: ReceiptOf) -> Result<Self> {
        Ok(Self {
            of,
            key: key(&store.dir, of)?,
            row: 0,
            size: 0,
            part: Growing::default(),
            parts: Vec::new(),
            whole: Growing::default(),
        })
    }

    fn add(&mut self, row: &Erased) -> Result<()> {
        let kind = kind_byte(row.kind)?;
        for hash in row.hashes.chunks_exact(HASH_BYTES) {
            self.part.push(merkle::leaf(&entry(&self.key, kind, hash)));
            self.size += 1;
            if self.size % PART as i64 == 0 {
                self.end_part();
            }
        }
        self.row = row.no;
        Ok(())
    }

    fn end_part(&mut self) {
        let root = std::mem::take(&mut self.part).root();
        self.parts.extend_from_slice(&root);
        self.whole.push(root);
    }

    fn finish(mut self) -> Tree {
        if self.size % PART as i64 != 0 {
            self.end_part();
        }
        Tree {
            size: self.size,
            root: self.whole.root(),
            parts: self.parts,
        }
    }

    /// Takes the next rows in.
    pub(crate) async fn step(mut self, store: &Store) -> Result<Made> {
        let upto = self.size + fault::slice(STEP);
        while self.size < upto {
            let row = store::receipts::erased(&mut *store.count().await?, self.of, self.row).await?;
            let Some(row) = row else {
                return Ok(Made::Tree(self.finish()));
            };
            let added = tokio::task::spawn_blocking(move || self.add(&row).map(|()| self)).await;
            self = added.map_err(|_| Error::Corrupt("hashing entries was interrupted".to_owned()))??;
        }
        Ok(Made::More(Box::new(self)))
    }
}

/// What a step came to.
#[derive(Debug)]
pub(crate) enum Made {
    /// There is more to take in.
    More(Box<Making>),
    /// All of it is in.
    Tree(Tree),
}

/// An entry of a tree with what leads to the root.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) kind: i64,
    pub(super) entry: Hash,
    pub(super) at: i64,
    pub(super) path: Vec<Hash>,
}

/// Looks for one of these keyed hashes among those that a receipt is about, and works out its path. `None`: none is there.
pub(super) async fn find(
    store: &Store,
    of: ReceiptOf,
    size: i64,
    wanted: &[(i64, [u8; HASH_BYTES])],
) -> Result<Option<Found>> {
    let key = kept_key(&store.dir, of)?;
    let mut conn = store.count().await?;
    let (mut before, mut row_no) = (0, 0);
    let (kind, hash, at) = loop {
        let Some(row) = store::receipts::erased(&mut conn, of, row_no).await? else {
            return Ok(None);
        };
        let here = wanted
            .iter()
            .filter(|(kind, _)| *kind == row.kind)
            .find_map(|(_, hash)| {
                let at = row.hashes.chunks_exact(HASH_BYTES).position(|own| own == hash)?;
                Some((row.kind, *hash, before + i64::try_from(at).ok()?))
            });
        if let Some(here) = here {
            break here;
        }
        before += hashes_in(row.hashes.len() as i64);
        row_no = row.no;
    };
    let parts = store::receipts::parts(&mut conn, of).await?;
    let part = usize::try_from(at).unwrap_or(usize::MAX) / PART;
    let leaves = leaves(
        &mut conn,
        of,
        &key,
        (part * PART) as i64,
        size.min(((part + 1) * PART) as i64),
    )
    .await?;
    let roots: Vec<Hash> = parts.as_chunks().0.to_vec();
    let within = usize::try_from(at).unwrap_or(usize::MAX) % PART;
    if roots.get(part) != Some(&merkle::root(&leaves)) || within >= leaves.len() {
        return Err(Error::Corrupt(format!(
            "the keyed hashes of {} {} are not those that its receipt was made of",
            of.word(),
            of.id()
        )));
    }
    let mut path = merkle::path(&leaves, within);
    path.extend(merkle::path(&roots, part));
    Ok(Some(Found {
        kind,
        entry: entry(&key, kind_byte(kind)?, &hash),
        at,
        path,
    }))
}

const fn hashes_in(bytes: i64) -> i64 {
    bytes / HASH_BYTES as i64
}

/// The hashes of the leaves from number `from` up to `to`, exclusive.
async fn leaves(
    conn: &mut store::Conn,
    of: ReceiptOf,
    key: &hmac::Key,
    from: i64,
    to: i64,
) -> Result<Vec<Hash>> {
    let mut found = Vec::new();
    let mut before = 0;
    for (no, bytes) in store::receipts::erased_sizes(conn, of).await? {
        let here = hashes_in(bytes);
        let (first, last) = (from.max(before) - before, to.min(before + here) - before);
        if first < last {
            let piece = (first * HASH_BYTES as i64, (last - first) * HASH_BYTES as i64);
            if let Some((kind, hashes)) = store::receipts::erased_piece(conn, of, no, piece).await? {
                let kind = kind_byte(kind)?;
                let some = hashes.chunks_exact(HASH_BYTES);
                found.extend(some.map(|hash| merkle::leaf(&entry(key, kind, hash))));
            }
        }
        before += here;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn making() -> Making {
        Making {
            of: ReceiptOf::Request(domain::id::RequestId(1)),
            key: hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]),
            row: 0,
            size: 0,
            part: Growing::default(),
            parts: Vec::new(),
            whole: Growing::default(),
        }
    }

    #[test]
    fn the_tree_over_the_parts_is_the_tree_over_all() {
        for size in [
            0,
            1,
            2,
            PART - 1,
            PART,
            PART + 1,
            2 * PART,
            2 * PART + 5,
            5 * PART + 1,
        ] {
            let hashes: Vec<[u8; HASH_BYTES]> = (0..size as u128).map(u128::to_be_bytes).collect();
            let mut making = making();
            for (no, some) in (1..).zip(hashes.chunks(1_000)) {
                let row = Erased {
                    no,
                    kind: 2,
                    hashes: some.concat(),
                };
                making.add(&row).expect("added");
            }
            let key = making.key.clone();
            let tree = making.finish();
            let leaves: Vec<Hash> = hashes
                .iter()
                .map(|hash| merkle::leaf(&entry(&key, 2, hash)))
                .collect();
            assert_eq!(tree.root, merkle::root(&leaves), "{size}");
            assert_eq!(
                (tree.size, tree.parts.len()),
                (size as i64, size.div_ceil(PART) * 32)
            );
            let roots: Vec<Hash> = tree.parts.as_chunks().0.to_vec();
            for at in [0, size / 2, size.saturating_sub(1)]
                .into_iter()
                .filter(|at| *at < size)
            {
                let part = at / PART;
                let mut path = merkle::path(&leaves[part * PART..size.min((part + 1) * PART)], at % PART);
                path.extend(merkle::path(&roots, part));
                assert!(
                    merkle::leads_to(leaves[at], at as u64, size as u64, &path, &tree.root),
                    "{at} of {size}"
                );
            }
        }
    }

    #[test]
    fn kind_and_key_are_part_of_an_entry() {
        let key = |byte: u8| hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32]);
        let one = entry(&key(1), 1, &[9; 16]);
        assert_ne!(one, entry(&key(1), 2, &[9; 16]));
        assert_ne!(one, entry(&key(2), 1, &[9; 16]));
    }
}
