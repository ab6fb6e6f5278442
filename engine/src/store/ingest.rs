//! The SQL of imports that concerns people: look-up of identities, new profile ids, inserts and updates of whole slices.
//! Knows tables, no files. Slices are written with few statements of many rows: a statement a row costs more than its
//! row.
//!
//! Placeholders are `?` here, not `$1`: hundreds of numbered ones take SQLite longer to bind than the values themselves.

use super::{
    Conn,
    keys::{HASH_BYTES, Keys},
};
use crate::error::{Error, Result};
use domain::{id::DatasetId, profile::IdentityKind, value::Value};
use sqlx::{AssertSqlSafe, sqlite::SqliteArguments};
use std::{collections::HashMap, fmt::Write as _, sync::Arc};

/// Profile ids of a block.
pub(crate) const BLOCK: i64 = 1 << 20;
/// Rows of a statement, tried in this order: three texts a table, so that the statement cache keeps them all.
const CHUNKS: [usize; 3] = [128, 16, 1];

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
        Self { kind, hash: keys.identity_hash(dataset, kind, &value), value }
    }

    /// What the look-up tells it by.
    pub(crate) const fn id(&self) -> KeyId {
        (self.kind, self.hash)
    }
}

/// What the look-up tells an identity by.
pub(crate) type KeyId = (IdentityKind, [u8; HASH_BYTES]);

/// One row of an import, whatever it was read from.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// The line on which it begins.
    pub(crate) line: u64,
    /// Identities, strongest first; at least one, at most one of a kind.
    pub(crate) keys: Vec<Key>,
    /// Attributes to set; of two of one name the later counts.
    pub(crate) attributes: Vec<(Arc<str>, Value)>,
    /// Earliest and latest time at which the row says the person was seen.
    pub(crate) seen: Option<(i64, i64)>,
    /// The imported time of creation.
    pub(crate) created: Option<i64>,
    /// What the person did.
    pub(crate) event: Option<NewEvent>,
}

/// An event as imported.
#[derive(Debug, Clone)]
pub(crate) struct NewEvent {
    pub(crate) kind: Arc<str>,
    pub(crate) at: i64,
    /// The number out of its message_id; `None`: it is new for certain.
    pub(crate) message: Option<i64>,
    pub(crate) value: Option<i64>,
    pub(crate) quantity: Option<i64>,
    pub(crate) campaign: Option<String>,
    /// JSON as stored.
    pub(crate) properties: Option<String>,
}

/// What is stored of a person, as far as an import changes it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Stored {
    pub(crate) id: i64,
    pub(crate) first_seen: Option<i64>,
    pub(crate) last_seen: Option<i64>,
    pub(crate) created: i64,
    /// JSON; read only when asked for.
    pub(crate) attributes: Option<String>,
}

/// A profile to insert, or, with `attributes` possibly left as they are, to update.
#[derive(Debug, Clone)]
pub(crate) struct PersonRow {
    pub(crate) id: i64,
    pub(crate) first_seen: Option<i64>,
    pub(crate) last_seen: Option<i64>,
    pub(crate) created: i64,
    pub(crate) seq: i64,
    pub(crate) attributes: Option<String>,
}

/// The arguments of one statement.
pub(super) struct Binds(SqliteArguments);

impl Binds {
    /// Adds a value; numbers, texts and blobs can always be bound.
    pub(super) fn add<'t, T: sqlx::Encode<'t, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>>(&mut self, value: T) -> Result<()> {
        sqlx::Arguments::add(&mut self.0, value).map_err(|e| Error::Database(sqlx::Error::Encode(e)))
    }
}

/// Runs `head VALUES (…), (…) tail` over all items, many rows a statement. Gives the number of rows changed.
pub(super) async fn bulk<T>(
    conn: &mut Conn,
    (head, columns, tail): (&'static str, usize, &'static str),
    items: &[T],
    bind: impl Fn(&mut Binds, &T) -> Result<()>,
) -> Result<u64> {
    let mut rest = items;
    let mut changed = 0;
    for size in CHUNKS {
        if rest.len() < size {
            continue;
        }
        let sql: Arc<str> = Arc::from(values_sql(head, columns, tail, size));
        while rest.len() >= size {
            let (chunk, later) = rest.split_at(size);
            let mut binds = Binds(SqliteArguments::default());
            sqlx::Arguments::reserve(&mut binds.0, columns * size, 0);
            for item in chunk {
                bind(&mut binds, item)?;
            }
            // Only placeholders are put together here.
            let done = sqlx::query_with(AssertSqlSafe(Arc::clone(&sql)), binds.0).execute(&mut *conn).await?;
            changed += done.rows_affected();
            rest = later;
        }
    }
    Ok(changed)
}

