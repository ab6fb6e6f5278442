//! Commands about datasets, and imports.

use super::{Command, Input, Outcome, misplaced};
use crate::importing;
use domain::access::Actor;
use engine::Engine;

pub(super) async fn run(
    engine: &Engine,
    actor: &Actor,
    command: Command,
    input: Input,
) -> engine::Result<Outcome> {
    match command {
        Command::DatasetCreate { slug, name } => Ok(Outcome::Dataset(
            engine.create_dataset(actor, &slug, name.as_deref()).await?.into(),
        )),
        Command::DatasetList => Ok(Outcome::Datasets(
            engine
                .datasets(actor)
                .await?
                .into_iter()
                .map(Into::into)
                .collect(),
        )),
        Command::Import { dataset, import } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            Ok(Outcome::Imported(
                importing::run(engine, actor, &dataset, &import, input).await?,
            ))
        }
        _ => Err(misplaced()),
    }
}
