//! The export of a job's people, where one was asked for: written directly before deleting begins, so that it shows them as
//! they were then, and whole before anybody goes. The job waits for it and says so.
//!
//! It is written slice by slice, a step of the runner each, so that other jobs go on and a pause or a cancel takes effect
//! in between. A process that dies leaves a file under another name; the next one wipes it and begins again. A file that
//! cannot be written holds the job with the reason, and nobody is deleted.

use super::{LOOK_EVERY, Memory, Step, begin, hold};
use crate::{
    error::{Error, Result},
    export::{SLICE, files, files::Partial, ndjson, person::Person},
    fault,
    service::{Engine, kept_until},
    store::{self, audit::Entry, jobs::JobRow},
};
use domain::{
    access::Actor,
    export::Export,
    guard::grouped,
    id::{DatasetId, JobId},
};
use std::time::{Duration, Instant};

/// After a failure to write, it is tried again after this long: what fills a disk does not go by the second.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// What is done is said in steps of so many percent: each costs a write.
const SAID_PERCENT: i64 = 10;

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Work {
    writing: Option<Writing>,
    /// Why it could not be written, and not before when it is tried again.
    failed: Option<(String, Instant)>,
}

#[derive(Debug)]
struct Writing {
    partial: Partial,
    /// The last target that was read.
    after: i64,
    looked: i64,
    people: i64,
}

/// Whether the job has to write an export before it may begin. One that was wiped because its time had come, while the job
/// still waited, is written anew; one that a person had wiped is not.
pub(super) fn owed(job: &JobRow) -> Result<bool> {
    let asked = job.spec()?.export;
    Ok(asked
        && match job.export()? {
            None => true,
            Some(export) => {
                export.wiped_at.is_some() && export.wiped_by.as_deref() == Some(Actor::system().name.as_str())
            }
        })
}

/// One slice, or the end of the file.
pub(super) async fn step(engine: &Engine, job: &JobRow, memory: &mut Memory) -> Result<Step> {
    let work = &mut memory.export;
    if let Some((reason, until)) = &work.failed
        && Instant::now() < *until
    {
        hold::look_said(engine, job, reason.clone());
        return Ok(Step::Rest(LOOK_EVERY));
    }
    work.failed = None;
    match write(engine, job, work).await {
        Err(Error::Io { what, source }) => {
            tracing::warn!(job = job.id, what, error = %source, "an export cannot be written; it is tried again");
            work.writing = None;
            // Its space may be what is missing.
            abandon(engine, JobId(job.id)).await;
            let reason = format!(
                "The export of these people cannot be written: {}. Nobody is deleted before it is whole; it is tried again by itself.",
                why(&source)
            );
            hold::look_said(engine, job, reason.clone());
            work.failed = Some((reason, Instant::now() + AFTER_FAILURE));
            Ok(Step::Rest(LOOK_EVERY))
        }
        other => other,
    }
}

/// What stands in the way, the end of a sentence.
fn why(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind as K;
    match error.kind() {
        K::StorageFull | K::QuotaExceeded => "the disk is full",
        K::PermissionDenied | K::ReadOnlyFilesystem => {
            "the directory “exports” of the data directory may not be written to"
        }
        K::AlreadyExists | K::NotADirectory => "“exports” in the data directory is no directory",
        _ => "the disk reported an error, which the server's log tells",
    }
}

async fn write(engine: &Engine, job: &JobRow, work: &mut Work) -> Result<Step> {
    let (store, id) = (&engine.inner.store, JobId(job.id));
    let mut writing = match work.writing.take() {
        Some(writing) => writing,
        None => Writing {
            partial: engine
                .blocking("beginning an export", move |dir| Partial::begin(dir, id))
                .await?,
            after: 0,
            looked: 0,
            people: 0,
        },
    };
    fault::stop_point("export.begun")?;
    let slice =
        store::exports::slice(&mut *store.count().await?, id, writing.after, fault::slice(SLICE)).await?;
    let Some(last) = slice.last else {
        return complete(engine, job, writing).await;
    };
    let keys = &store.keys;
    let dataset = DatasetId(job.dataset_id);
    let names: Vec<(i64, String)> = slice
        .people
        .iter()
        .filter_map(|profile| {
            let (kind, value) = profile.strongest()?;
            Some((profile.id.0, keys.pseudonym(dataset, kind, value)))
        })
        .collect();
    writing.people += i64::try_from(slice.people.len()).unwrap_or(i64::MAX);
    writing.looked += fault::slice(SLICE);
    writing.after = last;
    let people: Vec<Person> = slice.people.into_iter().map(Person::from).collect();
    let rows = ndjson(&people)?;
    let written = engine.blocking("writing an export", move |_| {
        writing.partial.write(&rows)?;
        Ok(writing)
    });
    let writing = written.await?;
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, id, job.state()?).await?;
    store::exports::keep_names(&mut tx, id, &names).await?;
    fault::stop_point("export.slice")?;
    tx.commit().await?;
    begin::wait(engine, job, &said(job, &writing)).await?;
    work.writing = Some(writing);
    Ok(Step::Again)
}

fn said(job: &JobRow, writing: &Writing) -> String {
    let all = job.counts().matched;
    let percent = writing.looked.min(all) * 100 / all.max(1) / SAID_PERCENT * SAID_PERCENT;
    format!(
        "Writing the export of these {} people: {percent} % done. Deleting begins when it is whole.",
        grouped(all)
    )
}

/// Syncs the file, gives it its name, and writes down that it is whole: in this order, so that what is written down is there.
async fn complete(engine: &Engine, job: &JobRow, writing: Writing) -> Result<Step> {
    let (store, id) = (&engine.inner.store, JobId(job.id));
    let Writing { partial, people, .. } = writing;
    let synced = engine.blocking("syncing an export", move |_| {
        partial.sync()?;
        Ok(partial)
    });
    let partial = synced.await?;
    fault::stop_point("export.synced")?;
    let bytes = engine
        .blocking("placing an export", move |_| partial.place())
        .await?;
    fault::stop_point("export.placed")?;
    let now = store.clock.now();
    let export = Export {
        people,
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        written_at: now,
        kept_until: kept_until(now),
        wiped_at: None,
        wiped_by: None,
    };
    let mut tx = store.write().await?;
    store::job_steps::fence(&mut tx, store, id, job.state()?).await?;
    store::exports::written(&mut tx, id, &export).await?;
    let entry = Entry {
        action: "job.export_written",
        dataset: Some(DatasetId(job.dataset_id)),
        object: format!("job:{id}"),
        detail: serde_json::json!({ "rows": people, "bytes": export.bytes, "kept_until": export.kept_until.to_rfc3339() }),
    };
    store::audit::insert(&mut tx, now, &Actor::system(), entry).await?;
    fault::stop_point("export.recorded")?;
    tx.commit().await?;
    Ok(Step::Again)
}

/// Wipes what a job has begun to write and will not bring to its end. What fails here is found by the task that wipes.
pub(super) async fn abandon(engine: &Engine, id: JobId) {
    let wiped = engine.blocking("wiping an export", move |dir| files::wipe(dir, id));
    if let Err(error) = wiped.await {
        tracing::warn!(%error, job = id.0, "what was begun of an export could not be wiped; it is tried again");
    }
}
