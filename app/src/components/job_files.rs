//! Files of a deletion: the people of its list before they go, what became of them after, and until when a copy is kept.

use super::{PostButton, moment, one_or_many, size};
use crate::{api::frame::Frame, paths, ui::Card};
use domain::{
    export::{Export, Format},
    id::JobId,
    job::{Job, JobState},
};
use leptos::prelude::*;

/// Both forms of a file.
const FORMS: [(Format, &str); 2] = [(Format::Csv, "CSV"), (Format::Ndjson, "NDJSON")];

/// The card; nothing where there is no file and none to come.
#[component]
pub fn Files(
    /// Who asks, and where.
    frame: Frame,
    /// The deletion.
    job: Job,
) -> impl IntoView {
    let waits = job.state.before_deleting() && job.state != JobState::Freezing;
    let list = waits.then(|| {
        let href = paths::targets(frame.ds(), job.id);
        let people = one_or_many(job.counts.matched, "person", "people");
        view! {
            <Row title="The list" text="Fixed until the deletion begins or is cancelled.".to_owned()>
                <a class="btn" href=href>{format!("See the {people}")}</a>
            </Row>
        }
    });
    let rows = [
        list.map(IntoAny::into_any),
        export(&frame, &job, waits),
        job.started_at.map(|_| results(&frame, &job).into_any()),
    ];
    let rows: Vec<AnyView> = rows.into_iter().flatten().collect();
    (!rows.is_empty()).then(|| {
        view! { <Card title="Files"><div class="body"><ul class="todo next">{rows}</ul></div></Card> }
    })
}

/// One file, or what is to become one.
#[component]
fn Row(
    /// What it is.
    title: &'static str,
    /// What is known of it.
    text: String,
    /// What can be done with it.
    children: Children,
) -> impl IntoView {
    view! {
        <li>
            <div><b>{title}</b><p>{text}</p></div>
            <div class="acts">{children()}</div>
        </li>
    }
}

/// The export: asked for, kept or wiped; where there is none and the people still wait, the list as it is.
fn export(frame: &Frame, job: &Job, waits: bool) -> Option<AnyView> {
    match &job.export {
        Some(export) if export.wiped_at.is_none() => return Some(kept(frame, job.id, export).into_any()),
        Some(export) => {
            let text = wiped(frame, export);
            return Some(view! { <Row title="Export" text>""</Row> }.into_any());
        }
        None if job.state.terminal() => return None,
        None => {}
    }
    let text = match (job.export_asked, waits) {
        (true, _) => {
            "Written directly before deleting begins, which waits for it; kept for seven days at most, then wiped."
        }
        (false, true) => {
            "None was asked for. As long as these people wait, they can be exported as they are."
        }
        (false, false) => return None,
    };
    let links = (waits && frame.may_export).then(|| links(&paths::export_of(frame.ds(), job.id), "export"));
    Some(view! { <Row title="Export" text=text.to_owned()>{links}</Row> }.into_any())
}

fn kept(frame: &Frame, id: JobId, export: &Export) -> impl IntoView + use<> {
    let text = format!(
        "{}, {}, as of {}. A copy of these people that still exists: it is kept until {} and then wiped.",
        one_or_many(export.people, "person", "people"),
        size(export.bytes),
        moment(export.written_at, frame.now),
        export.kept_until.date_time_short()
    );
    let ds = frame.ds().to_owned();
    let acts = frame.may_export.then(|| {
        view! {
            {links(&paths::export_of(&ds, id), "export")}
            <PostButton action="wipe_export" name="Wipe now" ds=ds.clone() id=id.to_string() class="btn to-danger" />
        }
    });
    view! { <Row title="Export" text>{acts}</Row> }
}

fn wiped(frame: &Frame, export: &Export) -> String {
    let by = match export.wiped_by.as_deref() {
        Some("system") | None => "because its time had come".to_owned(),
        Some(name) => format!("by {name}"),
    };
    let at = export.wiped_at.unwrap_or(export.kept_until);
    format!(
        "{} were exported {}; the file was wiped {}, {by}.",
        one_or_many(export.people, "person", "people"),
        moment(export.written_at, frame.now),
        moment(at, frame.now)
    )
}

fn results(frame: &Frame, job: &Job) -> impl IntoView + use<> {
    let base = paths::results_of(frame.ds(), job.id);
    let here = job.counts.matched - job.counts.deleted - job.counts.gone;
    let plain = (frame.may_export && here > 0).then(|| {
        let href = paths::with_query(
            &format!("{base}.{}", Format::Csv.extension()),
            &[("ids", "plain")],
        );
        view! { <a class="btn" href=href download>"CSV with names of those left"</a> }
    });
    let text = "One row for each profile: a keyed hash in place of the person, what became of them, and why.";
    view! { <Row title="Results" text=text.to_owned()>{links(&base, "results")} {plain}</Row> }
}

/// Links to both forms of a file, by its address without an ending.
fn links(base: &str, what: &'static str) -> impl IntoView + use<> {
    FORMS
        .map(|(format, name)| {
            let href = format!("{base}.{}", format.extension());
            view! { <a class="btn" href=href download aria-label=format!("{name}, {what}")>{name}</a> }
        })
        .collect_view()
}
