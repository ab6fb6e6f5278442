//! The form of a new legal hold, and the form that ends one.

use super::Typed;
use crate::{
    islands::{PreviewView, RuleBox},
    ui::{TextArea, TextField},
};
use domain::{hold::Hold, problem::Code};
use leptos::prelude::*;

/// What the form of a new hold begins with.
#[derive(Debug, Clone)]
pub struct HoldDraft {
    /// The dataset.
    pub ds: String,
    /// Typed identities that nobody has, by their line from 1.
    pub unknown: Vec<usize>,
    /// What was found about the typed rule.
    pub found: Option<PreviewView>,
}

/// The form of a new hold.
#[component]
pub fn HoldForm(
    /// What it begins with.
    draft: HoldDraft,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let on_rule = typed.get("on") == "rule";
    let people_error = typed
        .error("people")
        .map(|sentence| unknown_words(&draft.unknown).unwrap_or(sentence));
    // A rule that cannot be read is said below its box, with the place of the mistake.
    let rule_error = typed
        .error("rule")
        .filter(|_| typed.problem() == Some(Code::Invalid));
    let choice = |own: &'static str, on: bool, label: &'static str, hint: &'static str| {
        view! {
            <label class="check">
                <input type="radio" name="form[on]" value=own checked=on />
                <span>{label}<small>{hint}</small></span>
            </label>
        }
    };
    view! {
        <form class="form wide" method="post" action="/fn/create_hold" autocomplete="off">
            <input type="hidden" name="form[ds]" value=draft.ds.clone() />
            <TextField
                name="form[hold_name]"
                label="Name"
                hint="Shown on every deletion that meets it. Name the matter, such as “Matter 2026-17”, and no person."
                value=typed.get("hold_name")
                error=typed.error("hold_name")
                focus=typed.at("hold_name")
            />
            <TextArea
                name="form[reason]"
                label="Reason"
                hint="Who asked for it, and where that is written down. Kept with the hold."
                rows=3
                prose=true
                value=typed.get("reason")
                error=typed.error("reason")
                focus=typed.at("reason")
            />
            <fieldset class="stackup">
                <legend>"Who is held"</legend>
                <div>
                {choice("people", !on_rule, "People by name", "Everybody whose identity you give, as long as the hold is in force")}
                {choice("rule", on_rule, "Whoever matches a rule", "At the moment somebody would be deleted: people come under it and leave it as the rule says")}
                </div>
                <div class="only-people">
                    <TextArea
                        name="form[people]"
                        label="Identities"
                        hint="One on a line: a user id, e-mail address, phone number or anonymous id, whole and exact. At most 10,000."
                        rows=8
                        value=typed.get("people")
                        error=people_error
                        focus=typed.at("people")
                    />
                </div>
                <div class="only-rule">
                    {rule_error.map(|error| view! { <div class="field"><p class="error">{error}</p></div> })}
                    <RuleBox ds=draft.ds.clone() value=typed.get("rule") found=draft.found.clone() wrong=typed.at("rule") />
                </div>
            </fieldset>
            <div class="acts"><button class="btn primary">"Set hold"</button></div>
        </form>
    }
    .into_any()
}

/// Which lines name nobody, as far as a person wants to read.
fn unknown_words(lines: &[usize]) -> Option<String> {
    const SHOWN: usize = 20;
    let (last, before) = lines.get(..lines.len().min(SHOWN))?.split_last()?;
    let more = if lines.len() > SHOWN { " and more" } else { "" };
    if before.is_empty() {
        return Some(format!(
            "Line {last} names nobody who is known here. Nobody was put under hold."
        ));
    }
    let before = before
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    Some(format!(
        "Lines {before} and {last}{more} name nobody who is known here. Nobody was put under hold."
    ))
}

/// The form that ends a hold.
#[component]
pub fn EndHold(
    /// The dataset.
    #[prop(into)]
    ds: String,
    /// The hold.
    hold: Hold,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    view! {
        <form class="form" method="post" action="/fn/end_hold">
            <p>"Its people can be deleted again, by a new deletion or a privacy request. Nobody is deleted by ending it."</p>
            <input type="hidden" name="ds" value=ds />
            <input type="hidden" name="id" value=hold.id.to_string() />
            <TextArea
                name="reason"
                label="Reason for ending it"
                rows=2
                prose=true
                value=typed.get("reason")
                error=typed.error("reason")
                focus=typed.at("reason")
            />
            <div class="acts"><button class="btn to-danger">"End hold"</button></div>
        </form>
    }
    .into_any()
}
