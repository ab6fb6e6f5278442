//! A plan as it goes on, polled from the server until all of its jobs are over, also on the page of a job that is over.

use super::{follow::log_in_again, wait};
use crate::{
    api::{flat, plans::poll_plan},
    components::{PlanRow, PlanView},
};
use domain::problem::Code;
use leptos::prelude::*;

/// Between two polls: a plan is longer than a job.
const POLL_MS: u32 = 2_000;

/// The card of a plan on the page of one of its jobs.
#[island]
pub fn LivePlan(
    /// The dataset.
    ds: String,
    /// The number of the page's job.
    id: String,
    /// How it stood when the page was made.
    first: PlanView,
) -> impl IntoView {
    let plan = RwSignal::new(first);
    let lost = RwSignal::new(false);
    follow(ds.clone(), id.clone(), plan, lost);
    let may_skip = Memo::new(move |_| plan.with(|plan| plan.may_skip));
    let freshness = move || {
        let as_of = plan.read().as_of.clone();
        if lost.get() {
            format!("Last update {as_of}, reconnecting")
        } else {
            format!("As of {as_of}")
        }
    };
    view! {
        <section class="card plan">
            <div class="head">
                <h2>"The whole plan"</h2>
                <span class="note">{move || plan.read().note.clone()}</span>
            </div>
            <div class="body stackup">
                <div class="progress-line">
                    <span class="percent">{move || plan.read().percent.map_or_else(|| "–".to_owned(), |p| format!("{p} %"))}</span>
                    <span class="tnum">{move || plan.read().line.clone()}</span>
                    <span class="eta">{move || plan.read().eta.clone()}</span>
                </div>
                <progress
                    max="100"
                    aria-label="Plan progress"
                    class=move || plan.read().bar.clone()
                    value=move || plan.read().percent.map(|p| p.to_string())
                ></progress>
                <p class="hint">{move || plan.read().sentence.clone()}</p>
            </div>
            <table class="stack">
                <caption class="unseen">"Jobs of the plan, in order"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Job"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="n">"Deleted"</th>
                        <th scope="col" class="n">"Of"</th>
                    </tr>
                </thead>
                <tbody>{move || plan.read().rows.iter().map(row).collect_view()}</tbody>
            </table>
            {move || may_skip.get().then(|| skip(&ds, &id))}
            <div class="foot">
                <span>{freshness}</span>
                <span class="end">{move || plan.read().part.clone()}</span>
            </div>
        </section>
    }
}

fn row(row: &PlanRow) -> impl IntoView + use<> {
    let name = if row.here {
        view! { <b aria-current="page">{row.name.clone()}</b> }.into_any()
    } else {
        view! { <a href=row.href.clone()>{row.name.clone()}</a> }.into_any()
    };
    view! {
        <tr>
            <th scope="row">{name}<small>{row.number.clone()}</small></th>
            <td data-label="State"><span class=row.badge.clone()>{row.status.clone()}</span></td>
            <td class="n" data-label="Deleted">{row.deleted.clone()}</td>
            <td class="n" data-label="Of">{row.of.clone()}</td>
        </tr>
    }
}

/// Leaving out this job alone; cancelling it with those behind it is the button at the top of the page.
fn skip(ds: &str, id: &str) -> impl IntoView + use<> {
    view! {
        <form class="body inline" method="post" action="/fn/cancel_job_alone">
            <input type="hidden" name="ds" value=ds.to_owned() />
            <input type="hidden" name="id" value=id.to_owned() />
            <p class="hint">"“Cancel job” above ends this job and those behind it. To leave out this one alone and go on with the next:"</p>
            <button class="btn to-danger">"Cancel only this job"</button>
        </form>
    }
}

fn follow(ds: String, id: String, plan: RwSignal<PlanView>, lost: RwSignal<bool>) {
    if cfg!(not(feature = "hydrate")) || plan.with_untracked(|plan| plan.over) {
        return;
    }
    leptos::task::spawn_local(async move {
        loop {
            wait(POLL_MS).await;
            match flat(poll_plan(ds.clone(), id.clone()).await) {
                Ok(next) => {
                    lost.set(false);
                    let over = next.over;
                    plan.set(next);
                    if over {
                        break;
                    }
                }
                Err(problem) if problem.code == Code::Unauthenticated => return log_in_again(),
                Err(_) => lost.set(true),
            }
        }
    });
}
