//! A list of registered uses into the store: what other systems run on segments. The whole list is one transaction: its
//! rows, its time, its record and its audit entry. What a list leaves out stays and keeps its older time.

use super::{
    ImportOptions, ImportReport, RowError,
    draft::Reason,
    uses_row::{self, EXCLUDE, ID, INCLUDE, KIND, LINK, NAME, OWNER, STATUS, Texts, UseText},
};
use crate::{
    error::{Error, Result},
    service::Engine,
    store::{
        self, Conn,
        audit::{self, Entry},
        ingest_progress::{self as progress, Begin, Progress},
    },
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, SegmentId},
    problem::Problem,
    rule::nearest,
    segment::clean_name,
    time::Timestamp,
    usage::{RegisteredUse, UseKind, registered::checked_link},
};
use std::collections::{BTreeMap, HashMap};
use tokio::io::AsyncRead;
use tokio_util::io::SyncIoBridge;

/// The word of the contract for such a list.
const KIND_OF_IMPORT: &str = "campaigns";
/// Longest id of a use, status and owner, in bytes: other systems' ids are addresses at the longest.
const ID_BYTES_MAX: usize = 128;
const WORD_BYTES_MAX: usize = 120;

impl Engine {
    /// Takes over a list of what other systems run on the segments of a dataset. A bad row is reported and passed over,
    /// or with `strict` stops the whole list. An empty list is a list: it says that nothing is run.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid` for columns that do not fit and for a bad row where `strict`;
    /// `unsupported_media`, `bad_request`, `too_large` for input that cannot be read.
    pub async fn import_uses(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        options: ImportOptions,
        input: impl AsyncRead + Send + Unpin + 'static,
    ) -> Result<ImportReport> {
        actor.require_in(Permission::Import, dataset)?;
        let store = &self.inner.store;
        let now = store.clock.now();
        let (strict, dry_run) = (options.strict, options.dry_run);
        let bridge = SyncIoBridge::new(input);
        let read = tokio::task::spawn_blocking(move || uses_row::read(bridge, &options, now));
        let texts = read
            .await
            .map_err(|_| Error::Corrupt("reading a list ended unexpectedly".to_owned()))??;
        let mut tx = store.write().await?;
        if progress::currency(&mut tx, dataset).await?.is_none() {
            return Err(Problem::not_found("dataset").into());
        }
        let checked = check(&mut tx, dataset, texts, now).await?;
        if strict {
            super::run::refuse_first(&checked.errors).map_err(nothing_imported)?;
        }
        let mut report = checked.report();
        report.dry_run = dry_run;
        if report.accepted == 0 && report.rejected > 0 {
            let remark = "No row could be taken, so this does not count as a new list.";
            report.remarks.push(remark.to_owned());
            return Ok(report);
        }
        if dry_run {
            return Ok(report);
        }
        for it in &checked.taken {
            store::uses::save(&mut tx, dataset, it).await?;
        }
        store::uses::set_list(&mut tx, dataset, now, report.accepted).await?;
        note(&mut tx, actor, dataset, &report, now).await?;
        tx.commit().await?;
        Ok(report)
    }
}

fn nothing_imported(mut problem: Problem) -> Problem {
    problem.message.push_str(" Nothing was imported.");
    problem
}

/// The record of the import, and its audit entry.
async fn note(
    conn: &mut Conn,
    actor: &Actor,
    dataset: DatasetId,
    report: &ImportReport,
    now: Timestamp,
) -> Result<()> {
    let begin = Begin {
        dataset,
        kind: KIND_OF_IMPORT,
        hash: None,
        actor: &actor.name,
        at: now,
    };
    let id = progress::begin(conn, begin).await?;
    let at = Progress {
        accepted: report.accepted,
        created: report.created,
        updated: report.updated,
        rejected: report.rejected,
        ..Progress::default()
    };
    progress::save(conn, id, at).await?;
    progress::end(conn, id, "done", now).await?;
    let detail = serde_json::json!({
        "kind": KIND_OF_IMPORT, "accepted": report.accepted, "created": report.created, "updated": report.updated,
        "rejected": report.rejected,
    });
    let entry = Entry {
        action: "import",
        dataset: Some(dataset),
        object: format!("import:{id}"),
        detail,
    };
    audit::insert(conn, now, actor, entry).await
}

/// A list, checked against what is there.
#[derive(Debug, Default)]
struct Checked {
    taken: Vec<RegisteredUse>,
    created: i64,
    updated: i64,
    errors: Vec<RowError>,
    warnings: Vec<RowError>,
    remarks: Vec<String>,
}

impl Checked {
    fn report(&self) -> ImportReport {
        let number = |n: usize| super::wire(n as u64);
        let first = |rows: &[RowError]| {
            let mut kept = Vec::new();
            super::run::keep_first(&mut kept, rows.to_vec());
            kept
        };
        ImportReport {
            accepted: number(self.taken.len()),
            created: self.created,
            updated: self.updated,
            rejected: number(self.errors.len()),
            errors: first(&self.errors),
            warned: number(self.warnings.len()),
            warnings: first(&self.warnings),
            remarks: self.remarks.clone(),
            ..ImportReport::default()
        }
    }
}

