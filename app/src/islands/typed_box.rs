//! A box in which something must be typed exactly, with a live word on whether it is. The server checks it again.

use domain::segment::typed_count;
use leptos::prelude::*;

/// The box.
#[island]
pub fn TypedBox(
    /// Its name in the form.
    name: String,
    /// Its id.
    id: String,
    /// Its label: the accessible name.
    label: String,
    /// What stands in it at first.
    value: String,
    /// What must be typed.
    expected: String,
    /// Whether thousands separators do not count.
    digits: bool,
    /// What the server said is wrong with it.
    error: Option<String>,
    /// Whether the page opens with the cursor in it.
    focus: bool,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let fits = move || {
        let typed = text.read();
        if digits {
            let number = typed_count(&typed);
            number.is_some() && number == typed_count(&expected)
        } else {
            // As the server does but for normal forms, whose tables are too large to send to a browser for a hint.
            typed.trim() == expected.trim()
        }
    };
    let hint = move || match (text.read().trim().is_empty(), fits()) {
        (true, _) => ("hint", ""),
        (false, true) => ("hint good", "Matches"),
        (false, false) => ("hint", "Does not match yet"),
    };
    let hint = Memo::new(move |_| hint());
    let described = format!("{id}-hint {id}-error");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id.clone()
                type="text"
                name=name
                value=value
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                inputmode=digits.then_some("numeric")
                autofocus=focus
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described
                on:input:target=move |event| text.set(event.target().value())
            />
            {error.map(|error| view! { <p class="error" id=format!("{id}-error")>{error}</p> })}
            <p class=move || hint.get().0 id=format!("{id}-hint")>{move || hint.get().1}</p>
        </div>
    }
}
