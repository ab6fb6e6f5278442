//! People: found by an exact identity, or leafed through in the order of their numbers.

use crate::{
    api::{frame::Frame, profiles::list_profiles},
    components::{Here, People, Place, SearchForm, Typed, page},
    paths,
    ui::PageTop,
};
use domain::{page::Page, profile::ProfileRow};
use leptos::prelude::*;

/// The page.
#[component]
pub fn ProfilesPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Profiles), Typed::read());
    let load = list_profiles(here.ds.clone(), typed.get("q"), typed.get("cursor"));
    page(here, load, |frame, rows| view! { <Content frame rows typed /> })
}

#[component]
fn Content(frame: Frame, rows: Page<ProfileRow>, typed: Typed) -> impl IntoView {
    let here = paths::profiles(frame.ds());
    view! {
        <PageTop title="Profiles" sub=|| "Everyone in this dataset, in the order in which they came." />
        <section class="card">
            <div class="head">
                <SearchForm action=here.clone() q=typed.get("q") tab="" />
            </div>
            <People frame here rows typed everyone=true />
        </section>
    }
    .into_any()
}
