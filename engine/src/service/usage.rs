//! Usage: what leans on a segment, directly and through other segments. Finding it (structure, cheap) is kept apart from
//! counting it (figures, a scan).

use super::Engine;
use crate::{
    error::Result,
    store::{
        self, Conn,
        campaigns::CampaignDef,
        impact::{Both, Column},
        rule_sql::RuleScope,
        segments::Catalogue,
    },
};
use domain::{
    access::{Actor, Permission},
    campaign::{Campaign, CampaignStatus},
    id::{DatasetId, SegmentId},
    problem::Problem,
    rule,
    time::Timestamp,
    usage::{RegisteredUse, Usage, UsageKind, UsageRole},
};
use std::collections::{BTreeMap, BTreeSet};

/// Something that leans on a segment, not counted.
#[derive(Debug, Clone)]
pub(super) struct Leaning {
    /// What it is, how, and through what; the figures are 0.
    usage: Usage,
    /// Its version: part of the plan hash.
    version: i64,
    /// How to count it.
    column: Column,
}

/// A segment, the segments around it, and what leans on it.
#[derive(Debug)]
pub(super) struct Structure {
    /// All segments of the dataset.
    pub(super) catalogue: Catalogue,
    /// What leans on the segment: running campaigns first, then campaigns, then segments; the direct first.
    leaning: Vec<Leaning>,
}

impl Engine {
    /// What leans on the segment, direct and indirect, counted now.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn usage(&self, actor: &Actor, dataset: DatasetId, id: SegmentId) -> Result<Vec<Usage>> {
        actor.require_in(Permission::View, dataset)?;
        let mut view = self.inner.store.view().await?;
        let structure = structure(&mut view, dataset, id).await?;
        if structure.leaning.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.inner.store.clock.now();
        let scope = RuleScope {
            dataset_id: dataset.0,
            now,
            segments: &structure.catalogue.defs,
        };
        let (_, counts) = store::impact::measure(&mut view, &scope, Some(id.0), &structure.columns()).await?;
        structure.counted(&mut view, &scope, id, &counts).await
    }

    /// What leans on the segment, direct and indirect. Nothing is counted: all figures are 0.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn usage_list(&self, actor: &Actor, dataset: DatasetId, id: SegmentId) -> Result<Vec<Usage>> {
        actor.require_in(Permission::View, dataset)?;
        let structure = structure(&mut *self.inner.store.read().await?, dataset, id).await?;
        Ok(structure
            .leaning
            .into_iter()
            .map(|leaning| leaning.usage)
            .collect())
    }
}

impl Structure {
    /// How to count what leans on the segment, in order.
    pub(super) fn columns(&self) -> Vec<Column> {
        self.leaning
            .iter()
            .map(|leaning| leaning.column.clone())
            .collect()
    }

    /// Fills in the figures. `counts` belong to `columns`, in order.
    pub(super) async fn counted(
        &self,
        conn: &mut Conn,
        scope: &RuleScope<'_>,
        id: SegmentId,
        counts: &[Both],
    ) -> Result<Vec<Usage>> {
        let campaigns: BTreeSet<&str> = self
            .leaning
            .iter()
            .filter_map(|leaning| campaign_of(&leaning.usage))
            .map(|(id, _)| id)
            .collect();
        let campaigns: Vec<&str> = campaigns.into_iter().collect();
        let impressions = store::impact::impressions(conn, scope, id.0, &campaigns).await?;
        let fill = |(leaning, count): (&Leaning, &Both)| {
            let mut usage = leaning.usage.clone();
            let shown = campaign_of(&usage)
                .and_then(|(id, _)| impressions.get(id))
                .copied()
                .unwrap_or_default();
            usage.eligible_now = count.all;
            usage.members = count.members;
            // Whoever goes is nowhere any more; whether the others are in does not hang on them.
            usage.eligible_after = count.all - count.members;
            usage.impressions_30d = shown.all;
            usage.impressions_30d_from_members = shown.members;
            usage
        };
        Ok(self.leaning.iter().zip(counts).map(fill).collect())
    }
}

fn campaign_of(usage: &Usage) -> Option<(&str, CampaignStatus)> {
    match &usage.what {
        UsageKind::Campaign { id, status } => Some((id, *status)),
        UsageKind::Registered { .. } | UsageKind::Segment { .. } => None,
    }
}

/// Campaigns first, then what other systems run, then segments.
const fn rank(usage: &Usage) -> u8 {
    match usage.what {
        UsageKind::Campaign { .. } => 0,
        UsageKind::Registered { .. } => 1,
        UsageKind::Segment { .. } => 2,
    }
}

