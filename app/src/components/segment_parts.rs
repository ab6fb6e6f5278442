//! Parts of a segment's page: its count with its time, what disabled means, and the way to the deletion.

use super::{ago, moment, nothing_is_known, one_or_many, usage};
use crate::{
    api::{frame::Frame, segments::SegmentView},
    paths,
    ui::{Banner, Tone},
};
use domain::{
    guard::grouped,
    segment::{Count, Segment, SegmentState},
};
use leptos::prelude::*;

/// A button that is a form of its own: posts the dataset and the id.
#[component]
pub fn PostButton(
    /// The server function.
    action: &'static str,
    /// The button's name.
    name: &'static str,
    /// The dataset.
    #[prop(into)]
    ds: String,
    /// The id.
    #[prop(into)]
    id: String,
    /// The button's looks.
    #[prop(default = "btn")]
    class: &'static str,
) -> impl IntoView {
    view! {
        <form method="post" action=format!("/fn/{action}")>
            <input type="hidden" name="ds" value=ds />
            <input type="hidden" name="id" value=id />
            <button class=class>{name}</button>
        </form>
    }
    .into_any()
}

/// The cached count: number, time and the button that counts anew, always together.
#[component]
pub fn CountLine(
    /// Who asks, and where.
    frame: Frame,
    /// The segment.
    segment: Segment,
) -> impl IntoView {
    let text = match segment.count {
        Some(Count {
            value,
            counted_at,
            exact,
        }) => format!(
            "{}, counted {}, {}{}",
            one_or_many(value, "user", "users"),
            moment(counted_at, frame.now),
            ago(counted_at, frame.now),
            if exact { ", exact" } else { ", estimated" }
        ),
        None => "Not counted yet".to_owned(),
    };
    let refresh = frame.may_edit.then(|| {
        view! {
            <PostButton action="refresh_count" name="Refresh count" ds=frame.ds() id=segment.id.to_string() class="btn quiet" />
        }
    });
    view! { <span class="asof">{text} {refresh}</span> }.into_any()
}

/// What disabled means, since when, and what enabling would do.
#[component]
pub fn DisabledBanner(
    /// Who asks, and where.
    frame: Frame,
    /// The segment's page.
    data: SegmentView,
) -> impl IntoView {
    let segment = data.segment;
    let since = segment
        .disabled_at
        .map(|at| format!(" since {}", moment(at, frame.now)))
        .unwrap_or_default();
    let busy = segment.job.is_some();
    let unknown = nothing_is_known(&data.uses_list, frame.now);
    let would = data.would_match.map(|n| {
        let uses = data.usage.as_deref().unwrap_or_default();
        let running: Vec<_> = uses
            .iter()
            .filter(|usage| usage.running())
            .map(|usage| format!("“{}”", usage.name))
            .collect();
        let touched = match running.len() {
            0 if uses.is_empty() && unknown => {
                "Nothing in Lethe uses it; what other systems run on it is not known.".to_owned()
            }
            0 if uses.is_empty() => "Nothing uses it.".to_owned(),
            0 => format!(
                "It is used in {}; nothing that runs is affected.",
                usage::places(uses)
            ),
            _ => format!("That affects what runs: {}.", running.join(", ")),
        };
        let words = match n {
            0 => "Nobody matches its rule now, so enabling it changes nothing for anybody.".to_owned(),
            1 => format!("If you enable it now, 1 profile matches its rule. {touched}"),
            n => format!(
                "If you enable it now, {} profiles match its rule. {touched}",
                grouped(n)
            ),
        };
        view! { <p>{words}</p> }
    });
    let (ds, id, offered) = (
        frame.ds().to_owned(),
        segment.id.to_string(),
        frame.may_edit && !busy,
    );
    let enable = ViewFn::from(move || {
        offered.then(|| view! { <PostButton action="enable_segment" name="Enable segment" ds=ds.clone() id=id.clone() /> })
    });
    (segment.state == SegmentState::Disabled).then(|| {
        view! {
            <Banner tone=Tone::Warn title=format!("This segment is disabled{since}: nobody joins it") act=enable>
                <p>
                    "Members who have not been deleted still count for the campaigns that include or exclude it. It stays disabled until somebody enables it."
                    {busy.then_some(" That is possible when its deletion has ended.")}
                </p>
                {would}
            </Banner>
        }
    })
}

/// The way to the deletion: last on the page, apart from everything else, for administrators alone.
#[component]
pub fn DangerZone(
    /// Who asks, and where.
    frame: Frame,
    /// The segment.
    segment: Segment,
) -> impl IntoView {
    let way = match (frame.may_delete, segment.job) {
        (true, None) => {
            let href = paths::delete_segment(frame.ds(), segment.id);
            let again = paths::new_recurring(frame.ds(), segment.id);
            view! {
                <div class="acts">
                    <a class="btn" href=again>"Delete on a schedule"</a>
                    <a class="btn to-danger" href=href>"Delete All Users in Segment"</a>
                </div>
            }
            .into_any()
        }
        (true, Some(job)) => {
            view! { <a class="btn" href=paths::job(frame.ds(), job)>"Open its running deletion"</a> }
                .into_any()
        }
        (false, _) => ().into_any(),
    };
    frame.may_delete.then(|| {
        view! {
            <section class="danger-zone" aria-labelledby="danger-title">
                <div>
                    <h2 id="danger-title">"Delete every user in this segment"</h2>
                    <p>
                        "You see what would happen before anything does. One deletion runs at a time in a dataset. It is no answer to a request under GDPR or CCPA, because the warehouse keeps its copy; privacy requests come with the next release."
                    </p>
                </div>
                {way}
            </section>
        }
    })
}
