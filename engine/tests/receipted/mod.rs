//! What the tests of receipts share: a small deletion, its receipt, a proof by it.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and ends")]

use crate::world::{World, spec};
use domain::{id::JobId, job::JobState, problem::Code, receipt::ReceiptOf};
use engine::receipt::{Verified, verify};

/// A world in which everybody in group a has been deleted: p2, p4, … p60.
pub(crate) async fn deleted() -> (World, JobId) {
    let world = World::new().await;
    let id = delete_some(&world).await;
    (world, id)
}

pub(crate) async fn delete_some(world: &World) -> JobId {
    world.people(60).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", 30);
    wish.reason = Some("Yearly clean-up – \"quoted\"".to_owned());
    let id = world.start(wish).await.id;
    assert_eq!(world.finished(id).await.state, JobState::Completed);
    id
}

pub(crate) async fn file(world: &World, id: JobId) -> String {
    let of = ReceiptOf::Job(id);
    let (_, file) = world
        .engine
        .receipt_file(&World::actor(), world.dataset, of)
        .await
        .expect("a receipt");
    file
}

pub(crate) async fn proof(world: &World, id: JobId, identity: &str) -> Result<String, Code> {
    let proven = world
        .engine
        .prove(&World::actor(), world.dataset, ReceiptOf::Job(id), identity)
        .await;
    proven
        .map(|proven| proven.file)
        .map_err(|error| error.into_problem().code)
}

pub(crate) fn holds(world: &World, file: &str) -> Verified {
    let key = world.engine.receipt_key();
    verify(file.as_bytes(), Some(key.as_bytes()), None).expect("holds")
}
