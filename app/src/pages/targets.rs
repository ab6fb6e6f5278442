//! The people on a deletion's list while they wait for it: leafed through in the order of their numbers, found by an exact
//! identity, taken out in a file, saved as a segment.

use crate::{
    api::{
        frame::Frame,
        targets::{TargetsView, show_targets},
    },
    components::{Here, Notices, People, Place, SearchForm, Typed, one_or_many, page},
    paths,
    ui::{Card, Empty, Glyph, PageTop, TextField},
};
use domain::{export::Format, job::Job, segment::NAME_CHARS_MAX};
use leptos::prelude::*;

/// The page.
#[component]
pub fn TargetsPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Deletions), Typed::read());
    let load = show_targets(
        here.ds.clone(),
        here.id.clone(),
        typed.get("q"),
        typed.get("cursor"),
    );
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: TargetsView, typed: Typed) -> impl IntoView {
    let job = data.job;
    let title = format!("People on the list of {}", job.id.number());
    let crumbs = vec![
        ("Deletions".to_owned(), paths::jobs(frame.ds())),
        (
            format!("{}: {}", job.id.number(), job.segment_name),
            paths::job(frame.ds(), job.id),
        ),
    ];
    let waits = job.state.before_deleting() && data.rows.is_some();
    let words = sub(&job, waits);
    let here = paths::targets(frame.ds(), job.id);
    let list = match data.rows {
        Some(rows) if rows.items.is_empty() && typed.get("q").is_empty() => {
            view! { <Empty glyph=Glyph::People title="Nobody of the list is here any more" text="Everyone on it was deleted, or the deletion was cancelled before it began and its list was let go." /> }.into_any()
        }
        Some(rows) => view! { <People frame=frame.clone() here=here.clone() rows typed=typed.clone() everyone=false /> }.into_any(),
        None => {
            view! { <Empty glyph=Glyph::Clock title="The list is being fixed" text="Reload this page in a moment." /> }.into_any()
        }
    };
    let acts = (waits && (frame.may_export || frame.may_edit))
        .then(|| view! { <Acts frame=frame.clone() job typed=typed.clone() /> });
    view! {
        <PageTop title crumbs sub=move || words.clone() />
        <Notices typed=typed.clone() />
        {acts}
        <section class="card">
            <div class="head"><SearchForm action=here q=typed.get("q") tab="" /></div>
            {list}
        </section>
    }
    .into_any()
}

fn sub(job: &Job, waits: bool) -> String {
    let all = one_or_many(job.counts.matched, "person", "people");
    if waits {
        format!("{all}, fixed when the deletion was confirmed. Nobody of them has been deleted yet.")
    } else {
        format!("{all} were on it. Here are those who still exist.")
    }
}

/// What can be done with all of them.
#[component]
fn Acts(frame: Frame, job: Job, typed: Typed) -> impl IntoView {
    let base = paths::export_of(frame.ds(), job.id);
    let export = frame.may_export.then(|| {
        let link = |format: Format, name| {
            view! { <a class="btn" href=format!("{base}.{}", format.extension()) download>{name}</a> }
        };
        view! {
            <li>
                <div><b>"Export"</b><p>"The list in a file, as these people are now."</p></div>
                <div class="acts">{link(Format::Csv, "Export as CSV")} {link(Format::Ndjson, "as NDJSON")}</div>
            </li>
        }
    });
    let save = frame.may_edit.then(|| {
        let value = match typed.get("name") {
            name if name.is_empty() => proposed(&job),
            name => name,
        };
        view! {
            <li>
                <div>
                    <b>"Save as list"</b>
                    <p>"A segment made by hand, of those who are on it now. Campaigns can exclude it, so that nobody who is about to be deleted is written to."</p>
                </div>
                <form class="inline" method="post" action="/fn/save_targets">
                    <input type="hidden" name="ds" value=frame.ds().to_owned() />
                    <input type="hidden" name="id" value=job.id.to_string() />
                    <TextField name="name" label="Name of the new list" value error=typed.error("name") focus=typed.at("name") />
                    <button class="btn">"Save as list"</button>
                </form>
            </li>
        }
    });
    view! { <Card title="With all of them"><div class="body"><ul class="todo next">{export}{save}</ul></div></Card> }.into_any()
}

/// A name that says whose list it is, as long as a name may be.
fn proposed(job: &Job) -> String {
    let end = format!(" ({})", job.id.number());
    let room = NAME_CHARS_MAX - end.chars().count();
    let name: String = format!("Waiting for deletion: {}", job.segment_name)
        .chars()
        .take(room)
        .collect();
    format!("{}{end}", name.trim_end())
}
