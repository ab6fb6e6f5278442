//! What the frame around every page shows: who is there, which datasets, whether something runs.

use super::Reply;
use domain::{dataset::Dataset, time::Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The frame's data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Frame {
    /// Who is logged in.
    pub user: String,
    /// Their role, as shown.
    pub role: String,
    /// Whether they may change segments and campaigns.
    pub may_edit: bool,
    /// Whether they may delete in bulk.
    pub may_delete: bool,
    /// Whether they may take people out in a file.
    pub may_export: bool,
    /// Whether they may look up and erase single persons.
    pub may_erase: bool,
    /// The datasets that they may see.
    pub datasets: Vec<Dataset>,
    /// The one that the page is about.
    pub dataset: Dataset,
    /// How many deletions are not finished, a plan as one.
    pub unfinished: usize,
    /// How many of their notices are not read.
    pub unread: i64,
    /// The time.
    pub now: Timestamp,
}

impl Frame {
    /// The dataset's short name.
    #[must_use]
    pub fn ds(&self) -> &str {
        &self.dataset.slug
    }
}

/// The frame's data.
#[server]
pub async fn load_frame(ds: String) -> Reply<Frame> {
    use super::door::{Door, now, reply};
    use domain::access::Permission;
    reply(async {
        let door = Door::open(&ds).await?;
        let (engine, actor) = (&door.engine, door.actor());
        Ok(Frame {
            user: door.session.user_name.clone(),
            role: door.session.role.title().to_owned(),
            may_edit: actor.may(Permission::Edit),
            may_delete: actor.may(Permission::DeleteInBulk),
            may_export: actor.may(Permission::Export),
            may_erase: actor.may(Permission::Privacy),
            datasets: engine.datasets(actor).await?,
            unfinished: engine.unfinished_jobs(actor, door.id(), true).await?.len(),
            unread: engine.unread_notices(actor).await?,
            now: now(),
            dataset: door.ds,
        })
    })
    .await
}
