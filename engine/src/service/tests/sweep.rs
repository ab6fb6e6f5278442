//! A slice of the sweep that was looked at before somebody else took something out of it: it is taken back and looked at again,
//! and every hash is kept once.

use super::{
    House, TestPerson,
    standing::wish,
    test_people::{self, number},
};
use crate::store::{
    self, Store,
    jobs::JobRow,
    sweep::{Place, Slice, look, take},
};
use domain::{id::ProfileId, profile::IdentityKind};

/// Three people whom a job has deleted, their entries of the look-up still there, and one who stays.
async fn dangling(house: &House) -> (JobRow, Vec<ProfileId>) {
    let store = &house.engine.inner.store;
    let mut people = Vec::new();
    for name in ["ada", "bob", "eve", "stays"] {
        let identities = [(IdentityKind::UserId, name)];
        let person = TestPerson {
            identities: &identities,
            ..TestPerson::default()
        };
        people.push(house.person(person).await);
    }
    let segment = house.list("Some").await;
    test_people::job(store, house.main, segment.id.0, "completed", 3, 1).await;
    people.pop();
    let spec = serde_json::to_string(&wish(&segment, 3)).expect("JSON");
    let id = test_people::targets(store, &spec, &people).await;
    for id in &people {
        test_people::remove(store, *id).await;
    }
    let found = store::jobs::find(&mut store.read().await.expect("a reader"), id).await;
    (found.expect("read").expect("the job"), people)
}

async fn seen(store: &Store, job: &JobRow) -> Slice {
    let from = Place::from_bytes(&[IdentityKind::UserId.number().to_le_bytes()[0]]);
    let mut conn = store.read().await.expect("a reader");
    look(&mut conn, job, &from, 100, None).await.expect("looked at")
}

#[tokio::test]
async fn what_went_since_a_slice_was_looked_at_is_noticed() {
    let house = House::new().await;
    let store = &house.engine.inner.store;
    let (job, people) = dangling(&house).await;
    let old = seen(store, &job).await;
    // Somebody comes in between and takes one of the entries out.
    test_people::forget_lookups(store, people[1]).await;

    let mut tx = store.write().await.expect("a writer");
    assert!(!take(&mut tx, store, &job, &old, None).await.expect("tried"));
    tx.take_back().await.expect("taken back");
    assert_eq!(number(store, "SELECT count(*) FROM erased").await, 0);
    assert_eq!(number(store, "SELECT count(*) FROM identity_lookup").await, 3);

    let new = seen(store, &job).await;
    let mut tx = store.write().await.expect("a writer");
    assert!(take(&mut tx, store, &job, &new, None).await.expect("taken"));
    tx.commit().await.expect("a commit");
    assert_eq!(number(store, "SELECT sum(length(hashes)) FROM erased").await, 32);
    assert_eq!(
        number(store, "SELECT sum(length(people)) FROM erased_people").await,
        16
    );
    assert_eq!(number(store, "SELECT count(*) FROM identity_lookup").await, 1);
}
