//! A line chart, drawn on the server: lines over equal steps, vertical marks, axes in words beside it. It knows numbers and
//! words, and nothing of what they mean. The plot stretches to any width; words stand outside of it, so that they stay
//! readable on narrow screens.

use leptos::prelude::*;
use std::fmt::Write as _;

/// Width of the plot in its own units.
const WIDTH: f64 = 1_000.0;
/// Height of the plot in its own units.
const HEIGHT: f64 = 200.0;
/// Room above the highest point, so that its line is not cut off.
const AIR: f64 = 6.0;

/// One line of a chart.
#[derive(Debug, Clone)]
pub struct Line {
    /// What it is, for the legend.
    pub name: &'static str,
    /// Its class: `main` or `faint`.
    pub class: &'static str,
    /// One value a step, in order.
    pub values: Vec<i64>,
}

/// A vertical mark with a link.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Where, from 0 (the left end) to 1.
    pub at: f64,
    /// Its address.
    pub href: String,
    /// What it says.
    pub name: String,
}

/// A chart.
#[derive(Debug, Clone)]
pub struct Plot {
    /// Its name, unique on the page: the beginning of its ids.
    pub id: String,
    /// What it shows, for those who do not see it.
    pub title: String,
    /// What is to be seen, in a sentence.
    pub desc: String,
    /// The lines, the faint ones first.
    pub lines: Vec<Line>,
    /// The marks.
    pub marks: Vec<Mark>,
    /// The greatest value of the axis: at least 1.
    pub top: i64,
    /// Words at equal distances beside the plot, from the top down.
    pub beside: Vec<String>,
    /// Words under it: its left end, its middle, its right end.
    pub under: Vec<String>,
}

/// Tops of an axis, times a power of ten: each is divided by four without a rest.
const TOPS: [i64; 7] = [4, 8, 12, 16, 20, 28, 40];

/// The smallest round number that holds a value and can be divided by four.
pub fn round_top(value: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        let tops = TOPS.into_iter().map(|top| top.saturating_mul(power));
        if let Some(top) = tops.into_iter().find(|top| *top >= value) {
            return top;
        }
        match power.checked_mul(10) {
            Some(next) => power = next,
            None => return value,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
fn ratio(value: i64, of: i64) -> f64 {
    value as f64 / of.max(1) as f64
}

fn wire(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl Plot {
    /// The places of a line, and of the ground under it.
    fn places(&self, line: &Line) -> (String, String) {
        let steps = wire(line.values.len().saturating_sub(1));
        let mut places = String::new();
        for (nth, value) in line.values.iter().enumerate() {
            let x = ratio(wire(nth), steps) * WIDTH;
            let y = HEIGHT - ratio(*value, self.top).clamp(0.0, 1.0) * (HEIGHT - AIR);
            // Writing to a string cannot fail.
            let _ = write!(places, "{x:.1},{y:.1} ");
        }
        let ground = format!("0,{HEIGHT} {places}{WIDTH},{HEIGHT}");
        (places.trim_end().to_owned(), ground)
    }
}

/// Draws it.
#[component]
pub fn Drawing(
    /// What.
    plot: Plot,
) -> impl IntoView {
    let (title_id, desc_id) = (format!("{}-title", plot.id), format!("{}-desc", plot.id));
    let names = (title_id.clone(), desc_id.clone());
    let rungs = wire(plot.beside.len().saturating_sub(1));
    let grid = (0..=rungs)
        .map(|rung| {
            let y = format!("{:.1}", AIR + ratio(rung, rungs) * (HEIGHT - AIR));
            view! { <line class="rung" x1="0" x2="1000" y1=y.clone() y2=y></line> }
        })
        .collect_view();
    let lines = plot
        .lines
        .iter()
        .map(|line| {
            let (places, ground) = plot.places(line);
            let ground =
                (line.class == "main").then(|| view! { <polygon class="ground" points=ground></polygon> });
            view! { {ground} <polyline class=line.class points=places></polyline> }
        })
        .collect_view();
    let marks = plot
        .marks
        .iter()
        .map(|mark| {
            let x = format!("{:.1}", mark.at.clamp(0.0, 1.0) * WIDTH);
            view! {
                <a href=mark.href.clone() class="mark" aria-label=mark.name.clone()>
                    <title>{mark.name.clone()}</title>
                    <line class="catch" x1=x.clone() x2=x.clone() y1="0" y2="200"></line>
                    <line class="seen" x1=x.clone() x2=x y1="0" y2="200"></line>
                </a>
            }
        })
        .collect_view();
    let words = |words: &[String]| {
        words
            .iter()
            .map(|word| view! { <span>{word.clone()}</span> })
            .collect_view()
    };
    view! {
        <div class="plot">
            <div class="beside" aria-hidden="true">{words(&plot.beside)}</div>
            <svg viewBox="0 0 1000 200" preserveAspectRatio="none" role="group" aria-labelledby=names.0 aria-describedby=names.1>
                <title id=title_id>{plot.title.clone()}</title>
                <desc id=desc_id>{plot.desc.clone()}</desc>
                {grid}
                {lines}
                {marks}
            </svg>
            <div class="under" aria-hidden="true">{words(&plot.under)}</div>
        </div>
    }
    .into_any()
}

/// What the lines of a chart are.
#[component]
pub fn Legend(
    /// Class and name of each.
    lines: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    let items = lines
        .into_iter()
        .map(|(class, name)| view! { <li><i class=class></i>{name}</li> })
        .collect_view();
    view! { <ul class="legend">{items}</ul> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_an_axis_is_a_round_number_that_holds_all() {
        for (value, top) in [
            (0, 4),
            (5, 8),
            (13, 16),
            (21, 28),
            (29, 40),
            (41, 80),
            (2_600, 2_800),
        ] {
            assert_eq!(round_top(value), top, "{value}");
        }
        assert_eq!(round_top(i64::MAX), i64::MAX);
    }

    #[test]
    fn a_line_begins_and_ends_at_the_ends_of_the_plot() {
        let line = Line {
            name: "",
            class: "main",
            values: vec![0, 10, 5],
        };
        let plot = Plot {
            id: String::new(),
            title: String::new(),
            desc: String::new(),
            lines: vec![],
            marks: vec![],
            top: 10,
            beside: vec![],
            under: vec![],
        };
        let (places, ground) = plot.places(&line);
        assert_eq!(places, "0.0,200.0 500.0,6.0 1000.0,103.0");
        assert!(ground.starts_with("0,200 ") && ground.ends_with(" 1000,200"));
    }
}
