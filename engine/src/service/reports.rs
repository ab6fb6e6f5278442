//! Reports: the dashboard of a dataset, and what a job changed. Accumulated figures are read when they are asked for;
//! aggregated ones are counted, kept with their time, and counted anew in the background where there are many people.

use super::Engine;
use crate::{
    clock::millis,
    counting::Count,
    error::Result,
    store::{
        self,
        job_reports::{PEOPLE, WAREHOUSE},
    },
};
use domain::{
    access::{Actor, Permission},
    dashboard::{self, Dashboard, People},
    id::{DatasetId, JobId},
    report::{JobReport, drops, lines},
    series::{Counted, Range},
    time::Timestamp,
};
use std::{collections::BTreeMap, sync::PoisonError, time::Instant};

/// Up to so many people are counted while the page is waited for: some tenths of a second. More are counted beside it.
const COUNTED_AT_ONCE_MAX: i64 = 50_000;
/// Figures that are counted while the page is waited for are counted anew when they are older than this many times what
/// counting them took.
const KEPT_TIMES: i64 = 20;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    /// The dataset's people and events.
    People,
    /// The dataset's rows in the warehouse.
    Warehouse,
}

impl Counting {
    const fn name(self) -> &'static str {
        match self {
            Self::People => PEOPLE,
            Self::Warehouse => WAREHOUSE,
        }
    }
}