/// The segment's surroundings, or `not_found`.
pub(super) async fn structure(conn: &mut Conn, dataset: DatasetId, id: SegmentId) -> Result<Structure> {
    let catalogue = with_segment(conn, dataset, id).await?;
    let campaigns = store::campaigns::list(conn, dataset).await?;
    let uses = store::uses::list(conn, dataset).await?;
    let leaning = leaning(&catalogue, &campaigns, &uses, id.0);
    Ok(Structure { catalogue, leaning })
}

/// The dataset's segments, where this one is among them; else `not_found`.
async fn with_segment(conn: &mut Conn, dataset: DatasetId, id: SegmentId) -> Result<Catalogue> {
    let catalogue = store::segments::catalogue(conn, dataset).await?;
    if !catalogue.defs.contains_key(&id.0) {
        return Err(Problem::not_found("segment").into());
    }
    Ok(catalogue)
}

/// Finds what leans on a segment. Each campaign and each registered use stands once in each role, by its shortest way.
fn leaning(catalogue: &Catalogue, campaigns: &[Campaign], uses: &[RegisteredUse], id: i64) -> Vec<Leaning> {
    let ways = ways_to(catalogue, id);
    let mut found = Vec::new();
    for campaign in campaigns {
        let what = UsageKind::Campaign {
            id: campaign.id.clone(),
            status: campaign.status,
        };
        let column = Column::Campaign(CampaignDef::from(campaign));
        let named = (campaign.include.as_slice(), campaign.exclude.as_slice());
        for (role, way) in shortest(&ways, named) {
            let one = (what.clone(), campaign.name.as_str(), role);
            found.push(uncounted(catalogue, one, way, campaign.version, column.clone()));
        }
    }
    for it in uses {
        let what = UsageKind::Registered {
            id: it.id.clone(),
            kind: it.kind,
            status: it.status.clone(),
            owner: it.owner.clone(),
            link: it.link.clone(),
            listed_at: it.listed_at,
        };
        let column = Column::Campaign(CampaignDef::from(it));
        for (role, way) in shortest(&ways, (&it.include, &it.exclude)) {
            let one = (what.clone(), it.name.as_str(), role);
            found.push(uncounted(catalogue, one, way, it.version, column.clone()));
        }
    }
    for (segment, way) in ways.iter().filter(|(segment, _)| **segment != id) {
        let enabled = catalogue.defs.get(segment).is_some_and(|def| def.enabled);
        let what = UsageKind::Segment {
            id: SegmentId(*segment),
            enabled,
        };
        let name = catalogue.names.get(segment).map_or("", String::as_str);
        let version = catalogue.versions.get(segment).copied().unwrap_or(0);
        // The segment itself is the last of its own way.
        let between = way.get(1..).unwrap_or_default();
        let column = Column::Segment(*segment);
        let one = (what, name, UsageRole::Segment);
        found.push(uncounted(catalogue, one, between, version, column));
    }
    found.sort_by_key(|leaning| {
        let usage = &leaning.usage;
        (rank(usage), !usage.running(), usage.via.len(), usage.name.clone())
    });
    found
}

/// Segments as something names them: by number and name.
type Named<'n> = &'n [(SegmentId, String)];

/// In which roles something that includes and excludes segments leans on those at the ends of the ways, each by the
/// shortest way.
fn shortest<'w>(
    ways: &'w BTreeMap<i64, Vec<i64>>,
    (include, exclude): (Named<'_>, Named<'_>),
) -> Vec<(UsageRole, &'w [i64])> {
    let way = |(role, named): (UsageRole, Named<'_>)| {
        let ways = named.iter().filter_map(|(segment, _)| ways.get(&segment.0));
        ways.min_by_key(|way| way.len()).map(|way| (role, way.as_slice()))
    };
    [(UsageRole::Include, include), (UsageRole::Exclude, exclude)]
        .into_iter()
        .filter_map(way)
        .collect()
}

/// From each segment that leans on `id` (and `id` itself), the segments on the way there: itself first, `id` left out.
fn ways_to(catalogue: &Catalogue, id: i64) -> BTreeMap<i64, Vec<i64>> {
    let mut ways = BTreeMap::from([(id, Vec::new())]);
    let mut newest = vec![id];
    while !newest.is_empty() {
        let mut next = Vec::new();
        for (segment, def) in &catalogue.defs {
            let Some(rule) = def.rule.as_ref().filter(|_| !ways.contains_key(segment)) else {
                continue;
            };
            let named = rule::segments_of(rule);
            let Some(nearer) = newest.iter().find(|nearer| named.contains(nearer)) else {
                continue;
            };
            let rest = ways.get(nearer).cloned().unwrap_or_default();
            next.push((*segment, [vec![*segment], rest].concat()));
        }
        newest = next.iter().map(|(segment, _)| *segment).collect();
        ways.extend(next);
    }
    ways
}

