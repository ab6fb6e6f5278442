//! The form that confirms a recurring deletion: when, up to how many, what becomes of the segment, and what must be typed.

use super::{PasswordAgain, QuietFields, SuppressChoice, Typed, ZoneField};
use crate::{
    api::{frame::Frame, recurring::RecurringDraft},
    islands::TypedBox,
    paths,
    ui::{Check, SelectField, TextField},
};
use domain::{guard::grouped, recurring::Weekday};
use leptos::prelude::*;

/// The form.
#[component]
pub fn RecurringForm(
    /// Who asks, and where.
    frame: Frame,
    /// The page's data.
    data: RecurringDraft,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let keep = paths::segment(frame.ds(), data.segment.id);
    view! {
        <form class="form" id="confirm" method="post" action="/fn/create_recurring" autocomplete="off">
            <input type="hidden" name="form[ds]" value=frame.ds().to_owned() />
            <input type="hidden" name="form[segment]" value=data.segment.id.to_string() />
            <input type="hidden" name="form[plan_hash]" value=data.plan_hash.clone() />
            <Due typed=typed.clone() />
            <After typed=typed.clone() />
            <SuppressChoice typed=typed.clone() />
            <Campaigns data=data.clone() typed=typed.clone() />
            <details class="more" open=typed.at("quiet_from") || typed.at("quiet_to") || typed.at("quiet_zone") || typed.at("max_rate")>
                <summary>"Speed, quiet hours and reason"</summary>
                <div class="stackup under-choice">
                    <TextField
                        name="form[max_rate]"
                        label="At most, profiles a second"
                        hint="Empty for no limit."
                        inputmode="numeric"
                        value=typed.get("max_rate")
                        error=typed.error("max_rate")
                        focus=typed.at("max_rate")
                    />
                    <QuietFields typed=typed.clone() zones=data.zones.clone() />
                    <TextField name="form[reason]" label="Reason" value=typed.get("reason") hint="Kept in the record of every run. Optional." />
                </div>
            </details>
            <Confirm data typed />
            <div class="acts">
                <button class="btn danger">"Confirm recurring deletion"</button>
                <a class="btn" href=keep>"Keep it as it is"</a>
            </div>
        </form>
    }
    .into_any()
}

/// When it is due.
#[component]
fn Due(
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let chosen = Some(typed.get("every"))
        .filter(|every| !every.is_empty())
        .unwrap_or_else(|| "month".to_owned());
    let every = |own: &'static str, label: &'static str| {
        view! {
            <label class="check">
                <input type="radio" name="form[every]" value=own checked=chosen == own />
                <span>{label}</span>
            </label>
        }
    };
    let days = Weekday::ALL.map(|day| (day.as_str().to_owned(), day.title().to_owned()));
    let or = |name: &str, first: &str| {
        Some(typed.get(name))
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| first.to_owned())
    };
    view! {
        <fieldset class="stackup">
            <legend>"When it is due"</legend>
            <div>{every("month", "Every month")} {every("week", "Every week")} {every("day", "Every day")}</div>
            <div class="only-month">
                <TextField
                    name="form[day]"
                    label="Day of the month"
                    hint="31 means the last day of a shorter month."
                    inputmode="numeric"
                    value=or("day", "1")
                    error=typed.error("day")
                    focus=typed.at("day")
                />
            </div>
            <div class="only-week">
                <SelectField name="form[weekday]" label="Weekday" options=days.to_vec() value=or("weekday", "monday") />
            </div>
            <div class="halves">
                <TextField name="form[at]" label="Time of day" kind="time" value=or("at", "03:00") error=typed.error("at") focus=typed.at("at") />
                <ZoneField name="zone" label="Time zone" typed />
            </div>
        </fieldset>
    }
    .into_any()
}

/// What becomes of the segment after a run: said, not assumed.
#[component]
fn After(
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let enable = typed.get("after") != "leave";
    let way = |own: &'static str, on: bool, label: &'static str, hint: &'static str| {
        view! {
            <label class="check">
                <input type="radio" name="form[after]" value=own checked=on />
                <span>{label}<small>{hint}</small></span>
            </label>
        }
    };
    view! {
        <fieldset>
            <legend>"After each run"</legend>
            <p class="hint">
                "A deletion disables its segment: nobody joins it any more. A run needs it enabled, for it deletes whoever matches then."
            </p>
            {way("enable", enable, "Enable the segment again", "In your name, as soon as a run has come to its end. After a cancelled or failed one it stays disabled.")}
            {way("leave", !enable, "Leave it disabled", "The next run is refused, and you are told, unless somebody has enabled it by then.")}
        </fieldset>
    }
    .into_any()
}

/// What becomes of a run while campaigns use the segment.
#[component]
fn Campaigns(
    /// The page's data.
    data: RecurringDraft,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let now = match data.running.as_slice() {
        [] => "No running campaign uses it now.".to_owned(),
        running => format!("Running now: {}.", running.join(", ")),
    };
    view! {
        <fieldset>
            <legend>"Running campaigns"</legend>
            <p class="hint">{now} " A run that meets a running campaign is refused, and you are told, unless you allow it here."</p>
            <Check name="form[proceed]" label="Also delete while running campaigns use the segment" on=!typed.get("proceed").is_empty() />
        </fieldset>
    }
    .into_any()
}

/// What must be typed and ticked.
#[component]
fn Confirm(
    /// The page's data.
    data: RecurringDraft,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    view! {
        <fieldset class="stackup">
            <legend>"Standing confirmation"</legend>
            <p>
                <b>"Deleted users cannot be recovered. "</b>
                "Each run deletes whoever matches the segment at that moment, without asking again, in your name and only as long as you may delete. Where more match than you allow here, nobody is deleted and you are told."
            </p>
            <p class="hint">
                "Type " <b>{data.segment.name.clone()}</b> " and the most people that one run may delete. " <b class="tnum">{grouped(data.matched)}</b> " match now."
            </p>
            <div class="pair">
                <TypedBox
                    name="form[confirm_name]".to_owned()
                    id="confirm_name".to_owned()
                    label="Segment name".to_owned()
                    value=typed.get("confirm_name")
                    expected=data.segment.name.clone()
                    digits=false
                    error=typed.error("confirm_name")
                    focus=typed.at("confirm_name")
                />
                <TextField
                    name="form[ceiling]"
                    label="At most, profiles in one run"
                    inputmode="numeric"
                    value=typed.get("ceiling")
                    error=typed.error("ceiling")
                    focus=typed.at("ceiling")
                />
            </div>
            <Check
                name="form[consent]"
                label="I understand that deleted users cannot be recovered, and that this recurs until it is stopped"
                on=!typed.get("consent").is_empty()
                error=typed.error("consent")
                focus=typed.at("consent")
            />
            <PasswordAgain needed=data.password_needed name="form[password]" typed=typed.clone() />
        </fieldset>
    }
    .into_any()
}
