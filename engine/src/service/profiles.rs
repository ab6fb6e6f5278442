//! People: the list, one person's page, and finding somebody by an exact identity.

use super::Engine;
use crate::{
    error::Result,
    store::{self, Conn, rule_sql::RuleScope, target_people::Among},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, ProfileId, SegmentId},
    page::Page,
    problem::Problem,
    profile::{ProfileDetail, ProfileQuery, ProfileRow},
    time::Timestamp,
};

impl Engine {
    /// A page of people in the order of their numbers: all, those of a segment, or whom an exact identity names; of these,
    /// those on the list of a deletion, or those who are not.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `state_refused` while the list of the deletion is still being fixed.
    pub async fn profiles(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        query: ProfileQuery,
    ) -> Result<Page<ProfileRow>> {
        actor.require_in(Permission::View, dataset)?;
        let asked = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty());
        // A segment's list may have to look at many people; those wait among themselves.
        let mut conn = if query.segment.is_some() || query.exclude_targets.is_some() {
            self.inner.store.count().await?
        } else {
            self.inner.store.read().await?
        };
        let segments = store::segments::defs(&mut conn, dataset).await?;
        let scope = RuleScope {
            dataset_id: dataset.0,
            now: self.inner.store.clock.now(),
            segments: &segments,
        };
        if query
            .segment
            .is_some_and(|segment| !segments.contains_key(&segment.0))
        {
            return Err(Problem::not_found("segment").into());
        }
        let among = Among {
            segment: query.segment.map(|segment| segment.0),
            targets: query.targets,
            exclude: query.exclude_targets,
        };
        for job in [among.targets, among.exclude].into_iter().flatten() {
            super::target_set::fixed(&mut conn, dataset, job).await?;
        }
        if let Some(text) = asked {
            let mut ids =
                store::profiles::by_identity(&mut conn, &self.inner.store.keys, dataset, text).await?;
            if let Some(segment) = query.segment {
                let members = store::profiles::those_in(&mut conn, &scope, segment.0, &ids).await?;
                ids.retain(|id| members.contains(id));
            }
            if let Some(job) = among.targets {
                ids = store::target_people::those_on(&mut conn, job, &ids).await?;
            }
            if let Some(job) = among.exclude {
                let on = store::target_people::those_on(&mut conn, job, &ids).await?;
                ids.retain(|id| !on.contains(id));
            }
            let items = store::profiles::rows_of(&mut conn, dataset, &ids).await?;
            return Ok(Page { items, next: None });
        }
        let rows = query.page.rows();
        let ids = store::target_people::page(&mut conn, &scope, among, query.page.after(), rows + 1).await?;
        let ids = Page::from_fetched(ids, rows, ToString::to_string);
        let items = store::profiles::rows_of(&mut conn, dataset, &ids.items).await?;
        Ok(Page {
            items,
            next: ids.next,
        })
    }

    /// One person's page.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn profile(&self, actor: &Actor, dataset: DatasetId, id: ProfileId) -> Result<ProfileDetail> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        detail(&mut conn, dataset, id, self.inner.store.clock.now()).await
    }

    /// One person's page, by `user_id` or, where nobody has it, by any other identity.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn profile_by_identity(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        text: &str,
    ) -> Result<ProfileDetail> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        let found = store::profiles::by_identity(&mut conn, &self.inner.store.keys, dataset, text).await?;
        let id = found
            .first()
            .copied()
            .ok_or_else(|| Problem::not_found("profile"))?;
        detail(&mut conn, dataset, id, self.inner.store.clock.now()).await
    }
}

async fn detail(conn: &mut Conn, dataset: DatasetId, id: ProfileId, now: Timestamp) -> Result<ProfileDetail> {
    let profile = store::profiles::record(conn, dataset, id)
        .await?
        .ok_or_else(|| Problem::not_found("profile"))?;
    let (events, events_total) = store::profiles::events(conn, id).await?;
    let catalogue = store::segments::catalogue(conn, dataset).await?;
    let scope = RuleScope {
        dataset_id: dataset.0,
        now,
        segments: &catalogue.defs,
    };
    let mut segments = Vec::new();
    for (segment, name) in &catalogue.names {
        if store::profiles::those_in(conn, &scope, *segment, &[id])
            .await?
            .contains(&id)
        {
            segments.push((SegmentId(*segment), name.clone()));
        }
    }
    segments.sort_by(|a, b| a.1.cmp(&b.1));
    let held = store::holds::held_of(conn, dataset, &[id.0], now).await?;
    Ok(ProfileDetail {
        profile,
        events,
        events_total,
        segments,
        hold: held.into_iter().next().map(|(_, hold)| hold),
    })
}
