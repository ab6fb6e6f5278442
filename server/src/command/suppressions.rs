//! Commands about identities whose data is refused.

use super::{Command, Outcome, misplaced};
use crate::{suppressing, wire::Page};
use domain::access::Actor;
use engine::Engine;

pub(super) async fn run(engine: &Engine, actor: &Actor, command: Command) -> engine::Result<Outcome> {
    let whole = |items| Outcome::Suppressions(Page { items, next: None });
    match command {
        Command::SuppressionList { dataset, page } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let page = engine.suppressions(actor, dataset.id, page).await?;
            Ok(Outcome::Suppressions(Page::of(page, Into::into)))
        }
        Command::SuppressionLookup { dataset, identity } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let found = engine.find_suppressions(actor, dataset.id, &identity).await?;
            Ok(whole(found.into_iter().map(Into::into).collect()))
        }
        Command::SuppressionAdd { dataset, new } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let entered = engine.suppress(actor, dataset.id, &new.read()?).await?;
            Ok(whole(vec![entered.into()]))
        }
        Command::SuppressionLift { dataset, lift } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let lifted = suppressing::lift(engine, actor, dataset.id, &lift).await?;
            Ok(Outcome::Done(format!(
                "Lifted {lifted}: data about that identity is let in again."
            )))
        }
        Command::Recheck { dataset } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let looks = engine.recheck(actor, dataset.id).await?;
            let items = looks.into_iter().map(Into::into).collect();
            Ok(Outcome::Rechecks(Page { items, next: None }))
        }
        _ => Err(misplaced()),
    }
}
