//! A list of people with its search, its pages, and why it is empty.

use super::{Pager, PeopleTable, Typed};
use crate::{
    api::frame::Frame,
    paths,
    ui::{Empty, Glyph},
};
use domain::{page::Page, profile::ProfileRow};
use leptos::prelude::*;

/// The search box: exact, and it says so.
#[component]
pub fn SearchForm(
    /// The page that it belongs to.
    action: String,
    /// What is looked for.
    q: String,
    /// The open tab, where the page has tabs.
    tab: &'static str,
    /// What else the address asks for, by name: a search keeps it.
    #[prop(optional)]
    kept: Vec<(&'static str, String)>,
) -> impl IntoView {
    let kept = kept
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view();
    view! {
        <form class="search" method="get" action=action role="search">
            {(!tab.is_empty()).then(|| view! { <input type="hidden" name="tab" value=tab /> })}
            {kept}
            <input type="search" name="q" value=q aria-label="Search by exact id, e-mail or phone" placeholder="Exact id, e-mail or phone" />
            <button class="btn">"Search"</button>
        </form>
    }
    .into_any()
}

/// The people found, or why there are none.
#[component]
pub fn People(
    /// Who asks, and where.
    frame: Frame,
    /// The page's address without its query.
    here: String,
    /// The people.
    rows: Page<ProfileRow>,
    /// What the address asks for.
    typed: Typed,
    /// Whether this is the list of all people, or of a segment's.
    everyone: bool,
    /// Whether somebody was in it before.
    #[prop(optional)]
    emptied: bool,
) -> impl IntoView {
    let (q, cursor) = (typed.get("q"), typed.get("cursor"));
    if rows.items.is_empty() {
        return nobody(here, &q, (everyone, emptied), frame.may_edit).into_any();
    }
    let shown = rows.items.len();
    let next = rows
        .next
        .as_deref()
        .map(|next| paths::with_query(&here, &[("q", &q), ("cursor", next)]));
    let first = (!cursor.is_empty()).then(|| paths::with_query(&here, &[("q", &q)]));
    view! {
        <PeopleTable frame caption="Users" rows=rows.items />
        <Pager shown what=if shown == 1 { "user" } else { "users" } next first />
    }
    .into_any()
}

fn nobody(here: String, q: &str, (everyone, emptied): (bool, bool), may_edit: bool) -> impl IntoView + use<> {
    if q.is_empty() {
        let (title, text) = if everyone {
            (
                "Nobody here yet",
                "People come by an import (lethe import profiles FILE) or through the tracking API.",
            )
        } else {
            (
                if emptied {
                    "Nobody is left in this segment"
                } else {
                    "Nobody is in this segment"
                },
                if may_edit {
                    "The list is empty, so no users exist in this segment. A number shown on the tab was counted earlier; Refresh count brings it up to date."
                } else {
                    "The list is empty, so no users exist in this segment. A number shown on the tab was counted earlier."
                },
            )
        };
        return view! { <Empty glyph=Glyph::People title text /> }.into_any();
    }
    view! {
        <Empty glyph=Glyph::Search title=format!("Nobody has the identity “{q}”") text="The search takes a whole user id, e-mail address, phone number or anonymous id, exactly as it is kept. It does not look for parts.">
            <a class="btn" href=here>"Clear the search"</a>
        </Empty>
    }
    .into_any()
}
