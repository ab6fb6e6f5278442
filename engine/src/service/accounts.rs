//! Users and tokens: making them, listing them, ending them. Who is bound to one dataset manages that dataset's alone.

use super::{
    Engine,
    access::{TOUCH_MS, random_text, secret_hash, user_entry},
};
use crate::{
    error::{Error, Result},
    store::{self, Conn, access::Target, audit::Entry, tokens::InsertToken},
};
use domain::{
    access::{
        Actor, NAME_CHARS_MAX, NewToken, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, Permission, Powers, Role,
        Scope, TokenRow, UserRow,
    },
    id::DatasetId,
    problem::{Code, Problem},
};
use subtle::ConstantTimeEq as _;

/// Letters of a token's public half: enough that two never meet.
const KEY_ID_CHARS: usize = 16;

impl Engine {
    /// Whether there is any user yet: until then the set-up page is open.
    ///
    /// # Errors
    /// Failures of the database.
    pub async fn has_users(&self) -> Result<bool> {
        store::access::any_user(&mut *self.inner.store.read().await?).await
    }

    /// Makes a user.
    ///
    /// # Errors
    /// `forbidden`, `invalid`, `name_taken`.
    pub async fn create_user(
        &self,
        actor: &Actor,
        name: &str,
        role: Role,
        dataset: Option<DatasetId>,
        password: &str,
    ) -> Result<()> {
        administers(actor, dataset)?;
        let name = user_name(name)?;
        check_password(password)?;
        let hash = self.hash_password(password).await?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        store::access::insert_user(&mut tx, &name, role, dataset, &hash, now)
            .await
            .map_err(taken)?;
        let detail = serde_json::json!({ "role": role });
        let entry = Entry {
            dataset,
            detail,
            ..user_entry("user.create", &name)
        };
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The users that the actor may manage, by name.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn users(&self, actor: &Actor) -> Result<Vec<UserRow>> {
        actor.require(Permission::Administer)?;
        store::access::users(&mut *self.inner.store.read().await?, actor.dataset).await
    }

    /// Gives a user another password and ends their sessions.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid`.
    pub async fn set_password(&self, actor: &Actor, name: &str, password: &str) -> Result<()> {
        actor.require(Permission::Administer)?;
        check_password(password)?;
        let hash = self.hash_password(password).await?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let user = managed(&mut tx, actor, name).await?;
        store::access::set_password(&mut tx, user.id(), &hash).await?;
        store::access::end_sessions(&mut tx, user.id()).await?;
        let entry = Entry {
            dataset: user.dataset(),
            ..user_entry("user.set_password", name)
        };
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Keeps a user from logging in and ends their sessions.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `last_administrator`.
    pub async fn disable_user(&self, actor: &Actor, name: &str) -> Result<()> {
        actor.require(Permission::Administer)?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let user = managed(&mut tx, actor, name).await?;
        if user.administers_everything() && store::access::administrators(&mut tx).await? <= 1 {
            return Err(Problem::new(Code::LastAdministrator).into());
        }
        store::access::disable_user(&mut tx, user.id(), now).await?;
        store::access::end_sessions(&mut tx, user.id()).await?;
        let entry = Entry {
            dataset: user.dataset(),
            ..user_entry("user.disable", name)
        };
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Makes a token. Its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// `forbidden`, `invalid`: an ingest token is for one dataset.
    pub async fn create_token(
        &self,
        actor: &Actor,
        name: &str,
        dataset: Option<DatasetId>,
        scope: Scope,
    ) -> Result<NewToken> {
        administers(actor, dataset)?;
        let name = account_name(name)?;
        if scope == Scope::Ingest && dataset.is_none() {
            let message = "An ingest token is for one dataset, as its key id is that dataset's write key. Name the dataset.";
            return Err(Problem::because(Code::Invalid, message).on("dataset").into());
        }
        let token = NewToken {
            key_id: random_key_id(),
            secret: random_text(),
        };
        let now = self.inner.store.clock.now();
        let secret_hash = secret_hash(&token.secret);
        let row = InsertToken {
            key_id: &token.key_id,
            name: &name,
            secret_hash: &secret_hash,
            scope,
            dataset,
            created_by: &actor.name,
        };
        let mut tx = self.inner.store.write().await?;
        store::tokens::insert_token(&mut tx, &row, now).await?;
        let detail = serde_json::json!({ "name": name, "scope": scope });
        let entry = Entry {
            action: "token.create",
            dataset,
            object: format!("token:{}", token.key_id),
            detail,
        };
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// The tokens that the actor may manage, newest first.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn tokens(&self, actor: &Actor) -> Result<Vec<TokenRow>> {
        actor.require(Permission::Administer)?;
        store::tokens::tokens(&mut *self.inner.store.read().await?, actor.dataset).await
    }

    /// Makes a token useless, for good.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn revoke_token(&self, actor: &Actor, key_id: &str) -> Result<()> {
        actor.require(Permission::Administer)?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        if !store::tokens::revoke_token(&mut tx, key_id, actor.dataset, now).await? {
            return Err(Problem::not_found("token").into());
        }
        let object = format!("token:{key_id}");
        let entry = Entry {
            action: "token.revoke",
            dataset: actor.dataset,
            object,
            detail: serde_json::json!({}),
        };
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Who holds this token; `None` where it is not a token, not any more, or the secret is wrong.
    ///
    /// # Errors
    /// Failures of the database.
    pub async fn authenticate_token(&self, key_id: &str, secret: &str) -> Result<Option<Actor>> {
        let given = secret_hash(secret);
        let found = store::tokens::token(&mut *self.inner.store.read().await?, key_id).await?;
        let Some(token) = found.filter(|token| bool::from(token.secret_hash.as_slice().ct_eq(&given))) else {
            return Ok(None);
        };
        let now = self.inner.store.clock.now();
        if token.used_at.is_none_or(|used| now.ms() - used.ms() >= TOUCH_MS) {
            let mut tx = self.inner.store.write().await?;
            store::tokens::touch_token(&mut tx, key_id, now).await?;
            tx.commit().await?;
        }
        let powers = Powers::Token { scope: token.scope };
        Ok(Some(Actor {
            name: format!("token:{key_id}"),
            powers,
            dataset: token.dataset,
        }))
    }
}

/// Whether the actor may make something for this dataset, or for all of them.
fn administers(actor: &Actor, dataset: Option<DatasetId>) -> Result<()> {
    match dataset {
        Some(dataset) => Ok(actor.require_in(Permission::Administer, dataset)?),
        None => super::require_everywhere(actor, Permission::Administer),
    }
}

/// A user that the actor may manage; others do not exist for them.
async fn managed(conn: &mut Conn, actor: &Actor, name: &str) -> Result<Target> {
    let found = store::access::target(conn, name).await?;
    let own = found.filter(|user| actor.dataset.is_none() || actor.dataset == user.dataset());
    own.ok_or_else(|| Problem::not_found("user").into())
}

fn account_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let message = format!("A name has 1 to {NAME_CHARS_MAX} characters.");
        return Err(Problem::because(Code::Invalid, message).on("name").into());
    }
    Ok(name.to_owned())
}

/// A user's name must not pass for a machine in the audit log.
fn user_name(name: &str) -> Result<String> {
    let name = account_name(name)?;
    if name.contains(':') || name == "system" || name == "nobody" {
        return Err(Problem::because(
            Code::Invalid,
            "This name is not free. Choose one without a colon.",
        )
        .on("name")
        .into());
    }
    Ok(name)
}

fn check_password(password: &str) -> Result<()> {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        let message = format!("A password has at least {PASSWORD_CHARS_MIN} characters.");
        return Err(Problem::because(Code::Invalid, message).on("password").into());
    }
    if password.len() > PASSWORD_BYTES_MAX {
        let message = format!("A password has at most {PASSWORD_BYTES_MAX} bytes.");
        return Err(Problem::because(Code::Invalid, message).on("password").into());
    }
    Ok(())
}

fn random_key_id() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let random: [u8; KEY_ID_CHARS] = rand::random();
    random
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect()
}

fn taken(error: Error) -> Error {
    if error.unique_violation() {
        Problem::new(Code::NameTaken).on("name").into()
    } else {
        error
    }
}
