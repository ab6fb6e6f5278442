//! Reading people: pages of lists in the order of their numbers, one person's record, and the exact look-up.
//!
//! Design notes. A list is found in two steps: first the ids of the page, then what is shown of them, by sub-queries over
//! just those rows. A page deep in a list begins at its cursor, not at the block's first id, which `max()` sees to.

use super::{
    Conn,
    keys::Keys,
    rule_sql::{RuleScope, push_segment},
    target_people::{self, Among},
};
use crate::error::{Error, Result};
use domain::{
    event::PURCHASE,
    id::{DatasetId, ProfileId},
    micros::{MICROS_PER_UNIT, Micros},
    profile::{EventRow, IdentityKind, Profile, ProfileRow},
    time::Timestamp,
};
use sqlx::{QueryBuilder, Sqlite};
use std::collections::{BTreeMap, BTreeSet};

/// Events shown on one person's page.
const EVENTS_SHOWN: i64 = 50;

/// The ids of up to `rows` people above `after`, in order; of a segment where one is given.
pub(crate) async fn page(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    segment: Option<i64>,
    after: i64,
    rows: u32,
) -> Result<Vec<ProfileId>> {
    let among = Among {
        segment,
        ..Among::default()
    };
    target_people::page(conn, scope, among, after, rows).await
}

/// Appends `FROM … WHERE …`: the people (alias `p`, blocks `b`) of a dataset with ids above `after`.
pub(crate) fn push_scan_above(q: &mut QueryBuilder<Sqlite>, dataset: i64, after: i64) {
    q.push("FROM profile_blocks b CROSS JOIN profiles p WHERE b.dataset_id = ")
        .push_bind(dataset);
    q.push(" AND b.last_id > ").push_bind(after);
    q.push(" AND p.id >= max(b.first_id, ")
        .push_bind(after.saturating_add(1))
        .push(") AND p.id <= b.last_id");
}

/// Whom this text identifies exactly: at most one person for each kind of identity, strongest kind first.
pub(crate) async fn by_identity(
    conn: &mut Conn,
    keys: &Keys,
    dataset: DatasetId,
    text: &str,
) -> Result<Vec<ProfileId>> {
    let mut found = Vec::new();
    for kind in IdentityKind::ALL {
        let Some(value) = kind.canonical(text) else {
            continue;
        };
        let hash = keys.identity_hash(dataset, kind, &value);
        // The look-up may hold entries of people who are gone: identities has the last word.
        let id: Option<i64> = sqlx::query_scalar(
            "SELECT l.profile_id FROM identity_lookup l
               JOIN identities i ON i.profile_id = l.profile_id AND i.kind = l.kind AND i.value = $4
               JOIN profiles p ON p.id = l.profile_id AND p.dataset_id = l.dataset_id
             WHERE l.dataset_id = $1 AND l.kind = $2 AND l.hash = $3",
        )
        .bind(dataset.0)
        .bind(kind.number())
        .bind(hash.as_slice())
        .bind(value)
        .fetch_optional(&mut *conn)
        .await?;
        if let Some(id) = id.map(ProfileId).filter(|id| !found.contains(id)) {
            found.push(id);
        }
    }
    Ok(found)
}

/// Which of these people are in the segment.
pub(crate) async fn those_in(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    segment: i64,
    ids: &[ProfileId],
) -> Result<BTreeSet<ProfileId>> {
    let mut q = QueryBuilder::new("SELECT p.id FROM profiles p WHERE p.id IN (");
    push_ids(&mut q, ids);
    q.push(") AND ");
    push_segment(&mut q, segment, scope)?;
    let ids: Vec<i64> = q.build_query_scalar().fetch_all(conn).await?;
    Ok(ids.into_iter().map(ProfileId).collect())
}

#[derive(sqlx::FromRow)]
struct ListRow {
    id: i64,
    last_seen_at: Option<i64>,
    title: Option<String>,
    email: Option<String>,
    last_purchase: Option<i64>,
    purchases: i64,
    spent_whole: i64,
    spent_rest: i64,
}