fn values_sql(head: &str, columns: usize, tail: &str, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("{head} VALUES {} {tail}", vec![row.as_str(); rows].join(","))
}

/// Whom identities belong to. Entries whose profile is gone, or has that identity no more, count as nobody's.
pub(crate) async fn owners(conn: &mut Conn, dataset: DatasetId, keys: &[&Key]) -> Result<HashMap<KeyId, i64>> {
    let mut found = HashMap::with_capacity(keys.len());
    for kind in IdentityKind::ALL {
        let Some(wanted) = hashes_json(keys, kind)? else { continue };
        let rows: Vec<(Vec<u8>, i64)> = sqlx::query_as(
            "SELECT l.hash, l.profile_id FROM json_each(?) j \
             CROSS JOIN identity_lookup l ON l.dataset_id = ? AND l.kind = ? AND l.hash = unhex(j.key) \
             CROSS JOIN identities i ON i.profile_id = l.profile_id AND i.kind = l.kind AND i.value = j.value",
        )
        .bind(wanted)
        .bind(dataset.0)
        .bind(kind.number())
        .fetch_all(&mut *conn)
        .await?;
        for (hash, profile) in rows {
            let hash = hash.try_into().map_err(|_| Error::Corrupt("a look-up key has not 16 bytes".to_owned()))?;
            found.insert((kind, hash), profile);
        }
    }
    Ok(found)
}

/// `{"hash in hex": "canonical value", …}` of one kind.
fn hashes_json(keys: &[&Key], kind: IdentityKind) -> Result<Option<String>> {
    let mut json = String::new();
    for key in keys.iter().filter(|key| key.kind == kind) {
        json.push(if json.is_empty() { '{' } else { ',' });
        json.push('"');
        for byte in key.hash {
            // Writing to a String cannot fail.
            let _ = write!(json, "{byte:02x}");
        }
        json.push_str("\":");
        json.push_str(&serde_json::to_string(&key.value).map_err(|e| Error::Corrupt(e.to_string()))?);
    }
    if json.is_empty() {
        return Ok(None);
    }
    json.push('}');
    Ok(Some(json))
}

/// What is stored of these people.
pub(crate) async fn stored(conn: &mut Conn, ids: &[i64], with_attributes: bool) -> Result<HashMap<i64, Stored>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Stored> = sqlx::query_as(
        "SELECT id, first_seen_at AS first_seen, last_seen_at AS last_seen, created_at AS created, CASE WHEN ? THEN attributes END AS attributes \
         FROM profiles WHERE id IN (SELECT value FROM json_each(?))",
    )
    .bind(with_attributes)
    .bind(json(&ids)?)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|stored| (stored.id, stored)).collect())
}

/// E-mails and phones of these people.
pub(crate) async fn single_identities(conn: &mut Conn, ids: &[i64]) -> Result<Vec<(i64, IdentityKind, String)>> {
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT profile_id, kind, value FROM identities WHERE profile_id IN (SELECT value FROM json_each(?)) AND kind IN (2, 3)",
    )
    .bind(json(&ids)?)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().filter_map(|(id, kind, value)| Some((id, IdentityKind::from_number(kind)?, value))).collect())
}

/// JSON of numbers or texts, for `json_each`.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::Corrupt(e.to_string()))
}

/// Draws `wanted` new profile ids, in order: what the dataset's open block still has, then new blocks.
pub(crate) async fn draw_ids(conn: &mut Conn, dataset: DatasetId, wanted: i64) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    let mut open: Option<(i64, i64)> = None;
    let mut left = wanted;
    while left > 0 {
        let (first, last) = match open.take() {
            Some(block) => block,
            None => open_block(conn, dataset).await?,
        };
        let upto = (first + left - 1).min(last);
        sqlx::query("UPDATE profile_blocks SET next_id = ? WHERE dataset_id = ? AND next_id = ?")
            .bind(upto + 1)
            .bind(dataset.0)
            .bind(first)
            .execute(&mut *conn)
            .await?;
        ids.extend(first..=upto);
        left -= upto - first + 1;
    }
    Ok(ids)
}

/// The first unused and the last id of a block that is not full.
async fn open_block(conn: &mut Conn, dataset: DatasetId) -> Result<(i64, i64)> {
    let open: Option<(i64, i64)> =
        sqlx::query_as("SELECT next_id, last_id FROM profile_blocks WHERE dataset_id = ? AND next_id <= last_id ORDER BY first_id LIMIT 1")
            .bind(dataset.0)
            .fetch_optional(&mut *conn)
            .await?;
    if let Some(open) = open {
        return Ok(open);
    }
    let block: i64 =
        sqlx::query_scalar("UPDATE installation SET next_block = next_block + 1 RETURNING next_block - 1").fetch_one(&mut *conn).await?;
    let (first, last) = (block * BLOCK, block * BLOCK + BLOCK - 1);
    sqlx::query("INSERT INTO profile_blocks (first_id, last_id, next_id, dataset_id) VALUES (?, ?, ?, ?)")
        .bind(first)
        .bind(last)
        .bind(first)
        .bind(dataset.0)
        .execute(conn)
        .await?;
    Ok((first, last))
}

