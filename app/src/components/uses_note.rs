//! How far Lethe knows what other systems run on segments: said wherever uses are shown, so that silence is never taken
//! for "nothing uses this".

use super::{ago, moment};
use crate::ui::{Empty, Glyph, Icon};
use domain::{
    time::Timestamp,
    usage::{ListStanding, UsesList},
};
use leptos::prelude::*;

/// What the last list says, in one sentence.
fn sentence(list: &UsesList, now: Timestamp) -> String {
    let given = list
        .listed_at
        .map_or_else(String::new, |at| format!("{}, {}", moment(at, now), ago(at, now)));
    match list.standing(now) {
        ListStanding::Never => {
            "Lethe knows nothing of other systems’ uses: no list of them was ever given. Journeys, triggers, promotions and \
             exports elsewhere may run on these people."
                .to_owned()
        }
        ListStanding::Empty => format!(
            "Lethe knows nothing of other systems’ uses: the last list of them ({given}) was empty."
        ),
        ListStanding::Old => format!(
            "The last list of other systems’ uses is more than a day old ({given}). What was set up since is not known here."
        ),
        ListStanding::Current => format!("Other systems’ uses as of the list given {given}."),
    }
}

/// Whether a list can say that nothing is run elsewhere.
pub fn nothing_is_known(list: &UsesList, now: Timestamp) -> bool {
    list.standing(now) != ListStanding::Current
}

/// The sentence, at the foot of a card.
#[component]
pub fn UsesNote(
    /// The last list.
    list: UsesList,
    /// The time.
    now: Timestamp,
) -> impl IntoView {
    let unknown = nothing_is_known(&list, now);
    let class = if unknown {
        "foot uses-note unknown"
    } else {
        "foot uses-note"
    };
    let glyph = if unknown { Glyph::Warn } else { Glyph::Clock };
    view! { <p class=class><Icon glyph /><span>{sentence(&list, now)}</span></p> }.into_any()
}

/// What stands where no use is known: "nothing" only where the list allows it.
#[component]
pub fn NothingUses(
    /// The last list.
    list: UsesList,
    /// The time.
    now: Timestamp,
) -> impl IntoView {
    let inside = "No campaign includes or excludes it, and no other segment is built on it.";
    let (title, text) = if nothing_is_known(&list, now) {
        ("Nothing in Lethe uses this segment", inside.to_owned())
    } else {
        (
            "Nothing uses this segment",
            format!("{inside} Nor does the list of other systems’ uses name it."),
        )
    };
    view! { <Empty glyph=Glyph::Horn title text /> }.into_any()
}
