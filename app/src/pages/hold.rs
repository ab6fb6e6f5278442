//! One legal hold: why, whom it holds, and how it is ended.

use crate::{
    api::{
        frame::Frame,
        holds::{HoldView, show_hold},
    },
    components::{EndHold, HeldTable, Here, HoldBadge, Notices, Pager, Place, Typed, moment, on_whom, page},
    paths,
    ui::{Banner, Card, Empty, Glyph, PageTop, Tone},
};
use domain::{guard::grouped, hold::Hold};
use leptos::prelude::*;

/// The page.
#[component]
pub fn HoldPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Holds), Typed::read());
    let load = show_hold(here.ds.clone(), here.id.clone(), typed.get("cursor"));
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: HoldView, typed: Typed) -> impl IntoView {
    let hold = data.hold.clone();
    let crumbs = vec![("Legal holds".to_owned(), paths::holds(frame.ds()))];
    let sub = match (hold.in_force(), hold.held) {
        (true, 1) => "Holds 1 person now.".to_owned(),
        (true, held) => format!("Holds {} people now.", grouped(held)),
        (false, _) => "Holds nobody any more.".to_owned(),
    };
    let ended = hold.ended_at.map(|at| {
        let by = hold.ended_by.clone().unwrap_or_default();
        let title = format!("Ended by {by} {}", moment(at, frame.now));
        let why = hold.end_reason.clone().unwrap_or_default();
        view! { <Banner tone=Tone::Info title><p>{why}</p></Banner> }
    });
    let end = (data.may_end && hold.in_force()).then(|| {
        let (ds, hold, typed) = (frame.ds().to_owned(), hold.clone(), typed.clone());
        view! { <Card title="End this hold"><div class="body"><EndHold ds hold typed /></div></Card> }
    });
    view! {
        <PageTop title=hold.name.clone() crumbs sub=move || sub.clone() />
        <Notices typed=typed.clone() />
        {ended}
        <div class="grid wide-left">
            <div><Held frame=frame.clone() data=data.clone() typed /></div>
            <div>
                <Facts frame hold />
                {end}
            </div>
        </div>
    }
    .into_any()
}

/// The people whom it holds.
#[component]
fn Held(frame: Frame, data: HoldView, typed: Typed) -> impl IntoView {
    let here = paths::hold(frame.ds(), data.hold.id);
    let shown = data.people.items.len();
    let next = data
        .people
        .next
        .as_deref()
        .map(|next| paths::with_query(&here, &[("cursor", next)]));
    let first = (!typed.get("cursor").is_empty()).then_some(here);
    let body = if data.people.items.is_empty() {
        let (title, text) = match data.hold.in_force() {
            true => (
                "Nobody is held by it now",
                "Nobody matches its rule, or the people whom it named are gone.",
            ),
            false => ("It has been ended", "The list of whom it held has been removed."),
        };
        view! { <Empty glyph=Glyph::People title text /> }.into_any()
    } else {
        view! {
            <HeldTable frame rows=data.people.items />
            <Pager shown what=if shown == 1 { "user" } else { "users" } next first />
        }
        .into_any()
    };
    view! { <Card title="Held by it">{body}</Card> }.into_any()
}

/// What it is.
#[component]
fn Facts(frame: Frame, hold: Hold) -> impl IntoView {
    let in_force = hold.in_force();
    let whom = match &hold.rule {
        Some(rule) => view! { <code>{rule.clone()}</code> }.into_any(),
        None => on_whom(&hold).into_any(),
    };
    view! {
        <Card title="The hold">
            <div class="body">
                <dl class="kv">
                    <dt>"State"</dt>
                    <dd><HoldBadge in_force /></dd>
                    <dt>"Whom"</dt>
                    <dd>{whom}</dd>
                    <dt>"Reason"</dt>
                    <dd>{hold.reason}</dd>
                    <dt>"Set by"</dt>
                    <dd>{format!("{}, {}", hold.created_by, moment(hold.created_at, frame.now))}</dd>
                </dl>
            </div>
        </Card>
    }
    .into_any()
}
