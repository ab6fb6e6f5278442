//! One privacy request: how much time is left, what is to be done next, what happened, and who was told.

use crate::{
    api::{
        frame::Frame,
        privacy::{RequestView, show_request},
    },
    components::{
        AnswerLink, Here, NextDeed, Notices, OtherDeeds, Place, RequestBadge, RequestHistory, ToldTable,
        Typed, one_or_many, page,
    },
    paths,
    ui::{Banner, Card, PageTop, Tone},
};
use domain::{
    privacy::{
        clock::Countdown,
        request::{Manner, Request, RequestKind, RequestState, Subject},
    },
    profile::IdentityKind,
    receipt::ReceiptOf,
    time::Timestamp,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn PrivacyRequestPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Privacy), Typed::read());
    let load = show_request(here.ds.clone(), here.id.clone());
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: RequestView, typed: Typed) -> impl IntoView {
    let it = data.it.clone();
    let crumbs = vec![("Privacy requests".to_owned(), paths::privacy(frame.ds()))];
    let sub = format!(
        "{}, received {} {}",
        it.regulation.title(),
        it.received_at.date_short(),
        match it.manner {
            Manner::OpenDsr | Manner::Api => format!("by {}", it.manner.title()),
            Manner::InPerson => "in person".to_owned(),
            other => format!("by {}", other.title().to_lowercase()),
        }
    );
    let acts = {
        let (frame, it, sealed) = (frame.clone(), it.clone(), data.receipt);
        ViewFn::from(move || {
            let receipt = sealed.then(|| paths::receipt(frame.ds(), ReceiptOf::Request(it.id)));
            let receipt = receipt.map(|href| view! { <a class="btn" href=href>"Receipt"</a> });
            view! { {receipt} <AnswerLink frame=frame.clone() it=it.clone() /> }
        })
    };
    let empty = if it.state.ended() {
        "The dataset had no recipients to be told, or there was nothing to tell."
    } else {
        "Once the person has been erased, each recipient of the dataset is told, as art. 19 of the GDPR asks."
    };
    let told = (it.kind == RequestKind::Erasure || !data.told.is_empty()).then(|| {
        let recipients = paths::recipients(frame.ds());
        view! { <ToldTable rows=data.told.clone() now=frame.now recipients empty=empty.to_owned() /> }
    });
    view! {
        <PageTop title=format!("{}: {}", it.id.number(), it.kind.title()) crumbs sub=move || sub.clone() acts />
        <Notices typed=typed.clone() />
        <Standing it=it.clone() now=frame.now />
        <div class="grid wide-left">
            <div>
                <NextDeed frame=frame.clone() data=data.clone() typed=typed.clone() />
                <RequestHistory rows=data.history now=frame.now />
                {told}
            </div>
            <div>
                <Facts it=it.clone() />
                <OtherDeeds frame it typed />
            </div>
        </div>
    }
    .into_any()
}

/// How it stands, in a sentence.
#[component]
fn Standing(it: Request, now: Timestamp) -> impl IntoView {
    let left = Countdown::of(it.due_at, now);
    let due = it.due_at.date_short();
    let ended = it.ended_at.map(Timestamp::date_time_short).unwrap_or_default();
    let (tone, title, text) = match it.state {
        _ if it.trouble.is_some() => (
            Tone::Warn,
            "It could not be carried out yet".to_owned(),
            it.trouble.clone().unwrap_or_default(),
        ),
        RequestState::Pending | RequestState::InProgress => {
            let tone = match left {
                Countdown::Over(_) => Tone::Bad,
                _ if left.pressing() => Tone::Warn,
                _ => Tone::Info,
            };
            let title = match left {
                Countdown::Left(_) => format!("{}: answer by {due}", left.words()),
                Countdown::Today => format!("Due today, {due}"),
                Countdown::Over(_) => format!("{}: it was to be answered by {due}", left.words()),
            };
            (tone, title, progress(&it))
        }
        RequestState::Completed => (Tone::Ok, format!("Completed {ended}"), outcome(&it)),
        RequestState::Cancelled => (
            Tone::Info,
            format!("Cancelled {ended}"),
            "Nothing was done.".to_owned(),
        ),
        RequestState::Declined => {
            let ground = it
                .basis
                .map(|basis| format!("{}: {}.", basis.article(it.regulation), basis.title()));
            let reason = it.reason.clone().unwrap_or_default();
            (
                Tone::Warn,
                format!("Declined {ended}"),
                format!("{} {reason}", ground.unwrap_or_default()),
            )
        }
    };
    view! { <Banner tone title><p>{text}</p></Banner> }.into_any()
}

