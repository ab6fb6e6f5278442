//! Segments as links.

use crate::paths;
use domain::id::SegmentId;
use leptos::prelude::*;

/// Segments as links, or a word for none.
pub fn segment_names(
    ds: &str,
    segments: Vec<(SegmentId, String)>,
    none: &'static str,
) -> impl IntoView + use<> {
    let links = segments
        .into_iter()
        .map(|(id, name)| view! { <li><a href=paths::segment(ds, id)>{name}</a></li> })
        .collect::<Vec<_>>();
    if links.is_empty() {
        view! { <span>{none}</span> }.into_any()
    } else {
        view! { <ul>{links}</ul> }.into_any()
    }
}
