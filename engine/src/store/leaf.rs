//! The chain over a job's batches: each leaf is a hash of the one before and of the batch's row, so that a row that is
//! changed, added or taken out afterwards is noticed. Pure: no database.

use domain::job::Tally;
use sha2::{Digest as _, Sha256};

/// The row of a committed batch, as it is chained.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchRow {
    pub(crate) job: i64,
    pub(crate) no: i64,
    pub(crate) pass: i64,
    pub(crate) epoch: i64,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) tally: Tally,
    pub(crate) at: i64,
}

impl BatchRow {
    /// SHA-256 over a zero byte, the leaf before (nothing for the first) and the row as JSON: an array of integers, in the
    /// order of the table's columns. The zero byte tells a leaf from an inner node, as in RFC 6962, section 2.1.
    pub(crate) fn leaf(&self, before: Option<&[u8]>) -> [u8; 32] {
        let tally = &self.tally;
        let row = [
            self.job,
            self.no,
            self.pass,
            self.epoch,
            self.first,
            self.last,
            tally.deleted,
            tally.spared,
            tally.held,
            tally.failed,
            tally.gone,
            tally.events,
            tally.ms,
            self.at,
        ];
        let mut hasher = Sha256::new();
        hasher.update([0]);
        hasher.update(before.unwrap_or_default());
        hasher.update(format!("{row:?}"));
        hasher.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_and_the_leaf_before_count() {
        let row = BatchRow {
            job: 1001,
            no: 1,
            pass: 1,
            epoch: 1,
            first: 5,
            last: 9,
            tally: Tally::default(),
            at: 7,
        };
        let leaf = row.leaf(None);
        assert_ne!(leaf, row.leaf(Some(&leaf)));
        assert_ne!(leaf, BatchRow { last: 10, ..row }.leaf(None));
        let tally = Tally { gone: 1, ..row.tally };
        assert_ne!(leaf, BatchRow { tally, ..row }.leaf(None));
    }
}
