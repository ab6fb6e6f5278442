//! What a job's rule meant at confirmation: the rules of the segments that it refers to are kept with the job. It knows
//! nothing of people.

use super::{
    Conn,
    beneath::{beneath, looks_at_clock},
    jobs::JobRow,
    rule_sql::SegmentDef,
    segments::{self, Defs},
    targets::Membership,
};
use crate::error::Result;
use domain::{
    id::{DatasetId, JobId},
    rule::{self, Rule},
    segment::SegmentKind,
    time::Timestamp,
};
use std::collections::BTreeMap;

/// Keeps the rules that the job's rule leans on, directly or through others. A job without a rule leans on none.
pub(crate) async fn keep(
    conn: &mut Conn,
    (dataset, job): (DatasetId, JobId),
    rule: Option<&Rule>,
) -> Result<()> {
    let Some(rule) = rule else { return Ok(()) };
    let defs = segments::defs(conn, dataset).await?;
    for (id, text) in leant_on(rule, &defs) {
        sqlx::query("INSERT INTO job_segments (job_id, segment_id, rule) VALUES ($1, $2, $3)")
            .bind(job.0)
            .bind(id)
            .bind(text)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// The enabled rule segments behind a rule, by number.
fn leant_on(rule: &Rule, defs: &Defs) -> BTreeMap<i64, String> {
    let behind = beneath(defs, rule::segments_of(rule), |def| def.enabled);
    let decide = behind.into_iter().filter_map(|id| {
        let def = defs.get(&id).filter(|def| def.enabled)?;
        Some((id, def.rule.as_ref()?.to_string()))
    });
    decide.collect()
}

/// What the segments of the job's dataset mean to the job: as they are, but for the rules that were kept with it.
pub(crate) async fn defs(conn: &mut Conn, job: &JobRow) -> Result<Defs> {
    let mut defs = segments::defs(conn, DatasetId(job.dataset_id)).await?;
    let kept: Vec<(i64, String)> =
        sqlx::query_as("SELECT segment_id, rule FROM job_segments WHERE job_id = $1")
            .bind(job.set())
            .fetch_all(conn)
            .await?;
    for (id, text) in kept {
        let def = SegmentDef {
            id,
            kind: SegmentKind::Rule,
            enabled: true,
            rule: Some(segments::stored_rule(id, &text)?),
            base_job_id: None,
        };
        defs.insert(id, def);
    }
    Ok(defs)
}

/// Whether people may have come to match the job's rule, or no longer match it, since `since` though nobody changed: because it,
/// or a rule behind it, looks at the clock, or because a rule segment behind it was changed, disabled or enabled. A job
/// without a rule takes stored members, and whoever comes to be one counts as changed.
pub(crate) async fn moved(
    conn: &mut Conn,
    job: &JobRow,
    who: &Membership,
    since: Timestamp,
) -> Result<Moved> {
    let Membership::Rule(rule) = who else {
        return Ok(Moved::default());
    };
    let dataset = DatasetId(job.dataset_id);
    let defs = segments::defs(conn, dataset).await?;
    let changed: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM segments WHERE dataset_id = $1 AND kind = 'rule' AND updated_at >= $2",
    )
    .bind(dataset.0)
    .bind(since.ms())
    .fetch_all(conn)
    .await?;
    let behind = beneath(&defs, rule::segments_of(rule), |_| true);
    Ok(Moved {
        by_clock: looks_at_clock(&defs, rule),
        by_people: behind.iter().any(|id| changed.contains(id)),
    })
}

/// Why people who did not change may be in or out by now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// A rule looks at the clock: they may as soon as time has passed.
    pub(crate) by_clock: bool,
    /// Somebody changed, disabled or enabled what the rule refers to.
    pub(crate) by_people: bool,
}
