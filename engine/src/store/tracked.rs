//! What came by the tracking API: counts by day, and events that are known again though their message says no time.

use super::{
    Conn,
    ingest::{json, many},
};
use crate::error::Result;
use domain::{
    id::DatasetId,
    time::{DAY_MS, Timestamp},
    tracking::TrackedDay,
};

/// Messages of one transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) accepted: i64,
    pub(crate) rejected: i64,
    pub(crate) suppressed: i64,
    pub(crate) merged: i64,
}

/// Adds to the counts of the day.
pub(crate) async fn count(conn: &mut Conn, dataset: DatasetId, tally: Tally, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO tracked_days (dataset_id, day, accepted, rejected, suppressed, merged, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (dataset_id, day) DO UPDATE SET accepted = accepted + excluded.accepted, rejected = rejected + excluded.rejected,
           suppressed = suppressed + excluded.suppressed, merged = merged + excluded.merged, last_at = max(last_at, excluded.last_at)",
    )
    .bind(dataset.0)
    .bind(now.ms().div_euclid(DAY_MS))
    .bind(tally.accepted)
    .bind(tally.rejected)
    .bind(tally.suppressed)
    .bind(tally.merged)
    .bind(now.ms())
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct DayRow {
    day: i64,
    accepted: i64,
    rejected: i64,
    suppressed: i64,
    merged: i64,
    last_at: i64,
}

/// The last days on which anything came, newest first.
pub(crate) async fn days(conn: &mut Conn, dataset: DatasetId, most: i64) -> Result<Vec<TrackedDay>> {
    let rows: Vec<DayRow> = sqlx::query_as(
        "SELECT day, accepted, rejected, suppressed, merged, last_at FROM tracked_days WHERE dataset_id = $1 ORDER BY day DESC LIMIT $2",
    )
    .bind(dataset.0)
    .bind(most)
    .fetch_all(conn)
    .await?;
    let show = |row: DayRow| TrackedDay {
        day: Timestamp::from_ms(row.day.saturating_mul(DAY_MS)),
        accepted: row.accepted,
        rejected: row.rejected,
        suppressed: row.suppressed,
        merged: row.merged,
        last_at: Timestamp::from_ms(row.last_at),
    };
    Ok(rows.into_iter().map(show).collect())
}

/// When events happened that are there already: of pairs of a person and an event's number, those that are found after a
/// moment, with their time.
pub(crate) async fn times(
    conn: &mut Conn,
    wanted: &[(i64, i64)],
    after: Timestamp,
) -> Result<Vec<(i64, i64, i64)>> {
    many(
        sqlx::query_scalar(
            "SELECT json_group_array(json_array(e.profile_id, e.eid, e.at)) FROM json_each($1) j CROSS JOIN events e
             ON e.profile_id = j.value ->> 0 AND e.at > $2 AND e.eid = j.value ->> 1",
        )
        .bind(json(&wanted)?)
        .bind(after.ms())
        .fetch_one(conn)
        .await?,
    )
}
