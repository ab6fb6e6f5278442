//! How large a part of its dataset a segment is at this moment: what is asked once more when its deletion is confirmed.

use super::Engine;
use crate::{
    error::Result,
    store::{self, rule_sql::RuleScope},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, SegmentId},
    problem::Problem,
};

impl Engine {
    /// How many profiles are in the segment, of how many in the dataset: counted one by one, on one view of the data.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn share(&self, actor: &Actor, dataset: DatasetId, id: SegmentId) -> Result<(i64, i64)> {
        actor.require_in(Permission::DeleteInBulk, dataset)?;
        let mut view = self.inner.store.view().await?;
        let catalogue = store::segments::catalogue(&mut view, dataset).await?;
        if !catalogue.defs.contains_key(&id.0) {
            return Err(Problem::not_found("segment").into());
        }
        let scope = RuleScope {
            dataset_id: dataset.0,
            now: self.inner.store.clock.now(),
            segments: &catalogue.defs,
        };
        let (totals, _) = store::impact::measure(&mut view, &scope, Some(id.0), &[]).await?;
        Ok((totals.members, totals.everyone))
    }
}
