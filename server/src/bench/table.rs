//! Rows of results: medians, ratios, whether a figure was reached, and how all of it is shown. Knows nothing of how the
//! numbers came about.

use super::Measure;
use domain::guard::grouped;
use serde::Serialize;
use std::fmt::Write as _;

/// A figure to reach.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reach {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Reach {
    fn reached(self, value: f64) -> bool {
        match self {
            Self::AtLeast(figure) => value >= figure,
            Self::AtMost(figure) => value <= figure,
        }
    }

    const fn figure(self) -> f64 {
        match self {
            Self::AtLeast(figure) | Self::AtMost(figure) => figure,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::AtLeast(_) => ">=",
            Self::AtMost(_) => "<=",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    measure: Measure,
    what: String,
    profiles: u64,
    unit: &'static str,
    /// The median.
    ours: f64,
    /// The median of what it is held against, or the limit; null where there is neither.
    theirs: Option<f64>,
    /// Ours to theirs: the median over the pairs that ran one after the other.
    ratio: Option<f64>,
    /// The figure to reach, in words.
    reach: Option<String>,
    /// Whether it was reached; null where there is no figure, or nothing to hold it against.
    reached: Option<bool>,
    note: String,
    ours_runs: Vec<f64>,
    theirs_runs: Vec<f64>,
}

impl Row {
    /// A row of values that stand for themselves.
    pub(super) fn of(
        measure: Measure,
        profiles: u64,
        what: impl Into<String>,
        unit: &'static str,
        ours: &[f64],
    ) -> Self {
        Self {
            measure,
            what: what.into(),
            profiles,
            unit,
            ours: median(ours),
            theirs: None,
            ratio: None,
            reach: None,
            reached: None,
            note: String::new(),
            ours_runs: ours.to_vec(),
            theirs_runs: Vec::new(),
        }
    }

    /// Holds them against others, run by run. With no others (nothing to measure them with) the row stays as it is, but
    /// names the figure.
    pub(super) fn against(mut self, theirs: &[f64], reach: Option<Reach>) -> Self {
        self.reach = reach.map(|reach| format!("{} {} x", reach.sign(), shown(reach.figure())));
        if !theirs.is_empty() {
            let ratios: Vec<f64> = self.ours_runs.iter().zip(theirs).map(|(a, b)| a / b).collect();
            let ratio = median(&ratios);
            self.theirs = Some(median(theirs));
            self.ratio = Some(ratio);
            self.reached = reach.map(|reach| reach.reached(ratio));
            self.theirs_runs = theirs.to_vec();
        }
        self
    }

    /// Holds their median against a limit.
    pub(super) fn limit(mut self, reach: Reach) -> Self {
        self.theirs = Some(reach.figure());
        self.ratio = Some(self.ours / reach.figure());
        self.reach = Some(format!(
            "{} {} {}",
            reach.sign(),
            shown(reach.figure()),
            self.unit
        ));
        self.reached = Some(reach.reached(self.ours));
        self
    }

    /// Says something more.
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The median.
    pub(super) const fn ours(&self) -> f64 {
        self.ours
    }

    /// Whether it is about this many people.
    pub(super) fn is(&self, what: &str, profiles: u64) -> bool {
        self.what == what && self.profiles == profiles
    }

    fn cells(&self) -> [String; 7] {
        [
            self.what.clone(),
            grouped(i64::try_from(self.profiles).unwrap_or(i64::MAX)),
            format!("{} {}", shown(self.ours), self.unit),
            self.theirs.map_or(String::new(), shown),
            self.ratio.map_or(String::new(), |ratio| format!("{ratio:.2} x")),
            self.reach.clone().unwrap_or_default(),
            match self.reached {
                Some(true) => "reached".to_owned(),
                Some(false) => "short".to_owned(),
                None if self.reach.is_some() => "not known".to_owned(),
                None => String::new(),
            },
        ]
    }
}

/// The middle one; of an even number, the mean of the two in the middle. 0 of nothing.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match (
        sorted.get(half),
        sorted.get(half.wrapping_sub(1)),
        sorted.len() % 2,
    ) {
        (Some(upper), Some(lower), 0) => f64::midpoint(*lower, *upper),
        (Some(middle), ..) => *middle,
        _ => 0.0,
    }
}

/// The value below which `share` (0 to 1) of the values lie. 0 of nothing.
pub(super) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let within = sorted
        .iter()
        .enumerate()
        .take_while(|(before, _)| *before as f64 / sorted.len() as f64 <= share);
    within.last().map_or(0.0, |(_, value)| *value)
}

/// A number as people read it: whole from a hundred on, with two places below.
fn shown(value: f64) -> String {
    if value.abs() >= 100.0 {
        return grouped(value.round() as i64);
    }
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The table for people.
pub(super) fn text(head: &str, rows: &[Row]) -> String {
    let titles = [
        "what",
        "people",
        "ours",
        "theirs / limit",
        "ratio",
        "to reach",
        "",
    ];
    let mut lines = vec![titles.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let width = |column: usize| {
        let widths = lines.iter().filter_map(|cells| cells.get(column));
        widths.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..titles.len()).map(width).collect();
    let mut out = format!("{head}\n\n");
    let notes = std::iter::once("").chain(rows.iter().map(|row| row.note.as_str()));
    for (cells, note) in lines.iter().zip(notes) {
        let mut line = String::new();
        for (at, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            // Writing to a string does not fail. Numbers stand at the right.
            let _ = match at {
                1..=4 => write!(line, "{cell:>width$}  "),
                _ => write!(line, "{cell:<width$}  "),
            };
        }
        line.push_str(note);
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_percentiles() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!((median(&[]), percentile(&[], 0.99)), (0.0, 0.0));
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(
            (percentile(&hundred, 0.5), percentile(&hundred, 0.99)),
            (51.0, 100.0)
        );
        assert_eq!(percentile(&[7.0], 0.99), 7.0);
    }

    #[test]
    fn a_row_says_whether_its_figure_was_reached() {
        let row = |ours: &[f64]| Row::of(Measure::Deletion, 1_000, "w", "ms", ours);
        let faster = row(&[30.0, 90.0, 20.0]).against(&[10.0, 30.0, 40.0], Some(Reach::AtLeast(1.3)));
        assert_eq!((faster.ratio, faster.reached), (Some(3.0), Some(true)));
        let alone = row(&[30.0]).against(&[], Some(Reach::AtLeast(1.3)));
        assert_eq!((alone.ratio, alone.reached, alone.theirs), (None, None, None));
        let over = row(&[51.0]).limit(Reach::AtMost(50.0));
        assert_eq!(over.reached, Some(false));
        let shown = text("head", &[over]);
        assert!(shown.contains("<= 50 ms") && shown.contains("short"), "{shown}");
    }
}
