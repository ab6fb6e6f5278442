//! Answers for people and for machines.

use super::follow;
use crate::{
    command::Outcome,
    wire::{Imported, Job, Preview, Segment},
};
use domain::{estimate::seconds_in_words, guard::grouped};
use serde_json::{Value, json};

/// An answer for machines: what REST would send.
pub(super) fn json(outcome: &Outcome) -> String {
    let value = match outcome {
        Outcome::Done(message) => json!({ "done": true, "message": message }),
        Outcome::Dataset(it) => value(it),
        Outcome::Datasets(it) => json!({ "items": it, "next": null }),
        Outcome::Imported(it) => value(it),
        Outcome::User(it) => value(it),
        Outcome::Users(it) => json!({ "items": it, "next": null }),
        Outcome::NewToken(it) => value(it),
        Outcome::Tokens(it) => json!({ "items": it, "next": null }),
        Outcome::Segment(it) => value(it),
        Outcome::Segments(it) => json!({ "items": it, "next": null }),
        Outcome::Preview(it) => value(it),
        Outcome::Job(it) => value(it),
        Outcome::Jobs(it) => value(it),
        Outcome::Limits(it) => value(it),
        Outcome::Person(it) => value(it),
        Outcome::Erased(it) => value(it),
        Outcome::Suppressions(it) => value(it),
        Outcome::Rechecks(it) => value(it),
    };
    value.to_string()
}

fn value(it: &impl serde::Serialize) -> Value {
    serde_json::to_value(it).unwrap_or(Value::Null)
}

/// An answer for people.
pub(super) fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(message) => message.clone(),
        Outcome::Dataset(it) => format!("{}  {}  {}", it.slug, it.name, it.currency),
        Outcome::Datasets(all) => lines(all, |it| format!("{}  {}  {}", it.slug, it.name, it.currency)),
        Outcome::Imported(it) => imported(it),
        Outcome::User(it) => user(it),
        Outcome::Users(all) => lines(all, user),
        Outcome::NewToken(it) => {
            format!(
                "key id  {}\nsecret  {}\nThe secret is shown this once.",
                it.key_id, it.secret
            )
        }
        Outcome::Tokens(all) => lines(all, |it| {
            let dataset = it.dataset.as_deref().unwrap_or("all datasets");
            let state = if it.revoked_at.is_some() { "  revoked" } else { "" };
            format!("{}  {}  {}  {dataset}{state}", it.key_id, it.name, it.scope)
        }),
        Outcome::Segment(it) => segment(it),
        Outcome::Segments(all) => lines(all, segment),
        Outcome::Preview(it) => preview(it),
        Outcome::Job(it) => job(it),
        Outcome::Person(it) => it.text(),
        Outcome::Erased(it) => it.text(),
        Outcome::Limits(it) => format!(
            "longest job  {}\nproofs       {} days",
            seconds_in_words(it.job_seconds_max),
            it.proof_days
        ),
        Outcome::Suppressions(page) => {
            let more = page
                .next
                .as_ref()
                .map_or(String::new(), |next| format!("\nmore with --cursor {next}"));
            lines(&page.items, suppression) + &more
        }
        Outcome::Rechecks(page) => lines(&page.items, recheck),
        Outcome::Jobs(page) => {
            let more = page
                .next
                .as_ref()
                .map_or(String::new(), |next| format!("\nmore with --cursor {next}"));
            lines(&page.items, follow::line) + &more
        }
    }
}

fn lines<T>(all: &[T], line: impl Fn(&T) -> String) -> String {
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn suppression(it: &crate::wire::Suppression) -> String {
    let until = it.ends_at.as_deref().unwrap_or("for good");
    let by = it.source.as_deref().unwrap_or(&it.reason);
    format!(
        "{}  {} data  until {until}  by {by}  turned away {} ({} purchases)",
        it.id, it.refuses, it.stopped, it.stopped_purchases
    )
}

fn recheck(it: &crate::wire::Recheck) -> String {
    let mut text = format!(
        "{} of {} identities of deleted people live again, {} of them although refused",
        grouped(it.found),
        grouped(it.identities),
        grouped(it.against)
    );
    for of in &it.by_source {
        text.push_str(&format!(
            "\n{}  {} of {}",
            of.source,
            grouped(of.found),
            grouped(of.identities)
        ));
    }
    text
}

fn user(it: &crate::wire::User) -> String {
    let state = if it.disabled_at.is_some() {
        "  disabled"
    } else {
        ""
    };
    format!(
        "{}  {}  {}{state}",
        it.name,
        it.role,
        it.dataset.as_deref().unwrap_or("all datasets")
    )
}

fn imported(it: &Imported) -> String {
    let mut text = format!(
        "{} rows accepted, {} created, {} updated, {} rows rejected",
        grouped(it.accepted),
        grouped(it.created),
        grouped(it.updated),
        grouped(it.rejected)
    );
    if it.suppressed > 0 {
        let purchases = grouped(it.suppressed_purchases);
        text.push_str(&format!(
            ", {} of them about suppressed people ({purchases} purchases)",
            grouped(it.suppressed)
        ));
    }
    if it.dry_run {
        text.push_str("; a trial, nothing was written");
    }
    for remark in &it.remarks {
        text.push_str(&format!("\n{remark}"));
    }
    for (what, rows) in [("rejected", &it.errors), ("warning", &it.warnings)] {
        for row in rows {
            text.push_str(&format!("\nline {}: {what}: {}", row.line, row.reason));
        }
    }
    text
}

fn segment(it: &Segment) -> String {
    let count = it.count.as_ref().map_or("not counted".to_owned(), |count| {
        format!("{} as of {}", grouped(count.value), count.counted_at)
    });
    let rule = it.rule.as_ref().map_or(String::new(), |rule| format!("  {rule}"));
    format!("{}  {}  {}  {}  {count}{rule}", it.id, it.name, it.kind, it.state)
}

fn preview(it: &Preview) -> String {
    let sample: Vec<&str> = it.sample.iter().map(|row| row.title.as_str()).collect();
    let first = if sample.is_empty() {
        String::new()
    } else {
        format!("\nfirst: {}", sample.join(", "))
    };
    format!("{} profiles match {}{first}", grouped(it.count), it.rule)
}

fn job(it: &Job) -> String {
    let counts = &it.counts;
    let mut text = format!("{}\nsegment  {}", follow::line(it), it.segment.name);
    if let Some(rule) = &it.segment.rule {
        text.push_str(&format!("\nrule     {rule}"));
    }
    if let Some(quiet) = &it.quiet_hours {
        text.push_str(&format!(
            "\nquiet    {} to {} ({})",
            quiet.from, quiet.to, quiet.zone
        ));
    }
    text.push_str(&format!(
        "\nmatched {} = deleted {} + spared {} + held {} + failed {} + gone {} + left {}",
        counts.matched, counts.deleted, counts.spared, counts.held, counts.failed, counts.gone, counts.left
    ));
    if let Some(plan) = &it.plan {
        text.push_str(&format!(
            "\nplan     job {} of {} of D-{}",
            plan.job, plan.of, plan.id
        ));
    }
    if let Some(export) = &it.export {
        text.push_str(&format!("\n{}", export.note));
    }
    if let Some(reason) = &it.end_reason {
        text.push_str(&format!("\nended because {reason}"));
    }
    text
}
