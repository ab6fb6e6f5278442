//! Whom a dataset's data was disclosed to, and who is therefore told of every erasure (GDPR art. 19).

use super::Engine;
use crate::{
    error::Result,
    notify,
    store::{self, audit::Entry},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, RecipientId},
    notice::SECRET_CHARS_MIN,
    privacy::request::{RECIPIENTS_MAX, Recipient},
    problem::{Code, Problem},
    segment::clean_name,
};

impl Engine {
    /// The recipients of a dataset, by name.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn recipients(&self, actor: &Actor, dataset: DatasetId) -> Result<Vec<Recipient>> {
        actor.require_in(Permission::Privacy, dataset)?;
        store::recipients::list(&mut *self.inner.store.read().await?, dataset).await
    }

    /// Enters a recipient: from now on it is told of every erasure by a request signed with the secret.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid` on `name`, `url` or `secret`, `name_taken`.
    pub async fn add_recipient(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        name: &str,
        url: &str,
        secret: &str,
    ) -> Result<RecipientId> {
        actor.require_in(Permission::Privacy, dataset)?;
        let (name, url, secret) = (clean_name(name)?, url.trim(), secret.trim());
        let host = notify::host_of(url, "url")?;
        if secret.chars().count() < SECRET_CHARS_MIN || secret.chars().any(char::is_control) {
            let message = format!("The secret has at least {SECRET_CHARS_MIN} characters.");
            return Err(Problem::because(Code::Invalid, message).on("secret").into());
        }
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let there = store::recipients::list(&mut tx, dataset).await?;
        if there.iter().any(|it| it.name == name) {
            return Err(Problem::new(Code::NameTaken).on("name").into());
        }
        if there.len() >= RECIPIENTS_MAX {
            let message = format!("A dataset has at most {RECIPIENTS_MAX} recipients. Remove one first.");
            return Err(Problem::because(Code::Invalid, message).on("name").into());
        }
        let id = store::recipients::insert(&mut tx, dataset, (&name, url, secret), &actor.name, now).await?;
        // The path may hold a secret of the receiver's.
        let detail = serde_json::json!({ "name": name, "host": host });
        store::audit::insert(&mut tx, now, actor, entry(dataset, id, "recipient.added", detail)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Takes a recipient out of use. What it was told stays on record; what is still on its way to it is given up.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn remove_recipient(&self, actor: &Actor, dataset: DatasetId, id: RecipientId) -> Result<()> {
        actor.require_in(Permission::Privacy, dataset)?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        if !store::recipients::remove(&mut tx, dataset, id, now).await? {
            return Err(Problem::not_found("recipient").into());
        }
        let detail = serde_json::json!({});
        store::audit::insert(
            &mut tx,
            now,
            actor,
            entry(dataset, id, "recipient.removed", detail),
        )
        .await?;
        tx.commit().await?;
        crate::privacy::forget_ended(self, now).await
    }
}

fn entry(dataset: DatasetId, id: RecipientId, action: &'static str, detail: serde_json::Value) -> Entry {
    Entry {
        action,
        dataset: Some(dataset),
        object: format!("recipient:{id}"),
        detail,
    }
}
