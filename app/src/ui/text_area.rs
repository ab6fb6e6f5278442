//! A text box of several lines, with its label, hint and error tied together for everyone.

use super::field::{described, field_id};
use leptos::prelude::*;

/// A text box of several lines.
#[component]
pub fn TextArea(
    /// Its name in the form; also the end of its id.
    #[prop(into)]
    name: String,
    /// Its label: the accessible name.
    #[prop(into)]
    label: String,
    /// How many lines are seen at once.
    rows: u32,
    /// What stands in it.
    #[prop(optional, into)]
    value: String,
    /// What is wrong with it.
    #[prop(optional_no_strip)]
    error: Option<String>,
    /// What helps.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether the page opens with the cursor in it.
    #[prop(optional)]
    focus: bool,
    /// Whether it holds sentences, not lines that are read letter by letter.
    #[prop(optional)]
    prose: bool,
) -> impl IntoView {
    let id = field_id(&name);
    let (error_id, hint_id) = (format!("{id}-error"), format!("{id}-hint"));
    let described = described([(&error, &error_id), (&hint, &hint_id)]);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <textarea
                id=id
                name=name
                rows=rows
                class:prose=prose
                spellcheck=if prose { "true" } else { "false" }
                autocapitalize=if prose { "sentences" } else { "off" }
                autofocus=focus
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described
            >
                {value}
            </textarea>
            {error.map(|error| view! { <p class="error" id=error_id>{error}</p> })}
        </div>
    }
    .into_any()
}
