//! Files about a deletion, as people ask for them: the people of the list before they go, what became of them after, and the
//! wiping of a stored export. Writing one is the runner's affair.

use super::{Engine, jobs::row_in};
use crate::{
    error::{Error, Result},
    export::{Download, download, files, people::People, result::Results},
    store::{self, audit::Entry, jobs::JobRow},
};
use domain::{
    access::{Actor, Permission},
    export::Format,
    id::{DatasetId, JobId},
    job::{Job, JobState},
    problem::{Code, Problem},
    time::Timestamp,
};

impl Engine {
    /// The people of a deletion in a file: the stored export where there is one, else, as long as nobody has been deleted,
    /// the list as it is now.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `state_refused` where there is neither.
    pub async fn export(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: JobId,
        format: Format,
    ) -> Result<Download> {
        actor.require_in(Permission::Export, dataset)?;
        let job = self.job_in(dataset, id).await?;
        let stored = job
            .export()?
            .filter(|export| export.readable(self.inner.store.clock.now()));
        let (people, rows) = match &stored {
            Some(export) => (People::stored(self.open_export(id).await?), export.people),
            None => {
                check_waits(&job)?;
                let waiting = People::Waiting {
                    engine: self.clone(),
                    job: id,
                    after: 0,
                };
                (waiting, job.counts().matched)
            }
        };
        let detail =
            serde_json::json!({ "rows": rows, "format": format.extension(), "stored": stored.is_some() });
        self.note(actor, "job.export_downloaded", (dataset, id), detail)
            .await?;
        Ok(download(&format!("{}-export", file_stem(&job)), format, people))
    }

    /// What became of each of a deletion's people. `plain`: those who still exist are named, which needs the permission to
    /// export.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `state_refused` where nobody's turn has come.
    pub async fn results(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: JobId,
        format: Format,
        plain: bool,
    ) -> Result<Download> {
        actor.require_in(
            if plain {
                Permission::Export
            } else {
                Permission::View
            },
            dataset,
        )?;
        let job = self.job_in(dataset, id).await?;
        check_begun(&job)?;
        let results = Results {
            engine: self.clone(),
            job: id,
            plain,
            after: 0,
        };
        let detail =
            serde_json::json!({ "rows": job.counts().matched, "format": format.extension(), "plain": plain });
        self.note(actor, "job.results_downloaded", (dataset, id), detail)
            .await?;
        Ok(download(&format!("{}-results", file_stem(&job)), format, results))
    }

    /// Wipes the stored export of a deletion before its time.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `state_refused` where there is none.
    pub async fn wipe_export(&self, actor: &Actor, dataset: DatasetId, id: JobId) -> Result<Job> {
        actor.require_in(Permission::Export, dataset)?;
        let job = self.job_in(dataset, id).await?;
        if job.export()?.is_none_or(|export| export.wiped_at.is_some()) {
            let message = format!(
                "There is no stored export of {} that could be wiped.",
                id.number()
            );
            return Err(Problem::because(Code::StateRefused, message).into());
        }
        self.wipe_one(actor, dataset, id).await?;
        self.job(&Actor::system(), dataset, id).await
    }

    /// Wipes stored exports whose time has come, and files of `exports/` that belong to nothing. Gives how many files. One that
    /// cannot be wiped keeps none of the others from it.
    ///
    /// # Errors
    /// A file cannot be wiped, or the database fails: the last failure, when all have had their turn.
    pub async fn wipe_due_exports(&self) -> Result<usize> {
        let store = &self.inner.store;
        let due = store::exports::due(&mut *store.read().await?, store.clock.now()).await?;
        let (mut wiped, mut failed) = (0, None);
        for (job, dataset) in due {
            match self.wipe_one(&Actor::system(), DatasetId(dataset), job).await {
                Ok(()) => wiped += 1,
                Err(error) => {
                    tracing::error!(%error, %job, "an export whose time has come cannot be wiped");
                    failed = Some(error);
                }
            }
        }
        // The files first: whatever is found was written before the records are looked at.
        for file in self.blocking("looking for exports", files::found).await? {
            match self.wipe_stray(file).await {
                Ok(true) => wiped += 1,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "a file among the exports that belongs to nothing cannot be wiped");
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(wiped), Err)
    }

