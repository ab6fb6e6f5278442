//! When a deletion starts: at once, after a waiting period, at a time of one's choice, behind another one; and the way to a
//! deletion that recurs. Belongs to the confirm form and stands beside it.

use super::{Typed, ZoneField, one_or_many};
use crate::{api::deletion::DeletionView, paths, ui::TextField};
use leptos::prelude::*;

const DAY_SECONDS: i64 = 86_400;
const HOUR_SECONDS: i64 = 3_600;

/// The ways to start.
#[component]
pub fn StartChoice(
    /// The dataset.
    #[prop(into)]
    ds: String,
    /// The page's data.
    data: DeletionView,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let queue = data.running.is_some();
    // What was chosen may be offered no more: the deletion to wait for has ended meanwhile.
    let chosen = match typed.get("start").as_str() {
        offered @ ("now" | "wait" | "at") => offered.to_owned(),
        "queue" if queue => "queue".to_owned(),
        _ if data.wait_seconds > 0 => "wait".to_owned(),
        _ => "now".to_owned(),
    };
    let wait = wait_words(if data.wait_seconds > 0 {
        data.wait_seconds
    } else {
        DAY_SECONDS
    });
    view! {
        <fieldset id="start">
            <legend>"Start"</legend>
            <Start own="now" chosen=chosen.clone() label="At once".to_owned() hint="It can be paused and cancelled while it runs" />
            <Start own="wait" chosen=chosen.clone() label=format!("After a waiting period of {wait}") hint="It can be cancelled until then" />
            <Start own="at" chosen=chosen.clone() label="At a date and time".to_owned() hint="Within a year; it can be cancelled until then" />
            <div class="under-choice only-at">
                <TextField
                    name="form[start_on]"
                    label="Date and time"
                    kind="datetime-local"
                    value=typed.get("start_on")
                    error=typed.error("start_on")
                    focus=typed.at("start_on")
                    form="confirm"
                />
                <ZoneField name="start_zone" label="Time zone of the start" typed />
            </div>
            {queue.then(|| view! { <Start own="queue" chosen label="After the running deletion".to_owned() hint="It starts by itself" /> })}
            <p class="hint">"Again and again? "<a href=paths::new_recurring(&ds, data.segment.id)>"Set up a recurring deletion"</a>"."</p>
        </fieldset>
    }
    .into_any()
}

/// One way to start.
#[component]
fn Start(
    /// Its value.
    own: &'static str,
    /// The chosen value.
    chosen: String,
    /// Its label.
    label: String,
    /// What it means.
    hint: &'static str,
) -> impl IntoView {
    view! {
        <label class="check">
            <input type="radio" name="form[start]" form="confirm" value=own checked=chosen == own />
            <span>{label}<small>{hint}</small></span>
        </label>
    }
    .into_any()
}

fn wait_words(seconds: i64) -> String {
    match seconds {
        s if s % DAY_SECONDS == 0 => one_or_many(s / DAY_SECONDS, "day", "days"),
        s if s % HOUR_SECONDS == 0 => one_or_many(s / HOUR_SECONDS, "hour", "hours"),
        s => one_or_many(s / 60, "minute", "minutes"),
    }
}
