//! Rows of registered uses: what other systems run on segments, and when the last list of it came.

use super::Conn;
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, SegmentId},
    time::Timestamp,
    usage::{RegisteredUse, UseKind, UsesList},
};
use std::collections::BTreeMap;

#[derive(sqlx::FromRow)]
struct UseRow {
    id: String,
    kind: String,
    name: String,
    status: String,
    owner: Option<String>,
    link: Option<String>,
    version: i64,
    listed_at: i64,
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    use_id: String,
    segment_id: i64,
    role: String,
    name: String,
}

/// The registered uses of a dataset, by name.
pub(crate) async fn list(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<RegisteredUse>> {
    let rows: Vec<UseRow> = sqlx::query_as(
        "SELECT id, kind, name, status, owner, link, version, listed_at FROM uses
         WHERE dataset_id = $1 ORDER BY name COLLATE NOCASE, id",
    )
    .bind(dataset.0)
    .fetch_all(&mut *conn)
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let links: Vec<LinkRow> = sqlx::query_as(
        "SELECT l.use_id, l.segment_id, l.role, s.name FROM use_segments l JOIN segments s ON s.id = l.segment_id
         WHERE l.dataset_id = $1 ORDER BY s.name COLLATE NOCASE, s.id",
    )
    .bind(dataset.0)
    .fetch_all(conn)
    .await?;
    let mut by_use: BTreeMap<String, Vec<LinkRow>> = BTreeMap::new();
    for link in links {
        by_use.entry(link.use_id.clone()).or_default().push(link);
    }
    rows.into_iter()
        .map(|row| show(by_use.remove(&row.id).unwrap_or_default(), row))
        .collect()
}

fn show(links: Vec<LinkRow>, row: UseRow) -> Result<RegisteredUse> {
    let kind = UseKind::parse(&row.kind)
        .ok_or_else(|| Error::Corrupt(format!("a registered use is of the unknown kind {}", row.kind)))?;
    let (include, exclude): (Vec<_>, Vec<_>) = links.into_iter().partition(|link| link.role == "include");
    let pairs = |links: Vec<LinkRow>| {
        links
            .into_iter()
            .map(|link| (SegmentId(link.segment_id), link.name))
            .collect()
    };
    Ok(RegisteredUse {
        id: row.id,
        kind,
        name: row.name,
        status: row.status,
        include: pairs(include),
        exclude: pairs(exclude),
        owner: row.owner,
        link: row.link,
        version: row.version,
        listed_at: Timestamp::from_ms(row.listed_at),
    })
}

/// Writes a use, new or in place of the one with its id, with the version that it carries.
pub(crate) async fn save(conn: &mut Conn, dataset: DatasetId, it: &RegisteredUse) -> Result<()> {
    sqlx::query(
        "INSERT INTO uses (dataset_id, id, kind, name, status, owner, link, version, listed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (dataset_id, id) DO UPDATE SET kind = excluded.kind, name = excluded.name, status = excluded.status,
           owner = excluded.owner, link = excluded.link, version = excluded.version, listed_at = excluded.listed_at",
    )
    .bind(dataset.0)
    .bind(&it.id)
    .bind(it.kind.as_str())
    .bind(&it.name)
    .bind(&it.status)
    .bind(it.owner.as_deref())
    .bind(it.link.as_deref())
    .bind(it.version)
    .bind(it.listed_at.ms())
    .execute(&mut *conn)
    .await?;
    sqlx::query("DELETE FROM use_segments WHERE dataset_id = $1 AND use_id = $2")
        .bind(dataset.0)
        .bind(&it.id)
        .execute(&mut *conn)
        .await?;
    for (role, segments) in [("include", &it.include), ("exclude", &it.exclude)] {
        for (segment, _) in segments {
            sqlx::query(
                "INSERT INTO use_segments (dataset_id, use_id, segment_id, role) VALUES ($1, $2, $3, $4)",
            )
            .bind(dataset.0)
            .bind(&it.id)
            .bind(segment.0)
            .bind(role)
            .execute(&mut *conn)
            .await?;
        }
    }
    Ok(())
}

/// Removes a use; whether there was one.
pub(crate) async fn remove(conn: &mut Conn, dataset: DatasetId, id: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM uses WHERE dataset_id = $1 AND id = $2")
        .bind(dataset.0)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// The last list that the dataset was given.
pub(crate) async fn last_list(conn: &mut Conn, dataset: DatasetId) -> Result<UsesList> {
    let row: Option<(i64, i64)> =
        sqlx::query_as("SELECT listed_at, uses FROM use_lists WHERE dataset_id = $1")
            .bind(dataset.0)
            .fetch_optional(conn)
            .await?;
    Ok(row.map_or_else(UsesList::default, |(at, uses)| UsesList {
        listed_at: Some(Timestamp::from_ms(at)),
        uses,
    }))
}

/// Notes that a list came, and how many uses it named.
pub(crate) async fn set_list(conn: &mut Conn, dataset: DatasetId, at: Timestamp, uses: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO use_lists (dataset_id, listed_at, uses) VALUES ($1, $2, $3)
         ON CONFLICT (dataset_id) DO UPDATE SET listed_at = excluded.listed_at, uses = excluded.uses",
    )
    .bind(dataset.0)
    .bind(at.ms())
    .bind(uses)
    .execute(conn)
    .await?;
    Ok(())
}
