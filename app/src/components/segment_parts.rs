//! Parts of a segment's page: its count with its time, what disabled means, and the way to the deletion.

use super::{ago, moment, one_or_many};
use crate::{
    api::{frame::Frame, segments::SegmentView},
    islands::CountWatch,
    paths,
    ui::{Banner, Tone},
};
use domain::{
    job::Job,
    segment::{Count, Segment, SegmentKind, SegmentState},
    usage::Usage,
};
use leptos::prelude::*;
use std::collections::BTreeSet;

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
            stale,
        }) => format!(
            "{}, counted {}, {}{}",
            one_or_many(value, "user", "users"),
            moment(counted_at, frame.now),
            ago(counted_at, frame.now),
            match (exact, stale) {
                (_, true) => "; the data has changed since",
                (true, false) => ", exact",
                (false, false) => ", estimated",
            }
        ),
        None => "Not counted yet".to_owned(),
    };
    let (ds, id) = (frame.ds().to_owned(), segment.id.to_string());
    if segment.counting {
        return view! {
            <span class="asof">
                {text}
                <CountWatch ds id />
                <noscript><meta http-equiv="refresh" content="4" /></noscript>
            </span>
        }
        .into_any();
    }
    let refresh = frame.may_edit.then(
        || view! { <PostButton action="refresh_count" name="Refresh count" ds id class="btn quiet" /> },
    );
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
    let (ds, id, offered) = (
        frame.ds().to_owned(),
        segment.id.to_string(),
        frame.may_edit && !busy,
    );
    let enable = ViewFn::from(move || {
        offered.then(|| view! { <PostButton action="enable_segment" name="Enable segment" ds=ds.clone() id=id.clone() /> })
    });
    let preview = (!busy).then(|| {
        let (who, touched) = (who_would(&segment, &frame), touched(&data.uses));
        view! { <p><b>"If you enable it: "</b>{who}" "{touched}</p> }
    });
    (segment.state == SegmentState::Disabled).then(|| {
        view! {
            <Banner tone=Tone::Warn title=format!("This segment is disabled{since}: nobody joins it") act=enable>
                <p>
                    "Members who have not been deleted still count for the campaigns that include or exclude it. It stays disabled until somebody enables it."
                    {busy.then_some(" That is possible when its deletion has ended.")}
                </p>
                {preview}
            </Banner>
        }
    })
}

/// Who would join and leave.
fn who_would(segment: &Segment, frame: &Frame) -> String {
    if segment.kind != SegmentKind::Rule {
        return "the members stay as they are, and people can be put in and taken out again.".to_owned();
    }
    let Some(would) = segment.would else {
        return if segment.counting {
            "who would join is being counted; the number is shown here when it is there.".to_owned()
        } else {
            let how = if frame.may_edit {
                " Refresh count does so."
            } else {
                ""
            };
            format!("who would join has not been counted yet.{how}")
        };
    };
    let joining = match would.joining {
        0 => "nobody joins".to_owned(),
        n => one_or_many(n, "profile joins", "profiles join"),
    };
    let leaving = match would.leaving {
        0 => String::new(),
        n => format!(
            " and {}",
            one_or_many(
                n,
                "member who no longer matches leaves",
                "members who no longer match leave"
            )
        ),
    };
    let again = if segment.counting {
        " It is being counted anew."
    } else {
        ""
    };
    format!(
        "{joining}{leaving}; {} its rule (counted {}, exact).{again}",
        one_or_many(would.matching, "profile matches", "profiles match"),
        moment(would.counted_at, frame.now)
    )
}

/// What that touches.
fn touched(uses: &[Usage]) -> String {
    let quoted = |running: bool| {
        let names: BTreeSet<_> = uses
            .iter()
            .filter(|usage| usage.running() == running)
            .map(|usage| format!("“{}”", usage.name))
            .collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    match (quoted(true), quoted(false)) {
        (running, others) if running.is_empty() && others.is_empty() => "Nothing uses it.".to_owned(),
        (running, others) if running.is_empty() => {
            format!("It is used by {others}; no running campaign is affected.")
        }
        (running, others) if others.is_empty() => format!("That affects running campaigns: {running}."),
        (running, others) => {
            format!("That affects running campaigns: {running}. It is also used by {others}.")
        }
    }
}

/// The way to the deletion: last on the page, apart from everything else, for administrators alone.
#[component]
pub fn DangerZone(
    /// Who asks, and where.
    frame: Frame,
    /// The segment.
    segment: Segment,
    /// Its deletion that is not over.
    #[prop(optional_no_strip)]
    unfinished: Option<Job>,
) -> impl IntoView {
    let name = match unfinished {
        Some(job) if job.state.before_deleting() => "Open its waiting deletion",
        _ => "Open its running deletion",
    };
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
        (true, Some(job)) => view! { <a class="btn" href=paths::job(frame.ds(), job)>{name}</a> }.into_any(),
        (false, _) => ().into_any(),
    };
    frame.may_delete.then(|| {
        view! {
            <section class="danger-zone" aria-labelledby="danger-title">
                <div>
                    <h2 id="danger-title">"Delete every user in this segment"</h2>
                    <p>
                        "You see what would happen before anything does. One deletion runs at a time in a dataset. It is no answer to a request under GDPR or CCPA, because the warehouse keeps its copy: single persons are erased on the page of their profile."
                    </p>
                </div>
                {way}
            </section>
        }
    })
}
