//! The list of identities that are not let in: looking at it, asking about one, entering one by hand, lifting one. Who may
//! erase people may do that; everybody who may look sees the list, in which nobody can be recognised.

use super::Engine;
use crate::{
    error::Result,
    import::one,
    store::{
        audit::{self, Entry},
        suppression_list as list,
    },
};
use domain::{
    access::{Actor, Permission},
    id::DatasetId,
    page::{Page, PageRequest},
    problem::{Code, Problem},
    profile::IdentityKind,
    suppression::{
        NewSuppression, Suppression, SuppressionId, SuppressionOverview, clean_note,
    },
};

/// Deletions that the overview names.
const SOURCES_SHOWN: u32 = 50;
/// Identities that each of its lists names.
const SHOWN: u32 = 20;

impl Engine {
    /// The list by deletion, with what stopped something last and what was entered by hand last.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn suppression_overview(
        &self,
        actor: &Actor,
        dataset: DatasetId,
    ) -> Result<SuppressionOverview> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        Ok(SuppressionOverview {
            sources: list::sources(&mut conn, dataset, SOURCES_SHOWN).await?,
            stopped: list::stopped_last(&mut conn, dataset, SHOWN).await?,
            by_hand: list::by_hand_last(&mut conn, dataset, SHOWN).await?,
        })
    }

    /// A page of the list in the order of its keys.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid` for a cursor that is none.
    pub async fn suppressions(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        page: PageRequest,
    ) -> Result<Page<Suppression>> {
        require_look(actor, dataset)?;
        let after = match page.cursor.as_deref() {
            Some(cursor) => Some(
                SuppressionId::parse(cursor).ok_or_else(|| Problem::new(Code::Invalid).on("cursor"))?,
            ),
            None => None,
        };
        let mut conn = self.inner.store.read().await?;
        let rows = list::page(&mut conn, dataset, after, page.rows() + 1).await?;
        Ok(Page::from_fetched(rows, page.rows(), |row| row.id.to_string()))
    }

    /// What is on the list of an identity, whatever kind it is of. Nothing of the question is kept.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid` for a text that no identity can be.
    pub async fn find_suppressions(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        identity: &str,
    ) -> Result<Vec<Suppression>> {
        actor.require_in(Permission::Privacy, dataset)?;
        let ids = self.suppression_ids(dataset, identity)?;
        self.suppressions_by_id(actor, dataset, &ids).await
    }

    /// Those of these identities that are on the list.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn suppressions_by_id(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        ids: &[SuppressionId],
    ) -> Result<Vec<Suppression>> {
        require_look(actor, dataset)?;
        let mut conn = self.inner.store.read().await?;
        let mut found = Vec::new();
        for id in ids {
            found.extend(list::find(&mut conn, dataset, *id).await?);
        }
        Ok(found)
    }

    /// Enters an identity: no data about it is let in from now on. Who is there already stays; deleting them is another
    /// thing.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid` on `identity`, `days` or `reason`.
    pub async fn suppress(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        new: &NewSuppression,
    ) -> Result<Suppression> {
        actor.require_in(Permission::Privacy, dataset)?;
        let store = &self.inner.store;
        let now = store.clock.now();
        let note = clean_note(&new.note)?;
        let refusal = new.refusal(now)?;
        let id = self.suppression_id(dataset, new.kind, &new.identity)?;
        let mut tx = store.write().await?;
        list::enter(&mut tx, dataset, id, refusal, (&actor.name, &note)).await?;
        let entry = entry("suppression.add", dataset, id, &note);
        audit::insert(&mut tx, now, actor, entry).await?;
        let entered = list::find(&mut tx, dataset, id).await?;
        tx.commit().await?;
        entered.ok_or_else(|| Problem::not_found("suppression").into())
    }

    /// Takes an identity off the list: its data is let in again.
    ///
    /// # Errors
    /// `forbidden`; `not_found` where it is not on it; `invalid` on `reason`.
    pub async fn lift_suppression(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: SuppressionId,
        reason: &str,
    ) -> Result<()> {
        actor.require_in(Permission::Privacy, dataset)?;
        let reason = clean_note(reason)?;
        let store = &self.inner.store;
        let now = store.clock.now();
        let mut tx = store.write().await?;
        let Some(was) = list::find(&mut tx, dataset, id).await? else {
            return Err(Problem::not_found("suppression").into());
        };
        list::lift(&mut tx, dataset, id).await?;
        let mut entry = entry("suppression.lift", dataset, id, &reason);
        entry.detail["refused"] = was.refusal.refuses.as_str().into();
        entry.detail["source"] = was.reason.as_str().into();
        entry.detail["source_id"] = was.source_id.into();
        entry.detail["stopped"] = was.stopped.into();
        audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The keys under which an identity would stand on the list, one for each kind that the text can be of.
    ///
    /// # Errors
    /// `invalid` where it can be of none.
    pub fn suppression_ids(&self, dataset: DatasetId, identity: &str) -> Result<Vec<SuppressionId>> {
        let ids: Vec<SuppressionId> = IdentityKind::ALL
            .into_iter()
            .filter_map(|kind| self.suppression_id(dataset, kind, identity).ok())
            .collect();
        if ids.is_empty() {
            let message = "Type a whole user id, e-mail address, phone number or anonymous id.";
            return Err(Problem::because(Code::Invalid, message).on("identity").into());
        }
        Ok(ids)
    }

    fn suppression_id(
        &self,
        dataset: DatasetId,
        kind: IdentityKind,
        text: &str,
    ) -> Result<SuppressionId, Problem> {
        let key = one::key(&self.inner.store.keys, dataset, kind, text.trim())
            .map_err(|problem| problem.on("identity"))?;
        Ok(SuppressionId {
            kind: key.kind,
            hash: key.hash,
        })
    }
}

/// Who may look, or may erase people: a privacy token does the one without the other.
fn require_look(actor: &Actor, dataset: DatasetId) -> Result<(), Problem> {
    actor
        .require_in(Permission::View, dataset)
        .or_else(|refused| {
            actor
                .require_in(Permission::Privacy, dataset)
                .map_err(|_| refused)
        })
}

fn entry(action: &'static str, dataset: DatasetId, id: SuppressionId, reason: &str) -> Entry {
    Entry {
        action,
        dataset: Some(dataset),
        object: format!("suppression:{}", id.name()),
        detail: serde_json::json!({ "kind": id.kind.as_str(), "reason": reason }),
    }
}
