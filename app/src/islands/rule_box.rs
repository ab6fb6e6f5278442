//! The rule's box: counts who matches while it is typed, and says what is wrong and where.

use super::wait;
use crate::api::{flat, segments::look_at_rule};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Milliseconds without a key before the server is asked.
const REST_MS: u32 = 400;

/// What was found about a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewView {
    /// Whether it can be read.
    pub good: bool,
    /// How many match, or what is wrong.
    pub text: String,
}

/// The box.
#[island]
pub fn RuleBox(
    /// The dataset.
    ds: String,
    /// The rule.
    value: String,
    /// What was found about it while the page was made.
    found: Option<PreviewView>,
    /// Whether the server has refused it.
    wrong: bool,
) -> impl IntoView {
    let found = RwSignal::new(found);
    let turn = StoredValue::new(0_u32);
    let ask = Action::new_local(move |rule: &String| {
        let (rule, ds) = (rule.clone(), ds.clone());
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        async move {
            wait(REST_MS).await;
            if turn.get_value() != mine {
                return;
            }
            let answer = flat(look_at_rule(ds, rule).await);
            if let (Ok(words), true) = (answer, turn.get_value() == mine) {
                found.set(Some(words));
            }
        }
    });
    let bad = move || found.read().as_ref().is_some_and(|found| !found.good);
    let class = move || match found.read().as_ref() {
        Some(found) if found.good => "hint good",
        Some(_) => "hint bad",
        None => "hint",
    };
    let text = move || {
        found.read().as_ref().map_or_else(
            || "Type a rule to count who matches it.".to_owned(),
            |found| found.text.clone(),
        )
    };
    view! {
        <div class="field">
            <label for="rule">"Rule"</label>
            <p class="hint" id="rule-help">
                "For example " <code>"last(purchase) before 2017-10-01"</code> " or " <code>"count(purchase, last 365 days) = 0 and email is set"</code>
            </p>
            <textarea
                id="rule"
                name="rule"
                rows="5"
                spellcheck="false"
                autocapitalize="off"
                autofocus=wrong
                aria-invalid=move || bad().then_some("true")
                aria-describedby="rule-help rule-found"
                on:input:target=move |event| {
                    ask.dispatch(event.target().value());
                }
            >
                {value}
            </textarea>
            <p class=class id="rule-found" role="status">{text}</p>
        </div>
    }
}
