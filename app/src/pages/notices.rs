//! Word of what one's deletions came to.

use crate::{
    api::{frame::Frame, notices::list_notices},
    components::{Here, Notices, Pager, Place, Typed, moment, page},
    paths,
    ui::{Empty, Glyph, PageTop},
};
use domain::{notice::Notice, page::Page};
use leptos::prelude::*;

/// The page.
#[component]
pub fn NoticesPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Notices), Typed::read());
    let load = list_notices(here.ds.clone(), typed.get("cursor"));
    page(here, load, |frame, rows| view! { <Content frame rows typed /> })
}

#[component]
fn Content(frame: Frame, rows: Page<Notice>, typed: Typed) -> impl IntoView {
    let here = paths::notices(frame.ds());
    let shown = rows.items.len();
    let next = rows
        .next
        .as_deref()
        .map(|next| paths::with_query(&here, &[("cursor", next)]));
    let first = (!typed.get("cursor").is_empty()).then_some(here);
    let newest = rows.items.first().map(|notice| notice.id.to_string());
    let ds = frame.ds().to_owned();
    let acts = newest
        // All of them are those from the newest on, which stands on the first page.
        .filter(|_| frame.unread > 0 && first.is_none())
        .map(|id| ViewFn::from(move || view! { <Mark ds=ds.clone() id=id.clone() all=true /> }));
    let body = if rows.items.is_empty() {
        view! { <Empty glyph=Glyph::Bell title="No notices yet" text="When a deletion of yours ends, waits for somebody or is refused, it says so here." /> }
            .into_any()
    } else {
        let items = rows
            .items
            .into_iter()
            .map(|notice| view! { <One frame=frame.clone() notice /> })
            .collect_view();
        view! {
            <div class="body"><ul class="todo notices">{items}</ul></div>
            <Pager shown what=if shown == 1 { "notice" } else { "notices" } next first />
        }
        .into_any()
    };
    view! {
        <PageTop
            title="Notices"
            sub=|| view! { "What your deletions came to, newest first. They can also come " <a href=paths::NOTIFICATIONS>"by e-mail"</a> "." }
            acts=acts.unwrap_or_default()
        />
        <Notices typed />
        <section class="card">{body}</section>
    }
    .into_any()
}

/// One notice, with the way to what it tells of.
#[component]
fn One(frame: Frame, notice: Notice) -> impl IntoView {
    let unread = notice.read_at.is_none();
    let href = match (notice.job, notice.recurring) {
        (Some(job), _) => Some(paths::job(&notice.dataset, job)),
        (None, Some(recurring)) => Some(paths::recurring(&notice.dataset, recurring)),
        (None, None) => None,
    };
    let title = match href {
        Some(href) => view! { <a href=href>{notice.title.clone()}</a> }.into_any(),
        None => view! { <span>{notice.title.clone()}</span> }.into_any(),
    };
    let mark = unread.then(|| view! { <Mark ds=frame.ds().to_owned() id=notice.id.to_string() all=false /> });
    view! {
        <li class=if unread { "unread" } else { "" }>
            <div>
                <h2>{title} {unread.then(|| view! { " " <span class="badge run">"New"</span> })}</h2>
                <p>{notice.text.clone()}</p>
                <p class="hint">{moment(notice.created_at, frame.now)} ", " {notice.dataset.clone()}</p>
            </div>
            {mark}
        </li>
    }
    .into_any()
}

/// Marks one as read, or all.
#[component]
fn Mark(ds: String, id: String, all: bool) -> impl IntoView {
    view! {
        <form method="post" action="/fn/mark_notices">
            <input type="hidden" name="ds" value=ds />
            <input type="hidden" name="id" value=id />
            {all.then(|| view! { <input type="hidden" name="and_older" value="yes" /> })}
            <button class="btn small">{if all { "Mark all as read" } else { "Mark as read" }}</button>
        </form>
    }
    .into_any()
}
