//! One segment: its users, its rule, what uses it, its deletions; and, apart from all that, the way to delete its people.

use crate::{
    api::{
        Reply, flat,
        frame::Frame,
        segments::{SegmentView, list_dependencies, show_segment},
    },
    components::{
        CountLine, DangerZone, DisabledBanner, Here, History, JobsTable, Manage, Members, NothingUses,
        Notices, PendingDeletion, People, Place, SearchForm, SegmentBadge, StandingDeletion, Typed,
        UsageTable, UsesNote, nothing_is_known, page, places,
    },
    paths,
    ui::{Card, Empty, Glyph, PageTop, Tab, Tabs},
};
use domain::{guard::grouped, segment::SegmentKind};
use leptos::prelude::*;

/// The page.
#[component]
pub fn SegmentPage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Segments), Typed::read());
    let load = load(here.clone(), typed.clone());
    page(
        here,
        load,
        move |frame, data| view! { <Content frame data typed /> },
    )
}

/// What uses the segment is counted where it is shown with its numbers: on its tab.
async fn load(here: Here, typed: Typed) -> Reply<SegmentView> {
    let shown = show_segment(
        here.ds.clone(),
        here.id.clone(),
        typed.get("tab"),
        typed.get("q"),
        typed.get("cursor"),
        typed.get("report"),
    );
    let mut view = match flat(shown.await) {
        Ok(view) => view,
        Err(problem) => return Ok(Err(problem)),
    };
    if view.tab == "used-by" {
        match flat(list_dependencies(here.ds, here.id).await) {
            Ok(usage) => view.usage = Some(usage),
            Err(problem) => return Ok(Err(problem)),
        }
    }
    Ok(Ok(view))
}

#[component]
fn Content(frame: Frame, data: SegmentView, typed: Typed) -> impl IntoView {
    let tab = data.tab.clone();
    let (segment, unfinished) = (data.segment.clone(), data.unfinished.clone());
    let (state, kind) = (segment.state, segment.kind.title());
    let unknown = nothing_is_known(&data.uses_list, frame.now);
    let used = match (data.uses.is_empty(), unknown) {
        (true, true) => ", not used in Lethe".to_owned(),
        (true, false) => ", not used anywhere".to_owned(),
        (false, _) => format!(", used in {}", places(&data.uses)),
    };
    let edit = frame
        .may_edit
        .then(|| paths::edit_segment(frame.ds(), segment.id));
    let edit_name = if segment.kind == SegmentKind::Rule {
        "Edit rule"
    } else {
        "Rename"
    };
    let manage = paths::with_query(&paths::segment(frame.ds(), segment.id), &[("tab", "manage")]);
    let acts = ViewFn::from(move || {
        edit.clone().map(|href| {
            view! { <a class="btn" href=manage.clone()>"Clone"</a> <a class="btn" href=href>{edit_name}</a> }
        })
    });
    view! {
        <PageTop
            title=segment.name.clone()
            crumbs=vec![("Segments".to_owned(), paths::segments(frame.ds()))]
            sub=move || view! { <SegmentBadge state /> " " {kind} {used.clone()} }
            acts
        />
        <Notices typed=typed.clone() />
        <DisabledBanner frame=frame.clone() data=data.clone() />
        <PendingDeletion frame=frame.clone() data=data.clone() />
        <StandingDeletion frame=frame.clone() data=data.clone() />
        <SegmentTabs frame=frame.clone() data=data.clone() tab=tab.clone() />
        {part(frame.clone(), data, &tab, typed)}
        <DangerZone frame segment unfinished />
    }
    .into_any()
}

