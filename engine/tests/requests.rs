//! Privacy requests in the engine: the law's clocks, what is done and refused in which state, who is told, and that nothing says
//! any more who it was once nothing is left to be done.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on says why and ends"
)]

mod bytes;
#[expect(dead_code, reason = "each test file uses a part of it")]
mod sinks;
#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use bytes::readable;
use domain::{
    access::{Actor, Powers, Role},
    hold::HoldSpec,
    id::RequestId,
    notice::DeliveryState,
    page::PageRequest,
    privacy::{
        basis::Basis,
        clock::Regulation,
        request::{Manner, NewRequest, Request, RequestKind, RequestState, Step, Subject, Which},
    },
    problem::Code,
    profile::IdentityKind,
    receipt::ReceiptOf,
    time::Timestamp,
};
use engine::{
    Error, HealthOptions, Result,
    clock::{Clock, Hand},
    import::ImportKind,
    receipt::verify,
};
use futures_util::TryStreamExt as _;
use sinks::{hmac, receiver};
use std::time::Duration;
use world::World;

const SECRET: &str = "whs_0123456789abcdef0123456789abcdef";

fn officer() -> Actor {
    Actor {
        name: "olga".to_owned(),
        powers: Powers::Person { role: Role::Privacy },
        dataset: None,
    }
}

fn days(n: u64) -> Duration {
    Duration::from_secs(n * 86_400)
}

async fn stage() -> (World, Hand) {
    let (world, hand, _) = stage_with_clock().await;
    (world, hand)
}

async fn stage_with_clock() -> (World, Hand, Clock) {
    let now = Timestamp::parse_rfc3339("2026-01-30T12:00:00Z").expect("a moment");
    let (clock, hand) = Clock::movable(now);
    let world = World::with(clock, HealthOptions::default()).await;
    world.people(6).await;
    (world, hand, clock)
}

fn asked(kind: RequestKind, regulation: Regulation, email: &str) -> NewRequest {
    NewRequest {
        kind,
        regulation,
        manner: Manner::Email,
        received_at: None,
        subjects: vec![Subject {
            kind: Some(IdentityKind::Email),
            value: email.to_owned(),
        }],
        verified_how: Some("Answered from the address on file.".to_owned()),
    }
}

impl World {
    async fn enter(&self, new: NewRequest) -> RequestId {
        let made = self.engine.create_request(&officer(), self.dataset, new).await;
        made.expect("entered").id
    }

    async fn erasure(&self, email: &str) -> RequestId {
        self.enter(asked(RequestKind::Erasure, Regulation::Gdpr, email))
            .await
    }

    async fn run(&self, id: RequestId) -> Result<Request> {
        self.engine.run_request(&officer(), self.dataset, id, true).await
    }

    async fn request(&self, id: RequestId) -> Request {
        let found = self.engine.privacy_request(&officer(), self.dataset, id).await;
        found.expect("there")
    }

    async fn known(&self, identity: &str) -> bool {
        let found = self
            .engine
            .person_record(&officer(), self.dataset, identity)
            .await;
        found.expect("looked up").is_some()
    }

