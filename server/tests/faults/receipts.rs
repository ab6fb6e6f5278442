//! What is judged of receipts after every fault: each job that was sealed has exactly one, the chain is whole, what is signed is what
//! the job's counters say, and its tree is over exactly the hashes that were kept. And that the judge sees what is broken.

use crate::rig::{block_on, confirmed, connect, plant};
use engine::receipt::verify;
use sqlx::Row as _;
use std::path::Path;

/// Judges the receipts of a directory that nobody has open.
pub(crate) fn judge(data: &Path) -> Result<(), String> {
    let rows = block_on(async {
        let mut conn = connect(data).await;
        sqlx::query(
            "SELECT j.deleted, r.no, r.file, (SELECT coalesce(sum(length(e.hashes)), 0) / 16 FROM erased e WHERE e.source = 'job' AND e.source_id = j.id)
             FROM jobs j LEFT JOIN receipts r ON r.source = 'job' AND r.source_id = j.id
             WHERE j.started_at IS NOT NULL AND j.finished_at IS NOT NULL ORDER BY r.no, j.id",
        )
        .fetch_all(&mut conn)
        .await
        .expect("receipts")
    });
    let mut previous = domain::receipt::FIRST.to_owned();
    for (expected, row) in (1..).zip(&rows) {
        let (deleted, no, file, kept): (i64, Option<i64>, Option<String>, i64) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        let broken = |what: String| Err(format!("invariant 9: {what}"));
        let (Some(no), Some(file)) = (no, file) else {
            return broken("a sealed job has no receipt".to_owned());
        };
        let verified = match verify(file.as_bytes(), None, None) {
            Ok(verified) => verified,
            Err(why) => return broken(format!("receipt {no}: {why}")),
        };
        let statement = verified.statement;
        if (no, statement.no, &statement.previous) != (expected, expected, &previous) {
            return broken(format!("receipt {no} is not number {expected} of the chain"));
        }
        if statement.counts.get("deleted") != Some(&deleted)
            || statement.entries.size != kept
            || kept != 2 * deleted
        {
            return broken(format!(
                "receipt {no}: {:?} deleted and {} entries, but {deleted} deleted and {kept} hashes",
                statement.counts.get("deleted"),
                statement.entries.size
            ));
        }
        previous = verified.hash;
    }
    Ok(())
}

#[test]
fn a_missing_receipt_a_broken_chain_and_a_lost_hash_are_found() {
    for (sql, found) in [
        ("SELECT 1", ""),
        ("DELETE FROM receipts", "has no receipt"),
        ("UPDATE receipts SET no = 2", "of the chain"),
        (
            "UPDATE receipts SET file = replace(file, '\"no\":1', '\"no\":2')",
            "signature",
        ),
        ("DELETE FROM erased WHERE no = 1", "entries"),
    ] {
        let mut run = confirmed().copy();
        assert!(!run.serve(""));
        block_on(plant(&run.data(), sql));
        match judge(&run.data()) {
            Ok(()) => assert_eq!(found, "", "{sql}"),
            Err(broken) => assert!(!found.is_empty() && broken.contains(found), "{sql}: {broken}"),
        }
    }
}
