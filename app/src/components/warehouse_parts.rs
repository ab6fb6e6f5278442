//! Parts of the warehouse's page: what is kept of people who were deleted, until when, and the tables to take away.

use super::{Typed, moment, one_or_many};
use crate::{
    api::frame::Frame,
    paths,
    ui::{Card, Check, Empty, Glyph, TextField},
};
use domain::{
    guard::grouped,
    warehouse::{Kept, Table, Warehouse},
};
use leptos::prelude::*;

/// What is kept of people who were deleted, by job.
#[component]
pub fn KeptTable(
    /// Who asks, and where.
    frame: Frame,
    /// The warehouse.
    data: Warehouse,
) -> impl IntoView {
    let now = frame.now;
    let listed = i64::try_from(data.kept.len()).unwrap_or(i64::MAX);
    let more = data.jobs > listed;
    let rows = data
        .kept
        .into_iter()
        .map(|kept: Kept| {
            let until = match (kept.removed_at, kept.until) {
                (Some(at), _) => format!("removed {}", moment(at, now)),
                (None, Some(at)) => moment(at, now),
                (None, None) => "no term is set".to_owned(),
            };
            view! {
                <tr>
                    <th scope="row">
                        <a href=paths::job(frame.ds(), kept.job)>{kept.segment_name}</a>
                        <small>{kept.job.number()}</small>
                    </th>
                    <td class="t" data-label="Deleted">{moment(kept.deleted_at, now)}</td>
                    <td class="n" data-label="Profiles">{grouped(kept.rows.profiles)}</td>
                    <td class="n" data-label="Events">{grouped(kept.rows.events)}</td>
                    <td data-label="Kept until">{until}</td>
                </tr>
            }
        })
        .collect_view();
    let note = if more {
        format!(
            "the newest {listed} of {}",
            one_or_many(data.jobs, "deletion", "deletions")
        )
    } else {
        format!(
            "{} and {} in all",
            one_or_many(data.kept_in_all.profiles, "profile", "profiles"),
            one_or_many(data.kept_in_all.events, "event", "events")
        )
    };
    let body = if listed == 0 {
        view! {
            <Empty
                glyph=Glyph::Drum
                title="Nobody who is kept here was deleted"
                text="When a deletion ends, this lists how many rows of its people stay in the warehouse, and until when."
            />
        }
        .into_any()
    } else {
        view! {
            <table class="stack">
                <caption class="unseen">"What the warehouse keeps of deleted people"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Deletion"</th>
                        <th scope="col">"Deleted"</th>
                        <th scope="col" class="n">"Profiles"</th>
                        <th scope="col" class="n">"Events"</th>
                        <th scope="col">"Kept until"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! { <Card title="Kept of deleted people" note=move || note.clone()>{body}</Card> }.into_any()
}

/// How long rows of deleted people are kept.
#[component]
pub fn KeepForm(
    /// Who asks, and where.
    frame: Frame,
    /// The warehouse.
    data: Warehouse,
    /// Whether who asks may set it.
    may: bool,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let now_words = match (data.keep_days, data.next_at) {
        (None, _) => {
            "Rows of deleted people are kept until they are erased through the privacy door.".to_owned()
        }
        (Some(days), None) => format!(
            "Rows are kept {}; none are due.",
            one_or_many(days, "day", "days")
        ),
        (Some(days), Some(at)) if at <= frame.now => {
            format!(
                "Rows are kept {}; some are being removed now.",
                one_or_many(days, "day", "days")
            )
        }
        (Some(days), Some(at)) => format!(
            "Rows are kept {}. The next are removed on {}.",
            one_or_many(days, "day", "days"),
            at.date_time_short()
        ),
    };
    let value = typed
        .returned("days")
        .unwrap_or_else(|| data.keep_days.map(|days| days.to_string()).unwrap_or_default());
    let form = may.then(|| {
        view! {
            <form class="stackup" method="post" action="/fn/set_warehouse_keep">
                <input type="hidden" name="ds" value=frame.ds().to_owned() />
                <TextField
                    name="days"
                    label="Keep rows of deleted people, days"
                    hint="Empty to keep them. Counted from the deletion. What has been removed cannot be recovered."
                    inputmode="numeric"
                    value
                    error=typed.error("days")
                    focus=typed.at("days")
                />
                <Check
                    name="sure"
                    label="Remove rows that are older than that at once"
                    error=typed.error("sure")
                    focus=typed.at("sure")
                />
                <div><button class="btn">"Set term"</button></div>
            </form>
        }
    });
    let hint = (!may).then(|| view! { <p class="hint">"An administrator sets how long."</p> });
    view! {
        <Card title="Until when">
            <div class="body stackup"><p>{now_words}</p>{form}{hint}</div>
        </Card>
    }
    .into_any()
}

/// The tables as files.
#[component]
pub fn Tables(
    /// Who asks, and where.
    frame: Frame,
    /// Whether who asks may take them.
    may: bool,
) -> impl IntoView {
    let links = Table::ALL
        .into_iter()
        .map(|table| {
            let (name, what) = match table {
                Table::Profiles => ("Profiles", "with identities and attributes, also of deleted people"),
                Table::Events => ("Events", "of everyone, also of deleted people"),
                Table::DeletedPeople => ("Deleted people", "number, deletion and time"),
            };
            let href = paths::warehouse_table(frame.ds(), table.as_str());
            // A download is no page: nothing is to be preloaded or melted into.
            view! { <li><div><b>{name}</b><p>{what}</p></div><a class="btn small" href=href download="">"CSV"<span class="unseen">{format!(" of {name}")}</span></a></li> }
        })
        .collect_view();
    let body = if may {
        view! {
            <ul class="todo files">{links}</ul>
            <p class="hint">"Each download is written to the audit log. A cell that a spreadsheet would take for a formula begins with an apostrophe."</p>
        }
        .into_any()
    } else {
        view! { <p class="hint">"Administrators can take the tables away as CSV."</p> }.into_any()
    };
    view! { <Card title="Take it away"><div class="body stackup">{body}</div></Card> }.into_any()
}
