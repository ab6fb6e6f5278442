//! The last step of a deletion: its options, and what must be typed and ticked.

use super::{ExportBox, PasswordAgain, QuietFields, StartChoice, SuppressChoice, Typed, one_or_many};
use crate::{
    api::deletion::DeletionView,
    islands::{RateBox, TypedBox},
    paths,
    ui::{Check, TextField},
};
use domain::{
    guard::{grouped, share_needs_word, share_percent},
    impact::Impact,
};
use leptos::prelude::*;

/// When, how fast, and what becomes of those who change. Belongs to the confirm form and stands beside it.
#[component]
pub fn Options(
    /// The dataset.
    #[prop(into)]
    ds: String,
    /// The page's data.
    data: DeletionView,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    view! {
        <section class="card">
            <div class="head"><h2>"Options"</h2></div>
            <div class="body options-form">
                <StartChoice ds=ds.clone() data=data.clone() typed=typed.clone() />
                <RateBox
                    ds=ds
                    segment=data.segment.id.to_string()
                    profiles=data.impact.profiles
                    events=data.impact.events
                    value=typed.get("max_rate")
                    error=typed.error("max_rate")
                    focus=typed.at("max_rate")
                />
                <QuietFields typed=typed.clone() zones=data.zones.clone() />
                <Check
                    name="form[spare_changed]"
                    label="Keep people who no longer match when their turn comes"
                    on=typed.get("spare_changed") != "no"
                    form="confirm"
                />
                <SuppressChoice typed=typed.clone() form="confirm" />
                <ExportBox typed=typed.clone() />
                <TextField
                    name="form[reason]"
                    label="Reason"
                    value=typed.get("reason")
                    hint="Kept in the record, for colleagues. Optional."
                    form="confirm"
                />
            </div>
        </section>
    }
    .into_any()
}

/// The confirm form.
#[component]
pub fn ConfirmForm(
    /// The dataset.
    #[prop(into)]
    ds: String,
    /// The page's data.
    data: DeletionView,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let keep = paths::segment(&ds, data.segment.id);
    let events = one_or_many(data.impact.events, "event goes", "events go");
    view! {
        <section class="card">
            <div class="head"><h2>"Confirm"</h2></div>
            <form class="body confirm-form" id="confirm" method="post" action="/fn/start_job" autocomplete="off">
                <p>
                    <b>"Deleted users cannot be recovered. "</b>
                    {format!("Their {events} with them. All-time totals do not change. Reports for past periods will show lower numbers than before.")}
                </p>
                <p class="hint">
                    "The list of people is fixed when you confirm. The segment is disabled from the moment deleting begins, and stays so until somebody enables it. One job may leave some people behind; its page says who and why."
                </p>
                <input type="hidden" name="form[ds]" value=ds />
                <input type="hidden" name="form[segment]" value=data.segment.id.to_string() />
                <input type="hidden" name="form[plan_hash]" value=data.impact.plan_hash.clone() />
                <input type="hidden" name="form[key]" value=data.key.clone() />
                <Typing data=data.clone() typed=typed.clone() />
                <Ticks impact=data.impact.clone() typed=typed.clone() />
                <PasswordAgain needed=data.password_needed name="form[password]" typed=typed.clone() />
                <div class="acts">
                    <button class="btn danger">"Confirm Delete"</button>
                    <a class="btn" href=keep>"Keep these profiles"</a>
                </div>
            </form>
        </section>
    }
    .into_any()
}

/// What must be typed.
#[component]
fn Typing(
    /// The page's data.
    data: DeletionView,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    view! {
        <p class="hint">
            "Type " <b>{data.segment.name.clone()}</b> " and " <b class="tnum">{grouped(data.impact.profiles)}</b> " to confirm."
        </p>
        <div class="pair">
            <TypedBox
                name="form[confirm_name]".to_owned()
                id="confirm_name".to_owned()
                label="Segment name".to_owned()
                value=typed.get("confirm_name")
                expected=data.segment.name.clone()
                digits=false
                error=typed.error("confirm_name")
                focus=typed.at("confirm_name")
            />
            <TypedBox
                name="form[confirm_count]".to_owned()
                id="confirm_count".to_owned()
                label="Number of profiles".to_owned()
                value=typed.get("confirm_count")
                expected=data.impact.profiles.to_string()
                digits=true
                error=typed.error("confirm_count")
                focus=typed.at("confirm_count")
            />
        </div>
    }
    .into_any()
}

/// What must be ticked.
#[component]
fn Ticks(
    /// The impact.
    impact: Impact,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let running = impact.running_campaigns();
    let campaigns = if running == 1 {
        "1 running campaign is affected".to_owned()
    } else {
        format!("{running} running campaigns are affected")
    };
    let (profiles, of) = (impact.profiles, impact.dataset_profiles);
    let most = !impact.everyone && share_needs_word(profiles, of);
    let percent = share_percent(profiles, of);
    let tick = |name: &'static str, label: String| {
        view! { <Check name=format!("form[{name}]") label on=!typed.get(name).is_empty() error=typed.error(name) focus=typed.at(name) /> }
    };
    view! {
        <div>
            {(running > 0).then(|| tick("seen", format!("I have seen that {campaigns}")))}
            {impact.everyone.then(|| tick("everyone", "This is everyone in the dataset, and that is meant".to_owned()))}
            {most.then(|| tick("most", format!("I have seen that {percent} % of the dataset goes")))}
            {tick("consent", "I understand that deleted users cannot be recovered".to_owned())}
        </div>
    }
    .into_any()
}
