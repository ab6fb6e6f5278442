//! The rule of a segment: rows of conditions, and beside them its text, which is what is posted. Counts who matches while one
//! works on it, and says what is wrong and where. Without the browser's program there is the text alone.

use super::{rule_rows::Drawing, rule_state::RuleState};
use crate::api::{
    flat,
    segment_pages::{suggest_names, suggest_values},
};
use domain::{
    membership::RuleWords,
    rule::{Excerpt, draft::Subject},
};
use leptos::{
    html,
    prelude::*,
    wasm_bindgen::JsCast as _,
    web_sys::{Element, Event, HtmlElement, HtmlInputElement},
};
use serde::{Deserialize, Serialize};

/// What was found about a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewView {
    /// Whether it can be read.
    pub good: bool,
    /// How many match, or what is wrong.
    pub text: String,
    /// The text around the mistake.
    pub excerpt: Option<Excerpt>,
}

/// The rows and the box.
#[island]
pub fn RuleBox(
    /// The dataset.
    ds: String,
    /// The rule.
    value: String,
    /// What was found about it while the page was made.
    found: Option<PreviewView>,
    /// Whether the server has refused it.
    wrong: bool,
) -> impl IntoView {
    let rule = RuleState::new(ds, value.clone(), found);
    let (area, place) = (NodeRef::<html::Textarea>::new(), NodeRef::<html::Div>::new());
    let words = StoredValue::new(RuleWords::default());
    begin(rule, area, words);
    show(rule, place, words);
    let told = move |event: Event, kind: Kind| {
        let Some((target, at, what)) = said(&event, kind) else {
            return;
        };
        let text = match kind {
            Kind::Press => rule.take_act(&at, &what, ""),
            _ if target.get_attribute("type").as_deref() == Some("checkbox") => {
                rule.take_act(&at, &what, if event_target_checked(&event) { "yes" } else { "" })
            }
            _ => rule.take_act(&at, &what, &event_target_value(&event)),
        };
        if let (Some(text), Some(area)) = (text, area.get_untracked()) {
            area.set_value(&text);
        }
    };
    let bad = move || rule.found.read().as_ref().is_some_and(|found| !found.good);
    view! {
        <div
            class="rows"
            node_ref=place
            on:input=move |event: Event| told(event, Kind::Type)
            on:change=move |event: Event| told(event, Kind::Choose)
            on:click=move |event| told(event.into(), Kind::Press)
            on:keydown=move |event| {
                // In a box, Enter would send the form.
                if event.key() == "Enter" && said(&event, Kind::Type).is_some() {
                    event.prevent_default();
                }
            }
            on:focusin=move |event| suggest(rule, &event.into())
        ></div>
        <div class="field of-rule">
            <label for="rule">"Rule " <small>"as text; this is what is saved"</small></label>
            <p class="hint" id="rule-help">
                "For example " <code>"last(purchase) before 2017-10-01"</code> " or " <code>"count(purchase, last 365 days) = 0 and email is set"</code>
            </p>
            <textarea
                id="rule"
                name="rule"
                rows="4"
                spellcheck="false"
                autocapitalize="off"
                autofocus=wrong
                aria-invalid=move || bad().then_some("true")
                aria-describedby="rule-help rule-found"
                node_ref=area
                on:input:target=move |event| rule.take_text(event.target().value(), true)
            >
                {value}
            </textarea>
            <div id="rule-found">{found_view(rule)}</div>
        </div>
    }
}

/// How many match, or what is wrong, with the text around it.
fn found_view(rule: RuleState) -> impl IntoView {
    let class = move || match rule.found.read().as_ref() {
        Some(found) if found.good => "hint good",
        Some(_) => "hint bad",
        None => "hint",
    };
    let text = move || match rule.found.read().as_ref() {
        Some(found) => found.text.clone(),
        None if rule.text.with_value(|text| text.trim().is_empty()) => {
            "Type a rule to count who matches it.".to_owned()
        }
        None => "Counting who matches.".to_owned(),
    };
    let excerpt = move || {
        let excerpt = rule
            .found
            .read()
            .as_ref()
            .and_then(|found| found.excerpt.clone())?;
        let at = if excerpt.at.is_empty() {
            "here".to_owned()
        } else {
            excerpt.at
        };
        Some(view! { <code class="excerpt">{excerpt.before}<mark>{at}</mark>{excerpt.after}</code> })
    };
    view! {
        <p class=class role="status" aria-busy=move || rule.asking.get().then_some("true")>{text}</p>
        {excerpt}
    }
}

/// In the browser: takes what stands in the box by now, and asks for the names that the data has.
fn begin(rule: RuleState, area: NodeRef<html::Textarea>, words: StoredValue<RuleWords>) {
    Effect::new(move |before: Option<bool>| {
        let Some(area) = area.get().filter(|_| before != Some(true)) else {
            return before == Some(true);
        };
        // Somebody may have typed before the program was there.
        let text = area.value();
        let new = rule.text.with_value(|known| *known != text);
        rule.take_text(text, new);
        leptos::task::spawn_local(async move {
            if let Ok(found) = flat(suggest_names(rule.ds.get_value()).await) {
                words.set_value(found);
                rule.drawn.update(|drawn| *drawn = drawn.wrapping_add(1));
            }
        });
        true
    });
}

