//! The form of a new or changed segment: a name, a kind, a rule with its live count.

use super::Typed;
use crate::{
    api::segments::look_at_rule,
    islands::{PreviewView, RuleBox},
    ui::TextField,
};
use domain::{
    problem::{Detail, Problem},
    rule::{Excerpt, RuleError},
    segment::{Preview, SegmentKind},
};
use leptos::prelude::*;

/// What the form begins with.
#[derive(Debug, Clone)]
pub struct SegmentDraft {
    /// The dataset.
    pub ds: String,
    /// The segment's id; empty for a new one.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How people come to be in.
    pub kind: SegmentKind,
    /// Whether it is disabled, so that its rule cannot be changed.
    pub frozen: bool,
    /// Its rule.
    pub rule: String,
    /// What was found about the rule while the page was made.
    pub found: Option<PreviewView>,
}

/// Looks at a rule while the page is being made, so that its count or its mistake is there without WASM too.
pub async fn look(ds: &str, rule: &str) -> Option<PreviewView> {
    if rule.trim().is_empty() {
        return None;
    }
    crate::api::flat(look_at_rule(ds.to_owned(), rule.to_owned()).await).ok()
}

/// A preview in words; a mistake with the text of the rule around it.
pub fn preview_words(answer: Result<Preview, Problem>, rule: &str) -> PreviewView {
    match answer {
        Ok(preview) => {
            let few: Vec<_> = preview
                .sample
                .iter()
                .take(3)
                .map(|row| row.title.clone())
                .collect();
            let names = if few.is_empty() {
                String::new()
            } else {
                format!(", such as {}", few.join(", "))
            };
            let who = super::one_or_many(preview.count, "profile matches", "profiles match");
            PreviewView {
                good: true,
                excerpt: None,
                text: format!(
                    "{who}{names}. Counted {}, exact.",
                    super::stamp(preview.counted_at)
                ),
            }
        }
        Err(problem) => PreviewView {
            good: false,
            excerpt: excerpt(&problem, rule),
            text: problem.message,
        },
    }
}

/// The text around the place that a refused rule's problem names.
fn excerpt(problem: &Problem, rule: &str) -> Option<Excerpt> {
    let Some(Detail::Number(position)) = problem.details.get("position") else {
        return None;
    };
    let error = RuleError {
        position: u32::try_from(*position).ok()?,
        expected: String::new(),
        found: String::new(),
        suggestion: None,
    };
    Some(error.excerpt(rule))
}

/// The form.
#[component]
pub fn SegmentForm(
    /// What it begins with.
    draft: SegmentDraft,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let new = draft.id.is_empty();
    let action = if new {
        "/fn/create_segment"
    } else {
        "/fn/update_segment"
    };
    let ruled = new || draft.kind == SegmentKind::Rule;
    let fixed = (ruled && draft.frozen)
        .then(|| view! { <FixedRule rule=draft.rule.clone() error=typed.error("rule") /> });
    let rule = (ruled && !draft.frozen).then(|| {
        let error = typed.problem().is_some_and(|_| typed.at("rule"));
        view! { <RuleBox ds=draft.ds.clone() value=draft.rule.clone() found=draft.found.clone() wrong=error /> }.into_any()
    });
    view! {
        <form class="form segment-form" method="post" action=action>
            <input type="hidden" name="ds" value=draft.ds.clone() />
            {(!new).then(|| view! { <input type="hidden" name="id" value=draft.id.clone() /> })}
            <TextField
                name="name"
                label="Name"
                value=draft.name
                error=typed.error("name")
                focus=typed.at("name")
                hint="What colleagues will look for. You can change it later."
            />
            {new.then(|| view! { <Kinds kind=draft.kind /> })}
            {rule}
            {fixed}
            <div class="acts">
                <button class="btn primary">{if new { "Create segment" } else { "Save changes" }}</button>
                {(ruled && !draft.frozen).then(|| view! {
                    <button class="btn of-rule" formaction="/fn/look_again">"Count without saving"</button>
                }.into_any())}
            </div>
        </form>
    }
    .into_any()
}

/// The rule of a disabled segment, which stays as it is.
#[component]
fn FixedRule(
    /// The rule.
    rule: String,
    /// Why a change was refused.
    error: Option<String>,
) -> impl IntoView {
    view! {
        <div class="field" id="rule" tabindex="-1">
            <p><b>"Rule"</b></p>
            <p class="hint">
                "The segment is disabled, so its rule cannot be changed: its members are those of the moment it was disabled. Enable it first."
            </p>
            <code class="rule-text">{rule}</code>
            {error.map(|error| view! { <p class="error">{error}</p> })}
        </div>
    }
    .into_any()
}

/// How people come to be in.
#[component]
fn Kinds(
    /// The chosen one.
    kind: SegmentKind,
) -> impl IntoView {
    let choices = [
        (SegmentKind::Rule, "People join and leave by the rule below"),
        (
            SegmentKind::Manual,
            "People are put in one by one, or by a file, on the segment's page",
        ),
        (
            SegmentKind::List,
            "People come with an imported list of subscribers",
        ),
    ];
    let boxes = choices
        .into_iter()
        .map(|(own, hint)| {
            view! {
                <label class="check">
                    <input type="radio" name="kind" value=own.as_str() checked=own == kind />
                    <span>{own.title()}<small>{hint}</small></span>
                </label>
            }
        })
        .collect_view();
    view! { <fieldset><legend>"Kind"</legend>{boxes}</fieldset> }.into_any()
}
