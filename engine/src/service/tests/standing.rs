//! Starting a job by a standing confirmation: what was confirmed is looked at in the transaction that makes the job.

use super::*;
use crate::service::{Idempotency, Standing, recurring::definition};
use domain::{
    job::{JobSpec, OnActiveCampaign},
    recurring::{Recurrence, RecurringSpec},
    suppression::Suppress,
};

pub(super) fn wish(segment: &Segment, people: i64) -> JobSpec {
    JobSpec {
        segment_id: segment.id,
        consent: true,
        confirm_name: segment.name.clone(),
        confirm_count: people,
        count_tolerance: 10,
        plan_hash: None,
        reason: None,
        start_at: None,
        start_zone: None,
        wait_seconds: 0,
        max_rate: None,
        quiet_hours: None,
        spare_changed: true,
        retry_passes: 1,
        on_active_campaign: OnActiveCampaign::Block,
        queue: true,
        export: false,
        force: false,
        suppress: Suppress::Late,
    }
}

fn standing(segment: &Segment, plan_hash: Option<String>) -> RecurringSpec {
    RecurringSpec {
        segment_id: segment.id,
        recurrence: Recurrence::read("day", "", "", "03:00", "UTC").expect("a recurrence"),
        consent: true,
        confirm_name: segment.name.clone(),
        ceiling: 10,
        plan_hash,
        enable_after: true,
        on_active_campaign: OnActiveCampaign::Block,
        max_rate: None,
        quiet_hours: None,
        reason: None,
        suppress: Suppress::Late,
    }
}

fn once(key: &str) -> Option<Idempotency> {
    Some(Idempotency {
        key: key.to_owned(),
        body_hash: [0; 32],
    })
}

#[tokio::test]
async fn a_rule_that_was_changed_since_it_was_compared_starts_nothing() {
    let house = House::new().await;
    let engine = &house.engine;
    house.member("u1", "a").await;
    house.member("u2", "b").await;
    let a = house.rule("A", r#"attr.group = "a""#).await;
    let made = engine
        .create_recurring(&admin(), house.main, standing(&a, None))
        .await;
    let recurring = made.expect("a recurring deletion").id;
    let confirmed = {
        let mut conn = engine.inner.store.read().await.expect("a reader");
        let catalogue = crate::store::segments::catalogue(&mut conn, house.main).await;
        definition(&catalogue.expect("a catalogue"), a.id)
    };
    let by = Standing {
        recurring,
        definition: &confirmed,
    };
    let start = async |key: &str| {
        engine
            .start_by(&admin(), house.main, wish(&a, 1), once(key), Some(by))
            .await
    };
    // An editor is quicker than the run that has compared the rule already.
    let other = domain::segment::SegmentChange {
        name: None,
        rule: Some(r#"attr.group = "b""#.into()),
    };
    let back = domain::segment::SegmentChange {
        name: None,
        rule: Some(r#"attr.group = "a""#.into()),
    };
    engine
        .update_segment(&admin(), house.main, a.id, other)
        .await
        .expect("changed");
    assert_eq!(code(start("1").await), Code::PlanChanged);
    engine
        .update_segment(&admin(), house.main, a.id, back)
        .await
        .expect("back");
    engine
        .stop_recurring(&admin(), house.main, recurring)
        .await
        .expect("stopped");
    assert_eq!(
        code(start("2").await),
        Code::StateRefused,
        "a person has stopped it"
    );
    let page = domain::page::PageRequest::default();
    let jobs = engine.jobs(&admin(), house.main, None, page).await.expect("jobs");
    assert!(jobs.items.is_empty(), "{jobs:?}");
}

#[tokio::test]
async fn what_was_shown_is_what_is_confirmed() {
    let house = House::new().await;
    let engine = &house.engine;
    house.member("u1", "a").await;
    let a = house.rule("A", r#"attr.group = "a""#).await;
    let shown = engine
        .plan_hash(&admin(), house.main, a.id)
        .await
        .expect("a hash");
    let other = domain::segment::SegmentChange {
        name: None,
        rule: Some(r#"attr.group = "b""#.into()),
    };
    engine
        .update_segment(&admin(), house.main, a.id, other)
        .await
        .expect("changed");
    let asked = standing(&a, Some(shown));
    let refused = engine.create_recurring(&admin(), house.main, asked).await;
    assert_eq!(code(refused), Code::PlanChanged);
    let shown = engine
        .plan_hash(&admin(), house.main, a.id)
        .await
        .expect("a hash");
    let asked = standing(&a, Some(shown));
    let made = engine.create_recurring(&admin(), house.main, asked.clone()).await;
    let made = made.expect("confirmed");
    let again = engine.create_recurring(&admin(), house.main, asked).await;
    assert_eq!(again.expect("the same").id, made.id, "a form that was sent twice");
}