/// Shows the rows, and what is wrong beside them, whenever they change.
fn show(rule: RuleState, place: NodeRef<html::Div>, words: StoredValue<RuleWords>) {
    Effect::new(move |_| {
        if rule.drawn.get() > 0
            && let Some(place) = place.get()
        {
            draw(rule, &place, words);
            mark(rule, &place);
        }
    });
    Effect::new(move |_| {
        if rule.marked.get() > 0
            && let Some(place) = place.get_untracked()
        {
            mark(rule, &place);
        }
    });
}

/// Draws the rows anew; the cursor stays in the box that it was in.
fn draw(rule: RuleState, place: &Element, words: StoredValue<RuleWords>) {
    let held = document()
        .active_element()
        .filter(|held| place.contains(Some(held)));
    let held = held.map(|held| {
        let text = |name: &str| held.get_attribute(name).unwrap_or_default();
        format!("[data-at='{}'][data-do='{}']", text("data-at"), text("data-do"))
    });
    place.set_text_content(None);
    let made = rule.rows.with_value(|rows| match rows {
        Some(rows) => words.with_value(|words| Drawing { words }.draw(rows)),
        None => document()
            .create_element("p")
            .into_iter()
            .inspect(|note| {
                let _ = note.set_attribute("class", "hint");
                note.set_text_content(Some(rule.why.get_value()));
            })
            .collect(),
    });
    for element in made {
        let _ = place.append_child(&element);
    }
    let Some(held) = held else { return };
    // What was held may be gone with its row: the button that adds the next one is nearest.
    let again = place.query_selector(&held).ok().flatten();
    let again = again.or_else(|| place.query_selector("[data-do='add']").ok().flatten());
    if let Some(again) = again.and_then(|again| again.dyn_into::<HtmlElement>().ok()) {
        let _ = again.focus();
        if let Some(typed) = again.dyn_ref::<HtmlInputElement>() {
            let end = u32::try_from(typed.value().encode_utf16().count()).unwrap_or(0);
            let _ = typed.set_selection_range(end, end);
        }
    }
}

/// Says beside its row what is wrong, and no longer beside another one.
fn mark(rule: RuleState, place: &Element) {
    while let Ok(Some(before)) = place.query_selector("p.error") {
        before.remove();
    }
    while let Ok(Some(before)) = place.query_selector("[data-wrong]") {
        let _ = before.remove_attribute("data-wrong");
    }
    let Some((at, why)) = rule.wrong.get_value() else {
        return;
    };
    let Ok(Some(part)) = place.query_selector(&format!("[data-place='{at}']")) else {
        return;
    };
    let _ = part.set_attribute("data-wrong", "");
    if let Ok(said) = document().create_element("p") {
        let _ = said.set_attribute("class", "error");
        said.set_text_content(Some(&why));
        let _ = part.append_child(&said);
    }
}

/// How a box was used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Type,
    Choose,
    Press,
}

/// The box that speaks, its place, and what it says. Each kind of box speaks in one way only.
fn said(event: &Event, kind: Kind) -> Option<(Element, String, String)> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let text = target.get_attribute("type").as_deref() == Some("text");
    let fits = match target.tag_name().as_str() {
        "BUTTON" => kind == Kind::Press,
        "INPUT" if text => kind == Kind::Type,
        "INPUT" | "SELECT" => kind == Kind::Choose,
        _ => false,
    };
    let (at, what) = (target.get_attribute("data-at")?, target.get_attribute("data-do")?);
    fits.then_some((target, at, what))
}

/// Offers values out of the data in the box that the cursor has come into.
fn suggest(rule: RuleState, event: &Event) {
    let Some(target) = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
    else {
        return;
    };
    if target.get_attribute("list").as_deref() != Some("words-values") {
        return;
    }
    let text = |name: &str| target.get_attribute(name).unwrap_or_default();
    let (at, what) = (text("data-at"), text("data-do"));
    let of = rule.rows.try_update_value(|rows| {
        let row = rows.as_mut()?.find_row(&at)?;
        if row.subject == Subject::Attribute {
            return Some((false, String::new(), row.name.clone()));
        }
        let filter = what.split('.').nth(1)?.parse::<usize>().ok()?;
        Some((true, row.name.clone(), row.filters.get(filter)?.property.clone()))
    });
    let Some(Some((events, kind, name))) = of else {
        return;
    };
    if name.is_empty() {
        return;
    }
    leptos::task::spawn_local(async move {
        let Ok(values) = flat(suggest_values(rule.ds.get_value(), events, kind, name).await) else {
            return;
        };
        let Some(list) = document().get_element_by_id("words-values") else {
            return;
        };
        list.set_text_content(None);
        for value in values {
            if let Ok(option) = document().create_element("option") {
                let _ = option.set_attribute("value", &value);
                let _ = list.append_child(&option);
            }
        }
    });
}
