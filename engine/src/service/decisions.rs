//! Decisions: which campaigns serve a person now, and in which arm; each one served is an impression.
//!
//! Who is eligible is asked of the same statement that counts eligible people, so an answer and a figure never contradict
//! each other. A decision writes no audit entry: it is what people do, like an imported event, and no deed of the caller.

use super::Engine;
use crate::{
    error::Result,
    import::one,
    store::{self, Conn, impact::Column, ingest, rule_sql::RuleScope},
};
use domain::{
    access::{Actor, Permission},
    campaign::Campaign,
    decision::{Decision, DecisionAsk, Served},
    event::IMPRESSION,
    id::{DatasetId, ProfileId},
    problem::{Code, Problem},
    time::Timestamp,
};
use std::sync::Arc;

/// The property of a recorded impression that names the arm, so that rules can ask for it.
const ARM: &str = "arm";

impl Engine {
    /// Decides what a person is served, and records an impression of each campaign served in the same transaction. Of a
    /// campaign with arms only its arms' people are served. Somebody unknown, deleted or half deleted is served nothing,
    /// and nothing is recorded.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `invalid` where no identity is given or it cannot be one.
    pub async fn decide(&self, actor: &Actor, dataset: DatasetId, ask: &DecisionAsk) -> Result<Decision> {
        actor.require_in(Permission::Import, dataset)?;
        let store = &self.inner.store;
        let (kind, text) = ask.identity().ok_or_else(|| {
            let message = "Say for whom: user_id, email, phone or anonymous_id.";
            Problem::because(Code::Invalid, message).on("user_id")
        })?;
        let key = one::key(&store.keys, dataset, kind, text)?;
        let now = store.clock.now();
        let mut decision = Decision {
            campaigns: served(&mut *store.read().await?, dataset, &key, now).await?,
            recorded: 0,
            decided_at: now,
        };
        // Most people are served nothing, so the one writer is not asked before somebody is.
        if !ask.record || decision.campaigns.is_empty() {
            return Ok(decision);
        }
        let mut tx = store.write().await?;
        // Once more, as it is now: a deletion may have come in between.
        decision.campaigns = served(&mut tx, dataset, &key, now).await?;
        if decision.campaigns.is_empty() {
            return Ok(decision);
        }
        let impression: Arc<str> = Arc::from(IMPRESSION);
        let events = decision.campaigns.iter().map(|served| {
            let arm = served.arm.as_deref().map(|arm| (ARM, arm));
            one::campaign_event(&impression, &served.id, arm, now)
        });
        let events: Vec<_> = events.collect();
        decision.recorded = i64::try_from(events.len()).unwrap_or(i64::MAX);
        one::write(&mut tx, &store.keys, dataset, &key, events, now).await?;
        tx.commit().await?;
        self.inner.copy.notify_one();
        Ok(decision)
    }
}

/// The campaigns that serve the person with this identity, by name.
async fn served(
    conn: &mut Conn,
    dataset: DatasetId,
    key: &ingest::Key,
    now: Timestamp,
) -> Result<Vec<Served>> {
    let owners = ingest::owners(conn, dataset, &[key]).await?;
    let Some(person) = owners.get(&key.id()).copied().map(ProfileId) else {
        return Ok(Vec::new());
    };
    let campaigns = store::campaigns::list(conn, dataset).await?;
    let serving: Vec<Campaign> = campaigns.into_iter().filter(|it| it.serves(now)).collect();
    if serving.is_empty() {
        return Ok(Vec::new());
    }
    let segments = store::segments::defs(conn, dataset).await?;
    let scope = RuleScope {
        dataset_id: dataset.0,
        now,
        segments: &segments,
    };
    let columns: Vec<Column> = serving.iter().flat_map(columns).collect();
    let mut is_in = store::impact::columns_of(conn, &scope, person, &columns)
        .await?
        .into_iter();
    let mut found = Vec::new();
    for campaign in serving {
        let (id, name) = (campaign.id, campaign.name);
        if campaign.arms.is_empty() {
            if is_in.next() == Some(true) {
                found.push(Served { id, name, arm: None });
            }
            continue;
        }
        let within: Vec<bool> = is_in.by_ref().take(campaign.arms.len()).collect();
        let own = campaign.arms.into_iter().zip(within).find(|(_, is_in)| *is_in);
        if let Some((arm, _)) = own {
            let arm = Some(arm.name);
            found.push(Served { id, name, arm });
        }
    }
    Ok(found)
}

/// What is asked about the person for a campaign: whether they are eligible, or, where it has arms, in which of these.
fn columns(campaign: &Campaign) -> Vec<Column> {
    if campaign.arms.is_empty() {
        return vec![Column::Campaign(campaign.into())];
    }
    let arms = campaign.arms.iter();
    arms.map(|arm| Column::Arm(campaign.into(), arm.rule())).collect()
}
