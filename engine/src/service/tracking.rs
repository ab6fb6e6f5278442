//! Live data: who may send it, what a call becomes, and what came of late. What messages mean and how they are written is
//! `import`'s. No audit entry: it is what people do, like an imported event, and no deed of the caller.

use super::{Engine, access::TOUCH_MS};
use crate::{
    error::Result,
    import::live,
    store::{self, ingest_progress as progress},
};
use domain::{
    access::{Actor, Permission, Powers, Scope},
    id::DatasetId,
    problem::Problem,
    tracking::{LiveData, MessageKind, Tracked},
};

/// Days that are shown: a month.
const DAYS_SHOWN: i64 = 31;

impl Engine {
    /// Who sends with this write key, and into which dataset: the key id of a token of scope ingest that is bound to one.
    /// It is no secret, so it opens nothing but this. `None`: no such key, or not any more.
    ///
    /// # Errors
    /// Failures of the database.
    pub async fn authenticate_write_key(&self, key: &str) -> Result<Option<(Actor, DatasetId)>> {
        let found = store::tokens::token(&mut *self.inner.store.read().await?, key).await?;
        let Some((token, dataset)) = found
            .filter(|token| token.scope == Scope::Ingest)
            .and_then(|token| Some((token.used_at, token.dataset?)))
        else {
            return Ok(None);
        };
        let now = self.inner.store.clock.now();
        if token.is_none_or(|used| now.ms() - used.ms() >= TOUCH_MS) {
            let mut tx = self.inner.store.write().await?;
            store::tokens::touch_token(&mut tx, key, now).await?;
            tx.commit().await?;
        }
        let actor = Actor {
            name: format!("token:{key}"),
            powers: Powers::Token { scope: Scope::Ingest },
            dataset: Some(dataset),
        };
        Ok(Some((actor, dataset)))
    }

    /// Takes a call of the tracking API: one message of a kind, or a batch of them (`None`). What it answers is durable.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `bad_request` where the body is no JSON or no batch.
    pub async fn track(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        kind: Option<MessageKind>,
        body: &[u8],
    ) -> Result<Tracked> {
        actor.require_in(Permission::Import, dataset)?;
        let store = &self.inner.store;
        let currency = progress::currency(&mut *store.read().await?, dataset)
            .await?
            .ok_or_else(|| Problem::not_found("dataset"))?;
        let call = live::read((dataset, currency, &store.keys), kind, body, store.clock.now())?;
        self.inner.memory.tracking.send(self, dataset, call).await
    }

    /// What came by the tracking API on the last days, why messages were not taken, and, for whoever manages tokens, the
    /// write keys. Days on which nothing came are left out.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn live_data(&self, actor: &Actor, dataset: DatasetId) -> Result<LiveData> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        let keys = match actor.may(Permission::Administer) {
            true => {
                let mut tokens = store::tokens::tokens(&mut conn, Some(dataset)).await?;
                tokens.retain(|token| token.scope == Scope::Ingest && token.revoked_at.is_none());
                Some(tokens)
            }
            false => None,
        };
        Ok(LiveData {
            days: store::tracked::days(&mut conn, dataset, DAYS_SHOWN).await?,
            rejections: self.inner.memory.tracking.reasons.of(dataset),
            keys,
        })
    }
}
