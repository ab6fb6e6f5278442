//! What is done to a segment as a whole: copying it, disabling it, removing it. Each says what it means before it is done.

use super::{PostButton, Typed, usage};
use crate::{
    api::{frame::Frame, segments::SegmentView},
    paths,
    ui::{Card, TextField},
};
use domain::{
    segment::{Segment, SegmentKind, SegmentState},
    usage::{Usage, UsageKind},
};
use leptos::prelude::*;

/// The tab.
#[component]
pub fn Manage(
    /// Who asks, and where.
    frame: Frame,
    /// The segment's page.
    data: SegmentView,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let SegmentView { segment, uses, .. } = data;
    let ds = frame.ds().to_owned();
    let copied = if segment.kind == SegmentKind::Rule {
        "The copy has the same rule. It is enabled and nothing uses it yet, so you can try a change on it."
    } else {
        "The copy has the members that this segment has now. It is enabled and nothing uses it yet."
    };
    let name = typed
        .returned("copy_name")
        .unwrap_or_else(|| copy_name(&segment.name));
    let disable = (segment.state == SegmentState::Enabled).then(|| disable(&ds, &segment, &uses));
    let remove = remove(&ds, &segment, uses);
    view! {
            <Card title="Clone">
                <form class="body" method="post" action="/fn/clone_segment"><div class="form">
                    <input type="hidden" name="ds" value=ds.clone() />
                    <input type="hidden" name="id" value=segment.id.to_string() />
                    <p>{copied}</p>
                    <TextField
                        name="copy_name"
                        label="Name of the copy"
                        value=name
                        error=typed.error("copy_name")
                        focus=typed.at("copy_name")
                    />
                    <div class="acts"><button class="btn">"Clone segment"</button></div>
                </div></form>
            </Card>
            {disable}
            {remove}
    }
    .into_any()
}

/// A name that fits: a long one is cut.
fn copy_name(name: &str) -> String {
    let copy = format!("Copy of {name}");
    copy.chars().take(domain::segment::NAME_CHARS_MAX).collect()
}

fn disable(ds: &str, segment: &Segment, uses: &[Usage]) -> AnyView {
    let touched = match uses.len() {
        0 => "Nothing uses it.".to_owned(),
        _ => format!(
            "It is used in {}: they go on with the members of that moment.",
            usage::places(uses)
        ),
    };
    let inside = if segment.job.is_some() {
        view! { <p>"A deletion of this segment is not finished. It disables the segment by itself when it begins to delete."</p> }
            .into_any()
    } else {
        view! {
            <p>
                "Nobody joins or leaves a disabled segment. Its members of that moment, less those who are deleted, still count for everything that includes or excludes it, and its rule cannot be changed. It stays so until somebody enables it. "
                {touched}
            </p>
            <details class="more">
                <summary>"Disable this segment…"</summary>
                <div class="stackup ask">
                    <p>"From now on nobody joins it. You can enable it again at any time."</p>
                    <PostButton action="disable_segment" name="Disable segment" ds=ds id=segment.id.to_string() />
                </div>
            </details>
        }
        .into_any()
    };
    view! { <Card title="Disable"><div class="body stackup">{inside}</div></Card> }.into_any()
}

fn remove(ds: &str, segment: &Segment, uses: Vec<Usage>) -> AnyView {
    let direct: Vec<_> = uses.into_iter().filter(|usage| usage.via.is_empty()).collect();
    let inside = if segment.job.is_some() {
        view! { <p>"A deletion of this segment is not finished, so it cannot be removed."</p> }.into_any()
    } else if direct.is_empty() {
        view! {
            <p>"The segment itself goes: its name, its rule and its list of members. The people in it stay. Its past deletions stay listed under Deletions."</p>
            <details class="more">
                <summary>"Remove this segment…"</summary>
                <div class="stackup ask">
                    <p>{format!("“{}” cannot be brought back.", segment.name)}</p>
                    <PostButton action="delete_segment" name="Remove segment" ds=ds id=segment.id.to_string() class="btn to-danger" />
                </div>
            </details>
        }
        .into_any()
    } else {
        let links = direct
            .into_iter()
            .map(|usage| {
                let href = match &usage.what {
                    UsageKind::Campaign { id, .. } => paths::campaign(ds, id),
                    UsageKind::Registered { .. } => paths::registered_uses(ds),
                    UsageKind::Segment { id, .. } => paths::segment(ds, *id),
                };
                view! { <li><a href=href>{usage.name}</a></li> }
            })
            .collect_view();
        view! { <p>"It is still used, so it cannot be removed. Remove these uses first:"</p><ul class="links">{links}</ul> }
            .into_any()
    };
    view! { <Card title="Remove"><div class="body stackup">{inside}</div></Card> }.into_any()
}
