//! The box on the delete page by which the people are written to a file first.

use super::Typed;
use leptos::prelude::*;

/// The box. Belongs to the confirm form and stands beside it.
#[component]
pub fn ExportBox(
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    view! {
        <label class="check">
            <input id="export" type="checkbox" name="form[export]" value="yes" form="confirm" checked=!typed.get("export").is_empty() />
            <span>
                "Export these people to a file first"
                <small>"Deleting begins when the file is whole. It is kept here for seven days at most, then wiped"</small>
            </span>
        </label>
    }
    .into_any()
}
