//! Rows of receipts, and the keyed hashes of erased identities that their trees are made of. Knows no key and no signature.

use super::{Conn, Tx};
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, JobId},
    receipt::ReceiptOf,
    time::Timestamp,
};

/// A receipt as stored, without the parts of its tree.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct ReceiptRow {
    pub(crate) source: String,
    pub(crate) source_id: i64,
    pub(crate) dataset_id: i64,
    pub(crate) file: String,
    pub(crate) hash: Vec<u8>,
    pub(crate) sealed_at: i64,
    pub(crate) proofs_until: i64,
    pub(crate) destroyed_at: Option<i64>,
}

impl ReceiptRow {
    /// Whose.
    pub(crate) fn of(&self) -> Result<ReceiptOf> {
        ReceiptOf::from_stored(&self.source, self.source_id)
            .ok_or_else(|| Error::Corrupt(format!("a receipt has the unknown source {}", self.source)))
    }
}

const SELECT: &str =
    "SELECT source, source_id, dataset_id, file, hash, sealed_at, proofs_until, destroyed_at FROM receipts";

/// One receipt.
pub(crate) async fn find(conn: &mut Conn, of: ReceiptOf) -> Result<Option<ReceiptRow>> {
    let mut q = sqlx::QueryBuilder::new(SELECT);
    q.push(" WHERE source = ").push_bind(of.word());
    q.push(" AND source_id = ").push_bind(of.id());
    Ok(q.build_query_as().fetch_optional(conn).await?)
}

/// Number and hash of the last receipt of the chain.
pub(crate) async fn last(conn: &mut Conn) -> Result<Option<(i64, Vec<u8>)>> {
    Ok(
        sqlx::query_as("SELECT no, hash FROM receipts ORDER BY no DESC LIMIT 1")
            .fetch_optional(conn)
            .await?,
    )
}

/// A receipt to be written.
#[derive(Debug)]
pub(crate) struct NewReceipt<'a> {
    pub(crate) no: i64,
    pub(crate) of: ReceiptOf,
    pub(crate) dataset: DatasetId,
    pub(crate) file: &'a str,
    pub(crate) hash: &'a [u8],
    pub(crate) sealed_at: Timestamp,
    pub(crate) proofs_until: Timestamp,
    pub(crate) parts: &'a [u8],
}

/// Writes it. Fails where there is one already, or its number is taken: plain INSERT, so that neither goes unnoticed.
pub(crate) async fn insert(tx: &mut Tx, it: &NewReceipt<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO receipts (no, source, source_id, dataset_id, file, hash, sealed_at, proofs_until, parts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(it.no)
    .bind(it.of.word())
    .bind(it.of.id())
    .bind(it.dataset.0)
    .bind(it.file)
    .bind(it.hash)
    .bind(it.sealed_at.ms())
    .bind(it.proofs_until.ms())
    .bind(it.parts)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The roots of the parts of a receipt's tree, one after the other.
pub(crate) async fn parts(conn: &mut Conn, of: ReceiptOf) -> Result<Vec<u8>> {
    Ok(
        sqlx::query_scalar("SELECT parts FROM receipts WHERE source = $1 AND source_id = $2")
            .bind(of.word())
            .bind(of.id())
            .fetch_one(conn)
            .await?,
    )
}

/// A row of keyed hashes of erased identities.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Erased {
    pub(crate) no: i64,
    pub(crate) kind: i64,
    pub(crate) hashes: Vec<u8>,
}

/// The row after number `after`.
pub(crate) async fn erased(conn: &mut Conn, of: ReceiptOf, after: i64) -> Result<Option<Erased>> {
    Ok(sqlx::query_as(
        "SELECT no, kind, hashes FROM erased WHERE source = $1 AND source_id = $2 AND no > $3 ORDER BY no LIMIT 1",
    )
    .bind(of.word())
    .bind(of.id())
    .bind(after)
    .fetch_optional(conn)
    .await?)
}

/// The bytes of each row, in order: number and length.
pub(crate) async fn erased_sizes(conn: &mut Conn, of: ReceiptOf) -> Result<Vec<(i64, i64)>> {
    Ok(sqlx::query_as(
        "SELECT no, length(hashes) FROM erased WHERE source = $1 AND source_id = $2 ORDER BY no",
    )
    .bind(of.word())
    .bind(of.id())
    .fetch_all(conn)
    .await?)
}

/// Kind and some bytes of a row.
pub(crate) async fn erased_piece(
    conn: &mut Conn,
    of: ReceiptOf,
    no: i64,
    (from, bytes): (i64, i64),
) -> Result<Option<(i64, Vec<u8>)>> {
    Ok(sqlx::query_as(
        "SELECT kind, substr(hashes, $4 + 1, $5) FROM erased WHERE source = $1 AND source_id = $2 AND no = $3",
    )
    .bind(of.word())
    .bind(of.id())
    .bind(no)
    .bind(from)
    .bind(bytes)
    .fetch_optional(conn)
    .await?)
}

/// The receipt whose term is over first.
pub(crate) async fn due(conn: &mut Conn, now: Timestamp) -> Result<Option<ReceiptRow>> {
    let mut q = sqlx::QueryBuilder::new(SELECT);
    q.push(" WHERE destroyed_at IS NULL AND proofs_until <= ")
        .push_bind(now.ms())
        .push(" ORDER BY proofs_until, no LIMIT 1");
    Ok(q.build_query_as().fetch_optional(conn).await?)
}

/// Deletes the next rows of keyed hashes of a receipt. Whether there were any.
pub(crate) async fn forget_some(tx: &mut Tx, of: ReceiptOf, rows: i64) -> Result<bool> {
    let done = sqlx::query(
        "DELETE FROM erased WHERE source = $1 AND source_id = $2 AND no IN
           (SELECT no FROM erased WHERE source = $1 AND source_id = $2 ORDER BY no LIMIT $3)",
    )
    .bind(of.word())
    .bind(of.id())
    .bind(rows)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Writes down that nothing is left by which a proof could be made.
pub(crate) async fn destroyed(tx: &mut Tx, of: ReceiptOf, at: Timestamp) -> Result<()> {
    sqlx::query("UPDATE receipts SET destroyed_at = $3, parts = x'' WHERE source = $1 AND source_id = $2")
        .bind(of.word())
        .bind(of.id())
        .bind(at.ms())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Who took the people of a job away in a file, when, and how many they were, out of the audit log.
pub(crate) async fn handed_out(conn: &mut Conn, job: JobId) -> Result<Vec<(String, Timestamp, i64)>> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT actor, at, coalesce(json_extract(detail, '$.rows'), 0) FROM audit
         WHERE object = 'job:' || $1 AND action = 'job.export_downloaded' ORDER BY id",
    )
    .bind(job.0)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(actor, at, people)| (actor, Timestamp::from_ms(at), people))
        .collect())
}
