//! Live data: what came by the tracking API.

use super::Reply;
use domain::tracking::LiveData;
use leptos::prelude::*;

/// What came, why messages were not taken, and the write keys.
#[server]
pub async fn load_live(ds: String) -> Reply<LiveData> {
    use super::door::{Door, reply};
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(door.engine.live_data(door.actor(), door.id()).await?)
    })
    .await
}
