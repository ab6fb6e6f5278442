//! Boxes and ticks with their labels, hints and errors tied together for everyone.

use leptos::prelude::*;

/// A one-line text box.
#[component]
pub fn TextField(
    /// Its name in the form; also the end of its id.
    #[prop(into)]
    name: String,
    /// Its label: the accessible name.
    #[prop(into)]
    label: String,
    /// What stands in it.
    #[prop(optional, into)]
    value: String,
    /// What is wrong with it.
    #[prop(optional_no_strip)]
    error: Option<String>,
    /// What helps.
    #[prop(optional, into)]
    hint: Option<String>,
    /// `text` where nothing is said.
    #[prop(default = "text")]
    kind: &'static str,
    /// For the browser's memory and password managers.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// For keyboards on glass.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// Whether the page opens with the cursor in it.
    #[prop(optional)]
    focus: bool,
    /// The list of words that it offers, by its id.
    #[prop(optional)]
    list: Option<&'static str>,
    /// The form that it belongs to, where it stands outside of it.
    #[prop(optional)]
    form: Option<&'static str>,
) -> impl IntoView {
    let id = field_id(&name);
    let (error_id, hint_id) = (format!("{id}-error"), format!("{id}-hint"));
    let described = described([(&error, &error_id), (&hint, &hint_id)]);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <input
                id=id
                name=name
                type=kind
                value=value
                form=form
                list=list
                autocomplete=autocomplete
                inputmode=inputmode
                autofocus=focus
                spellcheck="false"
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described
            />
            {error.map(|error| view! { <p class="error" id=error_id>{error}</p> })}
        </div>
    }
    .into_any()
}

/// A tick box.
#[component]
pub fn Check(
    /// Its name in the form.
    #[prop(into)]
    name: String,
    /// Its label: the accessible name.
    #[prop(into)]
    label: String,
    /// Whether it is ticked.
    #[prop(optional)]
    on: bool,
    /// What is wrong with it.
    #[prop(optional_no_strip)]
    error: Option<String>,
    /// Whether the page opens with the cursor on it.
    #[prop(optional)]
    focus: bool,
    /// The form that it belongs to, where it stands outside of it.
    #[prop(optional)]
    form: Option<&'static str>,
) -> impl IntoView {
    let id = field_id(&name);
    let error_id = format!("{id}-error");
    view! {
        <div class="field">
            <label class="check">
                <input
                    id=id
                    type="checkbox"
                    name=name
                    value="yes"
                    form=form
                    checked=on
                    autofocus=focus
                    aria-invalid=error.is_some().then_some("true")
                    aria-describedby=error.is_some().then(|| error_id.clone())
                />
                <span>{label}</span>
            </label>
            {error.map(|error| view! { <p class="error" id=error_id>{error}</p> })}
        </div>
    }
    .into_any()
}

/// `form[name]` and `name` alike are found under `#name`.
pub(super) fn field_id(name: &str) -> String {
    let inner = name
        .split_once('[')
        .map_or(name, |(_, rest)| rest.trim_end_matches(']'));
    inner.to_owned()
}

/// The ids of what describes a box: its error, then its hint, as far as there are such.
pub(super) fn described(parts: [(&Option<String>, &str); 2]) -> Option<String> {
    let there = parts.into_iter().filter(|(text, _)| text.is_some());
    let ids: Vec<&str> = there.map(|(_, id)| id).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}
