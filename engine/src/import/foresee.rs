//! What a dry run says: whom the rows would make and change, by look-ups alone. Writes nothing.

use super::{
    apply::{Applied, Target},
    limits::DRY_RUN_IDENTITIES_MAX,
    suppressed,
};
use crate::{
    error::Result,
    store::{
        Conn,
        ingest::{self, Key, KeyMap, KeySet, Row},
    },
};
use domain::time::Timestamp;

/// Identities that nobody has yet and that the file would give to new people. Their hashes, not themselves.
#[derive(Debug, Default)]
pub(super) struct Foreseen {
    new: KeySet,
    full: bool,
}

impl Target {
    /// Counts what the rows would do.
    pub(super) async fn foresee(
        &mut self,
        conn: &mut Conn,
        rows: Vec<Row>,
        now: Timestamp,
    ) -> Result<Applied> {
        let mut applied = Applied::default();
        let rows = suppressed::foresee(conn, (&self.keys, self.dataset), rows, (now, &mut applied)).await?;
        applied.accepted = super::wire(rows.len() as u64);
        let first: KeyMap<&Key> = rows
            .iter()
            .filter_map(|row| row.keys.first())
            .map(|key| (key.id(), key))
            .collect();
        let owners = ingest::owners(conn, self.dataset, &first.values().copied().collect::<Vec<_>>()).await?;
        for key in first.into_keys() {
            match owners.get(&key) {
                Some(id) => applied.updated += i64::from(self.met.add(*id)),
                None if self.foreseen.new.len() >= DRY_RUN_IDENTITIES_MAX => self.foreseen.full = true,
                None => applied.created += i64::from(self.foreseen.new.insert(key)),
            }
        }
        Ok(applied)
    }

    /// What the report must say of its numbers.
    pub(super) fn foreseen_remark(&self) -> Option<String> {
        let remark = "More profiles would be created than a dry run counts; the number is a lower bound.";
        self.foreseen.full.then(|| remark.to_owned())
    }
}
