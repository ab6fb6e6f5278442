//! Taking a table of the warehouse out as CSV, chunk by chunk: between two chunks nothing is open, so a slow reader holds
//! nobody up.

use super::Engine;
use crate::{
    error::{Error, Result},
    export::Download,
    plain::plain_json,
    store::{
        self,
        audit::Entry,
        warehouse_rows::{EventCopy, ProfileCopy},
    },
};
use domain::{
    access::{Actor, Permission},
    csv::{Cell, push_row},
    id::{DatasetId, JobId},
    micros::Micros,
    profile::IdentityKind,
    time::Timestamp,
    value::Value,
    warehouse::Table,
};
use futures_util::stream;
use std::collections::BTreeMap;

/// Rows of a chunk.
const ROWS: i64 = 1_000;

/// An export that is under way.
#[derive(Debug)]
struct WarehouseExport {
    engine: Engine,
    dataset: DatasetId,
    table: Table,
    /// The key of the last row, in the order of the table's key.
    key: (i64, i64, i64),
    begun: bool,
    over: bool,
}

impl Engine {
    /// Begins to take a table of the warehouse out, of one dataset. It holds what is known about people, so it takes an
    /// administrator, and is written down.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn export_warehouse(
        &self,
        actor: &Actor,
        dataset: DatasetId,
        table: Table,
    ) -> Result<Download> {
        actor.require_in(Permission::Administer, dataset)?;
        let entry = Entry {
            action: "warehouse.export",
            dataset: Some(dataset),
            object: format!("warehouse:{}", table.as_str()),
            detail: serde_json::json!({ "format": "csv" }),
        };
        let mut tx = self.inner.store.write().await?;
        store::audit::insert(&mut tx, self.inner.store.clock.now(), actor, entry).await?;
        let slug = store::datasets::slug(&mut tx, dataset).await?;
        tx.commit().await?;
        let export = WarehouseExport {
            engine: self.clone(),
            dataset,
            table,
            key: (0, i64::MIN, i64::MIN),
            begun: false,
            over: false,
        };
        Ok(Download {
            file_name: format!("{slug}-warehouse-{}.csv", table.as_str()),
            media_type: "text/csv; charset=utf-8",
            rows: Box::pin(stream::try_unfold(export, async |mut export| {
                Ok(export.next().await?.map(|chunk| (chunk, export)))
            })),
        })
    }
}

impl WarehouseExport {
    /// The next bytes; `None`: that was all. The first begin with the names of the columns.
    ///
    /// # Errors
    /// Failures of the database: what came so far is not all, and must not be taken for it.
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.over {
            return Ok(None);
        }
        let mut out = String::new();
        if !self.begun {
            self.begun = true;
            push_row(&mut out, self.columns().iter().copied().map(Cell::Text));
        }
        let mut conn = self.engine.inner.warehouse.read().await?;
        let rows = match self.table {
            Table::Profiles => {
                let rows = store::warehouse_rows::profiles(&mut conn, self.dataset, self.key.0, ROWS).await?;
                self.key.0 = rows.last().map_or(self.key.0, |row| row.id);
                for row in &rows {
                    push_profile(&mut out, row)?;
                }
                rows.len()
            }
            Table::Events => {
                let rows = store::warehouse_rows::events(&mut conn, self.dataset, self.key, ROWS).await?;
                self.key = rows
                    .last()
                    .map_or(self.key, |row| (row.profile_id, row.at, row.eid));
                for row in &rows {
                    push_event(&mut out, row)?;
                }
                rows.len()
            }
            Table::DeletedPeople => {
                let key = (self.key.0, self.key.1);
                let rows = store::warehouse_rows::deleted_people(&mut conn, self.dataset, key, ROWS).await?;
                for (job, profile, at) in &rows {
                    (self.key.0, self.key.1) = (*job, *profile);
                    let (profile, job, at) = (profile.to_string(), JobId(*job).number(), time(*at));
                    push_row(
                        &mut out,
                        [Cell::Number(&profile), Cell::Text(&job), Cell::Text(&at)],
                    );
                }
                rows.len()
            }
        };
        self.over = rows < usize::try_from(ROWS).unwrap_or(0);
        Ok(Some(out.into_bytes()))
    }

    const fn columns(&self) -> &'static [&'static str] {
        match self.table {
            Table::Profiles => &[
                "profile_id",
                "user_id",
                "email",
                "phone",
                "anonymous_ids",
                "first_seen_at",
                "last_seen_at",
                "created_at",
                "attributes",
                "deleted",
                "copied_at",
            ],
            Table::Events => &[
                "profile_id",
                "event",
                "timestamp",
                "value",
                "quantity",
                "campaign_id",
                "properties",
            ],
            Table::DeletedPeople => &["profile_id", "job", "deleted_at"],
        }
    }
}

fn push_profile(out: &mut String, row: &ProfileCopy) -> Result<()> {
    let identities: Vec<(i64, String)> = read(&row.identities)?;
    let known_by = |kind: IdentityKind| {
        let values = identities.iter().filter(|(number, _)| *number == kind.number());
        values
            .map(|(_, value)| value.as_str())
            .collect::<Vec<_>>()
            .join("|")
    };
    let id = row.id.to_string();
    let texts = [
        known_by(IdentityKind::UserId),
        known_by(IdentityKind::Email),
        known_by(IdentityKind::Phone),
        known_by(IdentityKind::AnonymousId),
        row.first_seen_at.map(time).unwrap_or_default(),
        row.last_seen_at.map(time).unwrap_or_default(),
        time(row.created_at),
        plain(&row.attributes)?,
        if row.deleted { "yes" } else { "no" }.to_owned(),
        time(row.copied_at),
    ];
    let texts = texts.iter().map(|text| Cell::Text(text));
    push_row(out, std::iter::once(Cell::Number(&id)).chain(texts));
    Ok(())
}

fn push_event(out: &mut String, row: &EventCopy) -> Result<()> {
    let amount = |micros: Option<i64>| {
        micros
            .map(|micros| Micros::from_micros(micros).to_decimal_string())
            .unwrap_or_default()
    };
    let (id, at) = (row.profile_id.to_string(), time(row.at));
    let (value, quantity) = (amount(row.value_micros), amount(row.quantity_micros));
    let properties = row.properties.as_deref().map(plain).transpose()?;
    // An amount below zero is a number, and no formula.
    let cells = [
        Cell::Number(&id),
        Cell::Text(&row.kind),
        Cell::Text(&at),
        Cell::Number(&value),
        Cell::Number(&quantity),
        Cell::from(row.campaign_id.as_deref()),
        Cell::from(properties.as_deref()),
    ];
    push_row(out, cells);
    Ok(())
}

fn time(ms: i64) -> String {
    Timestamp::from_ms(ms).to_rfc3339()
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    // The error would quote what is known about a person.
    serde_json::from_str(text).map_err(|_| Error::Corrupt("a row of the warehouse cannot be read".to_owned()))
}

/// Attributes or properties as JSON for others.
fn plain(stored: &str) -> Result<String> {
    let values: BTreeMap<String, Value> = read(stored)?;
    let shown: serde_json::Map<String, serde_json::Value> = values
        .iter()
        .map(|(name, value)| (name.clone(), plain_json(value)))
        .collect();
    Ok(serde_json::Value::Object(shown).to_string())
}
