//! Rows of campaigns, and what people did with them. Who is eligible is worked out in `impact`.

use super::Conn;
use crate::error::{Error, Result};
use domain::{
    campaign::{Arm, Campaign, CampaignStatus},
    id::{DatasetId, SegmentId},
    time::{DAY_MS, Timestamp},
    usage::RegisteredUse,
};
use std::collections::BTreeMap;

/// What decides who is eligible.
#[derive(Debug, Clone)]
pub(crate) struct CampaignDef {
    /// Segments whose members it reaches; none: everyone.
    pub(crate) include: Vec<i64>,
    /// Segments whose members it leaves out.
    pub(crate) exclude: Vec<i64>,
}

impl From<&RegisteredUse> for CampaignDef {
    fn from(it: &RegisteredUse) -> Self {
        let ids = |list: &[(SegmentId, String)]| list.iter().map(|(id, _)| id.0).collect();
        Self {
            include: ids(&it.include),
            exclude: ids(&it.exclude),
        }
    }
}

impl From<&Campaign> for CampaignDef {
    fn from(campaign: &Campaign) -> Self {
        let ids = |list: &[(SegmentId, String)]| list.iter().map(|(id, _)| id.0).collect();
        Self {
            include: ids(&campaign.include),
            exclude: ids(&campaign.exclude),
        }
    }
}

#[derive(sqlx::FromRow)]
struct CampaignRow {
    id: String,
    name: String,
    status: String,
    starts_at: Option<i64>,
    ends_at: Option<i64>,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    campaign_id: String,
    segment_id: i64,
    role: String,
    name: String,
}

/// The campaigns of a dataset: those running first, then by name.
pub(crate) async fn list(conn: &mut Conn, dataset: DatasetId) -> Result<Vec<Campaign>> {
    let rows: Vec<CampaignRow> = sqlx::query_as(
        "SELECT id, name, status, starts_at, ends_at, version, created_at, updated_at FROM campaigns
         WHERE dataset_id = $1 ORDER BY status <> 'active', name COLLATE NOCASE, id",
    )
    .bind(dataset.0)
    .fetch_all(&mut *conn)
    .await?;
    let links: Vec<LinkRow> = sqlx::query_as(
        "SELECT l.campaign_id, l.segment_id, l.role, s.name FROM campaign_segments l JOIN segments s ON s.id = l.segment_id
         WHERE l.dataset_id = $1 ORDER BY s.name COLLATE NOCASE, s.id",
    )
    .bind(dataset.0)
    .fetch_all(&mut *conn)
    .await?;
    let mut arms = super::arms::list(conn, dataset).await?;
    let mut by_campaign: BTreeMap<String, Vec<LinkRow>> = BTreeMap::new();
    for link in links {
        by_campaign
            .entry(link.campaign_id.clone())
            .or_default()
            .push(link);
    }
    rows.into_iter()
        .map(|row| {
            let links = by_campaign.remove(&row.id).unwrap_or_default();
            let arms = arms.remove(&row.id).unwrap_or_default();
            show(links, arms, row)
        })
        .collect()
}

fn show(links: Vec<LinkRow>, arms: Vec<Arm>, row: CampaignRow) -> Result<Campaign> {
    let status = CampaignStatus::parse(&row.status)
        .ok_or_else(|| Error::Corrupt(format!("a campaign has the unknown status {}", row.status)))?;
    let (include, exclude): (Vec<_>, Vec<_>) = links.into_iter().partition(|link| link.role == "include");
    let pairs = |links: Vec<LinkRow>| {
        links
            .into_iter()
            .map(|link| (SegmentId(link.segment_id), link.name))
            .collect()
    };
    Ok(Campaign {
        id: row.id,
        name: row.name,
        status,
        include: pairs(include),
        exclude: pairs(exclude),
        starts_at: row.starts_at.map(Timestamp::from_ms),
        ends_at: row.ends_at.map(Timestamp::from_ms),
        arms,
        version: row.version,
        created_at: Timestamp::from_ms(row.created_at),
        updated_at: Timestamp::from_ms(row.updated_at),
    })
}

/// One campaign. Campaigns are few, so they are read together.
pub(crate) async fn find(conn: &mut Conn, dataset: DatasetId, id: &str) -> Result<Option<Campaign>> {
    Ok(list(conn, dataset)
        .await?
        .into_iter()
        .find(|campaign| campaign.id == id))
}

/// Writes a campaign with its links and arms, new or in place of the one with its id; the version grows.
pub(crate) async fn save(conn: &mut Conn, dataset: DatasetId, campaign: &Campaign) -> Result<()> {
    sqlx::query(
        "INSERT INTO campaigns (dataset_id, id, name, status, starts_at, ends_at, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8)
         ON CONFLICT (dataset_id, id) DO UPDATE SET name = excluded.name, status = excluded.status,
           starts_at = excluded.starts_at, ends_at = excluded.ends_at, version = version + 1, updated_at = excluded.updated_at",
    )
    .bind(dataset.0)
    .bind(&campaign.id)
    .bind(&campaign.name)
    .bind(campaign.status.as_str())
    .bind(campaign.starts_at.map(Timestamp::ms))
    .bind(campaign.ends_at.map(Timestamp::ms))
    .bind(campaign.created_at.ms())
    .bind(campaign.updated_at.ms())
    .execute(&mut *conn)
    .await?;
    sqlx::query("DELETE FROM campaign_segments WHERE dataset_id = $1 AND campaign_id = $2")
        .bind(dataset.0)
        .bind(&campaign.id)
        .execute(&mut *conn)
        .await?;
    for (role, segments) in [("include", &campaign.include), ("exclude", &campaign.exclude)] {
        for (segment, _) in segments {
            sqlx::query(
                "INSERT INTO campaign_segments (dataset_id, campaign_id, segment_id, role) VALUES ($1, $2, $3, $4)",
            )
            .bind(dataset.0)
            .bind(&campaign.id)
            .bind(segment.0)
            .bind(role)
            .execute(&mut *conn)
            .await?;
        }
    }
    super::arms::save(conn, dataset, &campaign.id, &campaign.arms).await
}

/// Events of a kind in the last 30 days, by campaign: of people who exist now.
pub(crate) async fn recent(
    conn: &mut Conn,
    dataset: DatasetId,
    kind: &str,
    now: Timestamp,
) -> Result<BTreeMap<String, i64>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT e.campaign_id, count(*)
         FROM profile_blocks b CROSS JOIN events e ON e.profile_id BETWEEN b.first_id AND b.last_id
         WHERE b.dataset_id = $1 AND e.kind_id = (SELECT id FROM event_kinds WHERE dataset_id = $1 AND name = $2)
           AND e.at > $3 AND e.at <= $4 AND e.campaign_id IS NOT NULL GROUP BY e.campaign_id",
    )
    .bind(dataset.0)
    .bind(kind)
    .bind(now.ms() - 30 * DAY_MS)
    .bind(now.ms())
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

/// Accumulated events of a kind, by campaign: they do not move when people go.
pub(crate) async fn accumulated(
    conn: &mut Conn,
    dataset: DatasetId,
    kind: &str,
) -> Result<BTreeMap<String, i64>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT campaign_id, sum(events) FROM totals
         WHERE dataset_id = $1 AND kind_id = (SELECT id FROM event_kinds WHERE dataset_id = $1 AND name = $2)
           AND campaign_id <> '' GROUP BY campaign_id",
    )
    .bind(dataset.0)
    .bind(kind)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}
