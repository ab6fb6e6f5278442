//! Legal holds: whom they hold, and their rows. Everything that deletes people asks [`held_of`] in the transaction that
//! deletes: a hold that is set comes before it, or finds the deed done.

use super::{
    Conn,
    ingest::{json, many},
    rule_sql::{RuleScope, push_dataset_scan, push_rule, push_segment},
    segments::{self, Catalogue},
};
use crate::error::{Error, Result};
use domain::{
    hold::{Hold, HoldSpec, held_reason},
    id::{DatasetId, HoldId, JobId, ProfileId},
    rule::{self, Rule},
    time::Timestamp,
};
use sqlx::{QueryBuilder, Sqlite};
use std::collections::BTreeMap;

/// A hold as stored.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct HoldRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    reason: String,
    rule: Option<String>,
    people: i64,
    created_by: String,
    created_at: i64,
    ended_by: Option<String>,
    ended_at: Option<i64>,
    end_reason: Option<String>,
}

const COLUMNS: &str = "SELECT id, name, reason, rule, people, created_by, created_at, ended_by, ended_at, end_reason FROM holds WHERE dataset_id = ";

impl HoldRow {
    /// Whether it has not been ended.
    pub(crate) const fn in_force(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Its rule, for asking.
    pub(crate) fn rule(&self) -> Result<Option<Rule>> {
        // The parser's error would quote the rule, which may name a person.
        let read = |text: &str| {
            rule::parse(text).map_err(|e| {
                let id = self.id;
                Error::Corrupt(format!(
                    "the rule of hold {id} cannot be read at character {}",
                    e.position
                ))
            })
        };
        self.rule.as_deref().map(read).transpose()
    }

    /// As shown; `held`: how many people it holds at `as_of`.
    pub(crate) fn show(self, catalogue: &Catalogue, held: i64, as_of: Timestamp) -> Result<Hold> {
        let rule = self.rule()?.map(|rule| catalogue.print(&rule));
        Ok(Hold {
            id: HoldId(self.id),
            name: self.name,
            reason: self.reason,
            rule,
            named: self.people,
            held,
            created_by: self.created_by,
            created_at: Timestamp::from_ms(self.created_at),
            ended_by: self.ended_by,
            ended_at: self.ended_at.map(Timestamp::from_ms),
            end_reason: self.end_reason,
            as_of,
        })
    }
}

/// The holds of a dataset that are in force, oldest first.
pub(crate) async fn in_force(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<HoldRow>> {
    let mut q = QueryBuilder::<Sqlite>::new(COLUMNS);
    q.push_bind(dataset.0).push(" AND ended_at IS NULL ORDER BY id");
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// All of them: those in force first, then the newest first.
pub(crate) async fn list(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<HoldRow>> {
    let mut q = QueryBuilder::<Sqlite>::new(COLUMNS);
    q.push_bind(dataset.0)
        .push(" ORDER BY ended_at IS NOT NULL, id DESC");
    Ok(q.build_query_as().fetch_all(conn).await?)
}

/// One of them.
pub(crate) async fn find(conn: &mut Conn, dataset: DatasetId, id: HoldId) -> Result<Option<HoldRow>> {
    let mut q = QueryBuilder::<Sqlite>::new(COLUMNS);
    q.push_bind(dataset.0).push(" AND id = ").push_bind(id.0);
    Ok(q.build_query_as().fetch_optional(conn).await?)
}

/// Which of these people are held, each with the name of the oldest hold that does, in the order of their numbers. `now`
/// is what rules mean by it. Ask in the transaction that deletes.
///
/// # Errors
/// A problem where the rule of a hold cannot be asked any more, because a segment that it refers to has grown too large:
/// then nobody may be deleted.
pub(crate) async fn held_of(
    conn: &mut Conn,
    dataset: DatasetId,
    ids: &[i64],
    now: Timestamp,
) -> Result<Vec<(i64, String)>> {
    let (Some(least), Some(greatest)) = (ids.iter().min(), ids.iter().max()) else {
        return Ok(Vec::new());
    };
    let holds = in_force(conn, dataset).await?;
    if holds.is_empty() {
        return Ok(Vec::new());
    }
    // By profile: the place of the oldest hold.
    let mut held: BTreeMap<i64, usize> = BTreeMap::new();
    let named = holds.iter().any(|hold| hold.rule.is_none());
    if named {
        // Few are held, so those between the first and the last are read and not each of the ids looked up.
        let rows: Vec<(i64, i64)> = many(
            sqlx::query_scalar(
                "SELECT json_group_array(json_array(profile_id, hold_id)) FROM hold_people WHERE profile_id BETWEEN $1 AND $2",
            )
            .bind(least)
            .bind(greatest)
            .fetch_one(&mut *conn)
            .await?,
        )?;
        for (profile, hold) in rows {
            if let Some(place) = holds.iter().position(|row| row.id == hold) {
                let oldest = held.entry(profile).or_insert(place);
                *oldest = place.min(*oldest);
            }
        }
        let asked: std::collections::HashSet<i64> = ids.iter().copied().collect();
        held.retain(|profile, _| asked.contains(profile));
    }
    let ruled = matching(conn, dataset, &holds, ids, now).await?;
    for (profile, place) in ruled {
        let oldest = held.entry(profile).or_insert(place);
        *oldest = place.min(*oldest);
    }
    let name = |place: usize| holds.get(place).map(|hold| hold.name.clone()).unwrap_or_default();
    Ok(held
        .into_iter()
        .map(|(profile, place)| (profile, name(place)))
        .collect())
}

/// Which of these people match the rules of holds: profile and place of the hold.
async fn matching(
    conn: &mut Conn,
    dataset: DatasetId,
    holds: &[HoldRow],
    ids: &[i64],
    now: Timestamp,
) -> Result<Vec<(i64, usize)>> {
    let mut found = Vec::new();
    if holds.iter().all(|hold| hold.rule.is_none()) {
        return Ok(found);
    }
    let defs = segments::defs(conn, dataset).await?;
    let scope = RuleScope {
        dataset_id: dataset.0,
        now,
        segments: &defs,
    };
    let asked = json(&ids)?;
    for (place, hold) in holds.iter().enumerate() {
        let Some(rule) = hold.rule()? else { continue };
        let mut q = QueryBuilder::<Sqlite>::new("SELECT json_group_array(p.id) FROM json_each(");
        q.push_bind(asked.clone())
            .push(") j CROSS JOIN profiles p ON p.id = j.value WHERE p.dataset_id = ")
            .push_bind(dataset.0)
            .push(" AND ");
        push_rule(&mut q, &rule, &scope)?;
        let profiles: Vec<i64> = many(q.build_query_scalar().fetch_one(&mut *conn).await?)?;
        found.extend(profiles.into_iter().map(|profile| (profile, place)));
    }
    Ok(found)
}

/// Notes on a job that these of its targets are held, each by the named hold.
pub(crate) async fn mark_held(conn: &mut Conn, job: JobId, held: &[(i64, String)]) -> Result<()> {
    let rows: Vec<(i64, String)> = held.iter().map(|(id, hold)| (*id, held_reason(hold))).collect();
    sqlx::query(
        "INSERT INTO job_outcomes (job_id, profile_id, outcome, reason)
         SELECT $1, value ->> 0, 'held', value ->> 1 FROM json_each($2)",
    )
    .bind(job.0)
    .bind(json(&rows)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many people each of these holds holds, in their order, and how many any of them does. With a segment, of its
/// members alone. One scan where a rule is among them; else only the people named are looked at.
pub(crate) async fn count(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    holds: &[HoldRow],
    segment: Option<i64>,
) -> Result<(Vec<i64>, i64)> {
    if holds.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let mut q = QueryBuilder::<Sqlite>::new("SELECT json_array(count(CASE WHEN ");
    for place in 0..holds.len() {
        q.push(if place == 0 { "" } else { " OR " });
        q.push(format_args!("p.h{place}"));
    }
    q.push(" THEN 1 END)");
    for place in 0..holds.len() {
        q.push(format_args!(", coalesce(sum(p.h{place}), 0)"));
    }
    q.push(") FROM (SELECT ");
    for (place, hold) in holds.iter().enumerate() {
        q.push(if place == 0 { "" } else { ", " });
        push_hold(&mut q, hold, scope)?;
        q.push(format_args!(" IS TRUE AS h{place}"));
    }
    q.push(" ");
    if holds.iter().all(|hold| hold.rule.is_none()) {
        q.push("FROM (SELECT DISTINCT x.profile_id FROM hold_people x JOIN holds y ON y.id = x.hold_id WHERE y.dataset_id = ");
        q.push_bind(scope.dataset_id)
            .push(") n CROSS JOIN profiles p ON p.id = n.profile_id WHERE p.dataset_id = ")
            .push_bind(scope.dataset_id);
    } else {
        push_dataset_scan(&mut q, scope.dataset_id);
    }
    if let Some(segment) = segment {
        q.push(" AND ");
        push_segment(&mut q, segment, scope)?;
    }
    // Without it SQLite would fold the inner query into the outer one and evaluate each rule twice.
    q.push(" LIMIT -1) AS p");
    let mut counts: Vec<i64> = many(q.build_query_scalar().fetch_one(conn).await?)?;
    let any = if counts.is_empty() { 0 } else { counts.remove(0) };
    Ok((counts, any))
}

/// Appends whether `p` is held by a hold.
fn push_hold(q: &mut QueryBuilder<Sqlite>, hold: &HoldRow, scope: &RuleScope<'_>) -> Result<()> {
    if let Some(rule) = hold.rule()? {
        return push_rule(q, &rule, scope);
    }
    q.push("EXISTS (SELECT 1 FROM hold_people x WHERE x.profile_id = p.id AND x.hold_id = ")
        .push_bind(hold.id)
        .push(")");
    Ok(())
}

/// The people whom a hold holds, in the order of their numbers, above `after`.
pub(crate) async fn people(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    hold: &HoldRow,
    after: i64,
    rows: u32,
) -> Result<Vec<ProfileId>> {
    let mut q = QueryBuilder::<Sqlite>::new("SELECT p.id ");
    match hold.rule()? {
        None => {
            q.push("FROM hold_people x CROSS JOIN profiles p ON p.id = x.profile_id WHERE x.hold_id = ")
                .push_bind(hold.id)
                .push(" AND x.profile_id > ")
                .push_bind(after)
                .push(" ORDER BY x.profile_id LIMIT ");
        }
        Some(rule) => {
            super::profiles::push_scan_above(&mut q, scope.dataset_id, after);
            q.push(" AND ");
            push_rule(&mut q, &rule, scope)?;
            q.push(" ORDER BY b.first_id, p.id LIMIT ");
        }
    }
    q.push_bind(i64::from(rows));
    let ids: Vec<i64> = q.build_query_scalar().fetch_all(conn).await?;
    Ok(ids.into_iter().map(ProfileId).collect())
}

/// Sets a hold; `rule` is its stored form, `people` are profiles, each once.
pub(crate) async fn insert(
    conn: &mut Conn,
    dataset: DatasetId,
    spec: &HoldSpec,
    rule: Option<&str>,
    people: &[i64],
    (by, at): (&str, Timestamp),
) -> Result<HoldId> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO holds (dataset_id, name, reason, rule, people, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
    )
    .bind(dataset.0)
    .bind(&spec.name)
    .bind(&spec.reason)
    .bind(rule)
    .bind(i64::try_from(people.len()).unwrap_or(i64::MAX))
    .bind(by)
    .bind(at.ms())
    .fetch_one(&mut *conn)
    .await?;
    sqlx::query("INSERT INTO hold_people (profile_id, hold_id) SELECT value, $1 FROM json_each($2)")
        .bind(id)
        .bind(json(&people)?)
        .execute(conn)
        .await?;
    Ok(HoldId(id))
}

/// Ends a hold: nobody is held by it any more, and who was is no longer written down. Gives how many people that were.
pub(crate) async fn end(
    conn: &mut Conn,
    id: HoldId,
    reason: &str,
    (by, at): (&str, Timestamp),
) -> Result<u64> {
    sqlx::query(
        "UPDATE holds SET ended_by = $2, ended_at = $3, end_reason = $4 WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(id.0)
    .bind(by)
    .bind(at.ms())
    .bind(reason)
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query("DELETE FROM hold_people WHERE hold_id = $1")
        .bind(id.0)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
