//! A job as it goes: the head of its page, its steps, its bar and counts, polled from the server. When it has ended the page
//! is loaded anew, which then shows the result.

use super::follow::follow;
use crate::components::{JobView, StepView, TileView};
use leptos::prelude::*;

/// The live part of a job's page.
#[island]
pub fn LiveJob(
    /// The dataset.
    ds: String,
    /// The job's number.
    id: String,
    /// The page's heading.
    title: String,
    /// How it stood when the page was made.
    first: JobView,
) -> impl IntoView {
    let job = RwSignal::new(first.clone());
    let lost = RwSignal::new(false);
    follow(ds.clone(), id.clone(), job, lost);
    // Only a change of what is offered touches the buttons, so that focus stays where it is.
    let offers = Memo::new(move |_| job.with(|job| [job.may_pause, job.may_resume, job.may_cancel]));
    view! {
        <header class="top">
            <div>
                <h1>{title}</h1>
                <div class="sub">
                    <span class=move || job.read().badge.clone()>{move || job.read().status.clone()}</span>
                    " "
                    {move || job.read().sentence.clone()}
                </div>
            </div>
            <div class="acts">{move || buttons(&ds, &id, offers.get())}</div>
        </header>
        {panel(job, lost)}
    }
}

/// Steps, bar, counts, and what is said aloud: of a job that goes, and of one that has ended.
pub fn panel(job: RwSignal<JobView>, lost: RwSignal<bool>) -> impl IntoView {
    view! {
        {move || job.read().reason.clone().map(|reason| view! { <p class="banner warn"><span>{reason}</span></p> })}
        <ol class="steps">{move || job.read().steps.iter().map(step).collect_view()}</ol>
        <section class="card">
            <div class="body">
                <div class="progress-line">
                    <span class="percent">{move || job.read().percent.map_or_else(|| "–".to_owned(), |p| format!("{p} %"))}</span>
                    <span class="tnum">{move || job.read().line.clone()}</span>
                    <span class="eta">{move || job.read().eta.clone()}</span>
                </div>
                <progress
                    max="100"
                    aria-label="Deletion progress"
                    class=move || job.read().bar.clone()
                    value=move || job.read().percent.map(|p| p.to_string())
                ></progress>
            </div>
            <dl class="tiles">{move || job.read().tiles.iter().map(tile).collect_view()}</dl>
            <div class="foot">
                <span>{move || freshness(&job.read(), lost.get())}</span>
                <span class="end">{move || job.read().speed.clone()}</span>
            </div>
        </section>
        <p class="unseen" role="status">{move || job.read().spoken.clone()}</p>
    }
}

fn freshness(job: &JobView, lost: bool) -> String {
    match (job.over, lost) {
        (_, true) => format!("Last update {}, reconnecting", job.as_of),
        (true, _) => format!("As of {}", job.as_of),
        (false, _) => format!("Last update {}", job.as_of),
    }
}

fn tile(tile: &TileView) -> impl IntoView + use<> {
    view! { <div><dt>{tile.name.clone()}</dt><dd class="figure">{tile.figure.clone()}</dd></div> }
}

fn step(step: &StepView) -> impl IntoView + use<> {
    let current = matches!(step.class.as_str(), "now" | "halted").then_some("step");
    view! { <li class=step.class.clone() aria-current=current>{step.name.clone()}<small>{step.note.clone()}</small></li> }
}

fn buttons(ds: &str, id: &str, [pause, resume, cancel]: [bool; 3]) -> impl IntoView + use<> {
    let one = |offered: bool, action: &'static str, class: &'static str, name: &'static str| {
        offered.then(|| {
            view! {
                <form method="post" action=action>
                    <input type="hidden" name="ds" value=ds.to_owned() />
                    <input type="hidden" name="id" value=id.to_owned() />
                    <button class=class>{name}</button>
                </form>
            }
        })
    };
    (
        one(pause, "/fn/pause_job", "btn", "Pause"),
        one(resume, "/fn/resume_job", "btn primary", "Resume"),
        one(cancel, "/fn/cancel_job", "btn to-danger", "Cancel job"),
    )
}
