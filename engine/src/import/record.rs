//! The record of an import: found or begun at its start, closed at its end, with the audit entry.

use super::{ImportKind, ImportOptions};
use crate::{
    error::Result,
    store::{
        Conn, Store,
        audit::{self, Entry},
        ingest_progress::{self as progress, Begin, Earlier, Progress},
    },
};
use domain::{
    access::Actor,
    id::DatasetId,
    problem::{Code, Problem},
    time::Timestamp,
};

/// The record.
#[derive(Debug)]
pub(super) struct Record {
    id: i64,
    dataset: DatasetId,
    actor: Actor,
    kind: ImportKind,
    list: Option<String>,
    can_go_on: bool,
    /// Where this run began.
    from: Progress,
}

impl Record {
    /// Begins the record, or takes up that of the same file where it was interrupted. Gives a remark for the report.
    pub(super) async fn begin(
        conn: &mut Conn,
        actor: &Actor,
        dataset: DatasetId,
        kind: ImportKind,
        options: &ImportOptions,
        at: Timestamp,
    ) -> Result<(Self, Progress, Option<String>)> {
        let begin = Begin {
            dataset,
            kind: kind.as_str(),
            hash: options.file_hash(),
            actor: &actor.name,
            at,
        };
        let mut remark = None;
        let mut from = Progress::default();
        let id = match progress::earlier(conn, begin).await? {
            Earlier::Running => {
                return Err(
                    Problem::because(Code::StateRefused, "The same file is being imported already.").into(),
                );
            }
            // A list is cheap to read again, and its whole file must be known to say who is no member any more.
            Earlier::Interrupted(id, at) if kind != ImportKind::Lists => {
                progress::resume(conn, id).await?;
                remark = Some(format!(
                    "The file was interrupted after line {} and goes on there. The numbers are those of the whole file.",
                    at.line
                ));
                from = at;
                id
            }
            Earlier::Done(at) if kind == ImportKind::Events => {
                let day = Timestamp::from_ms(at).to_date();
                remark = Some(format!(
                    "The same file was imported on {day}. Events without message_id are now there twice."
                ));
                progress::begin(conn, begin).await?
            }
            _ => progress::begin(conn, begin).await?,
        };
        let list = options.list.clone().filter(|_| kind == ImportKind::Lists);
        let record = Self {
            id,
            dataset,
            actor: actor.clone(),
            kind,
            list,
            can_go_on: options.content_hash.is_some(),
            from,
        };
        Ok((record, from, remark))
    }

    /// Notes how far it has come, in the transaction of the rows.
    pub(super) async fn save(&self, conn: &mut Conn, at: Progress) -> Result<()> {
        progress::save(conn, self.id, at).await
    }

    /// Closes it at the end of the file.
    pub(super) async fn finish(&self, store: &Store, at: Progress) -> Result<()> {
        let now = store.clock.now();
        let mut tx = store.write().await?;
        progress::save(&mut tx, self.id, at).await?;
        progress::end(&mut tx, self.id, "done", now).await?;
        let Progress {
            accepted,
            created,
            updated,
            rejected,
            ..
        } = at;
        let detail = serde_json::json!({
            "kind": self.kind.as_str(), "accepted": accepted, "created": created, "updated": updated, "rejected": rejected, "list": self.list,
        });
        audit::insert(&mut tx, now, &self.actor, self.entry("import", detail)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Closes it where it cannot go on. Failing at that is no news: the next start does it as well.
    pub(super) async fn abandon(&self, store: &Store, at: Progress) {
        if let Err(error) = self.try_abandon(store, at).await {
            tracing::warn!(%error, "the record of an import could not be closed");
        }
    }

    async fn try_abandon(&self, store: &Store, at: Progress) -> Result<()> {
        let state = if self.can_go_on { "interrupted" } else { "failed" };
        let now = store.clock.now();
        let mut tx = store.write().await?;
        progress::end(&mut tx, self.id, state, now).await?;
        if at.accepted > self.from.accepted {
            let detail =
                serde_json::json!({ "kind": self.kind.as_str(), "accepted": at.accepted, "list": self.list });
            audit::insert(&mut tx, now, &self.actor, self.entry("import.stopped", detail)).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    fn entry(&self, action: &'static str, detail: serde_json::Value) -> Entry {
        Entry {
            action,
            dataset: Some(self.dataset),
            object: format!("import:{}", self.id),
            detail,
        }
    }
}

impl ImportOptions {
    /// The file and how it is read: with other columns or another list it is another import.
    fn file_hash(&self) -> Option<[u8; 32]> {
        let content = self.content_hash?;
        let mut hasher = blake3::Hasher::new_keyed(&content);
        for part in [self.map.as_slice(), self.set.as_slice()] {
            for (field, text) in part {
                hasher
                    .update(field.as_bytes())
                    .update(&[0])
                    .update(text.as_bytes())
                    .update(&[0]);
            }
            hasher.update(&[1]);
        }
        hasher
            .update(self.list.as_deref().unwrap_or_default().as_bytes())
            .update(&[self.mode as u8])
            .update(&self.segment.map_or(0, |segment| segment.0).to_le_bytes());
        Some(*hasher.finalize().as_bytes())
    }
}
