//! Making two profiles one: everything that belongs to the one moves to the other. The SQL of alias and identify messages.
//!
//! Which tables belong to a profile is read from the deletion map, so that one that is added there moves as well. Events keep
//! their time and number: a message that is sent again afterwards is known again. Ids are never reused, so a job that
//! has the profile that is no more on its list finds it gone.

use super::{
    Conn,
    deletion_map::{Fate, MAP},
    ingest::{self, Key, json},
    keys::Keys,
};
use crate::error::{Error, Result};
use domain::{id::DatasetId, profile::IdentityKind, value::Value};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, HashSet};

/// Events that are moved at most: so many take about as long as the write lock may be held.
pub(crate) const EVENTS_MOVED_MAX: i64 = 20_000;

/// Of these people, those who have a user_id.
pub(crate) async fn named(conn: &mut Conn, people: &[i64]) -> Result<HashSet<i64>> {
    let rows: Vec<i64> = sqlx::query_scalar(
        "SELECT profile_id FROM identities WHERE kind = 1 AND profile_id IN (SELECT value FROM json_each(?))",
    )
    .bind(json(&people)?)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

/// How many events a person has, counted as far as they may be moved and one further: the number that is kept with the
/// profile is an estimate.
pub(crate) async fn events_of(conn: &mut Conn, person: i64) -> Result<i64> {
    Ok(
        sqlx::query_scalar("SELECT count(*) FROM (SELECT 1 FROM events WHERE profile_id = ? LIMIT ?)")
            .bind(person)
            .bind(EVENTS_MOVED_MAX + 1)
            .fetch_one(conn)
            .await?,
    )
}

/// Moves all of `from` to `into`, two profiles that are there and the first of which may be moved, and logs that for the warehouse copy. Attributes that both
/// have stay as `into` has them, and so do its user_id, e-mail and phone: another user_id becomes an anonymous id, by which
/// the person is still found; another e-mail or phone is nobody's from here on.
pub(crate) async fn join(
    conn: &mut Conn,
    keys: &Keys,
    dataset: DatasetId,
    from: i64,
    into: i64,
) -> Result<()> {
    let events = events_of(conn, from).await?;
    let first = ingest::draw_seq(conn, events + 1).await?;
    let last = first + events;
    // The events of the other are logged as those of this one, before they move and the place in the key with them.
    sqlx::query(
        "INSERT INTO change_log (seq, dataset_id, profile_id, event_at, event_eid)
         SELECT ? - 1 + row_number() OVER (ORDER BY at, eid), ?, ?, at, eid FROM events WHERE profile_id = ? LIMIT ?",
    )
    .bind(first)
    .bind(dataset.0)
    .bind(into)
    .bind(from)
    .bind(events)
    .execute(&mut *conn)
    .await?;
    sqlx::query("INSERT INTO change_log (seq, dataset_id, profile_id) VALUES (?, ?, ?)")
        .bind(last)
        .bind(dataset.0)
        .bind(into)
        .execute(&mut *conn)
        .await?;
    sqlx::query("INSERT INTO merged_profiles (seq, profile_id) VALUES (?, ?)")
        .bind(last)
        .bind(from)
        .execute(&mut *conn)
        .await?;
    move_identities(conn, keys, dataset, from, into).await?;
    let moved = move_rows(conn, from, into).await?;
    move_profile(conn, from, into, moved, last).await
}

/// Gives `into` the identities of `from` that it may have.
async fn move_identities(
    conn: &mut Conn,
    keys: &Keys,
    dataset: DatasetId,
    from: i64,
    into: i64,
) -> Result<()> {
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT profile_id, kind, value FROM identities WHERE profile_id IN (?, ?) ORDER BY kind, value",
    )
    .bind(from)
    .bind(into)
    .fetch_all(&mut *conn)
    .await?;
    let (mut own, mut going, mut coming) = (HashSet::new(), Vec::new(), Vec::new());
    for (profile, kind, value) in rows {
        let Some(kind) = IdentityKind::from_number(kind) else {
            continue;
        };
        if profile == into {
            own.insert(kind);
        } else {
            going.push(Key::new(keys, dataset, kind, value));
        }
    }
    for key in &going {
        match key.kind {
            IdentityKind::AnonymousId => coming.push(key.clone()),
            kind if !own.contains(&kind) => coming.push(key.clone()),
            IdentityKind::UserId => {
                let old = Key::new(keys, dataset, IdentityKind::AnonymousId, key.value.clone());
                // Somebody may have that as an anonymous id already.
                if ingest::owners(conn, dataset, &[&old]).await?.is_empty() {
                    coming.push(old);
                }
            }
            IdentityKind::Email | IdentityKind::Phone => {}
        }
    }
    let going: Vec<(i64, Key)> = going.into_iter().map(|key| (from, key)).collect();
    ingest::remove_identities(conn, dataset, &going).await?;
    let mut coming: Vec<(i64, Key)> = coming.into_iter().map(|key| (into, key)).collect();
    ingest::add_identities(conn, dataset, &mut coming).await
}

