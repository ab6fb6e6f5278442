//! Registered uses on the wire: what other systems run on segments.

use super::time;
use domain::{
    id::SegmentId,
    time::Timestamp,
    usage::{ListStanding, RegisteredUse, UsesList},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that another system runs on segments, as it was registered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct RegisteredUseShown {
    /// Its id in the other system.
    pub(crate) id: String,
    /// `campaign`, `journey`, `trigger`, `promotion` or `export`.
    pub(crate) kind: String,
    /// Its name.
    pub(crate) name: String,
    /// Where it stands, in the other system's word.
    pub(crate) status: String,
    /// Whether that word says that people are being reached now.
    pub(crate) running: bool,
    /// Ids of the segments whose people it runs on.
    pub(crate) include: Vec<String>,
    /// Ids of the segments whose people it leaves out.
    pub(crate) exclude: Vec<String>,
    /// Who answers for it.
    pub(crate) owner: Option<String>,
    /// Where to look at it.
    pub(crate) link: Option<String>,
    /// The time of the last list that named it.
    pub(crate) listed_at: String,
    /// Whether a later list left it out.
    pub(crate) left_out: bool,
}

/// The last list of registered uses.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct LastList {
    /// When it was given; null: never.
    pub(crate) listed_at: Option<String>,
    /// How many uses it named.
    pub(crate) uses: i64,
    /// `never`, `empty`, `old` (more than a day) or `current`. Only a current one can say that nothing uses a segment.
    pub(crate) standing: String,
}

impl LastList {
    /// How the list stands at this moment.
    pub(crate) fn at(list: &UsesList, now: Timestamp) -> Self {
        let standing = match list.standing(now) {
            ListStanding::Never => "never",
            ListStanding::Empty => "empty",
            ListStanding::Old => "old",
            ListStanding::Current => "current",
        };
        Self {
            listed_at: list.listed_at.map(time),
            uses: list.uses,
            standing: standing.to_owned(),
        }
    }
}

/// A page of registered uses, with the list that they come from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct RegisteredUses {
    /// The uses.
    pub(crate) items: Vec<RegisteredUseShown>,
    /// The cursor of the next page; null at the end.
    pub(crate) next: Option<String>,
    /// The last list.
    pub(crate) list: LastList,
}

impl RegisteredUseShown {
    /// A use, seen beside the last list.
    pub(crate) fn of(it: RegisteredUse, list: &UsesList) -> Self {
        let ids =
            |segments: Vec<(SegmentId, String)>| segments.into_iter().map(|(id, _)| id.to_string()).collect();
        Self {
            running: it.running(),
            left_out: list.left_out(it.listed_at),
            id: it.id,
            kind: it.kind.as_str().to_owned(),
            name: it.name,
            status: it.status,
            include: ids(it.include),
            exclude: ids(it.exclude),
            owner: it.owner,
            link: it.link,
            listed_at: time(it.listed_at),
        }
    }
}
