//! The sweep of the identity look-up: dead entries are taken away in key order, slice by slice. They are harmless before
//! that (a reader finds no such person behind them), so the sweep may be interrupted anywhere.

use super::Conn;
use crate::error::Result;
use domain::id::JobId;
use sqlx::Row as _;

/// A place in the look-up of a dataset: kind and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    kind: i64,
    hash: Vec<u8>,
}

impl Place {
    /// Before the first entry.
    pub(crate) const fn start() -> Self {
        Self {
            kind: 0,
            hash: Vec::new(),
        }
    }

    /// As stored in `jobs.sweep_cursor`: a byte of kind, then the hash.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![u8::try_from(self.kind).unwrap_or(u8::MAX)];
        bytes.extend_from_slice(&self.hash);
        bytes
    }

    /// Reads what `to_bytes` wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        match bytes.split_first() {
            Some((kind, hash)) => Self {
                kind: i64::from(*kind),
                hash: hash.to_vec(),
            },
            None => Self::start(),
        }
    }
}

/// The entry `entries` further on; `None` where fewer follow.
pub(crate) async fn skip(conn: &mut Conn, dataset: i64, from: &Place, entries: i64) -> Result<Option<Place>> {
    let row = sqlx::query("SELECT kind, hash FROM identity_lookup WHERE dataset_id = $1 AND (kind, hash) > ($2, $3) ORDER BY kind, hash LIMIT 1 OFFSET $4")
        .bind(dataset)
        .bind(from.kind)
        .bind(&from.hash)
        .bind(entries - 1)
        .fetch_optional(conn)
        .await?;
    Ok(match row {
        Some(row) => Some(Place {
            kind: row.try_get(0)?,
            hash: row.try_get(1)?,
        }),
        None => None,
    })
}

/// Removes the dead entries after `from` up to `to` (to the end where there is none). Gives how many.
pub(crate) async fn slice(conn: &mut Conn, dataset: i64, from: &Place, to: Option<&Place>) -> Result<u64> {
    let mut q = sqlx::QueryBuilder::new("DELETE FROM identity_lookup WHERE dataset_id = ");
    q.push_bind(dataset)
        .push(" AND (kind, hash) > (")
        .push_bind(from.kind)
        .push(", ")
        .push_bind(from.hash.clone())
        .push(")");
    if let Some(to) = to {
        q.push(" AND (kind, hash) <= (")
            .push_bind(to.kind)
            .push(", ")
            .push_bind(to.hash.clone())
            .push(")");
    }
    q.push(" AND NOT EXISTS (SELECT 1 FROM profiles p WHERE p.id = identity_lookup.profile_id)");
    Ok(q.build().execute(conn).await?.rows_affected())
}

/// Notes how far the sweep has come.
pub(crate) async fn set_cursor(conn: &mut Conn, job: JobId, place: &Place) -> Result<()> {
    sqlx::query("UPDATE jobs SET sweep_cursor = $2 WHERE id = $1")
        .bind(job.0)
        .bind(place.to_bytes())
        .execute(conn)
        .await?;
    Ok(())
}
