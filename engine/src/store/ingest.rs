//! The SQL of imports that concerns people: look-up of identities, new profile ids, inserts and updates of whole slices.
//! Knows tables, no files. Slices are written with few statements of many rows: a statement a row costs more than its
//! row.
//!
//! Placeholders are `?` here, not `$1`: hundreds of numbered ones take SQLite longer to bind than the values themselves.

use super::Conn;
use super::ingest_key::hex;
pub(crate) use super::ingest_key::{Key, KeyId, KeyMap, KeySet};
use crate::error::{Error, Result};
use domain::{id::DatasetId, profile::IdentityKind, value::Value};
use sqlx::{AssertSqlSafe, sqlite::SqliteArguments};
use std::{collections::HashMap, sync::Arc};

/// Profile ids of a block.
pub(crate) const BLOCK: i64 = 1 << 20;
/// Rows of a statement, tried in this order: three texts a table, so that the statement cache keeps them all.
const CHUNKS: [usize; 3] = [512, 32, 1];

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
    /// The moment of which the row speaks where it has no event; `None`: it says none, so it speaks of now.
    pub(crate) dated: Option<i64>,
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
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
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
    /// Events that are added with it.
    pub(crate) events: i64,
}

/// The arguments of one statement.
pub(super) struct Binds(SqliteArguments);

impl Binds {
    /// Adds a value; numbers, texts and blobs can always be bound.
    pub(super) fn add<'t, T: sqlx::Encode<'t, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>>(
        &mut self,
        value: T,
    ) -> Result<()> {
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
            let done = sqlx::query_with(AssertSqlSafe(Arc::clone(&sql)), binds.0)
                .execute(&mut *conn)
                .await?;
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
pub(crate) async fn owners(conn: &mut Conn, dataset: DatasetId, keys: &[&Key]) -> Result<KeyMap<i64>> {
    let mut found = KeyMap::with_capacity_and_hasher(keys.len(), Default::default());
    for kind in IdentityKind::ALL {
        let Some(wanted) = hashes_json(keys, kind)? else {
            continue;
        };
        let rows: Vec<(String, i64)> = many(sqlx::query_scalar(
            "SELECT json_group_array(json_array(hex(l.hash), l.profile_id)) FROM json_each(?) j \
             CROSS JOIN identity_lookup l ON l.dataset_id = ? AND l.kind = ? AND l.hash = unhex(j.key) \
             CROSS JOIN identities i ON i.profile_id = l.profile_id AND i.kind = l.kind AND i.value = j.value",
        )
        .bind(wanted)
        .bind(dataset.0)
        .bind(kind.number())
        .fetch_one(&mut *conn)
        .await?)?;
        for (hash, profile) in rows {
            let hash = u128::from_str_radix(&hash, 16)
                .map_err(|_| Error::Corrupt("a look-up key has not 16 bytes".to_owned()))?;
            found.insert(
                KeyId {
                    kind,
                    hash: hash.to_be_bytes(),
                },
                profile,
            );
        }
    }
    Ok(found)
}

/// Whom the look-up names for identities, by its keys in order. Some of these profiles may be gone or not be there yet:
/// who goes on with the answer sees that when he loads them.
pub(crate) async fn named_owners(conn: &mut Conn, dataset: DatasetId, keys: &[KeyId]) -> Result<KeyMap<i64>> {
    let mut found = KeyMap::with_capacity_and_hasher(keys.len(), Default::default());
    for kind in IdentityKind::ALL {
        let wanted: Vec<String> = keys.iter().filter(|key| key.kind == kind).map(hex).collect();
        if wanted.is_empty() {
            continue;
        }
        let rows: Vec<(usize, i64)> = many(
            sqlx::query_scalar(
                "SELECT json_group_array(json_array(j.key, l.profile_id)) FROM json_each(?) j \
             CROSS JOIN identity_lookup l ON l.dataset_id = ? AND l.kind = ? AND l.hash = unhex(j.value)",
            )
            .bind(json(&wanted)?)
            .bind(dataset.0)
            .bind(kind.number())
            .fetch_one(&mut *conn)
            .await?,
        )?;
        let asked: Vec<KeyId> = keys.iter().filter(|key| key.kind == kind).copied().collect();
        found.extend(
            rows.into_iter()
                .filter_map(|(at, profile)| Some((*asked.get(at)?, profile))),
        );
    }
    Ok(found)
}

/// `{"hash in hex": "canonical value", …}` of one kind.
fn hashes_json(keys: &[&Key], kind: IdentityKind) -> Result<Option<String>> {
    let mut json = String::new();
    for key in keys.iter().filter(|key| key.kind == kind) {
        json.push(if json.is_empty() { '{' } else { ',' });
        json.push('"');
        json.push_str(&hex(&key.id()));
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
pub(crate) async fn stored(
    conn: &mut Conn,
    ids: &[i64],
    with_attributes: bool,
) -> Result<HashMap<i64, Stored>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Stored> = many(sqlx::query_scalar(
        "SELECT json_group_array(json_array(id, first_seen_at, last_seen_at, created_at, CASE WHEN ? THEN attributes END)) \
         FROM profiles WHERE id IN (SELECT value FROM json_each(?))",
    )
    .bind(with_attributes)
    .bind(json(&ids)?)
    .fetch_one(conn)
    .await?)?;
    Ok(rows.into_iter().map(|stored| (stored.id, stored)).collect())
}

/// E-mails and phones of these people.
pub(crate) async fn single_identities(
    conn: &mut Conn,
    ids: &[i64],
) -> Result<Vec<(i64, IdentityKind, String)>> {
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT profile_id, kind, value FROM identities WHERE profile_id IN (SELECT value FROM json_each(?)) AND kind IN (2, 3)",
    )
    .bind(json(&ids)?)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, kind, value)| Some((id, IdentityKind::from_number(kind)?, value)))
        .collect())
}

