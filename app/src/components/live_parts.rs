//! Live data: what came by day, why messages were not taken, and how to send.

use super::ago;
use crate::{
    api::frame::Frame,
    ui::{Card, Empty, Glyph},
};
use domain::{
    access::TokenRow,
    guard::grouped,
    time::Timestamp,
    tracking::{Rejection, TrackedDay},
};
use leptos::prelude::*;

/// What came, by day.
#[component]
pub fn LiveDays(
    /// The days, newest first.
    days: Vec<TrackedDay>,
) -> impl IntoView {
    if days.is_empty() {
        return view! {
            <Card title="By day">
                <Empty glyph=Glyph::Clock title="Nothing has been sent yet" text="Each message that a site or a server sends is counted here, those that could not be taken too." />
            </Card>
        }
        .into_any();
    }
    let body = days
        .into_iter()
        .map(|day| {
            view! {
                <tr>
                    <th scope="row" class="t">{day.day.date_short()}</th>
                    <td class="n" data-label="Taken">{grouped(day.accepted)}</td>
                    <td class="n" data-label="Rejected">{grouped(day.rejected)}</td>
                    <td class="n" data-label="Suppressed">{grouped(day.suppressed)}</td>
                    <td class="n" data-label="Merged">{grouped(day.merged)}</td>
                    <td class="t" data-label="Last">{day.last_at.time_hm()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title="By day" note=|| "days and times by UTC">
            <table class="stack">
                <caption class="unseen">"Messages by day, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Day"</th>
                        <th scope="col" class="n">"Taken"</th>
                        <th scope="col" class="n">"Rejected"</th>
                        <th scope="col" class="n">"Suppressed"</th>
                        <th scope="col" class="n">"Merged"</th>
                        <th scope="col">"Last"</th>
                    </tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
            <div class="foot"><span>"Suppressed: about people who are not let in again. Merged: profiles that became one with another."</span></div>
        </Card>
    }
    .into_any()
}

/// Why messages were not taken; nothing where all were.
#[component]
pub fn Rejections(
    /// The reasons, the latest first.
    rows: Vec<Rejection>,
    /// The time.
    now: Timestamp,
) -> impl IntoView {
    (!rows.is_empty()).then(|| {
        let body = rows
            .into_iter()
            .map(|row| {
                view! {
                    <tr>
                        <th scope="row">{row.reason}</th>
                        <td class="n" data-label="Messages">{grouped(row.count)}</td>
                        <td data-label="Last">{ago(row.last_at, now)}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <Card title="Why messages were rejected" note=|| "since the server started">
                <table class="stack">
                    <caption class="unseen">"Reasons, the latest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Reason"</th>
                            <th scope="col" class="n">"Messages"</th>
                            <th scope="col">"Last"</th>
                        </tr>
                    </thead>
                    <tbody>{body}</tbody>
                </table>
            </Card>
        }
    })
}

/// How to send: the write keys, and how one is made.
#[component]
pub fn HowToSend(
    /// Where.
    frame: Frame,
    /// The write keys; `None`: whoever looks does not manage them.
    keys: Option<Vec<TokenRow>>,
) -> impl IntoView {
    let make = format!(
        "lethe token create website --dataset {} --scope ingest",
        frame.ds()
    );
    let keys = match keys {
        None => view! { <p>"An administrator makes write keys and sees them here."</p> }.into_any(),
        Some(keys) if keys.is_empty() => {
            view! { <p>"There is no write key yet. Make one by the command line:"</p> }.into_any()
        }
        Some(keys) => {
            let lines = keys
                .into_iter()
                .map(|key| {
                    let used = key.used_at.map_or_else(
                        || "never used".to_owned(),
                        |at| format!("last used {}", ago(at, frame.now)),
                    );
                    view! { <dt>{key.name}</dt><dd><code>{key.key_id}</code><small>" "{used}</small></dd> }
                })
                .collect_view();
            view! { <dl class="kv">{lines}</dl><p>"Another one is made by the command line:"</p> }.into_any()
        }
    };
    view! {
        <Card title="How to send">
            <div class="body stackup">
                <p>"Take the usual client library of the tracking API, such as "<code>"@segment/analytics-node"</code>" or "<code>"segment-analytics-python"</code>", and give it the address of this server as host, and a write key."</p>
                {keys}
                <p><code>{make}</code></p>
            </div>
        </Card>
    }
    .into_any()
}
