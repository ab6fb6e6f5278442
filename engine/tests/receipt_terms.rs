//! The end of a receipt's term, what is missing or was changed in the store, and the receipts of privacy requests.

mod receipted;
#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    id::{JobId, RequestId},
    problem::Code,
    receipt::{PROOF_DAYS, ReceiptOf, RequestFacts},
    time::{DAY_MS, Timestamp},
};
use engine::{HealthOptions, clock::Clock, receipt::verify};
use receipted::{delete_some, deleted, file, holds, proof};
use std::time::Duration;
use world::{World, spec};

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_of_the_term_the_keys_go_and_the_receipt_stays() {
    let now = Timestamp::parse_rfc3339("2026-11-25T08:00:00Z").expect("a time");
    let (clock, hand) = Clock::movable(now);
    let world = World::with(clock, HealthOptions::default()).await;
    let id = delete_some(&world).await;
    let other = world.segment("B", "attr.group = \"b\"").await;
    let receipt = file(&world, id).await;
    let key = world.dir.path().join(format!("keys/receipts/job-{id}.key"));
    hand.forward(Duration::from_secs(
        u64::try_from((PROOF_DAYS - 1) * DAY_MS / 1_000).expect("seconds"),
    ));
    assert_eq!(world.engine.destroy_due_proofs().await.expect("looked"), 0);
    assert!(proof(&world, id, "p2").await.is_ok() && key.exists());
    // One more, whose term is not over when that of the first is.
    world
        .engine
        .set_proof_days(&World::actor(), "5")
        .await
        .expect("set");
    let young = world.start(spec(other, "B", 30)).await.id;
    world.finished(young).await;
    hand.forward(Duration::from_secs(2 * 86_400));
    // The task may be quicker than this call.
    let _ = world.engine.destroy_due_proofs().await.expect("destroyed");
    world.until(id, |_| !key.exists()).await;
    assert_eq!(
        world
            .number("SELECT count(*) FROM erased WHERE source_id = 1001")
            .await,
        0
    );
    assert_eq!(
        world
            .number("SELECT sum(length(parts)) FROM receipts WHERE source_id = 1001")
            .await,
        0
    );
    assert_eq!(proof(&world, id, "p2").await, Err(Code::StateRefused));
    assert_eq!(file(&world, id).await, receipt, "the receipt is what it was");
    holds(&world, &receipt);
    assert!(
        world
            .dir
            .path()
            .join(format!("keys/receipts/job-{young}.key"))
            .exists()
    );
    assert_eq!(world.engine.destroy_due_proofs().await.expect("looked"), 0);
    let told = world
        .number("SELECT count(*) FROM audit WHERE action = 'receipt.proofs_destroyed'")
        .await;
    assert_eq!(told, 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_is_no_answer() {
    let (world, id) = deleted().await;
    std::fs::remove_file(world.dir.path().join(format!("keys/receipts/job-{id}.key"))).expect("removed");
    assert_eq!(
        proof(&world, id, "p2").await,
        Err(Code::Internal),
        "not: nobody like that was deleted"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_that_were_changed_prove_nothing() {
    let (world, id) = deleted().await;
    let mut sql = world.sql().await;
    sqlx::query("UPDATE erased SET hashes = CAST(substr(hashes, 17) || substr(hashes, 1, 16) AS BLOB) WHERE source_id = $1 AND no = 2")
        .bind(id.0)
        .execute(&mut sql)
        .await
        .expect("changed");
    let mut found = 0;
    for n in (2..=60).step_by(2) {
        found += i32::from(proof(&world, id, &format!("p{n}")).await.is_ok());
    }
    assert_eq!(found, 0, "no proof is handed out that would not hold");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_a_sentence_where_there_is_no_receipt() {
    let world = World::new().await;
    world.people(10).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", 5);
    wish.wait_seconds = 3_600;
    let id = world.start(wish).await.id;
    let why = async |id| {
        let found = world
            .engine
            .receipt(&World::actor(), world.dataset, ReceiptOf::Job(id))
            .await;
        let problem = found.expect_err("none").into_problem();
        (problem.code, problem.message)
    };
    let (code, text) = why(id).await;
    assert!(
        code == Code::StateRefused && text.contains("is not over"),
        "{text}"
    );
    world
        .engine
        .cancel_job(&World::actor(), world.dataset, id)
        .await
        .expect("cancelled");
    world.finished(id).await;
    assert!(why(id).await.1.contains("before anybody was deleted"));
    assert_eq!(why(JobId(9_999)).await.0, Code::NotFound);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_privacy_request_is_signed_once() {
    let world = World::idle().await;
    world.people(4).await;
    let mut sql = world.sql().await;
    sqlx::query(
        "INSERT INTO erased (source, source_id, no, dataset_id, kind, hashes, at)
         SELECT 'request', 7, kind, dataset_id, kind, CAST(group_concat(hash, '') AS BLOB), 0 FROM identity_lookup
         WHERE profile_id = (SELECT profile_id FROM identities WHERE value = 'p3') GROUP BY dataset_id, kind",
    )
    .execute(&mut sql)
    .await
    .expect("kept");
    let at = Timestamp::from_ms(1_764_000_000_000);
    let facts = RequestFacts {
        number: "P-7".to_owned(),
        dataset: "main".to_owned(),
        regulation: Some("gdpr".to_owned()),
        ended: "completed".to_owned(),
        end_reason: None,
        asked_by: "token:lk_1".to_owned(),
        asked_at: at,
        done_at: at,
        scrubbed_at: Some(at),
        requested: 1,
        deleted: 1,
        held: 0,
        profiles: 1,
        events: 3,
        warehouse_profiles: 1,
        warehouse_events: 3,
    };
    for _ in 0..2 {
        let no = world
            .engine
            .sign_request(world.dataset, RequestId(7), &facts)
            .await
            .expect("signed");
        assert_eq!(no, 1, "once, whatever is tried again");
    }
    let (actor, of) = (World::actor(), ReceiptOf::Request(RequestId(7)));
    let (name, file) = world
        .engine
        .receipt_file(&actor, world.dataset, of)
        .await
        .expect("a receipt");
    assert_eq!(name, "lethe-main-P-7-receipt.json");
    let statement = holds(&world, &file).statement;
    assert_eq!(
        (statement.about.kind.as_str(), statement.entries.size),
        ("privacy_request", 2)
    );
    let proven = world
        .engine
        .prove(&actor, world.dataset, of, "p3@example.com")
        .await
        .expect("proven");
    assert!(verify(proven.file.as_bytes(), None, Some("p3@example.com")).is_ok());
    assert!(world.engine.prove(&actor, world.dataset, of, "p1").await.is_err());
    world.end().await;
}
