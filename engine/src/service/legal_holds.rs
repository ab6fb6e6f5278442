//! Legal holds: setting one, ending it, and whom it holds. What deletes asks `store::holds::held_of`; nothing here does.
//!
//! A hold's name and reason are free text and may name a person, so the audit log keeps neither: it says which hold.

use super::{Engine, segment_rule::checked_rule};
use crate::{
    error::{Error, Result},
    store::{self, Conn, audit::Entry, holds::HoldRow, keys::Keys, rule_sql::RuleScope},
};
use domain::{
    access::{Actor, Permission},
    hold::{Hold, HoldSpec, Holds, hold_reason},
    id::{DatasetId, HoldId},
    page::{Page, PageRequest},
    problem::{Code, Problem},
    profile::ProfileRow,
};
use std::collections::BTreeSet;

/// Lines that a refusal names: more help nobody.
const LINES_NAMED: usize = 10;

impl Engine {
    /// The holds of a dataset, those in force first, and how many people they hold, counted now.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn holds(&self, actor: &Actor, dataset: DatasetId) -> Result<Holds> {
        may_look(actor, dataset)?;
        let mut view = self.inner.store.view().await?;
        let rows = store::holds::list(&mut view, dataset).await?;
        self.shown(&mut view, dataset, rows).await
    }

    /// One hold.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn hold(&self, actor: &Actor, dataset: DatasetId, id: HoldId) -> Result<Hold> {
        may_look(actor, dataset)?;
        let mut view = self.inner.store.view().await?;
        let row = existing(&mut view, dataset, id).await?;
        let shown = self.shown(&mut view, dataset, vec![row]).await?;
        shown
            .holds
            .into_iter()
            .next()
            .ok_or_else(|| Problem::not_found("legal hold").into())
    }

    async fn shown(&self, conn: &mut Conn, dataset: DatasetId, rows: Vec<HoldRow>) -> Result<Holds> {
        let as_of = self.inner.store.clock.now();
        let catalogue = store::segments::catalogue(conn, dataset).await?;
        let scope = RuleScope {
            dataset_id: dataset.0,
            now: as_of,
            segments: &catalogue.defs,
        };
        let (in_force, ended): (Vec<_>, Vec<_>) = rows.into_iter().partition(HoldRow::in_force);
        let (counts, held) = store::holds::count(conn, &scope, &in_force, None).await?;
        let counts = counts.into_iter().chain(std::iter::repeat(0));
        let holds = in_force
            .into_iter()
            .chain(ended)
            .zip(counts)
            .map(|(row, held)| row.show(&catalogue, held, as_of))
            .collect::<Result<_>>()?;
        Ok(Holds { holds, held, as_of })
    }

    /// A page of the people whom a hold holds now, in the order of their numbers. Nobody is held by one that has ended.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn held_people(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: HoldId,
        page: PageRequest,
    ) -> Result<Page<ProfileRow>> {
        may_look(actor, dataset)?;
        let mut conn = self.inner.store.count().await?;
        let row = existing(&mut conn, dataset, id).await?;
        if !row.in_force() {
            return Ok(Page {
                items: Vec::new(),
                next: None,
            });
        }
        let segments = store::segments::defs(&mut conn, dataset).await?;
        let scope = RuleScope {
            dataset_id: dataset.0,
            now: self.inner.store.clock.now(),
            segments: &segments,
        };
        let rows = page.rows();
        let ids = store::holds::people(&mut conn, &scope, &row, page.after(), rows + 1).await?;
        let ids = Page::from_fetched(ids, rows, ToString::to_string);
        let items = store::profiles::rows_of(&mut conn, dataset, &ids.items).await?;
        Ok(Page {
            items,
            next: ids.next,
        })
    }

    /// Which of these identities nobody has, by their place from 1.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn unknown_identities(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        people: &[String],
    ) -> Result<Vec<usize>> {
        actor.require_in(Permission::Privacy, dataset)?;
        let mut conn = self.inner.store.read().await?;
        Ok(look_up(&mut conn, &self.inner.store.keys, dataset, people)
            .await?
            .1)
    }

    /// Sets a hold. It is in force from here on, also for jobs that run. Everybody who is named must be known: one who is
    /// passed over would be deleted.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `invalid`, `name_taken` where a hold in force has the name, `nobody_known` naming the
    /// lines, `rule_invalid`.
    pub async fn create_hold(&self, actor: &Actor, dataset: DatasetId, spec: HoldSpec) -> Result<Hold> {
        actor.require_in(Permission::Privacy, dataset)?;
        let spec = spec.checked()?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        if store::holds::in_force(&mut tx, dataset)
            .await?
            .iter()
            .any(|hold| hold.name == spec.name)
        {
            let message = "A legal hold of this name is in force already. Choose another name.";
            return Err(Problem::because(Code::NameTaken, message).on("name").into());
        }
        let rule = match &spec.rule {
            None => None,
            Some(text) => {
                let catalogue = store::segments::catalogue(&mut tx, dataset).await?;
                Some(checked_rule(&catalogue, dataset, None, text)?)
            }
        };
        let people = known(&mut tx, &self.inner.store.keys, dataset, &spec.people).await?;
        let stored = rule.as_ref().map(ToString::to_string);
        let by = (actor.name.as_str(), now);
        let id = store::holds::insert(&mut tx, dataset, &spec, stored.as_deref(), &people, by).await?;
        let detail = serde_json::json!({
            "people": people.len(), "rule": rule.as_ref().map(|rule| self.redacted(dataset, rule)),
        });
        store::audit::insert(&mut tx, now, actor, entry("hold.set", dataset, id, detail)).await?;
        tx.commit().await?;
        self.hold(actor, dataset, id).await
    }

    /// Ends a hold: its people can be deleted again. Nobody is deleted by that.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid` without a reason; `state_refused` where it has ended already.
    pub async fn end_hold(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        id: HoldId,
        reason: &str,
    ) -> Result<Hold> {
        actor.require_in(Permission::Privacy, dataset)?;
        let reason = hold_reason(reason)?;
        let now = self.inner.store.clock.now();
        let mut tx = self.inner.store.write().await?;
        if !existing(&mut tx, dataset, id).await?.in_force() {
            return Err(Problem::because(Code::StateRefused, "This hold has been ended already.").into());
        }
        let people = store::holds::end(&mut tx, id, &reason, (&actor.name, now)).await?;
        let detail = serde_json::json!({ "people": people });
        store::audit::insert(&mut tx, now, actor, entry("hold.end", dataset, id, detail)).await?;
        tx.commit().await?;
        self.hold(actor, dataset, id).await
    }
}

