//! The last thing in front of the first batch: the segment is disabled, and its members of that moment are noted where they
//! differ from the target set. Whoever has to be looked at for that is looked at beforehand, without the lock.

use super::{Step, begin::wait, finish, freeze::membership};
use crate::{
    error::{Error, Result},
    fault,
    service::{Engine, stored_members::Order},
    store::{self, Tx, jobs::JobRow, targets::Membership},
};
use domain::{
    access::Actor,
    guard::{self, Verdict},
    id::{DatasetId, JobId, SegmentId},
    job::{Intent, JobState},
    time::Timestamp,
};

/// So much later than the confirmation it is another time for a rule that looks at the clock, milliseconds: windows are of days,
/// and a job that begins at once need not look at everyone a second time.
const LATER_MS: i64 = 10_000;

/// Whether the stored members of the segment are being written or cleared: then the job waits. What nobody works on was left by
/// an attempt that failed, and is cleared.
pub(super) async fn settled(engine: &Engine, job: &JobRow) -> Result<Option<Step>> {
    let segment = SegmentId(job.segment_id);
    if !store::members::unsettled(&mut *engine.inner.store.read().await?, segment).await? {
        return Ok(None);
    }
    let Ok(_turn) = engine.inner.memory.settling.try_lock() else {
        let reason = "Waiting until the segment has been enabled or disabled completely.";
        return wait(engine, job, reason).await.map(Some);
    };
    engine.clear_members(segment).await?;
    Ok(Some(Step::Again))
}

/// Has the members noted where that is needed, disables the segment and enters `deleting`.
pub(super) async fn step(engine: &Engine, job: &JobRow) -> Result<Step> {
    let store = &engine.inner.store;
    let segment = SegmentId(job.segment_id);
    let who = membership(job)?;
    let Ok(_turn) = engine.inner.memory.settling.try_lock() else {
        let reason =
            "Waiting while the members of another segment are written: one is enabled, disabled or copied.";
        return wait(engine, job, reason).await;
    };
    // Looked at in one's turn: of a segment that is disabled by now the stored members stand.
    let disabled = store::segment_jobs::disabled(&mut *store.read().await?, segment).await?;
    if disabled || matches!(who, Membership::Listed(_)) {
        let tx = store.write().await?;
        return begin_deleting(engine, job, (&who, disabled), tx).await;
    }
    let begun = correct_members(engine, job, &who).await;
    // What was noted of an attempt that came to nothing is not left behind.
    if store::members::unsettled(&mut *store.read().await?, segment).await? {
        engine.clear_members(segment).await?;
    }
    begun
}

/// The members of this moment are the target set, corrected by those who changed since it was fixed; where people may have come
/// or gone though nobody changed, everyone is looked at again.
async fn correct_members(engine: &Engine, job: &JobRow, who: &Membership) -> Result<Step> {
    let store = &engine.inner.store;
    let (now, segment) = (store.clock.now(), SegmentId(job.segment_id));
    let moved = {
        let mut conn = store.read().await?;
        store::frozen_rules::moved(&mut conn, job, who, Timestamp::from_ms(job.now_at)).await?
    };
    let everyone = moved.by_people || (moved.by_clock && now.ms() - job.now_at > LATER_MS);
    let mut tx = store.write().await?;
    store::members::unsettle(&mut tx, segment).await?;
    tx.commit().await?;
    let order = Order {
        dataset: DatasetId(job.dataset_id),
        segment,
        who,
        base: Some(job.set()),
        since: (!everyone).then_some(job.freeze_seq),
        at: now,
    };
    let Some(mut tx) = engine.store_members(&order, false).await? else {
        let reason = "Waiting until the segments that the rule refers to are no longer being changed.";
        return wait(engine, job, reason).await;
    };
    let confirmed_at = Timestamp::from_ms(job.now_at);
    if !everyone
        && store::frozen_rules::moved(&mut tx, job, who, confirmed_at)
            .await?
            .by_people
    {
        // Changed just before the first look: everyone is looked at in the next one.
        return Ok(Step::Again);
    }
    begin_deleting(engine, job, (who, false), tx).await
}

/// Enters `deleting` and disables the segment in the same transaction, so that nobody joins from here on (fact S2).
async fn begin_deleting(
    engine: &Engine,
    job: &JobRow,
    (who, was_disabled): (&Membership, bool),
    mut tx: Tx,
) -> Result<Step> {
    let store = &engine.inner.store;
    let (now, segment) = (store.clock.now(), SegmentId(job.segment_id));
    // It may have taken a while to come here: people may want something else by now.
    let wanted = store::jobs::find(&mut tx, JobId(job.id))
        .await?
        .ok_or(Error::Fenced)?;
    let disabled = store::segment_jobs::disabled(&mut tx, segment).await?;
    if wanted.intent()? != Intent::Run || disabled != was_disabled {
        return Ok(Step::Again);
    }
    if let Some(reason) = guarded(&mut tx, engine, job, who).await? {
        drop(tx);
        return finish::end_early(engine, job, JobState::Failed, Some(&reason)).await;
    }
    let by_rule = matches!(who, Membership::Rule(_));
    store::segment_jobs::disable(&mut tx, segment, JobId(job.set()), by_rule, now).await?;
    store::members::settle(&mut tx, segment).await?;
    let people = store::sweep::people(&mut tx, job.dataset_id).await?;
    if super::sweep::points(job.counts().matched, people) {
        store::sweep::set_points(&mut tx, JobId(job.id)).await?;
    }
    fault::stop_point("begin.disabled")?;
    store::job_steps::move_to(&mut tx, store, job, JobState::Deleting, now).await?;
    tx.commit().await?;
    Ok(Step::Again)
}

/// Looks once more at what was looked at before the confirmation: a block ends the job, a warning is written down.
async fn guarded(tx: &mut Tx, engine: &Engine, job: &JobRow, who: &Membership) -> Result<Option<String>> {
    let everyone = match who {
        Membership::Rule(rule) => domain::rule::matches_everyone_trivially(rule),
        Membership::Listed(_) => false,
    };
    let people = store::estimates::people(tx, DatasetId(job.dataset_id)).await?;
    let found = guard::at_start(job.spec()?.force, everyone, job.counts().matched, people);
    if guard::verdict(&found) == Verdict::Block {
        let blocks = found.into_iter().find(|it| it.verdict == Verdict::Block);
        return Ok(blocks.map(|it| it.sentence));
    }
    for finding in found {
        let entry = store::audit::Entry {
            action: "job.warned",
            dataset: Some(DatasetId(job.dataset_id)),
            object: format!("job:{}", job.id),
            detail: serde_json::json!({ "warning": finding.title, "profiles": job.counts().matched, "of": people }),
        };
        store::audit::insert(tx, engine.inner.store.clock.now(), &Actor::system(), entry).await?;
    }
    Ok(None)
}
