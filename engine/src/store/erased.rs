//! What stays of identities that are taken out of the look-up: their keyed hashes, in `erased`, in the log beside the
//! database, and, where that was chosen, among those that are not let in again. Written in the transaction that takes
//! them, whoever does: the sweep of a job, a batch of a small one, the erasure of one person, an import that comes before
//! the sweep.

use super::{
    Tx, erased_people,
    erasure_log::{Head, record},
    ingest::KeyId,
    keys::HASH_BYTES,
    suppressions::{self, Added},
};
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, JobId},
    suppression::{Reason, Suppress},
    time::Timestamp,
};

/// Identities of a row at most: who goes through them holds no more than one row.
const ROW_MAX: usize = 1 << 16;

/// What takes identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A bulk deletion.
    Job(JobId),
    /// A privacy request, by its number in `erased`.
    Request(i64),
}

impl Source {
    /// From what is stored.
    pub(crate) fn of(reason: Reason, id: i64) -> Self {
        match reason {
            Reason::Job => Self::Job(JobId(id)),
            Reason::Request | Reason::Person => Self::Request(id),
        }
    }

    /// As stored: word and number.
    pub(crate) const fn columns(self) -> (&'static str, i64) {
        match self {
            Self::Job(id) => (Reason::Job.as_str(), id.0),
            Self::Request(id) => (Reason::Request.as_str(), id),
        }
    }

    const fn reason(self) -> Reason {
        match self {
            Self::Job(_) => Reason::Job,
            Self::Request(_) => Reason::Request,
        }
    }

    const fn byte(self) -> u8 {
        match self {
            Self::Job(_) => 1,
            Self::Request(_) => 2,
        }
    }
}

/// Taking identities: on whose behalf, and what is refused of them afterwards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Erasing {
    pub(crate) dataset: DatasetId,
    pub(crate) source: Source,
    pub(crate) suppress: Suppress,
    /// When these people were deleted.
    pub(crate) at: Timestamp,
}

/// Keeps the hashes of identities of one kind, one after the other in key order, and, for as long as a job runs, whose they
/// were. The caller takes them out of the look-up in the same transaction and commits.
pub(crate) async fn keep(
    tx: &mut Tx,
    erasing: &Erasing,
    kind: i64,
    hashes: &[u8],
    people: &[i64],
) -> Result<()> {
    if hashes.is_empty() || crate::fault::planted("lose-hashes") {
        return Ok(());
    }
    if hashes.len() != people.len() * HASH_BYTES {
        let (bytes, people) = (hashes.len(), people.len());
        return Err(Error::Corrupt(format!(
            "{people} look-up keys have {bytes} bytes"
        )));
    }
    let (source, source_id) = erasing.source.columns();
    let head = Head {
        dataset: erasing.dataset.0,
        source: erasing.source.byte(),
        source_id,
        kind: u8::try_from(kind).unwrap_or(u8::MAX),
        at: erasing.at.ms(),
    };
    tx.note_erased(&record(head, hashes));
    for (part, people) in hashes.chunks(ROW_MAX * HASH_BYTES).zip(people.chunks(ROW_MAX)) {
        let no: i64 = sqlx::query_scalar(
            "INSERT INTO erased (source, source_id, no, dataset_id, kind, hashes, at)
             SELECT $1, $2, coalesce(max(no), 0) + 1, $3, $4, $5, $6 FROM erased WHERE source = $1 AND source_id = $2 RETURNING no",
        )
        .bind(source)
        .bind(source_id)
        .bind(erasing.dataset.0)
        .bind(kind)
        .bind(part)
        .bind(erasing.at.ms())
        .fetch_one(&mut **tx)
        .await?;
        if let Source::Job(job) = erasing.source {
            erased_people::note(tx, job, (no, kind), part, people).await?;
        }
        if let Some(refusal) = erasing.suppress.refusal(erasing.at) {
            let added = Added {
                dataset: erasing.dataset,
                reason: erasing.source.reason(),
                source_id: Some(source_id),
                refusal,
            };
            suppressions::add(tx, &added, kind, part).await?;
        }
    }
    crate::fault::stop_point("erased.kept")
}

/// Keeps the hashes of these identities, of whatever kinds and in whatever order, each with whose it was.
pub(crate) async fn keep_keys(tx: &mut Tx, erasing: &Erasing, mut keys: Vec<(KeyId, i64)>) -> Result<()> {
    keys.sort_unstable();
    keys.dedup_by_key(|(key, _)| *key);
    for of_kind in keys.chunk_by(|(a, _), (b, _)| a.kind == b.kind) {
        let Some((first, _)) = of_kind.first() else {
            continue;
        };
        let hashes: Vec<u8> = of_kind.iter().flat_map(|(key, _)| key.hash).collect();
        let people: Vec<i64> = of_kind.iter().map(|(_, person)| *person).collect();
        keep(tx, erasing, first.kind.number(), &hashes, &people).await?;
    }
    Ok(())
}
