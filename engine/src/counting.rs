//! A count of a dataset's people and events that is made slice by slice, so that whoever makes it can do something else in
//! between: the runner for a job's report, a task of its own for the reports page. Knows neither jobs nor pages.

use crate::{
    error::Result,
    fault,
    store::{
        self, Store,
        measure::{At, Source},
    },
};
use domain::{id::DatasetId, metric::Aggregated, series::Series, time::Timestamp};
use std::time::{Duration, Instant};

/// Ids of the first slice.
const IDS_FIRST: i64 = 4_000;
/// Ids of a slice at least.
const IDS_MIN: i64 = 250;
/// Ids of a slice at most.
const IDS_MAX: i64 = 100_000;
/// A slice should take about this long: whoever makes the count is held up no longer.
const TARGET: Duration = Duration::from_millis(40);

/// A count that is under way.
#[derive(Debug)]
pub(crate) struct Count {
    dataset: DatasetId,
    kinds: [i64; 6],
    at: Timestamp,
    after: i64,
    last: i64,
    ids: i64,
    /// The figures so far.
    pub(crate) people: Aggregated,
    /// The same by day, where that was asked for.
    pub(crate) series: Option<Series>,
}

impl Count {
    /// Begins. People who come later are not counted. `by_day`: the figures by day as well.
    pub(crate) async fn begin(
        store: &Store,
        dataset: DatasetId,
        at: Timestamp,
        by_day: bool,
    ) -> Result<Self> {
        let mut conn = store.count().await?;
        Ok(Self {
            dataset,
            kinds: store::measure::kinds(&mut conn, dataset).await?,
            at,
            after: 0,
            last: store::measure::last_id(&mut conn, dataset).await?,
            ids: IDS_FIRST,
            people: Aggregated::default(),
            series: by_day.then(Series::default),
        })
    }

    /// When it was begun: windows of days end there.
    pub(crate) const fn at(&self) -> Timestamp {
        self.at
    }

    /// Counts the next slice, in one view of the data. Whether more follow.
    pub(crate) async fn step(&mut self, store: &Store) -> Result<bool> {
        let begun = Instant::now();
        let mut view = store.view().await?;
        let ids = fault::slice(self.ids);
        let next = store::targets::next_slice(&mut view, self.dataset.0, self.after, ids, self.last).await?;
        let Some(upto) = next else { return Ok(false) };
        let source = Source::Store {
            dataset: self.dataset,
            kinds: &self.kinds,
        };
        let range = (self.after, upto);
        let sums = store::measure::slice(&mut view, source, range, At(self.at)).await?;
        self.people.add(&sums);
        if let Some(series) = &mut self.series {
            store::measure::by_day(&mut view, source, range, series).await?;
        }
        drop(view);
        self.after = upto;
        let took = begun.elapsed();
        self.ids = if took > TARGET {
            self.ids / 2
        } else if took < TARGET / 2 {
            self.ids * 2
        } else {
            self.ids
        }
        .clamp(IDS_MIN, IDS_MAX);
        Ok(true)
    }
}
