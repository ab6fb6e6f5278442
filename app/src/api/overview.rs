//! What the overview shows.

use super::Reply;
use domain::{dataset::DatasetFigures, job::Job, segment::Segment};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Deletions that the overview lists.
#[cfg(feature = "ssr")]
const RECENT: u32 = 5;

/// The overview's data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Overview {
    /// The numbers.
    pub figures: DatasetFigures,
    /// The newest deletions, running ones included.
    pub jobs: Vec<Job>,
    /// Segments that nobody can join until somebody enables them.
    pub disabled: Vec<Segment>,
}

/// The overview's data.
#[server]
pub async fn load_overview(ds: String) -> Reply<Overview> {
    use super::door::{Door, reply};
    use domain::{page::PageRequest, segment::SegmentState};
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor, id) = (&door.engine, door.actor(), door.id());
        let page = PageRequest {
            limit: Some(RECENT),
            cursor: None,
        };
        let mut disabled = engine.segments(actor, id, true).await?;
        disabled.retain(|segment| segment.state == SegmentState::Disabled && segment.job.is_none());
        let jobs = engine.jobs(actor, id, None, page).await?.items;
        Ok(Overview {
            figures: engine.figures(actor, id).await?,
            jobs,
            disabled,
        })
    })
    .await
}
