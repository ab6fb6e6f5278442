//! Parts of the page that erases a person: who was found and how much goes, and what was erased before.

use super::{moment, one_or_many};
use crate::{
    api::{
        frame::Frame,
        persons::{CopyFacts, PersonFacts, StoreFacts},
    },
    paths,
    ui::{Card, Empty, Glyph},
};
use domain::{guard::grouped, privacy::Erasure};
use leptos::prelude::*;

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Who was found, and what goes from where.
#[component]
pub fn PersonKnown(
    /// Who asks, and where.
    frame: Frame,
    /// What is known.
    facts: PersonFacts,
) -> impl IntoView {
    let known = facts
        .known
        .into_iter()
        .map(|(kind, value)| view! { <dt>{kind}</dt><dd>{value}</dd> })
        .collect_view();
    let none = facts.profiles.is_empty();
    let profiles = facts
        .profiles
        .into_iter()
        .map(|it| in_store(&frame, &it))
        .collect_view();
    let none_copied = facts.copies.is_empty();
    let copies = facts
        .copies
        .into_iter()
        .map(|it| in_warehouse(&frame, &it))
        .collect_view();
    view! {
        <Card title="Who this is">
            <div class="body"><dl class="kv">{known}</dl></div>
        </Card>
        <Card title="What goes">
            <div class="body">
                <dl class="kv">
                    <dt>"From the store"</dt>
                    <dd><ul class="stackup">{profiles}</ul>{none.then_some("Nothing is left there")}</dd>
                    <dt>"From the warehouse"</dt>
                    <dd><ul class="stackup">{copies}</ul>{none_copied.then_some("No copy there")}</dd>
                    <dt>"From stored exports"</dt>
                    <dd>"Every line about this person"</dd>
                </dl>
            </div>
        </Card>
    }
    .into_any()
}

fn in_store(frame: &Frame, it: &StoreFacts) -> impl IntoView + use<> {
    let segments = match it.segments {
        0 => "in no segment".to_owned(),
        some => format!("in {}", one_or_many(count(some), "segment", "segments")),
    };
    let text = format!(
        "with {} and {}, {segments}",
        one_or_many(count(it.attributes), "attribute", "attributes"),
        one_or_many(count(it.events), "event", "events"),
    );
    let seen = it
        .last_seen
        .map(|at| format!(", last seen {}", moment(at, frame.now)))
        .unwrap_or_default();
    view! { <li><a href=paths::profile(frame.ds(), it.id)>"The profile"</a>" "{text}{seen}</li> }.into_any()
}

fn in_warehouse(frame: &Frame, it: &CopyFacts) -> impl IntoView + use<> {
    let events = one_or_many(count(it.events), "event", "events");
    let job = it.deleted_by.map(|job| {
        view! { ", left by "<a href=paths::job(frame.ds(), job)>{job.number()}</a> }
    });
    let left = (it.left && it.deleted_by.is_none()).then_some(", left by a bulk deletion");
    view! { <li>"A copy with "{events}{job}{left}</li> }.into_any()
}

/// What was erased before, newest first.
#[component]
pub fn ErasureList(
    /// Who asks, and where.
    frame: Frame,
    /// The newest.
    rows: Vec<Erasure>,
) -> impl IntoView {
    if rows.is_empty() {
        return view! { <Card title="Erased before"><Empty glyph=Glyph::Lock title="Nobody has been erased yet" text="Each erasure is listed here with what went from where. It names nobody." /></Card> }.into_any();
    }
    let body = rows
        .into_iter()
        .map(|row| {
            let clean = match row.scrubbed_at {
                Some(at) => moment(at, frame.now),
                None => "within a minute".to_owned(),
            };
            let by = if row.requested {
                format!("{}, for a request", row.by)
            } else {
                row.by
            };
            let both = |profiles, events| {
                let (profiles, events) = (
                    one_or_many(profiles, "profile", "profiles"),
                    one_or_many(events, "event", "events"),
                );
                format!("{profiles} and {events}")
            };
            let live = both(row.profiles, row.events);
            let copy = both(row.warehouse_profiles, row.warehouse_events);
            view! {
                <tr>
                    <th scope="row" class="t">{moment(row.at, frame.now)}</th>
                    <td data-label="By">{by}</td>
                    <td class="n" data-label="People">{grouped(row.people)}</td>
                    <td data-label="From the store">{live}</td>
                    <td data-label="From the warehouse">{copy}</td>
                    <td data-label="Last byte gone">{clean}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title="Erased before">
            <table class="stack erasures">
                <caption class="unseen">"Erasures, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"By"</th>
                        <th scope="col" class="n">"People"</th>
                        <th scope="col">"From the store"</th>
                        <th scope="col">"From the warehouse"</th>
                        <th scope="col">"Last byte gone"</th>
                    </tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        </Card>
    }
    .into_any()
}
