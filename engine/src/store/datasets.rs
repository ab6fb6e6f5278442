//! Rows of datasets, and the figures of the overview.

use super::{Conn, profiles::micros_from_parts, rule_sql::push_dataset_scan};
use crate::error::Result;
use domain::{
    dataset::{Dataset, DatasetFigures},
    event::PURCHASE,
    id::DatasetId,
    time::{DAY_MS, Timestamp},
};
use sqlx::{QueryBuilder, Sqlite};

#[derive(sqlx::FromRow)]
struct DatasetRow {
    id: i64,
    slug: String,
    name: String,
    currency: String,
    created_at: i64,
}

impl From<DatasetRow> for Dataset {
    fn from(row: DatasetRow) -> Self {
        Self {
            id: DatasetId(row.id),
            slug: row.slug,
            name: row.name,
            currency: row.currency,
            created_at: Timestamp::from_ms(row.created_at),
        }
    }
}

/// All datasets, by short name.
pub(crate) async fn list(conn: &mut Conn) -> Result<Vec<Dataset>> {
    let rows: Vec<DatasetRow> =
        sqlx::query_as("SELECT id, slug, name, currency, created_at FROM datasets ORDER BY slug")
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(Dataset::from).collect())
}

/// One dataset by its short name.
pub(crate) async fn by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Dataset>> {
    let row: Option<DatasetRow> =
        sqlx::query_as("SELECT id, slug, name, currency, created_at FROM datasets WHERE slug = $1")
            .bind(slug)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(Dataset::from))
}

/// The short name of a dataset that exists.
pub(crate) async fn slug(conn: &mut Conn, dataset: DatasetId) -> Result<String> {
    Ok(sqlx::query_scalar("SELECT slug FROM datasets WHERE id = $1")
        .bind(dataset.0)
        .fetch_one(conn)
        .await?)
}

/// Inserts a dataset. A unique violation says that the short name is taken.
pub(crate) async fn insert(conn: &mut Conn, slug: &str, name: &str, at: Timestamp) -> Result<Dataset> {
    let row: DatasetRow = sqlx::query_as(
        "INSERT INTO datasets (slug, name, created_at) VALUES ($1, $2, $3) RETURNING id, slug, name, currency, created_at",
    )
    .bind(slug)
    .bind(name)
    .bind(at.ms())
    .fetch_one(conn)
    .await?;
    Ok(row.into())
}

/// Notes that people, events, members or rules of the dataset change in this transaction: counts made before are old.
pub(crate) async fn touch(conn: &mut Conn, dataset: DatasetId, at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE datasets SET changed_at = max(changed_at, $2) WHERE id = $1")
        .bind(dataset.0)
        .bind(at.ms())
        .execute(conn)
        .await?;
    Ok(())
}

/// The numbers of the overview, exact.
pub(crate) async fn figures(conn: &mut Conn, dataset: DatasetId, now: Timestamp) -> Result<DatasetFigures> {
    let mut q: QueryBuilder<Sqlite> = QueryBuilder::new(
        "SELECT count(*), coalesce(sum(EXISTS (SELECT 1 FROM identities i WHERE i.profile_id = p.id AND i.kind <= 3)), 0),
           count(CASE WHEN p.last_seen_at > ",
    );
    q.push_bind(now.ms() - 30 * DAY_MS)
        .push(" AND p.last_seen_at <= ")
        .push_bind(now.ms());
    q.push(" THEN 1 END) ");
    push_dataset_scan(&mut q, dataset.0);
    let (profiles, named, active_30d): (i64, i64, i64) = q.build_query_as().fetch_one(&mut *conn).await?;
    let events: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM profile_blocks b CROSS JOIN events e ON e.profile_id BETWEEN b.first_id AND b.last_id
         WHERE b.dataset_id = $1",
    )
    .bind(dataset.0)
    .fetch_one(&mut *conn)
    .await?;
    let (whole, rest): (i64, i64) = sqlx::query_as(
        "SELECT coalesce(sum(t.value_micros / 1000000), 0), coalesce(sum(t.value_micros % 1000000), 0)
         FROM totals t JOIN event_kinds k ON k.id = t.kind_id WHERE t.dataset_id = $1 AND k.name = $2",
    )
    .bind(dataset.0)
    .bind(PURCHASE)
    .fetch_one(conn)
    .await?;
    let revenue = micros_from_parts(whole, rest);
    Ok(DatasetFigures {
        profiles,
        named,
        active_30d,
        events,
        revenue,
        counted_at: now,
    })
}

/// At most so many profiles can be in the dataset: ids given out. Costs nothing, unlike counting.
pub(crate) async fn profiles_at_most(conn: &mut Conn, dataset: DatasetId) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "SELECT coalesce(sum(next_id - first_id), 0) FROM profile_blocks WHERE dataset_id = $1",
    )
    .bind(dataset.0)
    .fetch_one(conn)
    .await?)
}
