//! Parts of the reports: figures with their basis and time, the funnel, campaigns, before and after.

use super::{ago, date, moment, money, money_short};
use crate::{
    api::frame::Frame,
    paths,
    ui::{Card, TextField},
};
use domain::{
    dashboard::{CampaignLine, Dashboard, People},
    guard::grouped,
    metric::{Basis, Kind, Step},
    micros::Micros,
    report::{Drop, Line, Unit},
    series::Range,
    time::Timestamp,
};
use leptos::prelude::*;

/// Whether a figure moves when people go, in one word.
#[component]
pub fn BasisBadge(
    /// Which.
    basis: Basis,
) -> impl IntoView {
    let class = match basis {
        Basis::Accumulated => "badge",
        Basis::Aggregated => "badge run",
    };
    view! { <span class=class>{basis.title()}</span> }.into_any()
}

/// The figures of the moment, on both bases.
#[component]
pub fn Tiles(
    /// Who asks, and where.
    frame: Frame,
    /// The dashboard.
    data: Dashboard,
) -> impl IntoView {
    let tile = |name: &'static str, figure: String, note: String| {
        view! { <div><dt>{name}</dt><dd class="figure">{figure}</dd><dd class="time">{note}</dd></div> }
    };
    let there = data.people.clone().map(|People { figures, .. }| {
        let share = |n: i64| format!("{} % of all", n.saturating_mul(100) / figures.profiles.max(1));
        let value = figures.of(Kind::Purchase).value;
        view! {
            {tile("Profiles", grouped(figures.profiles), format!("{} events", grouped(figures.events)))}
            {tile("Named", grouped(figures.named), "have an id, e-mail or phone".to_owned())}
            {tile("Anonymous", grouped(figures.anonymous()), "known by a browser alone".to_owned())}
            {tile("Active, 7 days", grouped(figures.active_7d), share(figures.active_7d))}
            {tile("Active, 30 days", grouped(figures.active_30d), share(figures.active_30d))}
            {tile("Their purchases", money_short(value, &frame.dataset.currency), format!("{} purchases", grouped(figures.of(Kind::Purchase).events)))}
        }
    });
    let total = |kind: Kind| data.totals.of(kind);
    let bought = total(Kind::Purchase);
    let ever = view! {
        {tile("Revenue, all time", money_short(bought.value, &frame.dataset.currency), format!("{} purchases", grouped(bought.events)))}
        {tile("Visits, all time", grouped(total(Kind::Visit).events), format!("{} page views", grouped(total(Kind::PageView).events)))}
        {tile("Impressions, all time", grouped(total(Kind::Impression).events), "of all campaigns".to_owned())}
        {tile("Clicks, all time", grouped(total(Kind::Click).events), "of all campaigns".to_owned())}
    };
    let read = format!("Read {}.", moment(data.as_of, frame.now));
    let counted = data.people.as_ref().map(|people| counted_words(people, &frame));
    view! {
        <section class="card">
            <div class="head"><h2>"People who are there"</h2><span class="note"><BasisBadge basis=Basis::Aggregated /></span></div>
            <div class="body basis"><p>{Basis::Aggregated.sentence()} " " {counted}</p></div>
            {there.map(|there| view! { <dl class="tiles">{there}</dl> })}
        </section>
        <section class="card">
            <div class="head"><h2>"Ever recorded"</h2><span class="note"><BasisBadge basis=Basis::Accumulated /></span></div>
            <div class="body basis"><p>{Basis::Accumulated.sentence()} " " {read}</p></div>
            <dl class="tiles">{ever}</dl>
        </section>
    }
    .into_any()
}

fn counted_words(people: &People, frame: &Frame) -> String {
    let when = format!(
        "Counted {}, {}",
        moment(people.counted_at, frame.now),
        ago(people.counted_at, frame.now)
    );
    if people.while_deleting {
        format!("{when}, while a deletion ran.")
    } else {
        format!("{when}, exact.")
    }
}

