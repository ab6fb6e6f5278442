//! What happened to a segment, in words.

use super::{moment, one_or_many};
use crate::{
    api::frame::Frame,
    paths,
    ui::{Card, Empty, Glyph},
};
use domain::{
    membership::{Deed, HistoryEntry},
    page::Page,
    segment::Segment,
};
use leptos::prelude::*;

/// The tab.
#[component]
pub fn History(
    /// Who asks, and where.
    frame: Frame,
    /// The segment.
    segment: Segment,
    /// What happened.
    entries: Page<HistoryEntry>,
) -> impl IntoView {
    if entries.items.is_empty() {
        return view! {
            <Card title="History">
                <Empty glyph=Glyph::Clock title="Nothing is known" text="What happens to this segment from now on is listed here, with who did it and when." />
            </Card>
        }
        .into_any();
    }
    let here = paths::with_query(&paths::segment(frame.ds(), segment.id), &[("tab", "history")]);
    let older = entries
        .next
        .map(|next| view! { <p class="foot"><a href=paths::with_query(&here, &[("cursor", &next)])>"Older entries"</a></p> });
    let rows = entries
        .items
        .into_iter()
        .map(|entry| {
            view! {
                <tr>
                    <td class="t" data-label="When">{moment(entry.at, frame.now)}</td>
                    <td data-label="Who">{entry.actor}</td>
                    <th scope="row" class="what">{deed(frame.ds(), entry.deed)}</th>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title="History" note=|| "Times are UTC. Identities in rules are shown as keyed hashes.">
            <table class="stack history">
                <caption class="unseen">"What happened to this segment"</caption>
                <thead><tr><th scope="col">"When"</th><th scope="col">"Who"</th><th scope="col">"What"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {older}
        </Card>
    }
    .into_any()
}

fn deed(ds: &str, deed: Deed) -> AnyView {
    match deed {
        Deed::Created { rule, copy_of } => {
            let words = copy_of.map_or_else(
                || "Created".to_owned(),
                |name| format!("Created as a copy of “{name}”"),
            );
            let rule = rule.map(|rule| view! { <code class="rule-text">{everyone(rule)}</code> });
            view! { {words}{rule} }.into_any()
        }
        Deed::Changed { name, rule } => changed(name, rule),
        Deed::Enabled => "Enabled: people join again".into_any(),
        Deed::Disabled => "Disabled: nobody joins".into_any(),
        Deed::Member { profile, joined } => {
            let word = if joined { "added" } else { "removed" };
            view! { <a href=paths::profile(ds, profile)>{format!("Profile {profile}")}</a>" "{word} }
                .into_any()
        }
        Deed::File {
            mode,
            joined,
            left,
            broke_off,
        } => {
            let what = match mode.as_str() {
                "replace" => "Members replaced by a file",
                "remove" => "A file of people to remove",
                _ => "A file of people to add",
            };
            let end = if broke_off {
                ". It broke off before its end"
            } else {
                ""
            };
            format!("{what}: {} joined, {} left{end}", people(joined), people(left)).into_any()
        }
        Deed::Job { job, action, deleted } => {
            let words = match action.as_str() {
                "job.confirmed" => "confirmed".to_owned(),
                "job.ended" => format!("ended, {} deleted", people(deleted.unwrap_or(0))),
                "job.paused" => "paused".to_owned(),
                "job.resumed" => "resumed".to_owned(),
                "job.cancelled" => "cancelled".to_owned(),
                "job.rate_set" => "given another speed limit".to_owned(),
                other => other.trim_start_matches("job.").replace('_', " "),
            };
            view! { "Deletion "<a href=paths::job(ds, job)>{job.number()}</a>" "{words} }.into_any()
        }
        Deed::Other { action } => action.into_any(),
    }
}

fn changed(name: Option<(String, String)>, rule: Option<(Option<String>, String)>) -> AnyView {
    let renamed = name.map(|(before, after)| format!("Renamed from “{before}” to “{after}”"));
    let same = renamed.is_none() && rule.is_none();
    let rules = rule.map(|(before, after)| {
        let before = before.map(|before| {
            view! { <dt>"Before"</dt><dd><code class="rule-text">{everyone(before)}</code></dd> }
        });
        view! {
            <span>"Rule changed"</span>
            <dl class="change">{before}<dt>"After"</dt><dd><code class="rule-text">{everyone(after)}</code></dd></dl>
        }
    });
    view! { {renamed.map(|words| view! { <span>{words}</span> })}{rules}{same.then_some("Saved without a change")} }.into_any()
}

/// An empty rule would be an empty line.
fn everyone(rule: String) -> String {
    if rule.is_empty() {
        "(everyone)".to_owned()
    } else {
        rule
    }
}

fn people(n: i64) -> String {
    one_or_many(n, "person", "people")
}
