//! The only place that makes SQL out of a rule. What it makes means what `domain::rule::eval` says; `tests` holds the
//! two together over random rules and random people.
//!
//! The SQL is one boolean expression over the alias `p`, a row of `profiles`. It is never NULL, so that it may be
//! negated. Only words of this folder are spliced into it: every name, text, number and time of a rule is bound. There
//! are no SQL functions of our own.
//!
//! # Design notes
//!
//! * Each condition stands in `(…) IS TRUE`: missing values make NULL, which must count as false before `NOT` sees it.
//!   It also keeps SQLite from turning `EXISTS` into a join, which could change the order of a scan.
//! * `a and b and c …` is written as a balanced tree, because the depth of an expression is limited and its width is
//!   not. Depth, variables and conditions are counted over all segments that are written out in place, so that what
//!   SQLite would refuse is refused here with a sentence.
//! * Sums are compared in two halves of 32 bits: a sum of 64-bit millionths can overflow, which SQLite answers with an
//!   error that would stop a job.
//! * Numbers with a fraction are bound as text and read by `CAST(… AS REAL)`: the same routine reads the stored JSON, so
//!   that equal decimals are equal doubles.

mod condition;
mod json;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use domain::problem::{Code, Problem};
use domain::rule::{Condition, Rule, SegmentRef};
use domain::segment::SegmentKind;
use domain::time::Timestamp;
use sqlx::{QueryBuilder, Sqlite};

use crate::error::{Error, Result};

/// Deepest expression: SQLite refuses 1,000. Ours is lower, because it is written by recursion on the stack of a worker
/// thread (2 MiB), of which an unoptimised build needs about 2.5 kB a level.
const EXPRESSION_DEPTH_MAX: u32 = 400;
/// Deepest nesting of segments within segments: people do not follow more, and each level may hold a whole rule.
const SEGMENTS_WITHIN_MAX: usize = 16;
/// How deep one condition can be at most, its `IS TRUE` included.
const CONDITION_DEPTH: u32 = 40;
/// Most variables: SQLite has 32,766, and callers bind some of their own.
pub(super) const VARIABLES_MAX: u32 = 32_000;
/// Most conditions, those of segments written out in place included: ten full rules. Each costs time for every profile.
const CONDITIONS_MAX: u32 = 5_000;

/// What a segment means at present.
#[derive(Clone, Debug)]
pub(crate) struct SegmentDef {
    /// Its number.
    pub(crate) id: i64,
    /// How people come to be in.
    pub(crate) kind: SegmentKind,
    /// Whether people join; the members of a disabled rule segment stand still.
    pub(crate) enabled: bool,
    /// Rule segments have one, the others none.
    pub(crate) rule: Option<Rule>,
    /// The job that disabled it, whose targets were its members but for the corrections in `memberships`.
    pub(crate) base_job_id: Option<i64>,
}

/// Where and when a rule is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleScope<'a> {
    /// The dataset.
    pub(crate) dataset_id: i64,
    /// What "now" means; in a job, the moment of confirmation.
    pub(crate) now: Timestamp,
    /// All segments of the dataset, by number.
    pub(crate) segments: &'a BTreeMap<i64, SegmentDef>,
}

/// Appends whether `p` satisfies the rule.
///
/// # Errors
/// A problem where the rule refers to a segment that is unknown or contains itself, or where it is too large once the
/// segments it refers to are written out. What was appended by then is of no use.
pub(crate) fn push_rule(q: &mut QueryBuilder<Sqlite>, rule: &Rule, scope: &RuleScope<'_>) -> Result<()> {
    RuleSql::new(q, *scope).rule(rule, 0)
}

/// Appends whether `p` is a member of the segment.
///
/// # Errors
/// As [`push_rule`].
pub(crate) fn push_segment(
    q: &mut QueryBuilder<Sqlite>,
    segment_id: i64,
    scope: &RuleScope<'_>,
) -> Result<()> {
    RuleSql::new(q, *scope).segment(segment_id, 0)
}

/// How many variables [`push_segment`] would bind: what stands in one statement together must stay within [`VARIABLES_MAX`].
///
/// # Errors
/// As [`push_rule`].
pub(super) fn variables_of_segment(segment_id: i64, scope: &RuleScope<'_>) -> Result<u32> {
    let mut q = QueryBuilder::new("");
    let mut sql = RuleSql::new(&mut q, *scope);
    sql.segment(segment_id, 0)?;
    Ok(sql.variables)
}

/// How many variables [`push_rule`] would bind.
///
/// # Errors
/// As [`push_rule`].
pub(super) fn variables_of_rule(rule: &Rule, scope: &RuleScope<'_>) -> Result<u32> {
    let mut q = QueryBuilder::new("");
    let mut sql = RuleSql::new(&mut q, *scope);
    sql.rule(rule, 0)?;
    Ok(sql.variables)
}

/// Appends `FROM … WHERE …` that yields all profiles `p` of a dataset in the order of their ids. More conditions may
/// follow, each with its `AND`. The order of the join is fixed by `CROSS JOIN`: blocks outside, ids within.
pub(crate) fn push_dataset_scan(q: &mut QueryBuilder<Sqlite>, dataset_id: i64) {
    q.push(
        "FROM profile_blocks b CROSS JOIN profiles p ON p.id BETWEEN b.first_id AND b.last_id WHERE b.dataset_id = ",
    );
    q.push_bind(dataset_id);
}

/// The writing of one expression, and what it has spent.
struct RuleSql<'q, 's> {
    q: &'q mut QueryBuilder<Sqlite>,
    scope: RuleScope<'s>,
    variables: u32,
    conditions: u32,
    /// The segments being written out, outermost first.
    within: Vec<i64>,
}

