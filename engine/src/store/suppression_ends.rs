//! Taking entries off the list of suppressions that have come to their end, in slices in key order.

use super::Conn;
use crate::error::Result;
use domain::{id::DatasetId, time::Timestamp};
use sqlx::QueryBuilder;

/// A place on the list of a dataset: kind and hash.
pub(crate) type Place = (i64, Vec<u8>);

/// Before the first entry.
pub(crate) const START: Place = (0, Vec::new());

/// The datasets in which something has ended.
pub(crate) async fn ended(conn: &mut Conn, now: Timestamp) -> Result<Vec<DatasetId>> {
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT DISTINCT dataset_id FROM suppression_sources WHERE ends_at <= $1")
            .bind(now.ms())
            .fetch_all(conn)
            .await?;
    Ok(ids.into_iter().map(DatasetId).collect())
}

/// The end of the slice of up to `rows` entries after `from`; `None`: it is the last one.
pub(crate) async fn end(
    conn: &mut Conn,
    dataset: DatasetId,
    from: &Place,
    rows: i64,
) -> Result<Option<Place>> {
    Ok(sqlx::query_as(
        "SELECT kind, hash FROM suppressions WHERE dataset_id = $1 AND (kind, hash) > ($2, $3) ORDER BY kind, hash LIMIT 1 OFFSET $4",
    )
    .bind(dataset.0)
    .bind(from.0)
    .bind(from.1.as_slice())
    .bind(rows - 1)
    .fetch_optional(conn)
    .await?)
}

/// Takes off what has ended after `from` up to `to`. Where only late data is refused any more, that stays.
pub(crate) async fn slice(
    conn: &mut Conn,
    dataset: DatasetId,
    from: &Place,
    to: Option<&Place>,
    now: Timestamp,
) -> Result<()> {
    for what in [
        "DELETE FROM suppressions WHERE coalesce(late_until, 0) <= ",
        "UPDATE suppressions SET refuses = 'late', ends_at = late_until, late_until = NULL WHERE late_until > ",
    ] {
        let mut q = QueryBuilder::<sqlx::Sqlite>::new(what);
        q.push_bind(now.ms())
            .push(" AND ends_at <= ")
            .push_bind(now.ms())
            .push(" AND dataset_id = ")
            .push_bind(dataset.0)
            .push(" AND (kind, hash) > (")
            .push_bind(from.0)
            .push(", ")
            .push_bind(from.1.clone())
            .push(")");
        if let Some((kind, hash)) = to {
            q.push(" AND (kind, hash) <= (")
                .push_bind(*kind)
                .push(", ")
                .push_bind(hash.clone())
                .push(")");
        }
        q.build().execute(&mut *conn).await?;
    }
    Ok(())
}

/// Forgets what each deletion had put on the list, where that has ended.
pub(crate) async fn forget_sources(conn: &mut Conn, dataset: DatasetId, now: Timestamp) -> Result<()> {
    sqlx::query("DELETE FROM suppression_sources WHERE dataset_id = $1 AND ends_at <= $2")
        .bind(dataset.0)
        .bind(now.ms())
        .execute(conn)
        .await?;
    Ok(())
}
