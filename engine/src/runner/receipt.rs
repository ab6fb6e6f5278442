//! The receipt of a job, in front of its end: the tree over the identities that went, step by step, so that other jobs have their
//! turn; then the signed statement, in the transaction that ends the job. Until that one is committed there is no receipt, and a
//! restart makes the same tree again.

use super::{Memory, Step};
use crate::{
    error::{Error, Result},
    fault,
    receipt::{
        entries::{Made, Making, Tree},
        seal,
    },
    service::Engine,
    store::{self, Tx, jobs::JobRow},
    warehouse::retention,
};
use domain::{
    id::{DatasetId, JobId},
    impact::WarehouseKept,
    job::JobState,
    receipt::{ReceiptOf, Sealed, of_job},
    time::Timestamp,
    warehouse::removed_at,
};

/// Where the tree is: what a restart may forget.
#[derive(Debug, Default)]
pub(super) struct Work {
    making: Option<Box<Making>>,
    tree: Option<Tree>,
}

/// Makes the tree. `None`: it is made.
pub(super) async fn tree(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Option<Step>> {
    let store = &engine.inner.store;
    let work = &mut memory.receipt;
    if work.tree.is_some() {
        return Ok(None);
    }
    let making = match work.making.take() {
        Some(making) => *making,
        None => Making::begin(store, ReceiptOf::Job(JobId(job.id)))?,
    };
    fault::stop_point("receipt.tree")?;
    match making.step(store).await? {
        Made::More(making) => work.making = Some(making),
        Made::Tree(tree) => work.tree = Some(tree),
    }
    Ok(Some(Step::Again))
}

/// Signs the receipt and stores it.
pub(super) async fn sign(
    tx: &mut Tx,
    engine: &Engine,
    job: &JobRow,
    memory: &Memory,
    (end, kept, now): (JobState, WarehouseKept, Timestamp),
) -> Result<()> {
    let store = &engine.inner.store;
    let (dataset, id) = (DatasetId(job.dataset_id), JobId(job.id));
    let tree = memory
        .receipt
        .tree
        .as_ref()
        .ok_or_else(|| Error::Corrupt(format!("job {id} was to be sealed without its tree")))?;
    let deleted_at = job.verified_at.map_or(now, Timestamp::from_ms);
    let days = retention::term(engine, dataset).await?;
    let hashes_until = engine.proofs_until(tx, now).await?;
    let sealed = Sealed {
        ended: end.as_str().to_owned(),
        at: now,
        plan_hash: job.plan_hash.clone(),
        approved_by: job.approved_by.clone(),
        kept,
        kept_until: days.map(|days| removed_at(deleted_at, days)),
        hashes_until,
        deleted_at,
        suppress: job.spec()?.suppress,
        handed_out: store::receipts::handed_out(tx, id).await?,
    };
    let statement = of_job(&job.clone().show(store.epoch, now)?, &sealed);
    let place = (ReceiptOf::Job(id), dataset);
    seal(
        tx,
        &engine.inner.signer,
        place,
        statement,
        tree,
        (now, hashes_until),
    )
    .await?;
    fault::stop_point("receipt.signed")
}
