//! Erasing a person: looked for by an exact identity in the store and in the warehouse, shown with all that goes, and
//! confirmed. Also for whom only a copy is left, who have no page of their own.

use crate::{
    api::{
        frame::Frame,
        persons::{PersonFacts, PersonView, show_person},
    },
    components::{ErasureList, Here, Notices, PasswordAgain, PersonKnown, Place, Typed, one_or_many, page},
    paths,
    ui::{Banner, Card, Check, Empty, Glyph, PageTop, TextField, Tone},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn ErasePage() -> impl IntoView {
    let (here, typed) = (Here::read(Place::Profiles), Typed::read());
    let load = show_person(here.ds.clone(), typed.get("who"));
    page(here, load, |frame, data| view! { <Content frame data typed /> })
}

#[component]
fn Content(frame: Frame, data: PersonView, typed: Typed) -> impl IntoView {
    let crumbs = vec![("Profiles".to_owned(), paths::profiles(frame.ds()))];
    let sub =
        "For requests under GDPR or CCPA: the person goes from the store and from the warehouse at once.";
    let (who, erasures) = (data.who.clone(), data.erasures.clone());
    let looked = !who.is_empty();
    let body = match data.found.clone() {
        Some(facts) => view! { <Found frame=frame.clone() facts data typed=typed.clone() /> }.into_any(),
        None if who.is_empty() => ().into_any(),
        None => view! {
            <section class="card">
                <Empty glyph=Glyph::Search title="Nobody is known by that" text="Neither the store nor the warehouse has it. Type the whole user id, e-mail address, phone number or anonymous id." />
            </section>
        }
        .into_any(),
    };
    view! {
        <PageTop title="Erase a person" crumbs sub=move || sub />
        {erased(&typed)}
        <Notices typed=typed.clone() />
        <section class="card">
            <form class="body form" method="get" action=paths::erase(frame.ds()) autocomplete="off">
                <TextField
                    name="who"
                    label="User id, e-mail, phone or anonymous id"
                    value=who
                    error=typed.error("who")
                    focus=typed.at("who")
                />
                <div class="acts"><button class="btn">"Look up"</button></div>
            </form>
        </section>
        {body}
        {(!(erasures.is_empty() && looked)).then(|| view! { <ErasureList frame rows=erasures /> })}
    }
    .into_any()
}

/// What an erasure that was just done came to.
fn erased(typed: &Typed) -> Option<AnyView> {
    let number = |name| typed.get(name).parse::<i64>().ok().filter(|number| *number >= 0);
    if typed.get("done") != "erased" {
        return None;
    }
    let (events, copies, copied) = (number("events")?, number("copies")?, number("copied_events")?);
    let text = format!(
        "{} went from the store; {} and {} went from the warehouse. What is left of them in dead space and in stored exports is overwritten within a minute.",
        one_or_many(events, "event", "events"),
        one_or_many(copies, "profile", "profiles"),
        one_or_many(copied, "event", "events"),
    );
    Some(view! { <Banner tone=Tone::Ok title="The person has been erased" role="status"><p>{text}</p></Banner> }.into_any())
}

/// Who was found, and the form.
#[component]
fn Found(frame: Frame, facts: PersonFacts, data: PersonView, typed: Typed) -> impl IntoView {
    let held = facts.holds.clone();
    let step = if held.is_empty() {
        view! { <Confirm ds=frame.ds() data typed /> }.into_any()
    } else {
        let text = format!(
            "The hold “{}” is on this person. Nothing of them is erased before it has ended.",
            held.join("”, “")
        );
        view! { <Banner tone=Tone::Warn title="This person is under legal hold"><p>{text}</p></Banner> }
            .into_any()
    };
    view! {
        <div class="grid wide-left">
            <div><PersonKnown frame facts /></div>
            <div>{step}</div>
        </div>
    }
    .into_any()
}

/// The form that does it.
#[component]
fn Confirm(
    /// The dataset.
    #[prop(into)]
    ds: String,
    /// The page's data.
    data: PersonView,
    /// What was typed, after a refusal.
    typed: Typed,
) -> impl IntoView {
    let keep = paths::erase(&ds);
    view! {
        <Card title="Erase this person">
            <form class="body form" method="post" action="/fn/erase_person" autocomplete="off">
                <input type="hidden" name="ds" value=ds />
                <input type="hidden" name="who" value=data.who />
                <p class="hint">
                    "The person is not let in again: imports and live data about them are refused for good. All-time totals stay; they hold no person."
                </p>
                <Check
                    name="understood"
                    label="I understand that an erased person cannot be recovered"
                    on=!typed.get("understood").is_empty()
                    error=typed.error("understood")
                    focus=typed.at("understood")
                />
                <PasswordAgain needed=data.password_needed name="password" typed=typed.clone() />
                <div class="acts">
                    <button class="btn danger">"Erase this person"</button>
                    <a class="btn" href=keep>"Keep this person"</a>
                </div>
            </form>
        </Card>
    }
    .into_any()
}
