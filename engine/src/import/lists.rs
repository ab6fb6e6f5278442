//! Lists: a file of identities that become, join or leave the members of a manual or list segment. Nobody is made by a
//! list: an identity that nobody has is a row error.

use super::{
    ImportOptions, ListMode, RowError,
    apply::{Applied, Met},
};
use crate::{
    error::Result,
    service::Engine,
    store::{
        Conn,
        audit::{self, Entry},
        ingest::{self, Key, Row},
        ingest_lists as store_lists,
        ingest_progress::Progress,
    },
};
use domain::{
    access::Actor,
    id::{DatasetId, SegmentId},
    problem::{Code, Problem},
    segment::clean_name,
    time::Timestamp,
};
use std::collections::HashSet;

/// Members looked at in one go when those who are not in the file leave: a few milliseconds of lock.
const LEAVING: i64 = 5_000;

/// A list being imported.
#[derive(Debug)]
pub(super) struct List {
    dataset: DatasetId,
    actor: Actor,
    name: String,
    /// Who joined so far, and who left.
    joined: i64,
    left: i64,
    /// `None` in a dry run for a list that is not there yet.
    segment: Option<SegmentId>,
    mode: ListMode,
    dry_run: bool,
    /// Whom the file names.
    met: Met,
}

impl List {
    /// Finds the segment, or makes it.
    pub(super) async fn open(
        conn: &mut Conn,
        actor: &Actor,
        dataset: DatasetId,
        options: &ImportOptions,
        now: Timestamp,
    ) -> Result<Self> {
        let (name, found) = match options.segment {
            Some(id) => {
                let found = store_lists::segment_by_id(conn, dataset, id).await?;
                let (segment, name) = found.ok_or_else(|| Problem::not_found("segment"))?;
                (name, Some(segment))
            }
            None => {
                let name = options
                    .list
                    .as_deref()
                    .ok_or_else(|| Problem::because(Code::Invalid, "Name the list to fill.").on("list"))?;
                let name = clean_name(name).map_err(|problem| problem.on("list"))?;
                let found = store_lists::segment(conn, dataset, &name).await?;
                (name, found)
            }
        };
        let segment = match found {
            Some(segment) if segment.kind == "rule" => {
                let message =
                    "A list cannot fill a rule segment: its rule says who is in. Choose another name.";
                return Err(Problem::because(Code::Invalid, message).on("list").into());
            }
            Some(segment) if segment.disabled => {
                return Err(Problem::new(Code::SegmentDisabled).on("list").into());
            }
            Some(segment) => Some(segment.id),
            None if options.mode == ListMode::Remove => {
                return Err(Problem::not_found("list").on("list").into());
            }
            None if options.dry_run => None,
            None => {
                let made = store_lists::create(conn, dataset, &name, now).await?;
                let entry = entry("segment.create", dataset, made, &name);
                audit::insert(conn, now, actor, entry).await?;
                Some(made)
            }
        };
        Ok(Self {
            dataset,
            actor: actor.clone(),
            name,
            joined: 0,
            left: 0,
            segment,
            mode: options.mode,
            dry_run: options.dry_run,
            met: Met::default(),
        })
    }

    /// Lets the people of the rows join or leave. The caller commits.
    pub(super) async fn apply(&mut self, conn: &mut Conn, rows: Vec<Row>, now: Timestamp) -> Result<Applied> {
        let Some(segment) = self.segment else {
            return Ok(Applied::default());
        };
        open_still(conn, segment).await?;
        let (mut applied, ids) = self.people(conn, rows).await?;
        let (joining, leaving) = self.movers(conn, segment, ids).await?;
        store_lists::join(conn, segment, &joining, now).await?;
        store_lists::leave(conn, segment, &leaving).await?;
        self.joined += super::wire(joining.len() as u64);
        self.left += super::wire(leaving.len() as u64);
        let moved = [joining, leaving].concat();
        store_lists::note_change(conn, self.dataset, segment, &moved, now).await?;
        applied.updated = super::wire(moved.len() as u64);
        Ok(applied)
    }

    /// Says what `apply` would do.
    pub(super) async fn foresee(&mut self, conn: &mut Conn, rows: Vec<Row>) -> Result<Applied> {
        let (mut applied, ids) = self.people(conn, rows).await?;
        let moved = match self.segment {
            Some(segment) => {
                let (joining, leaving) = self.movers(conn, segment, ids).await?;
                joining.len() + leaving.len()
            }
            None => ids.len(),
        };
        applied.updated = super::wire(moved as u64);
        Ok(applied)
    }

