//! A card: a heading, a note beside it, and what it holds.

use leptos::prelude::*;

/// A card with a heading. What it holds brings its own `body`, table or list.
#[component]
pub fn Card(
    /// The heading.
    #[prop(into)]
    title: String,
    /// A few words at the heading's far end.
    #[prop(optional, into)]
    note: Option<ViewFn>,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card">
            <div class="head">
                <h2>{title}</h2>
                {note.map(|note| view! { <div class="note">{note.run()}</div> })}
            </div>
            {children()}
        </section>
    }
    .into_any()
}
