//! The receipts of privacy requests: each erasure that is over gets one when no dead byte of it is left in the files. What is
//! due is found by how things stand, so a process that was killed in between is made up for, and nothing is signed twice.

use crate::{
    error::Result,
    service::Engine,
    store::{self, requests::RequestRow},
};
use domain::receipt::RequestFacts;

/// Signs what is due.
pub(super) async fn seal_due(engine: &Engine) -> Result<()> {
    let due = store::requests::unsealed(&mut *engine.inner.store.read().await?).await?;
    for row in due {
        let (dataset, id) = (row.dataset(), row.id());
        let facts = facts(engine, row).await?;
        engine.sign_request(dataset, id, &facts).await?;
    }
    Ok(())
}

async fn facts(engine: &Engine, row: RequestRow) -> Result<RequestFacts> {
    let id = row.id();
    let scrubbed_at = store::erasures::scrubbed_at(&mut *engine.inner.store.read().await?, id).await?;
    let it = row.show()?;
    let account = it.account.unwrap_or_default();
    Ok(RequestFacts {
        number: it.id.number(),
        dataset: it.dataset,
        regulation: Some(it.regulation.as_str().to_owned()),
        ended: it.state.as_str().to_owned(),
        end_reason: it.reason,
        asked_by: it.created_by,
        asked_at: it.received_at,
        done_at: it.ended_at.unwrap_or(it.received_at),
        scrubbed_at,
        requested: account.requested,
        deleted: account.deleted,
        held: account.held,
        profiles: account.profiles,
        events: account.events,
        warehouse_profiles: account.warehouse_profiles,
        warehouse_events: account.warehouse_events,
    })
}