fn uncounted(
    catalogue: &Catalogue,
    (what, name, role): (UsageKind, &str, UsageRole),
    via: &[i64],
    version: i64,
    column: Column,
) -> Leaning {
    let via = via
        .iter()
        .filter_map(|segment| catalogue.names.get(segment).cloned())
        .collect();
    let usage = Usage {
        what,
        name: name.to_owned(),
        role,
        via,
        eligible_now: 0,
        eligible_after: 0,
        members: 0,
        impressions_30d: 0,
        impressions_30d_from_members: 0,
    };
    Leaning {
        usage,
        version,
        column,
    }
}

/// The names of what refers to the segment directly.
pub(super) async fn direct_users(conn: &mut Conn, dataset: DatasetId, id: SegmentId) -> Result<Vec<String>> {
    let structure = structure(conn, dataset, id).await?;
    let direct = structure
        .leaning
        .into_iter()
        .filter(|leaning| leaning.usage.via.is_empty());
    let mut names: Vec<String> = direct.map(|leaning| leaning.usage.name).collect();
    for hold in store::holds::in_force(conn, dataset).await? {
        if hold
            .rule()?
            .is_some_and(|rule| rule::segments_of(&rule).contains(&id.0))
        {
            names.push(format!("the legal hold {}", hold.name));
        }
    }
    Ok(names)
}

/// The names of the running campaigns that lean on the segment, direct and indirect, each once.
pub(crate) async fn running_campaigns(
    conn: &mut Conn,
    dataset: DatasetId,
    id: SegmentId,
) -> Result<Vec<String>> {
    // Asked in every batch of a job: registered uses, which hold nobody up, are not read.
    let catalogue = with_segment(conn, dataset, id).await?;
    let campaigns = store::campaigns::list(conn, dataset).await?;
    let mut seen = BTreeSet::new();
    let running = leaning(&catalogue, &campaigns, &[], id.0)
        .into_iter()
        .filter(|leaning| leaning.usage.running_here());
    let once = running
        .filter(|leaning| campaign_of(&leaning.usage).is_some_and(|(id, _)| seen.insert(id.to_owned())));
    Ok(once.map(|leaning| leaning.usage.name).collect())
}

/// Stands for what the delete page showed, but for the counts: the segment as it is defined, with all that its rule refers to,
/// and what leans on it. A count that moves is noticed by the recount; one that stays though a list beneath has other members
/// is noticed here.
pub(crate) async fn plan_hash(conn: &mut Conn, dataset: DatasetId, id: SegmentId) -> Result<String> {
    let structure = structure(conn, dataset, id).await?;
    Ok(structure.plan_hash(id))
}

/// What a use looks like to the plan hash: being listed again, unchanged, changes no plan.
fn shown(what: &UsageKind) -> UsageKind {
    match what.clone() {
        UsageKind::Registered {
            id,
            kind,
            status,
            owner,
            link,
            ..
        } => UsageKind::Registered {
            id,
            kind,
            status,
            owner,
            link,
            listed_at: Timestamp::from_ms(0),
        },
        other => other,
    }
}

impl Structure {
    /// See `plan_hash`.
    pub(super) fn plan_hash(&self, id: SegmentId) -> String {
        let catalogue = &self.catalogue;
        let users: Vec<_> = self
            .leaning
            .iter()
            .map(|leaning| {
                (
                    shown(&leaning.usage.what),
                    leaning.usage.role,
                    &leaning.usage.name,
                    &leaning.usage.via,
                    leaning.version,
                )
            })
            .collect();
        let segments: Vec<_> = store::beneath::beneath(&catalogue.defs, [id.0], |_| true)
            .into_iter()
            .map(|id| {
                let def = catalogue.defs.get(&id);
                serde_json::json!({
                    "id": id,
                    "version": catalogue.versions.get(&id),
                    "name": catalogue.names.get(&id),
                    "rule": def.and_then(|def| def.rule.as_ref()).map(ToString::to_string),
                    "enabled": def.is_some_and(|def| def.enabled),
                })
            })
            .collect();
        let shown = serde_json::json!({ "id": id, "segments": segments, "used_by": users });
        blake3::hash(shown.to_string().as_bytes()).to_hex().to_string()
    }
}
