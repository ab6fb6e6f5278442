//! What people do about privacy requests: say that receipt was confirmed and how the identity was verified, extend the term,
//! carry out, take back, refuse. Each checks the one table of states and writes history and audit with its deed.

use super::{Engine, requests::row_for};
use crate::{
    error::Result,
    privacy::{Changed, carry_out, changed, forget_ended},
    store::{self, request_steps::End},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, RequestId},
    privacy::{
        basis::Basis,
        request::{Deed, Request, RequestKind, RequestState, Step, note},
    },
    problem::{Code, Problem},
    time::Timestamp,
};

impl Engine {
    /// Says that the person was told that the request has come in. Said twice it stays as it was.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `state_refused`.
    pub async fn confirm_request(&self, actor: &Actor, dataset: DatasetId, id: RequestId) -> Result<Request> {
        actor.require_in(Permission::Privacy, dataset)?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        row_for(&mut tx, dataset, id, Deed::Confirm).await?;
        if store::request_steps::confirmed(&mut tx, id, now).await? {
            self.stepped(&mut tx, actor, id, (Step::Confirmed, "request.confirmed"), None)
                .await?;
        }
        tx.commit().await?;
        self.privacy_request(actor, dataset, id).await
    }

    /// Says how the person's identity was verified. Said again it is put right; the history keeps both.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `state_refused`, `invalid` on `verified_how`.
    pub async fn verify_request(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: RequestId,
        how: &str,
    ) -> Result<Request> {
        actor.require_in(Permission::Privacy, dataset)?;
        let how = note(how, "verified_how")?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        row_for(&mut tx, dataset, id, Deed::Verify).await?;
        store::request_steps::verified(&mut tx, id, &how, &actor.name, now).await?;
        self.stepped(
            &mut tx,
            actor,
            id,
            (Step::Verified, "request.verified"),
            Some(&how),
        )
        .await?;
        tx.commit().await?;
        self.privacy_request(actor, dataset, id).await
    }

    /// Extends the term by so many months (GDPR) or days (CCPA), counted from its first end. Possible once, and only while the
    /// first term runs: the person must be told within it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `state_refused`, `extension_late`, `invalid` on `by` or `reason`.
    pub async fn extend_request(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: RequestId,
        by: i64,
        reason: &str,
    ) -> Result<Request> {
        actor.require_in(Permission::Privacy, dataset)?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let row = row_for(&mut tx, dataset, id, Deed::Extend).await?;
        let shown = row.clone().show()?;
        if shown.extension.is_some() {
            let message = "The term has been extended already. It can be extended once.";
            return Err(Problem::because(Code::StateRefused, message).into());
        }
        if now > row.first_due_at() {
            return Err(Problem::new(Code::ExtensionLate).into());
        }
        let regulation = row.regulation()?;
        let due = regulation
            .extended(Timestamp::from_ms(row.received_at), by)
            .ok_or_else(|| {
                let message = format!(
                    "The {} allows an extension of 1 to {} {}.",
                    regulation.title(),
                    regulation.extension_max(),
                    regulation.extension_unit()
                );
                Problem::because(Code::Invalid, message).on("by")
            })?;
        let reason = note(reason, "reason")?;
        store::request_steps::extended(&mut tx, id, (by, due), &reason, now).await?;
        let said = format!("To {}. {reason}", due.date_short());
        self.stepped(
            &mut tx,
            actor,
            id,
            (Step::Extended, "request.extended"),
            Some(&said),
        )
        .await?;
        tx.commit().await?;
        self.privacy_request(actor, dataset, id).await
    }

    /// Carries a request out now, whatever it would still have waited for. `consent`: that whoever says so understands that
    /// what is erased cannot be recovered; only an erasure needs it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `state_refused`, `consent_required`, `identity_unverified`, `several_known`.
    pub async fn run_request(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: RequestId,
        consent: bool,
    ) -> Result<Request> {
        actor.require_in(Permission::Privacy, dataset)?;
        let row = row_for(&mut *self.inner.store.read().await?, dataset, id, Deed::Run).await?;
        if row.kind()? == RequestKind::Erasure && !consent {
            let message = "Tick the box to say that you understand that what is erased cannot be recovered.";
            return Err(Problem::because(Code::ConsentRequired, message)
                .on("consent")
                .into());
        }
        carry_out(self, actor, id).await?;
        self.privacy_request(actor, dataset, id).await
    }

    /// Takes a request back before anything was done.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `state_refused`.
    pub async fn cancel_request(&self, actor: &Actor, dataset: DatasetId, id: RequestId) -> Result<Request> {
        actor.require_in(Permission::Privacy, dataset)?;
        let end = End::default();
        self.end_request(actor, (dataset, id), Deed::Cancel, RequestState::Cancelled, &end)
            .await
    }

    /// Refuses a request on a ground of the law, with the reason that the person is told.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `state_refused`, `invalid` on `basis` or `reason`.
    pub async fn decline_request(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: RequestId,
        basis: Basis,
        reason: &str,
    ) -> Result<Request> {
        actor.require_in(Permission::Privacy, dataset)?;
        let reason = note(reason, "reason")?;
        let row = row_for(&mut *self.inner.store.read().await?, dataset, id, Deed::Decline).await?;
        if !basis.fits(row.kind()?) {
            let message = "That is no ground for refusing such a request. Choose another one.";
            return Err(Problem::because(Code::Invalid, message).on("basis").into());
        }
        let end = End {
            refusal: Some((basis, &reason)),
            ..End::default()
        };
        self.end_request(actor, (dataset, id), Deed::Decline, RequestState::Declined, &end)
            .await
    }

    async fn end_request(
        &self,
        actor: &Actor,
        (dataset, id): (DatasetId, RequestId),
        deed: Deed,
        state: RequestState,
        end: &End<'_>,
    ) -> Result<Request> {
        // Not while it is being carried out: what that came to would be written over.
        let carrying = self.inner.carrying.lock().await;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        row_for(&mut tx, dataset, id, deed).await?;
        store::request_steps::ended(&mut tx, id, state, end, &actor.name, now).await?;
        let what = match state {
            RequestState::Declined => (Step::Declined, "request.declined"),
            _ => (Step::Cancelled, "request.cancelled"),
        };
        self.stepped(&mut tx, actor, id, what, end.refusal.map(|(_, reason)| reason))
            .await?;
        tx.commit().await?;
        drop(carrying);
        forget_ended(self, now).await?;
        self.privacy_request(actor, dataset, id).await
    }

    /// History, audit and, where the state has changed, word to the controller.
    async fn stepped(
        &self,
        tx: &mut store::Tx,
        actor: &Actor,
        id: RequestId,
        (step, action): (Step, &'static str),
        note: Option<&str>,
    ) -> Result<()> {
        let ends = matches!(step, Step::Cancelled | Step::Declined);
        if ends {
            return changed(self, tx, actor, id, &Changed { step, action, note }).await;
        }
        let now = self.inner.store.clock.now();
        let row = super::requests::row(tx, id).await?;
        store::requests::step(tx, id, now, &actor.name, step, note).await?;
        let entry = crate::privacy::entry(&row, action, serde_json::json!({}));
        store::audit::insert(tx, now, actor, entry).await
    }
}
