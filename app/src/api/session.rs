//! Coming in and going out.

use leptos::prelude::*;

/// Logs in; the engine checks the password and slows down who guesses.
#[server]
pub async fn log_in(
    name: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    let page = back::Back::to("/login")
        .keep("name", name.clone())
        .keep("next", next.clone());
    back::post(page, async {
        let session = door::engine()?.log_in(&name, &password).await?;
        door::set_cookie(Some(&session.cookie));
        Ok(back::own_path(&next).to_owned())
    })
    .await
}

/// Logs out.
#[server]
pub async fn log_out() -> Result<(), ServerFnError> {
    use super::{back, door};
    back::post(back::Back::to("/login"), async {
        if let Some(cookie) = door::cookie() {
            door::engine()?.log_out(&cookie).await?;
        }
        door::set_cookie(None);
        Ok("/login?done=logged_out".to_owned())
    })
    .await
}
