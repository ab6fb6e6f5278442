//! The eighth invariant: the keyed hashes of exactly those who are counted as deleted are kept, each once, in the database
//! and in the log beside it; and, as the jobs of these tests refuse late data, on the list of suppressions.

use crate::oracle::{Result, said};
use sqlx::SqliteConnection;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Kind and keyed hash of an identity.
pub(crate) type Key = (i64, Vec<u8>);

/// Bytes of a record of `erasures.log` before its hashes, and of a hash.
const HEAD_BYTES: usize = 52;
const HASH_BYTES: usize = 16;

/// Whose identities they are.
pub(crate) async fn look(conn: &mut SqliteConnection) -> Result<BTreeMap<Key, i64>> {
    let rows: Vec<(i64, Vec<u8>, i64)> = sqlx::query_as("SELECT kind, hash, profile_id FROM identity_lookup")
        .fetch_all(conn)
        .await
        .map_err(said("the look-up"))?;
    let owned = rows.into_iter().map(|(kind, hash, owner)| ((kind, hash), owner));
    Ok(owned.collect())
}

/// What is broken, a sentence each.
pub(crate) async fn judge(
    conn: &mut SqliteConnection,
    dir: &Path,
    before: &BTreeMap<Key, i64>,
    gone: &BTreeSet<i64>,
) -> Result<Vec<String>> {
    let wanted: BTreeSet<&Key> = before
        .iter()
        .filter(|(_, owner)| gone.contains(owner))
        .map(|(key, _)| key)
        .collect();
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT kind, hashes FROM erased")
        .fetch_all(&mut *conn)
        .await
        .map_err(said("the erased"))?;
    let erased: Vec<Key> = rows
        .iter()
        .flat_map(|(kind, hashes)| keys(*kind, hashes))
        .collect();
    let listed: Vec<Key> = sqlx::query_as("SELECT kind, hash FROM suppressions")
        .fetch_all(conn)
        .await
        .map_err(said("the suppressions"))?;
    let log = std::fs::read(dir.join("erasures.log")).unwrap_or_default();
    let logged = logged(&log)?;
    let mut broken = Vec::new();
    for (place, found, doubles) in [
        ("erased", &erased, false),
        ("the list of suppressions", &listed, false),
        ("erasures.log", &logged, true),
    ] {
        let distinct: BTreeSet<&Key> = found.iter().collect();
        if distinct != wanted || (!doubles && distinct.len() != found.len()) {
            broken.push(format!(
                "{place} holds {} hashes, {} of them different, and {} of the {} of those who went",
                found.len(),
                distinct.len(),
                distinct.intersection(&wanted).count(),
                wanted.len()
            ));
        }
    }
    Ok(broken)
}

fn keys(kind: i64, hashes: &[u8]) -> impl Iterator<Item = Key> {
    hashes.chunks(HASH_BYTES).map(move |hash| (kind, hash.to_vec()))
}

/// The hashes of the log, by its documented form.
fn logged(mut rest: &[u8]) -> Result<Vec<Key>> {
    let mut all = Vec::new();
    while !rest.is_empty() {
        let Some((head, after)) = rest.split_at_checked(HEAD_BYTES) else {
            return Err("erasures.log ends within a record".to_owned());
        };
        let count = head[32..36]
            .iter()
            .rev()
            .fold(0, |n, byte| (n << 8) | usize::from(*byte));
        let Some((hashes, after)) = after.split_at_checked(count * HASH_BYTES) else {
            return Err("erasures.log ends within a record".to_owned());
        };
        all.extend(keys(i64::from(head[13]), hashes));
        rest = after;
    }
    Ok(all)
}