/// The days shown: ready ranges as links, and two boxes.
#[component]
pub fn RangeForm(
    /// Who asks, and where.
    frame: Frame,
    /// The days shown.
    range: Range,
    /// The days that have anything.
    data: Option<Range>,
    /// What was typed and could not be read.
    wrong: Option<(String, String)>,
) -> impl IntoView {
    let page = paths::reports(frame.ds());
    let all = data.unwrap_or(range);
    let ready = [
        (
            "30 days",
            Range {
                from: all.to - 29,
                to: all.to,
            },
        ),
        (
            "90 days",
            Range {
                from: all.to - 89,
                to: all.to,
            },
        ),
        ("12 months", Range::year_to(all.to)),
        ("All time", all),
    ];
    let links = ready
        .into_iter()
        .map(|(name, own)| {
            let href = paths::with_query(&page, &[("from", &date(own.from)), ("to", &date(own.to))]);
            view! { <a href=href aria-current=(own == range).then_some("true")>{name}</a> }
        })
        .collect_view();
    let error = wrong
        .as_ref()
        .map(|_| "Type two dates such as 2026-11-24, the first not after the last.".to_owned());
    let (from, to) = wrong.unwrap_or_else(|| (date(range.from), date(range.to)));
    view! {
        <form class="range" method="get" action=page.clone()>
            <nav aria-label="Ready ranges">{links}</nav>
            <TextField name="from" label="From" kind=kind(&from) value=from error />
            <TextField name="to" label="To" kind=kind(&to) value=to />
            <button class="btn">"Show"</button>
        </form>
    }
    .into_any()
}

/// A box for a day can hold nothing but a day: what was typed into another one is shown as text.
fn kind(typed: &str) -> &'static str {
    if Timestamp::parse_date(typed).is_some() || typed.is_empty() {
        "date"
    } else {
        "text"
    }
}

/// The purchase funnel.
#[component]
pub fn FunnelCard(
    /// The steps with their people.
    steps: Vec<(Step, i64)>,
    /// All people.
    profiles: i64,
) -> impl IntoView {
    let rows = steps
        .into_iter()
        .map(|(step, n)| {
            let percent = n.saturating_mul(100) / profiles.max(1);
            view! {
                <li>
                    <span>{step.title()}</span>
                    <meter min="0" max="100" value=percent.to_string() aria-label=step.title()>{format!("{percent} %")}</meter>
                    <b class="tnum">{grouped(n)}</b>
                    <small>{format!("{percent} %")}</small>
                </li>
            }
        })
        .collect_view();
    view! {
        <Card title="Purchase funnel" note=|| view! { <BasisBadge basis=Basis::Aggregated /> }>
            <div class="body stackup">
                <ol class="funnel">{rows}</ol>
                <p class="hint">"People, of all time and in any order, and their share of all profiles; each step counts those who did all steps before it. Steps that this dataset has never recorded are left out."</p>
            </div>
        </Card>
    }
    .into_any()
}

