//! The list of suppressions: by deletion, and identity by identity, in which nobody can be recognised.

use super::{moment, one_or_many};
use crate::{api::frame::Frame, paths, ui::Card};
use domain::{
    guard::grouped,
    id::{JobId, RequestId},
    suppression::{Reason, Refuses, Suppression, SuppressionSource, kind_title},
    time::Timestamp,
};
use leptos::prelude::*;

/// Who put it there, with the way there.
pub(super) fn source(ds: &str, reason: Reason, id: i64) -> impl IntoView + use<> {
    match reason {
        Reason::Job => {
            let job = JobId(id);
            view! { <a href=paths::job(ds, job)>{format!("Deletion {}", job.number())}</a> }.into_any()
        }
        Reason::Request if id > 0 => {
            view! { <span>{format!("Privacy request {}", RequestId(id).number())}</span> }.into_any()
        }
        Reason::Request => view! { <span>"Erasure of persons"</span> }.into_any(),
        Reason::Person => view! { <span>"Entered by hand"</span> }.into_any(),
    }
}

const fn refuses(what: Refuses) -> &'static str {
    match what {
        Refuses::Late => "Late data",
        Refuses::All => "All data",
    }
}

/// Until when, or that it is over.
fn until(ends_at: Option<Timestamp>, now: Timestamp) -> String {
    match ends_at {
        None => "for good".to_owned(),
        Some(at) if at <= now => format!("ended {}", at.date_short()),
        Some(at) => format!("until {}", at.date_short()),
    }
}

/// What was stopped, purchases by themselves.
fn stopped(rows: i64, purchases: i64) -> impl IntoView {
    let of_these = (purchases > 0).then(|| {
        let words = one_or_many(purchases, "purchase", "purchases");
        view! { <small>{words}</small> }
    });
    view! { {grouped(rows)} {of_these} }
}

/// By deletion, the newest first.
#[component]
pub fn SourcesTable(
    /// Who asks, and where.
    frame: Frame,
    /// The deletions.
    rows: Vec<SuppressionSource>,
) -> impl IntoView {
    let body = rows
        .into_iter()
        .map(|it| {
            let last = it.stopped_at.map_or_else(|| "–".to_owned(), |at| moment(at, frame.now));
            view! {
                <tr>
                    <th scope="row">{source(frame.ds(), it.reason, it.source_id)}<small>{moment(it.added_at, frame.now)}</small></th>
                    <td data-label="Refused">{refuses(it.refuses)}<small>{until(it.ends_at, frame.now)}</small></td>
                    <td class="n" data-label="Identities">{grouped(it.identities)}</td>
                    <td class="n" data-label="Turned away">{stopped(it.stopped, it.stopped_purchases)}</td>
                    <td data-label="Last">{last}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack">
            <caption class="unseen">"Suppressions by deletion, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"By"</th>
                    <th scope="col">"Refused"</th>
                    <th scope="col" class="n">"Identities"</th>
                    <th scope="col" class="n">"Turned away"</th>
                    <th scope="col">"Last"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}

/// Identity by identity, as keyed hashes.
#[component]
pub fn SuppressedTable(
    /// Who asks, and where.
    frame: Frame,
    /// The identities.
    rows: Vec<Suppression>,
    /// What the table is called.
    caption: &'static str,
) -> impl IntoView {
    let body = rows
        .into_iter()
        .map(|it| {
            let last = it.stopped_at.map_or_else(|| "–".to_owned(), |at| moment(at, frame.now));
            let by = match (&it.added_by, &it.note) {
                (Some(by), Some(note)) => format!("{by}: {note}"),
                _ => moment(it.refusal.added_at, frame.now),
            };
            view! {
                <tr>
                    <th scope="row"><code>{it.id.name()}</code><small>{kind_title(it.id.kind)}</small></th>
                    <td data-label="By">{source(frame.ds(), it.reason, it.source_id.unwrap_or(0))}<small>{by}</small></td>
                    <td data-label="Refused">{refuses(it.refusal.refuses)}<small>{until(it.refusal.ends_at, frame.now)}</small></td>
                    <td class="n" data-label="Turned away">{stopped(it.stopped, it.stopped_purchases)}</td>
                    <td data-label="Last">{last}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack">
            <caption class="unseen">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Identity"</th>
                    <th scope="col">"By"</th>
                    <th scope="col">"Refused"</th>
                    <th scope="col" class="n">"Turned away"</th>
                    <th scope="col">"Last"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}

/// What a look-up found, each with the way off the list.
#[component]
pub fn Found(
    /// Who asks, and where.
    frame: Frame,
    /// What was found.
    rows: Vec<Suppression>,
    /// What is wrong with the reason, after a refusal.
    error: Option<String>,
) -> impl IntoView {
    let (none, one, focus) = (rows.is_empty(), rows.len() == 1, error.is_some());
    let items = rows
        .into_iter()
        .map(|it| {
            let what = format!(
                "{}, {}. {} turned away.",
                refuses(it.refusal.refuses),
                until(it.refusal.ends_at, frame.now),
                one_or_many(it.stopped, "row was", "rows were")
            );
            // A refused reason comes back with the one that it is about.
            let id = if one { "lift_reason".to_owned() } else { format!("lift_reason_{}", it.id.kind.as_str()) };
            let error_id = format!("{id}-error");
            let described = error.is_some().then(|| error_id.clone());
            view! {
                <li>
                    <div>
                        <b>{kind_title(it.id.kind)} " " <code>{it.id.name()}</code></b>
                        <p>{source(frame.ds(), it.reason, it.source_id.unwrap_or(0))} ", " {moment(it.refusal.added_at, frame.now)}</p>
                        <p class="hint">{what}</p>
                    </div>
                    <form class="inline" method="post" action="/fn/lift_suppression" autocomplete="off">
                        <input type="hidden" name="ds" value=frame.ds().to_owned() />
                        <input type="hidden" name="id" value=it.id.to_string() />
                        <div class="field">
                            <label for=id.clone()>"Why it is lifted"</label>
                            <input id=id name="reason" autofocus=focus aria-invalid=error.is_some().then_some("true") aria-describedby=described />
                            {error.clone().map(|error| view! { <p class="error" id=error_id>{error}</p> })}
                        </div>
                        <button class="btn">"Lift"</button>
                    </form>
                </li>
            }
        })
        .collect_view();
    view! {
        <Card title="What was found">
            <div class="body">
                {none.then(|| view! { <p role="status">"That identity is not on the list: its data is let in."</p> })}
                <ul class="todo next">{items}</ul>
            </div>
        </Card>
    }
    .into_any()
}
