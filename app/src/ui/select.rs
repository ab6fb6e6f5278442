//! A choice of one out of a few, with its label and hint tied together for everyone.

use super::field::field_id;
use leptos::prelude::*;

/// A native select.
#[component]
pub fn SelectField(
    /// Its name in the form; also the end of its id.
    #[prop(into)]
    name: String,
    /// Its label: the accessible name.
    #[prop(into)]
    label: String,
    /// The choices: what is sent and what is shown.
    options: Vec<(String, String)>,
    /// What is chosen.
    #[prop(into)]
    value: String,
    /// What helps.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let id = field_id(&name);
    let hint_id = format!("{id}-hint");
    let described = hint.as_ref().map(|_| hint_id.clone());
    let choices = options
        .into_iter()
        .map(|(own, shown)| {
            let chosen = own == value;
            view! { <option value=own selected=chosen>{shown}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <select id=id name=name aria-describedby=described>{choices}</select>
        </div>
    }
    .into_any()
}
