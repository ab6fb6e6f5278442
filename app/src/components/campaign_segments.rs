//! The table in which a campaign's segments are chosen: one row a segment, a tick for reaching its people and one for
//! leaving them out.

use super::SegmentBadge;
use domain::segment::{Segment, SegmentState};
use leptos::prelude::*;

/// The choice.
#[component]
pub fn ChooseSegments(
    /// All segments of the dataset.
    segments: Vec<Segment>,
    /// Ids of those whose people are reached.
    include: Vec<String>,
    /// Ids of those whose people are left out.
    exclude: Vec<String>,
    /// What is wrong with the choice.
    error: Option<String>,
) -> impl IntoView {
    let none = segments.is_empty();
    let rows = segments
        .into_iter()
        .enumerate()
        .map(|(at, segment)| {
            let id = segment.id.to_string();
            let tick = |field: &'static str, label: String, on: bool| {
                view! {
                    <label class="tick">
                        <input type="checkbox" name=format!("form[{field}][{at}]") value=id.clone() checked=on aria-label=label />
                    </label>
                }
            };
            let disabled = (segment.state == SegmentState::Disabled)
                .then(|| view! { " "<SegmentBadge state=segment.state /> });
            view! {
                <tr>
                    <th scope="row">{segment.name.clone()}{disabled}</th>
                    <td data-label="Reach">{tick("include", format!("Reach {}", segment.name), include.contains(&id))}</td>
                    <td data-label="Leave out">{tick("exclude", format!("Leave out {}", segment.name), exclude.contains(&id))}</td>
                </tr>
            }
        })
        .collect_view();
    let described = error.is_some().then_some("exclude-error");
    view! {
        <fieldset id="exclude" class="field choose" aria-describedby=described>
            <legend id="include">"Segments"</legend>
            <p class="hint">"Reach nobody in particular to reach everyone. Whoever is left out is not reached, whatever else they are in."</p>
            {error.map(|error| view! { <p class="error" id="exclude-error">{error}</p> })}
            {none.then(|| view! { <p class="hint">"There are no segments yet, so this campaign reaches everyone."</p> })}
            {(!none).then(|| view! {
                <div class="scroll" tabindex="0" role="group" aria-label="Segments to choose from">
                    <table>
                        <thead><tr><th scope="col">"Segment"</th><th scope="col">"Reach"</th><th scope="col">"Leave out"</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            })}
        </fieldset>
    }
    .into_any()
}