    /// Wipes a file that belongs to nothing. Says whether it was one.
    async fn wipe_stray(&self, file: files::Found) -> Result<bool> {
        if self.belongs(&file).await? {
            return Ok(false);
        }
        let job = file.job;
        self.blocking("wiping an export", move |_| file.wipe()).await?;
        let object = job.map_or_else(|| "exports".to_owned(), |job| format!("job:{job}"));
        let entry = Entry {
            action: "export.stray_wiped",
            dataset: None,
            object,
            detail: serde_json::json!({}),
        };
        let store = &self.inner.store;
        let mut tx = store.write().await?;
        store::audit::insert(&mut tx, store.clock.now(), &Actor::system(), entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whether a file is one that may lie there: a stored export that is not due, or one that the runner is about to write.
    async fn belongs(&self, file: &files::Found) -> Result<bool> {
        let Some(id) = file.job else { return Ok(false) };
        let store = &self.inner.store;
        let Some(job) = store::jobs::find(&mut *store.read().await?, id).await? else {
            return Ok(false);
        };
        let kept = job
            .export()?
            .is_some_and(|export| export.readable(store.clock.now()));
        let to_come = job.spec()?.export && job.state()?.before_deleting();
        Ok((kept && file.whole) || to_come)
    }

    /// Wipes the file first and says so then: what a crash leaves in between is wiped once more, never forgotten.
    async fn wipe_one(&self, actor: &Actor, dataset: DatasetId, id: JobId) -> Result<()> {
        let store = &self.inner.store;
        self.blocking("wiping an export", move |dir| files::wipe(dir, id))
            .await?;
        crate::fault::stop_point("export.wiped")?;
        let now = store.clock.now();
        let mut tx = store.write().await?;
        if store::exports::wiped(&mut tx, id, &actor.name, now).await? {
            self.audit_job(
                &mut tx,
                actor,
                "job.export_wiped",
                dataset,
                id,
                serde_json::json!({}),
            )
            .await?;
        }
        tx.commit().await
    }

    /// Does something with the data directory that blocks.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        what: &'static str,
        deed: impl FnOnce(&std::path::Path) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let dir = self.inner.store.dir.clone();
        let done = tokio::task::spawn_blocking(move || deed(&dir)).await;
        done.unwrap_or_else(|error| Err(std::io::Error::other(error)))
            .map_err(Error::io(what))
    }

    async fn open_export(&self, id: JobId) -> Result<std::fs::File> {
        let opened = self
            .blocking("opening an export", move |dir| files::open(dir, id))
            .await;
        opened.map_err(|error| match error {
            Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                let message = format!(
                    "The file with the export of {} is not there any more.",
                    id.number()
                );
                Problem::because(Code::StateRefused, message).into()
            }
            other => other,
        })
    }

    async fn job_in(&self, dataset: DatasetId, id: JobId) -> Result<JobRow> {
        let found = store::jobs::find(&mut *self.inner.store.read().await?, id).await?;
        Ok(found
            .filter(|job| job.dataset_id == dataset.0)
            .ok_or_else(|| Problem::not_found("job"))?)
    }

    /// An entry about a file that is handed out, before its first byte is.
    async fn note(
        &self,
        actor: &Actor,
        action: &'static str,
        (dataset, id): (DatasetId, JobId),
        detail: serde_json::Value,
    ) -> Result<()> {
        let mut tx = self.inner.store.write().await?;
        row_in(&mut tx, dataset, id).await?;
        self.audit_job(&mut tx, actor, action, dataset, id, detail)
            .await?;
        tx.commit().await
    }
}

fn file_stem(job: &JobRow) -> String {
    format!("lethe-{}-{}", job.dataset, JobId(job.id).number())
}

/// Whether the list can still be read as it is.
fn check_waits(job: &JobRow) -> Result<()> {
    let number = JobId(job.id).number();
    let message = match (job.state()?, job.export()?) {
        (JobState::Freezing, _) => {
            format!(
                "The list of {number} is not fixed yet, or its export is being written. Ask again in a moment."
            )
        }
        (state, _) if state.before_deleting() => return Ok(()),
        (_, Some(export)) => format!(
            "The export of {number} was kept until {} and is wiped.",
            export.wiped_at.unwrap_or(export.kept_until).date_time_short()
        ),
        (_, None) => {
            format!("No export was asked for when {number} was started, and its list is no longer whole.")
        }
    };
    Err(Problem::because(Code::StateRefused, message).into())
}

/// Whether anybody's turn has come.
fn check_begun(job: &JobRow) -> Result<()> {
    let state = job.state()?;
    if job.begun() {
        return Ok(());
    }
    let number = JobId(job.id).number();
    let message = if state.terminal() {
        format!("{number} ended before anybody's turn had come, so there are no results: everybody was kept.")
    } else {
        format!("{number} has not begun to delete, so there are no results yet.")
    };
    Err(Problem::because(Code::StateRefused, message).into())
}

/// When an export that is complete now is wiped at the latest.
pub(crate) fn kept_until(now: Timestamp) -> Timestamp {
    now.plus_ms(domain::export::KEPT_MS)
}