#[component]
fn SegmentTabs(frame: Frame, data: SegmentView, tab: String) -> impl IntoView {
    let here = paths::segment(frame.ds(), data.segment.id);
    let count = data.segment.count.map(|count| grouped(count.value));
    let number = |n: usize| grouped(i64::try_from(n).unwrap_or(i64::MAX));
    let one = |key: &'static str, name: &'static str, count: Option<String>| Tab {
        name,
        href: if key == "users" {
            here.clone()
        } else {
            paths::with_query(&here, &[("tab", key)])
        },
        count,
        open: tab == key,
    };
    let mut tabs = vec![one("users", "Users", count)];
    if data.segment.rule.is_some() {
        tabs.push(one("rule", "Rule", None));
    }
    tabs.push(one("used-by", "Used by", Some(number(data.uses.len()))));
    let by_hand = data.segment.kind != SegmentKind::Rule;
    if frame.may_edit && by_hand {
        tabs.push(one("members", "Members", None));
    }
    tabs.push(one(
        "deletions",
        "Deletions",
        data.jobs.next.is_none().then(|| number(data.jobs.items.len())),
    ));
    tabs.push(one("history", "History", None));
    if frame.may_edit {
        tabs.push(one("manage", "Manage", None));
    }
    view! { <Tabs label="Parts of this segment" tabs /> }.into_any()
}

fn part(frame: Frame, data: SegmentView, tab: &str, typed: Typed) -> AnyView {
    match tab {
        "rule" => rule(data).into_any(),
        "used-by" => used_by(&frame, data).into_any(),
        "deletions" => deletions(frame, data).into_any(),
        "history" => data
            .history
            .map(|entries| view! { <History frame segment=data.segment entries /> })
            .into_any(),
        "members" if frame.may_edit && data.segment.kind != SegmentKind::Rule => {
            view! { <Members frame data typed /> }.into_any()
        }
        "manage" if frame.may_edit => view! { <Manage frame data typed /> }.into_any(),
        _ => users(frame, data, typed).into_any(),
    }
}

fn users(frame: Frame, data: SegmentView, typed: Typed) -> impl IntoView + use<> {
    let here = paths::segment(frame.ds(), data.segment.id);
    // Of a segment that never had anybody, nobody can be left.
    let counted = data.segment.count.is_some_and(|count| count.value > 0);
    let emptied = counted || !data.jobs.items.is_empty();
    data.users.map(|rows| {
        view! {
            <section class="card">
                <div class="head">
                    <SearchForm action=here.clone() q=typed.get("q") tab="" />
                    <span class="note"><CountLine frame=frame.clone() segment=data.segment /></span>
                </div>
                <People frame here rows typed everyone=false emptied />
            </section>
        }
    })
}

fn rule(data: SegmentView) -> impl IntoView + use<> {
    view! {
        <Card title="Rule">
            <div class="body stackup">
                <code class="rule-text">{data.segment.rule}</code>
                <p class="hint">"Dates are UTC. The rule is read anew whenever the segment is used, as long as the segment is enabled."</p>
            </div>
        </Card>
    }
    .into_any()
}

fn used_by(frame: &Frame, data: SegmentView) -> impl IntoView + use<> {
    // What has not been counted must not read as "nothing uses it".
    let Some(usage) = data.usage else {
        return view! { <Card title="Where this segment is used"><Empty glyph=Glyph::Warn title="What uses this segment could not be counted" text="Load the page again to count it." /></Card> }.into_any();
    };
    let (list, now) = (data.uses_list, frame.now);
    let note = places(&usage);
    let inside = if usage.is_empty() {
        view! { <NothingUses list now /> }.into_any()
    } else {
        view! { <UsageTable ds=frame.ds() usage list /> }.into_any()
    };
    view! { <Card title="Where this segment is used" note=move || note.clone()>{inside}<UsesNote list now /></Card> }.into_any()
}

fn deletions(frame: Frame, data: SegmentView) -> impl IntoView + use<> {
    let inside = if data.jobs.items.is_empty() {
        view! { <Empty glyph=Glyph::Bin title="No deletion of this segment yet" text="Each one is listed here with who asked, when, and what became of it." /> }.into_any()
    } else {
        view! { <JobsTable frame caption="Deletions of this segment" jobs=data.jobs.items full=true /> }
            .into_any()
    };
    view! { <Card title="Deletions">{inside}</Card> }.into_any()
}