/// Whoever sees people sees who is held; so does whoever serves privacy requests.
fn may_look(actor: &Actor, dataset: DatasetId) -> Result<()> {
    let permission = match actor.may(Permission::View) {
        true => Permission::View,
        false => Permission::Privacy,
    };
    Ok(actor.require_in(permission, dataset)?)
}

async fn existing(conn: &mut Conn, dataset: DatasetId, id: HoldId) -> Result<HoldRow> {
    let found = store::holds::find(conn, dataset, id).await?;
    found.ok_or_else(|| Problem::not_found("legal hold").into())
}

/// The profiles of these identities, each once, and which of them nobody has, by their place from 1. An identity that
/// several people have, each as another kind, means them all: too many are held rather than one too few.
async fn look_up(
    conn: &mut Conn,
    keys: &Keys,
    dataset: DatasetId,
    people: &[String],
) -> Result<(BTreeSet<i64>, Vec<usize>)> {
    let (mut found, mut unknown) = (BTreeSet::new(), Vec::new());
    for (at, text) in people.iter().enumerate() {
        let ids = store::profiles::by_identity(conn, keys, dataset, text).await?;
        if ids.is_empty() {
            unknown.push(at + 1);
        }
        found.extend(ids.into_iter().map(|id| id.0));
    }
    Ok((found, unknown))
}

/// The profiles of these identities; refused where nobody has one of them.
async fn known(conn: &mut Conn, keys: &Keys, dataset: DatasetId, people: &[String]) -> Result<Vec<i64>> {
    let (found, unknown) = look_up(conn, keys, dataset, people).await?;
    if unknown.is_empty() {
        return Ok(found.into_iter().collect());
    }
    // What was typed is not said again: it may be what somebody is known by elsewhere.
    let lines: Vec<String> = unknown
        .iter()
        .take(LINES_NAMED)
        .map(ToString::to_string)
        .collect();
    let more = if unknown.len() > LINES_NAMED {
        " and more"
    } else {
        ""
    };
    let message = format!(
        "{} of the {} identities are not known in this dataset: number {}{more}. Nobody was put under hold.",
        unknown.len(),
        people.len(),
        lines.join(", ")
    );
    let count = i64::try_from(unknown.len()).unwrap_or(i64::MAX);
    Err(Error::Problem(
        Problem::because(Code::NobodyKnown, message)
            .on("people")
            .number("unknown", count)
            .list("positions", lines),
    ))
}

fn entry(action: &'static str, dataset: DatasetId, id: HoldId, detail: serde_json::Value) -> Entry {
    Entry {
        action,
        dataset: Some(dataset),
        object: format!("hold:{id}"),
        detail,
    }
}