async fn check(conn: &mut Conn, dataset: DatasetId, texts: Texts, now: Timestamp) -> Result<Checked> {
    let names = store::segments::catalogue(conn, dataset).await?.names;
    let ids: BTreeMap<&str, SegmentId> = names
        .iter()
        .map(|(id, name)| (name.as_str(), SegmentId(*id)))
        .collect();
    let there = store::uses::list(conn, dataset).await?;
    let there: HashMap<String, RegisteredUse> = there.into_iter().map(|it| (it.id.clone(), it)).collect();
    let mut checked = Checked {
        errors: texts.errors,
        remarks: texts.remarks,
        ..Checked::default()
    };
    let mut lines: HashMap<String, i64> = HashMap::new();
    for row in texts.rows {
        let line = row.line;
        let read = read(&row, &ids, now).and_then(|it| match lines.insert(it.id.clone(), line) {
            None => Ok(it),
            Some(earlier) => {
                lines.insert(it.id, earlier);
                Err(format!("the id stands on line {earlier} already").into())
            }
        });
        match read {
            Ok(it) => {
                if it.include.is_empty() && it.exclude.is_empty() {
                    let reason = "it names no segment, so no segment shows it".to_owned();
                    checked.warnings.push(RowError { line, reason });
                }
                checked.take(it, &there);
            }
            Err(reason) => checked.errors.push(RowError {
                line,
                reason: reason.into_owned(),
            }),
        }
    }
    checked.errors.sort_by_key(|error| error.line);
    Ok(checked)
}

impl Checked {
    /// Takes a use: with a new version where anything about it has changed.
    fn take(&mut self, mut it: RegisteredUse, there: &HashMap<String, RegisteredUse>) {
        match there.get(&it.id) {
            None => self.created += 1,
            Some(before) => {
                it.version = before.version;
                if content(&it) != content(before) {
                    it.version += 1;
                    self.updated += 1;
                }
            }
        }
        self.taken.push(it);
    }
}

/// All that is to be compared of a use: not when it was listed, nor in which order its segments stand.
fn content(it: &RegisteredUse) -> RegisteredUse {
    let mut it = RegisteredUse {
        version: 0,
        listed_at: Timestamp::from_ms(0),
        ..it.clone()
    };
    it.include.sort_by_key(|(id, _)| *id);
    it.exclude.sort_by_key(|(id, _)| *id);
    it
}

/// A row as a use. What stands in it is never quoted.
fn read(row: &UseText, ids: &BTreeMap<&str, SegmentId>, now: Timestamp) -> Result<RegisteredUse, Reason> {
    let kind =
        UseKind::parse(row.text(KIND)).ok_or("kind is campaign, journey, trigger, promotion or export")?;
    let name = clean_name(row.text(NAME)).map_err(|_| "name is empty or longer than 120 characters")?;
    let link = match row.text(LINK) {
        "" => None,
        link => Some(checked_link(link).map_err(|_| "link is no http or https address")?),
    };
    let include = segments(row, INCLUDE, "include", ids)?;
    let exclude = segments(row, EXCLUDE, "exclude", ids)?;
    if include.iter().any(|segment| exclude.contains(segment)) {
        return Err("a segment is both included and excluded".into());
    }
    Ok(RegisteredUse {
        id: word(row, ID, "id", ID_BYTES_MAX)?.ok_or("id is empty")?,
        kind,
        name,
        status: word(row, STATUS, "status", WORD_BYTES_MAX)?.ok_or("status is empty")?,
        include,
        exclude,
        owner: word(row, OWNER, "owner", WORD_BYTES_MAX)?,
        link,
        version: 1,
        listed_at: now,
    })
}

fn word(row: &UseText, field: usize, name: &str, bytes_max: usize) -> Result<Option<String>, Reason> {
    let text = row.text(field);
    if text.len() > bytes_max || text.chars().any(char::is_control) {
        return Err(format!("{name} is longer than {bytes_max} bytes or has control characters").into());
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// The segments that a field names, each once.
fn segments(
    row: &UseText,
    field: usize,
    name: &str,
    ids: &BTreeMap<&str, SegmentId>,
) -> Result<Vec<(SegmentId, String)>, Reason> {
    let mut found = Vec::new();
    let named = row.all(field);
    for (at, text) in named.iter().enumerate() {
        let text = clean_name(text).unwrap_or_default();
        let Some(id) = ids.get(text.as_str()) else {
            let which = if named.len() > 1 {
                format!("name {} of {name}", at + 1)
            } else {
                name.to_owned()
            };
            let hint = nearest(&text, ids.keys().copied())
                .map_or(String::new(), |near| format!("; the nearest name is “{near}”"));
            return Err(format!("{which} is no segment of this dataset{hint}").into());
        };
        if !found.iter().any(|(there, _)| there == id) {
            found.push((*id, text));
        }
    }
    Ok(found)
}