    async fn forgotten(&self, id: RequestId) {
        for _ in 0..1_000 {
            if self.request(id).await.forgotten_at.is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{id:?} was never forgotten");
    }
}

fn code<T: std::fmt::Debug>(refused: Result<T>) -> (Code, String) {
    match refused {
        Err(Error::Problem(problem)) => (problem.code, problem.field.unwrap_or_default()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_runs_from_the_receipt_and_is_extended_once_within_the_first_term() {
    let (world, hand) = stage().await;
    let gdpr = world.erasure("p1@example.com").await;
    let ccpa = world
        .enter(asked(RequestKind::Access, Regulation::Ccpa, "p1@example.com"))
        .await;
    assert_eq!(world.request(gdpr).await.due_at.to_date(), "2026-02-28");
    let of_ccpa = world.request(ccpa).await;
    assert_eq!(of_ccpa.due_at.to_date(), "2026-03-16");
    assert_eq!(
        of_ccpa.confirm_by.map(Timestamp::to_date).as_deref(),
        Some("2026-02-13")
    );
    let extend = async |id, by, reason: &str| {
        world
            .engine
            .extend_request(&officer(), world.dataset, id, by, reason)
            .await
    };
    assert_eq!(
        code(extend(gdpr, 3, "Many requests.").await),
        (Code::Invalid, "by".to_owned())
    );
    assert_eq!(
        code(extend(gdpr, 1, "  ").await),
        (Code::Invalid, "reason".to_owned())
    );
    assert_eq!(code(extend(ccpa, 46, "Many requests.").await).0, Code::Invalid);
    let longer = extend(gdpr, 2, "Many requests.").await.expect("extended");
    assert_eq!(
        (
            longer.due_at.to_date().as_str(),
            longer.first_due_at.to_date().as_str()
        ),
        ("2026-04-30", "2026-02-28")
    );
    assert_eq!(code(extend(gdpr, 1, "Again.").await).0, Code::StateRefused);
    hand.forward(days(46));
    assert_eq!(code(extend(ccpa, 10, "Too late.").await).0, Code::ExtensionLate);
    assert_eq!(
        world
            .engine
            .open_requests(&officer(), world.dataset)
            .await
            .expect("counted"),
        (2, 1)
    );
    let open = world
        .engine
        .privacy_requests(&officer(), world.dataset, Which::Open, PageRequest::default())
        .await;
    let order: Vec<RequestId> = open.expect("listed").items.into_iter().map(|it| it.id).collect();
    assert_eq!(order, [ccpa, gdpr], "the most pressing first");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_needs_a_verified_identity_and_consent_and_leaves_no_byte_of_who_it_was() {
    let (world, _) = stage().await;
    let id = world
        .enter(NewRequest {
            verified_how: None,
            ..asked(RequestKind::Erasure, Regulation::Gdpr, "P2@example.com")
        })
        .await;
    assert_eq!(code(world.run(id).await).0, Code::IdentityUnverified);
    let verified = world
        .engine
        .verify_request(&officer(), world.dataset, id, "Seen in person.")
        .await;
    assert_eq!(verified.expect("verified").verified_by.as_deref(), Some("olga"));
    let unsure = world
        .engine
        .run_request(&officer(), world.dataset, id, false)
        .await;
    assert_eq!(code(unsure), (Code::ConsentRequired, "consent".to_owned()));
    assert!(world.known("p2@example.com").await);

    let done = world.run(id).await.expect("carried out");
    assert_eq!((done.state, done.records), (RequestState::Completed, Some(1)));
    let account = done.account.expect("an account");
    assert_eq!(
        (account.requested, account.deleted, account.held, account.events),
        (1, 1, 0, 3)
    );
    assert!(
        done.subjects.is_empty() && done.forgotten_at.is_some(),
        "nobody is to be told, so it is forgotten at once"
    );
    assert_eq!(done.names.len(), 1);
    assert!(!world.known("p2@example.com").await && world.known("p1@example.com").await);
    assert_eq!(code(world.run(id).await).0, Code::StateRefused);
    let (history, _) = world
        .engine
        .request_history(&officer(), world.dataset, id)
        .await
        .expect("a history");
    let steps: Vec<Step> = history.iter().map(|entry| entry.step).collect();
    assert_eq!(
        steps,
        [
            Step::Received,
            Step::Verified,
            Step::Started,
            Step::Completed,
            Step::Forgotten
        ]
    );

    for _ in 0..6_000 {
        if world
            .number("SELECT count(*) FROM erasures WHERE scrubbed_at IS NULL")
            .await
            == 0
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        readable(world.dir.path(), b"p2@example.com"),
        0,
        "in no file, no log"
    );
    assert!(
        readable(world.dir.path(), b"p1@example.com") > 0,
        "the search finds what is there"
    );
    proven(&world, id).await;
    world.end().await;
}

/// The receipt of the erasure of p2 holds, and proves the erasure of nobody else.
async fn proven(world: &World, id: RequestId) {
    let file = receipt(world, id).await;
    let key = world.engine.receipt_key();
    let verified = verify(file.as_bytes(), Some(key.as_bytes()), None).expect("holds");
    let said = &verified.statement;
    assert_eq!(
        (said.about.number.as_str(), said.ended.as_str()),
        ("P-1", "completed")
    );
    assert_eq!((said.counts.get("deleted"), said.entries.size), (Some(&1), 2));
    assert!(!file.contains("p2@example.com"));
    let prove = async |identity: &str| {
        let of = ReceiptOf::Request(id);
        world.engine.prove(&officer(), world.dataset, of, identity).await
    };
    let proven = prove("p2@example.com").await.expect("a proof").file;
    assert!(verify(proven.as_bytes(), Some(key.as_bytes()), Some("p2@example.com")).is_ok());
    assert!(verify(proven.as_bytes(), Some(key.as_bytes()), Some("p1@example.com")).is_err());
    assert_eq!(code(prove("p1@example.com").await).0, Code::NotInReceipt);
}

/// The receipt follows the scrub by itself.
async fn receipt(world: &World, id: RequestId) -> String {
    for _ in 0..6_000 {
        let of = ReceiptOf::Request(id);
        match world.engine.receipt_file(&officer(), world.dataset, of).await {
            Ok((_, file)) => return file,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    panic!("{id:?} has no receipt");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_held_is_declined_with_the_reason_and_never_completed() {
    let (world, _) = stage().await;
    let hold = HoldSpec {
        name: "Matter 7".to_owned(),
        reason: "A claim.".to_owned(),
        people: vec!["p3".to_owned()],
        rule: None,
    };
    world
        .engine
        .create_hold(&World::actor(), world.dataset, hold)
        .await
        .expect("held");
    let id = world.erasure("p3@example.com").await;
    let done = world.run(id).await.expect("decided");
    assert_eq!(
        (done.state, done.basis),
        (RequestState::Declined, Some(Basis::LegalClaims))
    );
    assert!(done.reason.is_some_and(|reason| reason.contains("legal hold")));
    assert!(world.known("p3@example.com").await);

    let id = world.erasure("p4@example.com").await;
    let decline = async |basis| {
        world
            .engine
            .decline_request(&officer(), world.dataset, id, basis, "It harms others.")
            .await
    };
    assert_eq!(
        code(decline(Basis::OthersRights).await),
        (Code::Invalid, "basis".to_owned())
    );
    let done = decline(Basis::Unfounded).await.expect("declined");
    assert_eq!(
        (done.state, done.forgotten_at.is_some()),
        (RequestState::Declined, true)
    );
    let refused = world.engine.cancel_request(&officer(), world.dataset, id).await;
    assert_eq!(code(refused).0, Code::StateRefused);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_names_only_whoever_has_it_as_the_kind_that_it_was_given_as() {
    let (world, _) = stage().await;
    world
        .import(ImportKind::Profiles, "user_id,phone\n4711,\nx9,4711\n")
        .await;
    let by = |kind| NewRequest {
        subjects: vec![Subject {
            kind,
            value: "4711".to_owned(),
        }],
        ..asked(RequestKind::Erasure, Regulation::Gdpr, "-")
    };
    // As an anonymous id it names nobody; as a user id or a phone number one of two people, which is for somebody to sort out.
    let nobody = world.enter(by(Some(IdentityKind::AnonymousId))).await;
    let done = world.run(nobody).await.expect("carried out");
    assert_eq!(done.account.map(|account| account.deleted), Some(0));
    let one = world.enter(by(Some(IdentityKind::Phone))).await;
    assert_eq!(code(world.run(one).await).0, Code::SeveralKnown);
    let stuck = world.request(one).await;
    assert!(stuck.state == RequestState::InProgress && stuck.trouble.is_some() && stuck.run_at.is_none());
    assert!(world.known("4711").await && world.known("x9").await);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recipients_are_told_who_was_erased_until_they_have_taken_it_and_only_then_it_is_forgotten() {
    let (world, hand) = stage().await;
    let (url, came) = receiver(&[500, 200]).await;
    let add = world
        .engine
        .add_recipient(&officer(), world.dataset, "Mail house", &url, SECRET)
        .await;
    add.expect("entered");
    let again = world
        .engine
        .add_recipient(&officer(), world.dataset, "Mail house", &url, SECRET)
        .await;
    assert_eq!(code(again), (Code::NameTaken, "name".to_owned()));
    let id = world.erasure("p5@example.com").await;
    let done = world.run(id).await.expect("carried out");
    assert!(
        done.forgotten_at.is_none() && !done.subjects.is_empty(),
        "the recipient must be told who"
    );
    for _ in 0..1_000 {
        if !came.lock().expect("kept").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    hand.forward(Duration::from_secs(60));
    world.forgotten(id).await;
    let came = came.lock().expect("kept").clone();
    assert_eq!(came.len(), 2, "once refused, then taken");
    assert_eq!(
        came[0].headers["lethe-delivery"],
        came[1].headers["lethe-delivery"]
    );
    let mac = hmac(
        SECRET.as_bytes(),
        format!("{}.{}", came[1].headers["lethe-timestamp"], came[1].body).as_bytes(),
    );
    assert_eq!(came[1].headers["lethe-signature"], format!("v1={mac}"));
    let body: serde_json::Value = serde_json::from_str(&came[1].body).expect("JSON");
    assert_eq!(
        body["identities"],
        serde_json::json!([{ "kind": "email", "value": "p5@example.com" }])
    );
    assert_eq!(
        (&body["type"], &body["request"]),
        (&"person_erased".into(), &id.number().into())
    );
    let (_, told) = world
        .engine
        .request_history(&officer(), world.dataset, id)
        .await
        .expect("told");
    assert_eq!((told[0].state, told[0].tries), (DeliveryState::Sent, 2));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_can_be_had_for_seven_days_and_the_record_is_kept_for_24_months() {
    let (world, hand, clock) = stage_with_clock().await;
    let id = world
        .enter(asked(RequestKind::Access, Regulation::Gdpr, "p6@example.com"))
        .await;
    let answer = async || world.engine.request_answer(&officer(), world.dataset, id).await;
    assert_eq!(code(answer().await).0, Code::StateRefused);
    world.run(id).await.expect("made ready");
    let had = answer().await.expect("an answer");
    assert_eq!(had.records[0].store[0].events.len(), 3);
    // Whoever is erased by another door meanwhile is not told to anybody any more.
    let other = world
        .enter(asked(RequestKind::Access, Regulation::Gdpr, "p1@example.com"))
        .await;
    world.run(other).await.expect("made ready");
    let erased = world
        .engine
        .erase_people(&officer(), world.dataset, &["p1".to_owned()], None)
        .await;
    assert_eq!(erased.expect("erased").deleted, 1);
    world.forgotten(other).await;
    hand.forward(days(7) + Duration::from_millis(1));
    assert_eq!(code(answer().await).0, Code::ResultsGone);
    let world = world.reopened(clock).await;
    world.forgotten(id).await;

    let register = world
        .engine
        .request_register(&officer(), world.dataset)
        .await
        .expect("a register");
    let rows: Vec<Vec<u8>> = register.rows.try_collect().await.expect("rows");
    let text = String::from_utf8(rows.concat()).expect("text");
    assert!(
        text.contains(&id.number()) && text.contains("access") && !text.contains("p6@example.com"),
        "{text}"
    );
    hand.forward(days(740));
    let world = world.reopened(clock).await;
    for _ in 0..1_000 {
        if world.number("SELECT count(*) FROM privacy_requests").await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for sql in [
        "SELECT count(*) FROM privacy_requests",
        "SELECT count(*) FROM privacy_history",
        "SELECT count(*) FROM privacy_identities",
    ] {
        assert_eq!(world.number(sql).await, 0, "{sql}");
    }
    world.end().await;
}

impl World {
    /// The same directory, opened again at the time that it is now.
    async fn reopened(self, clock: Clock) -> Self {
        Self::at(self.keep_dir().await, clock, HealthOptions::default()).await
    }
}
