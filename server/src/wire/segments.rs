//! Segments and previews on the wire.

use super::{ProfileRow, time};
use domain::{
    problem::{Code, Problem},
    segment::SegmentKind,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A count with the time at which it was true.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Count {
    /// How many.
    pub(crate) value: i64,
    /// When counted.
    pub(crate) counted_at: String,
    /// Whether counted one by one.
    pub(crate) exact: bool,
}

/// A segment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Segment {
    /// Its number.
    pub(crate) id: String,
    /// Its name, unique in the dataset.
    pub(crate) name: String,
    /// How people come to be in: `rule`, `manual` or `list`.
    pub(crate) kind: String,
    /// The rule, canonical; rule segments only.
    pub(crate) rule: Option<String>,
    /// `enabled` or `disabled`: whether people can join.
    pub(crate) state: String,
    /// Since when disabled.
    pub(crate) disabled_at: Option<String>,
    /// The cached count; null when never counted.
    pub(crate) count: Option<Count>,
    /// The unfinished job of this segment.
    pub(crate) job: Option<String>,
    /// When created.
    pub(crate) created_at: String,
    /// When last changed.
    pub(crate) updated_at: String,
}

impl From<domain::segment::Segment> for Segment {
    fn from(it: domain::segment::Segment) -> Self {
        Self {
            id: it.id.to_string(),
            name: it.name,
            kind: it.kind.as_str().to_owned(),
            rule: it.rule,
            state: it.state.as_str().to_owned(),
            disabled_at: it.disabled_at.map(time),
            count: it.count.map(|count| Count {
                value: count.value,
                counted_at: time(count.counted_at),
                exact: count.exact,
            }),
            job: it.job.map(|job| job.to_string()),
            created_at: time(it.created_at),
            updated_at: time(it.updated_at),
        }
    }
}

/// A new segment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSegment {
    /// Its name, unique in the dataset.
    pub(crate) name: String,
    /// `rule`, `manual` or `list`.
    pub(crate) kind: String,
    /// The rule; rule segments only.
    pub(crate) rule: Option<String>,
}

impl NewSegment {
    /// What the service is asked.
    pub(crate) fn spec(self) -> Result<domain::segment::SegmentSpec, Problem> {
        let kind = SegmentKind::parse(&self.kind).ok_or_else(|| {
            Problem::because(Code::Invalid, "The kind of a segment is rule, manual or list.").on("kind")
        })?;
        Ok(domain::segment::SegmentSpec {
            name: self.name,
            kind,
            rule: self.rule,
        })
    }
}

/// A change of a segment; what is missing stays.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentPatch {
    /// Its new name.
    pub(crate) name: Option<String>,
    /// Its new rule.
    pub(crate) rule: Option<String>,
}

/// A rule to try.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleText {
    /// The rule.
    pub(crate) rule: String,
}

/// Who a rule would match; nothing was written.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Preview {
    /// How many match.
    pub(crate) count: i64,
    /// When counted.
    pub(crate) counted_at: String,
    /// Always true: counted one by one.
    pub(crate) exact: bool,
    /// The rule, canonical.
    pub(crate) rule: String,
    /// The first few who match.
    pub(crate) sample: Vec<ProfileRow>,
}

impl From<domain::segment::Preview> for Preview {
    fn from(it: domain::segment::Preview) -> Self {
        Self {
            count: it.count,
            counted_at: time(it.counted_at),
            exact: true,
            rule: it.rule,
            sample: it.sample.into_iter().map(Into::into).collect(),
        }
    }
}
