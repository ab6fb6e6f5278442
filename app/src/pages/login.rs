//! Log-in. Password managers and pasting are welcome; there is no puzzle.

use crate::{
    components::{Notices, Typed},
    ui::{Logo, TextField},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn LoginPage() -> impl IntoView {
    let typed = Typed::read();
    let again = typed.problem().is_some();
    view! {
        <Title text="Log in" />
        <div class="login">
            <main id="main">
                <div class="brand">
                    <Logo />
                    <span>"Lethe"</span>
                </div>
                <Notices typed=typed.clone() />
                <section class="card">
                    <div class="body">
                        <h1>"Log in"</h1>
                        <form class="form" method="post" action="/fn/log_in">
                            <input type="hidden" name="next" value=typed.get("next") />
                            <TextField name="name" label="User name" value=typed.get("name") autocomplete="username" focus=!again />
                            <TextField name="password" label="Password" kind="password" autocomplete="current-password" focus=again />
                            <button class="btn primary">"Log in"</button>
                        </form>
                    </div>
                </section>
                <p class="aside">"Forgotten it? An administrator can set a new password."</p>
            </main>
        </div>
    }
    .into_any()
}