/// Draws `wanted` numbers of the change log; gives the first.
pub(crate) async fn draw_seq(conn: &mut Conn, wanted: i64) -> Result<i64> {
    let last: i64 = sqlx::query_scalar("UPDATE installation SET change_seq = change_seq + ? RETURNING change_seq").bind(wanted).fetch_one(conn).await?;
    Ok(last - wanted + 1)
}

/// Inserts people, in id order.
pub(crate) async fn insert_people(conn: &mut Conn, dataset: DatasetId, people: &[PersonRow]) -> Result<()> {
    let head = "INSERT INTO profiles (id, dataset_id, bucket, first_seen_at, last_seen_at, created_at, changed_seq, attributes)";
    bulk(conn, (head, 8, ""), people, |binds, person| {
        binds.add(person.id)?;
        binds.add(dataset.0)?;
        binds.add(rand::random_range(0..10_000_i64))?;
        binds.add(person.first_seen)?;
        binds.add(person.last_seen)?;
        binds.add(person.created)?;
        binds.add(person.seq)?;
        binds.add(person.attributes.as_deref().unwrap_or("{}"))
    })
    .await?;
    Ok(())
}

/// Updates people.
pub(crate) async fn update_people(conn: &mut Conn, people: &[PersonRow]) -> Result<()> {
    let head = "WITH v (id, first_seen, last_seen, created, seq, attributes) AS (";
    let tail = ") UPDATE profiles SET first_seen_at = v.first_seen, last_seen_at = v.last_seen, created_at = v.created, changed_seq = v.seq, \
                attributes = coalesce(v.attributes, profiles.attributes) FROM v WHERE profiles.id = v.id";
    bulk(conn, (head, 6, tail), people, |binds, person| {
        binds.add(person.id)?;
        binds.add(person.first_seen)?;
        binds.add(person.last_seen)?;
        binds.add(person.created)?;
        binds.add(person.seq)?;
        binds.add(person.attributes.as_deref())
    })
    .await?;
    Ok(())
}

/// Takes identities away from people, and their look-up entries as far as these still mean them.
pub(crate) async fn remove_identities(conn: &mut Conn, dataset: DatasetId, removed: &[(i64, Key)]) -> Result<()> {
    let head = "DELETE FROM identities WHERE (profile_id, kind, value) IN (";
    bulk(conn, (head, 3, ")"), removed, |binds, (id, key)| {
        binds.add(*id)?;
        binds.add(key.kind.number())?;
        binds.add(key.value.as_str())
    })
    .await?;
    let head = "WITH v (dataset_id, kind, hash, profile_id) AS (";
    let tail = ") DELETE FROM identity_lookup WHERE (dataset_id, kind, hash, profile_id) IN (SELECT dataset_id, kind, hash, profile_id FROM v)";
    bulk(conn, (head, 4, tail), removed, |binds, (id, key)| {
        binds.add(dataset.0)?;
        binds.add(key.kind.number())?;
        binds.add(key.hash.as_slice())?;
        binds.add(*id)
    })
    .await?;
    Ok(())
}

/// Gives identities to people. An entry of the look-up that means nobody is taken over.
pub(crate) async fn add_identities(conn: &mut Conn, dataset: DatasetId, added: &mut [(i64, Key)]) -> Result<()> {
    added.sort_unstable_by(|(a, x), (b, y)| (a, x.kind, &x.value).cmp(&(b, y.kind, &y.value)));
    bulk(conn, ("INSERT INTO identities (profile_id, kind, value)", 3, ""), added, |binds, (id, key)| {
        binds.add(*id)?;
        binds.add(key.kind.number())?;
        binds.add(key.value.as_str())
    })
    .await?;
    // In key order: the only table in random order, so neighbours should at least be written together.
    added.sort_unstable_by_key(|(_, key)| key.id());
    let tail = "ON CONFLICT (dataset_id, kind, hash) DO UPDATE SET profile_id = excluded.profile_id";
    bulk(conn, ("INSERT INTO identity_lookup (dataset_id, kind, hash, profile_id)", 4, tail), added, |binds, (id, key)| {
        binds.add(dataset.0)?;
        binds.add(key.kind.number())?;
        binds.add(key.hash.as_slice())?;
        binds.add(*id)
    })
    .await?;
    Ok(())
}
