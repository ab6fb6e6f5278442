//! A tick box that sends its form at once. Without WASM the button beside it does.

use leptos::prelude::*;

/// The box.
#[island]
pub fn ShowDisabled(
    /// Whether it is ticked.
    on: bool,
) -> impl IntoView {
    view! {
        <label class="check">
            <input
                type="checkbox"
                name="disabled"
                value="yes"
                checked=on
                on:change:target=move |event| {
                    if let Some(form) = event.target().form() {
                        let _ = form.request_submit();
                    }
                }
            />
            <span>"Show disabled"</span>
        </label>
    }
}
