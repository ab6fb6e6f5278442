//! `/datasets/{ds}/imports`: files streamed in, of any size.

use super::{answer::Answer, caller::Caller, extract::Params};
use crate::{command::ImportWords, importing, wire::Imported};
use axum::{Json, body::Body, extract::Path};
use domain::problem::{Code, Problem};
use engine::Engine;
use futures_util::TryStreamExt as _;
use std::io;
use tokio_util::io::StreamReader;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(import))
}

/// Imports profiles, events or lists, or a list of what other systems run on segments (campaigns): CSV or NDJSON, gzip too.
#[utoipa::path(post, path = "/datasets/{ds}/imports/{kind}", tag = "imports",
    request_body(content = String, content_type = "text/csv"),
    params(("ds", description = "Short name of the dataset"),
        ("kind", description = "profiles, events, lists or campaigns"),
        ("list" = Option<String>, Query, description = "The list that is filled; lists only"),
        ("mode" = Option<String>, Query, description = "replace, add or remove; lists only"),
        ("map" = Option<Vec<String>>, Query, description = "FIELD=COLUMN: take a field from a column of another name"),
        ("set" = Option<Vec<String>>, Query, description = "FIELD=TEXT: the same text in every row"),
        ("strict" = Option<bool>, Query, description = "Stop at the first bad row"),
        ("dry_run" = Option<bool>, Query, description = "Read and count only")),
    responses((status = 200, body = Imported)))]
async fn import(
    caller: Caller,
    Path((ds, kind)): Path<(String, String)>,
    Params(pairs): Params<Vec<(String, String)>>,
    body: Body,
) -> Answer<Json<Imported>> {
    let dataset = caller.dataset(&ds).await?;
    let words = words(kind, pairs)?;
    let input = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
    Ok(Json(
        importing::run(&caller.engine, &caller.actor, &dataset, &words, Box::pin(input)).await?,
    ))
}

/// The parameters as the command line would say them.
fn words(kind: String, pairs: Vec<(String, String)>) -> Result<ImportWords, Problem> {
    let mut words = ImportWords {
        kind,
        ..ImportWords::default()
    };
    for (name, value) in pairs {
        match name.as_str() {
            "list" => words.list = Some(value),
            "mode" => words.mode = Some(value),
            "map" => words.map.push(value),
            "set" => words.set.push(value),
            "strict" => words.strict = yes(&name, &value)?,
            "dry_run" => words.dry_run = yes(&name, &value)?,
            _ => {
                let message = format!("There is no parameter {name:?} here. See /api/docs.");
                return Err(Problem::because(Code::BadRequest, message).on(&name));
            }
        }
    }
    Ok(words)
}

fn yes(name: &str, value: &str) -> Result<bool, Problem> {
    match value {
        "true" | "1" | "" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Problem::because(Code::BadRequest, format!("{name} is true or false.")).on(name)),
    }
}
