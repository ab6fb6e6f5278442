//! The doors between pages and the engine. A door asks who is there, calls one service and hands back what it says; rooms
//! are elsewhere. Expected refusals are values ([`Answer`]); an `Err` would be HTTP 500.

pub mod campaigns;
pub mod deletion;
pub mod frame;
pub mod holds;
pub mod jobs;
pub mod limits;
pub mod live;
pub mod notices;
pub mod notifications;
pub mod overview;
pub mod persons;
pub mod plans;
pub mod privacy;
pub mod profiles;
pub mod receipts;
pub mod recurring;
pub mod reports;
pub mod returned;
pub mod segment_pages;
pub mod segments;
pub mod session;
pub mod suppressions;
pub mod targets;
pub mod warehouse;
pub mod when;

use domain::problem::Problem;
use leptos::prelude::ServerFnError;

#[cfg(feature = "ssr")]
mod back;
#[cfg(feature = "ssr")]
mod campaign_form;
#[cfg(feature = "ssr")]
mod door;
#[cfg(feature = "ssr")]
mod kept_forms;
#[cfg(feature = "ssr")]
mod privacy_form;
#[cfg(feature = "ssr")]
mod recur;
#[cfg(feature = "ssr")]
mod start;
#[cfg(feature = "ssr")]
pub use door::{DATASET_COOKIE, Settings, session_cookie};
#[cfg(feature = "ssr")]
pub use kept_forms::KeptForms;

/// What was asked, or why not.
pub type Answer<T> = Result<T, Problem>;
/// What a server function returns.
pub type Reply<T> = Result<Answer<T>, ServerFnError>;

/// One refusal out of two kinds: a failure of the call itself becomes `internal`, but for that of a session that has ended, which
/// the server refuses before it looks at what was called.
pub fn flat<T>(reply: Reply<T>) -> Answer<T> {
    use domain::problem::Code;
    reply.unwrap_or_else(|error| {
        let ended = error.to_string().contains(Code::Unauthenticated.sentence());
        Err(Problem::new(if ended {
            Code::Unauthenticated
        } else {
            Code::Internal
        }))
    })
}

/// Sets the status of the page that is being rendered.
#[cfg_attr(
    not(feature = "ssr"),
    expect(unused_variables, reason = "pages are rendered on the server alone")
)]
pub fn set_status(status: u16) {
    #[cfg(feature = "ssr")]
    door::set_status(status);
}
