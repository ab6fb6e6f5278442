//! The members of a manual segment or a list: one person at a time, or a file, with what the file did.

use super::{Typed, moment, one_or_many};
use crate::{
    api::{frame::Frame, segments::SegmentView},
    paths,
    ui::{Banner, Card, TextField, Tone},
};
use domain::{
    membership::{FileReport, KeptReport},
    segment::SegmentState,
};
use leptos::prelude::*;

/// The tab.
#[component]
pub fn Members(
    /// Who asks, and where.
    frame: Frame,
    /// The segment's page.
    data: SegmentView,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let report = data
        .report
        .map(|report| view! { <Report frame=frame.clone() report /> });
    if data.segment.state == SegmentState::Disabled {
        return view! {
            {report}
            <Card title="Members">
                <div class="body"><p>"The segment is disabled, so nobody joins or leaves it. Enable it first."</p></div>
            </Card>
        }
        .into_any();
    }
    let (ds, id) = (frame.ds().to_owned(), data.segment.id);
    let action = format!("{}/members", paths::segment(&ds, id));
    let typed_one = typed.clone();
    view! {
        {report}
        <div class="grid two">
            <Card title="One person"><OneForm ds id=id.to_string() typed=typed_one /></Card>
            <Card title="From a file"><FileForm action typed /></Card>
        </div>
    }
    .into_any()
}

/// The form for one person.
#[component]
fn OneForm(
    /// The dataset.
    ds: String,
    /// The segment.
    id: String,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    view! {
        <form class="body form" method="post" action="/fn/set_member">
            <input type="hidden" name="ds" value=ds />
            <input type="hidden" name="id" value=id />
            <TextField
                name="identity"
                label="User id, e-mail, phone or anonymous id"
                value=typed.get("identity")
                error=typed.error("identity")
                focus=typed.at("identity")
                hint="Whole and exact, as it is kept."
            />
            <div class="acts">
                <button class="btn primary" name="act" value="add">"Add to segment"</button>
                <button class="btn" name="act" value="remove">"Remove from segment"</button>
            </div>
        </form>
    }
    .into_any()
}

/// The form that sends a file.
#[component]
fn FileForm(
    /// Where to.
    action: String,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let choices = [
        ("add", "Add", "Its people join; the members stay"),
        ("remove", "Remove", "Its people leave; the other members stay"),
        (
            "replace",
            "Replace",
            "Afterwards its people are the members, and nobody else",
        ),
    ];
    let boxes = choices
        .into_iter()
        .map(|(value, title, hint)| {
            view! {
                <label class="check">
                    <input type="radio" name="mode" value=value checked=value == "add" />
                    <span>{title}<small>{hint}</small></span>
                </label>
            }
        })
        .collect_view();
    let error = typed.error("file");
    view! {
        <form class="body form" method="post" enctype="multipart/form-data" action=action>
            <fieldset><legend>"What the file does"</legend>{boxes}</fieldset>
            <div class="field">
                <label for="file">"File"</label>
                <p class="hint" id="file-hint">
                    "CSV with a header and one identity column (user_id, email, phone or anonymous_id), or JSON, one object a line. Plain or gzip, up to 256 MB. A row whose person does not exist is reported; nobody is made."
                </p>
                <input
                    id="file"
                    type="file"
                    name="file"
                    accept=".csv,.txt,.json,.ndjson,.gz,text/csv"
                    autofocus=typed.at("file")
                    aria-invalid=error.is_some().then_some("true")
                    aria-describedby="file-hint file-error"
                />
                {error.map(|error| view! { <p class="error" id="file-error">{error}</p> })}
            </div>
            <div class="acts"><button class="btn primary">"Load file"</button></div>
        </form>
    }
    .into_any()
}

/// What a file did.
#[component]
fn Report(
    /// Who asks, and where.
    frame: Frame,
    /// What is kept of it.
    report: KeptReport,
) -> impl IntoView {
    let KeptReport {
        at, actor, report, ..
    } = report;
    let when = format!("{}, by {actor}", moment(at, frame.now));
    let (tone, title) = match (&report.failed, report.rejected) {
        (Some(_), _) => (Tone::Bad, "The file was not taken".to_owned()),
        (None, 0) => (Tone::Ok, done(&report)),
        (None, _) => (Tone::Warn, done(&report)),
    };
    let remarks = report
        .remarks
        .into_iter()
        .map(|remark| view! { <p>{remark}</p> })
        .collect_view();
    let listed = i64::try_from(report.errors.len()).unwrap_or(i64::MAX);
    let more = (report.rejected > listed).then(|| {
        let rest = one_or_many(report.rejected - listed, "further row", "further rows");
        view! { <p class="foot">{rest}" not listed."</p> }
    });
    let rows = report
        .errors
        .into_iter()
        .map(|row| view! { <tr><th scope="row" class="n">{row.line}</th><td>{row.reason}</td></tr> })
        .collect_view();
    let table = (listed > 0).then(|| {
        view! {
            <section class="card">
                <table class="notes">
                    <caption class="unseen">"Rows that were not taken"</caption>
                    <thead><tr><th scope="col" class="n">"Line"</th><th scope="col">"Why it was not taken"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                {more}
            </section>
        }
    });
    view! {
        <Banner tone title role="status">
            {report.failed.map(|why| view! { <p>{why}</p> })}
            {remarks}
            <p>{when}</p>
        </Banner>
        {table}
    }
    .into_any()
}

/// `2 people joined, 1 row was not taken`.
fn done(report: &FileReport) -> String {
    let moved = match (report.moved, report.mode.as_str()) {
        (0, _) => "No member changed".to_owned(),
        (n, "add") => format!("{} joined", one_or_many(n, "person", "people")),
        (n, "remove") => format!("{} left", one_or_many(n, "person", "people")),
        (n, _) => format!("{} joined or left", one_or_many(n, "person", "people")),
    };
    match report.rejected {
        0 => moved,
        1 => format!("{moved}, 1 row was not taken"),
        n => format!("{moved}, {} were not taken", one_or_many(n, "row", "rows")),
    }
}
