//! `lethe receipt verify`: holds a receipt, or the proof for one person, against its signature, with the file and the public key
//! alone. Opens no data directory and asks no server, so it works on any machine.

use super::client::Failure;
use crate::output;
use clap::Subcommand;
use domain::guard::grouped;
use engine::receipt::{Verified, verify};
use std::{
    io::{self, BufRead as _, Read as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Receipt {
    /// Hold a receipt, or the proof for one person, against its signature; offline, with nothing but the file and the key
    #[command(
        after_help = "Example: lethe receipt verify lethe-main-D-1001-receipt.json --key lethe-receipt-key.pem\n\nEnds with 0 only where it holds. Without --key the key in the file is used and its fingerprint printed: compare it with the one\nthat the server shows."
    )]
    Verify {
        /// The receipt or the proof; - for standard input
        file: PathBuf,
        /// The public key, PEM or 64 hex digits
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// Whom a proof is to be for; - reads it from standard input, one line
        #[arg(long, value_name = "IDENTITY")]
        identity: Option<String>,
    },
}

/// Verifies, answers, and ends with 1 where it does not hold.
pub(super) fn run(
    file: &Path,
    key: Option<PathBuf>,
    identity: Option<String>,
    json: bool,
) -> Result<ExitCode, Failure> {
    let bytes = read(file)?;
    let key = key.as_deref().map(read).transpose()?;
    let identity = match identity.as_deref() {
        Some("-") => Some(line()?),
        other => other.map(str::to_owned),
    };
    let found = verify(&bytes, key.as_deref(), identity.as_deref()).map_err(Failure::Failed)?;
    output::answer(&if json { machine(&found) } else { text(&found) });
    Ok(ExitCode::SUCCESS)
}

/// A file; `-` is standard input.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let done = if file.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(file).map(|found| bytes = found)
    };
    done.map_err(|error| Failure::Failed(format!("{} cannot be read: {error}.", file.display())))?;
    Ok(bytes)
}

/// The identity from standard input, so that it need not stand in the shell's history.
fn line() -> Result<String, Failure> {
    let mut text = String::new();
    let done = io::stdin().lock().read_line(&mut text);
    done.map_err(|error| Failure::Failed(format!("No identity came: {error}.")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn machine(it: &Verified) -> String {
    let person = it.person.as_ref().map(|person| {
        serde_json::json!({ "kind": person.kind.as_str(), "entry": person.entry, "made_at": person.made_at })
    });
    serde_json::json!({
        "holds": true,
        "receipt": it.statement,
        "hash": it.hash,
        "fingerprint": it.fingerprint,
        "key_given": it.key_given,
        "person": person,
    })
    .to_string()
}

fn text(it: &Verified) -> String {
    let statement = &it.statement;
    let about = &statement.about;
    let mut lines = vec![format!(
        "The receipt of {} holds: number {} of this installation, dataset {}, {}.",
        about.number, statement.no, about.dataset, statement.ended
    )];
    let counts = statement
        .counts
        .iter()
        .map(|(name, n)| format!("{name} {}", grouped(*n)));
    lines.push(format!("counts       {}", counts.collect::<Vec<_>>().join(", ")));
    if let Some(at) = statement.times.get("sealed_at") {
        lines.push(format!("signed       {at}"));
    }
    lines.push(format!(
        "entries      {}, root {}",
        grouped(statement.entries.size),
        statement.entries.root
    ));
    lines.push(format!("hash         {}", it.hash));
    lines.push(format!("previous     {}", statement.previous));
    lines.push(format!("key          {}", it.fingerprint));
    if let Some(person) = &it.person {
        lines.push(format!(
            "The person with the {} that you gave is entry {} of {}: they are among the deleted.",
            person.kind.as_str(),
            grouped(person.entry),
            grouped(statement.entries.size)
        ));
    }
    if !it.key_given {
        lines.push("No key was given, so the one in the file was used: compare its fingerprint with the one that you have from the server.".to_owned());
    }
    lines.join("\n")
}
