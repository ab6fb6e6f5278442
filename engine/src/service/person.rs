//! Everything that is known of a person, in store and warehouse: what a look-up answers and an access request hands out.

use super::Engine;
use crate::{
    error::Result,
    store::{self, audit::Entry, ingest::Key, rule_sql::RuleScope},
};
use domain::{
    access::{Actor, Permission},
    id::{DatasetId, ProfileId, SegmentId},
    privacy::{Erasure, PersonRecord, PersonSegment, StoreRecord, WarehouseRecord},
    time::Timestamp,
};
use std::collections::BTreeMap;

/// Erasures that are listed.
const LISTED: i64 = 50;

impl Engine {
    /// Everything that is known of the person with this identity, in store and warehouse; `None`: nothing. Written down, for
    /// it hands out all of a person's data.
    ///
    /// # Errors
    /// `forbidden`, `not_found` for the dataset.
    pub async fn person_record(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        identity: &str,
    ) -> Result<Option<PersonRecord>> {
        actor.require_in(Permission::Privacy, dataset)?;
        let store = &self.inner.store;
        let at = store.clock.now();
        let asked = self.keys_of(dataset, identity);
        let kept = self.copies_of(dataset, &asked).await?;
        let mut conn = store.read().await?;
        let owners = store::ingest::owners(&mut conn, dataset, &asked.iter().collect::<Vec<_>>()).await?;
        let mut live: Vec<i64> = owners.into_values().collect();
        live.sort_unstable();
        live.dedup();
        let known = store::erasures::identities(&mut conn, &store.keys, dataset, &live).await?;
        drop(conn);
        let own: Vec<&Key> = known.iter().map(|(_, key)| key).collect();
        let mut record = PersonRecord {
            at,
            store: Vec::new(),
            warehouse: Vec::new(),
        };
        // By profile: the job that took the person out of the store.
        let mut copied: BTreeMap<i64, Option<domain::id::JobId>> = BTreeMap::new();
        for id in live {
            record.store.extend(self.in_store(dataset, id, at).await?);
            copied.insert(id, None);
        }
        for copy in kept.of(&asked, &own) {
            copied.entry(copy.profile).or_insert(copy.job);
        }
        for (id, job) in copied {
            let copy = self.in_warehouse(dataset, id).await?;
            record.warehouse.extend(copy.map(|copy| WarehouseRecord {
                deleted_by: job,
                ..copy
            }));
        }
        let found = !(record.store.is_empty() && record.warehouse.is_empty());
        let mut tx = store.write().await?;
        let entry = Entry {
            action: "privacy.looked_up",
            dataset: Some(dataset),
            object: "person".to_owned(),
            detail: serde_json::json!({ "found": found }),
        };
        store::audit::insert(&mut tx, at, actor, entry).await?;
        tx.commit().await?;
        Ok(found.then_some(record))
    }

    /// The newest erasures of single persons, newest first: who did it, what went from where, and whether no byte is left.
    ///
    /// # Errors
    /// `forbidden`, `not_found` for the dataset.
    pub async fn erasures(&self, actor: &Actor, dataset: DatasetId) -> Result<Vec<Erasure>> {
        actor.require_in(Permission::Privacy, dataset)?;
        let mut conn = self.inner.store.read().await?;
        store::erasures::newest(&mut conn, dataset, LISTED).await
    }

    async fn in_store(&self, dataset: DatasetId, id: i64, now: Timestamp) -> Result<Option<StoreRecord>> {
        let mut conn = self.inner.store.read().await?;
        let Some(profile) = store::profiles::record(&mut conn, dataset, ProfileId(id)).await? else {
            return Ok(None);
        };
        let events = store::person::events(&mut conn, id).await?;
        let joined = store::person::joined(&mut conn, id).await?;
        let catalogue = store::segments::catalogue(&mut conn, dataset).await?;
        let scope = RuleScope {
            dataset_id: dataset.0,
            now,
            segments: &catalogue.defs,
        };
        let mut segments = Vec::new();
        for (segment, name) in &catalogue.names {
            let members = store::profiles::those_in(&mut conn, &scope, *segment, &[ProfileId(id)]).await?;
            if members.contains(&ProfileId(id)) {
                segments.push(PersonSegment {
                    id: SegmentId(*segment),
                    name: name.clone(),
                    joined_at: joined.get(segment).copied(),
                });
            }
        }
        let holds = store::holds::held_of(&mut conn, dataset, &[id], now).await?;
        Ok(Some(StoreRecord {
            profile,
            events,
            segments,
            holds: holds.into_iter().map(|(_, name)| name).collect(),
        }))
    }

    async fn in_warehouse(&self, dataset: DatasetId, id: i64) -> Result<Option<WarehouseRecord>> {
        let mut conn = self.inner.warehouse.read().await?;
        let Some(copy) = store::warehouse_people::one(&mut conn, dataset, id).await? else {
            return Ok(None);
        };
        Ok(Some(WarehouseRecord {
            profile: store::person::copied_profile(&copy)?,
            events: store::person::copied_events(&mut conn, id).await?,
            copied_at: Timestamp::from_ms(copy.copied_at),
            deleted_by: None,
            gone_from_store: copy.deleted,
        }))
    }
}
