//! Impact: what deleting a segment's people would do, counted exactly, at one moment, on one view of the data.

use super::{
    Engine,
    estimate::{Ask, Forecast},
    segments::SAMPLE,
    usage,
};
use crate::{
    error::Result,
    store::{self, impact::Column, rule_sql::RuleScope},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, SegmentId},
    impact::{AlsoIn, Impact, WarehouseKept},
    rule::matches_everyone_trivially,
};

impl Engine {
    /// What deleting the segment's people would do. `max_rate`: profiles a second at most, for estimate and plan.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid` for a rate that no job may have.
    pub async fn impact(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: SegmentId,
        max_rate: Option<i64>,
    ) -> Result<Impact> {
        actor.require_in(Permission::View, dataset)?;
        super::jobs::check_rate(max_rate)?;
        let mut view = self.inner.store.view().await?;
        let structure = usage::structure(&mut view, dataset, id).await?;
        let now = self.inner.store.clock.now();
        let defs = &structure.catalogue.defs;
        let scope = RuleScope {
            dataset_id: dataset.0,
            now,
            segments: defs,
        };
        let others: Vec<i64> = defs.keys().copied().filter(|other| *other != id.0).collect();
        let mut columns = structure.columns();
        let used = columns.len();
        columns.extend(others.iter().map(|other| Column::AlsoIn(*other)));
        let (totals, counts) = store::impact::measure(&mut view, &scope, Some(id.0), &columns).await?;
        let (of_users, of_others) = counts.split_at(used.min(counts.len()));
        let also_in = others
            .iter()
            .zip(of_others)
            .filter(|(_, count)| count.members > 0)
            .map(|(other, count)| AlsoIn {
                segment: SegmentId(*other),
                name: structure.catalogue.names.get(other).cloned().unwrap_or_default(),
                profiles: count.members,
            })
            .collect();
        let usage = structure.counted(&mut view, &scope, id, of_users).await?;
        let first = store::profiles::page(&mut view, &scope, Some(id.0), 0, SAMPLE).await?;
        let sample = store::profiles::rows_of(&mut view, dataset, &first).await?;
        let holds = store::holds::in_force(&mut view, dataset).await?;
        let (_, held) = store::holds::count(&mut view, &scope, &holds, Some(id.0)).await?;
        let uses_list = store::uses::last_list(&mut view, dataset).await?;
        drop(view);
        let ask = Ask {
            profiles: totals.members,
            events: totals.events,
            max_rate,
            ..Ask::default()
        };
        let Forecast { estimate, plan, .. } = self.forecast(dataset, id, &ask).await?;
        let rule = defs.get(&id.0).and_then(|def| def.rule.as_ref());
        let all_of_them = totals.members > 0 && totals.members == totals.everyone;
        Ok(Impact {
            profiles: totals.members,
            named: totals.named,
            events: totals.events,
            dataset_profiles: totals.everyone,
            everyone: all_of_them || rule.is_some_and(matches_everyone_trivially),
            usage,
            uses_list,
            also_in,
            sample,
            // The same numbers as in the copy once it has caught up, which every job waits for.
            warehouse: WarehouseKept {
                profiles: totals.members,
                events: totals.events,
            },
            held,
            plan,
            estimate,
            plan_hash: structure.plan_hash(id),
            counted_at: now,
        })
    }
}
