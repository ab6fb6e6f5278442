//! The parts of a receipt: counts, stores, how it came about, how to check it. They show what was signed and add nothing
//! to it; times with their day, because it is printed.

use super::{gap, one_or_many};
use crate::{paths, ui::Card};
use domain::{
    guard::grouped,
    receipt::{Deed, ExportLine, Receipt, Statement, StoreLine},
    time::Timestamp,
};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The counts in the order in which they add up, and whether they are shown when they are nought.
const COUNTS: [(&str, &str, bool); 13] = [
    ("matched", "Matched", true),
    ("requested", "Asked for", true),
    ("deleted", "Deleted", true),
    ("spared", "Spared, because they no longer matched", true),
    ("held", "Under legal hold", true),
    ("failed", "Failed", true),
    ("gone", "Already gone before their turn", true),
    (
        "left",
        "Left, because the deletion was ended before their turn",
        false,
    ),
    (
        "joined_after",
        "Joined the segment later; not touched, not in the sum",
        false,
    ),
    ("profiles_deleted", "Profiles deleted from the store", true),
    ("events_deleted", "Events deleted from the store", true),
    (
        "warehouse_profiles_deleted",
        "Deleted from the data warehouse",
        true,
    ),
    (
        "warehouse_events_deleted",
        "Events deleted from the data warehouse",
        true,
    ),
];

