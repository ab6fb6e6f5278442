//! The password once more, before what cannot be taken back. When it is needed is the server's to say; see
//! `Code::PasswordRequired`.

use super::Typed;
use crate::ui::TextField;
use leptos::prelude::*;

/// The box; nothing where the log-in is fresh.
#[component]
pub fn PasswordAgain(
    /// Whether it is needed.
    needed: bool,
    /// Its name in the form.
    name: &'static str,
    /// What was said about it, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let field = || {
        view! {
            <TextField
                name
                label="Password"
                kind="password"
                autocomplete="current-password"
                hint="Your log-in is older than five minutes."
                error=typed.error("password")
                focus=typed.at("password")
            />
        }
    };
    needed.then(field).into_any()
}
