//! Tabs that are links: each part of a page has its own address.

use leptos::prelude::*;

/// One tab.
#[derive(Debug, Clone)]
pub struct Tab {
    /// Its name.
    pub name: &'static str,
    /// Its address.
    pub href: String,
    /// A number beside the name.
    pub count: Option<String>,
    /// Whether it is open.
    pub open: bool,
}

/// A row of tabs.
#[component]
pub fn Tabs(
    /// What they are parts of.
    label: &'static str,
    /// The tabs.
    tabs: Vec<Tab>,
) -> impl IntoView {
    let links = tabs
        .into_iter()
        .map(|tab| {
            let count = tab.count.map(|count| view! { " "<span>{count}</span> });
            view! { <a href=tab.href aria-current=tab.open.then_some("page")>{tab.name}{count}</a> }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label=label>{links}</nav> }.into_any()
}
