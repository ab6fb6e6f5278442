//! The warehouse: what is in it, and how long it keeps people who were deleted.

use super::Reply;
use domain::warehouse::Warehouse;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The data of the warehouse's page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WarehouseView {
    /// The warehouse.
    pub warehouse: Warehouse,
    /// Whether who asks may set the term and take tables out.
    pub may_administer: bool,
}

/// The warehouse of a dataset.
#[server]
pub async fn load_warehouse(ds: String) -> Reply<WarehouseView> {
    use super::door::{Door, reply};
    use domain::access::Permission;
    reply(async {
        let door = Door::open(&ds).await?;
        Ok(WarehouseView {
            warehouse: door.engine.warehouse(door.actor(), door.id()).await?,
            may_administer: door.actor().may(Permission::Administer),
        })
    })
    .await
}

/// Counts the rows anew.
#[server]
pub async fn refresh_warehouse(ds: String) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = paths::warehouse(&ds);
    back::post(back::Back::to(page.clone()), async {
        let door = door::Door::open(&ds).await?;
        door.engine.refresh_warehouse(door.actor(), door.id()).await?;
        Ok(back::done(&page, "figures"))
    })
    .await
}

/// Sets how many days the rows of deleted people are kept; nothing typed: until they are erased.
#[server]
pub async fn set_warehouse_keep(
    ds: String,
    #[server(default)] days: String,
    #[server(default)] sure: String,
) -> Result<(), ServerFnError> {
    use super::{back, door};
    use crate::paths;
    let page = paths::warehouse(&ds);
    back::post(back::Back::to(page.clone()).keep("days", days.clone()), async {
        let door = door::Door::open(&ds).await?;
        door.engine
            .set_warehouse_keep(door.actor(), door.id(), &days, !sure.is_empty())
            .await?;
        Ok(back::done(&page, "keep"))
    })
    .await
}
