//! Parts of a campaign's page: the buttons of its life, its arms, its days, its disabled segments, and who leans on it.

use super::{JobsTable, moment, one_or_many, segment_names};
use crate::{
    api::frame::Frame,
    paths,
    ui::{Banner, Bar, Bars, Card, Tone},
};
use domain::{
    campaign::{Campaign, CampaignAround, CampaignFigures, CampaignStatus, DayFigure},
    guard::grouped,
    segment::Segment,
    time::Timestamp,
};
use leptos::prelude::*;

/// One button for each status that may follow: the table in the domain says which.
#[component]
pub fn LifeCycle(
    /// Who asks, and where.
    frame: Frame,
    /// The campaign.
    campaign: Campaign,
) -> impl IntoView {
    let from = campaign.status;
    let buttons = from.next().iter().map(|next| {
        let class = match next {
            CampaignStatus::Active => "btn primary",
            CampaignStatus::Ended => "btn to-danger",
            _ => "btn",
        };
        view! {
            <form method="post" action="/fn/set_campaign_status">
                <input type="hidden" name="ds" value=frame.ds().to_owned() />
                <input type="hidden" name="id" value=campaign.id.clone() />
                <input type="hidden" name="status" value=next.as_str() />
                <button class=class>{from.verb(*next)}</button>
            </form>
        }
    });
    buttons.collect_view().into_any()
}

/// Disabled segments that decide who is eligible, and what that means here.
#[component]
pub fn DisabledBeneath(
    /// Who asks, and where.
    frame: Frame,
    /// The segments.
    segments: Vec<Segment>,
) -> impl IntoView {
    let title = match segments.len() {
        1 => "A segment behind this campaign is disabled",
        _ => "Some segments behind this campaign are disabled",
    };
    let lines = segments
        .into_iter()
        .map(|segment| {
            let since = segment
                .disabled_at
                .map_or_else(String::new, |at| format!(" since {}", moment(at, frame.now)));
            view! {
                <li>
                    <a href=paths::segment(frame.ds(), segment.id)>{segment.name}</a>
                    {format!(" is disabled{since}: nobody joins it.")}
                </li>
            }
        })
        .collect::<Vec<_>>();
    (!lines.is_empty()).then(|| {
        view! {
            <Banner tone=Tone::Warn title>
                <ul>{lines}</ul>
                <p>"Its members of then who have not been deleted still count for who is reached and who is left out, so the numbers below hold; they follow the rule again when it is enabled."</p>
            </Banner>
        }
    })
}

/// The arms of the A/B test.
#[component]
pub fn Arms(
    /// The campaign with its figures.
    data: CampaignFigures,
) -> impl IntoView {
    let within: i64 = data.arms.iter().map(|arm| arm.eligible).sum();
    let outside = data.eligible - within;
    let covered: u32 = data
        .arms
        .iter()
        .map(|arm| u32::from(arm.arm.upto - arm.arm.from))
        .sum();
    let full = covered >= u32::from(domain::rule::HUNDREDTHS_MAX);
    let rows = data
        .arms
        .into_iter()
        .map(|it| {
            let range = format!("{} to {} %", it.arm.from_percent(), it.arm.upto_percent());
            view! {
                <tr>
                    <th scope="row">{it.arm.name}</th>
                    <td class="n" data-label="Range">{range}</td>
                    <td class="n" data-label="Eligible now">{grouped(it.eligible)}</td>
                </tr>
            }
        })
        .collect::<Vec<_>>();
    let rest = (!full).then(|| {
        view! { <tr><th scope="row">"In no arm"<small>"Served nothing"</small></th><td class="n" data-label="Range">"the rest"</td><td class="n" data-label="Eligible now">{grouped(outside)}</td></tr> }
    });
    (!rows.is_empty()).then(|| {
        view! {
            <Card title="A/B test">
                <table class="stack">
                    <caption class="unseen">"Arms of the A/B test with the people eligible in each"</caption>
                    <thead>
                        <tr><th scope="col">"Arm"</th><th scope="col" class="n">"Range"</th><th scope="col" class="n">"Eligible now"</th></tr>
                    </thead>
                    <tbody>{rows} {rest}</tbody>
                </table>
                <p class="foot">"Everyone keeps the arm that their bucket falls in; it was drawn when their profile was made."</p>
            </Card>
        }
    })
}

/// Impressions day by day.
#[component]
pub fn ByDay(
    /// The days.
    days: Vec<DayFigure>,
) -> impl IntoView {
    let all: i64 = days.iter().map(|day| day.events).sum();
    let since = days
        .first()
        .map_or_else(String::new, |day| Timestamp::from_day(day.day).date_short());
    let title = format!("Impressions per day since {since}");
    let bars = days.into_iter().map(|day| Bar {
        label: Timestamp::from_day(day.day).date_short(),
        value: day.events,
        shown: grouped(day.events),
    });
    let note = format!("{} since {since}", one_or_many(all, "impression", "impressions"));
    let inside = if all == 0 {
        view! { <p class="hint">"It was shown to nobody in these days."</p> }.into_any()
    } else {
        view! { <Bars title label="Day, UTC" value="Impressions" bars=bars.collect() /> }.into_any()
    };
    view! {
        <Card title="Impressions per day" note=move || note.clone()>
            <div class="body">{inside}</div>
            <p class="foot">"By UTC day, as accumulated: these do not move when people are deleted. The tile above counts 30 times 24 hours, of people who are still here."</p>
        </Card>
    }
    .into_any()
}

/// Who leans on the campaign: segments that read its events, and deletions that take people from it.
#[component]
pub fn UsedBy(
    /// Who asks, and where.
    frame: Frame,
    /// What stands around the campaign.
    around: CampaignAround,
) -> impl IntoView {
    let deletions = match around.jobs.len() {
        0 => "None".to_owned(),
        _ => "The newest, below".to_owned(),
    };
    let table = (!around.jobs.is_empty()).then(|| {
        view! { <JobsTable frame=frame.clone() caption="Deletions that take people from this campaign" jobs=around.jobs /> }
    });
    view! {
        <Card title="Who uses it">
            <div class="body stackup">
                <dl class="kv">
                    <dt>"Segments that read its events"</dt>
                    <dd>{segment_names(frame.ds(), around.read_by, "None")}</dd>
                    <dt>"Deletions that take people from it"</dt>
                    <dd>{deletions}</dd>
                </dl>
            </div>
            {table}
        </Card>
    }
    .into_any()
}
