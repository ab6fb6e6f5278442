//! What can be done about a privacy request, the next thing first: confirm receipt, verify, carry out; and beside it extend,
//! refuse, cancel. What is possible in which state is `domain`'s to say.

use super::{PasswordAgain, PostButton, Typed};
use crate::{
    api::{frame::Frame, privacy::RequestView},
    paths,
    ui::{Card, Check, SelectField, TextField},
};
use domain::privacy::{
    basis::Basis,
    request::{Deed, Request, RequestKind},
};
use leptos::prelude::*;

/// The next thing to do; nothing once the request has ended.
#[component]
pub fn NextDeed(
    /// Who asks, and where.
    frame: Frame,
    /// The page's data.
    data: RequestView,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let it = data.it.clone();
    if it.state.ended() {
        return ().into_any();
    }
    let confirm = it.confirmed_at.is_none().then(|| {
        let by = match it.confirm_by {
            Some(by) => format!("The CCPA wants it confirmed by {}.", by.date_short()),
            None => "The GDPR sets no term for it; people like to know all the same.".to_owned(),
        };
        view! {
            <li>
                <div><b>"Tell the person that it has arrived"</b><p>{by}</p></div>
                <PostButton action="confirm_request" name="Receipt is confirmed" ds=frame.ds() id=it.id.to_string() />
            </li>
        }
    });
    let verified = match (&it.verified_how, it.verified_at) {
        (Some(how), Some(_)) => {
            view! { <li><div><b>"Identity verified"</b><p>{how.clone()}</p></div></li> }.into_any()
        }
        _ => {
            view! { <li><VerifyForm frame=frame.clone() it=it.clone() typed=typed.clone() /></li> }.into_any()
        }
    };
    let run = it
        .verified_at
        .is_some()
        .then(|| view! { <li><RunForm frame=frame.clone() data typed /></li> });
    view! {
        <Card title="What is to be done">
            <ol class="body todo deeds">
                {confirm}
                {verified}
                {run}
            </ol>
        </Card>
    }
    .into_any()
}

/// How the identity was verified.
#[component]
fn VerifyForm(frame: Frame, it: Request, typed: Typed) -> impl IntoView {
    view! {
        <form class="stackup" method="post" action="/fn/verify_request" autocomplete="off">
            <input type="hidden" name="ds" value=frame.ds().to_owned() />
            <input type="hidden" name="id" value=it.id.to_string() />
            <TextField
                name="verified_how"
                label="How the identity was verified"
                hint="Nothing is carried out before that. Name no identity here: this text is kept for 24 months."
                value=typed.get("verified_how")
                error=typed.error("verified_how")
                focus=typed.at("verified_how")
            />
            <div class="acts"><button class="btn primary">"Identity is verified"</button></div>
        </form>
    }
    .into_any()
}

/// Carries it out.
#[component]
fn RunForm(frame: Frame, data: RequestView, typed: Typed) -> impl IntoView {
    let it = data.it;
    let erases = it.kind == RequestKind::Erasure;
    let told = match data.recipients {
        0 => String::new(),
        1 => " One recipient is told.".to_owned(),
        n => format!(" {n} recipients are told."),
    };
    let (title, text, button, class) = match it.kind {
        RequestKind::Erasure => (
            "Erase the person",
            format!("Everything that is known of them goes now, from the store and from the warehouse, and they are not let in again.{told}"),
            "Erase this person now",
            "btn danger",
        ),
        RequestKind::Access => (
            "Make the answer ready",
            "The answer can be downloaded for seven days, and is put together anew each time. No copy is kept.".to_owned(),
            "Make the answer ready",
            "btn primary",
        ),
        RequestKind::Portability => (
            "Make the data ready",
            "The data can be downloaded for seven days, and is put together anew each time. No copy is kept.".to_owned(),
            "Make the data ready",
            "btn primary",
        ),
    };
    let by_itself = it.run_at.map(|at| {
        view! { <p class="hint">{format!("The server carries it out by itself on {}.", at.date_time_short())}</p> }
    });
    let sure = erases.then(|| {
        view! {
            <Check
                name="consent"
                label="I understand that what is erased cannot be recovered"
                on=!typed.get("consent").is_empty()
                error=typed.error("consent")
                focus=typed.at("consent")
            />
        }
    });
    let password_needed = erases && data.password_needed;
    view! {
        <form class="stackup" method="post" action="/fn/run_request" autocomplete="off">
            <input type="hidden" name="ds" value=frame.ds().to_owned() />
            <input type="hidden" name="id" value=it.id.to_string() />
            <div><b>{title}</b><p>{text}</p></div>
            {by_itself}
            {sure}
            <PasswordAgain needed=password_needed name="password" typed=typed.clone() />
            <div class="acts"><button class=class>{button}</button></div>
        </form>
    }
    .into_any()
}