/// Impressions and clicks by campaign.
#[component]
pub fn CampaignFigures(
    /// Who asks, and where.
    frame: Frame,
    /// The campaigns.
    lines: Vec<CampaignLine>,
) -> impl IntoView {
    let rows = lines
        .into_iter()
        .map(|line| {
            let name = if line.known {
                view! { <a href=paths::campaign(frame.ds(), &line.id)>{line.title}</a> }.into_any()
            } else {
                view! { <span>{line.title}</span><small>"only in events"</small> }.into_any()
            };
            let now = |pick: fn(&domain::metric::CampaignSum) -> i64| {
                line.now
                    .as_ref()
                    .map_or_else(|| "–".to_owned(), |now| grouped(pick(now)))
            };
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td class="n" data-label="Impressions, all time">{grouped(line.total.impressions)}</td>
                    <td class="n" data-label="of people there">{now(|sum| sum.impressions)}</td>
                    <td class="n" data-label="of those, 30 days">{now(|sum| sum.impressions_30d)}</td>
                    <td class="n" data-label="Clicks, all time">{grouped(line.total.clicks)}</td>
                    <td class="n" data-label="of people there">{now(|sum| sum.clicks)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title="Campaigns" note=|| "all time: accumulated; of people who are there: aggregated">
            <table class="stack uses">
                <caption class="unseen">"Impressions and clicks by campaign"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Campaign"</th>
                        <th scope="col" class="n">"Impressions, all time"</th>
                        <th scope="col" class="n">"of people who are there"</th>
                        <th scope="col" class="n">"of those, 30 days"</th>
                        <th scope="col" class="n">"Clicks, all time"</th>
                        <th scope="col" class="n">"of people who are there"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Card>
    }
    .into_any()
}

/// Metrics before and after.
#[component]
pub fn LineTable(
    /// Who asks, and where.
    frame: Frame,
    /// What the table lists.
    caption: &'static str,
    /// The metrics.
    lines: Vec<Line>,
) -> impl IntoView {
    let rows = lines
        .into_iter()
        .map(|line| {
            let words = |figure: Option<i64>| {
                figure.map_or_else(
                    || "–".to_owned(),
                    |figure| figure_words(&frame, line.unit, figure),
                )
            };
            let change = line
                .change
                .map_or_else(|| "–".to_owned(), |change| signed(&frame, line.unit, change));
            view! {
                <tr>
                    <th scope="row">{line.title.clone()}</th>
                    <td class="n" data-label="Before">{words(line.before)}</td>
                    <td class="n" data-label="After">{words(line.after)}</td>
                    <td class="n" data-label="Change">{change}</td>
                    <td data-label="Why">{line.reason.clone()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack lines">
            <caption class="unseen">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Metric"</th>
                    <th scope="col" class="n">"Before"</th>
                    <th scope="col" class="n">"After"</th>
                    <th scope="col" class="n">"Change"</th>
                    <th scope="col">"Why"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn figure_words(frame: &Frame, unit: Unit, figure: i64) -> String {
    match unit {
        Unit::Count => grouped(figure),
        Unit::Money => money(Micros::from_micros(figure), &frame.dataset.currency),
    }
}

/// `+3`, `−3`, `0`: a change never goes by its colour alone.
fn signed(frame: &Frame, unit: Unit, change: i64) -> String {
    let size = figure_words(frame, unit, change.saturating_abs());
    match change {
        0 => size,
        1.. => format!("+{size}"),
        _ => format!("\u{2212}{size}"),
    }
}

/// Impressions of campaigns: projected against measured.
#[component]
pub fn DropTable(
    /// Who asks, and where.
    frame: Frame,
    /// The campaigns.
    drops: Vec<Drop>,
) -> impl IntoView {
    let rows = drops
        .into_iter()
        .map(|drop| {
            let words = |n: Option<i64>| n.map_or_else(|| "–".to_owned(), grouped);
            let change = |n: i64| signed(&frame, Unit::Count, n);
            let verdict = match drop.measured {
                None => "Measured when the job ends.".to_owned(),
                Some(measured) if measured == drop.projected => "As projected.".to_owned(),
                Some(measured) => format!(
                    "{} {} than projected: people were spared or left, or the 30 days moved on.",
                    grouped((measured - drop.projected).saturating_abs()),
                    if measured > drop.projected { "fewer" } else { "more" }
                ),
            };
            view! {
                <tr>
                    <th scope="row"><a href=paths::campaign(frame.ds(), &drop.campaign)>{drop.title.clone()}</a></th>
                    <td class="n" data-label="30 days before">{words(drop.before_30d)}</td>
                    <td class="n" data-label="30 days after">{words(drop.after_30d)}</td>
                    <td class="n" data-label="Projected">{change(drop.projected)}</td>
                    <td class="n" data-label="Measured">{drop.measured.map_or_else(|| "–".to_owned(), change)}</td>
                    <td data-label="Why">{verdict}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="stack lines">
            <caption class="unseen">"Impressions of campaigns, projected and measured"</caption>
            <thead>
                <tr>
                    <th scope="col">"Campaign"</th>
                    <th scope="col" class="n">"30 days before"</th>
                    <th scope="col" class="n">"30 days after"</th>
                    <th scope="col" class="n">"Projected"</th>
                    <th scope="col" class="n">"Measured"</th>
                    <th scope="col">"Why"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
