//! Quiet hours on the delete page: two times of day and the zone by which they are meant.

use super::Typed;
use crate::ui::TextField;
use domain::job::QUIET_HOURS_HELP;
use leptos::prelude::*;

/// The zone that is there first: the one by which every other time of the console is shown.
const ZONE_FIRST: &str = "UTC";
/// The list that the zone's box offers.
const ZONES: &str = "time-zones";

/// The boxes. They belong to the confirm form and stand beside it.
#[component]
pub fn QuietFields(
    /// What was typed, after a refusal.
    typed: Typed,
    /// The zones that there are.
    zones: Vec<String>,
) -> impl IntoView {
    let zone = Some(typed.get("quiet_zone")).filter(|zone| !zone.is_empty());
    let time = |name: &'static str, label: &'static str| {
        view! {
            <TextField
                name=format!("form[{name}]")
                label
                kind="time"
                value=typed.get(name)
                error=typed.error(name)
                focus=typed.at(name)
                form="confirm"
            />
        }
    };
    let options = zones
        .into_iter()
        .map(|zone| view! { <option value=zone></option> })
        .collect_view();
    view! {
        <fieldset class="stackup">
            <legend>"Quiet hours"</legend>
            <p class="hint">{QUIET_HOURS_HELP} " Leave both times empty for none."</p>
            <div class="halves">
                {time("quiet_from", "Rest from")}
                {time("quiet_to", "until")}
            </div>
            <TextField
                name="form[quiet_zone]"
                label="Time zone of these hours"
                value=zone.unwrap_or_else(|| ZONE_FIRST.to_owned())
                error=typed.error("quiet_zone")
                focus=typed.at("quiet_zone")
                list=ZONES
                form="confirm"
            />
            <datalist id=ZONES>{options}</datalist>
        </fieldset>
    }
    .into_any()
}
