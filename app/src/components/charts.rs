//! The charts of the reports page: figures in words, the deletions as marks, and the same as a table.

use super::{money, one_or_many};
use crate::{
    api::frame::Frame,
    paths,
    ui::{Card, Drawing, Legend, Line, Mark, Plot, round_top},
};
use domain::{
    guard::grouped,
    micros::{MICROS_PER_UNIT, Micros},
    series::{Chart, Marker, Point, Range},
    time::{DAY_MS, Timestamp},
};
use leptos::prelude::*;

/// Distances of the words beside a chart.
const RUNGS: i64 = 4;
/// Points from which on a table leaves out those with nothing in them.
const ROWS_ALL: usize = 60;

/// What one point of a chart stands for.
pub const fn bucket_words(days: i64) -> &'static str {
    match days {
        1 => "day",
        7 => "week",
        _ => "4 weeks",
    }
}

/// A chart in its card.
#[component]
pub fn ChartCard(
    /// Who asks, and where.
    frame: Frame,
    /// The chart.
    chart: Chart,
    /// The days shown.
    range: Range,
    /// The deletions of these days.
    markers: Vec<Marker>,
) -> impl IntoView {
    let days = range.bucket_days();
    let title = format!("{} a {}", chart.title, bucket_words(days));
    let nothing = chart
        .points
        .iter()
        .all(|point| point.total == 0 && point.now.unwrap_or(0) == 0);
    let body = if nothing {
        let elsewhere = chart.elsewhere.map(|there| {
            let href = paths::with_query(
                &paths::reports(frame.ds()),
                &[("from", &date(there.from)), ("to", &date(there.to))],
            );
            let words = format!("{} to {}", short(there.from), short(there.to));
            view! { " There is something from "<a href=href>{words}</a>"." }
        });
        view! { <p class="body">"Nothing in these days."{elsewhere}</p> }.into_any()
    } else {
        let plot = plot(&frame, &chart, range, &markers, &title);
        view! {
            <div class="body">
                <Drawing plot />
                <PointTable frame chart days title=title.clone() />
            </div>
        }
        .into_any()
    };
    view! { <Card title>{body}</Card> }.into_any()
}

/// What the lines and marks of all charts are.
#[component]
pub fn ChartLegend(
    /// Whether there are deletions on them.
    marked: bool,
) -> impl IntoView {
    let mut lines = vec![
        ("main", "people who are there: aggregated"),
        ("faint", "ever recorded: accumulated"),
    ];
    if marked {
        lines.push(("cut", "a deletion"));
    }
    view! { <Legend lines /> }.into_any()
}

fn plot(frame: &Frame, chart: &Chart, range: Range, markers: &[Marker], title: &str) -> Plot {
    let most = chart
        .points
        .iter()
        .map(|point| point.total.max(point.now.unwrap_or(0)))
        .max()
        .unwrap_or(0);
    let unit = if chart.money { MICROS_PER_UNIT } else { 1 };
    let top = round_top(most / unit + i64::from(most % unit > 0)).saturating_mul(unit);
    let mut lines = Vec::new();
    if chart.accumulated {
        let values = chart.points.iter().map(|point| point.total).collect();
        lines.push(Line {
            name: "ever recorded",
            class: "faint",
            values,
        });
    }
    if let Some(values) = chart
        .points
        .iter()
        .map(|point| point.now)
        .collect::<Option<Vec<_>>>()
    {
        lines.push(Line {
            name: "people who are there",
            class: "main",
            values,
        });
    }
    let ends = (chart.points.first(), chart.points.last());
    let (first, last) = (
        ends.0.map_or(range.from, |p| p.day),
        ends.1.map_or(range.to, |p| p.day),
    );
    let marks = markers.iter().map(|marker| Mark {
        at: place(marker.at, first, last),
        href: paths::job(frame.ds(), marker.job),
        name: format!(
            "{}: {} deleted, {}",
            marker.at.date_short(),
            one_or_many(marker.deleted, "profile", "profiles"),
            marker.segment_name
        ),
    });
    let beside = (0..=RUNGS).map(|rung| axis(chart.money, top / RUNGS * (RUNGS - rung)));
    let under = [first, first.midpoint(last), last].map(short);
    Plot {
        id: chart.name.clone(),
        title: title.to_owned(),
        desc: described(frame, chart, markers.len()),
        lines,
        marks: marks.collect(),
        top,
        beside: beside.collect(),
        under: under.to_vec(),
    }
}

