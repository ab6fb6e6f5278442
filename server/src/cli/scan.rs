//! `lethe scan`: reads the files of a data directory by itself, in this process, whoever else has them open. Never through
//! the local socket, and never in the process that serves: opening the files there would drop SQLite's locks.

use super::client::Failure;
use crate::{
    output,
    wire::{Scan, ScannedFile},
};
use domain::guard::grouped;
use std::{fmt::Write as _, path::Path, process::ExitCode};

/// Scans, answers, and ends with 1 where anything is left.
pub(super) async fn run(dir: &Path, json: bool) -> Result<ExitCode, Failure> {
    let dir = dir.to_owned();
    let found = tokio::task::spawn_blocking(move || engine::erasure::scan(&dir))
        .await
        .map_err(|_| Failure::Failed("The scan broke off.".to_owned()))?
        .map_err(|error| Failure::Failed(error.to_string()))?;
    let scan = Scan::from(found);
    output::answer(&if json {
        serde_json::to_value(&scan).unwrap_or_default().to_string()
    } else {
        text(&scan)
    });
    match scan.objection {
        None => Ok(ExitCode::SUCCESS),
        Some(objection) => Err(Failure::Failed(objection)),
    }
}

fn text(scan: &Scan) -> String {
    let mut out: String = scan.files.iter().map(file).collect();
    for leftover in &scan.leftovers {
        line(
            &mut out,
            &format!(
                "left over: {}, {} bytes",
                leftover.name,
                grouped_u64(leftover.bytes)
            ),
        );
    }
    for export in &scan.exports {
        line(
            &mut out,
            &format!(
                "export: {}, {} bytes, kept on purpose until its time has come",
                export.name,
                grouped_u64(export.bytes)
            ),
        );
    }
    if scan.moving {
        line(
            &mut out,
            "A server holds the directory: this was a look at moving files.",
        );
    }
    if scan.clean {
        line(
            &mut out,
            "No dead byte is left in tables about people or in free pages.",
        );
    }
    line(&mut out, &scan.scope);
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn file(it: &ScannedFile) -> String {
    let mut out = String::new();
    line(
        &mut out,
        &format!(
            "{}  {} pages of {} bytes, all accounted for, {} ms",
            it.name,
            grouped_u64(it.pages),
            grouped_u64(it.page_bytes),
            grouped_u64(it.ms)
        ),
    );
    if it.trouble.is_some() {
        out = format!("{}  not accounted for\n", it.name);
    }
    let log = if it.wal_bytes == 0 {
        "empty".to_owned()
    } else {
        format!(
            "{} bytes, {} frames",
            grouped_u64(it.wal_bytes),
            grouped_u64(it.wal_frames)
        )
    };
    line(&mut out, &format!("  log  {log}"));
    if !it.decides {
        line(
            &mut out,
            "  a copy that is kept on purpose: shown, and no reason to fail",
        );
    }
    for part in it.parts.iter().filter(|part| part.pages > 0) {
        let about = if part.personal && it.decides {
            ""
        } else {
            "  (does not decide)"
        };
        let dead = &part.dead;
        let mut text = format!("  {:<20} {:>11} pages  ", part.name, grouped_u64(part.pages));
        if dead.total == 0 {
            text.push_str("no dead byte");
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "{} dead bytes:", grouped(dead.total));
            for (kind, bytes) in [
                ("gap", dead.gap),
                ("freeblock", dead.freeblock),
                ("fragment", dead.fragment),
                ("overflow tail", dead.overflow_tail),
                ("freelist", dead.freelist),
            ] {
                if bytes > 0 {
                    let _ = write!(text, " {kind} {}", grouped(bytes));
                }
            }
            text.push_str(about);
        }
        line(&mut out, &text);
    }
    out
}

fn grouped_u64(n: u64) -> String {
    grouped(i64::try_from(n).unwrap_or(i64::MAX))
}
