//! People: found by an exact identity, or leafed through in the order of their numbers; with or without those who wait for a
//! deletion.

use crate::{
    api::{
        frame::Frame,
        profiles::{ProfilesView, list_profiles},
    },
    components::{Here, People, Place, SearchForm, Typed, WaitingFilter, page},
    paths,
    ui::{Empty, Glyph, PageTop},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn ProfilesPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Profiles), Typed::read());
    let load = list_profiles(
        here.ds.clone(),
        typed.get("q"),
        typed.get("cursor"),
        typed.get("targets"),
        typed.get("exclude_targets"),
    );
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: ProfilesView, typed: Typed) -> impl IntoView {
    let kept: Vec<(&'static str, String)> = ["targets", "exclude_targets"]
        .into_iter()
        .map(|name| (name, typed.get(name)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let query: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let all = paths::profiles(frame.ds());
    let here = paths::with_query(&all, &query);
    let nobody = data.rows.items.is_empty() && !kept.is_empty() && typed.get("q").is_empty();
    let list = if nobody {
        let everyone = all.clone();
        view! {
            <Empty glyph=Glyph::People title="Nobody is left with this filter" text="Whoever was on that list has been deleted, or everyone here is on it.">
                <a class="btn" href=everyone>"Show everyone"</a>
            </Empty>
        }
        .into_any()
    } else {
        view! { <People frame=frame.clone() here=here.clone() rows=data.rows typed=typed.clone() everyone=true /> }.into_any()
    };
    let erase = frame.may_erase.then(|| paths::erase(frame.ds()));
    let erase = ViewFn::from(move || {
        let href = erase.clone();
        href.map(|href| view! { <a class="btn" href=href>"Erase a person"</a> })
    });
    view! {
        <PageTop title="Profiles" sub=|| "Everyone in this dataset, in the order in which they came." acts=erase />
        <WaitingFilter frame=frame.clone() waiting=data.waiting typed=typed.clone() />
        <section class="card">
            <div class="head">
                <SearchForm action=all q=typed.get("q") tab="" kept />
            </div>
            {list}
        </section>
    }
    .into_any()
}