/// What became of the people.
#[component]
pub fn CountsTable(
    /// The counts by name.
    counts: BTreeMap<String, i64>,
) -> impl IntoView {
    let rows = COUNTS
        .into_iter()
        .filter_map(|(name, words, always)| {
            let n = counts.get(name).copied().filter(|n| always || *n > 0)?;
            Some(view! { <tr><th scope="row">{words}</th><td class="n">{grouped(n)}</td></tr> })
        })
        .collect_view();
    view! {
        <table class="sums">
            <caption class="unseen">"Counts"</caption>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// What became of each store.
#[component]
pub fn StoresTable(
    /// What was signed.
    statement: Statement,
) -> impl IntoView {
    let rows = statement
        .stores
        .iter()
        .map(|line| {
            let (class, word) = badge(&line.became);
            view! {
                <tr>
                    <th scope="row">{line.store.clone()}<small>{note(line, &statement)}</small></th>
                    <td><span class=class>{word}</span></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stores">
            <caption class="unseen">"Stores"</caption>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn badge(became: &str) -> (&'static str, &'static str) {
    match became {
        "deleted" => ("badge ok", "Deleted"),
        "zero_left" => ("badge ok", "Zero left"),
        "not_proven" => ("badge warn", "Not proven"),
        "kept" => ("badge warn", "Kept"),
        "kept_without_people" => ("badge", "Kept"),
        "nothing" => ("badge", "Nothing there"),
        _ => ("badge", "Not covered"),
    }
}

/// What is known of a store, and why it is so.
fn note(line: &StoreLine, statement: &Statement) -> String {
    let mut parts = Vec::new();
    let some = |n: Option<i64>, one, many| n.filter(|n| *n > 0).map(|n| one_or_many(n, one, many));
    parts.extend(some(line.profiles, "profile", "profiles"));
    parts.extend(some(line.events, "event", "events"));
    if let (true, Some(pages)) = (line.became == "zero_left", statement.verification.get("pages")) {
        parts.push(one_or_many(*pages, "page read back", "pages read back"));
    }
    let until = line.until.as_deref().and_then(Timestamp::parse_rfc3339);
    match (until, line.became.as_str()) {
        (Some(at), _) => parts.push(format!("until {}", at.date_short())),
        (None, "kept") if line.profiles.is_some() => parts.push("until they are erased".to_owned()),
        _ => {}
    }
    let mut facts = parts.join(", ");
    if let Some(first) = facts.get_mut(..1) {
        first.make_ascii_uppercase();
        facts.push_str(". ");
    }
    format!("{facts}{}", line.why)
}

/// Who asked, by which rule, how long it took, which files there were.
#[component]
pub fn HowItCame(
    /// The receipt.
    receipt: Receipt,
) -> impl IntoView {
    let statement = &receipt.statement;
    let people = |did: &str| -> Vec<String> {
        let these = statement.people.iter().filter(|deed| deed.did == did);
        these.map(person).collect()
    };
    let approved = match people("approved") {
        some if some.is_empty() => "nobody; no approval was needed".to_owned(),
        some => some.join("; "),
    };
    let took = at(statement, "started_at").zip(at(statement, "sealed_at"));
    let took = took.map(|(from, to)| row("Took", gap(from, to)));
    let rule = statement
        .rule
        .clone()
        .map(|rule| view! { <dt>"Rule"</dt><dd><code>{rule}</code></dd> });
    let files: Vec<String> = statement.exports.iter().map(exported).collect();
    let entries = format!(
        "{} over {}",
        shortened(&statement.entries.root),
        one_or_many(statement.entries.size, "identity", "identities")
    );
    let end = statement.end_reason.clone().map(|why| row("Ended because", why));
    view! {
        <div class="body">
            <dl class="kv">
                {statement.about.segment.clone().map(|segment| row("Segment", segment))}
                {rule}
                {row("Asked by", people("asked").join("; "))}
                {row("Approved by", approved)}
                {statement.reason.clone().map(|reason| row("Reason", reason))}
                {end}
                {took}
                {row("Files", if files.is_empty() { "none were written or handed out".to_owned() } else { files.join(" ") })}
                {row("Proof fingerprint", entries)}
                {row("In the chain", format!("number {}, hash {}", statement.no, shortened(&receipt.hash)))}
            </dl>
        </div>
    }
    .into_any()
}

fn row(name: &'static str, text: String) -> impl IntoView + use<> {
    view! { <dt>{name}</dt><dd>{text}</dd> }
}

fn at(statement: &Statement, name: &str) -> Option<Timestamp> {
    statement
        .times
        .get(name)
        .and_then(|text| Timestamp::parse_rfc3339(text))
}

fn person(deed: &Deed) -> String {
    let when = deed.at.as_deref().and_then(Timestamp::parse_rfc3339);
    when.map_or_else(
        || deed.name.clone(),
        |when| format!("{}, {}", deed.name, when.date_time_short()),
    )
}

fn exported(file: &ExportLine) -> String {
    let time = |text: &str| {
        Timestamp::parse_rfc3339(text).map_or_else(|| text.to_owned(), |at| at.date_time_short())
    };
    let people = one_or_many(file.people, "person", "people");
    let by = file.by.as_deref().unwrap_or("system");
    match (file.what.as_str(), &file.wiped_at, &file.kept_until) {
        ("handed_out", _, _) => format!("{people} taken away by {by}, {}.", time(&file.at)),
        (_, Some(wiped), _) => format!("{people} exported {}, wiped {}.", time(&file.at), time(wiped)),
        (_, None, until) => format!(
            "{people} exported {}, kept until {} at the latest.",
            time(&file.at),
            until.as_deref().map(time).unwrap_or_default()
        ),
    }
}

/// `9c41…e07b`.
fn shortened(hash: &str) -> String {
    match (hash.get(..4), hash.get(hash.len().saturating_sub(4)..)) {
        (Some(first), Some(last)) if hash.len() > 8 => format!("{first}…{last}"),
        _ => hash.to_owned(),
    }
}

/// How anybody can check it without this server, and what it cannot say.
#[component]
pub fn HowToCheck(
    /// The receipt.
    receipt: Receipt,
) -> impl IntoView {
    let statement = receipt.statement.clone();
    let command = format!(
        "lethe receipt verify {} --key lethe-receipt-key.pem",
        receipt.file_name()
    );
    let limits = statement
        .limits
        .iter()
        .map(|text| view! { <p>{text.clone()}</p> })
        .collect_view();
    view! {
        <Card title="How to check it">
            <div class="body verify">
                <p>"On any machine, without this server, with the file and the public key:"</p>
                <p><code>{command}</code></p>
                <dl class="kv">
                    <dt>"Fingerprint of the key"</dt><dd><code>{statement.key.fingerprint.clone()}</code></dd>
                    <dt>"Hash of the receipt"</dt><dd><code>{receipt.hash.clone()}</code></dd>
                    <dt>"Root of the tree"</dt><dd><code>{statement.entries.root.clone()}</code></dd>
                </dl>
                <p class="acts"><a class="btn" href=paths::RECEIPT_KEY download>"Download public key"</a></p>
                <div class="hint">{limits}</div>
            </div>
        </Card>
    }
    .into_any()
}
