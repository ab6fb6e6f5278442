//! The statement of a deletion in bulk, out of the job and what was found when it was sealed. Pure.

use super::{About, Deed, ExportLine, FORM, HASHES, LIVE, Statement, StoreLine, WAREHOUSE, limits};
use crate::{
    impact::WarehouseKept,
    job::Job,
    suppression::{Refuses, Suppress},
    time::Timestamp,
};
use std::collections::BTreeMap;

/// What is known only when the job is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The state in which it ends.
    pub ended: String,
    /// When.
    pub at: Timestamp,
    /// The hash of what was confirmed.
    pub plan_hash: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// What the warehouse keeps of the deleted.
    pub kept: WarehouseKept,
    /// Until when; `None`: until they are erased.
    pub kept_until: Option<Timestamp>,
    /// When the keyed hashes of the deleted are destroyed.
    pub hashes_until: Timestamp,
    /// When the last of the people were deleted.
    pub deleted_at: Timestamp,
    /// What is refused of them.
    pub suppress: Suppress,
    /// Files with the people that somebody took away: who, when, how many people.
    pub handed_out: Vec<(String, Timestamp, i64)>,
}

/// The statement of a job. Number, chain, tree and key come when it is signed.
#[must_use]
pub fn of_job(job: &Job, sealed: &Sealed) -> Statement {
    Statement {
        lethe_receipt: FORM,
        about: About {
            kind: "deletion_job".to_owned(),
            number: job.id.number(),
            dataset: job.dataset.clone(),
            segment: Some(job.segment_name.clone()),
            regulation: None,
        },
        purpose: "Housekeeping by segment, not a GDPR or CCPA erasure.".to_owned(),
        rule: job.rule.clone(),
        plan_hash: Some(sealed.plan_hash.clone()),
        reason: job.reason.clone(),
        ended: sealed.ended.clone(),
        end_reason: job.end_reason.clone(),
        counts: counts(job),
        times: times(job, sealed),
        people: people(job, sealed),
        stores: stores(job, sealed),
        exports: exports(job, sealed),
        verification: verification(job),
        limits: limits(),
        ..Statement::default()
    }
}

fn counts(job: &Job) -> BTreeMap<String, i64> {
    let counts = &job.counts;
    let mut named: BTreeMap<String, i64> = [
        ("matched", counts.matched),
        ("deleted", counts.deleted),
        ("spared", counts.spared),
        ("held", counts.held),
        ("failed", counts.failed),
        ("gone", counts.gone),
        ("left", counts.left),
        ("events_deleted", job.events_deleted),
    ]
    .map(|(name, n)| (name.to_owned(), n))
    .into();
    if let Some(joined) = counts.joined_after {
        named.insert("joined_after".to_owned(), joined);
    }
    named
}

fn times(job: &Job, sealed: &Sealed) -> BTreeMap<String, String> {
    let all = [
        ("asked_at", Some(job.created_at)),
        ("started_at", job.started_at),
        ("verified_at", job.verified_at),
        ("scrubbed_at", job.scrubbed_at),
        ("sealed_at", Some(sealed.at)),
    ];
    all.into_iter()
        .filter_map(|(name, at)| Some((name.to_owned(), at?.to_rfc3339())))
        .collect()
}

fn people(job: &Job, sealed: &Sealed) -> Vec<Deed> {
    let asked = Deed {
        did: "asked".to_owned(),
        name: job.requested_by.clone(),
        at: Some(job.created_at.to_rfc3339()),
    };
    let approved = sealed.approved_by.clone().map(|name| Deed {
        did: "approved".to_owned(),
        name,
        at: None,
    });
    std::iter::once(asked).chain(approved).collect()
}

/// What became of each store, and why something is kept there. What is kept is named, not left out.
fn stores(job: &Job, sealed: &Sealed) -> Vec<StoreLine> {
    let deleted = job.counts.deleted;
    let live = StoreLine {
        profiles: Some(deleted),
        events: Some(job.events_deleted),
        ..StoreLine::plain(
            LIVE,
            if deleted > 0 { "deleted" } else { "nothing" },
            "The live store: what campaigns and segments see.",
        )
    };
    let (bytes, of_bytes) = match job.scrubbed_at {
        Some(_) => ("zero_left", "Every page was read back and no dead byte was left."),
        None => (
            "not_proven",
            "Reading every page back did not come to an end, so nothing is claimed about dead bytes.",
        ),
    };
    let kept = sealed.kept.profiles > 0 || sealed.kept.events > 0;
    let warehouse = StoreLine {
        profiles: Some(sealed.kept.profiles),
        events: Some(sealed.kept.events),
        until: sealed.kept_until.filter(|_| kept).map(Timestamp::to_rfc3339),
        ..StoreLine::plain(
            WAREHOUSE,
            if kept { "kept" } else { "nothing" },
            "Deletion in bulk leaves the warehouse copy; a privacy request removes it.",
        )
    };
    let hashes = StoreLine {
        until: Some(sealed.hashes_until.to_rfc3339()),
        ..StoreLine::plain(
            HASHES,
            "kept",
            "For this proof, and to notice when somebody comes back.",
        )
    };
    [
        live,
        StoreLine::plain("Database file, log, free pages", bytes, of_bytes),
        warehouse,
        StoreLine::totals(),
        hashes,
        StoreLine::log(),
    ]
    .into_iter()
    .chain(refused(sealed))
    .chain([StoreLine::outside()])
    .collect()
}

/// The list of those who are not let in again, where these people are on it.
fn refused(sealed: &Sealed) -> Option<StoreLine> {
    let refusal = sealed.suppress.refusal(sealed.deleted_at)?;
    let why = match refusal.refuses {
        Refuses::Late => "Keyed hashes by which data from before the deletion is refused.",
        Refuses::All => "Keyed hashes by which all data about these people is refused.",
    };
    Some(StoreLine {
        until: refusal.ends_at.map(Timestamp::to_rfc3339),
        ..StoreLine::plain("Suppression list", "kept", why)
    })
}

fn exports(job: &Job, sealed: &Sealed) -> Vec<ExportLine> {
    let stored = job.export.as_ref().map(|export| ExportLine {
        what: "stored".to_owned(),
        by: export.wiped_by.clone(),
        at: export.written_at.to_rfc3339(),
        people: export.people,
        kept_until: Some(export.kept_until.to_rfc3339()),
        wiped_at: export.wiped_at.map(Timestamp::to_rfc3339),
    });
    let handed_out = sealed.handed_out.iter().map(|(by, at, people)| ExportLine {
        what: "handed_out".to_owned(),
        by: Some(by.clone()),
        at: at.to_rfc3339(),
        people: *people,
        kept_until: None,
        wiped_at: None,
    });
    stored.into_iter().chain(handed_out).collect()
}

/// Figures of the check and of reading back. `dead_bytes_left` stands there only where it was proven.
fn verification(job: &Job) -> BTreeMap<String, i64> {
    let mut named = BTreeMap::new();
    let mut put = |name: &str, n: i64| {
        named.insert(name.to_owned(), n);
    };
    if let Some(erasure) = &job.erasure {
        put("pages", erasure.pages);
        put("page_bytes", erasure.page_bytes);
        put("bytes_read", erasure.bytes_read);
        put("passes", erasure.passes);
        put("pages_wiped", erasure.pages_wiped);
        put("dead_bytes_wiped", erasure.wiped.total());
    }
    if job.scrubbed_at.is_some() {
        put("dead_bytes_left", 0);
    }
    put("left_of_the_list", job.counts.leftovers());
    named
}
