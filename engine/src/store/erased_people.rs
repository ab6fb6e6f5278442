//! Whose the identities were that a running job has taken out of the look-up: written beside their keyed hashes, read when
//! one of these people asks to be forgotten, taken away when the job has marked everybody in the warehouse.

use super::{Conn, Tx, ingest::KeyId, keys::HASH_BYTES};
use crate::error::{Error, Result};
use domain::{id::JobId, profile::IdentityKind};

/// Bytes of a person's number.
const ID_BYTES: usize = 8;
/// Rows that are taken away in one transaction: each has half a megabyte at most, which is written over.
const FORGOTTEN_AT_ONCE: i64 = 8;

/// Notes whose the hashes of the row `no` are: both in the same order.
pub(super) async fn note(
    tx: &mut Tx,
    job: JobId,
    (no, kind): (i64, i64),
    hashes: &[u8],
    people: &[i64],
) -> Result<()> {
    let (hashes, _) = hashes.as_chunks::<HASH_BYTES>();
    let (Some(first), Some(last), true) = (hashes.first(), hashes.last(), hashes.len() == people.len())
    else {
        return Err(Error::Corrupt(format!(
            "job {} took {} identities of {} people",
            job.0,
            hashes.len(),
            people.len()
        )));
    };
    let people: Vec<u8> = people.iter().flat_map(|id| id.to_be_bytes()).collect();
    sqlx::query(
        "INSERT INTO erased_people (job_id, no, kind, first, last, people) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(job.0)
    .bind(no)
    .bind(kind)
    .bind(first.as_slice())
    .bind(last.as_slice())
    .bind(people)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whose these identities were, of those that the job has taken so far.
pub(crate) async fn find(conn: &mut Conn, job: JobId, keys: &[KeyId]) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    for kind in IdentityKind::ALL {
        let mut wanted: Vec<[u8; HASH_BYTES]> = keys
            .iter()
            .filter(|key| key.kind == kind)
            .map(|key| key.hash)
            .collect();
        if wanted.is_empty() {
            continue;
        }
        wanted.sort_unstable();
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT no, first, last FROM erased_people WHERE job_id = $1 AND kind = $2")
                .bind(job.0)
                .bind(kind.number())
                .fetch_all(&mut *conn)
                .await?;
        for (no, first, last) in rows {
            let from = wanted.partition_point(|hash| hash.as_slice() < first.as_slice());
            let upto = wanted.partition_point(|hash| hash.as_slice() <= last.as_slice());
            if let Some(some) = wanted.get(from..upto).filter(|some| !some.is_empty()) {
                in_row(conn, job, no, some, &mut found).await?;
            }
        }
    }
    Ok(found)
}

async fn in_row(
    conn: &mut Conn,
    job: JobId,
    no: i64,
    wanted: &[[u8; HASH_BYTES]],
    found: &mut Vec<i64>,
) -> Result<()> {
    let row: Option<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT e.hashes, p.people FROM erased_people p
         JOIN erased e ON e.source = 'job' AND e.source_id = p.job_id AND e.no = p.no WHERE p.job_id = $1 AND p.no = $2",
    )
    .bind(job.0)
    .bind(no)
    .fetch_optional(conn)
    .await?;
    // Taken away since: the job has marked everybody.
    let Some((hashes, people)) = row else {
        return Ok(());
    };
    let (hashes, _) = hashes.as_chunks::<HASH_BYTES>();
    let (people, _) = people.as_chunks::<ID_BYTES>();
    for hash in wanted {
        let at = hashes.binary_search(hash).ok();
        found.extend(at.and_then(|at| people.get(at)).map(|id| i64::from_be_bytes(*id)));
    }
    Ok(())
}

/// Takes away some of what is noted of a job.
pub(crate) async fn forget_some(tx: &mut Tx, job: JobId) -> Result<()> {
    sqlx::query(
        "DELETE FROM erased_people WHERE job_id = $1 AND no IN
           (SELECT no FROM erased_people WHERE job_id = $1 ORDER BY no LIMIT $2)",
    )
    .bind(job.0)
    .bind(FORGOTTEN_AT_ONCE)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether anything is noted of a job.
pub(crate) async fn any(conn: &mut Conn, job: JobId) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM erased_people WHERE job_id = $1)";
    Ok(sqlx::query_scalar(sql).bind(job.0).fetch_one(conn).await?)
}
