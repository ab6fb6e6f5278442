//! Recurring deletions as people use them: confirm one, look, stop. What happens when one is due is `crate::recurring`.

use super::{Engine, jobs::check_rate, segments::existing, start, usage};
use crate::{
    calendar::{self, Due},
    error::{Error, Result},
    quiet,
    store::{
        self, Conn, Tx,
        audit::Entry,
        recurring::{NewRecurring, RecurringRow},
        rule_sql::RuleScope,
        segments::Catalogue,
    },
};
use domain::{
    access::{Actor, Permission, Powers},
    id::{DatasetId, RecurringId, SegmentId},
    job::OnActiveCampaign,
    page::{Page, PageRequest},
    problem::{Code, Problem},
    recurring::{Recurrence, RecurringJob, RecurringRun, RecurringSpec},
    rule,
    segment::{Segment, SegmentState, name_confirms},
    time::Timestamp,
};

impl Engine {
    /// Confirms a deletion that recurs. The same request again, by the same person, gives the first answer.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid`, `consent_required`, `name_mismatch`, `count_invalid`, `segment_disabled`,
    /// `force_required`, `recurring_exists`, `plan_changed` where another plan was shown than there is now.
    pub async fn create_recurring(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        mut spec: RecurringSpec,
    ) -> Result<RecurringJob> {
        actor.require_in(Permission::DeleteInBulk, dataset)?;
        let segment = existing(&mut *self.inner.store.read().await?, dataset, spec.segment_id).await?;
        check(&mut spec, &segment)?;
        let now = self.inner.store.clock.now();
        let next_at = Due::of(&spec.recurrence)?.next(now);
        let next_at = next_at.ok_or_else(|| Problem::new(Code::StartTooFar).on("at"))?;
        let confirmed_count = self.members_now(dataset, spec.segment_id).await?;
        let shown = spec.plan_hash.take();
        let mut tx = self.inner.store.write().await?;
        let plan_hash = usage::plan_hash(&mut tx, dataset, spec.segment_id).await?;
        if let Err(changed) = start::plan_shown(shown.as_deref(), &plan_hash) {
            drop(tx);
            return self.same_again(actor, &spec, Some(changed)).await;
        }
        let catalogue = store::segments::catalogue(&mut tx, dataset).await?;
        let def = catalogue.defs.get(&spec.segment_id.0);
        if def
            .and_then(|def| def.rule.as_ref())
            .is_some_and(rule::matches_everyone_trivially)
        {
            let message =
                "This rule matches everyone. Everyone in the dataset is deleted by hand or not at all.";
            return Err(Problem::because(Code::ForceRequired, message)
                .on("segment")
                .into());
        }
        let definition = definition(&catalogue, spec.segment_id);
        let new = NewRecurring {
            dataset,
            segment_name: &segment.name,
            spec: &spec,
            definition: &definition,
            confirmed_count,
            created_by: &actor.name,
            now,
            next_at,
        };
        let id = match store::recurring::insert(&mut tx, &new).await {
            Ok(id) => id,
            Err(error) if error.unique_violation() => {
                drop(tx);
                return self.same_again(actor, &spec, None).await;
            }
            Err(error) => return Err(error),
        };
        let detail = serde_json::json!({
            "segment": spec.segment_id, "recurrence": spec.recurrence.to_string(), "ceiling": spec.ceiling, "consent": true,
            "count": confirmed_count, "enable_after": spec.enable_after, "on_active_campaign": spec.on_active_campaign,
        });
        self.audit_recurring(&mut tx, actor, "recurring.confirmed", dataset, id, detail)
            .await?;
        let made = store::recurring::find(&mut tx, id).await?;
        tx.commit().await?;
        show(made.ok_or_else(missing)?)
    }

