//! Datasets, their figures, and the audit log.

use super::*;
use domain::{
    access::Scope,
    audit::{AuditEntry, AuditFilter},
    page::PageRequest,
};

#[tokio::test]
async fn a_new_directory_has_one_dataset_and_keeps_it() {
    let house = House::new().await.later(0).await;
    let all = house.engine.datasets(&admin()).await.expect("datasets");
    assert_eq!(all.iter().map(|d| d.slug.as_str()).collect::<Vec<_>>(), ["main"]);
}

#[tokio::test]
async fn datasets_are_made_once_and_by_administrators_of_everything() {
    let house = House::new().await;
    let engine = &house.engine;
    let cdnow = engine
        .create_dataset(&admin(), "cdnow", None)
        .await
        .expect("a dataset");
    assert_eq!((cdnow.name.as_str(), cdnow.currency.as_str()), ("cdnow", "USD"));
    assert_eq!(
        code(engine.create_dataset(&admin(), "cdnow", None).await),
        Code::NameTaken
    );
    assert_eq!(
        code(engine.create_dataset(&admin(), "No Slug", None).await),
        Code::Invalid
    );
    assert_eq!(
        code(engine.create_dataset(&person_with(Role::Editor), "x", None).await),
        Code::Forbidden
    );
    let bound = Actor {
        dataset: Some(house.main),
        ..admin()
    };
    assert_eq!(
        code(engine.create_dataset(&bound, "x", None).await),
        Code::Forbidden
    );
    assert_eq!(code(engine.dataset(&bound, "cdnow").await), Code::NotFound);
    assert_eq!(engine.datasets(&bound).await.expect("datasets").len(), 1);
    assert_eq!(code(engine.dataset(&admin(), "nothing").await), Code::NotFound);
}

#[tokio::test]
async fn figures_count_everyone_and_revenue_stays_when_people_go() {
    let house = House::new().await;
    let email = [(IdentityKind::Email, "a@x.org")];
    let ada = house
        .person(TestPerson {
            identities: &email,
            attributes: "",
            events: &[("purchase", 5, Some(20), None), ("page_view", 40, None, None)],
        })
        .await;
    let anonymous = [(IdentityKind::AnonymousId, "dev-1")];
    house
        .person(TestPerson {
            identities: &anonymous,
            attributes: "",
            events: &[("page_view", 31, None, None)],
        })
        .await;
    let figures = house.engine.figures(&admin(), house.main).await.expect("figures");
    assert_eq!(
        (
            figures.profiles,
            figures.named,
            figures.active_30d,
            figures.events
        ),
        (2, 1, 1, 3)
    );
    assert_eq!(figures.revenue.to_decimal_string(), "20");
    test_people::remove(&house.engine.inner.store, ada).await;
    house.engine.inner.memory.figures.lock().await.clear();
    let figures = house.engine.figures(&admin(), house.main).await.expect("figures");
    assert_eq!(
        (
            figures.profiles,
            figures.named,
            figures.active_30d,
            figures.events
        ),
        (1, 0, 0, 1)
    );
    assert_eq!(figures.revenue.to_decimal_string(), "20");
}

async fn log(house: &House, actor: &Actor, filter: AuditFilter) -> Vec<AuditEntry> {
    house
        .engine
        .audit(actor, filter, PageRequest::default())
        .await
        .expect("entries")
        .items
}

#[tokio::test]
async fn the_audit_log_is_read_newest_first_in_pages() {
    let house = House::new().await;
    house.rule("A", "email is set").await;
    house
        .engine
        .create_dataset(&admin(), "other", None)
        .await
        .expect("a dataset");
    let page = |cursor| PageRequest {
        limit: Some(2),
        cursor,
    };
    let first = house
        .engine
        .audit(&admin(), AuditFilter::default(), page(None))
        .await
        .expect("entries");
    let actions: Vec<_> = first.items.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["dataset.create", "segment.create"]);
    let rest = house
        .engine
        .audit(&admin(), AuditFilter::default(), page(first.next))
        .await
        .expect("entries");
    let rest: Vec<_> = rest
        .items
        .iter()
        .map(|entry| (entry.actor.as_str(), entry.object.as_str()))
        .collect();
    assert_eq!(rest, [("system", "dataset:main")]);
}

#[tokio::test]
async fn the_audit_log_is_read_by_object_and_within_the_own_dataset() {
    let house = House::new().await;
    let segment = house.rule("A", "email is set").await;
    let other = house
        .engine
        .create_dataset(&admin(), "other", None)
        .await
        .expect("a dataset");
    let object = Some(format!("segment:{}", segment.id));
    assert_eq!(
        log(
            &house,
            &admin(),
            AuditFilter {
                dataset: None,
                object
            }
        )
        .await
        .len(),
        1
    );
    let bound = Actor {
        dataset: Some(other.id),
        ..admin()
    };
    let own = log(&house, &bound, AuditFilter::default()).await;
    assert_eq!(
        own.iter().map(|entry| entry.object.as_str()).collect::<Vec<_>>(),
        ["dataset:other"]
    );
    let foreign = AuditFilter {
        dataset: Some(house.main),
        object: None,
    };
    assert_eq!(
        code(house.engine.audit(&bound, foreign, PageRequest::default()).await),
        Code::NotFound
    );
    let editor = person_with(Role::Editor);
    let refused = house
        .engine
        .audit(&editor, AuditFilter::default(), PageRequest::default())
        .await;
    assert_eq!(code(refused), Code::Forbidden);
}

#[tokio::test]
async fn a_rule_that_names_a_person_is_hashed_in_the_audit_log() {
    let house = House::new().await;
    house.rule("Ada", r#"email = "ada@example.com""#).await;
    let log = house
        .engine
        .audit(&admin(), AuditFilter::default(), PageRequest::default())
        .await
        .expect("entries");
    let entry = log.items.first().expect("an entry");
    assert!(!entry.detail.contains("example.com"), "{}", entry.detail);
    assert!(entry.detail.contains("email = \\\"#"), "{}", entry.detail);
}

#[tokio::test]
async fn an_ingest_token_sees_nothing() {
    let house = House::new().await;
    let ingest = Actor {
        name: "token:x".into(),
        powers: Powers::Token { scope: Scope::Ingest },
        dataset: Some(house.main),
    };
    assert_eq!(
        code(house.engine.figures(&ingest, house.main).await),
        Code::Forbidden
    );
    assert_eq!(
        code(house.engine.segments(&ingest, house.main, true).await),
        Code::Forbidden
    );
    assert_eq!(
        code(house.engine.campaigns(&ingest, house.main).await),
        Code::Forbidden
    );
}
