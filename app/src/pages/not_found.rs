//! An address that leads nowhere.

use crate::components::problem_panel;
use domain::problem::{Code, Problem};
use leptos::prelude::*;

/// The page.
#[component]
pub fn NotFound() -> impl IntoView {
    view! { <div class="login"><main id="main">{problem_panel(&Problem::new(Code::NotFound))}</main></div> }
        .into_any()
}
