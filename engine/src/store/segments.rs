//! Rows of segments: their definitions for rules and eligibility, as shown, and the counts that are kept with them.

use super::{
    Conn,
    rule_sql::{RuleScope, SegmentDef, push_dataset_scan, push_segment},
};
use crate::error::{Error, Result};
use domain::{
    id::{DatasetId, JobId, SegmentId},
    membership::Would,
    rule::{self, Rule},
    segment::{Count, Segment, SegmentKind, SegmentState},
    time::Timestamp,
};
use sqlx::QueryBuilder;
use std::collections::BTreeMap;

/// What the segments of a dataset mean, by number.
pub(crate) type Defs = BTreeMap<i64, SegmentDef>;

/// All segments of a dataset: what they mean, what they are called, and which version of each this is.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// What they mean.
    pub(crate) defs: Defs,
    /// What they are called.
    pub(crate) names: BTreeMap<i64, String>,
    /// Their versions.
    pub(crate) versions: BTreeMap<i64, i64>,
}

impl Catalogue {
    /// A rule for people: other segments by their present name.
    pub(crate) fn print(&self, rule: &Rule) -> String {
        rule::print_named(rule, |id| self.names.get(&id).cloned())
    }

    /// Names and numbers, as the parser of rules takes them.
    pub(crate) fn numbers(&self) -> Vec<(String, i64)> {
        self.names.iter().map(|(id, name)| (name.clone(), *id)).collect()
    }
}

#[derive(sqlx::FromRow)]
struct DefRow {
    id: i64,
    name: String,
    kind: String,
    state: String,
    rule: Option<String>,
    base_job_id: Option<i64>,
    version: i64,
}

/// Reads the catalogue of a dataset.
pub(crate) async fn catalogue(conn: &mut Conn, dataset: DatasetId) -> Result<Catalogue> {
    let rows: Vec<DefRow> = sqlx::query_as(
        "SELECT id, name, kind, state, rule, base_job_id, version FROM segments WHERE dataset_id = $1 ORDER BY id",
    )
    .bind(dataset.0)
    .fetch_all(conn)
    .await?;
    let mut all = Catalogue {
        defs: Defs::new(),
        names: BTreeMap::new(),
        versions: BTreeMap::new(),
    };
    for row in rows {
        let def = SegmentDef {
            id: row.id,
            kind: kind(row.id, &row.kind)?,
            enabled: row.state == SegmentState::Enabled.as_str(),
            rule: row
                .rule
                .as_deref()
                .map(|text| stored_rule(row.id, text))
                .transpose()?,
            base_job_id: row.base_job_id,
        };
        all.defs.insert(row.id, def);
        all.names.insert(row.id, row.name);
        all.versions.insert(row.id, row.version);
    }
    Ok(all)
}

/// What the segments of a dataset mean, for a `RuleScope`.
pub(crate) async fn defs(conn: &mut Conn, dataset: DatasetId) -> Result<Defs> {
    Ok(catalogue(conn, dataset).await?.defs)
}

fn kind(id: i64, text: &str) -> Result<SegmentKind> {
    SegmentKind::parse(text)
        .ok_or_else(|| Error::Corrupt(format!("segment {id} is of the unknown kind {text}")))
}

/// Reads a rule as it is stored.
pub(super) fn stored_rule(id: i64, text: &str) -> Result<Rule> {
    // The error would quote the rule, which may name a person.
    rule::parse(text).map_err(|e| {
        Error::Corrupt(format!(
            "the rule of segment {id} cannot be read at character {}",
            e.position
        ))
    })
}

/// Writes the segment out as it would be asked, and drops it: refuses circles and what is too large.
pub(crate) fn check_written_out(scope: &RuleScope<'_>, id: i64) -> Result<()> {
    push_segment(&mut QueryBuilder::new(""), id, scope)
}

/// How many people who exist now are in the segment.
pub(crate) async fn count_members(conn: &mut Conn, scope: &RuleScope<'_>, segment: SegmentId) -> Result<i64> {
    let mut q = QueryBuilder::new("SELECT count(*) ");
    push_dataset_scan(&mut q, scope.dataset_id);
    q.push(" AND ");
    push_segment(&mut q, segment.0, scope)?;
    Ok(q.build_query_scalar().fetch_one(conn).await?)
}

