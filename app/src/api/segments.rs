//! Segments: looking, making, changing, counting.

use super::Reply;
use crate::islands::PreviewView;
use domain::{
    job::Job,
    membership::{HistoryEntry, KeptReport},
    page::Page,
    profile::ProfileRow,
    recurring::RecurringJob,
    segment::{Preview, Segment},
    usage::{Usage, UsesList},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of a segment's page: that of the open tab.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SegmentView {
    /// The segment.
    pub segment: Segment,
    /// The open tab: the one asked for, or the first where there is none of that name for this person.
    pub tab: String,
    /// Its deletion that is not over; of a plan, the job whose turn it is.
    pub unfinished: Option<Job>,
    /// The tab `users`.
    pub users: Option<Page<ProfileRow>>,
    /// What leans on it, where the page has asked [`list_dependencies`].
    pub usage: Option<Vec<Usage>>,
    /// What leans on it, by name alone: nothing is counted, so it is at hand on every tab.
    pub uses: Vec<Usage>,
    /// The last list of what other systems run: how far `usage` can be relied on for these.
    pub uses_list: UsesList,
    /// Its deletions.
    pub jobs: Page<Job>,
    /// The standing confirmation by which its people go again and again.
    pub recurring: Option<RecurringJob>,
    /// The tab `members`: the report of a file that was just put in.
    pub report: Option<KeptReport>,
    /// The tab `history`.
    pub history: Option<Page<HistoryEntry>>,
}

/// All segments.
#[server]
pub async fn list_segments(ds: String, show_disabled: bool) -> Reply<Vec<Segment>> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(door
            .engine
            .segments(door.actor(), door.id(), show_disabled)
            .await?)
    })
    .await
}

/// What the form of a segment begins with, for who may change segments; `None`: a new one.
#[server]
pub async fn draft_segment(ds: String, id: String) -> Reply<Option<Segment>> {
    use super::door::{self, Door, reply};
    use domain::access::Permission;
    reply(async {
        let door = Door::open(&ds).await?;
        let (actor, ds) = (door.actor(), door.id());
        actor.require_in(Permission::Edit, ds)?;
        if id.is_empty() {
            return Ok(None);
        }
        let id = door::id(&id, "segment")?;
        Ok(Some(door.engine.segment(actor, ds, id).await?))
    })
    .await
}

/// One segment with what its open tab shows.
#[server]
pub async fn show_segment(
    ds: String,
    id: String,
    tab: String,
    q: String,
    cursor: String,
    report: String,
) -> Reply<SegmentView> {
    use super::door::{self, Door, reply};
    use domain::{access::Permission, page::PageRequest, profile::ProfileQuery};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, ds) = (&door.engine, door.actor(), door.id());
        let segment = engine
            .segment_with_would(actor, ds, door::id(&id, "segment")?)
            .await?;
        let tab = open_tab(&tab, &segment, actor.may(Permission::Edit)).to_owned();
        let unfinished = match segment.job {
            Some(job) => Some(engine.job(actor, ds, job).await?),
            None => None,
        };
        let mut view = SegmentView {
            unfinished,
            users: None,
            usage: None,
            uses: engine.usage_list(actor, ds, segment.id).await?,
            uses_list: engine.uses_list(actor, ds).await?,
            recurring: engine.recurring_of_segment(actor, ds, segment.id).await?,
            report: None,
            history: None,
            jobs: Page {
                items: vec![],
                next: None,
            },
            tab,
            segment,
        };
        let (id, tab) = (view.segment.id, view.tab.clone());
        view.jobs = engine.jobs(actor, ds, Some(id), PageRequest::default()).await?;
        let page = PageRequest {
            limit: None,
            cursor: Some(cursor).filter(|c| !c.is_empty()),
        };
        if tab == "history" {
            view.history = Some(engine.segment_history(actor, ds, id, page).await?);
        } else if let ("members", Ok(report)) = (tab.as_str(), report.parse()) {
            view.report = engine.file_report(actor, ds, id, report).await?;
        } else if tab == "users" {
            let q = Some(q).filter(|q| !q.trim().is_empty());
            view.users = Some(
                engine
                    .profiles(
                        actor,
                        ds,
                        ProfileQuery {
                            q,
                            segment: Some(id),
                            page,
                            ..ProfileQuery::default()
                        },
                    )
                    .await?,
            );
        }
        Ok(view)
    })
    .await
}

/// The tab that an address asks for, where the segment has one of that name and this person may open it.
#[cfg(feature = "ssr")]
fn open_tab<'a>(asked: &'a str, segment: &Segment, may_edit: bool) -> &'a str {
    use domain::segment::SegmentKind;
    let there = match asked {
        "used-by" | "deletions" | "history" => true,
        "rule" => segment.rule.is_some(),
        "members" => may_edit && segment.kind != SegmentKind::Rule,
        "manage" => may_edit,
        _ => false,
    };
    if there { asked } else { "users" }
}

