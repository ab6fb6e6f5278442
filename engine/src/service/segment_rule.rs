//! From the text of a rule to one that may be kept and run: other segments resolved, no circles, not too large.

use crate::{
    error::{Error, Result},
    store::{
        self,
        rule_sql::{RuleScope, SegmentDef},
        segments::{Catalogue, Defs},
    },
};
use domain::{
    id::{DatasetId, SegmentId},
    problem::{Code, Problem},
    rule::{self, Rule, RuleError},
    segment::SegmentKind,
    time::Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// Reads a rule, resolves the segments it names, and refuses what could not be run: circles, and what is too large once
/// every segment is written out. `own` is the segment that it is for, where that exists already.
pub(super) fn checked_rule(
    catalogue: &Catalogue,
    dataset: DatasetId,
    own: Option<SegmentId>,
    text: &str,
) -> Result<Rule> {
    let rule = rule::parse_with_segments(text, Some(&catalogue.numbers())).map_err(unreadable)?;
    if let Some(unknown) = rule::segments_of(&rule)
        .into_iter()
        .find(|id| !catalogue.defs.contains_key(id))
    {
        let message = format!("The rule refers to segment #{unknown}, which does not exist.");
        return Err(Problem::because(Code::RuleInvalid, message).on("rule").into());
    }
    // As if every segment were enabled: a disabled one will be, and a circle must not wait for that.
    let id = own.map_or(i64::MAX, |own| own.0);
    let mut defs: Defs = catalogue.defs.clone();
    let def = SegmentDef {
        id,
        kind: SegmentKind::Rule,
        enabled: true,
        rule: Some(rule.clone()),
        base_job_id: None,
    };
    defs.insert(id, def);
    for def in defs.values_mut() {
        def.enabled = true;
    }
    let scope = RuleScope {
        dataset_id: dataset.0,
        now: Timestamp::from_ms(0),
        segments: &defs,
    };
    for affected in leaning_on(&defs, id) {
        store::segments::check_written_out(&scope, affected).map_err(on_rule)?;
    }
    Ok(rule)
}

/// The segments whose rules refer to this one, directly or through others, and itself.
fn leaning_on(defs: &Defs, id: i64) -> BTreeSet<i64> {
    let refers: BTreeMap<i64, Vec<i64>> = defs
        .iter()
        .filter_map(|(id, def)| Some((*id, rule::segments_of(def.rule.as_ref()?))))
        .collect();
    let mut found = BTreeSet::from([id]);
    loop {
        let more: Vec<i64> = refers
            .iter()
            .filter(|(id, to)| !found.contains(id) && to.iter().any(|to| found.contains(to)))
            .map(|(id, _)| *id)
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

fn unreadable(error: RuleError) -> Problem {
    let mut problem = Problem::because(Code::RuleInvalid, error.sentence())
        .on("rule")
        .number("position", i64::from(error.position))
        .text("expected", error.expected)
        .text("found", error.found);
    if let Some(suggestion) = error.suggestion {
        problem = problem.text("suggestion", suggestion);
    }
    problem
}

fn on_rule(error: Error) -> Error {
    match error {
        Error::Problem(problem) => problem.on("rule").into(),
        other => other,
    }
}
