//! Rows of job reports and of figures that were counted. Numbers about people; no person is in them.

use super::{Conn, jobs::to_json};
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, JobId},
    metric::{Accumulated, Aggregated},
    report::Measured,
    series::Marker,
    time::Timestamp,
};
use std::collections::BTreeMap;

/// The figures of a dataset's people.
pub(crate) const PEOPLE: &str = "people";
/// The rows of a dataset in the warehouse.
pub(crate) const WAREHOUSE: &str = "warehouse";

#[derive(sqlx::FromRow)]
struct ReportRow {
    before_at: Option<i64>,
    totals_before: Option<String>,
    people_before: Option<String>,
    after_at: Option<i64>,
    totals_after: Option<String>,
    people_after: Option<String>,
    went: Option<String>,
    projected: Option<String>,
}

fn read<T: serde::de::DeserializeOwned>(text: Option<&str>) -> Result<Option<T>> {
    let one = |text| {
        serde_json::from_str(text).map_err(|e| Error::Corrupt(format!("figures cannot be read back: {e}")))
    };
    text.map(one).transpose()
}

/// What was measured of a job; `None`: nothing yet.
pub(crate) async fn find(conn: &mut Conn, job: JobId) -> Result<Option<Measured>> {
    let row: Option<ReportRow> = sqlx::query_as(
        "SELECT before_at, totals_before, people_before, after_at, totals_after, people_after, went, projected
         FROM job_reports WHERE job_id = $1",
    )
    .bind(job.0)
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Measured {
        before_at: row.before_at.map(Timestamp::from_ms),
        totals_before: read(row.totals_before.as_deref())?,
        people_before: read(row.people_before.as_deref())?,
        after_at: row.after_at.map(Timestamp::from_ms),
        totals_after: read(row.totals_after.as_deref())?,
        people_after: read(row.people_after.as_deref())?,
        went: read(row.went.as_deref())?,
        projected: read(row.projected.as_deref())?.unwrap_or_default(),
    }))
}

/// Writes the side before, whole, in place of one that was measured earlier.
pub(crate) async fn set_before(
    conn: &mut Conn,
    job: JobId,
    at: Timestamp,
    totals: &Accumulated,
    people: Option<&Aggregated>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO job_reports (job_id, before_at, totals_before, people_before) VALUES ($1, $2, $3, $4)
         ON CONFLICT (job_id) DO UPDATE SET before_at = excluded.before_at, totals_before = excluded.totals_before,
           people_before = excluded.people_before",
    )
    .bind(job.0)
    .bind(at.ms())
    .bind(to_json(totals)?)
    .bind(people.map(to_json).transpose()?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes when the side after is measured; a moment that was noted stays.
pub(crate) async fn begin_after(conn: &mut Conn, job: JobId, at: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO job_reports (job_id, after_at) VALUES ($1, $2)
         ON CONFLICT (job_id) DO UPDATE SET after_at = coalesce(after_at, excluded.after_at)",
    )
    .bind(job.0)
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// The side after, all that belongs to it.
#[derive(Debug)]
pub(crate) struct After<'a> {
    pub(crate) totals: &'a Accumulated,
    pub(crate) people: &'a Aggregated,
    pub(crate) went: &'a Aggregated,
    pub(crate) projected: &'a BTreeMap<String, i64>,
}

/// Writes the side after, whole.
pub(crate) async fn set_after(conn: &mut Conn, job: JobId, after: &After<'_>) -> Result<()> {
    sqlx::query("UPDATE job_reports SET totals_after = $2, people_after = $3, went = $4, projected = $5 WHERE job_id = $1")
        .bind(job.0)
        .bind(to_json(after.totals)?)
        .bind(to_json(after.people)?)
        .bind(to_json(after.went)?)
        .bind(to_json(after.projected)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// The jobs that ended and deleted somebody: for the charts, oldest first.
pub(crate) async fn markers(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<Marker>> {
    let rows: Vec<(i64, String, i64, i64)> = sqlx::query_as(
        "SELECT id, segment_name, finished_at, deleted FROM jobs
         WHERE dataset_id = $1 AND finished_at IS NOT NULL AND deleted > 0 ORDER BY finished_at, id",
    )
    .bind(dataset.0)
    .fetch_all(conn)
    .await?;
    let one = |(job, segment_name, at, deleted)| Marker {
        job: JobId(job),
        segment_name,
        at: Timestamp::from_ms(at),
        deleted,
    };
    Ok(rows.into_iter().map(one).collect())
}

/// Figures as they were last counted, with the time and how long it took, milliseconds.
pub(crate) async fn figures<T: serde::de::DeserializeOwned>(
    conn: &mut Conn,
    dataset: DatasetId,
    what: &'static str,
) -> Result<Option<(T, Timestamp, i64)>> {
    let row: Option<(String, i64, i64)> =
        sqlx::query_as("SELECT body, counted_at, took_ms FROM figures WHERE dataset_id = $1 AND what = $2")
            .bind(dataset.0)
            .bind(what)
            .fetch_optional(conn)
            .await?;
    let Some((body, at, took_ms)) = row else {
        return Ok(None);
    };
    Ok(read(Some(&body))?.map(|body| (body, Timestamp::from_ms(at), took_ms)))
}

/// Keeps figures.
pub(crate) async fn set_figures(
    conn: &mut Conn,
    dataset: DatasetId,
    what: &'static str,
    body: &impl serde::Serialize,
    (at, took_ms): (Timestamp, i64),
) -> Result<()> {
    sqlx::query(
        "INSERT INTO figures (dataset_id, what, counted_at, took_ms, body) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (dataset_id, what) DO UPDATE SET counted_at = excluded.counted_at, took_ms = excluded.took_ms, body = excluded.body",
    )
    .bind(dataset.0)
    .bind(what)
    .bind(at.ms())
    .bind(took_ms)
    .bind(to_json(body)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// What the segments of a dataset's jobs were called, by job.
pub(crate) async fn segment_names(conn: &mut Conn, dataset: DatasetId) -> Result<BTreeMap<i64, String>> {
    let rows: Vec<(i64, String)> = sqlx::query_as("SELECT id, segment_name FROM jobs WHERE dataset_id = $1")
        .bind(dataset.0)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Stores how many rows stay in the warehouse, as of now.
pub(crate) async fn set_kept(conn: &mut Conn, id: JobId, kept: domain::impact::WarehouseKept) -> Result<()> {
    sqlx::query("UPDATE jobs SET warehouse_kept = $2 WHERE id = $1")
        .bind(id.0)
        .bind(to_json(&kept)?)
        .execute(conn)
        .await?;
    Ok(())
}
