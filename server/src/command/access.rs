//! Commands about people who log in and tokens for machines.

use super::{Command, Outcome, misplaced, scope};
use crate::wire;
use domain::{
    access::{Actor, Role, Scope},
    problem::{Code, Problem},
};
use engine::Engine;

pub(super) async fn run(engine: &Engine, actor: &Actor, command: Command) -> engine::Result<Outcome> {
    match command {
        Command::UserAdd {
            name,
            role,
            dataset,
            password,
        } => {
            let role = read(&role, Role::parse, Role::ALL.map(Role::as_str), "role")?;
            let dataset = scope(engine, actor, dataset.as_deref()).await?;
            engine.create_user(actor, &name, role, dataset, &password).await?;
            let mut users = engine.users(actor).await?.into_iter();
            let made = users.find(|user| user.name == name.trim());
            Ok(made.map_or_else(
                || Outcome::Done(format!("{name} can log in.")),
                |user| Outcome::User(user.into()),
            ))
        }
        Command::UserList => Ok(Outcome::Users(
            engine.users(actor).await?.into_iter().map(Into::into).collect(),
        )),
        Command::UserPassword { name, password } => {
            engine.set_password(actor, &name, &password).await?;
            Ok(Outcome::Done(format!(
                "{name} has a new password, and every session of theirs has ended."
            )))
        }
        Command::UserDisable { name } => {
            engine.disable_user(actor, &name).await?;
            Ok(Outcome::Done(format!("{name} can no longer log in.")))
        }
        Command::TokenCreate {
            name,
            dataset,
            scope: word,
        } => {
            let of = read(&word, Scope::parse, Scope::ALL.map(Scope::as_str), "scope")?;
            let dataset = scope(engine, actor, dataset.as_deref()).await?;
            let token = engine.create_token(actor, &name, dataset, of).await?;
            let write_key = (of == Scope::Ingest).then(|| token.key_id.clone());
            Ok(Outcome::NewToken(wire::NewToken {
                key_id: token.key_id,
                secret: token.secret,
                write_key,
            }))
        }
        Command::TokenList => Ok(Outcome::Tokens(
            engine.tokens(actor).await?.into_iter().map(Into::into).collect(),
        )),
        Command::TokenRevoke { key_id } => {
            engine.revoke_token(actor, &key_id).await?;
            Ok(Outcome::Done(format!("The token {key_id} is revoked.")))
        }
        _ => Err(misplaced()),
    }
}

/// Reads one of a few words.
fn read<T, const N: usize>(
    word: &str,
    parse: impl Fn(&str) -> Option<T>,
    all: [&str; N],
    field: &str,
) -> Result<T, Problem> {
    parse(word).ok_or_else(|| {
        Problem::because(
            Code::Invalid,
            format!("The {field} is one of {}.", all.join(", ")),
        )
        .on(field)
    })
}
