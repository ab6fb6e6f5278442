//! People in a table, with what marketers ask first.

use super::{day, money};
use crate::{api::frame::Frame, paths};
use domain::{guard::grouped, profile::ProfileRow};
use leptos::prelude::*;

/// People.
#[component]
pub fn PeopleTable(
    /// Who asks, and where.
    frame: Frame,
    /// What the table lists.
    #[prop(into)]
    caption: String,
    /// The people.
    rows: Vec<ProfileRow>,
) -> impl IntoView {
    let currency = frame.dataset.currency.clone();
    let body = rows
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <th scope="row"><a href=paths::profile(frame.ds(), row.id)>{row.title}</a></th>
                    <td data-label="E-mail">{row.email.unwrap_or_else(|| "–".to_owned())}</td>
                    <td class="t" data-label="Last purchase">{day(row.last_purchase)}</td>
                    <td class="n" data-label="Purchases">{grouped(row.purchases)}</td>
                    <td class="n" data-label="Spent">{money(row.spent, &currency)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack">
            <caption class="unseen">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"User"</th>
                    <th scope="col">"E-mail"</th>
                    <th scope="col">"Last purchase"</th>
                    <th scope="col" class="n">"Purchases"</th>
                    <th scope="col" class="n">"Spent"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}
