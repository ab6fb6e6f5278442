//! A segment's name and rule, to change.

use crate::{
    api::{flat, frame::Frame, segments::get_segment},
    components::{Here, Notices, Place, SegmentDraft, SegmentForm, Typed, look, page},
    islands::PreviewView,
    paths,
    ui::PageTop,
};
use domain::segment::Segment;
use leptos::prelude::*;

/// The page.
#[component]
pub fn SegmentEditPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Segments), Typed::read());
    let (ds, id, rule) = (here.ds.clone(), here.id.clone(), typed.get("rule"));
    let load = async move {
        Ok(match flat(get_segment(ds.clone(), id).await) {
            Ok(segment) => {
                let rule = if rule.is_empty() {
                    segment.rule.clone().unwrap_or_default()
                } else {
                    rule
                };
                let found = look(&ds, &rule).await;
                Ok((segment, rule, found))
            }
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
        name: Some(typed.get("name"))
            .filter(|name| !name.is_empty())
            .unwrap_or(segment.name),
        kind: segment.kind,
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
