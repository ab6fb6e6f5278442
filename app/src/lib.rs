//! Pages and islands: pages are rendered on the server only, islands live in the browser as well.

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

/// The HTML document around every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href="/pkg/lethe.css" />
                <HydrationScripts options islands=true />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Which page answers at which address.
#[component]
fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Home ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

#[component]
fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found – Lethe" />
        <main>
            <h1>"Not found"</h1>
        </main>
    }
}

#[component]
fn Home() -> impl IntoView {
    let total = Resource::new(|| (), |()| add(40, 2));
    view! {
        <Title text="Lethe" />
        <main>
            <h1>"Lethe"</h1>
            <Suspense>
                {move || Suspend::new(async move {
                    match total.await {
                        Ok(total) => view! { <p id="total">{format!("40 + 2 = {total}")}</p> }.into_any(),
                        Err(_) => view! { <p>"No answer"</p> }.into_any(),
                    }
                })}
            </Suspense>
            <Counter start=1 />
            <form method="post" action="/fn/remember">
                <input type="text" name="word" aria-label="Word" />
                <button type="submit">"Send"</button>
            </form>
        </main>
    }
}

/// A number that the server raises.
#[island]
fn Counter(start: i64) -> impl IntoView {
    let value = RwSignal::new(start);
    let raise = Action::new(move |(): &()| async move {
        if let Ok(sum) = add(value.get_untracked(), 1).await {
            value.set(sum);
        }
    });
    view! {
        <button
            id="counter"
            type="button"
            on:click=move |_| {
                raise.dispatch(());
            }
        >
            {move || format!("Count: {}", value.get())}
        </button>
    }
}

/// Adds two numbers on the server.
#[server]
pub async fn add(left: i64, right: i64) -> Result<i64, ServerFnError> {
    Ok(left.saturating_add(right))
}

/// A plain form's target: goes back to the page with 303.
#[server]
pub async fn remember(word: String) -> Result<(), ServerFnError> {
    let response = expect_context::<leptos_axum::ResponseOptions>();
    response.set_status(axum::http::StatusCode::SEE_OTHER);
    response.insert_header(
        axum::http::header::LOCATION,
        axum::http::HeaderValue::from_str(&format!("/?length={}", word.len()))?,
    );
    Ok(())
}
