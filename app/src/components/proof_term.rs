//! How long one person can be proven by a receipt, to see and to change.

use super::Typed;
use crate::{
    api::limits::LimitsView,
    ui::{Card, TextField},
};
use domain::{guard::grouped, receipt::PROOF_DAYS};
use leptos::prelude::*;

/// The card.
#[component]
pub fn ProofTerm(
    /// The limits.
    data: LimitsView,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let note = format!(
        "{} days, {}",
        grouped(data.proof_days),
        if data.proof_days_set {
            "set by an administrator"
        } else {
            "as usual"
        }
    );
    let error = typed.error("proof_days");
    let value = if error.is_some() {
        typed.get("proof_days")
    } else {
        data.proof_days.to_string()
    };
    let change = data.may_change.then(|| {
        view! {
            <form class="stackup" method="post" action="/fn/set_proof_days">
                <TextField
                    name="proof_days"
                    label="Days after which the keys are destroyed"
                    inputmode="numeric"
                    value
                    error
                    focus=typed.at("proof_days")
                    hint="Empty for the usual term."
                />
                <div class="acts"><button class="btn">"Set term"</button></div>
            </form>
        }
    });
    let refused = (!data.may_change)
        .then(|| view! { <p class="hint">"An administrator of the whole installation can change it."</p> });
    view! {
        <Card title="Proofs of single deletions" note=move || note.clone()>
            <div class="body stackup">
                <p>
                    {format!(
                        "Every receipt of a deletion keeps keyed hashes of the people who went, so that one of them can be proven. After this term the hashes and their key are destroyed; the receipt stays. The usual term is {PROOF_DAYS} days: two years, as CCPA asks for records. Receipts that are signed already keep theirs."
                    )}
                </p>
                {change}
                {refused}
            </div>
        </Card>
    }
    .into_any()
}
