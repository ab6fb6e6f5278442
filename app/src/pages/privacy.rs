//! All privacy requests of a dataset: the open ones with their clocks, the ended ones as a record.

use crate::{
    api::{
        frame::Frame,
        privacy::{RequestsView, list_requests},
    },
    components::{Here, Notices, Pager, Place, RequestsTable, Typed, one_or_many, page},
    paths,
    ui::{Banner, Empty, Glyph, PageTop, Tab, Tabs, Tone},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn PrivacyPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Privacy), Typed::read());
    let load = list_requests(here.ds.clone(), typed.get("show"), typed.get("cursor"));
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: RequestsView, typed: Typed) -> impl IntoView {
    let ended = typed.get("show") == "ended";
    let here = paths::privacy(frame.ds());
    let of_ended = paths::with_query(&here, &[("show", "ended")]);
    let tabs = vec![
        Tab {
            name: "Open",
            href: here.clone(),
            count: Some(data.open.to_string()),
            open: !ended,
        },
        Tab {
            name: "Ended",
            href: of_ended.clone(),
            count: None,
            open: ended,
        },
    ];
    let acts = {
        let (new, register) = (paths::new_request(frame.ds()), paths::register(frame.ds()));
        ViewFn::from(move || {
            view! {
                <a class="btn" href=register.clone() download>"Register as CSV"</a>
                <a class="btn primary" href=new.clone()>"New request"</a>
            }
        })
    };
    let overdue = (data.overdue > 0).then(|| {
        let title = format!("{} overdue", one_or_many(data.overdue, "request is", "requests are"));
        view! { <Banner tone=Tone::Bad title role="status"><p>"The law's term for an answer has passed. The oldest stands first."</p></Banner> }
    });
    let told = match data.recipients {
        0 => "Nobody is told of erasures yet".to_owned(),
        n => format!(
            "{} told of every erasure",
            one_or_many(
                i64::try_from(n).unwrap_or(i64::MAX),
                "recipient is",
                "recipients are"
            )
        ),
    };
    view! {
        <PageTop title="Privacy requests" sub=|| "What people ask for under GDPR and CCPA, and by when they must be answered." acts />
        <Notices typed=typed.clone() />
        {overdue}
        <Tabs label="Privacy requests" tabs />
        <List frame=frame.clone() data typed ended />
        <p class="hint under-card">{told} ". " <a href=paths::recipients(frame.ds())>"Recipients"</a></p>
    }
    .into_any()
}

#[component]
fn List(frame: Frame, data: RequestsView, typed: Typed, ended: bool) -> impl IntoView {
    if data.rows.items.is_empty() {
        return nothing(&frame, ended).into_any();
    }
    let here = paths::with_query(
        &paths::privacy(frame.ds()),
        &[("show", if ended { "ended" } else { "" })],
    );
    let shown = data.rows.items.len();
    let next = data.rows.next.filter(|_| ended);
    let next = next.map(|next| paths::with_query(&here, &[("cursor", &next)]));
    let first = (!typed.get("cursor").is_empty()).then_some(here);
    let what = if shown == 1 { "request" } else { "requests" };
    view! {
        <section class="card">
            <RequestsTable frame rows=data.rows.items />
            <Pager shown what next first />
        </section>
    }
    .into_any()
}

fn nothing(frame: &Frame, ended: bool) -> impl IntoView + use<> {
    let new = paths::new_request(frame.ds());
    if ended {
        return view! {
            <section class="card">
                <Empty glyph=Glyph::Shield title="No request has ended yet" text="What became of each request is listed here and kept for 24 months, without the names of the people." />
            </section>
        }
        .into_any();
    }
    view! {
        <section class="card">
            <Empty glyph=Glyph::Shield title="Nobody is waiting for an answer" text="Enter what reaches you by e-mail, phone or post; what controllers send by OpenDSR appears here by itself.">
                <a class="btn" href=new>"New request"</a>
            </Empty>
        </section>
    }
    .into_any()
}