/// What a list shows of these people, in the order of their numbers. Who is gone meanwhile is left out.
pub(crate) async fn rows_of(
    conn: &mut Conn,
    dataset: DatasetId,
    ids: &[ProfileId],
) -> Result<Vec<ProfileRow>> {
    let mut q = QueryBuilder::new("WITH kind (id) AS (SELECT id FROM event_kinds WHERE name = ");
    q.push_bind(PURCHASE)
        .push(" AND dataset_id = ")
        .push_bind(dataset.0);
    q.push(
        ") SELECT p.id, p.last_seen_at,
           (SELECT i.value FROM identities i WHERE i.profile_id = p.id ORDER BY i.kind, i.value LIMIT 1) AS title,
           (SELECT i.value FROM identities i WHERE i.profile_id = p.id AND i.kind = 2 LIMIT 1) AS email,
           (SELECT max(e.at) FROM events e WHERE e.profile_id = p.id AND e.kind_id = (SELECT id FROM kind)) AS last_purchase,
           (SELECT count(*) FROM events e WHERE e.profile_id = p.id AND e.kind_id = (SELECT id FROM kind)) AS purchases,
           (SELECT coalesce(sum(e.value_micros / 1000000), 0) FROM events e
             WHERE e.profile_id = p.id AND e.kind_id = (SELECT id FROM kind)) AS spent_whole,
           (SELECT coalesce(sum(e.value_micros % 1000000), 0) FROM events e
             WHERE e.profile_id = p.id AND e.kind_id = (SELECT id FROM kind)) AS spent_rest
         FROM profiles p WHERE p.id IN (",
    );
    push_ids(&mut q, ids);
    q.push(") ORDER BY p.id");
    let rows: Vec<ListRow> = q.build_query_as().fetch_all(conn).await?;
    let shown = rows.into_iter().map(|row| ProfileRow {
        id: ProfileId(row.id),
        title: row.title.unwrap_or_else(|| format!("Profile {}", row.id)),
        email: row.email,
        last_purchase: row.last_purchase.map(Timestamp::from_ms),
        purchases: row.purchases,
        spent: micros_from_parts(row.spent_whole, row.spent_rest),
        last_seen: row.last_seen_at.map(Timestamp::from_ms),
    });
    Ok(shown.collect())
}

fn push_ids(q: &mut QueryBuilder<Sqlite>, ids: &[ProfileId]) {
    let mut list = q.separated(", ");
    for id in ids {
        list.push_bind(id.0);
    }
}

/// An amount out of the sums of its whole units and of the rest: SQLite's own sum of micros would fail where it overflows.
pub(crate) fn micros_from_parts(whole: i64, rest: i64) -> Micros {
    Micros::from_micros(whole.saturating_mul(MICROS_PER_UNIT).saturating_add(rest))
}

#[derive(sqlx::FromRow)]
struct RecordRow {
    first_seen_at: Option<i64>,
    last_seen_at: Option<i64>,
    created_at: i64,
    attributes: String,
}

/// One person's record; `None` where there is no such person in the dataset.
pub(crate) async fn record(conn: &mut Conn, dataset: DatasetId, id: ProfileId) -> Result<Option<Profile>> {
    let row: Option<RecordRow> = sqlx::query_as(
        "SELECT first_seen_at, last_seen_at, created_at, attributes FROM profiles WHERE id = $1 AND dataset_id = $2",
    )
    .bind(id.0)
    .bind(dataset.0)
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let attributes: BTreeMap<_, _> = serde_json::from_str(&row.attributes)
        .map_err(|_| Error::Corrupt(format!("the attributes of profile {id} cannot be read")))?;
    let mut profile = Profile {
        id,
        user_id: None,
        email: None,
        phone: None,
        anonymous_ids: Vec::new(),
        attributes,
        first_seen: row.first_seen_at.map(Timestamp::from_ms),
        last_seen: row.last_seen_at.map(Timestamp::from_ms),
        created: Timestamp::from_ms(row.created_at),
    };
    let identities: Vec<(i64, String)> =
        sqlx::query_as("SELECT kind, value FROM identities WHERE profile_id = $1 ORDER BY kind, value")
            .bind(id.0)
            .fetch_all(conn)
            .await?;
    for (kind, value) in identities {
        match IdentityKind::from_number(kind) {
            Some(IdentityKind::UserId) => profile.user_id = Some(value),
            Some(IdentityKind::Email) => profile.email = Some(value),
            Some(IdentityKind::Phone) => profile.phone = Some(value),
            Some(IdentityKind::AnonymousId) => profile.anonymous_ids.push(value),
            None => {}
        }
    }
    Ok(Some(profile))
}

#[derive(sqlx::FromRow)]
struct StoredEvent {
    at: i64,
    kind: String,
    value_micros: Option<i64>,
    quantity_micros: Option<i64>,
    campaign_id: Option<String>,
}

/// The newest events of a person, and how many there are.
pub(crate) async fn events(conn: &mut Conn, id: ProfileId) -> Result<(Vec<EventRow>, i64)> {
    let rows: Vec<StoredEvent> = sqlx::query_as(
        "SELECT e.at, k.name AS kind, e.value_micros, e.quantity_micros, e.campaign_id
         FROM events e JOIN event_kinds k ON k.id = e.kind_id
         WHERE e.profile_id = $1 ORDER BY e.profile_id DESC, e.at DESC, e.eid DESC LIMIT $2",
    )
    .bind(id.0)
    .bind(EVENTS_SHOWN)
    .fetch_all(&mut *conn)
    .await?;
    let total = sqlx::query_scalar("SELECT count(*) FROM events WHERE profile_id = $1")
        .bind(id.0)
        .fetch_one(conn)
        .await?;
    let shown = rows.into_iter().map(|row| EventRow {
        at: Timestamp::from_ms(row.at),
        kind: row.kind,
        value: row.value_micros.map(Micros::from_micros),
        quantity: row.quantity_micros.map(Micros::from_micros),
        campaign_id: row.campaign_id,
    });
    Ok((shown.collect(), total))
}