    /// The segment has a standing confirmation: the same one, where a form was sent twice. Without one, the answer is `else_`.
    async fn same_again(
        &self,
        actor: &Actor,
        spec: &RecurringSpec,
        else_: Option<Error>,
    ) -> Result<RecurringJob> {
        let found =
            store::recurring::of_segment(&mut *self.inner.store.read().await?, spec.segment_id).await?;
        let Some(found) = found else {
            return Err(else_.unwrap_or_else(|| Problem::new(Code::RecurringExists).into()));
        };
        if found.created_by == actor.name && found.spec()? == *spec {
            return show(found);
        }
        let number = found.id().number();
        let message =
            format!("This segment has the recurring deletion {number} already. Stop that one first.");
        Err(Problem::because(Code::RecurringExists, message)
            .text("number", number)
            .into())
    }

    /// Stands for the segment as it is defined and for what leans on it, like an impact's plan hash: what is shown with it can be
    /// confirmed with it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn plan_hash(&self, actor: &Actor, dataset: DatasetId, segment: SegmentId) -> Result<String> {
        actor.require_in(Permission::View, dataset)?;
        usage::plan_hash(&mut *self.inner.store.read().await?, dataset, segment).await
    }

    /// The recurring deletions of a dataset, newest first, the stopped ones too.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn recurring_jobs(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        page: PageRequest,
    ) -> Result<Page<RecurringJob>> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        let rows = store::recurring::list(&mut conn, dataset, page.after(), page.rows()).await?;
        let shown = rows.into_iter().map(show).collect::<Result<Vec<_>>>()?;
        Ok(Page::from_fetched(shown, page.rows(), |it| it.id.to_string()))
    }

    /// One recurring deletion.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn recurring_job(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: RecurringId,
    ) -> Result<RecurringJob> {
        actor.require_in(Permission::View, dataset)?;
        show(row_in(&mut *self.inner.store.read().await?, dataset, id).await?)
    }

    /// The one of a segment that is not stopped.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn recurring_of_segment(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        segment: SegmentId,
    ) -> Result<Option<RecurringJob>> {
        actor.require_in(Permission::View, dataset)?;
        let found = store::recurring::of_segment(&mut *self.inner.store.read().await?, segment).await?;
        found
            .filter(|row| row.dataset_id == dataset.0)
            .map(show)
            .transpose()
    }

    /// What became of its due moments, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn recurring_runs(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: RecurringId,
        page: PageRequest,
    ) -> Result<Page<RecurringRun>> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        row_in(&mut conn, dataset, id).await?;
        let runs = store::recurring::runs(&mut conn, id, page.after(), page.rows()).await?;
        Ok(Page::from_fetched(runs, page.rows(), |run| {
            run.due_at.ms().to_string()
        }))
    }

    /// Stops it: nothing is due any more. A job that it has started goes on. One that is stopped stays so.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn stop_recurring(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: RecurringId,
    ) -> Result<RecurringJob> {
        actor.require_in(Permission::DeleteInBulk, dataset)?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        row_in(&mut tx, dataset, id).await?;
        if store::recurring::stop(&mut tx, id, &actor.name, None, now).await? {
            let detail = serde_json::json!({});
            self.audit_recurring(&mut tx, actor, "recurring.stopped", dataset, id, detail)
                .await?;
        }
        let stopped = row_in(&mut tx, dataset, id).await?;
        tx.commit().await?;
        show(stopped)
    }

    /// How many people are in a segment now, counted exactly.
    pub(crate) async fn members_now(&self, dataset: DatasetId, segment: SegmentId) -> Result<i64> {
        let mut view = self.inner.store.view().await?;
        let segments = store::segments::defs(&mut view, dataset).await?;
        let scope = RuleScope {
            dataset_id: dataset.0,
            now: self.inner.store.clock.now(),
            segments: &segments,
        };
        store::segments::count_members(&mut view, &scope, segment).await
    }

    /// Whoever stands under a name in a record, with the powers that they have now; `None`: they can no longer come in.
    pub(crate) async fn actor_named(&self, name: &str) -> Result<Option<Actor>> {
        let mut conn = self.inner.store.read().await?;
        // A user's name has no colon in it, see `accounts`.
        match name.split_once(':') {
            Some(("token", key)) => {
                let found = store::tokens::token(&mut conn, key).await?;
                Ok(found.map(|token| Actor {
                    name: name.to_owned(),
                    powers: Powers::Token { scope: token.scope },
                    dataset: token.dataset,
                }))
            }
            Some(("cli", uid)) => Ok(uid.parse().ok().map(Actor::operator)),
            _ => {
                let found = store::access::target(&mut conn, name).await?;
                found
                    .filter(store::access::Target::enabled)
                    .map(|user| {
                        Ok(Actor {
                            name: name.to_owned(),
                            powers: Powers::Person { role: user.role()? },
                            dataset: user.dataset(),
                        })
                    })
                    .transpose()
            }
        }
    }

    pub(crate) async fn audit_recurring(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        action: &'static str,
        dataset: DatasetId,
        id: RecurringId,
        detail: serde_json::Value,
    ) -> Result<()> {
        let entry = Entry {
            action,
            dataset: Some(dataset),
            object: format!("recurring:{id}"),
            detail,
        };
        store::audit::insert(tx, self.inner.store.clock.now(), actor, entry).await
    }
}

