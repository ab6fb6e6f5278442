//! Lifting suppressions, as REST and the command line both do it: by an id, or by an identity of whatever kind.

use crate::wire::{Asked, Lift};
use domain::{access::Actor, id::DatasetId, problem::Problem, suppression::SuppressionId};
use engine::Engine;

/// Lifts; gives how many there were.
pub(crate) async fn lift(
    engine: &Engine,
    actor: &Actor,
    dataset: DatasetId,
    asked: &Lift,
) -> engine::Result<usize> {
    let ids: Vec<SuppressionId> = match asked.read()? {
        Asked::Id(id) => vec![id],
        Asked::Identity(identity) => {
            let found = engine.find_suppressions(actor, dataset, &identity).await?;
            found.into_iter().map(|it| it.id).collect()
        }
    };
    if ids.is_empty() {
        return Err(Problem::not_found("suppression").into());
    }
    for id in &ids {
        engine.lift_suppression(actor, dataset, *id, &asked.reason).await?;
    }
    Ok(ids.len())
}
