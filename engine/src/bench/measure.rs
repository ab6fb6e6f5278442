//! What a measurement asks of the engine besides its use-cases: how long a write waits, how the writing connection is set,
//! and the bare statements that Lethe is held against. Changes nothing that is stored.

use crate::{
    error::Result,
    service::Engine,
    store::{self, deletion_map},
};
use domain::{id::DatasetId, time::Timestamp};
use std::time::{Duration, Instant};

/// One statement that deletes from one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BareDelete {
    /// The table.
    pub table: &'static str,
    /// The statement, without values to bind.
    pub sql: String,
}

/// What a person at a database shell would type to delete everyone last seen before a moment: one statement a table of
/// the deletion map, whatever refers to a profile first, the profiles last. In the whole file, whatever the dataset.
#[must_use]
pub fn bare_deletes(before: Timestamp) -> Vec<BareDelete> {
    deletion_map::tables()
        .into_iter()
        .map(|(table, column)| BareDelete {
            table,
            sql: store::bench::bare_delete(table, column, before),
        })
        .collect()
}

impl Engine {
    /// Counts everyone of a dataset last seen before a moment by the one plain statement for it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn bare_count(&self, dataset: DatasetId, before: Timestamp) -> Result<i64> {
        store::bench::bare_count(&mut *self.inner.store.count().await?, dataset, before).await
    }

    /// Everyone, and their events.
    ///
    /// # Errors
    /// What the store says.
    pub async fn bare_totals(&self) -> Result<(i64, i64)> {
        store::bench::totals(&mut *self.inner.store.count().await?).await
    }

    /// Begins a write and takes it back. Says how long it waited for its turn: about as long as the write lock was held
    /// by whoever had it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn probe_write(&self) -> Result<Duration> {
        let asked = Instant::now();
        let tx = self.inner.store.write().await?;
        let waited = asked.elapsed();
        tx.take_back().await?;
        Ok(waited)
    }

    /// The pragmas of the writing connection as they hold, name and value, in an order in which they can be set: whoever
    /// is compared with it should be set alike.
    ///
    /// # Errors
    /// What the store says.
    pub async fn writer_pragmas(&self) -> Result<Vec<(&'static str, String)>> {
        store::bench::pragmas(&mut *self.inner.store.writer_idle().await?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BenchSpec, OpenOptions, clock::Clock};
    use domain::access::Actor;

    const PROFILES: u64 = 400;

    #[tokio::test]
    async fn the_bare_statements_are_about_the_same_people_as_the_rule() {
        let dir = tempfile::tempdir().expect("a directory");
        let options = OpenOptions {
            dir: dir.path().to_owned(),
            clock: Clock::system(),
        };
        let engine = Engine::open(options).await.expect("open");
        let dataset = engine.dataset(&Actor::system(), "main").await.expect("main").id;
        let spec = BenchSpec {
            profiles: PROFILES,
            until: Timestamp::parse_date("2025-11-24").expect("a day"),
            seed: 1,
        };
        engine.load_bench(dataset, spec, |_| ()).await.expect("people");
        let before = spec.last_seen_of(500);
        let half = engine.bare_count(dataset, before).await.expect("a count");
        assert!(
            (150..250).contains(&half),
            "half of the people are before {}: {half}",
            before.to_date()
        );
        let rule = format!("last_seen before {}", before.to_date());
        let preview = engine
            .preview(&Actor::system(), dataset, &rule)
            .await
            .expect("a preview");
        assert_eq!(preview.count, half);
        let (profiles, events) = engine.bare_totals().await.expect("totals");
        assert_eq!(u64::try_from(profiles), Ok(PROFILES));
        assert!(events > 4 * profiles && events < 7 * profiles, "{events}");

        let pragmas = engine.writer_pragmas().await.expect("pragmas");
        for (name, value) in [
            ("journal_mode", "wal"),
            ("synchronous", "2"),
            ("secure_delete", "1"),
        ] {
            assert!(pragmas.contains(&(name, value.to_owned())), "{pragmas:?}");
        }
        engine.probe_write().await.expect("a write that was taken back");
        engine.close().await;
    }

    #[test]
    fn whatever_refers_to_a_profile_goes_before_it() {
        let tables: Vec<_> = bare_deletes(Timestamp::from_day(1))
            .into_iter()
            .map(|delete| delete.table)
            .collect();
        assert_eq!(
            tables,
            [
                "events",
                "identities",
                "memberships",
                "hold_people",
                "identity_lookup",
                "profiles"
            ]
        );
    }
}
