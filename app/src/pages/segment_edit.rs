//! A segment's name and rule, to change.

use crate::{
    api::{flat, frame::Frame, segments::draft_segment},
    components::{Here, Notices, Place, SegmentDraft, SegmentForm, Typed, look, page},
    islands::PreviewView,
    paths,
    ui::PageTop,
};
use domain::{
    problem::Problem,
    segment::{Segment, SegmentState},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn SegmentEditPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Segments), Typed::read());
    let (ds, id) = (here.ds.clone(), here.id.clone());
    let rule = typed
        .returned("rule")
        .or_else(|| Some(typed.get("rule")).filter(|rule| !rule.is_empty()));
    let load = async move {
        Ok(match flat(draft_segment(ds.clone(), id).await) {
            Ok(Some(segment)) => {
                let rule = rule.unwrap_or_else(|| segment.rule.clone().unwrap_or_default());
                let found = look(&ds, &rule).await;
                Ok((segment, rule, found))
            }
            Ok(None) => Err(Problem::not_found("segment")),
            Err(problem) => Err(problem),
        })
    };
    page(
        here,
        load,
        |frame, (segment, rule, found)| view! { <Content frame segment rule found typed /> },
    )
}

#[component]
fn Content(
    frame: Frame,
    segment: Segment,
    rule: String,
    found: Option<PreviewView>,
    typed: Typed,
) -> impl IntoView {
    let crumbs = vec![
        ("Segments".to_owned(), paths::segments(frame.ds())),
        (segment.name.clone(), paths::segment(frame.ds(), segment.id)),
    ];
    let title = format!("Edit {}", segment.name);
    let draft = SegmentDraft {
        ds: frame.ds().to_owned(),
        id: segment.id.to_string(),
        name: typed.returned("name").unwrap_or(segment.name),
        kind: segment.kind,
        frozen: segment.state == SegmentState::Disabled,
        rule,
        found,
    };
    view! {
        <PageTop title crumbs sub=|| "A change takes effect at once for every campaign that uses this segment." />
        <Notices typed=typed.clone() />
        <section class="card"><div class="body"><SegmentForm draft typed /></div></section>
    }
    .into_any()
}
