//! Where a segment is used: what a deletion of its people would do to each campaign, use in another
//! system and segment that leans on it.

use super::{CampaignBadge, SegmentBadge, UseBadge, one_or_many};
use crate::paths;
use domain::{
    guard::grouped,
    segment::SegmentState,
    usage::{Usage, UsageKind, UsageRole, UsesList},
};
use leptos::prelude::*;

/// The uses.
#[component]
pub fn UsageTable(
    /// The dataset.
    #[prop(into)]
    ds: String,
    /// The uses.
    usage: Vec<Usage>,
    /// The last list of what other systems run.
    list: UsesList,
) -> impl IntoView {
    let rows = usage
        .into_iter()
        .map(|usage| row(&ds, usage, &list))
        .collect_view();
    view! {
        <table class="stack uses">
            <caption class="unseen">"Campaigns, other systems and segments that use this segment, with what a deletion would change"</caption>
            <thead>
                <tr>
                    <th scope="col">"Used by"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col" class="n">"Eligible now"</th>
                    <th scope="col" class="n">"After"</th>
                    <th scope="col" class="n">"Impressions in 30 days"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(ds: &str, usage: Usage, list: &UsesList) -> impl IntoView + use<> {
    let how = how(&usage);
    let (named, more, badge, shown) = match &usage.what {
        UsageKind::Campaign { id, status } => (
            view! { <a href=paths::campaign(ds, id)>{usage.name.clone()}</a> }.into_any(),
            ().into_any(),
            view! { <CampaignBadge status=*status /> }.into_any(),
            impressions(&usage).into_any(),
        ),
        UsageKind::Segment { id, enabled } => {
            let state = if *enabled {
                SegmentState::Enabled
            } else {
                SegmentState::Disabled
            };
            (
                view! { <a href=paths::segment(ds, *id)>{usage.name.clone()}</a> }.into_any(),
                ().into_any(),
                view! { <SegmentBadge state /> }.into_any(),
                ().into_any(),
            )
        }
        UsageKind::Registered {
            status,
            owner,
            link,
            listed_at,
            ..
        } => (
            elsewhere(ds, &usage.name, link.clone()).into_any(),
            registered(owner.clone(), list.left_out(*listed_at)).into_any(),
            view! { <UseBadge status=status.clone() /> }.into_any(),
            view! { <small>"not known here"</small> }.into_any(),
        ),
    };
    view! {
        <tr>
            <th scope="row">{named}<small>{how}</small>{more}</th>
            <td data-label="Status">{badge}</td>
            <td class="n" data-label="Eligible now">{grouped(usage.eligible_now)}</td>
            <td class="n" data-label="After">{grouped(usage.eligible_after)}</td>
            <td class="n" data-label="Impressions">{shown}</td>
        </tr>
    }
    .into_any()
}

fn impressions(usage: &Usage) -> impl IntoView + use<> {
    let next = usage.impressions_30d + usage.projected_impressions_change();
    let words = match usage.impressions_30d_from_members {
        0 => "no change".to_owned(),
        _ => format!("next 30: about {}", grouped(next)),
    };
    view! { <span>{grouped(usage.impressions_30d)}</span><small>{words}</small> }
}

/// The name of something that another system runs: a link there, or else to where it is registered.
fn elsewhere(ds: &str, name: &str, link: Option<String>) -> impl IntoView + use<> {
    match link {
        Some(link) => view! { <a href=link rel="external noreferrer">{name.to_owned()}</a> }.into_any(),
        None => view! { <a href=paths::registered_uses(ds)>{name.to_owned()}</a> }.into_any(),
    }
}

/// Who answers for it, and whether the last list still named it.
fn registered(owner: Option<String>, left_out: bool) -> impl IntoView + use<> {
    let owner = owner.map(|owner| view! { <small>{format!("Owner: {owner}")}</small> });
    let old = left_out.then(|| view! { <small class="left-out">"Not in the last list"</small> });
    view! { {owner} {old} }
}

fn how(usage: &Usage) -> String {
    let through = usage
        .via
        .iter()
        .map(|name| format!("“{name}”"))
        .collect::<Vec<_>>()
        .join(", ");
    let what = match &usage.what {
        UsageKind::Campaign { .. } => "Campaign",
        UsageKind::Registered { kind, .. } => kind.title(),
        UsageKind::Segment { .. } if through.is_empty() => return "Segment built on this one".to_owned(),
        UsageKind::Segment { .. } => return format!("Segment, through {through}"),
    };
    let verb = if usage.role == UsageRole::Exclude {
        "excludes"
    } else {
        "includes"
    };
    if through.is_empty() {
        format!("{what}, {verb} this segment")
    } else {
        format!("{what}, {verb} it through {through}")
    }
}

/// `4 places`.
pub fn places(usage: &[Usage]) -> String {
    one_or_many(i64::try_from(usage.len()).unwrap_or(i64::MAX), "place", "places")
}
