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
    /// Whether people, events, members or rules of the dataset have changed since.
    #[serde(default)]
    pub(crate) stale: bool,
}

/// What enabling a disabled rule segment would do.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Would {
    /// People who match its rule.
    pub(crate) matching: i64,
    /// Of these, those who are no members now.
    pub(crate) joining: i64,
    /// Members who do not match it.
    pub(crate) leaving: i64,
    /// When counted.
    pub(crate) counted_at: String,
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
    /// Whether it is being counted now, in the background.
    #[serde(default)]
    pub(crate) counting: bool,
    /// Of a disabled rule segment: what enabling it would do, as far as that has been counted.
    #[serde(default)]
    pub(crate) would: Option<Would>,
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
                stale: count.stale,
            }),
            counting: it.counting,
            would: it.would.map(|would| Would {
                matching: would.matching,
                joining: would.joining,
                leaving: would.leaving,
                counted_at: time(would.counted_at),
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

/// The name of a copy.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CopyName {
    /// Its name, unique in the dataset.
    pub(crate) name: String,
}

/// A person who joins or leaves a manual segment or a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    /// Any identity that only one person has.
    pub(crate) identity: String,
    /// Whether they are to be a member; default true.
    #[serde(default = "yes")]
    pub(crate) member: bool,
}

const fn yes() -> bool {
    true
}

/// Whether somebody joined or left.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct MemberChanged {
    /// False: it was so already.
    pub(crate) changed: bool,
}

/// Something that happened to a segment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct HistoryEntry {
    /// The number of its audit entry.
    pub(crate) id: String,
    /// When.
    pub(crate) at: String,
    /// Who did it.
    pub(crate) actor: String,
    /// What, with `deed` as its word: `created`, `changed`, `enabled`, `disabled`, `member`, `file`, `job`, `other`.
    #[schema(value_type = Object)]
    pub(crate) what: domain::membership::Deed,
}

impl From<domain::membership::HistoryEntry> for HistoryEntry {
    fn from(it: domain::membership::HistoryEntry) -> Self {
        Self {
            id: it.id.to_string(),
            at: time(it.at),
            actor: it.actor,
            what: it.deed,
        }
    }
}