/// Where a moment lies between the first and the last point.
#[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
fn place(at: Timestamp, first: i64, last: i64) -> f64 {
    let from = Timestamp::from_day(first).ms();
    (at.ms() - from) as f64 / ((last - first).max(1) * DAY_MS) as f64
}

fn described(frame: &Frame, chart: &Chart, marks: usize) -> String {
    let sum = |pick: fn(&Point) -> i64| chart.points.iter().map(pick).fold(0_i64, i64::saturating_add);
    let most = chart.points.iter().max_by_key(|point| point.total);
    let most = most.map(|point| {
        let words = figure(frame, chart.money, point.total);
        format!("The most is {words}, from {}.", short(point.day))
    });
    let sums = if chart.accumulated {
        let now = figure(frame, chart.money, sum(|point| point.now.unwrap_or(0)));
        let ever = figure(frame, chart.money, sum(|point| point.total));
        format!(" Ever recorded in these days: {ever}; of people who are there: {now}.")
    } else {
        String::new()
    };
    let marks = match marks {
        0 => "No deletion ended in these days.".to_owned(),
        n => format!(
            "{} marked.",
            one_or_many(
                i64::try_from(n).unwrap_or(i64::MAX),
                "deletion is",
                "deletions are"
            )
        ),
    };
    format!(
        "{}{sums} {marks} The same figures stand in the table below.",
        most.unwrap_or_default()
    )
}

/// The points as a table, closed until opened.
#[component]
fn PointTable(frame: Frame, chart: Chart, days: i64, title: String) -> impl IntoView {
    let all = chart.points.len() <= ROWS_ALL;
    let shown = chart
        .points
        .iter()
        .filter(|point| all || point.total != 0 || point.now.unwrap_or(0) != 0);
    let rows = shown
        .map(|point| {
            let total = figure(&frame, chart.money, point.total);
            let total = chart.accumulated.then(|| view! { <td class="n">{total}</td> });
            let now = point
                .now
                .map_or_else(|| "–".to_owned(), |now| figure(&frame, chart.money, now));
            view! { <tr><th scope="row">{short(point.day)}</th>{total}<td class="n">{now}</td></tr> }
        })
        .collect_view();
    let first = match days {
        1 => "Day",
        7 => "Week from",
        _ => "4 weeks from",
    };
    let total = chart
        .accumulated
        .then(|| view! { <th scope="col" class="n">"Ever recorded"</th> });
    let region = format!("{title}, as a table");
    view! {
        <details class="more">
            <summary>"Show as table"<span class="unseen">": " {title.clone()}</span></summary>
            <div class="long" tabindex="0" role="region" aria-label=region>
                <table>
                    <caption class="unseen">{title}{(!all).then_some(", without those with nothing")}</caption>
                    <thead><tr><th scope="col">{first}</th>{total}<th scope="col" class="n">"People who are there"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

/// A figure in words.
fn figure(frame: &Frame, is_money: bool, figure: i64) -> String {
    if is_money {
        money(Micros::from_micros(figure), &frame.dataset.currency)
    } else {
        grouped(figure)
    }
}

/// A figure of an axis, short: `12 k`.
fn axis(is_money: bool, figure: i64) -> String {
    let n = if is_money {
        figure / MICROS_PER_UNIT
    } else {
        figure
    };
    let tenths = |unit: i64, name: &str| match n % unit * 10 / unit {
        0 => format!("{}{name}", grouped(n / unit)),
        rest => format!("{}.{rest}{name}", grouped(n / unit)),
    };
    match n {
        ..10_000 => grouped(n),
        10_000..1_000_000 => tenths(1_000, " k"),
        _ => tenths(1_000_000, " M"),
    }
}

/// `12 Jan 1997`.
pub fn short(day: i64) -> String {
    Timestamp::from_day(day).date_short()
}

/// `1997-01-12`.
pub fn date(day: i64) -> String {
    Timestamp::from_day(day).to_date()
}
