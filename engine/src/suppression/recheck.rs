//! The look whether deleted people live again: once a day, and when somebody asks for it. It goes through the hashes of
//! everybody who was deleted, some ten thousand at a time, on a connection that only reads; how far it is stands in the
//! database, so a restart goes on there.

use crate::{
    error::Result,
    notify,
    service::Engine,
    store::{
        self, Conn,
        erased::Source,
        notices::NewNotice,
        rechecks::{self, Open},
    },
};
use domain::{
    access::Actor,
    id::{DatasetId, JobId},
    notice::NoticeKind,
    suppression::{CameBack, RECHECK_EVERY_MS, came_back},
    time::Timestamp,
};
use tokio::sync::watch;

/// Begins what is due, and carries out whatever is not over.
pub(super) async fn due(engine: &Engine, stop: &watch::Receiver<bool>) -> Result<()> {
    let store = &engine.inner.store;
    let before = store.clock.now().plus_ms(-RECHECK_EVERY_MS);
    for dataset in rechecks::due(&mut *store.read().await?, before).await? {
        let mut tx = store.write().await?;
        rechecks::begin(&mut tx, dataset, &Actor::system().name, store.clock.now()).await?;
        tx.commit().await?;
    }
    carry_out(engine, || *stop.borrow()).await
}

/// Carries out the looks that are not over; one at a time, whoever asks.
pub(crate) async fn carry_out(engine: &Engine, stopped: impl Fn() -> bool) -> Result<()> {
    let _turn = engine.inner.rechecking.lock().await;
    let store = &engine.inner.store;
    let open = rechecks::open(&mut *store.read().await?).await?;
    for look in open {
        one(engine, &look, &stopped).await?;
    }
    Ok(())
}

async fn one(engine: &Engine, look: &Open, stopped: &impl Fn() -> bool) -> Result<()> {
    let store = &engine.inner.store;
    let dataset = DatasetId(look.dataset_id);
    let mut after = look.place();
    while !stopped() {
        let mut conn = store.count().await?;
        let now = store.clock.now();
        let Some(taken) = rechecks::next(&mut conn, dataset, &after).await? else {
            drop(conn);
            return finish(engine, look, now).await;
        };
        let found = rechecks::alive(&mut conn, dataset, &taken, now).await?;
        drop(conn);
        let mut tx = store.write().await?;
        rechecks::record(&mut tx, look.id, &taken, found).await?;
        tx.commit().await?;
        after = taken.place();
    }
    Ok(())
}

/// Ends the look, and tells who asked for a deletion that more of its people live again than at the look before.
async fn finish(engine: &Engine, look: &Open, now: Timestamp) -> Result<()> {
    let mut tx = engine.inner.store.write().await?;
    for it in rechecks::by_source(&mut tx, look.id).await? {
        let source = Source::of(it.reason, it.source_id);
        let more = it.found - rechecks::found_before(&mut tx, look, source).await?;
        if let (Source::Job(job), true) = (source, more > 0) {
            tell(&mut tx, look, job, (&it, more), now).await?;
        }
    }
    rechecks::finish(&mut tx, look, now).await?;
    tx.commit().await
}

async fn tell(
    conn: &mut Conn,
    look: &Open,
    job: JobId,
    (it, more): (&CameBack, i64),
    now: Timestamp,
) -> Result<()> {
    let Some(row) = store::jobs::find(conn, job).await? else {
        return Ok(());
    };
    let (title, text) = came_back(job, &row.segment_name, it, more);
    let notice = NewNotice {
        cause: &format!("recheck:{}:{job}", look.id),
        recipient: row.requested_by(),
        dataset: DatasetId(look.dataset_id),
        kind: NoticeKind::CameBack,
        title: &title,
        text: &text,
        job: Some(job),
        recurring: None,
    };
    notify::tell(conn, &notice, now).await
}
