//! What stands under a deletion's progress: its speed limit, its campaigns, who was not deleted, how it came about.

use super::{
    Typed,
    job_words::{expected, where_time_goes},
};
use crate::{
    api::frame::Frame,
    paths,
    ui::{Card, TextField},
};
use domain::{
    guard::grouped,
    job::{Became, Job, Leftover, Outcome},
    page::Page,
    usage::{Usage, UsageKind},
};
use leptos::prelude::*;

/// The speed limit, which can be changed while it runs.
#[component]
pub fn Speed(
    /// Who asks, and where.
    frame: Frame,
    /// The deletion.
    job: Job,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let error = typed.error("max_rate");
    let value = if error.is_some() {
        typed.get("max_rate")
    } else {
        job.max_rate.map(|rate| rate.to_string()).unwrap_or_default()
    };
    view! {
        <Card title="Speed">
            <form class="body inline" method="post" action="/fn/set_job_rate">
                <input type="hidden" name="ds" value=frame.ds().to_owned() />
                <input type="hidden" name="id" value=job.id.to_string() />
                <TextField
                    name="max_rate"
                    label="At most, profiles a second"
                    hint=if job.plan.is_some() {
                        "Empty for no limit. It takes effect with the next batch, and for the jobs behind it too."
                    } else {
                        "Empty for no limit. It takes effect with the next batch."
                    }
                    inputmode="numeric"
                    value
                    error
                    focus=typed.at("max_rate")
                />
                <button class="btn">"Set speed"</button>
            </form>
        </Card>
    }
    .into_any()
}

/// What the deletion does to the campaigns that use the segment.
#[component]
pub fn Campaigns(
    /// Who asks, and where.
    frame: Frame,
    /// What leans on the segment.
    usage: Vec<Usage>,
    /// Whether it is over.
    over: bool,
    /// Whether deleting has begun.
    begun: bool,
) -> impl IntoView {
    let lines = usage
        .into_iter()
        .filter_map(|usage| match usage.what {
            UsageKind::Campaign { id, status } => Some((
                paths::campaign(frame.ds(), &id),
                usage.name,
                status,
                usage.eligible_now,
            )),
            UsageKind::Registered { .. } | UsageKind::Segment { .. } => None,
        })
        .map(|(href, name, status, eligible)| {
            let words = format!(
                "{} eligible, {}",
                grouped(eligible),
                status.title().to_lowercase()
            );
            view! { <dt><a href=href>{name}</a></dt><dd>{words}</dd> }
        })
        .collect::<Vec<_>>();
    let hint = match (over, begun) {
        (true, _) => "Counted just now.",
        (false, true) => {
            "Counted when this page was loaded. The segment is disabled; enable it when the job is done."
        }
        (false, false) => {
            "Counted when this page was loaded. The segment works as before; it is disabled when deleting begins."
        }
    };
    (!lines.is_empty()).then(|| {
        view! { <Card title="Campaigns now"><div class="body"><dl class="kv">{lines}</dl><p class="hint">{hint}</p></div></Card> }
    })
}

/// Who was not deleted, and why.
#[component]
pub fn Leftovers(
    /// Who asks, and where.
    frame: Frame,
    /// The first of them.
    rows: Page<Leftover>,
) -> impl IntoView {
    let more = rows.next.is_some();
    let body = rows
        .items
        .into_iter()
        .map(|row| {
            let name = match row.title {
                Some(title) => {
                    view! { <a href=paths::profile(frame.ds(), row.profile)>{title}</a> }.into_any()
                }
                None => view! { <span>{format!("Profile {}", row.profile)}</span> }.into_any(),
            };
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td data-label="Outcome">{outcome(row.outcome)}</td>
                    <td data-label="Reason">{row.reason}</td>
                </tr>
            }
        })
        .collect::<Vec<_>>();
    let note = if more { "the first 20" } else { "" };
    (!body.is_empty()).then(|| {
        view! {
            <Card title="Not deleted" note=move || note>
                <table class="stack">
                    <caption class="unseen">"Users who were not deleted, with the reason"</caption>
                    <thead><tr><th scope="col">"User"</th><th scope="col">"Outcome"</th><th scope="col">"Reason"</th></tr></thead>
                    <tbody>{body}</tbody>
                </table>
            </Card>
        }
    })
}

const fn outcome(outcome: Became) -> &'static str {
    match outcome {
        Became::Not(Outcome::Spared) => "Spared",
        Became::Not(Outcome::Held) => "Held",
        Became::Not(Outcome::Failed) => "Failed",
        Became::Not(Outcome::Gone) => "Already gone",
        Became::Deleted => "Deleted",
        Became::Left => "Left",
    }
}

/// How it came about.
#[component]
pub fn Record(
    /// The deletion.
    job: Job,
    /// When it was asked for.
    asked: String,
) -> impl IntoView {
    let line = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <dt>{name}</dt><dd>{value}</dd> })
    };
    let wiped = match job.scrubbed_at {
        Some(at) => at.date_time_short(),
        None if job.state.terminal() => "not proven".to_owned(),
        None => "not yet".to_owned(),
    };
    view! {
        <Card title="How it came about">
            <div class="body">
                <dl class="kv">
                    {line("Asked by", Some(format!("{}, {asked}", job.requested_by)))}
                    {line("Reason", job.reason.clone())}
                    {job.rule.clone().map(|rule| view! { <dt>"Rule then"</dt><dd><code>{rule}</code></dd> })}
                    {line("If they come back", Some(job.suppress.title().to_owned()))}
                    {line("Quiet hours", job.quiet_hours.as_ref().map(ToString::to_string))}
                    {line("Last wish by", job.intent_by.clone())}
                    {line("How long", expected(&job))}
                    {line("Where the time goes", where_time_goes(&job))}
                    {line("Batches", Some(grouped(job.progress.batches)))}
                    {line("Freed space wiped", Some(wiped))}
                </dl>
            </div>
        </Card>
    }
    .into_any()
}
