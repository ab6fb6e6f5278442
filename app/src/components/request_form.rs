//! The form of a new privacy request: what is asked, by which law, since when, and who it is about.

use super::Typed;
use crate::{
    api::frame::Frame,
    paths,
    ui::{SelectField, TextField},
};
use domain::{
    privacy::{
        clock::Regulation,
        request::{Manner, RequestKind},
    },
    time::Timestamp,
};
use leptos::prelude::*;

/// The form.
#[component]
pub fn RequestForm(
    /// Who asks, and where.
    frame: Frame,
    /// What was typed, after a refusal.
    typed: Typed,
    /// The time.
    now: Timestamp,
) -> impl IntoView {
    let or = |name: &str, first: String| {
        Some(typed.get(name))
            .filter(|text| !text.is_empty())
            .unwrap_or(first)
    };
    let regulations = Regulation::ALL.map(|it| (it.as_str().to_owned(), regulation(it).to_owned()));
    let manners: Vec<_> = Manner::ALL
        .iter()
        .filter(|it| !matches!(it, Manner::OpenDsr | Manner::Api))
        .map(|it| (it.as_str().to_owned(), it.title().to_owned()))
        .collect();
    let (received, law, manner) = (
        or("received_at", now.to_date()),
        or("regulation", Regulation::Gdpr.as_str().to_owned()),
        or("manner", Manner::Email.as_str().to_owned()),
    );
    view! {
        <form class="form" method="post" action="/fn/create_request" autocomplete="off">
            <input type="hidden" name="form[ds]" value=frame.ds().to_owned() />
            <Kind typed=typed.clone() />
            <fieldset class="stackup">
                <legend>"The clock"</legend>
                <SelectField name="form[regulation]" label="Regulation" options=regulations.to_vec() value=law />
                <div class="halves">
                    <TextField
                        name="form[received_at]"
                        label="Arrived on"
                        kind="date"
                        value=received
                        error=typed.error("received_at")
                        focus=typed.at("received_at")
                    />
                    <SelectField name="form[manner]" label="Came by" options=manners value=manner />
                </div>
            </fieldset>
            <Person typed=typed.clone() />
            <fieldset class="stackup">
                <legend>"Is it really that person?"</legend>
                <TextField
                    name="form[verified_how]"
                    label="How the identity was verified"
                    hint="Such as: answered from the address on file. Leave it empty to say so later; nothing is carried out before that. Name no identity here: this text is kept for 24 months."
                    value=typed.get("verified_how")
                    error=typed.error("verified_how")
                    focus=typed.at("verified_how")
                />
            </fieldset>
            <div class="acts">
                <button class="btn primary">"Enter request"</button>
                <a class="btn" href=paths::privacy(frame.ds())>"Back to the list"</a>
            </div>
        </form>
    }
    .into_any()
}

/// What a regulation gives.
const fn regulation(it: Regulation) -> &'static str {
    match it {
        Regulation::Gdpr => "GDPR: answer within one month",
        Regulation::Ccpa => "CCPA: confirm within 10 business days, answer within 45 days",
    }
}

/// What is asked for.
#[component]
fn Kind(
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let chosen = RequestKind::parse(&typed.get("kind")).unwrap_or(RequestKind::Erasure);
    let ways = RequestKind::ALL
        .iter()
        .map(|kind| {
            view! {
                <label class="check">
                    <input type="radio" name="form[kind]" value=kind.as_str() checked=*kind == chosen />
                    <span>{kind.title()}<small>{what(*kind)}</small></span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset>
            <legend>"What the person asks for"</legend>
            {ways}
        </fieldset>
    }
    .into_any()
}

/// What is done.
const fn what(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Erasure => {
            "Everything that is known of them goes, from the store and from the warehouse, and they are not let in again."
        }
        RequestKind::Access => {
            "They are told everything that is known of them, with the segments they are in."
        }
        RequestKind::Portability => "They get what they gave and did, in a form that another system reads.",
    }
}

/// Who it is about.
#[component]
fn Person(
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let text = |name: &'static str, label: &'static str| {
        view! { <TextField name=format!("form[{name}]") label value=typed.get(name) /> }
    };
    let wrong = typed
        .error("identities")
        .map(|error| view! { <p class="error">{error}</p> });
    view! {
        <fieldset class="stackup" id="identities" tabindex="-1">
            <legend>"Who it is about"</legend>
            <p class="hint">
                "Type what the person gave; one identity is enough, and all that belongs to it is found. It is kept only until the request has been dealt with."
            </p>
            {wrong}
            <div class="halves">
                {text("user_id", "User id")}
                {text("email", "E-mail address")}
            </div>
            <div class="halves">
                {text("phone", "Phone number")}
                {text("anonymous_id", "Anonymous id")}
            </div>
        </fieldset>
    }
    .into_any()
}
