//! What the overview shows.

use super::Reply;
use domain::{dataset::DatasetFigures, job::Job, segment::Segment};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Ended deletions that the overview lists.
#[cfg(feature = "ssr")]
const RECENT: u32 = 5;

/// The overview's data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Overview {
    /// The numbers.
    pub figures: DatasetFigures,
    /// The deletions that are not over, a plan by the job whose turn it is.
    pub unfinished: Vec<Job>,
    /// The last that have ended, the newest end first.
    pub ended: Vec<Job>,
    /// Segments that nobody can join until somebody enables them.
    pub disabled: Vec<Segment>,
}

/// The overview's data.
#[server]
pub async fn load_overview(ds: String) -> Reply<Overview> {
    use super::door::{Door, reply};
    use domain::segment::SegmentState;
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, id) = (&door.engine, door.actor(), door.id());
        let mut disabled = engine.segments(actor, id, true).await?;
        disabled.retain(|segment| segment.state == SegmentState::Disabled && segment.job.is_none());
        Ok(Overview {
            figures: engine.figures(actor, id).await?,
            unfinished: engine.unfinished_jobs(actor, id, true).await?,
            ended: engine.ended_jobs(actor, id, RECENT).await?,
            disabled,
        })
    })
    .await
}
