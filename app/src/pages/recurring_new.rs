//! Confirms a recurring deletion of a segment: a page, not a pop-up.

use crate::{
    api::{
        frame::Frame,
        recurring::{RecurringDraft, draft_recurring},
    },
    components::{Here, Notices, Place, RecurringForm, Typed, page},
    paths,
    ui::{Empty, Glyph, PageTop},
};
use domain::segment::SegmentState;
use leptos::prelude::*;

/// The page.
#[component]
pub fn RecurringNewPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Deletions), Typed::read());
    let load = draft_recurring(here.ds.clone(), typed.get("segment"));
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: RecurringDraft, typed: Typed) -> impl IntoView {
    let name = data.segment.name.clone();
    let crumbs = vec![
        ("Segments".to_owned(), paths::segments(frame.ds())),
        (name.clone(), paths::segment(frame.ds(), data.segment.id)),
    ];
    let body = match (data.existing.clone(), data.segment.state) {
        (Some(it), _) => {
            let (href, text) = (
                paths::recurring(frame.ds(), it.id),
                format!(
                    "It is due {}. Stop it before you confirm another one.",
                    it.spec.recurrence
                ),
            );
            view! { <Empty glyph=Glyph::Again title="This segment has a recurring deletion already" text><a class="btn" href=href>{format!("Open {}", it.id.number())}</a></Empty> }.into_any()
        }
        (None, SegmentState::Disabled) => {
            let href = paths::segment(frame.ds(), data.segment.id);
            view! { <Empty glyph=Glyph::Pie title="This segment is disabled" text="Nobody joins it, so nobody new would ever match. Enable it first."><a class="btn" href=href>"Back to the segment"</a></Empty> }.into_any()
        }
        (None, SegmentState::Enabled) => {
            view! { <div class="body"><RecurringForm frame data typed=typed.clone() /></div> }.into_any()
        }
    };
    let sub = format!("Everyone who matches “{name}” when it is due. Nothing is deleted before that.");
    view! {
        <PageTop title=format!("Recurring deletion of {name}") crumbs sub=move || sub.clone() />
        <Notices typed />
        <section class="card">{body}</section>
    }
    .into_any()
}
