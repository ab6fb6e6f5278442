//! The two forms of the list of suppressions: asking about one identity, entering one by hand.

use super::Typed;
use crate::{
    api::frame::Frame,
    ui::{Card, SelectField, TextField},
};
use domain::{profile::IdentityKind, suppression::kind_title};
use leptos::prelude::*;

/// Asks about one identity.
#[component]
pub fn FindSuppression(
    /// Who asks, and where.
    frame: Frame,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    view! {
        <Card title="Look up one identity">
            <form class="body stackup" method="post" action="/fn/find_suppression" autocomplete="off">
                <input type="hidden" name="ds" value=frame.ds().to_owned() />
                <TextField
                    name="asked"
                    label="Identity to look up"
                    hint="A whole user id, e-mail address, phone number or anonymous id. Nothing of it is kept."
                    error=typed.error("asked")
                    focus=typed.at("asked")
                />
                <div class="acts"><button class="btn">"Look up"</button></div>
            </form>
        </Card>
    }
    .into_any()
}

/// Enters one identity.
#[component]
pub fn EnterSuppression(
    /// Who asks, and where.
    frame: Frame,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let kinds = IdentityKind::ALL.map(|kind| (kind.as_str().to_owned(), kind_title(kind).to_owned()));
    let kind = Some(typed.get("kind"))
        .filter(|kind| !kind.is_empty())
        .unwrap_or_else(|| IdentityKind::Email.as_str().to_owned());
    view! {
        <Card title="Enter one by hand">
            <form class="body stackup" method="post" action="/fn/enter_suppression" autocomplete="off">
                <input type="hidden" name="ds" value=frame.ds().to_owned() />
                <div class="halves">
                    <SelectField name="kind" label="Kind" options=kinds.to_vec() value=kind />
                    <TextField name="identity" label="Identity" value=typed.returned("identity").unwrap_or_default() error=typed.error("identity") focus=typed.at("identity") />
                </div>
                <div class="halves">
                    <TextField
                        name="term"
                        label="For how many days"
                        hint="Empty: for good."
                        inputmode="numeric"
                        value=typed.get("term")
                        error=typed.error("term")
                        focus=typed.at("term")
                    />
                    <TextField
                        name="reason"
                        label="Why"
                        hint="Kept in the record. Name nobody."
                        value=typed.get("reason")
                        error=typed.error("reason")
                        focus=typed.at("reason")
                    />
                </div>
                <p class="hint">
                    "All data about it is refused from now on. A profile that is there already stays: this deletes nobody."
                </p>
                <div class="acts"><button class="btn">"Enter"</button></div>
            </form>
        </Card>
    }
    .into_any()
}