    /// The people whom the rows mean, each once in the whole file.
    async fn people(&mut self, conn: &mut Conn, rows: Vec<Row>) -> Result<(Applied, Vec<i64>)> {
        let mut applied = Applied::default();
        let keys: Vec<&Key> = rows.iter().filter_map(|row| row.keys.first()).collect();
        let mut distinct = HashSet::with_capacity(keys.len());
        let keys: Vec<&Key> = keys.into_iter().filter(|key| distinct.insert(key.id())).collect();
        let owners = ingest::owners(conn, self.dataset, &keys).await?;
        let mut ids = Vec::with_capacity(rows.len());
        for row in &rows {
            match row.keys.first().and_then(|key| owners.get(&key.id())) {
                Some(id) => {
                    applied.accepted += 1;
                    ids.extend(self.met.add(*id).then_some(*id));
                }
                None => {
                    let reason = "no profile has this identity".to_owned();
                    applied.errors.push(RowError {
                        line: super::wire(row.line),
                        reason,
                    });
                }
            }
        }
        ids.sort_unstable();
        Ok((applied, ids))
    }

    /// Who of these people joins and who leaves.
    async fn movers(
        &self,
        conn: &mut Conn,
        segment: SegmentId,
        ids: Vec<i64>,
    ) -> Result<(Vec<i64>, Vec<i64>)> {
        let members = store_lists::members_among(conn, segment, &ids).await?;
        if self.mode == ListMode::Remove {
            return Ok((Vec::new(), members));
        }
        let members: HashSet<i64> = members.into_iter().collect();
        Ok((
            ids.into_iter().filter(|id| !members.contains(id)).collect(),
            Vec::new(),
        ))
    }

    /// Lets those leave who are not in the file, where it replaces, and counts anew. Gives how many left.
    pub(super) async fn finish(&mut self, engine: &Engine, at: Progress) -> Result<i64> {
        let Some(segment) = self.segment else { return Ok(0) };
        if self.mode == ListMode::Replace && at.accepted == 0 && at.rejected > 0 {
            let message = "No row names a person of this dataset, so the list was left as it is.";
            return Err(Problem::because(Code::Invalid, message)
                .on("list")
                .number("rejected", at.rejected)
                .into());
        }
        let left = if self.mode == ListMode::Replace {
            self.drop_others(engine, segment).await?
        } else {
            0
        };
        if self.dry_run {
            return Ok(left);
        }
        let store = &engine.inner.store;
        let now = store.clock.now();
        let count = store_lists::count(&mut *store.count().await?, segment).await?;
        let mut tx = store.write().await?;
        store_lists::save_count(&mut tx, segment, count, now).await?;
        audit::insert(&mut tx, now, &self.actor, self.file_entry(segment, false)).await?;
        tx.commit().await?;
        engine.inner.copy.notify_one();
        Ok(left)
    }

    /// Writes down what a file did that broke off. Failing at that is no news: the import's own record says so as well.
    pub(super) async fn broke_off(&self, engine: &Engine) {
        let Some(segment) = self
            .segment
            .filter(|_| !self.dry_run && self.joined + self.left > 0)
        else {
            return;
        };
        let store = &engine.inner.store;
        let written = async {
            let mut tx = store.write().await?;
            let entry = self.file_entry(segment, true);
            audit::insert(&mut tx, store.clock.now(), &self.actor, entry).await?;
            tx.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, "what a list did before it broke off could not be written down");
        }
    }

    fn file_entry(&self, segment: SegmentId, broke_off: bool) -> Entry {
        let mut entry = entry("segment.file", self.dataset, segment, &self.name);
        entry.detail["mode"] = self.mode.as_str().into();
        entry.detail["joined"] = self.joined.into();
        entry.detail["left"] = self.left.into();
        if broke_off {
            entry.detail["broke_off"] = true.into();
        }
        entry
    }

    async fn drop_others(&mut self, engine: &Engine, segment: SegmentId) -> Result<i64> {
        let store = &engine.inner.store;
        let mut after = 0;
        let mut left = 0;
        loop {
            let mut members =
                store_lists::members_after(&mut *store.count().await?, segment, after, LEAVING).await?;
            let Some(last) = members.last().copied() else {
                return Ok(left);
            };
            after = last;
            members.retain(|id| !self.met.has(*id));
            if self.dry_run || members.is_empty() {
                left += super::wire(members.len() as u64);
                continue;
            }
            let mut tx = store.write().await?;
            open_still(&mut tx, segment).await?;
            let gone = store_lists::leave(&mut tx, segment, &members).await?;
            left += super::wire(gone.len() as u64);
            self.left += super::wire(gone.len() as u64);
            store_lists::note_change(&mut tx, self.dataset, segment, &gone, store.clock.now()).await?;
            tx.commit().await?;
        }
    }
}

fn entry(action: &'static str, dataset: DatasetId, segment: SegmentId, name: &str) -> Entry {
    Entry {
        action,
        dataset: Some(dataset),
        object: format!("segment:{segment}"),
        detail: serde_json::json!({ "name": name }),
    }
}

/// A segment may be disabled or removed while its list is being read.
async fn open_still(conn: &mut Conn, segment: SegmentId) -> Result<()> {
    match store_lists::disabled(conn, segment).await? {
        Some(false) => Ok(()),
        Some(true) => Err(Problem::new(Code::SegmentDisabled).on("list").into()),
        None => Err(Problem::not_found("list").on("list").into()),
    }
}
