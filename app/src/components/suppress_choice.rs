//! What is refused of people after their deletion: one of four, the default chosen.

use super::Typed;
use domain::suppression::Suppress;
use leptos::prelude::*;

/// The choice.
#[component]
pub fn SuppressChoice(
    /// What was typed, after a refusal.
    typed: Typed,
    /// The form that it belongs to, where it stands outside of it.
    #[prop(optional)]
    form: Option<&'static str>,
) -> impl IntoView {
    let chosen = Suppress::parse(&typed.get("suppress")).unwrap_or_default();
    let ways = Suppress::ALL.map(|way| {
        view! {
            <label class="check">
                <input type="radio" name="form[suppress]" form=form value=way.as_str() checked=chosen == way />
                <span>{way.title()}<small>{way.hint()}</small></span>
            </label>
        }
    });
    view! {
        <fieldset id="suppress">
            <legend>"If they come back"</legend>
            {ways.into_iter().collect_view()}
        </fieldset>
    }
    .into_any()
}
