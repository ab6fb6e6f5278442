//! Storing the members of a rule segment for the moment at which it is disabled, by hand or by a job. Nobody waits for the
//! scan.
//!
//! Design notes. The rows are written before the segment is disabled, in slices, from one view of the data; then rounds
//! follow over those who changed since the view, by the log of changes; the last transaction finds few, and disables.
//! Between, the rows are noted as not to be believed (`store::members`). Whoever calls holds `memory.settling`.

use super::Engine;
use crate::{
    error::Result,
    store::{
        self, Conn, Tx, beneath, members::Whom, rule_sql::RuleScope, segments::Catalogue, targets::Membership,
    },
};
use domain::{
    id::{DatasetId, SegmentId},
    rule,
    time::Timestamp,
};
use std::collections::BTreeMap;

/// Changes that may be left for the last transaction: some milliseconds of lock.
const LEFT_MAX: i64 = 500;
/// Rounds over those who changed: each is shorter than the one before, unless more change than can be looked at.
const ROUNDS: usize = 20;
/// How often storing begins anew because a segment that the rule leans on was changed meanwhile.
const ATTEMPTS: usize = 3;

/// What is to be stored.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) dataset: DatasetId,
    pub(crate) segment: SegmentId,
    /// Who is in.
    pub(crate) who: &'a Membership,
    /// The set of targets who are members without a row; `None`: each member has one.
    pub(crate) base: Option<i64>,
    /// The first round looks at those who changed after this number; `None`: at everyone.
    pub(crate) since: Option<i64>,
    /// What "now" means.
    pub(crate) at: Timestamp,
}

impl Order<'_> {
    /// The segments by which it is decided who is in.
    fn named(&self) -> Vec<i64> {
        match self.who {
            Membership::Rule(rule) => rule::segments_of(rule),
            Membership::Listed(segment) => vec![*segment],
        }
    }
}

/// What a round saw: the versions of the rules behind, and the last change.
pub(super) type Seen = (BTreeMap<i64, i64>, i64);

impl Engine {
    /// Stores the members as they are at the order's moment. Gives the transaction in which they are right: it is to disable.
    /// `None`: what the rule leans on keeps changing. `dirty`: rows of an earlier attempt may be there.
    pub(crate) async fn store_members(&self, order: &Order<'_>, mut dirty: bool) -> Result<Option<Tx>> {
        let _kept = self.inner.warehouse.keep_log();
        for _ in 0..ATTEMPTS {
            if dirty {
                self.clear_members_rows(order.segment).await?;
            }
            dirty = true;
            let (versions, mut seen) = self.first_round(order).await?;
            for _ in 0..ROUNDS {
                let mut tx = self.inner.store.write().await?;
                let catalogue = store::segments::catalogue(&mut tx, order.dataset).await?;
                if beneath::versions(&catalogue, order.named()) != versions {
                    break;
                }
                if store::members::change_seq(&mut tx).await? - seen <= LEFT_MAX {
                    let changed = store::members::changed(&mut tx, order.dataset, seen, 0).await?;
                    let found = these(&mut tx, order, &catalogue, &changed).await?;
                    store::members::apply(&mut tx, order.segment, order.at, &found).await?;
                    return Ok(Some(tx));
                }
                drop(tx);
                seen = self.further_round(order, seen).await?;
            }
        }
        Ok(None)
    }

    /// The first round, on one view of the data.
    pub(super) async fn first_round(&self, order: &Order<'_>) -> Result<Seen> {
        let mut view = self.inner.store.view().await?;
        let seen = store::members::change_seq(&mut view).await?;
        let catalogue = store::segments::catalogue(&mut view, order.dataset).await?;
        let versions = beneath::versions(&catalogue, order.named());
        let scope = scope(order, &catalogue);
        let whom = order.since.map_or(Whom::Everyone, Whom::ChangedAfter);
        let mut after = 0;
        while order.since != Some(seen) {
            let found =
                store::members::verdicts(&mut view, &scope, (order.who, order.base), whom, after).await?;
            let Some((last, _)) = found.last() else { break };
            after = *last;
            let mut tx = self.inner.store.write().await?;
            store::members::apply(&mut tx, order.segment, order.at, &found).await?;
            tx.commit().await?;
        }
        Ok((versions, seen))
    }

    /// A round over those who changed after number `since`. Gives the last change that it saw.
    async fn further_round(&self, order: &Order<'_>, since: i64) -> Result<i64> {
        let mut view = self.inner.store.view().await?;
        let seen = store::members::change_seq(&mut view).await?;
        let catalogue = store::segments::catalogue(&mut view, order.dataset).await?;
        let mut after = 0;
        loop {
            let changed = store::members::changed(&mut view, order.dataset, since, after).await?;
            let Some(last) = changed.last() else {
                return Ok(seen);
            };
            after = *last;
            let found = these(&mut view, order, &catalogue, &changed).await?;
            let mut tx = self.inner.store.write().await?;
            store::members::apply(&mut tx, order.segment, order.at, &found).await?;
            tx.commit().await?;
        }
    }

    /// Clears the stored members of a segment that is enabled or removed, and takes the note away.
    pub(crate) async fn clear_members(&self, id: SegmentId) -> Result<()> {
        self.clear_members_rows(id).await?;
        let mut tx = self.inner.store.write().await?;
        store::members::settle(&mut tx, id).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn clear_members_rows(&self, id: SegmentId) -> Result<()> {
        let mut after = 0;
        loop {
            let end = store::members::slice_end(&mut *self.inner.store.count().await?, id, after).await?;
            let Some(upto) = end else { return Ok(()) };
            let mut tx = self.inner.store.write().await?;
            store::members::clear_range(&mut tx, id, after, upto).await?;
            tx.commit().await?;
            after = upto;
        }
    }
}

fn scope<'c>(order: &Order<'_>, catalogue: &'c Catalogue) -> RuleScope<'c> {
    RuleScope {
        dataset_id: order.dataset.0,
        now: order.at,
        segments: &catalogue.defs,
    }
}

/// The verdicts about these people.
async fn these(
    conn: &mut Conn,
    order: &Order<'_>,
    catalogue: &Catalogue,
    people: &[i64],
) -> Result<Vec<store::members::Verdict>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let whom = Whom::These(people);
    store::members::verdicts(conn, &scope(order, catalogue), (order.who, order.base), whom, 0).await
}