/// Says that something is being counted, until it is dropped.
struct Busy(Engine, (DatasetId, &'static str));

impl Drop for Busy {
    fn drop(&mut self) {
        let mut counting = self
            .0
            .inner
            .memory
            .counting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        counting.remove(&self.1);
    }
}

impl Engine {
    /// The dashboard of a dataset, from one day to another (`2026-11-24`); what is empty is the usual end: the last twelve
    /// months of data.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn dashboard(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        from: &str,
        to: &str,
    ) -> Result<Dashboard> {
        actor.require_in(Permission::View, dataset)?;
        let counted = self.kept_figures::<Counted>(dataset, PEOPLE).await?;
        let mut conn = self.inner.store.count().await?;
        let totals = store::measure::accumulated(&mut conn, dataset).await?;
        let days = store::measure::accumulated_by_day(&mut conn, dataset).await?;
        drop(conn);
        let titles = self.campaign_titles(dataset).await?;
        let mut markers = store::job_reports::markers(&mut *self.inner.store.read().await?, dataset).await?;
        let now = self.inner.store.clock.now();
        let last_ended = markers.iter().map(|marker| marker.at).max();
        // A deletion after the last event is to be seen as well.
        let data = dashboard::data(&days).map(|data| Range {
            to: data.to.max(last_ended.map_or(data.to, Timestamp::day)),
            ..data
        });
        let usual = Range::year_to(data.map_or_else(|| now.day(), |data| data.to));
        let asked = Range::typed(from, to, usual).map(|asked| asked.near(data.unwrap_or(usual)));
        let range = asked.unwrap_or(usual);
        markers.retain(|marker| (range.from..=range.to).contains(&marker.at.day()));
        let charts = dashboard::charts(range, &days, counted.as_ref().map(|(counted, _)| counted));
        let people = counted.map(|(counted, counted_at)| People {
            figures: counted.people,
            counted_at,
            while_deleting: counted.while_deleting,
            outdated: last_ended.is_some_and(|ended| ended > counted_at),
        });
        let figures = people.as_ref().map(|people| &people.figures);
        Ok(Dashboard {
            funnel: dashboard::funnel_of(&totals, figures),
            campaigns: dashboard::campaigns(&titles, &totals, figures),
            people,
            counting_since: self.counting_since(dataset, PEOPLE),
            totals,
            data,
            range,
            range_refused: asked.is_none(),
            charts,
            markers,
            as_of: now,
        })
    }

    /// Counts the people of a dataset anew; in the background where there are many.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn refresh_dashboard(&self, actor: &Actor, dataset: DatasetId) -> Result<()> {
        actor.require_in(Permission::Edit, dataset)?;
        self.count_now_or_beside(dataset, Counting::People).await
    }

    /// What a job changed: every metric before and after.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn job_report(&self, actor: &Actor, dataset: DatasetId, id: JobId) -> Result<JobReport> {
        let job = self.job(actor, dataset, id).await?;
        let mut conn = self.inner.store.read().await?;
        let measured = store::job_reports::find(&mut conn, id).await?.unwrap_or_default();
        let currency = store::datasets::by_slug(&mut conn, &job.dataset)
            .await?
            .map(|ds| ds.currency);
        drop(conn);
        let titles = self.campaign_titles(dataset).await?;
        Ok(JobReport {
            job: id,
            segment_name: job.segment_name,
            before_at: measured.before_at,
            worked_out: measured.worked_out(),
            after_at: measured.after_at.filter(|_| measured.people_after.is_some()),
            over: job.state.terminal(),
            deleted: job.counts.deleted,
            lines: lines(&measured, &titles, currency.as_deref().unwrap_or_default()),
            drops: drops(&measured, &titles),
        })
    }

    async fn campaign_titles(&self, dataset: DatasetId) -> Result<BTreeMap<String, String>> {
        let all = store::campaigns::list(&mut *self.inner.store.read().await?, dataset).await?;
        Ok(all
            .into_iter()
            .map(|campaign| (campaign.id, campaign.name))
            .collect())
    }

    /// Since when something is being counted.
    pub(super) fn counting_since(&self, dataset: DatasetId, what: &'static str) -> Option<Timestamp> {
        let counting = self
            .inner
            .memory
            .counting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        counting.get(&(dataset, what)).copied()
    }

    /// Figures with the time at which they were counted. Few people are counted now, where the figures are old; of many the
    /// old ones are given at once, and where there are none or a deletion has ended since, counting begins beside.
    pub(super) async fn kept_figures<T: serde::de::DeserializeOwned>(
        &self,
        dataset: DatasetId,
        what: &'static str,
    ) -> Result<Option<(T, Timestamp)>> {
        let counting = if what == PEOPLE {
            Counting::People
        } else {
            Counting::Warehouse
        };
        let mut conn = self.inner.store.read().await?;
        let found: Option<(T, Timestamp, i64)> =
            store::job_reports::figures(&mut conn, dataset, what).await?;
        let people = store::datasets::profiles_at_most(&mut conn, dataset).await?;
        let ended = store::job_reports::markers(&mut conn, dataset).await?;
        drop(conn);
        let now = self.inner.store.clock.now();
        let moved = |at: Timestamp| ended.iter().any(|marker| marker.at > at);
        let old = |at: Timestamp, took_ms: i64| {
            !(0..took_ms.max(1).saturating_mul(KEPT_TIMES)).contains(&(now.ms() - at.ms()))
        };
        let few = people <= COUNTED_AT_ONCE_MAX;
        let stale = found
            .as_ref()
            .is_none_or(|(_, at, took_ms)| moved(*at) || few && old(*at, *took_ms));
        if !stale {
            return Ok(found.map(|(it, at, _)| (it, at)));
        }
        self.count_now_or_beside(dataset, counting).await?;
        if !few {
            return Ok(found.map(|(it, at, _)| (it, at)));
        }
        let mut conn = self.inner.store.read().await?;
        let fresh = store::job_reports::figures(&mut conn, dataset, what).await?;
        Ok(fresh.map(|(it, at, _)| (it, at)))
    }

    /// Counts now where there are few people, in a task of its own where there are many. Once at a time.
    pub(super) async fn count_now_or_beside(&self, dataset: DatasetId, what: Counting) -> Result<()> {
        let people = store::datasets::profiles_at_most(&mut *self.inner.store.read().await?, dataset).await?;
        // Said before anything else happens, so that a page that is made meanwhile knows.
        let Some(busy) = self.begin_counting((dataset, what.name())) else {
            return Ok(());
        };
        if people <= COUNTED_AT_ONCE_MAX {
            return busy.0.count(dataset, what).await;
        }
        tokio::spawn(async move {
            if let Err(error) = busy.0.count(dataset, what).await {
                tracing::warn!(%error, "figures could not be counted");
            }
        });
        Ok(())
    }

    fn begin_counting(&self, key: (DatasetId, &'static str)) -> Option<Busy> {
        let mut counting = self
            .inner
            .memory
            .counting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if counting.contains_key(&key) {
            return None;
        }
        counting.insert(key, self.inner.store.clock.now());
        Some(Busy(self.clone(), key))
    }

    async fn count(&self, dataset: DatasetId, what: Counting) -> Result<()> {
        match what {
            Counting::People => self.count_people(dataset).await,
            Counting::Warehouse => self.count_warehouse(dataset).await,
        }
    }

    async fn count_people(&self, dataset: DatasetId) -> Result<()> {
        let (store, begun) = (&self.inner.store, Instant::now());
        let deleting = async || {
            let holder = store::jobs::holder(&mut *store.read().await?, dataset).await?;
            Ok::<_, crate::Error>(holder.is_some())
        };
        let before = deleting().await?;
        let mut count = Count::begin(store, dataset, store.clock.now(), true).await?;
        while count.step(store).await? {}
        let counted = Counted {
            while_deleting: before || deleting().await?,
            people: count.people.clone(),
            series: count.series.take().unwrap_or_default(),
        };
        let mut tx = store.write().await?;
        let took = millis(begun.elapsed());
        store::job_reports::set_figures(&mut tx, dataset, PEOPLE, &counted, (count.at(), took)).await?;
        tx.commit().await
    }
}
