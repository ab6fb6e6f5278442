//! Limits of the installation: how long one deletion may take before it is done in several jobs.

use crate::{
    api::limits::{LimitsView, show_limits},
    components::{Here, Notices, Place, ProofTerm, SettingsTabs, Typed, page},
    paths,
    ui::{Card, PageTop, TextField},
};
use domain::{
    estimate::seconds_in_words,
    plan::{JOB_SECONDS_MAX, LimitUnit},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn SettingsLimitsPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Settings), Typed::read());
    page(here, show_limits(), |_, data| view! { <Content data typed /> })
}

#[component]
fn Content(data: LimitsView, typed: Typed) -> impl IntoView {
    let now = seconds_in_words(data.job_seconds_max);
    let usual = seconds_in_words(JOB_SECONDS_MAX);
    let note = if data.job_seconds_set {
        format!("{now}, set by an administrator")
    } else {
        format!("{now}, as usual")
    };
    let change = if data.may_change {
        view! { <LongestForm data=data.clone() typed=typed.clone() /> }.into_any()
    } else {
        view! { <p class="hint">"An administrator of the whole installation can change it."</p> }.into_any()
    };
    let back = (data.may_change && data.job_seconds_set).then(|| {
        view! {
            <form class="foot" method="post" action="/fn/set_limits">
                <span>{format!("The usual limit is {usual}.")}</span>
                <span class="end"><button class="btn quiet">{format!("Back to {usual}")}</button></span>
            </form>
        }
    });
    let terms = typed.clone();
    view! {
        <PageTop title="Limits" sub=|| "They hold for every dataset of this installation." />
        <SettingsTabs open=paths::limits() />
        <Notices typed />
        <Card title="Longest job" note=move || note.clone()>
            <div class="body stackup">
                <p>
                    "A deletion that would take longer than this is done in several jobs: one confirmation, one fixed list of people, and jobs that run one after another by themselves. Before you confirm, the page says how many there will be. Jobs that are there already stay as they are."
                </p>
                {change}
            </div>
            {back}
        </Card>
        <ProofTerm data=data.clone() typed=terms />
    }
    .into_any()
}

/// The limit, to change.
#[component]
fn LongestForm(data: LimitsView, typed: Typed) -> impl IntoView {
    let (number, unit) = LimitUnit::fitting(data.job_seconds_max);
    let refused = typed.problem().is_some();
    let number = if refused {
        typed.get("longest")
    } else {
        number.to_string()
    };
    let unit = LimitUnit::parse(&typed.get("unit"))
        .filter(|_| refused)
        .unwrap_or(unit);
    let units = LimitUnit::ALL
        .into_iter()
        .map(|own| view! { <option value=own.as_str() selected=own == unit>{own.as_str()}</option> })
        .collect_view();
    view! {
        <form class="stackup" method="post" action="/fn/set_limits">
            <div class="halves">
            <TextField
                name="longest"
                label="One job may take at most"
                inputmode="numeric"
                value=number
                error=typed.error("longest")
                focus=typed.at("longest")
            />
            <div class="field">
                <label for="unit">"Unit"</label>
                <select id="unit" name="unit">{units}</select>
            </div>
            </div>
            <div class="acts"><button class="btn">"Set limit"</button></div>
        </form>
    }
    .into_any()
}
