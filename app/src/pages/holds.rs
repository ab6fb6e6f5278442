//! All legal holds of a dataset.

use crate::{
    api::{
        frame::Frame,
        holds::{HoldsView, list_holds},
    },
    components::{Here, HoldsTable, Notices, Place, Typed, one_or_many, page},
    paths,
    ui::{Empty, Glyph, PageTop},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn HoldsPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Holds), Typed::read());
    let load = list_holds(here.ds.clone());
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: HoldsView, typed: Typed) -> impl IntoView {
    let new = data.may_set.then(|| paths::new_hold(frame.ds()));
    let acts = new
        .clone()
        .filter(|_| !data.all.holds.is_empty())
        .map(|href| ViewFn::from(move || view! { <a class="btn primary" href=href.clone()>"New hold"</a> }));
    let sub = match data.all.held {
        0 => "Nobody under legal hold is ever deleted. Nobody is held now.".to_owned(),
        held => format!(
            "Nobody under legal hold is ever deleted. {} held now.",
            one_or_many(held, "person is", "people are")
        ),
    };
    let body = if data.all.holds.is_empty() {
        view! {
            <Empty glyph=Glyph::Lock title="No legal holds" text="Set one when people must be kept, because of a claim or an authority's request. They are left out of every deletion and of privacy requests, and each of these says so.">
                {new.map(|href| view! { <a class="btn primary" href=href>"New hold"</a> })}
            </Empty>
        }
        .into_any()
    } else {
        view! { <HoldsTable frame rows=data.all.holds /> }.into_any()
    };
    view! {
        <PageTop title="Legal holds" sub=move || sub.clone() acts=acts.unwrap_or_default() />
        <Notices typed />
        <section class="card">{body}</section>
    }
    .into_any()
}
