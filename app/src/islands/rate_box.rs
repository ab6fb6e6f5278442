//! A speed limit with a live word on what it would mean.

use super::wait;
use crate::api::{deletion::compute_estimate, flat};
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
    /// What stands in it at first.
    value: String,
    /// What the server said is wrong with it.
    error: Option<String>,
    /// Whether the page opens with the cursor in it.
    focus: bool,
) -> impl IntoView {
    let hint = RwSignal::new("Empty for no limit.".to_owned());
    let turn = StoredValue::new(0_u32);
    let ask = Action::new_local(move |typed: &String| {
        let (typed, ds, segment) = (typed.clone(), ds.clone(), segment.clone());
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        async move {
            wait(REST_MS).await;
            if turn.get_value() != mine {
                return;
            }
            let answer = flat(compute_estimate(ds, segment, typed).await);
            if turn.get_value() == mine {
                hint.set(match answer {
                    Ok(estimate) => format!("It would take {}.", estimate.words),
                    Err(problem) => problem.message,
                });
            }
        }
    });
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
                aria-describedby="max_rate-hint"
                on:input:target=move |event| {
                    ask.dispatch(event.target().value());
                }
            />
            {error.map(|error| view! { <p class="error">{error}</p> })}
            <p class="hint" id="max_rate-hint" role="status">{move || hint.get()}</p>
        </div>
    }
}