/// Many rows that came as one value: each row of its own would be handed from SQLite's thread to ours one by one.
pub(super) fn many<T: serde::de::DeserializeOwned>(rows: String) -> Result<Vec<T>> {
    serde_json::from_str(&rows).map_err(|_| Error::Corrupt("rows cannot be read back".to_owned()))
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
        sqlx::query_scalar("UPDATE installation SET next_block = next_block + 1 RETURNING next_block - 1")
            .fetch_one(&mut *conn)
            .await?;
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

/// The number of the last job.
pub(crate) async fn last_job(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM jobs")
        .fetch_one(conn)
        .await?)
}

/// The greatest profile id that was drawn.
pub(crate) async fn last_id(conn: &mut Conn, dataset: DatasetId) -> Result<i64> {
    let sql = "SELECT coalesce(max(next_id) - 1, 0) FROM profile_blocks WHERE dataset_id = ?";
    Ok(sqlx::query_scalar(sql).bind(dataset.0).fetch_one(conn).await?)
}

/// Writes look-up entries, in key order, for people who will be made. What is there already stays.
pub(crate) async fn reserve_identities(
    conn: &mut Conn,
    dataset: DatasetId,
    entries: &[(KeyId, i64)],
) -> Result<()> {
    let head = "INSERT INTO identity_lookup (dataset_id, kind, hash, profile_id)";
    bulk(
        conn,
        (head, 4, "ON CONFLICT (dataset_id, kind, hash) DO NOTHING"),
        entries,
        |binds, (key, id)| {
            binds.add(dataset.0)?;
            binds.add(key.kind.number())?;
            binds.add(key.hash.as_slice())?;
            binds.add(*id)
        },
    )
    .await?;
    Ok(())
}

/// Draws `wanted` numbers of the change log; gives the first.
pub(crate) async fn draw_seq(conn: &mut Conn, wanted: i64) -> Result<i64> {
    let last: i64 =
        sqlx::query_scalar("UPDATE installation SET change_seq = change_seq + ? RETURNING change_seq")
            .bind(wanted)
            .fetch_one(conn)
            .await?;
    Ok(last - wanted + 1)
}