impl<'q, 's> RuleSql<'q, 's> {
    fn new(q: &'q mut QueryBuilder<Sqlite>, scope: RuleScope<'s>) -> Self {
        RuleSql {
            q,
            scope,
            variables: 0,
            conditions: 0,
            within: Vec::new(),
        }
    }

    /// Appends SQL of our own.
    fn sql(&mut self, sql: &'static str) {
        self.q.push(sql);
    }

    /// Appends a whole number as a variable.
    fn bind_int(&mut self, value: i64) {
        self.variables += 1;
        self.q.push_bind(value);
    }

    /// Appends a text as a variable.
    fn bind_text(&mut self, value: &str) {
        self.variables += 1;
        self.q.push_bind(value.to_owned());
    }

    /// Appends bytes as a variable.
    fn bind_bytes(&mut self, value: &[u8]) {
        self.variables += 1;
        self.q.push_bind(value.to_owned());
    }

    fn rule(&mut self, rule: &Rule, depth: u32) -> Result<()> {
        match rule {
            Rule::All => self.sql("1"),
            Rule::And(parts) => self.joined(parts, " AND ", depth)?,
            Rule::Or(parts) => self.joined(parts, " OR ", depth)?,
            Rule::Not(inner) => {
                self.sql("(NOT ");
                self.rule(inner, depth + 1)?;
                self.sql(")");
            }
            Rule::Is(Condition::InSegment(SegmentRef::Id(id))) => self.segment(*id, depth)?,
            Rule::Is(Condition::InSegment(SegmentRef::Name(name))) => {
                let sentence = format!("There is no segment named “{name}” in this dataset.");
                return Err(Problem::because(Code::RuleInvalid, sentence).into());
            }
            Rule::Is(condition) => {
                self.spend(depth)?;
                self.sql("((");
                self.condition(condition);
                self.sql(") IS TRUE)");
                self.spend(depth)?;
            }
        }
        Ok(())
    }

    /// A balanced tree: twice as many parts are one level deeper.
    fn joined(&mut self, parts: &[Rule], between: &'static str, depth: u32) -> Result<()> {
        match parts {
            [] => self.sql(if between == " AND " { "1" } else { "0" }),
            [part] => self.rule(part, depth)?,
            _ => {
                let (left, right) = parts.split_at(parts.len() / 2);
                self.sql("(");
                self.joined(left, between, depth + 1)?;
                self.sql(between);
                self.joined(right, between, depth + 1)?;
                self.sql(")");
            }
        }
        Ok(())
    }

    /// Refuses what SQLite would refuse.
    fn spend(&mut self, depth: u32) -> Result<()> {
        self.conditions += 1;
        // Called before and after a condition, so each counts twice.
        let too_large_now = self.conditions > 2 * CONDITIONS_MAX
            || self.variables > VARIABLES_MAX
            || depth + CONDITION_DEPTH > EXPRESSION_DEPTH_MAX;
        if too_large_now { Err(too_large()) } else { Ok(()) }
    }

    fn segment(&mut self, id: i64, depth: u32) -> Result<()> {
        let segments = self.scope.segments;
        let Some(def) = segments.get(&id) else {
            let sentence = format!("The rule refers to segment #{id}, which does not exist.");
            return Err(Problem::because(Code::RuleInvalid, sentence).into());
        };
        if def.kind != SegmentKind::Rule {
            self.spend(depth)?;
            self.membership(id, " AND m.member = 1)");
            return Ok(());
        }
        if !def.enabled {
            self.spend(depth)?;
            self.still_standing(def);
            return Ok(());
        }
        if self.within.contains(&id) {
            return Err(Problem::new(Code::RuleCycle).into());
        }
        let Some(rule) = &def.rule else {
            return Err(Error::Corrupt(format!("the rule segment {id} has no rule")));
        };
        // A segment may be empty of conditions and still cost depth, so that a long chain ends somewhere.
        self.spend(depth)?;
        if self.within.len() >= SEGMENTS_WITHIN_MAX {
            return Err(too_large());
        }
        self.within.push(id);
        self.rule(rule, depth + 1)?;
        self.within.pop();
        Ok(())
    }

    /// Appends whether `p` has a row in `memberships` for the segment, of which `end` says the rest.
    fn membership(&mut self, segment_id: i64, end: &'static str) {
        self.sql("EXISTS (SELECT 1 FROM memberships m WHERE m.profile_id = p.id AND m.segment_id = ");
        self.bind_int(segment_id);
        self.sql(end);
    }

    /// The members of the moment of disabling. Those who were deleted since have no row in `profiles`.
    fn still_standing(&mut self, def: &SegmentDef) {
        let Some(job_id) = def.base_job_id else {
            return self.membership(def.id, " AND m.member = 1)");
        };
        self.sql("(");
        self.membership(def.id, " AND m.member = 1)");
        self.sql(" OR (EXISTS (SELECT 1 FROM job_targets t WHERE t.job_id = ");
        self.bind_int(job_id);
        self.sql(" AND t.profile_id = p.id) AND NOT ");
        self.membership(def.id, " AND m.member = 0)");
        self.sql("))");
    }
}

/// The refusal of what SQLite would refuse.
pub(super) fn too_large() -> Error {
    let sentence = "Together with the segments it refers to, this rule is too large. \
                    Turn one of them into a list segment, or refer to fewer.";
    Problem::because(Code::RuleInvalid, sentence.to_owned()).into()
}
