//! A new segment.

use crate::{
    api::{flat, frame::Frame, segments::draft_segment},
    components::{Here, Notices, Place, SegmentDraft, SegmentForm, Typed, look, page},
    islands::PreviewView,
    paths,
    ui::PageTop,
};
use domain::segment::SegmentKind;
use leptos::prelude::*;

/// The page.
#[component]
pub fn SegmentNewPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Segments), Typed::read());
    let (ds, rule) = (here.ds.clone(), typed.get("rule"));
    let load = async move {
        Ok(match flat(draft_segment(ds.clone(), String::new()).await) {
            Ok(_) => Ok(look(&ds, &rule).await),
            Err(problem) => Err(problem),
        })
    };
    page(here, load, |frame, found| view! { <Content frame found typed /> })
}

#[component]
fn Content(frame: Frame, found: Option<PreviewView>, typed: Typed) -> impl IntoView {
    let draft = SegmentDraft {
        ds: frame.ds().to_owned(),
        id: String::new(),
        name: typed.get("name"),
        kind: SegmentKind::parse(&typed.get("kind")).unwrap_or(SegmentKind::Rule),
        frozen: false,
        rule: typed.get("rule"),
        found,
    };
    view! {
        <PageTop
            title="New segment"
            crumbs=vec![("Segments".to_owned(), paths::segments(frame.ds()))]
            sub=|| "Who matches is counted while you type. Nothing is saved until you create it."
        />
        <Notices typed=typed.clone() />
        <section class="card"><div class="body"><SegmentForm draft typed /></div></section>
    }
    .into_any()
}