/// Counts who matches a rule, and names the first few. Writes nothing.
#[server]
pub async fn preview_rule(ds: String, rule: String) -> Reply<Preview> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(door.engine.preview(door.actor(), door.id(), &rule).await?)
    })
    .await
}

/// The same in ready words, so that the browser formats nothing.
#[server]
pub async fn look_at_rule(ds: String, rule: String) -> Reply<PreviewView> {
    let answer = super::flat(preview_rule(ds, rule.clone()).await);
    Ok(Ok(crate::components::preview_words(answer, &rule)))
}

/// What leans on a segment, directly and through other segments.
#[server]
pub async fn list_dependencies(ds: String, segment: String) -> Reply<Vec<Usage>> {
    use super::door::{self, Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(door
            .engine
            .usage(door.actor(), door.id(), door::id(&segment, "segment")?)
            .await?)
    })
    .await
}

/// Makes a segment.
#[server]
pub async fn create_segment(
    ds: String,
    name: String,
    kind: String,
    #[server(default)] rule: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    use domain::segment::{SegmentKind, SegmentSpec};
    let page = back::Back::to(paths::new_segment(&ds));
    let page = page
        .keep("name", name.clone())
        .keep("kind", kind.clone())
        .keep("rule", rule.clone());
    back::post(page, async {
        let door = door::Door::open(&ds).await?;
        let kind = SegmentKind::parse(&kind).unwrap_or(SegmentKind::Rule);
        let spec = SegmentSpec {
            name,
            kind,
            rule: (kind == SegmentKind::Rule).then_some(rule),
        };
        let made = door.engine.create_segment(door.actor(), door.id(), spec).await?;
        Ok(back::done(&paths::segment(&ds, made.id), "created"))
    })
    .await
}

/// Changes a segment's name and rule.
#[server]
pub async fn update_segment(
    ds: String,
    id: String,
    name: String,
    #[server(default)] rule: Option<String>,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    use domain::segment::SegmentChange;
    let page = back::Back::to(format!("{}/{}/edit", paths::segments(&ds), paths::encode(&id)));
    let mut page = page.keep("name", name.clone());
    if let Some(rule) = &rule {
        page = page.keep("rule", rule.clone());
    }
    back::post(page, async {
        let door = door::Door::open(&ds).await?;
        let id = door::id(&id, "segment")?;
        let was = door.engine.segment(door.actor(), door.id(), id).await?.rule;
        // A new name alone is no change of the rule, which is refused while the segment is disabled.
        let same = |rule: &String| Some(rule.trim()) == was.as_deref().map(str::trim);
        let change = SegmentChange {
            name: Some(name),
            rule: rule.filter(|rule| !same(rule)),
        };
        door.engine
            .update_segment(door.actor(), door.id(), id, change)
            .await?;
        Ok(back::done(&paths::segment(&ds, id), "changed"))
    })
    .await
}

/// Looks at the rule of a form that is not sent off yet: its page comes back with all that was typed, and with who matches.
/// The rule stands in no address: it may be long, and may name somebody.
#[server]
pub async fn look_again(
    ds: String,
    #[server(default)] id: String,
    #[server(default)] name: String,
    #[server(default)] kind: String,
    #[server(default)] rule: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = if id.is_empty() {
        paths::new_segment(&ds)
    } else {
        format!("{}/{}/edit", paths::segments(&ds), paths::encode(&id))
    };
    let form = || {
        back::Back::to(page.clone())
            .keep("name", name.clone())
            .keep("kind", kind.clone())
            .keep("rule", rule.clone())
    };
    back::post(form(), async {
        door::Door::open(&ds).await?;
        Ok(back::looked(form()))
    })
    .await
}

/// Counts a segment anew.
#[server]
pub async fn refresh_count(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = format!("{}/{}", paths::segments(&ds), paths::encode(&id));
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        let segment = door
            .engine
            .refresh_count_soon(door.actor(), door.id(), door::id(&id, "segment")?)
            .await?;
        let done = if segment.counting { "counting" } else { "counted" };
        Ok(back::done(&page, done))
    })
    .await
}

/// Lets people join again.
#[server]
pub async fn enable_segment(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = format!("{}/{}", paths::segments(&ds), paths::encode(&id));
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        door.engine
            .enable_segment(door.actor(), door.id(), door::id(&id, "segment")?)
            .await?;
        Ok(back::done(&page, "enabled"))
    })
    .await
}

/// Lets nobody join any more.
#[server]
pub async fn disable_segment(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = format!("{}/{}", paths::segments(&ds), paths::encode(&id));
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        door.engine
            .disable_segment(door.actor(), door.id(), door::id(&id, "segment")?)
            .await?;
        Ok(back::done(&page, "disabled"))
    })
    .await
}
