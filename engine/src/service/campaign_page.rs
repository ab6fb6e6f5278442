//! What a campaign's page shows besides its figures: which of its segments are disabled, what it showed day by day, which
//! segments read its events, and which deletions take people from it.

use super::{Engine, campaigns::existing};
use crate::{error::Result, store};
use domain::{
    access::{Actor, Permission},
    campaign::{CampaignAround, DayFigure},
    event::IMPRESSION,
    id::{DatasetId, SegmentId},
    page::PageRequest,
    rule,
    segment::SegmentState,
};
use std::collections::BTreeSet;

/// Days that are shown, today included.
const DAYS: i64 = 30;
/// Deletions that are shown of each segment: the newest.
const JOBS_EACH: u32 = 3;
/// Deletions that are shown.
const JOBS_MAX: usize = 5;

impl Engine {
    /// What stands around a campaign.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn campaign_around(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: &str,
    ) -> Result<CampaignAround> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        let campaign = existing(&mut conn, dataset, id).await?;
        let catalogue = store::segments::catalogue(&mut conn, dataset).await?;
        let today = self.inner.store.clock.now().day();
        let first = today - DAYS + 1;
        let shown = store::arms::accumulated_by_day(&mut conn, dataset, IMPRESSION, id, first).await?;
        let segments = store::segments::list(&mut conn, dataset, true).await?;
        drop(conn);
        // Those that decide who is eligible: the named ones, and those that these are built on.
        let named = campaign.include.iter().chain(&campaign.exclude);
        let beneath = store::beneath::beneath(&catalogue.defs, named.map(|(id, _)| id.0), |_| true);
        let beneath: BTreeSet<i64> = beneath.into_iter().collect();
        let mut jobs = Vec::new();
        for segment in &beneath {
            let page = PageRequest {
                limit: Some(JOBS_EACH),
                cursor: None,
            };
            let found = self.jobs(actor, dataset, Some(SegmentId(*segment)), page).await?;
            jobs.extend(found.items);
        }
        jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
        jobs.truncate(JOBS_MAX);
        let reads = |def: &store::rule_sql::SegmentDef| {
            def.rule
                .as_ref()
                .is_some_and(|rule| rule::reads_campaign(rule, id))
        };
        let disabled = segments
            .into_iter()
            .filter(|segment| segment.state == SegmentState::Disabled && beneath.contains(&segment.id.0));
        Ok(CampaignAround {
            disabled: disabled.collect(),
            days: (first..=today)
                .map(|day| DayFigure {
                    day,
                    events: shown.get(&day).copied().unwrap_or(0),
                })
                .collect(),
            read_by: catalogue
                .defs
                .values()
                .filter(|def| reads(def))
                .filter_map(|def| Some((SegmentId(def.id), catalogue.names.get(&def.id)?.clone())))
                .collect(),
            jobs,
        })
    }
}