/// Checks what was typed and ticked, and brings names into their usual form.
fn check(spec: &mut RecurringSpec, segment: &Segment) -> Result<()> {
    if !spec.consent {
        return Err(Problem::new(Code::ConsentRequired).on("consent").into());
    }
    if !name_confirms(&spec.confirm_name, &segment.name) {
        return Err(Problem::new(Code::NameMismatch).on("confirm_name").into());
    }
    if spec.ceiling < 1 {
        let message = "Type the most people that one run may delete, a whole number from 1 on.";
        return Err(Problem::because(Code::CountInvalid, message).on("ceiling").into());
    }
    if spec.on_active_campaign == OnActiveCampaign::Pause {
        let message = "A recurring deletion is refused while running campaigns use the segment (block), or goes on (proceed).";
        return Err(Problem::because(Code::Invalid, message)
            .on("on_active_campaign")
            .into());
    }
    check_rate(spec.max_rate)?;
    spec.quiet_hours = spec.quiet_hours.take().map(quiet::checked).transpose()?;
    let zone = calendar::zone_name(&spec.recurrence.zone)?;
    spec.recurrence = Recurrence {
        zone,
        ..spec.recurrence.clone()
    };
    if segment.state == SegmentState::Disabled {
        let message = "The segment is disabled, so nobody new would ever match. Enable it first.";
        return Err(Problem::because(Code::SegmentDisabled, message)
            .on("segment")
            .into());
    }
    Ok(())
}

/// Stands for the rule that was confirmed, and for those that it refers to. Somebody who may edit segments but not delete
/// must not be able to choose anew who goes.
pub(crate) fn definition(catalogue: &Catalogue, id: SegmentId) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    for next in store::beneath::beneath(&catalogue.defs, [id.0], |_| true) {
        let rule = catalogue.defs.get(&next).and_then(|def| def.rule.as_ref());
        let text = rule.map(ToString::to_string).unwrap_or_default();
        hasher.update(&next.to_le_bytes());
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().as_bytes().to_vec()
}

/// As shown, with the next moment by the clock of its zone.
fn show(row: RecurringRow) -> Result<RecurringJob> {
    let mut shown = row.show()?;
    let zone = &shown.spec.recurrence.zone;
    shown.next_local = shown.next_at.and_then(|at: Timestamp| calendar::shown(at, zone));
    Ok(shown)
}

async fn row_in(conn: &mut Conn, dataset: DatasetId, id: RecurringId) -> Result<RecurringRow> {
    let found = store::recurring::find(conn, id).await?;
    found
        .filter(|row| row.dataset_id == dataset.0)
        .ok_or_else(missing)
}

fn missing() -> Error {
    Problem::not_found("recurring deletion").into()
}
