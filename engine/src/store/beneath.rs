//! Which segments stand behind others: those that a rule refers to, and those that these refer to. The one place that
//! follows them. Pure: it asks the catalogue, not the database, and knows nothing of people.

use super::{
    rule_sql::SegmentDef,
    segments::{Catalogue, Defs},
};
use domain::{
    rule::{self, Rule},
    segment::SegmentKind,
};
use std::collections::{BTreeMap, BTreeSet};

/// The named segments and all behind them, each once, in an order that depends on the rules alone. `through` says whose rules are followed: where only those matter that
/// decide at present, a disabled one's does not, for its members stand still.
pub(crate) fn beneath(
    defs: &Defs,
    named: impl IntoIterator<Item = i64>,
    through: impl Fn(&SegmentDef) -> bool,
) -> Vec<i64> {
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    let mut open: Vec<i64> = named.into_iter().collect();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        found.push(id);
        let rule = defs
            .get(&id)
            .filter(|def| through(def))
            .and_then(|def| def.rule.as_ref());
        open.extend(rule.map(rule::segments_of).unwrap_or_default());
    }
    found
}

/// Whether the rule, or an enabled one behind it, looks at the clock: then people join and leave though nobody changed.
pub(crate) fn looks_at_clock(defs: &Defs, rule: &Rule) -> bool {
    let behind = beneath(defs, rule::segments_of(rule), |def| def.enabled);
    let mut rules = behind.iter().filter_map(|id| {
        let def = defs.get(id).filter(|def| def.enabled)?;
        def.rule.as_ref()
    });
    rule::uses_relative_time(rule) || rules.any(rule::uses_relative_time)
}

/// The versions of the rule segments among the named ones and all behind them: what these mean has not changed while they have
/// not. Whom a list holds is no part of it: who joins or leaves one counts as changed.
pub(crate) fn versions(catalogue: &Catalogue, named: impl IntoIterator<Item = i64>) -> BTreeMap<i64, i64> {
    let is_rule = |id: &i64| {
        let def = catalogue.defs.get(id);
        def.is_some_and(|def| def.kind == SegmentKind::Rule)
    };
    beneath(&catalogue.defs, named, |_| true)
        .into_iter()
        .filter(is_rule)
        .map(|id| (id, catalogue.versions.get(&id).copied().unwrap_or_default()))
        .collect()
}