/// Inserts people, in id order.
pub(crate) async fn insert_people(conn: &mut Conn, dataset: DatasetId, people: &[PersonRow]) -> Result<()> {
    let head = "INSERT INTO profiles (id, dataset_id, bucket, first_seen_at, last_seen_at, created_at, changed_seq, attributes, events)";
    bulk(conn, (head, 9, ""), people, |binds, person| {
        binds.add(person.id)?;
        binds.add(dataset.0)?;
        binds.add(rand::random_range(0..10_000_i64))?;
        binds.add(person.first_seen)?;
        binds.add(person.last_seen)?;
        binds.add(person.created)?;
        binds.add(person.seq)?;
        binds.add(person.attributes.as_deref().unwrap_or("{}"))?;
        binds.add(person.events)
    })
    .await?;
    Ok(())
}

/// Updates people who were loaded in this transaction, in id order. As an upsert, because UPDATE … FROM writes every
/// row into a temporary table first, which takes half as long again.
pub(crate) async fn update_people(conn: &mut Conn, dataset: DatasetId, people: &[PersonRow]) -> Result<()> {
    let head = "INSERT INTO profiles (id, dataset_id, bucket, first_seen_at, last_seen_at, created_at, changed_seq, attributes, events)";
    let tail = "ON CONFLICT (id) DO UPDATE SET first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at, \
                created_at = excluded.created_at, changed_seq = excluded.changed_seq, events = events + excluded.events, \
                attributes = CASE excluded.attributes WHEN '' THEN attributes ELSE excluded.attributes END";
    bulk(conn, (head, 9, tail), people, |binds, person| {
        binds.add(person.id)?;
        binds.add(dataset.0)?;
        binds.add(0_i64)?;
        binds.add(person.first_seen)?;
        binds.add(person.last_seen)?;
        binds.add(person.created)?;
        binds.add(person.seq)?;
        binds.add(person.attributes.as_deref().unwrap_or_default())?;
        binds.add(person.events)
    })
    .await?;
    Ok(())
}

/// Takes identities away from people, and their look-up entries as far as these still mean them.
pub(crate) async fn remove_identities(
    conn: &mut Conn,
    dataset: DatasetId,
    removed: &[(i64, Key)],
) -> Result<()> {
    let head = "DELETE FROM identities WHERE (profile_id, kind, value) IN (";
    bulk(conn, (head, 3, ")"), removed, |binds, (id, key)| {
        binds.add(*id)?;
        binds.add(key.kind.number())?;
        binds.add(key.value.as_str())
    })
    .await?;
    remove_lookups(conn, dataset, removed).await
}

/// Takes look-up entries away as far as they mean these people.
pub(crate) async fn remove_lookups(
    conn: &mut Conn,
    dataset: DatasetId,
    removed: &[(i64, Key)],
) -> Result<()> {
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
pub(crate) async fn add_identities(
    conn: &mut Conn,
    dataset: DatasetId,
    added: &mut [(i64, Key)],
) -> Result<()> {
    added.sort_unstable_by(|(a, x), (b, y)| (a, x.kind, &x.value).cmp(&(b, y.kind, &y.value)));
    bulk(
        conn,
        ("INSERT INTO identities (profile_id, kind, value)", 3, ""),
        added,
        |binds, (id, key)| {
            binds.add(*id)?;
            binds.add(key.kind.number())?;
            binds.add(key.value.as_str())
        },
    )
    .await?;
    // In key order: the only table in random order, so neighbours should at least be written together.
    added.sort_unstable_by_key(|(_, key)| key.id());
    // An entry that was written beforehand is right already, and its page is left alone.
    let tail = "ON CONFLICT (dataset_id, kind, hash) DO UPDATE SET profile_id = excluded.profile_id WHERE profile_id <> excluded.profile_id";
    bulk(
        conn,
        (
            "INSERT INTO identity_lookup (dataset_id, kind, hash, profile_id)",
            4,
            tail,
        ),
        added,
        |binds, (id, key)| {
            binds.add(dataset.0)?;
            binds.add(key.kind.number())?;
            binds.add(key.hash.as_slice())?;
            binds.add(*id)
        },
    )
    .await?;
    Ok(())
}
