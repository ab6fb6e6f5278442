//! Limits of the installation: seeing and setting them.

use super::Reply;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the limits page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LimitsView {
    /// The longest job, seconds.
    pub job_seconds_max: i64,
    /// Whether somebody has set it.
    pub job_seconds_set: bool,
    /// Days after which the keys of new receipts are destroyed.
    pub proof_days: i64,
    /// Whether somebody has set them.
    pub proof_days_set: bool,
    /// Whether who looks may change it.
    pub may_change: bool,
}

/// The limits.
#[server]
pub async fn show_limits() -> Reply<LimitsView> {
    use super::door::{Door, reply};
    use domain::access::Permission;
    reply(async {
        let door = Door::open("").await?;
        let limits = door.engine.limits(door.actor()).await?;
        Ok(LimitsView {
            job_seconds_max: limits.job_seconds_max,
            job_seconds_set: limits.job_seconds_set,
            proof_days: limits.proof_days,
            proof_days_set: limits.proof_days_set,
            may_change: door.actor().may(Permission::Administer) && door.actor().dataset.is_none(),
        })
    })
    .await
}

/// Sets the longest job: so many of a unit. An empty text takes the limit back to the usual one.
#[server]
pub async fn set_limits(
    #[server(default)] longest: String,
    #[server(default)] unit: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    use domain::{
        plan::{LimitUnit, checked_limit},
        problem::{Code, Problem},
        segment::typed_count,
    };
    let back = back::Back::to(paths::limits())
        .keep("longest", &longest)
        .keep("unit", &unit);
    back::post(back, async {
        let door = door::Door::open("").await?;
        let wrong = || Problem::new(Code::Invalid).on("longest");
        let seconds = if longest.trim().is_empty() {
            None
        } else {
            let unit = LimitUnit::parse(&unit).ok_or_else(wrong)?;
            let number = typed_count(&longest).ok_or_else(wrong)?;
            let seconds = checked_limit(number.saturating_mul(unit.seconds()));
            Some(seconds.map_err(|problem| problem.on("longest"))?)
        };
        door.engine.set_job_seconds_max(door.actor(), seconds).await?;
        Ok(back::done(paths::limits(), "limits"))
    })
    .await
}

/// Sets how long proofs can be made by new receipts: so many days. An empty text takes the term back to the usual one.
#[server]
pub async fn set_proof_days(#[server(default)] proof_days: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    back::post(
        back::Back::to(paths::limits()).keep("proof_days", &proof_days),
        async {
            let door = door::Door::open("").await?;
            door.engine.set_proof_days(door.actor(), &proof_days).await?;
            Ok(back::done(paths::limits(), "proof_days"))
        },
    )
    .await
}
