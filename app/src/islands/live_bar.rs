//! A running job in one line: its bar, polled.

use super::follow::follow;
use crate::components::JobView;
use leptos::prelude::*;

/// The bar and the line under it.
#[island]
pub fn LiveBar(
    /// The dataset.
    ds: String,
    /// The job's number.
    id: String,
    /// How it stood when the page was made.
    first: JobView,
) -> impl IntoView {
    let job = RwSignal::new(first);
    let lost = RwSignal::new(false);
    follow(ds, id, job, lost);
    let line = move || {
        let job = job.read();
        let tail = if lost.get() {
            format!("last update {}, reconnecting", job.as_of)
        } else {
            job.eta.clone()
        };
        if tail.is_empty() {
            format!("{}. {}", job.line, job.sentence)
        } else {
            format!("{}, {tail}", job.line)
        }
    };
    view! {
        <div class="stackup">
            <progress
                max="100"
                aria-label="Deletion progress"
                class=move || job.read().bar.clone()
                value=move || job.read().percent.map(|p| p.to_string())
            ></progress>
            <span class="asof">{line}</span>
        </div>
    }
}
