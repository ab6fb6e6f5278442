//! Commands about single persons.

use super::{Command, Outcome, misplaced};
use crate::wire::Person;
use domain::{
    access::Actor,
    problem::{Code, Problem},
};
use engine::Engine;

pub(super) async fn run(engine: &Engine, actor: &Actor, command: Command) -> engine::Result<Outcome> {
    match command {
        Command::PrivacyLookup { dataset, identity } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let found = engine.person_record(actor, dataset.id, &identity).await?;
            let person = found.and_then(Person::of).ok_or_else(|| {
                Problem::because(
                    Code::NotFound,
                    "Nothing is known of anybody with that identity in this dataset.",
                )
            })?;
            Ok(Outcome::Person(Box::new(person)))
        }
        Command::PrivacyDelete { dataset, identities } => {
            let dataset = engine.dataset(actor, &dataset).await?;
            let done = engine.erase_people(actor, dataset.id, &identities, None).await?;
            Ok(Outcome::Erased(done.into()))
        }
        _ => Err(misplaced()),
    }
}
