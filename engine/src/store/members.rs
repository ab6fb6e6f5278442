//! The stored members of a rule segment that was disabled by hand: written and cleared in slices, so that nobody waits.
//!
//! Design notes. While rows are being written before the segment is disabled, or cleared after it was enabled or
//! removed, they must not be believed. A note in `settings` says so; it is set in the transaction that begins the work
//! and taken away in the one that ends it. Rows of an enabled rule segment are never read, so a process that dies in
//! between leaves nothing wrong but the note, by which the next start clears the rows.

use super::{
    Conn,
    profiles::push_scan_above,
    rule_sql::{RuleScope, push_segment},
    settings,
};
use crate::error::Result;
use domain::{id::SegmentId, time::Timestamp};
use sqlx::QueryBuilder;

/// Rows written or cleared in one transaction: a few milliseconds of lock.
pub(crate) const SLICE: u32 = 5_000;

const NOTE: &str = "unsettled_members:";

fn note(id: SegmentId) -> String {
    format!("{NOTE}{id}")
}

/// Notes that the stored members of the segment must not be believed.
pub(crate) async fn unsettle(conn: &mut Conn, id: SegmentId) -> Result<()> {
    settings::put(conn, &note(id), "1").await
}

/// Takes the note away.
pub(crate) async fn settle(conn: &mut Conn, id: SegmentId) -> Result<()> {
    settings::remove(conn, &note(id)).await
}

/// Whether the stored members of the segment are being written or cleared: no job may disable it meanwhile.
pub(crate) async fn unsettled(conn: &mut Conn, id: SegmentId) -> Result<bool> {
    Ok(settings::get(conn, &note(id)).await?.is_some())
}

/// The segments with such a note, also removed ones.
pub(crate) async fn all_unsettled(conn: &mut Conn) -> Result<Vec<SegmentId>> {
    let names = settings::names(conn, NOTE).await?;
    Ok(names
        .iter()
        .filter_map(|name| name.strip_prefix(NOTE)?.parse().ok())
        .collect())
}

/// The last profile of the next slice of stored members; `None`: there are no more.
pub(crate) async fn slice_end(conn: &mut Conn, id: SegmentId, after: i64) -> Result<Option<i64>> {
    let end: Option<i64> = sqlx::query_scalar(
        "SELECT max(profile_id) FROM (SELECT profile_id FROM memberships
           WHERE profile_id > $2 AND segment_id = $1 ORDER BY profile_id LIMIT $3)",
    )
    .bind(id.0)
    .bind(after)
    .bind(i64::from(SLICE))
    .fetch_one(conn)
    .await?;
    Ok(end)
}

/// Clears the stored members of a range of profiles.
pub(crate) async fn clear_range(conn: &mut Conn, id: SegmentId, after: i64, upto: i64) -> Result<()> {
    sqlx::query("DELETE FROM memberships WHERE profile_id > $2 AND profile_id <= $3 AND segment_id = $1")
        .bind(id.0)
        .bind(after)
        .bind(upto)
        .execute(conn)
        .await?;
    Ok(())
}

/// The next slice of people above `after`: the members, or, with `since`, everyone who changed after that number and
/// whether they are members.
pub(crate) async fn verdicts(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    id: SegmentId,
    since: Option<i64>,
    after: i64,
) -> Result<Vec<(i64, bool)>> {
    let mut q = QueryBuilder::new("SELECT p.id, (");
    match since {
        None => {
            q.push("TRUE");
        }
        Some(_) => push_segment(&mut q, id.0, scope)?,
    }
    q.push(") IS TRUE ");
    push_scan_above(&mut q, scope.dataset_id, after);
    q.push(" AND ");
    match since {
        None => push_segment(&mut q, id.0, scope)?,
        Some(seq) => {
            q.push("p.changed_seq > ").push_bind(seq);
        }
    }
    q.push(" ORDER BY b.first_id, p.id LIMIT ")
        .push_bind(i64::from(SLICE));
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// Stores verdicts: who is in gets a row, who is out loses it. People who are gone meanwhile are left out.
pub(crate) async fn apply(
    conn: &mut Conn,
    id: SegmentId,
    at: Timestamp,
    verdicts: &[(i64, bool)],
) -> Result<()> {
    let ids = |wanted: bool| {
        let chosen: Vec<i64> = verdicts
            .iter()
            .filter(|(_, is)| *is == wanted)
            .map(|(profile, _)| *profile)
            .collect();
        serde_json::Value::from(chosen).to_string()
    };
    sqlx::query(
        "INSERT INTO memberships (profile_id, segment_id, joined_at)
         SELECT p.id, $1, $2 FROM json_each($3) j CROSS JOIN profiles p ON p.id = j.value WHERE TRUE
         ON CONFLICT (profile_id, segment_id) DO NOTHING",
    )
    .bind(id.0)
    .bind(at.ms())
    .bind(ids(true))
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "DELETE FROM memberships WHERE segment_id = $1 AND profile_id IN (SELECT value FROM json_each($2))",
    )
    .bind(id.0)
    .bind(ids(false))
    .execute(conn)
    .await?;
    Ok(())
}

/// The number of the last change to anybody.
pub(crate) async fn change_seq(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT change_seq FROM installation")
        .fetch_one(conn)
        .await?)
}
