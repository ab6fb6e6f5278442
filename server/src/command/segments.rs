//! Commands about segments.

use super::{Command, Outcome, misplaced};
use domain::{access::Actor, dataset::Dataset, id::SegmentId, problem::Code, segment::Segment};
use engine::Engine;

pub(super) async fn run(engine: &Engine, actor: &Actor, command: Command) -> engine::Result<Outcome> {
    match command {
        Command::SegmentList {
            dataset,
            show_disabled,
        } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let all = engine.segments(actor, dataset.id, show_disabled).await?;
            Ok(Outcome::Segments(all.into_iter().map(Into::into).collect()))
        }
        Command::SegmentShow { dataset, segment } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            Ok(Outcome::Segment(
                find(engine, actor, &dataset, &segment).await?.into(),
            ))
        }
        Command::SegmentCreate { dataset, segment } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            Ok(Outcome::Segment(
                engine
                    .create_segment(actor, dataset.id, segment.spec()?)
                    .await?
                    .into(),
            ))
        }
        Command::SegmentPreview { dataset, rule } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            Ok(Outcome::Preview(
                engine.preview(actor, dataset.id, &rule).await?.into(),
            ))
        }
        Command::SegmentRefresh { dataset, segment } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let segment = find(engine, actor, &dataset, &segment).await?;
            Ok(Outcome::Segment(
                engine.refresh_count(actor, dataset.id, segment.id).await?.into(),
            ))
        }
        Command::SegmentEnable { dataset, segment } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let segment = find(engine, actor, &dataset, &segment).await?;
            Ok(Outcome::Segment(
                engine.enable_segment(actor, dataset.id, segment.id).await?.into(),
            ))
        }
        Command::SegmentDisable { dataset, segment } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let segment = find(engine, actor, &dataset, &segment).await?;
            let disabled = engine.disable_segment(actor, dataset.id, segment.id).await?;
            Ok(Outcome::Segment(disabled.into()))
        }
        Command::SegmentClone {
            dataset,
            segment,
            name,
        } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let segment = find(engine, actor, &dataset, &segment).await?;
            let copy = engine.clone_segment(actor, dataset.id, segment.id, &name).await?;
            Ok(Outcome::Segment(copy.into()))
        }
        _ => Err(misplaced()),
    }
}

/// A segment by name, else by id: people may name a segment `12`, and then mean that one.
pub(super) async fn find(
    engine: &Engine,
    actor: &Actor,
    dataset: &Dataset,
    word: &str,
) -> engine::Result<Segment> {
    match (
        engine.segment_by_name(actor, dataset.id, word).await,
        word.parse::<SegmentId>(),
    ) {
        (Err(engine::Error::Problem(problem)), Ok(id)) if problem.code == Code::NotFound => {
            engine.segment(actor, dataset.id, id).await
        }
        (found, _) => found,
    }
}
