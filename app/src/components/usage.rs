//! Where a segment is used: what a deletion of its people would do to each campaign and segment that leans on it.

use super::{CampaignBadge, SegmentBadge, one_or_many};
use crate::paths;
use domain::{
    guard::grouped,
    segment::SegmentState,
    usage::{Usage, UsageKind, UsageRole},
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
) -> impl IntoView {
    let rows = usage.into_iter().map(|usage| row(&ds, usage)).collect_view();
    view! {
        <table class="stack uses">
            <caption class="unseen">"Campaigns and segments that use this segment, with what a deletion would change"</caption>
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

fn row(ds: &str, usage: Usage) -> impl IntoView + use<> {
    let how = how(&usage);
    let (href, badge, shown) = match &usage.what {
        UsageKind::Campaign { id, status } => {
            let next = usage.impressions_30d + usage.projected_impressions_change();
            let words = match usage.impressions_30d_from_members {
                0 => "no change".to_owned(),
                _ => format!("next 30: about {}", grouped(next)),
            };
            let shown = view! { <span>{grouped(usage.impressions_30d)}</span><small>{words}</small> };
            (
                paths::campaign(ds, id),
                view! { <CampaignBadge status=*status /> }.into_any(),
                Some(shown),
            )
        }
        UsageKind::Segment { id, enabled } => {
            let state = if *enabled {
                SegmentState::Enabled
            } else {
                SegmentState::Disabled
            };
            (
                paths::segment(ds, *id),
                view! { <SegmentBadge state /> }.into_any(),
                None,
            )
        }
    };
    view! {
        <tr>
            <th scope="row"><a href=href>{usage.name}</a><small>{how}</small></th>
            <td data-label="Status">{badge}</td>
            <td class="n" data-label="Eligible now">{grouped(usage.eligible_now)}</td>
            <td class="n" data-label="After">{grouped(usage.eligible_after)}</td>
            <td class="n" data-label="Impressions">{shown}</td>
        </tr>
    }
    .into_any()
}

fn how(usage: &Usage) -> String {
    let direct = match usage.role {
        UsageRole::Include => "Campaign, includes this segment",
        UsageRole::Exclude => "Campaign, excludes this segment",
        UsageRole::Segment => "Segment built on this one",
    };
    let through = usage
        .via
        .iter()
        .map(|name| format!("“{name}”"))
        .collect::<Vec<_>>()
        .join(", ");
    match (usage.role, usage.via.is_empty()) {
        (_, true) => direct.to_owned(),
        (UsageRole::Include, _) => format!("Campaign, includes it through {through}"),
        (UsageRole::Exclude, _) => format!("Campaign, excludes it through {through}"),
        (UsageRole::Segment, _) => format!("Segment, through {through}"),
    }
}

/// `4 places`.
pub fn places(usage: &[Usage]) -> String {
    one_or_many(i64::try_from(usage.len()).unwrap_or(i64::MAX), "place", "places")
}
