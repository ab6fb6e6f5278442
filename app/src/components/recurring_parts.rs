//! Recurring deletions in a list, and what became of their due moments.

use super::{PostButton, moment};
use crate::{api::frame::Frame, paths};
use domain::{
    guard::grouped,
    job::JobState,
    recurring::{RecurringJob, RecurringRun, RunOutcome},
    time::Timestamp,
};
use leptos::prelude::*;

/// The next due moment by the clock of its zone, or that there is none.
fn next(it: &RecurringJob, now: Timestamp) -> String {
    match (it.next_at, &it.next_local) {
        (Some(_), Some(local)) => local.clone(),
        (Some(at), None) => moment(at, now),
        (None, _) => "–".to_owned(),
    }
}

/// Whether it is still due.
fn badge(it: &RecurringJob) -> impl IntoView + use<> {
    match it.stopped_at {
        None => view! { <span class="badge ok">"Active"</span> },
        Some(_) if it.stop_reason.is_some() => {
            view! { <span class="badge bad">"Stopped by the server"</span> }
        }
        Some(_) => view! { <span class="badge">"Stopped"</span> },
    }
}

/// Recurring deletions, newest first.
#[component]
pub fn RecurringTable(
    /// Who asks, and where.
    frame: Frame,
    /// The recurring deletions.
    rows: Vec<RecurringJob>,
) -> impl IntoView {
    let body = rows
        .into_iter()
        .map(|it| {
            view! {
                <tr>
                    <th scope="row">
                        <a href=paths::recurring(frame.ds(), it.id)>{it.segment_name.clone()}</a>
                        <small>{it.id.number()} ", " {it.spec.recurrence.to_string()}</small>
                    </th>
                    <td data-label="State">{badge(&it)}</td>
                    <td class="n" data-label="At most">{grouped(it.spec.ceiling)}</td>
                    <td data-label="Next">{next(&it, frame.now)}</td>
                    <td data-label="Confirmed by">{it.created_by.clone()}<small>{moment(it.created_at, frame.now)}</small></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack">
            <caption class="unseen">"Recurring deletions, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Segment"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="n">"At most"</th>
                    <th scope="col">"Next"</th>
                    <th scope="col">"Confirmed by"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}

/// What became of due moments, newest first.
#[component]
pub fn RunsTable(
    /// Who asks, and where.
    frame: Frame,
    /// The due moments.
    runs: Vec<RecurringRun>,
) -> impl IntoView {
    let body = runs
        .into_iter()
        .map(|run| {
            let (class, word) = outcome(&run);
            let number = |n: Option<i64>| n.map_or_else(|| "–".to_owned(), grouped);
            let job = run.job.map(|job| {
                view! { <small><a href=paths::job(frame.ds(), job)>{format!("Open {}", job.number())}</a></small> }
            });
            let enabled = run
                .enabled_at
                .map(|at| format!("Segment enabled again {}. ", moment(at, frame.now)));
            let note = [enabled, run.note].into_iter().flatten().collect::<String>();
            view! {
                <tr>
                    <th scope="row">{run.due_at.date_time_short()}{job}</th>
                    <td data-label="Outcome"><span class=class>{word}</span><small>{note}</small></td>
                    <td class="n" data-label="Matched">{number(run.matched)}</td>
                    <td class="n" data-label="Deleted">{number(run.deleted)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack">
            <caption class="unseen">"Runs, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Due"</th>
                    <th scope="col">"Outcome"</th>
                    <th scope="col" class="n">"Matched"</th>
                    <th scope="col" class="n">"Deleted"</th>
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}

fn outcome(run: &RecurringRun) -> (&'static str, &'static str) {
    match (run.outcome, run.job_state) {
        (RunOutcome::Started, Some(JobState::Completed)) => ("badge ok", "Completed"),
        (RunOutcome::Started, Some(JobState::CompletedWithLeftovers)) => {
            ("badge warn", "Completed with leftovers")
        }
        (RunOutcome::Started, Some(JobState::Cancelled)) => ("badge", "Cancelled"),
        (RunOutcome::Started, Some(JobState::Failed)) => ("badge bad", "Failed"),
        (RunOutcome::Started, Some(JobState::Queued)) => ("badge", "Queued"),
        (RunOutcome::Started, _) => ("badge run", "Running"),
        (RunOutcome::Refused, _) => ("badge bad", "Refused"),
        (RunOutcome::Nobody, _) => ("badge", "Nobody matched"),
        (RunOutcome::Skipped, _) => ("badge warn", "Skipped"),
    }
}

/// The way to stop it, with what that means.
#[component]
pub fn Stop(
    /// Who asks, and where.
    frame: Frame,
    /// The recurring deletion.
    it: RecurringJob,
) -> impl IntoView {
    (frame.may_delete && it.stopped_at.is_none()).then(|| {
        view! { <PostButton action="stop_recurring" name="Stop it" ds=frame.ds() id=it.id.to_string() class="btn to-danger" /> }
    })
}
