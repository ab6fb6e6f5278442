//! The form of a new or changed campaign: name, id, status, segments, times and the arms of an A/B test.

use super::{ChooseSegments, Typed};
use crate::ui::TextField;
use domain::{
    campaign::{ARMS_MAX, Campaign, CampaignStatus},
    id::SegmentId,
    problem::Code,
    segment::Segment,
    time::Timestamp,
};
use leptos::prelude::*;

/// Between the parts of an arm, and between arms, where an address carries what was typed.
pub const ARM_MARK: char = '\t';
/// See `ARM_MARK`.
pub const ARM_END: char = '\n';
/// Empty rows for arms below those that there are: two, so that a test can be typed at once.
const ARMS_FREE: usize = 2;

/// What the form begins with.
#[derive(Debug, Clone, Default)]
pub struct CampaignDraft {
    /// The dataset.
    pub ds: String,
    /// The campaign as it is; `None`: a new one.
    pub was: Option<Campaign>,
    /// All segments of the dataset.
    pub segments: Vec<Segment>,
    /// What the boxes hold, by their names.
    id: String,
    version: i64,
    name: String,
    status: String,
    include: Vec<String>,
    exclude: Vec<String>,
    starts_at: String,
    ends_at: String,
    arms: Vec<[String; 3]>,
}

impl CampaignDraft {
    /// A draft of a new campaign or of one that is there, with what was typed where the page comes back from a refusal.
    pub fn of(ds: &str, was: Option<Campaign>, segments: Vec<Segment>, typed: &Typed) -> Self {
        let mut draft = Self {
            ds: ds.to_owned(),
            status: CampaignStatus::Draft.as_str().to_owned(),
            segments,
            ..Self::default()
        };
        if let Some(campaign) = &was {
            let ids = |list: &[(SegmentId, String)]| list.iter().map(|(id, _)| id.to_string()).collect();
            draft.id.clone_from(&campaign.id);
            draft.version = campaign.version;
            draft.name.clone_from(&campaign.name);
            campaign.status.as_str().clone_into(&mut draft.status);
            draft.include = ids(&campaign.include);
            draft.exclude = ids(&campaign.exclude);
            draft.starts_at = minute(campaign.starts_at);
            draft.ends_at = minute(campaign.ends_at);
            let arms = campaign.arms.iter();
            draft.arms = arms
                .map(|arm| [arm.name.clone(), arm.from_percent(), arm.upto_percent()])
                .collect();
        }
        if typed.returned("status").is_some() {
            draft.take(typed);
        }
        draft.was = was;
        draft
    }

    fn take(&mut self, typed: &Typed) {
        let ids = |name: &str| {
            let text = typed.get(name);
            let ids = text.split(',').filter(|id| !id.is_empty());
            ids.map(str::to_owned).collect()
        };
        if self.id.is_empty() {
            self.id = typed.get("id");
        }
        // Only whoever was told of the other change replaces it.
        if typed.problem() != Some(Code::ChangedMeanwhile) {
            self.version = typed.get("version").parse().unwrap_or(self.version);
        }
        self.name = typed.get("name");
        self.status = typed.get("status");
        self.include = ids("include");
        self.exclude = ids("exclude");
        self.starts_at = typed.get("starts_at");
        self.ends_at = typed.get("ends_at");
        self.arms = typed
            .get("arms")
            .split(ARM_END)
            .filter(|arm| !arm.is_empty())
            .map(|arm| {
                let mut parts = arm.split(ARM_MARK).map(str::to_owned);
                std::array::from_fn(|_| parts.next().unwrap_or_default())
            })
            .collect();
    }
}

/// A time as the browser's box for it takes it, in UTC.
pub fn minute(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_rfc3339().chars().take(16).collect())
        .unwrap_or_default()
}

