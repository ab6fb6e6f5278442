//! What other systems run on segments, as the last list of it said, with the way to take one out of it.

use super::{UseBadge, UsesNote, moment, segment_names};
use crate::{
    api::frame::Frame,
    ui::{Card, Empty, Glyph},
};
use domain::usage::{RegisteredUse, RegisteredUses};
use leptos::prelude::*;

/// The uses, and what the list says.
#[component]
pub fn Elsewhere(
    /// Who asks, and where.
    frame: Frame,
    /// What is registered.
    registered: RegisteredUses,
) -> impl IntoView {
    let list = registered.list;
    let now = registered.as_of;
    let command = format!("lethe import campaigns FILE --dataset {}", frame.ds());
    let body = if registered.uses.is_empty() {
        view! {
            <Empty glyph=Glyph::Horn title="Nothing is registered" text="Send a list of the journeys, triggers, promotions, exports and campaigns that other systems run on these segments, best every day.">
                <code>{command}</code>
            </Empty>
        }
        .into_any()
    } else {
        let rows = registered.uses.into_iter();
        let rows = rows
            .map(|it| row(&frame, it, &registered.list, now))
            .collect_view();
        view! {
            <table class="stack">
                <caption class="unseen">"What other systems run on segments"</caption>
                <thead>
                    <tr>
                        <th scope="col">"In another system"</th>
                        <th scope="col">"Status there"</th>
                        <th scope="col">"Runs on"</th>
                        <th scope="col">"Leaves out"</th>
                        <th scope="col">"Owner"</th>
                        {frame.may_edit.then(|| view! { <th scope="col"><span class="unseen">"Remove"</span></th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! { <div id="elsewhere"><Card title="In other systems">{body}<UsesNote list now /></Card></div> }
        .into_any()
}

fn row(
    frame: &Frame,
    it: RegisteredUse,
    list: &domain::usage::UsesList,
    now: domain::time::Timestamp,
) -> impl IntoView + use<> {
    let named = match it.link.clone() {
        Some(link) => view! { <a href=link rel="external noreferrer">{it.name.clone()}</a> }.into_any(),
        None => view! { <span>{it.name.clone()}</span> }.into_any(),
    };
    let left_out = list.left_out(it.listed_at).then(|| {
        let words = format!("Not in the last list; named last {}", moment(it.listed_at, now));
        view! { <small class="left-out">{words}</small> }
    });
    let remove = frame.may_edit.then(|| {
        view! {
            <td class="act">
                <form method="post" action="/fn/remove_use">
                    <input type="hidden" name="ds" value=frame.ds().to_owned() />
                    <input type="hidden" name="id" value=it.id.clone() />
                    <button class="btn quiet" aria-label=format!("Remove {}", it.name)>"Remove"</button>
                </form>
            </td>
        }
    });
    let nothing = if it.include.is_empty() && it.exclude.is_empty() {
        "No segment"
    } else {
        "Everyone"
    };
    view! {
        <tr>
            <th scope="row">{named}<small>{it.kind.title()}</small>{left_out}</th>
            <td data-label="Status"><UseBadge status=it.status /></td>
            <td data-label="Runs on">{segment_names(frame.ds(), it.include, nothing)}</td>
            <td data-label="Leaves out">{segment_names(frame.ds(), it.exclude, "Nobody")}</td>
            <td data-label="Owner">{it.owner.unwrap_or_else(|| "–".to_owned())}</td>
            {remove}
        </tr>
    }
    .into_any()
}
