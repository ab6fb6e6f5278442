//! Members of manual segments and lists, by hand and by file. A rule says itself who is in, and nobody joins or leaves a disabled
//! segment.

use super::{Engine, segments::existing};
use crate::{
    error::{Error, Result},
    import::{ImportKind, ImportOptions, ListMode},
    store::{self, ingest_lists},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, ProfileId, SegmentId},
    membership::{FileReport, KeptReport, RowNote},
    problem::{Code, Problem},
    segment::{Segment, SegmentKind, SegmentState},
};
use tokio::io::AsyncRead;

/// Rows that were not taken, as a page lists them; further ones are counted.
const NOTES_SHOWN: usize = 200;

impl Engine {
    /// Lets one person join or leave, named by any identity. Says whether that changed anything.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid` for a rule segment, and where the text names several people or nobody;
    /// `segment_disabled`.
    pub async fn set_member(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: SegmentId,
        identity: &str,
        member: bool,
    ) -> Result<bool> {
        actor.require_in(Permission::Edit, dataset)?;
        let store = &self.inner.store;
        let now = store.clock.now();
        let mut tx = store.write().await?;
        let segment = open_for_members(existing(&mut tx, dataset, id).await?)?;
        let found = store::profiles::by_identity(&mut tx, &store.keys, dataset, identity).await?;
        let profile = only_one(&found)?;
        let there = !ingest_lists::members_among(&mut tx, id, &[profile.0])
            .await?
            .is_empty();
        if there == member {
            return Ok(false);
        }
        let action = if member {
            ingest_lists::join(&mut tx, id, &[profile.0], now).await?;
            "segment.member_add"
        } else {
            ingest_lists::leave(&mut tx, id, &[profile.0]).await?;
            "segment.member_remove"
        };
        ingest_lists::note_change(&mut tx, dataset, id, &[profile.0], now).await?;
        let mut entry = self.segment_entry(action, dataset, id, &segment.name, None);
        entry.detail["profile"] = profile.0.into();
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        self.inner.copy.notify_one();
        self.count_soon(dataset, id).await?;
        Ok(true)
    }

    /// Lets the people of a file replace, join or leave the members, and keeps a report of it, also where the file could not be
    /// taken. Gives the report's number.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid` for a rule segment; `segment_disabled`.
    pub async fn load_members(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: SegmentId,
        mode: ListMode,
        input: impl AsyncRead + Send + Unpin + 'static,
    ) -> Result<i64> {
        actor.require_in(Permission::Import, dataset)?;
        open_for_members(existing(&mut *self.inner.store.read().await?, dataset, id).await?)?;
        let options = ImportOptions {
            segment: Some(id),
            mode,
            ..ImportOptions::default()
        };
        let mut report = FileReport {
            mode: mode.as_str().to_owned(),
            ..FileReport::default()
        };
        match self
            .import(actor, dataset, ImportKind::Lists, options, input)
            .await
        {
            Ok(done) => {
                report.accepted = done.accepted;
                report.moved = done.updated;
                report.rejected = done.rejected;
                let notes = done.errors.into_iter().take(NOTES_SHOWN);
                report.errors = notes
                    .map(|row| RowNote {
                        line: row.line,
                        reason: row.reason,
                    })
                    .collect();
                report.remarks = done.remarks;
            }
            Err(Error::Problem(problem)) => report.failed = Some(problem.message),
            Err(error) => return Err(error),
        }
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let kept = store::segment_files::insert(&mut tx, id, now, &actor.name, &report).await?;
        tx.commit().await?;
        Ok(kept)
    }

    /// The report of a file; `None` where it is not kept any more.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn file_report(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: SegmentId,
        report: i64,
    ) -> Result<Option<KeptReport>> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        existing(&mut conn, dataset, id).await?;
        store::segment_files::find(&mut conn, id, report).await
    }
}

/// The segment, where people can be put in and taken out.
fn open_for_members(segment: Segment) -> Result<Segment> {
    if segment.kind == SegmentKind::Rule {
        let message = "The rule of this segment says who is in. Change the rule, or make a manual segment.";
        return Err(Problem::because(Code::Invalid, message).on("segment").into());
    }
    if segment.state == SegmentState::Disabled {
        let message = "The segment is disabled, so nobody joins or leaves it. Enable it first.";
        return Err(Problem::because(Code::SegmentDisabled, message).into());
    }
    Ok(segment)
}

fn only_one(found: &[ProfileId]) -> Result<ProfileId> {
    match found {
        [one] => Ok(*one),
        [] => Err(Problem::new(Code::NobodyKnown).on("identity").into()),
        _ => Err(Problem::new(Code::SeveralKnown).on("identity").into()),
    }
}
