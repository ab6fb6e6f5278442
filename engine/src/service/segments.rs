//! Segments: listing, making, changing and removing them, and trying a rule. Enabling and disabling are in
//! `segment_state`, counting in `segment_counts`.

use super::{Engine, segment_rule::checked_rule};
use crate::{
    error::{Error, Result},
    store::{self, Conn, audit::Entry, rule_sql::RuleScope},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, JobId, SegmentId},
    problem::{Code, Problem},
    rule::{self, Rule},
    segment::{Preview, Segment, SegmentChange, SegmentKind, SegmentSpec, SegmentState, clean_name},
};

/// People shown in a preview and before a deletion.
pub(super) const SAMPLE: u32 = 5;

impl Engine {
    /// The segments of a dataset by name; disabled ones on request.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn segments(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        show_disabled: bool,
    ) -> Result<Vec<Segment>> {
        actor.require_in(Permission::View, dataset)?;
        let all = store::segments::list(&mut *self.inner.store.read().await?, dataset, show_disabled).await?;
        Ok(all.into_iter().map(|segment| self.noted(segment)).collect())
    }

    /// One segment.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn segment(&self, actor: &Actor, dataset: DatasetId, id: SegmentId) -> Result<Segment> {
        actor.require_in(Permission::View, dataset)?;
        self.segment_now(dataset, id).await
    }

    /// One segment by its name: trimmed, NFC, case-sensitive.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn segment_by_name(&self, actor: &Actor, dataset: DatasetId, name: &str) -> Result<Segment> {
        actor.require_in(Permission::View, dataset)?;
        let mut conn = self.inner.store.read().await?;
        let name = clean_name(name).map_err(|_| Problem::not_found("segment"))?;
        let id = store::segments::by_name(&mut conn, dataset, &name).await?;
        let id = id.ok_or_else(|| Problem::not_found("segment"))?;
        Ok(self.noted(existing(&mut conn, dataset, id).await?))
    }

    /// Makes a segment. Small datasets are counted at once, large ones in the background.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid`, `name_taken`, `rule_invalid`.
    pub async fn create_segment(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        spec: SegmentSpec,
    ) -> Result<Segment> {
        self.make_segment(actor, dataset, spec, None).await
    }

    /// Makes a segment; `copy_of`: of which other one it is a copy.
    pub(super) async fn make_segment(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        spec: SegmentSpec,
        copy_of: Option<(SegmentId, String)>,
    ) -> Result<Segment> {
        actor.require_in(Permission::Edit, dataset)?;
        let name = clean_name(&spec.name)?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let rule = match (spec.kind, &spec.rule) {
            (SegmentKind::Rule, Some(text)) => {
                let catalogue = store::segments::catalogue(&mut tx, dataset).await?;
                Some(checked_rule(&catalogue, dataset, None, text)?)
            }
            (SegmentKind::Rule, None) => return Err(wrong_field("A rule segment needs a rule.")),
            (SegmentKind::Manual | SegmentKind::List, None) => None,
            (SegmentKind::Manual | SegmentKind::List, Some(text)) if text.trim().is_empty() => None,
            (SegmentKind::Manual | SegmentKind::List, Some(_)) => {
                return Err(wrong_field("Only rule segments have a rule."));
            }
        };
        let stored = rule.as_ref().map(ToString::to_string);
        let inserted =
            store::segments::insert(&mut tx, dataset, &name, spec.kind, stored.as_deref(), now).await;
        let id = inserted.map_err(taken)?;
        let mut entry = self.segment_entry("segment.create", dataset, id, &name, rule.as_ref());
        if let Some((original, name)) = copy_of {
            entry.detail["copy_of"] = name.into();
            entry.detail["copy_of_id"] = original.0.into();
        }
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        self.count_soon(dataset, id).await?;
        self.segment_now(dataset, id).await
    }

    /// Gives a segment a new name, a new rule, or both.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `segment_busy`, `segment_disabled` for the rule, `invalid`, `name_taken`,
    /// `rule_invalid`, `rule_cycle`.
    pub async fn update_segment(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: SegmentId,
        change: SegmentChange,
    ) -> Result<Segment> {
        actor.require_in(Permission::Edit, dataset)?;
        let name = change.name.as_deref().map(clean_name).transpose()?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let segment = free(&mut tx, dataset, id).await?;
        let mut before = None;
        let rule = match &change.rule {
            None => None,
            Some(_) if segment.kind != SegmentKind::Rule => {
                return Err(wrong_field("Only rule segments have a rule."));
            }
            Some(_) if segment.state == SegmentState::Disabled => {
                let message = "The segment is disabled, so its rule cannot change: its members are those of the moment it was disabled. Enable it first.";
                return Err(Problem::because(Code::SegmentDisabled, message).on("rule").into());
            }
            Some(text) => {
                let mut catalogue = store::segments::catalogue(&mut tx, dataset).await?;
                let rule = checked_rule(&catalogue, dataset, Some(id), text)?;
                before = catalogue.defs.remove(&id.0).and_then(|def| def.rule);
                Some(rule)
            }
        };
        let stored = rule.as_ref().map(ToString::to_string);
        store::segments::change(&mut tx, id, name.as_deref(), stored.as_deref(), now)
            .await
            .map_err(taken)?;
        let shown = name.as_deref().unwrap_or(&segment.name);
        let mut entry = self.segment_entry("segment.change", dataset, id, shown, rule.as_ref());
        if shown != segment.name {
            entry.detail["name_before"] = segment.name.as_str().into();
        }
        if let Some(before) = before {
            entry.detail["rule_before"] = self.redacted(dataset, &before).into();
        }
        store::audit::insert(&mut tx, now, actor, entry).await?;
        if rule.is_some() {
            store::datasets::touch(&mut tx, dataset, now).await?;
        }
        tx.commit().await?;
        if rule.is_some() {
            self.count_soon(dataset, id).await?;
        }
        self.segment_now(dataset, id).await
    }

    /// Removes a segment that nothing uses. The people in it stay.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `segment_busy`, `in_use` naming the uses.
    pub async fn delete_segment(&self, actor: &Actor, dataset: DatasetId, id: SegmentId) -> Result<()> {
        actor.require_in(Permission::Edit, dataset)?;
        let _turn = self.inner.memory.settling.lock().await;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        let segment = free(&mut tx, dataset, id).await?;
        let users = super::usage::direct_users(&mut tx, dataset, id).await?;
        if !users.is_empty() {
            let names = users
                .iter()
                .map(|name| format!("“{name}”"))
                .collect::<Vec<_>>()
                .join(", ");
            let message = format!(
                "“{}” is still used by {names}. Remove those uses first.",
                segment.name
            );
            return Err(Problem::because(Code::InUse, message)
                .list("used_by", users)
                .into());
        }
        store::segments::delete(&mut tx, id).await?;
        store::members::unsettle(&mut tx, id).await?;
        store::segment_files::clear(&mut tx, id).await?;
        let entry = self.segment_entry("segment.delete", dataset, id, &segment.name, None);
        store::audit::insert(&mut tx, now, actor, entry).await?;
        tx.commit().await?;
        self.clear_members(id).await
    }

    /// Counts a rule's people and shows the first few. Writes nothing.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `rule_invalid`.
    pub async fn preview(&self, actor: &Actor, dataset: DatasetId, rule: &str) -> Result<Preview> {
        actor.require_in(Permission::View, dataset)?;
        let mut view = self.inner.store.view().await?;
        let catalogue = store::segments::catalogue(&mut view, dataset).await?;
        let rule = checked_rule(&catalogue, dataset, None, rule)?;
        let now = self.inner.store.clock.now();
        let scope = RuleScope {
            dataset_id: dataset.0,
            now,
            segments: &catalogue.defs,
        };
        let (first, count) = store::impact::first_and_count(&mut view, &scope, &rule, SAMPLE).await?;
        let sample = store::profiles::rows_of(&mut view, dataset, &first).await?;
        Ok(Preview {
            rule: catalogue.print(&rule),
            count,
            counted_at: now,
            sample,
        })
    }

    /// The rule as it may stand in the audit log: literals that identify somebody are keyed hashes, other segments numbers.
    pub(super) fn redacted(&self, dataset: DatasetId, rule: &Rule) -> String {
        let keys = &self.inner.store.keys;
        rule::print_redacted(rule, |_| None, |kind, value| keys.pseudonym(dataset, kind, value))
    }

    /// An entry about a segment. Literals that identify somebody stand there as keyed hashes, other segments by number.
    pub(super) fn segment_entry(
        &self,
        action: &'static str,
        dataset: DatasetId,
        id: SegmentId,
        name: &str,
        rule: Option<&Rule>,
    ) -> Entry {
        let shown = rule.map(|rule| self.redacted(dataset, rule));
        let mut detail = serde_json::json!({ "name": name });
        if let Some(rule) = shown {
            detail["rule"] = rule.into();
        }
        Entry {
            action,
            dataset: Some(dataset),
            object: format!("segment:{id}"),
            detail,
        }
    }
}

/// The segment, or `not_found`.
pub(super) async fn existing(conn: &mut Conn, dataset: DatasetId, id: SegmentId) -> Result<Segment> {
    store::segments::find(conn, dataset, id)
        .await?
        .ok_or_else(|| Problem::not_found("segment").into())
}

/// The segment, unless a job of it is unfinished.
pub(super) async fn free(conn: &mut Conn, dataset: DatasetId, id: SegmentId) -> Result<Segment> {
    let segment = existing(conn, dataset, id).await?;
    match segment.job.map(JobId::number) {
        None => Ok(segment),
        Some(job) => {
            let message =
                format!("Deletion {job} of this segment is not finished yet. Wait for it, or cancel it.");
            Err(Problem::because(Code::SegmentBusy, message)
                .text("job", job)
                .into())
        }
    }
}

fn wrong_field(message: &str) -> Error {
    Problem::because(Code::Invalid, message).on("rule").into()
}

/// A name that is taken, said as a refusal.
pub(super) fn taken(error: Error) -> Error {
    if error.unique_violation() {
        Problem::new(Code::NameTaken).on("name").into()
    } else {
        error
    }
}
