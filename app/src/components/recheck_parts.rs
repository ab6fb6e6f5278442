//! Whether deleted people live again: what the last look found, by deletion, and the looks before it.

use super::{ago, moment, one_or_many, suppression_parts::source};
use crate::{
    api::frame::Frame,
    ui::{Banner, Card, Empty, Glyph, Tone},
};
use domain::{
    guard::grouped,
    suppression::{CameBack, Recheck},
};
use leptos::prelude::*;

/// The part of the page.
#[component]
pub fn CameBackCard(
    /// Who asks, and where.
    frame: Frame,
    /// The looks, newest first.
    looks: Vec<Recheck>,
    /// Whether this person may ask for one.
    may_look: bool,
) -> impl IntoView {
    let running = looks.first().is_some_and(|look| look.finished_at.is_none());
    let last = looks.iter().find(|look| look.finished_at.is_some()).cloned();
    let ds = frame.ds().to_owned();
    let ask = (may_look && !running).then(|| {
        view! {
            <form method="post" action="/fn/begin_recheck">
                <input type="hidden" name="ds" value=ds />
                <button class="btn">"Look now"</button>
            </form>
        }
    });
    let (note, body) = match &last {
        Some(look) => {
            let ask = ask.map(|ask| view! { <div class="body">{ask}</div> });
            (words(look, &frame), view! { {result(&frame, look)} {ask} }.into_any())
        }
        None => (
            "not looked yet".to_owned(),
            view! {
                <Empty glyph=Glyph::Again title="Not looked yet" text="Once a day it is looked whether an identity of somebody who was deleted belongs to a profile again.">
                    {ask}
                </Empty>
            }
            .into_any(),
        ),
    };
    let note = if running {
        format!("{note}; looking now")
    } else {
        note
    };
    let against = last.filter(|look| look.against > 0).map(|look| {
        let title = format!("{} came back although refused", one_or_many(look.against, "identity", "identities"));
        view! { <Banner tone=Tone::Bad title><p>"Their data is on the list below and should have been turned away. Please report this."</p></Banner> }
    });
    view! {
        {against}
        <Card title="Who came back" note=move || note.clone()>{body}</Card>
    }
    .into_any()
}

/// How much was looked for, and when.
fn words(look: &Recheck, frame: &Frame) -> String {
    let at = look.finished_at.unwrap_or(look.started_at);
    let by = if look.asked_by == "system" {
        "daily look".to_owned()
    } else {
        format!("asked for by {}", look.asked_by)
    };
    format!("{}, {}, {by}", moment(at, frame.now), ago(at, frame.now))
}

fn result(frame: &Frame, look: &Recheck) -> impl IntoView + use<> {
    let looked = one_or_many(look.identities, "identity", "identities");
    if look.found == 0 {
        let text = format!("None of {looked} of deleted people belongs to anybody now.");
        return view! { <div class="body"><p>{text}</p></div> }.into_any();
    }
    let text = format!(
        "{} of {looked} of deleted people belong to somebody again.",
        grouped(look.found)
    );
    let rows = look.by_source.iter().map(|it| row(frame, it)).collect::<Vec<_>>();
    view! {
        <div class="body"><p>{text}</p></div>
        <table class="stack">
            <caption class="unseen">"Identities that live again, by deletion"</caption>
            <thead>
                <tr>
                    <th scope="col">"By"</th>
                    <th scope="col" class="n">"Identities"</th>
                    <th scope="col" class="n">"Live again"</th>
                    <th scope="col" class="n">"Although refused"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(frame: &Frame, it: &CameBack) -> impl IntoView + use<> {
    let by = source(frame.ds(), it.reason, it.source_id);
    view! {
        <tr>
            <th scope="row">{by}</th>
            <td class="n" data-label="Identities">{grouped(it.identities)}</td>
            <td class="n" data-label="Live again">{grouped(it.found)}</td>
            <td class="n" data-label="Although refused">{grouped(it.against)}</td>
        </tr>
    }
}
