//! Deletions in lists, and the one that runs.

use super::{JobBadge, JobView, PostButton, moment};
use crate::{api::frame::Frame, islands::LiveBar, paths};
use domain::{
    guard::grouped,
    job::{Intent, Job},
};
use leptos::prelude::*;

/// Deletions, newest first.
#[component]
pub fn JobsTable(
    /// Who asks, and where.
    frame: Frame,
    /// What the table lists.
    #[prop(into)]
    caption: String,
    /// The deletions.
    jobs: Vec<Job>,
    /// Whether who asked is shown.
    #[prop(optional)]
    full: bool,
) -> impl IntoView {
    let now = frame.now;
    let rows = jobs
        .into_iter()
        .map(|job| {
            let when = job.finished_at.map_or_else(|| "–".to_owned(), |at| moment(at, now));
            let asked = full.then(|| {
                view! { <td data-label="Asked by">{job.requested_by.clone()}<small>{moment(job.created_at, now)}</small></td> }
            });
            let counts = job.counts;
            view! {
                <tr>
                    <th scope="row">
                        <a href=paths::job(frame.ds(), job.id)>{job.segment_name.clone()}</a>
                        <small>{number(&job)}</small>
                    </th>
                    <td data-label="State"><JobBadge job /></td>
                    <td class="n" data-label="Deleted">{grouped(counts.deleted)}</td>
                    <td class="n" data-label="Left">{grouped(counts.leftovers())}</td>
                    {asked}
                    <td class="t" data-label="Finished">{when}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack">
            <caption class="unseen">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Segment"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="n">"Deleted"</th>
                    <th scope="col" class="n">"Left"</th>
                    {full.then(|| view! { <th scope="col">"Asked by"</th> })}
                    <th scope="col">"Finished"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// `D-1002`, `D-1002, job 2 of 3`.
fn number(job: &Job) -> String {
    let number = job.id.number();
    match job.plan {
        Some(place) => format!("{number}, job {} of {}", place.job, place.of),
        None => number,
    }
}

/// The way to the next part of a long list.
#[component]
pub fn Pager(
    /// How many rows are shown.
    shown: usize,
    /// What they are.
    what: &'static str,
    /// The address of the next part.
    next: Option<String>,
    /// The address of the first part, where this is not it.
    first: Option<String>,
) -> impl IntoView {
    view! {
        <div class="foot">
            <span>{format!("{shown} {what} on this page")}</span>
            <span class="end">
                {first.map(|href| view! { <a href=href>"To the first"</a> })}
                {next.map(|href| view! { <a href=href rel="next">"Next"</a> })}
            </span>
        </div>
    }
    .into_any()
}

/// The running deletion on the overview.
#[component]
pub fn RunningCard(
    /// Who asks, and where.
    frame: Frame,
    /// The deletion.
    job: Job,
) -> impl IntoView {
    let href = paths::job(frame.ds(), job.id);
    let first = JobView::of(&job, false);
    // While it waits, the way out is in sight; once it runs, its page shows first what a cancel would leave.
    let cancel = (frame.may_delete && job.state.before_deleting() && job.intent != Intent::Cancel).then(|| {
        view! { <PostButton action="cancel_job" name="Cancel job" ds=frame.ds() id=job.id.to_string() class="btn to-danger" /> }
    });
    let note = match job.started_at {
        Some(at) => format!("started {} by {}", moment(at, frame.now), job.requested_by),
        None => format!(
            "asked {} by {}",
            moment(job.created_at, frame.now),
            job.requested_by
        ),
    };
    let note = match job.plan {
        Some(place) => format!("job {} of {}, {note}", place.job, place.of),
        None => note,
    };
    view! {
        <section class="card">
            <div class="head">
                <JobBadge job=job.clone() />
                <h2>{job.segment_name}</h2>
                <span class="note">{note}</span>
            </div>
            <div class="body mini">
                <LiveBar ds=frame.ds().to_owned() id=job.id.to_string() first />
                <div class="acts">
                    <a class="btn" href=href>"Open job"</a>
                    {cancel}
                </div>
            </div>
        </section>
    }
    .into_any()
}
