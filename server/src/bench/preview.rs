//! What people wait for before a deletion, against the bare count of the same people in the same process: what is left of
//! the ratio is what the sample, the usage and the rule itself cost.

use super::{
    Bench, Done, Measure,
    data::{self, Base, actor},
    said,
    table::{Reach, Row},
};
use std::{future::Future, time::Instant};

/// Counting is quick beside making copies, so it is done more often.
const TIMES: usize = 3;

/// Measures. Changes nothing in the base.
pub(super) async fn measure(bench: &Bench, base: &Base) -> Done<Vec<Row>> {
    let (engine, dataset) = data::open(base.dir()).await?;
    let measured = async {
        let who = actor();
        let segment = engine
            .segment_by_name(&who, dataset, data::HALF)
            .await
            .map_err(said)?;
        let rule = data::rule(base.before);
        let mut ms: [Vec<f64>; 5] = Default::default();
        let mut found = Vec::new();
        for time in 0..=usize::from(bench.runs) * TIMES {
            let (bare, bare_ms) = timed(engine.bare_count(dataset, base.before)).await?;
            let (preview, preview_ms) = timed(engine.preview(&who, dataset, &rule)).await?;
            let (names, names_ms) = timed(engine.usage_list(&who, dataset, segment.id)).await?;
            let (usage, usage_ms) = timed(engine.usage(&who, dataset, segment.id)).await?;
            let (impact, impact_ms) = timed(engine.impact(&who, dataset, segment.id, None)).await?;
            found = vec![
                bare,
                preview.count,
                impact.profiles,
                usage.first().map_or(0, |usage| usage.members),
            ];
            if found.iter().any(|count| *count != base.half) || names.len() != usage.len() {
                break;
            }
            // The first time warms up.
            if time > 0 {
                let all = [bare_ms, preview_ms, preview_ms + names_ms, usage_ms, impact_ms];
                for (ms, one) in ms.iter_mut().zip(all) {
                    ms.push(one);
                }
            }
        }
        if found.iter().any(|count| *count != base.half) {
            return Err(format!("{} people were counted as {found:?}.", base.half));
        }
        Ok(rows(base, &ms))
    }
    .await;
    engine.close().await;
    measured
}

async fn timed<T>(work: impl Future<Output = engine::Result<T>>) -> Done<(T, f64)> {
    let begun = Instant::now();
    let done = work.await.map_err(said)?;
    Ok((done, begun.elapsed().as_secs_f64() * 1e3))
}

fn rows(base: &Base, [bare, preview, named, usage, impact]: &[Vec<f64>; 5]) -> Vec<Row> {
    let row = |what: &str, ours: &[f64], reach: Option<Reach>| {
        Row::of(Measure::Preview, base.profiles, what, "ms", ours).against(bare, reach)
    };
    let figure = Some(Reach::AtMost(1.5));
    vec![
        row("preview: count, sample", preview, figure)
            .note(format!("{} people; against the bare count", base.half)),
        row("preview: count, sample, usage", named, figure).note("usage by name, as a list shows it"),
        row("  usage, counted", usage, None).note("a campaign, its eligible before and after, impressions"),
        row("  impact in full", impact, None).note("all of the above, and the people's events"),
    ]
}
