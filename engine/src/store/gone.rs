//! The set of people that a job deleted, in the form in which the sweep's statement asks it: SQLite has no functions of
//! our own here, so the set is a blob that is bound, and a person is found in it by plain arithmetic.
//!
//! Design notes. A byte of the blob stands for three profile ids and is a digit from 0 to 7: SQLite reads a one-byte blob
//! as the number that its text spells, and numbers have a shift operator. A byte an id would be asked as quickly and take
//! three times the memory; asking the table of profiles instead takes ten times as long, because look-up entries lie in
//! random order.

use super::{Conn, ingest::many, jobs::JobRow};
use crate::error::Result;

/// Ids of a byte.
const IDS_A_BYTE: i64 = 3;
/// Targets that are read in one go.
const READ_AT_ONCE: i64 = 200_000;
/// Ids that a set may span: a third of it is the blob's size. Beyond it the sweep asks the table of profiles.
const SPAN_MAX: i64 = 60_000_000;

/// The set.
#[derive(Debug, Clone)]
pub(crate) struct Gone {
    /// The least id that it can hold.
    base: i64,
    /// A digit for each three ids.
    digits: Vec<u8>,
}

impl Gone {
    /// An empty set for ids from `first` to `last`.
    fn new(first: i64, last: i64) -> Self {
        let bytes = usize::try_from((last - first) / IDS_A_BYTE + 1).unwrap_or(0);
        Self {
            base: first,
            digits: vec![b'0'; bytes],
        }
    }

    /// Puts an id in; one that is out of the span is left out, which leaves its look-up entries to be found as dead.
    fn insert(&mut self, id: i64) {
        let at = id - self.base;
        let digit = usize::try_from(at / IDS_A_BYTE)
            .ok()
            .and_then(|byte| self.digits.get_mut(byte));
        if let (Some(digit), true) = (digit, at >= 0) {
            *digit |= 1 << (at % IDS_A_BYTE);
        }
    }

    /// The least id that it can hold.
    pub(crate) const fn base(&self) -> i64 {
        self.base
    }

    /// The blob.
    pub(crate) fn digits(&self) -> &[u8] {
        &self.digits
    }

    /// Those of the job's targets whom it deleted so far: the decided without an outcome. `None`: they lie too far apart
    /// for a set.
    pub(crate) async fn of(conn: &mut Conn, job: &JobRow) -> Result<Option<Self>> {
        let decided = job.decided_upto();
        let span: (Option<i64>, Option<i64>) = sqlx::query_as(
            "SELECT min(profile_id), max(profile_id) FROM job_targets WHERE job_id = $1 AND profile_id > $3 AND profile_id <= $2",
        )
        .bind(job.set())
        .bind(decided)
        .bind(job.range_after)
        .fetch_one(&mut *conn)
        .await?;
        let (Some(first), Some(last)) = span else {
            return Ok(Some(Self::new(0, 0)));
        };
        if last - first > SPAN_MAX {
            return Ok(None);
        }
        let mut gone = Self::new(first, last);
        let mut after = first - 1;
        while after < last {
            let ids: String = sqlx::query_scalar(
                "SELECT json_group_array(t.profile_id) FROM (SELECT profile_id FROM job_targets
                   WHERE job_id = $1 AND profile_id > $2 AND profile_id <= $3 ORDER BY profile_id LIMIT $4) t",
            )
            .bind(job.set())
            .bind(after)
            .bind(last)
            .bind(READ_AT_ONCE)
            .fetch_one(&mut *conn)
            .await?;
            let ids: Vec<i64> = many(ids)?;
            ids.iter().for_each(|id| gone.insert(*id));
            after = ids.iter().copied().max().unwrap_or(last);
        }
        let kept: Vec<i64> = sqlx::query_scalar("SELECT profile_id FROM job_outcomes WHERE job_id = $1")
            .bind(job.id)
            .fetch_all(conn)
            .await?;
        kept.iter().for_each(|id| gone.remove(*id));
        Ok(Some(gone))
    }

    /// Takes an id out.
    fn remove(&mut self, id: i64) {
        let at = id - self.base;
        let digit = usize::try_from(at / IDS_A_BYTE)
            .ok()
            .and_then(|byte| self.digits.get_mut(byte));
        if let (Some(digit), true) = (digit, at >= 0) {
            *digit &= !(1 << (at % IDS_A_BYTE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sqlx::Connection as _;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_statement_finds_exactly_the_set(
            ids in prop::collection::btree_set(1_000_000_i64..1_000_400, 1..80),
            out in prop::collection::btree_set(1_000_000_i64..1_000_400, 0..20),
        ) {
            let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(()) };
            let mut gone = Gone::new(*first, *last);
            ids.iter().for_each(|id| gone.insert(*id));
            out.iter().for_each(|id| gone.remove(*id));
            let expected: BTreeSet<i64> = ids.difference(&out).copied().collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let found: Vec<i64> = runtime.block_on(async {
                let mut conn = sqlx::SqliteConnection::connect("sqlite::memory:").await.expect("open");
                let mut q = sqlx::QueryBuilder::new(
                    "WITH RECURSIVE n (profile_id) AS (SELECT 999900 UNION ALL SELECT profile_id + 1 FROM n WHERE profile_id < 1000600)
                     SELECT profile_id FROM n WHERE ",
                );
                super::super::sweep::push_gone(&mut q, &gone);
                q.build_query_scalar().fetch_all(&mut conn).await.expect("ask")
            });
            prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
        }
    }
}
