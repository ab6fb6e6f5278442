//! Privacy requests in words: where they stand, how much time is left, the list, the history, and who was told.

use super::{moment, one_or_many};
use crate::{
    api::frame::Frame,
    paths,
    ui::{Card, Empty, Glyph},
};
use domain::{
    notice::DeliveryState,
    privacy::{
        clock::Countdown,
        request::{HistoryEntry, Request, RequestState, Told},
    },
    time::Timestamp,
};
use leptos::prelude::*;

/// Where a request stands.
#[component]
pub fn RequestBadge(
    /// The state.
    state: RequestState,
) -> impl IntoView {
    let class = match state {
        RequestState::Pending => "badge",
        RequestState::InProgress => "badge run",
        RequestState::Completed => "badge ok",
        RequestState::Cancelled => "badge",
        RequestState::Declined => "badge warn",
    };
    view! { <span class=class>{state.title()}</span> }.into_any()
}

/// How much time is left, or whether it was answered in time.
#[component]
pub fn Clock(
    /// The request.
    it: Request,
    /// The time.
    now: Timestamp,
) -> impl IntoView {
    let left = Countdown::of(it.due_at, now);
    let (class, words) = match it.ended_at {
        Some(_) if it.on_time(now) => ("badge", "in time".to_owned()),
        Some(_) => ("badge bad", "too late".to_owned()),
        None => match left {
            Countdown::Over(_) => ("badge bad", left.words()),
            _ if left.pressing() => ("badge warn", left.words()),
            _ => ("badge", left.words()),
        },
    };
    view! { <span class=class>{words}</span> }.into_any()
}

/// Who a request is about: by the first identity, or, once that has been forgotten, by its keyed name.
pub fn about(it: &Request) -> String {
    let (first, count) = match it.subjects.first() {
        Some(subject) => (subject.value.clone(), it.subjects.len()),
        None => (it.names.first().cloned().unwrap_or_default(), it.names.len()),
    };
    match count {
        0 | 1 => first,
        more => format!("{first} and {} more", more - 1),
    }
}

/// Requests in a list.
#[component]
pub fn RequestsTable(
    /// Who asks, and where.
    frame: Frame,
    /// The requests.
    rows: Vec<Request>,
) -> impl IntoView {
    let now = frame.now;
    let body = rows
        .into_iter()
        .map(|it| {
            let href = paths::request(frame.ds(), it.id);
            let kind = format!("{}, {}", it.kind.title(), it.regulation.title());
            let untold = (it.state.ended() && it.untold > 0).then(|| {
                view! { <small>{format!("{} not told yet", one_or_many(it.untold, "receiver", "receivers"))}</small> }
            });
            let next = (!it.state.ended() && it.verified_at.is_none()).then(|| view! { <small>"identity not verified"</small> });
            view! {
                <tr>
                    <th scope="row"><a href=href>{it.id.number()}</a><small>{kind}</small></th>
                    <td data-label="Person" class="person">{about(&it)}</td>
                    <td data-label="State"><RequestBadge state=it.state />{next}{untold}</td>
                    <td data-label="Answer by"><Clock it=it.clone() now /><small>{it.due_at.date_short()}</small></td>
                    <td class="t" data-label="Received">{it.received_at.date_short()}<small>{it.manner.title()}</small></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack requests">
            <caption class="unseen">"Privacy requests"</caption>
            <thead>
                <tr>
                    <th scope="col">"Request"</th>
                    <th scope="col">"Person"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Answer by"</th>
                    <th scope="col">"Received"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}

/// What happened to a request, in order.
#[component]
pub fn RequestHistory(
    /// What happened.
    rows: Vec<HistoryEntry>,
    /// The time.
    now: Timestamp,
) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|entry| {
            let note = entry.note.map(|note| view! { <small>{note}</small> });
            let who = match entry.actor.as_str() {
                "system" => "the server".to_owned(),
                name => name.to_owned(),
            };
            view! {
                <tr>
                    <td class="t" data-label="When">{moment(entry.at, now)}</td>
                    <td data-label="Who">{who}</td>
                    <th scope="row" class="what">{entry.step.title()}{note}</th>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title="History" note=|| "Times are UTC.">
            <table class="stack history">
                <caption class="unseen">"What happened to this request"</caption>
                <thead><tr><th scope="col">"When"</th><th scope="col">"Who"</th><th scope="col">"What"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </Card>
    }
    .into_any()
}

/// Who was told of a request, and how that stands.
#[component]
pub fn ToldTable(
    /// Who.
    rows: Vec<Told>,
    /// The time.
    now: Timestamp,
    /// Where recipients are entered.
    recipients: String,
    /// What stands there while nobody was told.
    empty: String,
) -> impl IntoView {
    if rows.is_empty() {
        return view! {
            <Card title="Who is told">
                <Empty glyph=Glyph::Horn title="Nobody yet" text=empty>
                    <a class="btn" href=recipients>"See the recipients"</a>
                </Empty>
            </Card>
        }
        .into_any();
    }
    let rows = rows
        .into_iter()
        .map(|it| {
            let class = match it.state {
                DeliveryState::Sent => "badge ok",
                DeliveryState::Waiting => "badge warn",
                DeliveryState::GivenUp => "badge bad",
            };
            let (who, what) = match it.recipient {
                Some(name) => (name, "Recipient: who was erased".to_owned()),
                None => ("Controller".to_owned(), format!("Callback: {}", it.says.unwrap_or_default())),
            };
            let next = it.next_at.map(|at| format!("Again {}", moment(at, now)));
            view! {
                <tr>
                    <th scope="row">{who}<small>{what}</small><small>{it.host}</small></th>
                    <td data-label="State"><span class=class>{it.state.title()}</span><small>{next}</small></td>
                    <td class="n" data-label="Tries">{it.tries}</td>
                    <td data-label="Said">{it.said}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title="Who is told">
            <table class="stack">
                <caption class="unseen">"Who is told of this request"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Who"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="n">"Tries"</th>
                        <th scope="col">"What the other side said"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Card>
    }
    .into_any()
}
