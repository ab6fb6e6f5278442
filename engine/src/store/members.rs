//! The stored members of a rule segment that is disabled, by hand or by a job: written and cleared in slices, so that nobody
//! waits.
//!
//! Design notes. While rows are being written before the segment is disabled, or cleared after it was enabled or
//! removed, they must not be believed. A note in `settings` says so; it is set in the transaction that begins the work
//! and taken away in the one that ends it. Rows of an enabled rule segment are never read, so a process that dies in
//! between leaves nothing wrong but the note, by which the next start clears the rows.

use super::{
    Conn,
    ingest::json,
    profiles::push_scan_above,
    rule_sql::RuleScope,
    settings,
    targets::{Membership, push_membership},
};
use crate::error::Result;
use domain::{
    id::{DatasetId, SegmentId},
    time::Timestamp,
};
use sqlx::{QueryBuilder, Sqlite};

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

/// Whose verdicts are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whom<'a> {
    /// Everyone who needs a row.
    Everyone,
    /// Those who changed after this number: a scan of the dataset.
    ChangedAfter(i64),
    /// These.
    These(&'a [i64]),
}

/// A person and the row they need: `Some(true)`: a member, `Some(false)`: none though a target, `None`: no row.
pub(crate) type Verdict = (i64, Option<bool>);

/// The next slice of verdicts above `after`, in the order of ids; of these people, all at once. `base`: the set of targets who
/// are members without a row; who is a target and in, or neither, needs none.
pub(crate) async fn verdicts(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    (who, base): (&Membership, Option<i64>),
    whom: Whom<'_>,
    after: i64,
) -> Result<Vec<Verdict>> {
    let mut q = QueryBuilder::new("SELECT p.id, ");
    push_target(&mut q, base);
    q.push(", ");
    if matches!(whom, Whom::Everyone) {
        // Only who differs comes out, so the rule need not be asked twice.
        q.push("NOT ");
        push_target(&mut q, base);
    } else {
        push_in(&mut q, who, scope)?;
    }
    q.push(" ");
    match whom {
        Whom::These(ids) => {
            q.push("FROM json_each(").push_bind(json(&ids)?);
            q.push(") j CROSS JOIN profiles p ON p.id = j.value WHERE p.dataset_id = ")
                .push_bind(scope.dataset_id)
                .push(" ORDER BY p.id");
        }
        Whom::ChangedAfter(seq) => {
            push_scan_above(&mut q, scope.dataset_id, after);
            q.push(" AND p.changed_seq > ").push_bind(seq);
        }
        Whom::Everyone => {
            push_scan_above(&mut q, scope.dataset_id, after);
            q.push(" AND ");
            push_in(&mut q, who, scope)?;
            q.push(" <> ");
            push_target(&mut q, base);
        }
    }
    if !matches!(whom, Whom::These(_)) {
        q.push(" ORDER BY b.first_id, p.id LIMIT ")
            .push_bind(i64::from(SLICE));
    }
    let rows: Vec<(i64, bool, bool)> = q.build_query_as().fetch_all(conn).await?;
    let verdict = |(id, target, is_in): (i64, bool, bool)| (id, (target != is_in).then_some(is_in));
    Ok(rows.into_iter().map(verdict).collect())
}

fn push_target(q: &mut QueryBuilder<Sqlite>, base: Option<i64>) {
    match base {
        Some(set) => {
            q.push("EXISTS (SELECT 1 FROM job_targets t WHERE t.job_id = ")
                .push_bind(set)
                .push(" AND t.profile_id = p.id)");
        }
        None => _ = q.push("FALSE"),
    }
}

fn push_in(q: &mut QueryBuilder<Sqlite>, who: &Membership, scope: &RuleScope<'_>) -> Result<()> {
    q.push("((");
    push_membership(q, who, scope)?;
    q.push(") IS TRUE)");
    Ok(())
}

/// Gives each of these people the row that they need. Who is gone meanwhile is left out.
pub(crate) async fn apply(conn: &mut Conn, id: SegmentId, at: Timestamp, verdicts: &[Verdict]) -> Result<()> {
    let rows: Vec<(i64, bool)> = verdicts
        .iter()
        .filter_map(|(profile, row)| Some((*profile, (*row)?)))
        .collect();
    let without: Vec<i64> = verdicts
        .iter()
        .filter(|(_, row)| row.is_none())
        .map(|(profile, _)| *profile)
        .collect();
    sqlx::query(
        "INSERT INTO memberships (profile_id, segment_id, member, joined_at)
         SELECT p.id, $1, j.value ->> 1, $2 FROM json_each($3) j CROSS JOIN profiles p ON p.id = j.value ->> 0 WHERE TRUE
         ON CONFLICT (profile_id, segment_id) DO UPDATE SET member = excluded.member, joined_at = excluded.joined_at",
    )
    .bind(id.0)
    .bind(at.ms())
    .bind(json(&rows)?)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "DELETE FROM memberships WHERE segment_id = $1 AND profile_id IN (SELECT value FROM json_each($2))",
    )
    .bind(id.0)
    .bind(json(&without)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Who of a dataset changed after number `seq`, by the log of changes, above `after`, a slice. To be asked while the log is
/// kept from that number on: else the warehouse copy takes out what it has passed.
pub(crate) async fn changed(conn: &mut Conn, dataset: DatasetId, seq: i64, after: i64) -> Result<Vec<i64>> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT DISTINCT profile_id FROM change_log WHERE seq > $1 AND dataset_id = $2 AND profile_id > $3
         ORDER BY profile_id LIMIT $4",
    )
    .bind(seq)
    .bind(dataset.0)
    .bind(after)
    .bind(i64::from(SLICE))
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// The number of the last change to anybody.
pub(crate) async fn change_seq(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT change_seq FROM installation")
        .fetch_one(conn)
        .await?)
}
