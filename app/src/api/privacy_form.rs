//! From the forms of privacy requests to what is asked of the engine, and back to the box that a refusal concerns.

use super::{
    back::{self, Back},
    door::Refusal,
    privacy::RequestFields,
};
use crate::paths;
use domain::{
    privacy::{
        basis::Basis,
        clock::Regulation,
        request::{Manner, NewRequest, RequestKind, Subject},
    },
    problem::{Code, Problem},
    profile::IdentityKind,
    time::Timestamp,
};

/// Back to the form with all that was typed.
pub(super) fn back(form: &RequestFields) -> Back {
    Back::to(paths::new_request(&form.ds))
        .keep("kind", &form.kind)
        .keep("regulation", &form.regulation)
        .keep("manner", &form.manner)
        .keep("received_at", &form.received_at)
        .keep("user_id", &form.user_id)
        .keep("email", &form.email)
        .keep("phone", &form.phone)
        .keep("anonymous_id", &form.anonymous_id)
        .keep("verified_how", &form.verified_how)
}

/// What is asked.
pub(super) fn new(form: &RequestFields) -> Result<NewRequest, Refusal> {
    let invalid = |field: &str| Problem::new(Code::Invalid).on(field);
    let typed = [
        (IdentityKind::UserId, &form.user_id),
        (IdentityKind::Email, &form.email),
        (IdentityKind::Phone, &form.phone),
        (IdentityKind::AnonymousId, &form.anonymous_id),
    ];
    let subjects = typed
        .into_iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(kind, value)| Subject {
            kind: Some(kind),
            value: value.clone(),
        });
    Ok(NewRequest {
        kind: RequestKind::parse(&form.kind).ok_or_else(|| invalid("kind"))?,
        regulation: Regulation::parse(&form.regulation).ok_or_else(|| invalid("regulation"))?,
        manner: Manner::parse(&form.manner).ok_or_else(|| invalid("manner"))?,
        received_at: Some(
            Timestamp::parse_date(form.received_at.trim()).ok_or_else(|| invalid("received_at"))?,
        ),
        subjects: subjects.collect(),
        verified_how: Some(form.verified_how.clone()).filter(|text| !text.trim().is_empty()),
    })
}

/// The ground of a refusal.
pub(super) fn basis(text: &str) -> Result<Basis, Problem> {
    Basis::parse(text).ok_or_else(|| Problem::new(Code::Invalid).on("basis"))
}

fn page(ds: &str, id: &str) -> String {
    format!("{}/{}", paths::privacy(ds), paths::encode(id))
}

/// A refused wish about a request goes back to its page.
pub(super) fn back_to(ds: &str, id: &str) -> Back {
    Back::to(page(ds, id))
}

/// So does a granted one, with word of it.
pub(super) fn done(ds: &str, id: &str, what: &str) -> String {
    back::done(&page(ds, id), what)
}

/// A refusal because of the state, so that the page does not speak of a job.
pub(super) fn refused(error: engine::Error) -> Refusal {
    let problem = error.into_problem();
    match problem.code {
        Code::StateRefused => problem.on("request").into(),
        _ => problem.into(),
    }
}
