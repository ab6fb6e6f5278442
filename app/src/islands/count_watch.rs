//! Waits for a count that is being made in the background, then loads the page that shows it.

use super::wait;
use crate::api::{flat, segment_pages::still_counting};
use leptos::prelude::*;

/// Between questions.
const ASK_MS: u32 = 2_000;

/// The word, and the waiting.
#[island]
pub fn CountWatch(
    /// The dataset.
    ds: String,
    /// The segment.
    id: String,
) -> impl IntoView {
    if cfg!(feature = "hydrate") {
        leptos::task::spawn_local(async move {
            loop {
                wait(ASK_MS).await;
                // A server that does not answer is asked again; any other answer is for the page to show.
                match flat(still_counting(ds.clone(), id.clone()).await) {
                    Ok(true) => {}
                    Err(problem) if problem.code == domain::problem::Code::Internal => {}
                    Ok(false) | Err(_) => break,
                }
            }
            let _ = window().location().reload();
        });
    }
    view! { <span role="status">"Being counted now"</span> }
}
