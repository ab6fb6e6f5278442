//! Imports, as REST and the command line both do them: from words to the engine's options, and back to the wire.

use crate::{
    command::{ImportWords, Input},
    wire::{Imported, RowError},
};
use domain::{
    access::Actor,
    dataset::Dataset,
    problem::{Code, Problem},
};
use engine::{
    Engine,
    import::{ImportKind, ImportOptions, ListMode},
};

/// The word for a list of what other systems run on segments.
const USES: &str = "campaigns";

/// Imports a file.
pub(crate) async fn run(
    engine: &Engine,
    actor: &Actor,
    dataset: &Dataset,
    words: &ImportWords,
    input: Input,
) -> engine::Result<Imported> {
    let options = options(words)?;
    let report = if words.kind == USES {
        engine.import_uses(actor, dataset.id, options, input).await?
    } else {
        engine
            .import(actor, dataset.id, kind(&words.kind)?, options, input)
            .await?
    };
    let rows = |all: Vec<engine::import::RowError>| {
        all.into_iter()
            .map(|row| RowError {
                line: row.line,
                reason: row.reason,
            })
            .collect()
    };
    Ok(Imported {
        accepted: report.accepted,
        created: report.created,
        updated: report.updated,
        rejected: report.rejected,
        suppressed: report.suppressed,
        suppressed_purchases: report.suppressed_purchases,
        errors: rows(report.errors),
        warnings: rows(report.warnings),
        remarks: report.remarks,
        dry_run: report.dry_run,
    })
}

fn kind(word: &str) -> Result<ImportKind, Problem> {
    ImportKind::parse(word).ok_or_else(|| {
        Problem::because(
            Code::NotFound,
            "Imports are of profiles, events, lists or campaigns.",
        )
    })
}

fn options(words: &ImportWords) -> Result<ImportOptions, Problem> {
    let mode = match words.mode.as_deref() {
        None => ListMode::default(),
        Some(word) => ListMode::parse(word).ok_or_else(|| {
            Problem::because(Code::Invalid, "The mode is replace, add or remove.").on("mode")
        })?,
    };
    Ok(ImportOptions {
        list: words.list.clone(),
        segment: None,
        mode,
        map: pairs(&words.map, "map")?,
        set: pairs(&words.set, "set")?,
        strict: words.strict,
        dry_run: words.dry_run,
        content_hash: words.content_hash,
    })
}

fn pairs(words: &[String], field: &str) -> Result<Vec<(String, String)>, Problem> {
    let pair = |word: &String| {
        word.split_once('=')
            .map(|(field, rest)| (field.trim().to_owned(), rest.to_owned()))
    };
    words
        .iter()
        .map(pair)
        .collect::<Option<_>>()
        .ok_or_else(|| Problem::because(Code::Invalid, format!("{field} is written FIELD=VALUE.")).on(field))
}
