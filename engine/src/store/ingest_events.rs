//! The SQL of imports that concerns events: kinds, events, accumulated totals, the change log. Knows tables, no files.

use super::{
    Conn,
    ingest::{bulk, json},
};
use crate::error::Result;
use domain::id::DatasetId;
use std::collections::{HashMap, HashSet};

/// An event as stored.
#[derive(Debug, Clone)]
pub(crate) struct EventRow {
    pub(crate) profile: i64,
    pub(crate) at: i64,
    pub(crate) eid: i64,
    pub(crate) kind: i64,
    pub(crate) value: Option<i64>,
    pub(crate) quantity: Option<i64>,
    pub(crate) campaign: Option<String>,
    pub(crate) properties: Option<String>,
}

/// The key of an event: profile, time, number.
pub(crate) type EventKey = (i64, i64, i64);

/// What is added up, by day and kind: campaigns (empty: none) and their totals. Few campaigns share a day and a kind.
pub(crate) type Totals = HashMap<(i64, i64), Vec<(String, Total)>>;

/// Events, value and quantity of one key.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Total {
    pub(crate) events: i64,
    pub(crate) value: i64,
    pub(crate) quantity: i64,
}

/// A line of the change log: number, profile, and the event's time and number unless the profile itself changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) seq: i64,
    pub(crate) profile: i64,
    pub(crate) event: Option<(i64, i64)>,
}

/// The kinds of a dataset.
pub(crate) async fn kinds(conn: &mut Conn, dataset: DatasetId) -> Result<HashMap<String, i64>> {
    let rows: Vec<(String, i64)> = sqlx::query_as("SELECT name, id FROM event_kinds WHERE dataset_id = ?")
        .bind(dataset.0)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The number of a kind, new or not.
pub(crate) async fn kind(conn: &mut Conn, dataset: DatasetId, name: &str) -> Result<i64> {
    // The update changes nothing; it is there so that RETURNING answers for a kind that exists.
    let sql = "INSERT INTO event_kinds (dataset_id, name) VALUES (?, ?) ON CONFLICT (dataset_id, name) DO UPDATE SET name = excluded.name RETURNING id";
    Ok(sqlx::query_scalar(sql)
        .bind(dataset.0)
        .bind(name)
        .fetch_one(conn)
        .await?)
}

/// Which of these events are there already.
pub(crate) async fn existing(conn: &mut Conn, wanted: &[EventKey]) -> Result<HashSet<EventKey>> {
    if wanted.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<EventKey> = sqlx::query_as(
        "SELECT e.profile_id, e.at, e.eid FROM json_each(?) j CROSS JOIN events e \
         ON e.profile_id = j.value ->> 0 AND e.at = j.value ->> 1 AND e.eid = j.value ->> 2",
    )
    .bind(json(&wanted)?)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

/// Inserts events that are not there, in key order.
pub(crate) async fn insert(conn: &mut Conn, events: &mut [EventRow]) -> Result<()> {
    events.sort_unstable_by_key(|event| (event.profile, event.at, event.eid));
    let head = "INSERT INTO events (profile_id, at, eid, kind_id, value_micros, quantity_micros, campaign_id, properties)";
    bulk(conn, (head, 8, ""), events, |binds, event| {
        binds.add(event.profile)?;
        binds.add(event.at)?;
        binds.add(event.eid)?;
        binds.add(event.kind)?;
        binds.add(event.value)?;
        binds.add(event.quantity)?;
        binds.add(event.campaign.as_deref())?;
        binds.add(event.properties.as_deref())
    })
    .await?;
    Ok(())
}

/// Adds to the accumulated totals. A sum that no 64-bit number holds stays at the greatest that one does: it is absurd
/// anyway, and no row of a file may make an import fail.
pub(crate) async fn add_totals(conn: &mut Conn, dataset: DatasetId, totals: Totals) -> Result<()> {
    let flat = |((day, kind), campaigns): ((i64, i64), Vec<(String, Total)>)| {
        campaigns
            .into_iter()
            .map(move |(campaign, total)| ((day, kind, campaign), total))
    };
    let mut totals: Vec<((i64, i64, String), Total)> = totals.into_iter().flat_map(flat).collect();
    totals.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let head =
        "INSERT INTO totals (dataset_id, day, kind_id, campaign_id, events, value_micros, quantity_micros)";
    let tail = "ON CONFLICT (dataset_id, day, kind_id, campaign_id) DO UPDATE SET events = events + excluded.events, \
                value_micros = CASE WHEN typeof(value_micros + excluded.value_micros) = 'integer' THEN value_micros + excluded.value_micros \
                  WHEN value_micros > 0 THEN 9223372036854775807 ELSE -9223372036854775807 END, \
                quantity_micros = CASE WHEN typeof(quantity_micros + excluded.quantity_micros) = 'integer' THEN quantity_micros + excluded.quantity_micros \
                  WHEN quantity_micros > 0 THEN 9223372036854775807 ELSE -9223372036854775807 END";
    bulk(
        conn,
        (head, 7, tail),
        &totals,
        |binds, ((day, kind, campaign), total)| {
            binds.add(dataset.0)?;
            binds.add(*day)?;
            binds.add(*kind)?;
            binds.add(campaign.as_str())?;
            binds.add(total.events)?;
            binds.add(total.value)?;
            binds.add(total.quantity)
        },
    )
    .await?;
    Ok(())
}

/// Writes the change log, in order of its numbers.
pub(crate) async fn log_changes(conn: &mut Conn, dataset: DatasetId, changes: &[Change]) -> Result<()> {
    let head = "INSERT INTO change_log (seq, dataset_id, profile_id, event_at, event_eid)";
    bulk(conn, (head, 5, ""), changes, |binds, change| {
        binds.add(change.seq)?;
        binds.add(dataset.0)?;
        binds.add(change.profile)?;
        binds.add(change.event.map(|(at, _)| at))?;
        binds.add(change.event.map(|(_, eid)| eid))
    })
    .await?;
    Ok(())
}
