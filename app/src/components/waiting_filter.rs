//! The list of all people with or without those who wait for a deletion.

use super::Typed;
use crate::{api::frame::Frame, paths};
use domain::{guard::grouped, id::JobId, job::Job};
use leptos::prelude::*;

/// The choice, each with an address of its own; nothing where nobody waits and nothing was chosen.
#[component]
pub fn WaitingFilter(
    /// Who asks, and where.
    frame: Frame,
    /// Deletions whose people wait.
    waiting: Vec<Job>,
    /// What the address asks for.
    typed: Typed,
) -> impl IntoView {
    let chosen = |name: &str| JobId::parse(&typed.get(name));
    let (only, without) = (chosen("targets"), chosen("exclude_targets"));
    if waiting.is_empty() && only.is_none() && without.is_none() {
        return ().into_any();
    }
    let all = paths::profiles(frame.ds());
    let q = typed.get("q");
    let tab = |words: String, count: Option<i64>, query: (&str, String), open: bool| {
        let href = paths::with_query(&all, &[("q", &q), (query.0, &query.1)]);
        let count = count.map(|n| view! { " "<span>{grouped(n)}</span> });
        view! { <a href=href aria-current=open.then_some("page")>{words}{count}</a> }
    };
    let everyone = tab(
        "Everyone".to_owned(),
        None,
        ("", String::new()),
        only.is_none() && without.is_none(),
    );
    let tabs: Vec<_> = waiting
        .iter()
        .flat_map(|job| {
            let (id, number) = (job.id, job.id.number());
            let on = format!("Waiting for {number}");
            [
                tab(
                    on,
                    Some(job.counts.matched),
                    ("targets", number.clone()),
                    only == Some(id),
                ),
                tab(
                    format!("Without those of {number}"),
                    None,
                    ("exclude_targets", number),
                    without == Some(id),
                ),
            ]
        })
        .collect();
    view! { <nav class="tabs" aria-label="People who wait for a deletion">{everyone}{tabs}</nav> }.into_any()
}
