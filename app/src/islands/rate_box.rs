//! A speed limit with a live word on what it would mean, quiet hours included.

use super::wait;
use crate::api::{
    deletion::{Conditions, EstimateView, compute_estimate},
    flat,
};
use leptos::prelude::*;

/// Milliseconds without a key before the server is asked.
const REST_MS: u32 = 500;

/// The box.
#[island]
pub fn RateBox(
    /// The dataset.
    ds: String,
    /// The segment.
    segment: String,
    /// How many profiles were counted in it.
    profiles: i64,
    /// How many events they have.
    events: i64,
    /// What stands in it at first.
    value: String,
    /// What the server said is wrong with it.
    error: Option<String>,
    /// Whether the page opens with the cursor in it.
    focus: bool,
) -> impl IntoView {
    let hint = RwSignal::new("Empty for no limit.".to_owned());
    let turn = StoredValue::new(0_u32);
    let ask = Action::new_local(move |_: &()| {
        let (ds, segment) = (ds.clone(), segment.clone());
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        async move {
            wait(REST_MS).await;
            if turn.get_value() != mine {
                return;
            }
            let answer = flat(compute_estimate(ds, segment, typed(profiles, events)).await);
            if turn.get_value() == mine {
                hint.set(match answer {
                    Ok(estimate) => words(&estimate),
                    Err(problem) => problem.message,
                });
            }
        }
    });
    follow_quiet_hours(ask);
    view! {
        <div class="field">
            <label for="max_rate">"At most, profiles a second"</label>
            <input
                id="max_rate"
                type="text"
                name="form[max_rate]"
                form="confirm"
                value=value
                autocomplete="off"
                inputmode="numeric"
                autofocus=focus
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=if error.is_some() { "max_rate-error max_rate-hint" } else { "max_rate-hint" }
                on:input=move |_| {
                    ask.dispatch(());
                }
            />
            {error.map(|error| view! { <p class="error" id="max_rate-error">{error}</p> })}
            <p class="hint" id="max_rate-hint" role="status">{move || hint.get()}</p>
        </div>
    }
}

fn words(estimate: &EstimateView) -> String {
    let quiet = if estimate.quiet {
        ", quiet hours included"
    } else {
        ""
    };
    match estimate.jobs {
        0 | 1 => format!("It would take {}{quiet}.", estimate.words),
        n => format!(
            "It would take {}{quiet}, in {n} jobs one after another.",
            estimate.words
        ),
    }
}

/// What stands in the boxes that the estimate depends on.
fn typed(profiles: i64, events: i64) -> Conditions {
    Conditions {
        profiles,
        events,
        max_rate: value_of("max_rate"),
        quiet_from: value_of("quiet_from"),
        quiet_to: value_of("quiet_to"),
        quiet_zone: value_of("quiet_zone"),
    }
}

fn value_of(id: &str) -> String {
    use leptos::{wasm_bindgen::JsCast as _, web_sys::HtmlInputElement};
    let found = document().get_element_by_id(id);
    let input = found.and_then(|element| element.dyn_into::<HtmlInputElement>().ok());
    input.map(|input| input.value()).unwrap_or_default()
}

/// Asks again when quiet hours are typed, whose boxes stand outside of the island; only browsers type.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(unused_variables, reason = "only browsers type")
)]
fn follow_quiet_hours(ask: Action<(), ()>) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{wasm_bindgen::JsCast as _, web_sys::HtmlInputElement};
        let listening = window_event_listener(leptos::ev::input, move |event| {
            let input = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if input.is_some_and(|input| input.id().starts_with("quiet_")) {
                ask.dispatch(());
            }
        });
        on_cleanup(move || listening.remove());
    }
}
