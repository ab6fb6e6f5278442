//! Whose data is refused, so that nobody comes back who was deleted; and what that has turned away.

use crate::{
    api::{
        frame::Frame,
        suppressions::{SuppressionsView, show_suppressions},
    },
    components::{
        EnterSuppression, FindSuppression, Found, Here, Notices, Place, SourcesTable, SuppressedTable, Typed,
        page,
    },
    ui::{Card, Empty, Glyph, PageTop},
};
use domain::suppression::Suppression;
use leptos::prelude::*;

/// The page.
#[component]
pub fn SuppressionsPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Suppressions), Typed::read());
    let load = show_suppressions(here.ds.clone(), typed.get("found"));
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: SuppressionsView, typed: Typed) -> impl IntoView {
    let list = data.overview;
    let sources = if list.sources.is_empty() {
        view! { <Empty glyph=Glyph::Shield title="Nobody is suppressed" text="A deletion puts the people who went on this list, as it was chosen when it was confirmed." /> }
            .into_any()
    } else {
        view! { <SourcesTable frame=frame.clone() rows=list.sources /> }.into_any()
    };
    let found = data.found.map(|rows| {
        view! { <Found frame=frame.clone() rows error=typed.error("lift_reason") /> }
    });
    let table = |title: &'static str, caption: &'static str, rows: Vec<Suppression>| {
        let frame = frame.clone();
        (!rows.is_empty()).then(|| view! { <Card title><SuppressedTable frame rows caption /></Card> })
    };
    let stopped = table("Turned away last", "Identities whose data was turned away last", list.stopped);
    let by_hand = table("Entered by hand", "Identities that were entered by hand, newest first", list.by_hand);
    let forms = data.may_change.then(|| {
        let frame = frame.clone();
        view! {
            <div class="grid two">
                <FindSuppression frame=frame.clone() typed=typed.clone() />
                <EnterSuppression frame typed=typed.clone() />
            </div>
        }
    });
    view! {
        <PageTop
            title="Suppressions"
            sub=|| "Data about these identities is refused at every door, so that nobody comes back who was deleted. They are kept as keyed hashes: nobody can read who it is, but it is still personal data."
        />
        <Notices typed=typed.clone() />
        {found}
        <Card title="By deletion">{sources}</Card>
        {forms}
        {stopped}
        {by_hand}
    }
    .into_any()
}
