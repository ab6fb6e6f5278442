//! Datasets: listing, making, and the figures of the overview.

use super::Engine;
use crate::{
    clock::millis,
    error::{Error, Result},
    store::{self, audit::Entry},
};
use domain::{
    access::{Actor, Permission},
    dataset::{Dataset, DatasetFigures, check_slug},
    id::DatasetId,
    problem::{Code, Problem},
    segment::clean_name,
};
use std::time::Instant;

/// Figures are counted anew when they are older than this many times what counting them took: a small dataset is always
/// fresh, a large one spends a twentieth of its time on this at most. They carry the time at which they were counted.
const FIGURES_KEPT_TIMES: i64 = 20;

/// The dataset of a new data directory.
const FIRST_SLUG: &str = "main";

impl Engine {
    /// The datasets that the actor may see, by short name.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn datasets(&self, actor: &Actor) -> Result<Vec<Dataset>> {
        actor.require(Permission::View)?;
        let mut conn = self.inner.store.read().await?;
        let mut all = store::datasets::list(&mut conn).await?;
        all.retain(|dataset| actor.dataset.is_none_or(|own| own == dataset.id));
        Ok(all)
    }

    /// A dataset by its short name. Needs no permission beyond belonging to it: every door asks this first, and the
    /// service behind the door asks for its own permission.
    ///
    /// # Errors
    /// `not_found`, also for another dataset than the actor's.
    pub async fn dataset(&self, actor: &Actor, slug: &str) -> Result<Dataset> {
        let mut conn = self.inner.store.read().await?;
        let found = store::datasets::by_slug(&mut conn, slug).await?;
        let own = found.filter(|dataset| actor.dataset.is_none_or(|own| own == dataset.id));
        own.ok_or_else(|| Problem::not_found("dataset").into())
    }

    /// Makes a dataset.
    ///
    /// # Errors
    /// `forbidden`, `invalid`, `name_taken`.
    pub async fn create_dataset(&self, actor: &Actor, slug: &str, name: Option<&str>) -> Result<Dataset> {
        super::require_everywhere(actor, Permission::Administer)?;
        check_slug(slug)?;
        let name = clean_name(name.unwrap_or(slug))?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let dataset = store::datasets::insert(&mut tx, slug, &name, now)
            .await
            .map_err(taken)?;
        let entry = Entry {
            action: "dataset.create",
            dataset: Some(dataset.id),
            object: format!("dataset:{slug}"),
            detail: serde_json::json!({ "name": name }),
        };
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        Ok(dataset)
    }

    /// A new data directory starts with one dataset, `main`.
    pub(super) async fn first_dataset(&self) -> Result<()> {
        if !store::datasets::list(&mut *self.inner.store.read().await?)
            .await?
            .is_empty()
        {
            return Ok(());
        }
        self.create_dataset(&Actor::system(), FIRST_SLUG, Some("Main"))
            .await?;
        Ok(())
    }

    /// The numbers of the overview, counted at `counted_at`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn figures(&self, actor: &Actor, dataset: DatasetId) -> Result<DatasetFigures> {
        actor.require_in(Permission::View, dataset)?;
        // Held while counting: a second asker waits for the first one's numbers instead of counting as well.
        let mut kept = self.inner.memory.figures.lock().await;
        let now = self.inner.store.clock.now();
        if let Some((figures, took_ms)) = kept.get(&dataset) {
            let age_ms = now.ms() - figures.counted_at.ms();
            if (0..took_ms.saturating_mul(FIGURES_KEPT_TIMES)).contains(&age_ms) {
                return Ok(figures.clone());
            }
        }
        let begun = Instant::now();
        let mut view = self.inner.store.view().await?;
        let figures = store::datasets::figures(&mut view, dataset, now).await?;
        kept.insert(dataset, (figures.clone(), millis(begun.elapsed())));
        Ok(figures)
    }
}

fn taken(error: Error) -> Error {
    if error.unique_violation() {
        Problem::new(Code::NameTaken).on("slug").into()
    } else {
        error
    }
}