/// Moves the rows of the tables that belong to a person. What both have stays once. Gives how many events moved.
async fn move_rows(conn: &mut Conn, from: i64, into: i64) -> Result<i64> {
    let mut events = 0;
    for entry in MAP.iter().filter(|entry| entry.fate == Fate::Delete) {
        if matches!(entry.table, "profiles" | "identities") {
            continue;
        }
        // Only names of the deletion map are put together here.
        let (table, column) = (entry.table, entry.column);
        let moving = format!("UPDATE OR IGNORE {table} SET {column} = ? WHERE {column} = ?");
        let done = sqlx::query(AssertSqlSafe(moving))
            .bind(into)
            .bind(from)
            .execute(&mut *conn)
            .await?;
        if table == "events" {
            events = i64::try_from(done.rows_affected()).unwrap_or(i64::MAX);
        }
        sqlx::query(AssertSqlSafe(format!("DELETE FROM {table} WHERE {column} = ?")))
            .bind(from)
            .execute(&mut *conn)
            .await?;
    }
    Ok(events)
}

/// What the record of a profile says, as far as two of them are put together.
type Record = (Option<i64>, Option<i64>, i64, String);

/// Puts the two records together and takes the one of `from` away.
async fn move_profile(conn: &mut Conn, from: i64, into: i64, events: i64, seq: i64) -> Result<()> {
    let read = "SELECT first_seen_at, last_seen_at, created_at, attributes FROM profiles WHERE id = ?";
    let gone: Record = sqlx::query_as(read).bind(from).fetch_one(&mut *conn).await?;
    let kept: Record = sqlx::query_as(read).bind(into).fetch_one(&mut *conn).await?;
    let map = |text: &str| -> Result<BTreeMap<String, Value>> {
        serde_json::from_str(text)
            .map_err(|_| Error::Corrupt("the attributes of a profile cannot be read".to_owned()))
    };
    let mut attributes = map(&gone.3)?;
    attributes.extend(map(&kept.3)?);
    let best = |one: Option<i64>, other: Option<i64>, pick: fn(i64, i64) -> i64| match (one, other) {
        (Some(one), Some(other)) => Some(pick(one, other)),
        (one, other) => one.or(other),
    };
    sqlx::query(
        "UPDATE profiles SET first_seen_at = ?, last_seen_at = ?, created_at = ?, attributes = ?, events = events + ?, changed_seq = ? WHERE id = ?",
    )
    .bind(best(gone.0, kept.0, i64::min))
    .bind(best(gone.1, kept.1, i64::max))
    .bind(gone.2.min(kept.2))
    .bind(json(&attributes)?)
    .bind(events)
    .bind(seq)
    .bind(into)
    .execute(&mut *conn)
    .await?;
    sqlx::query("DELETE FROM profiles WHERE id = ?")
        .bind(from)
        .execute(conn)
        .await?;
    Ok(())
}