/// Counts the members of a segment, who is in another one, and who is in both, in one scan.
pub(crate) async fn count_both(
    conn: &mut Conn,
    scope: &RuleScope<'_>,
    one: i64,
    other: i64,
) -> Result<[i64; 3]> {
    let mut q = QueryBuilder::new(
        "SELECT coalesce(sum(p.a), 0), coalesce(sum(p.b), 0), coalesce(sum(p.a AND p.b), 0) FROM (SELECT ",
    );
    push_segment(&mut q, one, scope)?;
    q.push(" IS TRUE AS a, ");
    push_segment(&mut q, other, scope)?;
    q.push(" IS TRUE AS b ");
    push_dataset_scan(&mut q, scope.dataset_id);
    // Without it SQLite would fold the inner query into the outer one and evaluate each rule twice.
    q.push(" LIMIT -1) AS p");
    let (one, other, both): (i64, i64, i64) = q.build_query_as().fetch_one(conn).await?;
    Ok([one, other, both])
}

#[derive(sqlx::FromRow)]
struct SegmentRow {
    id: i64,
    name: String,
    kind: String,
    rule: Option<String>,
    state: String,
    disabled_at: Option<i64>,
    count_value: Option<i64>,
    counted_at: Option<i64>,
    would_match: Option<i64>,
    would_join: Option<i64>,
    would_leave: Option<i64>,
    would_at: Option<i64>,
    job: Option<i64>,
    changed_at: i64,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl SegmentRow {
    fn would(&self) -> Option<Would> {
        Some(Would {
            matching: self.would_match?,
            joining: self.would_join?,
            leaving: self.would_leave?,
            counted_at: Timestamp::from_ms(self.would_at?),
        })
    }

    fn show(self, names: &BTreeMap<i64, String>) -> Result<Segment> {
        let rule = self
            .rule
            .as_deref()
            .map(|text| stored_rule(self.id, text))
            .transpose()?;
        let count = self.count_value.zip(self.counted_at).map(|(value, at)| Count {
            value,
            counted_at: Timestamp::from_ms(at),
            exact: true,
            stale: self.changed_at > at,
        });
        let would = self.would();
        let enabled = self.state == SegmentState::Enabled.as_str();
        Ok(Segment {
            id: SegmentId(self.id),
            kind: kind(self.id, &self.kind)?,
            name: self.name,
            rule: rule.map(|rule| rule::print_named(&rule, |id| names.get(&id).cloned())),
            state: if enabled {
                SegmentState::Enabled
            } else {
                SegmentState::Disabled
            },
            disabled_at: self.disabled_at.map(Timestamp::from_ms),
            count,
            counting: false,
            would,
            job: self.job.map(JobId),
            version: self.version,
            created_at: Timestamp::from_ms(self.created_at),
            updated_at: Timestamp::from_ms(self.updated_at),
        })
    }
}

const SELECT: &str =
    "SELECT s.id, s.name, s.kind, s.rule, s.state, s.disabled_at, s.count_value, s.counted_at,
   s.would_match, s.would_join, s.would_leave, s.would_at,
   (SELECT j.id FROM jobs j WHERE j.segment_id = s.id
     AND j.state NOT IN ('completed', 'completed_with_leftovers', 'cancelled', 'failed') ORDER BY j.id LIMIT 1) AS job,
   (SELECT d.changed_at FROM datasets d WHERE d.id = s.dataset_id) AS changed_at,
   s.version, s.created_at, s.updated_at FROM segments s WHERE s.dataset_id = ";

async fn names(conn: &mut Conn, dataset: DatasetId) -> Result<BTreeMap<i64, String>> {
    let rows: Vec<(i64, String)> = sqlx::query_as("SELECT id, name FROM segments WHERE dataset_id = $1")
        .bind(dataset.0)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The segments of a dataset by name.
pub(crate) async fn list(conn: &mut Conn, dataset: DatasetId, show_disabled: bool) -> Result<Vec<Segment>> {
    let names = names(conn, dataset).await?;
    let mut q = QueryBuilder::new(SELECT);
    q.push_bind(dataset.0);
    if !show_disabled {
        q.push(" AND s.state = 'enabled'");
    }
    q.push(" ORDER BY s.name COLLATE NOCASE, s.name");
    let rows: Vec<SegmentRow> = q.build_query_as().fetch_all(conn).await?;
    rows.into_iter().map(|row| row.show(&names)).collect()
}

/// One segment.
pub(crate) async fn find(conn: &mut Conn, dataset: DatasetId, id: SegmentId) -> Result<Option<Segment>> {
    let names = names(conn, dataset).await?;
    let mut q = QueryBuilder::new(SELECT);
    q.push_bind(dataset.0).push(" AND s.id = ").push_bind(id.0);
    let row: Option<SegmentRow> = q.build_query_as().fetch_optional(conn).await?;
    row.map(|row| row.show(&names)).transpose()
}

/// One segment by its name, as kept.
pub(crate) async fn by_name(conn: &mut Conn, dataset: DatasetId, name: &str) -> Result<Option<SegmentId>> {
    let id: Option<i64> = sqlx::query_scalar("SELECT id FROM segments WHERE dataset_id = $1 AND name = $2")
        .bind(dataset.0)
        .bind(name)
        .fetch_optional(conn)
        .await?;
    Ok(id.map(SegmentId))
}

/// The segments of a dataset whose count is missing or older than a moment.
pub(crate) async fn stale(
    conn: &mut Conn,
    dataset: DatasetId,
    older_than: Timestamp,
) -> Result<Vec<SegmentId>> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM segments WHERE dataset_id = $1 AND (counted_at IS NULL OR counted_at < $2) ORDER BY id",
    )
    .bind(dataset.0)
    .bind(older_than.ms())
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(SegmentId).collect())
}