/// What else can become of it; nothing once the request has ended.
#[component]
pub fn OtherDeeds(
    /// Who asks, and where.
    frame: Frame,
    /// The request.
    it: Request,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    if it.state.ended() {
        return ().into_any();
    }
    let open = typed.get("deed");
    let extend = (it.extension.is_none() && frame.now <= it.first_due_at).then(|| {
        view! {
            <details class="more" open=open == "extend">
                <summary>"Extend the term"</summary>
                <ExtendForm frame=frame.clone() it=it.clone() typed=typed.clone() />
            </details>
        }
    });
    let cancel = it.state.may(Deed::Cancel).then(|| {
        view! {
            <details class="more">
                <summary>"Cancel it"</summary>
                <div class="stackup">
                    <p class="hint">"For a request that the person has taken back. Nothing is done, and the record stays."</p>
                    <PostButton action="cancel_request" name="Cancel the request" ds=frame.ds() id=it.id.to_string() />
                </div>
            </details>
        }
    });
    view! {
        <Card title="Or else">
            <div class="body stackup">
                {extend}
                <details class="more" open=open == "decline">
                    <summary>"Decline it"</summary>
                    <DeclineForm frame=frame.clone() it=it.clone() typed />
                </details>
                {cancel}
            </div>
        </Card>
    }
    .into_any()
}

/// A longer term.
#[component]
fn ExtendForm(frame: Frame, it: Request, typed: Typed) -> impl IntoView {
    let (law, unit) = (it.regulation, it.regulation.extension_unit());
    let steps: Vec<i64> = match law.extension_max() {
        max if max <= 3 => (1..=max).collect(),
        max => vec![15, 30, max],
    };
    let options = steps
        .into_iter()
        .filter_map(|by| {
            let until = law.extended(it.received_at, by)?.date_short();
            let unit = if by == 1 { unit.trim_end_matches('s') } else { unit };
            Some((by.to_string(), format!("{by} {unit}, to {until}")))
        })
        .collect();
    view! {
        <form class="stackup" method="post" action="/fn/extend_request" autocomplete="off">
            <input type="hidden" name="ds" value=frame.ds().to_owned() />
            <input type="hidden" name="id" value=it.id.to_string() />
            <p class="hint">
                {format!("Possible once, and only where it is necessary. Tell the person before {}, with the reason.", it.first_due_at.date_short())}
            </p>
            <SelectField name="by" label="By" options value=typed.get("by") />
            <TextField name="reason" label="Reason" value=typed.get("reason") error=typed.error("reason").filter(|_| typed.get("deed") == "extend") />
            <div class="acts"><button class="btn">"Extend the term"</button></div>
        </form>
    }
    .into_any()
}

/// A refusal.
#[component]
fn DeclineForm(frame: Frame, it: Request, typed: Typed) -> impl IntoView {
    let options = Basis::ALL
        .into_iter()
        .filter(|basis| basis.fits(it.kind))
        .map(|basis| {
            let words = format!("{} ({})", basis.title(), basis.article(it.regulation));
            (basis.as_str().to_owned(), words)
        })
        .collect();
    let error = typed.error("reason").filter(|_| typed.get("deed") == "decline");
    view! {
        <form class="stackup" method="post" action="/fn/decline_request" autocomplete="off">
            <input type="hidden" name="ds" value=frame.ds().to_owned() />
            <input type="hidden" name="id" value=it.id.to_string() />
            <p class="hint">"The person must be told the ground, the reason, and that they can complain."</p>
            <SelectField name="basis" label="Ground" options value=typed.get("basis") />
            <div class="field">
                <label for="decline_reason">"Reason"</label>
                <input
                    id="decline_reason"
                    name="reason"
                    type="text"
                    value=typed.get("reason")
                    aria-invalid=error.is_some().then_some("true")
                    aria-describedby=error.is_some().then_some("decline_reason-error")
                />
                {error.map(|error| view! { <p class="error" id="decline_reason-error">{error}</p> })}
            </div>
            <div class="acts"><button class="btn to-danger">"Decline the request"</button></div>
        </form>
    }
    .into_any()
}

/// Where the answer is downloaded, as long as it can be had.
#[component]
pub fn AnswerLink(
    /// Who asks, and where.
    frame: Frame,
    /// The request.
    it: Request,
) -> impl IntoView {
    it.answer_ready(frame.now).then(|| {
        let name = match it.kind {
            RequestKind::Portability => "Download the data",
            _ => "Download the answer",
        };
        view! { <a class="btn primary" href=paths::request_answer(frame.ds(), it.id) download>{name}</a> }
    })
}
