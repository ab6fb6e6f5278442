//! One person: how they are known, what is known of them, what they did.

use crate::{
    api::{frame::Frame, profiles::show_profile},
    components::{Here, Place, money, page},
    paths,
    ui::{Card, Empty, Glyph, PageTop},
};
use domain::{
    guard::grouped,
    profile::{EventRow, Profile, ProfileDetail},
    time::Timestamp,
    value::Value,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let here = Here::read(Place::Profiles);
    let load = show_profile(here.ds.clone(), here.id.clone());
    page(here, load, |frame, data| view! { <Content frame data /> })
}

#[component]
fn Content(frame: Frame, data: ProfileDetail) -> impl IntoView {
    let title = data.profile.title();
    let kind = if data.profile.anonymous() {
        "Anonymous"
    } else {
        "Named"
    };
    let seen = data
        .profile
        .last_seen
        .map(|at| format!(", last seen {}", at.date_time_short()))
        .unwrap_or_default();
    let crumbs = vec![("Profiles".to_owned(), paths::profiles(frame.ds()))];
    let erase = data.profile.strongest().filter(|_| frame.may_erase);
    let erase = erase.map(|(_, who)| paths::erase_person(frame.ds(), who));
    let acts = ViewFn::from(move || {
        let href = erase.clone();
        href.map(|href| view! { <a class="btn" href=href>"Erase this person"</a> })
    });
    view! {
        <PageTop title crumbs sub=move || format!("{kind}{seen}") acts />
        <div class="grid wide-left">
            <Events frame=frame.clone() rows=data.events total=data.events_total />
            <div>
                <Known profile=data.profile.clone() />
                <Attributes profile=data.profile />
                <Segments frame segments=data.segments />
            </div>
        </div>
    }
    .into_any()
}

/// How they are known.
#[component]
fn Known(profile: Profile) -> impl IntoView {
    let line = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <dt>{name}</dt><dd>{value}</dd> })
    };
    let when = |at: Option<Timestamp>| at.map(Timestamp::date_time_short);
    view! {
        <Card title="Identity">
            <div class="body">
                <dl class="kv">
                    {line("User id", profile.user_id)}
                    {line("E-mail", profile.email)}
                    {line("Phone", profile.phone)}
                    {profile.anonymous_ids.into_iter().map(|id| line("Anonymous id", Some(id))).collect_view()}
                    {line("First seen", when(profile.first_seen))}
                    {line("Last seen", when(profile.last_seen))}
                    {line("Created", when(Some(profile.created)))}
                </dl>
            </div>
        </Card>
    }
    .into_any()
}

/// What is known of them.
#[component]
fn Attributes(profile: Profile) -> impl IntoView {
    let none = profile.attributes.is_empty();
    let lines = profile
        .attributes
        .into_iter()
        .map(|(name, value)| view! { <dt>{name}</dt><dd>{shown(value)}</dd> })
        .collect_view();
    view! {
        <Card title="Attributes">
            <div class="body">
                <dl class="kv">{lines}</dl>
                {none.then(|| view! { <p class="hint">"No attributes."</p> })}
            </div>
        </Card>
    }
    .into_any()
}

fn shown(value: Value) -> String {
    match value {
        Value::Text(text) | Value::Other(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => if yes { "yes" } else { "no" }.to_owned(),
        Value::Time(at) => at.date_time_short(),
    }
}

#[component]
fn Segments(frame: Frame, segments: Vec<(domain::id::SegmentId, String)>) -> impl IntoView {
    let none = segments.is_empty();
    let links = segments
        .into_iter()
        .map(|(id, name)| view! { <li><a href=paths::segment(frame.ds(), id)>{name}</a></li> })
        .collect_view();
    view! {
        <Card title="In segments">
            <div class="body">
                <ul class="stackup">{links}</ul>
                {none.then(|| view! { <p class="hint">"In none."</p> })}
            </div>
        </Card>
    }
    .into_any()
}

/// What they did, newest first.
#[component]
fn Events(frame: Frame, rows: Vec<EventRow>, total: i64) -> impl IntoView {
    let note = format!(
        "{} of {}",
        grouped(i64::try_from(rows.len()).unwrap_or(i64::MAX)),
        grouped(total)
    );
    if rows.is_empty() {
        return view! { <Card title="Events"><Empty glyph=Glyph::Clock title="No events" text="Nothing this person did is kept." /></Card> }.into_any();
    }
    let body = rows
        .into_iter()
        .map(|event| {
            view! {
                <tr>
                    <th scope="row" class="t">{event.at.date_time_short()}</th>
                    <td data-label="What">{event.kind}</td>
                    <td data-label="Campaign">{event.campaign_id.unwrap_or_default()}</td>
                    <td class="n" data-label="Value">{event.value.map(|value| money(value, &frame.dataset.currency))}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title="Events" note=move || note.clone()>
            <table class="stack">
                <caption class="unseen">"Events, newest first"</caption>
                <thead><tr><th scope="col">"When"</th><th scope="col">"What"</th><th scope="col">"Campaign"</th><th scope="col" class="n">"Value"</th></tr></thead>
                <tbody>{body}</tbody>
            </table>
        </Card>
    }
    .into_any()
}