/// What an open request waits for.
fn progress(it: &Request) -> String {
    match (it.state, it.verified_at, it.run_at) {
        (RequestState::InProgress, _, _) => "It is being carried out.".to_owned(),
        (_, None, _) => "The identity has not been verified yet.".to_owned(),
        (_, _, Some(at)) => format!(
            "The server carries it out on {}; until then it can be cancelled.",
            at.date_time_short()
        ),
        _ => "It can be carried out.".to_owned(),
    }
}

/// What a completed request came to.
fn outcome(it: &Request) -> String {
    if let Some(account) = it.account {
        return match account.deleted {
            0 => "Nothing was known of the person, so there was nothing to erase. They are named nowhere any more.".to_owned(),
            _ => format!(
                "{} erased: {} and {} from the store; {} and {} from the warehouse copy.",
                one_or_many(account.deleted, "person", "people"),
                one_or_many(account.profiles, "profile", "profiles"),
                one_or_many(account.events, "event", "events"),
                one_or_many(account.warehouse_profiles, "profile", "profiles"),
                one_or_many(account.warehouse_events, "event", "events"),
            ),
        };
    }
    match (it.records, it.results_until, it.forgotten_at) {
        (Some(0), _, _) => "Nothing is known of the person; that is the answer.".to_owned(),
        (_, Some(until), None) => format!(
            "The answer can be downloaded until {}. No copy of it is kept.",
            until.date_time_short()
        ),
        _ => "The answer can no longer be downloaded.".to_owned(),
    }
}

/// What is known of the request.
#[component]
fn Facts(it: Request) -> impl IntoView {
    let line = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <dt>{name}</dt><dd>{value}</dd> })
    };
    let at = |at: Option<Timestamp>| at.map(Timestamp::date_time_short);
    let known = it
        .subjects
        .iter()
        .map(|subject| line(kind(subject), Some(subject.value.clone())))
        .collect_view();
    let forgotten = it.forgotten_at.map(|at| {
        view! {
            <dt>"Person"</dt>
            <dd>{it.names.join(" ")}<small>{format!("Keyed name; who it was was removed on {}", at.date_short())}</small></dd>
        }
    });
    let extended = it.extension.map(|by| {
        let reason = it.extension_reason.clone().unwrap_or_default();
        format!("by {by} {}. {reason}", it.regulation.extension_unit())
    });
    let controller = it
        .outside_id
        .clone()
        .map(|id| format!("{id}, from {}", it.controller.clone().unwrap_or_default()));
    view! {
        <Card title="The request">
            <div class="body">
                <dl class="kv">
                    <dt>"State"</dt><dd><RequestBadge state=it.state /></dd>
                    {known}
                    {forgotten}
                    {line("Answer by", Some(it.due_at.date_short()))}
                    {line("Extended", extended)}
                    {line("Confirm by", it.confirm_by.filter(|_| it.confirmed_at.is_none() && !it.state.ended()).map(Timestamp::date_short))}
                    {line("Confirmed", at(it.confirmed_at))}
                    {line("Verified by", it.verified_by.clone())}
                    {line("Controller's id", controller)}
                    {line("Entered by", Some(format!("{}, {}", it.created_by, it.created_at.date_time_short())))}
                    {line("Ended by", it.ended_by.clone())}
                </dl>
            </div>
        </Card>
    }
    .into_any()
}

fn kind(subject: &Subject) -> &'static str {
    match subject.kind {
        Some(IdentityKind::UserId) => "User id",
        Some(IdentityKind::Email) => "E-mail",
        Some(IdentityKind::Phone) => "Phone",
        Some(IdentityKind::AnonymousId) => "Anonymous id",
        None => "Identity",
    }
}