/// Inserts a segment; a unique violation says that its name is taken. `rule` is the stored form.
pub(crate) async fn insert(
    conn: &mut Conn,
    dataset: DatasetId,
    name: &str,
    kind: SegmentKind,
    rule: Option<&str>,
    at: Timestamp,
) -> Result<SegmentId> {
    let id = sqlx::query_scalar(
        "INSERT INTO segments (dataset_id, name, kind, rule, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5) RETURNING id",
    )
    .bind(dataset.0)
    .bind(name)
    .bind(kind.as_str())
    .bind(rule)
    .bind(at.ms())
    .fetch_one(conn)
    .await?;
    Ok(SegmentId(id))
}

/// Gives a segment a new name, a new rule (stored form), or both. A new rule makes the kept count meaningless.
pub(crate) async fn change(
    conn: &mut Conn,
    id: SegmentId,
    name: Option<&str>,
    rule: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE segments SET name = coalesce($2, name), rule = coalesce($3, rule), version = version + 1, updated_at = $4,
           count_value = CASE WHEN $3 IS NULL THEN count_value END, counted_at = CASE WHEN $3 IS NULL THEN counted_at END
         WHERE id = $1",
    )
    .bind(id.0)
    .bind(name)
    .bind(rule)
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// Enables (`None`) or disables (since when) a segment that is not based on a job's targets any more.
pub(crate) async fn set_disabled(
    conn: &mut Conn,
    id: SegmentId,
    since: Option<Timestamp>,
    at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE segments SET state = CASE WHEN $2 IS NULL THEN 'enabled' ELSE 'disabled' END, disabled_at = $2,
           base_job_id = NULL, version = version + 1, updated_at = $3,
           would_match = NULL, would_join = NULL, would_leave = NULL, would_at = NULL
         WHERE id = $1",
    )
    .bind(id.0)
    .bind(since.map(Timestamp::ms))
    .bind(at.ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// A count that was made, and what the segment was when it was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<'a> {
    /// How many members.
    pub(crate) members: i64,
    /// Of a disabled rule segment: what enabling would do.
    pub(crate) would: Option<Would>,
    /// When.
    pub(crate) at: Timestamp,
    /// The rule then, stored form.
    pub(crate) rule: Option<&'a str>,
    /// Whether it was enabled then.
    pub(crate) enabled: bool,
}

/// Keeps a count with its time, unless a newer one is there. Says whether the segment still is what was counted.
pub(crate) async fn set_count(conn: &mut Conn, id: SegmentId, counted: Counted<'_>) -> Result<bool> {
    let state = if counted.enabled {
        SegmentState::Enabled
    } else {
        SegmentState::Disabled
    };
    let would = counted.would;
    let done = sqlx::query(
        "UPDATE segments SET count_value = CASE WHEN counted_at > $3 THEN count_value ELSE $2 END,
           counted_at = max(coalesce(counted_at, $3), $3),
           would_match = $6, would_join = $7, would_leave = $8, would_at = $9
         WHERE id = $1 AND rule IS NOT DISTINCT FROM $4 AND state = $5",
    )
    .bind(id.0)
    .bind(counted.members)
    .bind(counted.at.ms())
    .bind(counted.rule)
    .bind(state.as_str())
    .bind(would.map(|would| would.matching))
    .bind(would.map(|would| would.joining))
    .bind(would.map(|would| would.leaving))
    .bind(would.map(|would| would.counted_at.ms()))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Removes a segment that nothing uses.
pub(crate) async fn delete(conn: &mut Conn, id: SegmentId) -> Result<()> {
    sqlx::query("DELETE FROM segments WHERE id = $1")
        .bind(id.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes away a copy of a manual segment or list that was not finished: while it is filled it is disabled and its members are
/// noted as not to be believed (see `members`), which no other segment of these kinds is.
pub(crate) async fn drop_unfinished_copy(conn: &mut Conn, id: SegmentId) -> Result<()> {
    sqlx::query("DELETE FROM segments WHERE id = $1 AND kind <> 'rule'")
        .bind(id.0)
        .execute(conn)
        .await?;
    Ok(())
}
