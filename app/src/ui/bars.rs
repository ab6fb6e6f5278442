//! Bars side by side, drawn on the server: one a day or the like, with the same numbers as a table for those who do not see
//! them. Knows nothing of what is counted.

use leptos::prelude::*;

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Its number, 0 or more.
    pub value: i64,
    /// The number as shown.
    pub shown: String,
}

/// A bar and the gap beside it, in the drawing's own units.
const STEP: i64 = 20;
/// The bar alone.
const WIDTH: i64 = 14;
/// The height of the highest.
const HEIGHT: i64 = 120;
/// Something that is there is never drawn as nothing.
const LEAST: i64 = 2;

/// Bars in order, with the first and the last label under them.
#[component]
pub fn Bars(
    /// What they show, in one sentence.
    #[prop(into)]
    title: String,
    /// What the labels are, as the table's heading.
    label: &'static str,
    /// What the numbers are, as the table's heading.
    value: &'static str,
    /// The bars.
    bars: Vec<Bar>,
) -> impl IntoView {
    let count = i64::try_from(bars.len()).unwrap_or(0).max(1);
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0);
    let top = bars
        .iter()
        .find(|bar| bar.value == most && most > 0)
        .map(|bar| bar.shown.clone());
    let drawn = bars
        .iter()
        .zip(0_i64..)
        .map(|(bar, at)| {
            let height = height(bar.value, most);
            view! {
                <rect x=(at * STEP).to_string() y=(HEIGHT - height).to_string() width=WIDTH.to_string() height=height.to_string() rx="2">
                    <title>{format!("{}: {}", bar.label, bar.shown)}</title>
                </rect>
            }
        })
        .collect_view();
    let ends = [bars.first(), bars.last()].map(|bar| bar.map(|bar| bar.label.clone()));
    let [first, last] = ends;
    let rows = bars
        .into_iter()
        .map(|bar| view! { <tr><th scope="row">{bar.label}</th><td class="n">{bar.shown}</td></tr> })
        .collect_view();
    let wide = (count * STEP - (STEP - WIDTH)).to_string();
    view! {
        <figure class="bars">
            {top.map(|top| view! { <p class="bars-top">{top}</p> })}
            <svg viewBox=format!("0 0 {wide} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=title.clone()>
                {drawn}
            </svg>
            <p class="bars-ends"><span>{first}</span><span>{last}</span></p>
            <details class="more">
                <summary>"Show as a table"</summary>
                <table>
                    <caption class="unseen">{title}</caption>
                    <thead><tr><th scope="col">{label}</th><th scope="col" class="n">{value}</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        </figure>
    }
    .into_any()
}

fn height(value: i64, most: i64) -> i64 {
    match value {
        ..=0 => 0,
        value => (value.saturating_mul(HEIGHT) / most.max(1)).max(LEAST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_drawing_and_a_small_one_is_seen() {
        assert_eq!(height(50, 50), HEIGHT);
        assert_eq!(height(1, 1_000_000), LEAST);
        assert_eq!(height(0, 50), 0);
        assert_eq!(height(0, 0), 0);
    }
}
