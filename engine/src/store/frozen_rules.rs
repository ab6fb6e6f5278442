//! What a job's rule meant at confirmation: the rules of the segments that it refers to are kept with the job. It knows
//! nothing of people.

use super::{
    Conn,
    jobs::JobRow,
    rule_sql::SegmentDef,
    segments::{self, Defs},
};
use crate::error::Result;
use domain::{
    id::{DatasetId, JobId},
    rule::{self, Rule},
    segment::SegmentKind,
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
    let mut found = BTreeMap::new();
    let mut open = rule::segments_of(rule);
    while let Some(id) = open.pop() {
        let Some(def) = defs.get(&id).filter(|def| def.enabled) else {
            continue;
        };
        let Some(rule) = &def.rule else { continue };
        if found.insert(id, rule.to_string()).is_none() {
            open.extend(rule::segments_of(rule));
        }
    }
    found
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
