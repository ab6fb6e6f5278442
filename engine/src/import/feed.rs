//! Rows that were made, not read, written like those of a file: for the sample data.

use super::{
    apply::Target,
    window::{Pace, Window},
};
use crate::{
    error::Result,
    service::Engine,
    store::{ingest::Row, ingest_events, settings},
};
use domain::id::DatasetId;
use std::time::Instant;

/// The way in.
pub(crate) struct Feed {
    target: Target,
    engine: Engine,
    pace: Pace,
}

impl Feed {
    pub(crate) async fn open(engine: &Engine, dataset: DatasetId) -> Result<Self> {
        let store = &engine.inner.store;
        let kinds = ingest_events::kinds(&mut *store.read().await?, dataset).await?;
        Ok(Self {
            target: Target::new(dataset, store.keys.clone(), kinds),
            engine: engine.clone(),
            pace: Pace::new(),
        })
    }

    /// Writes the rows of people who are new, each person's rows together, and notes in the settings how many people are
    /// there: `from` before the first.
    pub(crate) async fn write(&mut self, people: Vec<Vec<Row>>, name: &str, from: u64) -> Result<()> {
        let store = &self.engine.inner.store;
        let dataset = self.target.dataset;
        let sizes: Vec<usize> = people.iter().map(Vec::len).collect();
        let rows = people.into_iter().flatten().collect();
        let mut window = Window::arrange(store, dataset, rows, None).await?;
        window.reserve(store, dataset).await?;
        let Window { rows, mut known, .. } = window;
        let mut rows = rows.into_iter();
        let mut sizes = sizes.into_iter();
        let mut done = from;
        while rows.len() > 0 {
            let mut wanted = 0;
            for size in sizes.by_ref() {
                wanted += size;
                done += 1;
                if wanted >= self.pace.rows {
                    break;
                }
            }
            let slice: Vec<Row> = rows.by_ref().take(wanted.max(1)).collect();
            let mut tx = store.write().await?;
            let begun = Instant::now();
            self.target
                .apply(&mut tx, slice, &mut known, store.clock.now())
                .await?;
            settings::put(&mut tx, name, &done.to_string()).await?;
            self.pace.took(begun.elapsed());
            tx.commit().await?;
            self.engine.inner.copy.notify_one();
        }
        Ok(())
    }
}
