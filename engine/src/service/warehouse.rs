//! The warehouse as people look at it: what is in it, how far behind it is, what it keeps of the deleted and until when.

use super::{Engine, reports::Counting};
use crate::{
    clock::millis,
    error::Result,
    store::{
        self,
        audit::Entry,
        job_reports::WAREHOUSE,
        warehouse_deletions::{self as deletions, Deletion},
    },
    warehouse::retention,
};
use domain::{
    access::{Actor, Permission},
    guard::grouped,
    id::{DatasetId, JobId},
    impact::WarehouseKept,
    problem::{Code, Problem},
    time::{DAY_MS, Timestamp},
    warehouse::{Kept, Rows, Warehouse, keep_days, removed_at},
};
use std::{collections::BTreeMap, time::Instant};

/// Deletions that are listed.
const LISTED: i64 = 50;
/// Ids of a slice of a count.
const IDS: i64 = 20_000;

impl Engine {
    /// The warehouse of a dataset.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn warehouse(&self, actor: &Actor, dataset: DatasetId) -> Result<Warehouse> {
        actor.require_in(Permission::View, dataset)?;
        let rows = self.kept_figures::<WarehouseKept>(dataset, WAREHOUSE).await?;
        let counting_since = self.counting_since(dataset, WAREHOUSE);
        let days = retention::term(self, dataset).await?;
        let names = store::job_reports::segment_names(&mut *self.inner.store.read().await?, dataset).await?;
        let mut conn = self.inner.warehouse.read().await?;
        let (watermark, _) = store::warehouse::watermark_moved(&mut conn).await?;
        let newest = store::warehouse::newest(&mut conn).await?;
        let listed = deletions::list(&mut conn, dataset, LISTED).await?;
        let (jobs, kept_in_all) = deletions::in_all(&mut conn, dataset).await?;
        let oldest = deletions::oldest_kept(&mut conn, dataset).await?;
        drop(conn);
        let now = self.inner.store.clock.now();
        let behind = now.ms() - self.inner.warehouse.level_at().ms();
        Ok(Warehouse {
            rows: rows.map(|(rows, counted_at)| Rows { rows, counted_at }),
            counting_since,
            bytes: self.warehouse_bytes(),
            watermark,
            newest,
            lag_seconds: if newest == watermark {
                0
            } else {
                (behind.max(0) + 999) / 1_000
            },
            kept: listed.into_iter().map(|one| kept(one, &names, days)).collect(),
            kept_in_all,
            jobs,
            keep_days: days,
            next_at: days.zip(oldest).map(|(days, at)| removed_at(at, days)),
            as_of: now,
        })
    }

    /// Bytes of the file and of its log.
    fn warehouse_bytes(&self) -> i64 {
        let size =
            |name: &str| std::fs::metadata(self.inner.store.dir.join(name)).map_or(0, |file| file.len());
        i64::try_from(size("warehouse.db") + size("warehouse.db-wal")).unwrap_or(i64::MAX)
    }

    /// Counts the rows anew; in the background where there are many.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn refresh_warehouse(&self, actor: &Actor, dataset: DatasetId) -> Result<()> {
        actor.require_in(Permission::Edit, dataset)?;
        self.count_now_or_beside(dataset, Counting::Warehouse).await
    }

    /// Counts the rows of a dataset in the warehouse, slice by slice.
    pub(super) async fn count_warehouse(&self, dataset: DatasetId) -> Result<()> {
        let (store, begun) = (&self.inner.store, Instant::now());
        let at = store.clock.now();
        let last = store::measure::last_id(&mut *store.read().await?, dataset).await?;
        let (mut after, mut sum) = (0, WarehouseKept::default());
        loop {
            let next =
                store::targets::next_slice(&mut *store.read().await?, dataset.0, after, IDS, last).await?;
            let Some(upto) = next else { break };
            let mut conn = self.inner.warehouse.read().await?;
            let some = deletions::count_slice(&mut conn, dataset, (after, upto)).await?;
            sum.profiles += some.profiles;
            sum.events += some.events;
            after = upto;
        }
        let mut tx = store.write().await?;
        let took = millis(begun.elapsed());
        store::job_reports::set_figures(&mut tx, dataset, WAREHOUSE, &sum, (at, took)).await?;
        tx.commit().await
    }

    /// Sets how many days the rows of deleted people are kept; nothing: until they are erased. Where rows are over that
    /// already, they go at once, so that must have been seen (`sure`).
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid`; `consent_required` with how many rows would go at once.
    pub async fn set_warehouse_keep(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        days: &str,
        sure: bool,
    ) -> Result<()> {
        actor.require_in(Permission::Administer, dataset)?;
        let days = keep_days(days)?;
        let now = self.inner.store.clock.now();
        if let Some(days) = days.filter(|_| !sure) {
            let before = now.minus_ms(days * DAY_MS);
            let due = deletions::due(&mut *self.inner.warehouse.read().await?, dataset, before).await?;
            if due.profiles > 0 {
                let message = format!(
                    "With this term the copies of {} deleted profiles would be removed at once. Tick the box if that is meant.",
                    grouped(due.profiles)
                );
                let problem = Problem::because(Code::ConsentRequired, message).on("sure");
                return Err(problem.number("profiles", due.profiles).into());
            }
        }
        let mut tx = self.inner.store.write().await?;
        let name = retention::setting(dataset);
        match days {
            Some(days) => store::settings::put(&mut tx, &name, &days.to_string()).await?,
            None => store::settings::remove(&mut tx, &name).await?,
        }
        let entry = Entry {
            action: "warehouse.keep",
            dataset: Some(dataset),
            object: "warehouse:keep_days".to_owned(),
            detail: serde_json::json!({ "days": days }),
        };
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        self.inner.retain.notify_one();
        Ok(())
    }
}

fn kept(it: Deletion, names: &BTreeMap<i64, String>, days: Option<i64>) -> Kept {
    let deleted_at = Timestamp::from_ms(it.deleted_at);
    Kept {
        job: JobId(it.job_id),
        segment_name: names.get(&it.job_id).cloned().unwrap_or_default(),
        deleted_at,
        rows: it.kept(),
        until: days
            .map(|days| removed_at(deleted_at, days))
            .filter(|_| it.removed_at.is_none()),
        removed_at: it.removed_at.map(Timestamp::from_ms),
    }
}
