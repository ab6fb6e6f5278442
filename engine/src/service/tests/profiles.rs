//! People: the list in pages, the exact look-up, one person's page.

use super::*;
use domain::{
    page::PageRequest,
    profile::{ProfileQuery, ProfileRow},
};

fn titles(rows: &[ProfileRow]) -> Vec<&str> {
    rows.iter().map(|row| row.title.as_str()).collect()
}

#[tokio::test]
async fn a_list_comes_in_pages_across_blocks_and_of_one_segment() {
    let house = House::new().await;
    for (n, group) in ["a", "b", "a", "b", "a"].iter().enumerate() {
        house.member(&format!("u{n}"), group).await;
        if n == 2 {
            test_people::fill_blocks(&house.engine.inner.store, house.main).await;
        }
    }
    let segment = house.rule("A", r#"attr.group = "a""#).await;
    let mut seen = Vec::new();
    let mut query = ProfileQuery {
        page: PageRequest {
            limit: Some(2),
            cursor: None,
        },
        ..ProfileQuery::default()
    };
    loop {
        let page = house
            .engine
            .profiles(&admin(), house.main, query.clone())
            .await
            .expect("a page");
        assert!(page.items.len() <= 2);
        seen.extend(page.items.iter().map(|row| row.title.clone()));
        match page.next {
            Some(next) => query.page.cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, ["u0", "u1", "u2", "u3", "u4"]);
    let query = ProfileQuery {
        segment: Some(segment.id),
        ..ProfileQuery::default()
    };
    let members = house
        .engine
        .profiles(&admin(), house.main, query)
        .await
        .expect("a page");
    assert_eq!(titles(&members.items), ["u0", "u2", "u4"]);
    let nobody = ProfileQuery {
        segment: Some(SegmentId(999)),
        ..ProfileQuery::default()
    };
    assert_eq!(
        code(house.engine.profiles(&admin(), house.main, nobody).await),
        Code::NotFound
    );
}

/// Ada, and somebody whose phone is Ada's user_id.
async fn with_ada() -> (House, ProfileId) {
    let house = House::new().await;
    let identities = [
        (IdentityKind::UserId, "42"),
        (IdentityKind::Email, "ada@example.com"),
    ];
    let events = [
        ("purchase", 3, Some(10), None),
        ("purchase", 1, Some(5), None),
        ("page_view", 0, None, None),
    ];
    let ada = TestPerson {
        identities: &identities,
        attributes: r#"{"age":36}"#,
        events: &events,
    };
    let ada = house.person(ada).await;
    let phone = [(IdentityKind::Phone, "42")];
    house
        .person(TestPerson {
            identities: &phone,
            attributes: "",
            events: &[],
        })
        .await;
    (house, ada)
}

async fn find(house: &House, q: &str, segment: Option<SegmentId>) -> Vec<ProfileRow> {
    let query = ProfileQuery {
        q: Some(q.to_owned()),
        segment,
        page: PageRequest::default(),
        ..ProfileQuery::default()
    };
    house
        .engine
        .profiles(&admin(), house.main, query)
        .await
        .expect("a page")
        .items
}

#[tokio::test]
async fn an_exact_identity_finds_its_person_and_nobody_else() {
    let (house, ada) = with_ada().await;
    let found = find(&house, " ADA@example.com ", None).await;
    let row = found.first().expect("Ada");
    assert_eq!((row.id, row.title.as_str(), row.purchases), (ada, "42", 2));
    assert_eq!(row.spent.to_decimal_string(), "15");
    let seen = row.last_seen.expect("seen");
    assert_eq!(row.last_purchase, Some(seen.minus_ms(domain::time::DAY_MS)));
    assert_eq!(find(&house, "42", None).await.len(), 2);
    assert!(find(&house, "ada", None).await.is_empty());
    let adults = house.rule("Adults", "attr.age > 18").await;
    assert_eq!(titles(&find(&house, "42", Some(adults.id)).await), ["42"]);
}

#[tokio::test]
async fn a_persons_page_has_events_and_segments_until_they_are_gone() {
    let (house, ada) = with_ada().await;
    let adults = house.rule("Adults", "attr.age > 18").await;
    house.rule("Children", "attr.age < 18").await;
    let detail = house
        .engine
        .profile_by_identity(&admin(), house.main, "42")
        .await
        .expect("Ada");
    assert_eq!(
        (detail.profile.id, detail.events_total, detail.events.len()),
        (ada, 3, 3)
    );
    assert_eq!(
        detail.events.first().map(|event| event.kind.as_str()),
        Some("page_view")
    );
    assert_eq!(detail.segments, [(adults.id, "Adults".to_owned())]);
    assert_eq!(detail.profile.email.as_deref(), Some("ada@example.com"));
    // Deleted by a job, the sweep not done yet: the look-up still has an entry.
    test_people::remove(&house.engine.inner.store, ada).await;
    assert_eq!(
        code(house.engine.profile(&admin(), house.main, ada).await),
        Code::NotFound
    );
    let gone = house
        .engine
        .profile_by_identity(&admin(), house.main, "ada@example.com")
        .await;
    assert_eq!(code(gone), Code::NotFound);
    assert!(find(&house, "ada@example.com", None).await.is_empty());
}

#[tokio::test]
async fn people_of_another_dataset_are_not_found() {
    let house = House::new().await;
    let other = house
        .engine
        .create_dataset(&admin(), "other", None)
        .await
        .expect("a dataset");
    let ada = house.member("ada", "a").await;
    assert_eq!(
        code(house.engine.profile(&admin(), other.id, ada).await),
        Code::NotFound
    );
    assert_eq!(
        code(house.engine.profile_by_identity(&admin(), other.id, "ada").await),
        Code::NotFound
    );
    let bound = Actor {
        dataset: Some(other.id),
        ..admin()
    };
    assert_eq!(
        code(house.engine.profile(&bound, house.main, ada).await),
        Code::NotFound
    );
    let all = house
        .engine
        .profiles(&admin(), other.id, ProfileQuery::default())
        .await
        .expect("a page");
    assert!(all.items.is_empty());
}
