//! Quiet hours: two times of day and the zone by which they are meant; and the box for a zone, wherever one is asked for.

use super::Typed;
use crate::ui::TextField;
use domain::job::{QUIET_HOURS_HELP, QuietHours};
use leptos::prelude::*;

/// The zone that is there first: the one by which every other time of the console is shown.
const ZONE_FIRST: &str = "UTC";
/// The list that the zone's box offers.
const ZONES: &str = "time-zones";

/// The boxes. They belong to the form `confirm`, and may stand beside it.
#[component]
pub fn QuietFields(
    /// What was typed, after a refusal.
    typed: Typed,
    /// The zones that there are; each page lists them once.
    zones: Vec<String>,
    /// The hours that hold now.
    #[prop(optional_no_strip)]
    now: Option<QuietHours>,
) -> impl IntoView {
    // Another form of the page may have been refused: then the hours that hold stay in the boxes.
    let refused = ["quiet_from", "quiet_to", "quiet_zone"]
        .iter()
        .any(|name| typed.at(name) || typed.returned(name).is_some());
    let was = now.as_ref().filter(|_| !refused);
    let time = |name: &'static str, label: &'static str, now: Option<String>| {
        view! {
            <TextField
                name=format!("form[{name}]")
                label
                kind="time"
                value=now.unwrap_or_else(|| typed.get(name))
                error=typed.error(name)
                focus=typed.at(name)
                form="confirm"
            />
        }
    };
    let zone = was.map(|hours| hours.zone.clone());
    view! {
        <fieldset class="stackup">
            <legend>"Quiet hours"</legend>
            <p class="hint">{QUIET_HOURS_HELP} " Leave both times empty for none."</p>
            <div class="halves">
                {time("quiet_from", "Rest from", was.map(|hours| hours.from.to_string()))}
                {time("quiet_to", "until", was.map(|hours| hours.to.to_string()))}
            </div>
            <ZoneField name="quiet_zone" label="Time zone of these hours" typed=typed.clone() now=zone />
            <ZoneList zones />
        </fieldset>
    }
    .into_any()
}

/// A box for a time zone. It offers the list of `ZoneList`, which stands on the same page.
#[component]
pub fn ZoneField(
    /// Its name in the form, and that of its refusals.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// What was typed, after a refusal.
    typed: Typed,
    /// What holds now.
    #[prop(optional_no_strip)]
    now: Option<String>,
) -> impl IntoView {
    let value = now
        .or_else(|| Some(typed.get(name)).filter(|zone| !zone.is_empty()))
        .unwrap_or_else(|| ZONE_FIRST.to_owned());
    view! {
        <TextField
            name=format!("form[{name}]")
            label
            value
            error=typed.error(name)
            focus=typed.at(name)
            list=ZONES
            form="confirm"
        />
    }
    .into_any()
}

/// The zones that the boxes of a page offer.
#[component]
pub fn ZoneList(
    /// The zones that there are.
    zones: Vec<String>,
) -> impl IntoView {
    let options = zones
        .into_iter()
        .map(|zone| view! { <option value=zone></option> })
        .collect_view();
    view! { <datalist id=ZONES>{options}</datalist> }.into_any()
}
