//! When a deletion that is there already may delete: its quiet hours, and a start that is brought forward.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the form of quiet hours sends.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct QuietForm {
    /// The dataset.
    pub ds: String,
    /// The deletion.
    pub id: String,
    /// When quiet hours begin; empty: there are none.
    pub quiet_from: String,
    /// When they end.
    pub quiet_to: String,
    /// The zone by which both are meant.
    pub quiet_zone: String,
}

/// Sets the hours in which nobody is deleted; empty times take them away.
#[server]
pub async fn set_job_quiet(form: QuietForm) -> Result<(), ServerFnError> {
    use super::{back, door, start};
    let page = door::job_back(&form.ds, &form.id)
        .keep("quiet_from", &form.quiet_from)
        .keep("quiet_to", &form.quiet_to)
        .keep("quiet_zone", &form.quiet_zone);
    back::post(page, async {
        let door = door::Door::open(&form.ds).await?;
        let hours = start::quiet(&form.quiet_from, &form.quiet_to, &form.quiet_zone)?;
        door.engine
            .set_job_quiet_hours(door.actor(), door.id(), door::job_id(&form.id)?, hours)
            .await
            .map_err(start::refused)?;
        Ok(door::job_done(&form.ds, &form.id, "quiet"))
    })
    .await
}

/// Lets a deletion that waits for its start begin now.
#[server]
pub async fn start_job_now(ds: String, id: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    back::post(door::job_back(&ds, &id), async {
        let door = door::Door::open(&ds).await?;
        door.engine
            .start_job_now(door.actor(), door.id(), door::job_id(&id)?)
            .await?;
        Ok(door::job_done(&ds, &id, "brought_forward"))
    })
    .await
}