/// The form.
#[component]
pub fn CampaignForm(
    /// What it begins with.
    draft: CampaignDraft,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let new = draft.was.is_none();
    let action = if new {
        "/fn/create_campaign"
    } else {
        "/fn/update_campaign"
    };
    let id = if new {
        view! {
            <TextField
                name="form[id]"
                label="Id in events"
                value=draft.id.clone()
                error=typed.error("id")
                focus=typed.at("id")
                hint="What impressions carry as campaign_id. Made from the name where nothing is typed; it cannot be changed later."
            />
        }
        .into_any()
    } else {
        view! {
            <input type="hidden" name="form[id]" value=draft.id.clone() />
            <input type="hidden" name="form[version]" value=draft.version.to_string() />
        }
        .into_any()
    };
    view! {
        <form class="form wide" method="post" action=action autocomplete="off">
            <input type="hidden" name="form[ds]" value=draft.ds.clone() />
            <TextField name="form[name]" label="Name" value=draft.name.clone() error=typed.error("name") focus=typed.at("name") />
            {id}
            <StatusField draft=draft.clone() typed=typed.clone() />
            <ChooseSegments segments=draft.segments.clone() include=draft.include.clone() exclude=draft.exclude.clone() error=typed.error("exclude").or_else(|| typed.error("include")) />
            <Times draft=draft.clone() typed=typed.clone() />
            <ArmFields arms=draft.arms error=typed.error("arms") />
            <div class="acts">
                <button class="btn primary">{if new { "Create campaign" } else { "Save changes" }}</button>
            </div>
        </form>
    }
    .into_any()
}

/// Where it stands: for a new one any status it can begin with, else what may follow.
#[component]
fn StatusField(draft: CampaignDraft, typed: Typed) -> impl IntoView {
    let choices: Vec<CampaignStatus> = match &draft.was {
        None => CampaignStatus::ALL
            .into_iter()
            .filter(|status| *status != CampaignStatus::Ended)
            .collect(),
        Some(campaign) => std::iter::once(campaign.status)
            .chain(campaign.status.next().iter().copied())
            .collect(),
    };
    let options = choices
        .into_iter()
        .map(|own| view! { <option value=own.as_str() selected=own.as_str() == draft.status>{own.title()}</option> })
        .collect_view();
    let error = typed.error("status");
    let described = error.is_some().then_some("status-error");
    view! {
        <div class="field">
            <label for="status">"Status"</label>
            <select id="status" name="form[status]" aria-describedby=described>{options}</select>
            {error.map(|error| view! { <p class="error" id="status-error">{error}</p> })}
        </div>
    }
    .into_any()
}

/// First and last moment.
#[component]
fn Times(draft: CampaignDraft, typed: Typed) -> impl IntoView {
    let time = |name: &'static str, label: &'static str, value: String| {
        view! {
            <TextField name=format!("form[{name}]") label kind="datetime-local" value error=typed.error(name) focus=typed.at(name) />
        }
    };
    view! {
        <fieldset class="stackup">
            <legend>"Times"</legend>
            <p class="hint">"UTC. A scheduled campaign starts by itself at its first moment, and every campaign ends after its last one. Empty for none."</p>
            <div class="times">
                {time("starts_at", "Starts", draft.starts_at)}
                {time("ends_at", "Ends", draft.ends_at)}
            </div>
        </fieldset>
    }
    .into_any()
}

/// The arms of the A/B test.
#[component]
fn ArmFields(arms: Vec<[String; 3]>, error: Option<String>) -> impl IntoView {
    let rows = (arms.len() + ARMS_FREE).min(ARMS_MAX);
    let mut arms = arms.into_iter();
    let rows = (0..rows)
        .map(|at| {
            let [name, from, to] = arms.next().unwrap_or_default();
            let number = at + 1;
            let cell = |part: &'static str, label: String, value: String, mode: &'static str| {
                view! { <input name=format!("form[arms][{at}][{part}]") aria-label=label value=value inputmode=mode /> }
            };
            view! {
                <div class="arm">
                    {cell("name", format!("Name of arm {number}"), name, "text")}
                    {cell("from", format!("Arm {number} from, percent"), from, "decimal")}
                    <span aria-hidden="true">"to"</span>
                    {cell("to", format!("Arm {number} to, percent"), to, "decimal")}
                    <span aria-hidden="true">"%"</span>
                </div>
            }
        })
        .collect_view();
    let described = error.is_some().then_some("arms-error");
    view! {
        <fieldset id="arms" class="field" aria-describedby=described>
            <legend>"A/B test"</legend>
            <p class="hint">"Each arm takes a share of people, such as 0 to 50 and 50 to 100 percent. Whoever is in no arm is served nothing. Leave all empty for no test; more rows come when you save."</p>
            {error.map(|error| view! { <p class="error" id="arms-error">{error}</p> })}
            <div class="arm-rows">
                <div class="arm heads" aria-hidden="true">
                    <span>"Name"</span>
                    <span>"From"</span>
                    <span></span>
                    <span>"To"</span>
                    <span></span>
                </div>
                {rows}
            </div>
        </fieldset>
    }
    .into_any()
}
