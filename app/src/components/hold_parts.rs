//! Legal holds in a list, whom one holds, and what a held person's page says.

use super::{day, moment, one_or_many};
use crate::{
    api::frame::Frame,
    paths,
    ui::{Banner, Tone},
};
use domain::{guard::grouped, hold::Hold, profile::ProfileRow};
use leptos::prelude::*;

/// Whether it holds anybody.
#[component]
pub fn HoldBadge(
    /// The hold.
    in_force: bool,
) -> impl IntoView {
    match in_force {
        true => view! { <span class="badge warn">"In force"</span> },
        false => view! { <span class="badge">"Ended"</span> },
    }
}

/// What one person's page says of the hold that keeps them.
#[component]
pub fn HeldNote(
    /// The hold's name; `None`: nothing keeps them.
    hold: Option<String>,
) -> impl IntoView {
    hold.map(|name| {
        view! {
            <Banner tone=Tone::Warn title=format!("Under the legal hold “{name}”")>
                <p>"No deletion and no privacy request removes this person before the hold is ended."</p>
            </Banner>
        }
    })
}

/// Whom a hold is on, in a few words.
pub fn on_whom(hold: &Hold) -> String {
    match &hold.rule {
        Some(rule) => rule.clone(),
        None => format!("{} by name", one_or_many(hold.named, "person", "people")),
    }
}

/// Holds, those in force first.
#[component]
pub fn HoldsTable(
    /// Who asks, and where.
    frame: Frame,
    /// The holds.
    rows: Vec<Hold>,
) -> impl IntoView {
    let body = rows
        .into_iter()
        .map(|hold| {
            let held = match hold.in_force() {
                true => grouped(hold.held),
                false => "–".to_owned(),
            };
            let whom = match &hold.rule {
                Some(rule) => view! { <code>{rule.clone()}</code> }.into_any(),
                None => on_whom(&hold).into_any(),
            };
            view! {
                <tr>
                    <th scope="row">
                        <a href=paths::hold(frame.ds(), hold.id)>{hold.name.clone()}</a>
                        <small>{hold.reason.clone()}</small>
                    </th>
                    <td data-label="State"><HoldBadge in_force=hold.in_force() /></td>
                    <td data-label="Whom">{whom}</td>
                    <td class="n" data-label="Held now">{held}</td>
                    <td data-label="Set by">{hold.created_by.clone()}<small>{moment(hold.created_at, frame.now)}</small></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack holds">
            <caption class="unseen">"Legal holds, those in force first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Hold"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Whom"</th>
                    <th scope="col" class="n">"Held now"</th>
                    <th scope="col">"Set by"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}

/// The people whom a hold holds.
#[component]
pub fn HeldTable(
    /// Who asks, and where.
    frame: Frame,
    /// The people.
    rows: Vec<ProfileRow>,
) -> impl IntoView {
    let body = rows
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <th scope="row"><a href=paths::profile(frame.ds(), row.id)>{row.title}</a></th>
                    <td data-label="E-mail">{row.email.unwrap_or_else(|| "–".to_owned())}</td>
                    <td class="t" data-label="Last seen">{day(row.last_seen)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack">
            <caption class="unseen">"People under this hold"</caption>
            <thead>
                <tr>
                    <th scope="col">"User"</th>
                    <th scope="col">"E-mail"</th>
                    <th scope="col">"Last seen"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}
