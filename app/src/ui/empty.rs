//! What stands where nothing does: what it would be, and the one thing to do about it.

use super::{Glyph, Icon};
use leptos::prelude::*;

/// An empty state.
#[component]
pub fn Empty(
    /// Its icon.
    glyph: Glyph,
    /// What is the case.
    #[prop(into)]
    title: String,
    /// What to do, or why that is well.
    #[prop(into)]
    text: String,
    /// The action.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon glyph />
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| view! { <div class="acts">{children()}</div> })}
        </div>
    }
    .into_any()
}
