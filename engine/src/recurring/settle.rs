//! What is left to do when the jobs of a run have ended: the segment is enabled again, where that was confirmed and all of them
//! came to their end. After a cancel or a failure it stays disabled, for somebody stopped it or should look.

use crate::{
    error::{Error, Result},
    service::Engine,
    store::{self, recurring::Unsettled},
};
use domain::{
    access::Actor,
    id::{DatasetId, RecurringId},
};

/// Does it, and writes down that it was done. After a crash in between it is done once more, which changes nothing.
pub(super) async fn settle(engine: &Engine, run: &Unsettled) -> Result<()> {
    let store = &engine.inner.store;
    let id = RecurringId(run.recurring_id);
    let row = store::recurring::find(&mut *store.read().await?, id).await?;
    let row = row.ok_or_else(|| Error::Corrupt(format!("recurring deletion {id} of a run is missing")))?;
    let spec = row.spec()?;
    let dataset = DatasetId(row.dataset_id);
    let (enabled, note) = match (spec.enable_after, run.ended_well) {
        (true, true) => match enable(engine, &row.created_by, dataset, spec.segment_id).await? {
            None => (true, None),
            Some(why) => (false, Some(format!("The segment was not enabled again: {why}"))),
        },
        (true, false) => {
            let why = "The segment was left as it is, because the job did not come to its end.";
            (false, Some(why.to_owned()))
        }
        (false, _) => (false, None),
    };
    let now = store.clock.now();
    let mut tx = store.write().await?;
    store::recurring::settle(&mut tx, run, enabled.then_some(now), note.as_deref(), now).await?;
    if enabled {
        let detail = serde_json::json!({ "segment": spec.segment_id, "due_at": run.due_at, "by_wish_of": row.created_by });
        engine
            .audit_recurring(
                &mut tx,
                &Actor::system(),
                "recurring.segment_enabled",
                dataset,
                id,
                detail,
            )
            .await?;
    }
    tx.commit().await
}

/// Enables in the name of who confirmed it; gives the reason where that is not possible.
async fn enable(
    engine: &Engine,
    name: &str,
    dataset: DatasetId,
    segment: domain::id::SegmentId,
) -> Result<Option<String>> {
    let Some(actor) = engine.actor_named(name).await? else {
        return Ok(Some(format!("{name} can no longer log in.")));
    };
    // A token for bulk deletion may not edit segments, but this was confirmed with the deletion itself.
    let may = actor.require_in(domain::access::Permission::DeleteInBulk, dataset);
    if let Err(problem) = may {
        return Ok(Some(problem.message));
    }
    let own = Actor {
        name: name.to_owned(),
        ..Actor::system()
    };
    match engine.enable_segment(&own, dataset, segment).await {
        Ok(_) => Ok(None),
        Err(Error::Problem(problem)) => Ok(Some(problem.message)),
        Err(error) => Err(error),
    }
}
