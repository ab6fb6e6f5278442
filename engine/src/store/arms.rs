//! Rows of campaigns' arms, and of what campaigns showed day by day.

use super::Conn;
use crate::error::{Error, Result};
use domain::{campaign::Arm, id::DatasetId, time::Timestamp};
use std::collections::BTreeMap;

/// The arms of every campaign of a dataset, by campaign, in the order of their ranges.
pub(crate) async fn list(conn: &mut Conn, dataset: DatasetId) -> Result<BTreeMap<String, Vec<Arm>>> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "SELECT campaign_id, name, from_bucket, upto_bucket FROM campaign_arms
         WHERE dataset_id = $1 ORDER BY campaign_id, from_bucket",
    )
    .bind(dataset.0)
    .fetch_all(conn)
    .await?;
    let mut arms: BTreeMap<String, Vec<Arm>> = BTreeMap::new();
    for (campaign, name, from, upto) in rows {
        let end = |bucket: i64| {
            u16::try_from(bucket)
                .map_err(|_| Error::Corrupt(format!("an arm of a campaign ends at {bucket}")))
        };
        let arm = Arm {
            name,
            from: end(from)?,
            upto: end(upto)?,
        };
        arms.entry(campaign).or_default().push(arm);
    }
    Ok(arms)
}

/// Writes the arms of a campaign in place of those that it had.
pub(crate) async fn save(conn: &mut Conn, dataset: DatasetId, campaign: &str, arms: &[Arm]) -> Result<()> {
    sqlx::query("DELETE FROM campaign_arms WHERE dataset_id = $1 AND campaign_id = $2")
        .bind(dataset.0)
        .bind(campaign)
        .execute(&mut *conn)
        .await?;
    for arm in arms {
        sqlx::query(
            "INSERT INTO campaign_arms (dataset_id, campaign_id, from_bucket, upto_bucket, name) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(dataset.0)
        .bind(campaign)
        .bind(i64::from(arm.from))
        .bind(i64::from(arm.upto))
        .bind(&arm.name)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Events of a kind of one campaign by UTC day, from `first_day` on, as accumulated: they do not move when people go.
pub(crate) async fn accumulated_by_day(
    conn: &mut Conn,
    dataset: DatasetId,
    kind: &str,
    campaign: &str,
    first_day: i64,
) -> Result<BTreeMap<i64, i64>> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT day, events FROM totals
         WHERE dataset_id = $1 AND day >= $2 AND campaign_id = $3
           AND kind_id = (SELECT id FROM event_kinds WHERE dataset_id = $1 AND name = $4)",
    )
    .bind(dataset.0)
    .bind(first_day)
    .bind(campaign)
    .bind(kind)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

/// Campaigns whose times may have come: not drafts, not ended ones.
pub(crate) async fn timed(conn: &mut Conn, now: Timestamp) -> Result<Vec<(DatasetId, String)>> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT dataset_id, id FROM campaigns
         WHERE (status = 'scheduled' AND starts_at <= $1)
            OR (status IN ('scheduled', 'active', 'paused') AND ends_at < $1)",
    )
    .bind(now.ms())
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(dataset, id)| (DatasetId(dataset), id))
        .collect())
}
