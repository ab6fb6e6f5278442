//! The tabs of the settings: one page a subject.

use crate::{
    paths,
    ui::{Tab, Tabs},
};
use leptos::prelude::*;

/// What can be set, with the open page marked.
#[component]
pub fn SettingsTabs(
    /// The address of the open page.
    open: &'static str,
) -> impl IntoView {
    let tab = |name: &'static str, href: &'static str| Tab {
        name,
        href: href.to_owned(),
        count: None,
        open: href == open,
    };
    let tabs = vec![
        tab("Notifications", paths::NOTIFICATIONS),
        tab("Limits", paths::limits()),
    ];
    view! { <Tabs label="Settings" tabs /> }.into_any()
}
