//! Where a form's post leads: to its result when it was done, back to its page with the reason and what was typed when it
//! was refused. Always 303, so that a reload never posts again.

use super::{
    door::Refusal,
    kept_forms,
    returned::{RETURNED, Returned},
};
use crate::paths;
use axum::http::{HeaderValue, StatusCode, header};
use domain::problem::{Code, Problem};
use leptos::prelude::*;

/// The page that a refused form goes back to.
pub(super) struct Back {
    page: String,
    typed: Vec<(&'static str, String)>,
}

impl Back {
    /// Back to a page.
    pub(super) fn to(page: impl Into<String>) -> Self {
        Self {
            page: page.into(),
            typed: Vec::new(),
        }
    }

    /// Keeps what was typed. Never a password.
    pub(super) fn keep(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.typed.push((name, value.into()));
        self
    }

    /// The address says what was refused and under which key the form is kept; what was typed is in it only where nobody is
    /// logged in: then that is a name at the log-in.
    fn url(self, problem: &Problem) -> String {
        if problem.code == Code::Unauthenticated {
            return paths::with_query("/login", &[("next", &self.page)]);
        }
        let refused = [
            ("problem", problem.code.as_str()),
            ("field", problem.field.as_deref().unwrap_or("")),
        ];
        let page = paths::with_query(&self.page, &refused);
        let form = Returned {
            problem: Some(problem.clone()),
            typed: self.typed,
        };
        kept(&page, form)
    }
}

fn kept(page: &str, form: Returned) -> String {
    match kept_forms::keep(form) {
        Ok(key) => paths::with_query(page, &[(RETURNED, &key)]),
        Err(form) => {
            let typed: Vec<_> = form
                .typed
                .iter()
                .map(|(name, text)| (*name, text.as_str()))
                .collect();
            paths::with_query(page, &typed)
        }
    }
}

/// Back to the page of a form that nothing was asked of but to look at what was typed.
pub(super) fn looked(back: Back) -> String {
    let form = Returned {
        problem: None,
        typed: back.typed,
    };
    kept(&back.page, form)
}

/// Runs a form's deed; it says which page shows the result.
pub(super) async fn post(
    back: Back,
    deed: impl Future<Output = Result<String, Refusal>>,
) -> Result<(), ServerFnError> {
    let location = match deed.await {
        Ok(page) => page,
        Err(Refusal(problem)) => back.url(&problem),
    };
    let response = expect_context::<leptos_axum::ResponseOptions>();
    response.set_status(StatusCode::SEE_OTHER);
    response.insert_header(header::LOCATION, HeaderValue::from_str(&location)?);
    Ok(())
}

/// A page with word of what was done.
pub(super) fn done(page: &str, what: &str) -> String {
    paths::with_query(page, &[("done", what)])
}

/// Only a path of our own is followed after the log-in.
pub(super) fn own_path(next: &str) -> &str {
    let own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.contains(char::is_control);
    if own { next } else { "/" }
}
