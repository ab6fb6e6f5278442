//! What is to be known before a deletion: how long, who goes, what stays.

use super::{accuracy_words, estimate_words, one_or_many};
use crate::{api::deletion::DeletionView, paths};
use domain::{guard::grouped, impact::Impact, profile::ProfileRow};
use leptos::prelude::*;

/// Jobs of a plan that are listed one by one: of a longer one the number says enough.
const JOBS_LISTED_MAX: usize = 10;

/// How long, with its basis.
#[component]
pub fn HowLong(
    /// The page's data.
    data: DeletionView,
) -> impl IntoView {
    let impact = data.impact;
    let words = estimate_words(
        &impact.estimate,
        impact.plan.len(),
        data.max_rate,
        data.job_seconds_max,
    );
    let brief = impact.estimate.seconds_high <= 2;
    let plan = (2..=JOBS_LISTED_MAX).contains(&impact.plan.len()).then(|| {
        let jobs = impact
            .plan
            .iter()
            .map(|job| {
                let long = domain::estimate::range_in_words(job.seconds, job.seconds);
                view! { <li>{format!("Job {}: {}, {long}", job.job, one_or_many(job.profiles, "profile", "profiles"))}</li> }
            })
            .collect_view();
        view! { <ul class="hint">{jobs}</ul> }
    });
    let several = impact.plan.len() > 1;
    let jobs = words.plan.clone();
    view! {
        <section class="card">
            <div class="head"><h2>"How long"</h2></div>
            <div class="body stackup">
                <p class="big">{words.words}</p>
                <p class="hint">
                    {words.basis} " " {words.includes} {brief.then_some(" Once it has started there is practically no time to stop it.")}
                </p>
                <p class=if several { "" } else { "hint" }>{jobs} " " <a href=paths::limits()>"Limits"</a></p>
                {plan}
                <p class="hint">{accuracy_words(data.accuracy)}</p>
            </div>
        </section>
    }
    .into_any()
}

/// Who goes.
#[component]
pub fn WhoGoes(
    /// The dataset.
    #[prop(into)]
    ds: String,
    /// The impact.
    impact: Impact,
) -> impl IntoView {
    let also: i64 = impact.also_in.iter().map(|other| other.profiles).sum();
    let others = impact
        .also_in
        .iter()
        .map(|other| view! { <li><a href=paths::segment(&ds, other.segment)>{other.name.clone()}</a>" loses "{grouped(other.profiles)}</li> })
        .collect_view();
    view! {
        <section class="card">
            <div class="head"><h2>"Who goes"</h2></div>
            <div class="body stackup">
                <dl class="kv">
                    <dt>"Named"</dt>
                    <dd>{grouped(impact.named)}</dd>
                    <dt>"Anonymous"</dt>
                    <dd>{grouped(impact.profiles - impact.named)}</dd>
                    <dt>"Their events"</dt>
                    <dd>{grouped(impact.events)}</dd>
                    <dt>"Under legal hold"</dt>
                    <dd>{grouped(impact.held)}{(impact.held > 0).then_some(", they stay")}</dd>
                    <dt>"Of the dataset"</dt>
                    <dd>{share(impact.profiles, impact.dataset_profiles)}</dd>
                </dl>
                {(also > 0).then(|| view! { <ul class="stackup">{others}</ul> })}
                <Sample ds rows=impact.sample />
            </div>
        </section>
    }
    .into_any()
}

/// The first few, closed until opened.
#[component]
fn Sample(
    /// The dataset.
    ds: String,
    /// The people.
    rows: Vec<ProfileRow>,
) -> impl IntoView {
    let links = rows
        .into_iter()
        .map(|row| view! { <li><a href=paths::profile(&ds, row.id)>{row.title}</a></li> })
        .collect::<Vec<_>>();
    (!links.is_empty()).then(|| {
        view! { <details class="more"><summary>"See a sample"</summary><ul>{links}</ul></details> }
    })
}

fn share(part: i64, whole: i64) -> String {
    let tenths = part.saturating_mul(1_000) / whole.max(1);
    format!("{}.{} % of {}", tenths / 10, tenths % 10, grouped(whole))
}

/// What stays, and the other door.
#[component]
pub fn WhatStays(
    /// The dataset.
    #[prop(into)]
    ds: String,
    /// The impact.
    impact: Impact,
) -> impl IntoView {
    view! {
        <section class="card">
            <div class="head"><h2>"What stays"</h2></div>
            <div class="body">
                <p>
                    "The data warehouse keeps its copy: "
                    <b>{one_or_many(impact.warehouse.profiles, "profile", "profiles")}</b>
                    " and "
                    <b>{one_or_many(impact.warehouse.events, "event", "events")}</b>
                    ". All-time totals of campaigns and revenue stay as well; they hold no person."
                </p>
                <p>
                    "If somebody asked to be erased (GDPR, CCPA), this is not the way: their copy in the warehouse has to go as well. "
                    <a href=paths::erase(&ds)>"Erase a person"</a>
                    " does both at once, and so does the look-up and deletion API."
                </p>
            </div>
        </section>
    }
    .into_any()
}
