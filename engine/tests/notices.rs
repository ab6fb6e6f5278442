//! Notices and their ways out, against a real mail server and a real receiver of webhooks on this machine: told once, signed,
//! tried again, and silent about people.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on says why and ends"
)]

mod sinks;
#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    access::{Actor, Powers, Role},
    job::{JobState, OnActiveCampaign},
    notice::{Channel, Delivery, DeliveryState, NoticeKind, SmtpSettings, SmtpTls},
    page::PageRequest,
    problem::Code,
    time::Timestamp,
};
use engine::{
    Error, HealthOptions,
    clock::{Clock, Hand},
};
use sinks::{hmac, mail_server, receiver};
use std::time::Duration;
use tokio::net::TcpListener;
use world::{World, spec};

const SECRET: &str = "whs_0123456789abcdef0123456789abcdef";

fn ada() -> Actor {
    Actor {
        name: "ada".to_owned(),
        powers: Powers::Person {
            role: Role::Administrator,
        },
        dataset: None,
    }
}

async fn stage() -> (World, Hand) {
    let now = Timestamp::parse_rfc3339("2026-01-10T12:00:00Z").expect("a moment");
    let (clock, hand) = Clock::movable(now);
    let world = World::with(clock, HealthOptions::default()).await;
    for name in ["ada", "root"] {
        let by = World::actor();
        let made = world
            .engine
            .create_user(&by, name, Role::Administrator, None, "correct horse");
        made.await.expect("a user");
    }
    world.people(20).await;
    (world, hand)
}

/// Deletes the ten of group a, asked for by ada.
async fn deleted(world: &World) {
    let id = world.segment("A", "attr.group = \"a\"").await;
    let job = world
        .engine
        .start_job(&ada(), world.dataset, spec(id, "A", 10), None)
        .await;
    let ended = world.finished(job.expect("a job").job().id).await;
    assert_eq!(ended.state, JobState::Completed);
}

fn code(error: Error) -> Code {
    match error {
        Error::Problem(problem) => problem.code,
        other => panic!("{other}"),
    }
}

async fn deliveries(world: &World) -> Vec<Delivery> {
    world
        .engine
        .notification_settings(&ada())
        .await
        .expect("settings")
        .deliveries
}

async fn until(world: &World, what: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
    for _ in 0..3_000 {
        let all = deliveries(world).await;
        if what(&all) {
            return all;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never got there: {:?}", deliveries(world).await);
}

fn smtp(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        tls: SmtpTls::None,
        user: String::new(),
        secret: String::new(),
        from: "lethe@example.org".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_job_is_told_once_in_the_console_and_can_be_marked_as_read() {
    let (world, _) = stage().await;
    deleted(&world).await;
    let world = world.restart().await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let told = world
        .engine
        .notices(&ada(), PageRequest::default())
        .await
        .expect("notices")
        .items;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].kind, told[0].title.as_str()),
        (NoticeKind::JobEnded, "D-1001 “A”: completed")
    );
    assert_eq!(
        told[0].text,
        "10 of 10 on the list were deleted. Nobody of the list is left."
    );
    assert_eq!(world.engine.unread_notices(&ada()).await.expect("a number"), 1);
    let root = Actor {
        name: "root".to_owned(),
        ..ada()
    };
    assert_eq!(world.engine.unread_notices(&root).await.expect("a number"), 0);
    world
        .engine
        .mark_notices_read(&root, told[0].id, true)
        .await
        .expect("nothing of theirs");
    assert_eq!(world.engine.unread_notices(&ada()).await.expect("a number"), 1);
    world
        .engine
        .mark_notices_read(&ada(), told[0].id, false)
        .await
        .expect("marked");
    assert_eq!(world.engine.unread_notices(&ada()).await.expect("a number"), 0);
    assert!(deliveries(&world).await.is_empty(), "nothing is set up");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_signed_and_tried_again_under_the_same_id() {
    let (world, hand) = stage().await;
    let (url, came) = receiver(&[500, 302, 204]).await;
    let hook = Some((url.clone(), SECRET.to_owned()));
    world.engine.set_webhook(&ada(), hook).await.expect("set");
    deleted(&world).await;
    let after = until(&world, |all| all.len() == 1 && all[0].tries == 1).await;
    assert_eq!(
        (after[0].state, after[0].said.as_deref()),
        (DeliveryState::Waiting, Some("127.0.0.1 answered 500."))
    );
    hand.forward(Duration::from_secs(31));
    let after = until(&world, |all| all[0].tries == 2).await;
    assert_eq!(
        after[0].said.as_deref(),
        Some("127.0.0.1 answered 302; redirects are not followed.")
    );
    hand.forward(Duration::from_secs(121));
    let after = until(&world, |all| all[0].state == DeliveryState::Sent).await;
    assert_eq!((after[0].tries, after[0].next_at), (3, None));
    tokio::time::sleep(Duration::from_millis(1_200)).await;

    let came = came.lock().expect("kept").clone();
    assert_eq!(came.len(), 3);
    for request in &came {
        assert_eq!(request.line, "POST /hook?who=test HTTP/1.1");
        let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
        assert_eq!(
            (header("lethe-delivery"), header("content-type")),
            (after[0].key.clone(), "application/json".to_owned())
        );
        let signed = format!("{}.{}", header("lethe-timestamp"), request.body);
        assert_eq!(
            header("lethe-signature"),
            format!("v1={}", hmac(SECRET.as_bytes(), signed.as_bytes()))
        );
        let body: serde_json::Value = serde_json::from_str(&request.body).expect("JSON");
        assert_eq!(
            (&body["id"], &body["type"]),
            (&after[0].key.clone().into(), &"job_ended".into())
        );
        assert_eq!(
            (&body["job"], &body["dataset"], &body["recipient"]),
            (&"D-1001".into(), &"main".into(), &"ada".into())
        );
        assert!(
            !request.body.contains("example.com"),
            "nobody of the dataset is named: {}",
            request.body
        );
    }
    assert_ne!(
        came[0].headers["lethe-timestamp"], came[2].headers["lethe-timestamp"],
        "signed anew at each try"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_mail_goes_to_who_asked_and_given_an_address() {
    let (world, _) = stage().await;
    let (port, letters) = mail_server().await;
    world
        .engine
        .set_smtp(&ada(), Some(smtp(port)))
        .await
        .expect("set");
    world
        .engine
        .set_notice_address(&ada(), " ada@example.org ")
        .await
        .expect("set");
    deleted(&world).await;
    let after = until(&world, |all| {
        all.len() == 1 && all[0].state == DeliveryState::Sent
    })
    .await;
    assert_eq!(
        (after[0].channel, after[0].target.as_str()),
        (Channel::Mail, "ada@example.org")
    );
    assert!(
        after[0].said.as_deref().is_some_and(|said| said.contains("250")),
        "{:?}",
        after[0].said
    );
    let letters = letters.lock().expect("kept").clone();
    assert_eq!(letters.len(), 1);
    for part in [
        "RCPT TO:<ada@example.org>",
        "MAIL FROM:<lethe@example.org>",
        "10 of 10 on the list were deleted",
        "D-1001",
        &after[0].key,
    ] {
        assert!(letters[0].contains(part), "{part} is missing in {}", letters[0]);
    }
    assert!(!letters[0].contains("example.com"));
    // Who has set no address gets none.
    world
        .engine
        .set_notice_address(&ada(), "")
        .await
        .expect("taken away");
    let id = world.segment("B", "attr.group = \"b\"").await;
    let job = world
        .engine
        .start_job(&ada(), world.dataset, spec(id, "B", 10), None)
        .await
        .expect("a job")
        .job();
    world.finished(job.id).await;
    assert_eq!(deliveries(&world).await.len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_happened() {
    let (world, _) = stage().await;
    for channel in Channel::ALL {
        let refused = world
            .engine
            .send_test(&ada(), channel)
            .await
            .expect_err("not set up");
        assert_eq!(code(refused), Code::NotSetUp);
    }
    let (url, came) = receiver(&[200]).await;
    world
        .engine
        .set_webhook(&ada(), Some((url, SECRET.to_owned())))
        .await
        .expect("set");
    let sent = world
        .engine
        .send_test(&ada(), Channel::Webhook)
        .await
        .expect("tried");
    assert_eq!(
        (sent.state, sent.said.as_deref()),
        (DeliveryState::Sent, Some("127.0.0.1 answered 200."))
    );
    assert!(came.lock().expect("kept")[0].body.contains("\"type\":\"test\""));

    // A port where nobody listens.
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = nobody.local_addr().expect("an address").port();
    drop(nobody);
    world
        .engine
        .set_smtp(&ada(), Some(smtp(port)))
        .await
        .expect("set");
    world
        .engine
        .set_notice_address(&ada(), "ada@example.org")
        .await
        .expect("set");
    let failed = world
        .engine
        .send_test(&ada(), Channel::Mail)
        .await
        .expect("tried");
    assert_eq!((failed.state, failed.next_at), (DeliveryState::GivenUp, None));
    assert!(failed.said.is_some_and(|said| said.contains("did not take it")));

    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_tls_is_asked_for_nothing_leaves_in_the_open() {
    let (world, _) = stage().await;
    let (url, came) = receiver(&[200]).await;
    let hook = Some((url.replace("http://", "https://"), SECRET.to_owned()));
    world.engine.set_webhook(&ada(), hook).await.expect("set");
    let failed = world
        .engine
        .send_test(&ada(), Channel::Webhook)
        .await
        .expect("tried");
    assert_eq!(failed.state, DeliveryState::GivenUp);
    // The other side speaks no TLS: it hangs up, or says nothing until the time is over.
    let said = failed.said.unwrap_or_default();
    assert!(
        said.contains("TLS to 127.0.0.1 failed") || said.contains("seconds"),
        "{said}"
    );
    let (port, letters) = mail_server().await;
    world
        .engine
        .set_notice_address(&ada(), "ada@example.org")
        .await
        .expect("set");
    for tls in [SmtpTls::Starttls, SmtpTls::Implicit] {
        let server = SmtpSettings {
            tls,
            user: "ada".to_owned(),
            secret: "s3cret".to_owned(),
            ..smtp(port)
        };
        world.engine.set_smtp(&ada(), Some(server)).await.expect("set");
        let failed = world
            .engine
            .send_test(&ada(), Channel::Mail)
            .await
            .expect("tried");
        assert_eq!(failed.state, DeliveryState::GivenUp, "{tls:?}: {:?}", failed.said);
    }
    assert!(letters.lock().expect("kept").is_empty());
    let came = came.lock().expect("kept").clone();
    assert!(came.iter().all(|one| !one.body.contains("Lethe")), "{came:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_for_administrators_and_secrets_for_nobody() {
    let (world, _) = stage().await;
    world.engine.set_smtp(&ada(), Some(smtp(25))).await.expect("set");
    let hook = Some(("http://127.0.0.1:9/".to_owned(), SECRET.to_owned()));
    world.engine.set_webhook(&ada(), hook).await.expect("set");
    let viewer = Actor {
        powers: Powers::Person { role: Role::Viewer },
        ..ada()
    };
    let refused = world
        .engine
        .send_test(&viewer, Channel::Mail)
        .await
        .expect_err("not allowed");
    assert_eq!(code(refused), Code::Forbidden);
    let shown = world
        .engine
        .notification_settings(&viewer)
        .await
        .expect("settings");
    assert!(
        shown.smtp.is_none()
            && shown.webhook_url.is_none()
            && shown.deliveries.is_empty()
            && shown.mail_ready
    );
    for bad in [("ftp://a/", SECRET), ("http://a/", "short")] {
        let hook = Some((bad.0.to_owned(), bad.1.to_owned()));
        assert_eq!(
            code(world.engine.set_webhook(&ada(), hook).await.expect_err("refused")),
            Code::Invalid
        );
    }
    let secrets = "SELECT count(*) FROM audit WHERE detail LIKE '%whs_%' OR object LIKE '%whs_%'";
    assert_eq!(world.number(secrets).await, 0, "no secret in the audit log");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_waits_for_somebody_says_so_once() {
    let (world, _) = stage().await;
    let id = world.segment("A", "attr.group = \"a\"").await;
    let campaign = domain::campaign::CampaignSpec {
        id: Some("summer".to_owned()),
        name: "Summer".to_owned(),
        status: domain::campaign::CampaignStatus::Active,
        include: vec![id],
        exclude: vec![],
        starts_at: None,
        ends_at: None,
        arms: Vec::new(),
    };
    world
        .engine
        .create_campaign(&ada(), world.dataset, campaign)
        .await
        .expect("a campaign");
    let mut wish = spec(id, "A", 10);
    wish.on_active_campaign = OnActiveCampaign::Pause;
    let job = world
        .engine
        .start_job(&ada(), world.dataset, wish, None)
        .await
        .expect("a job")
        .job();
    world
        .until(job.id, |job| {
            job.reason_paused
                .as_deref()
                .is_some_and(|why| why.contains("Summer"))
        })
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let told = world
        .engine
        .notices(&ada(), PageRequest::default())
        .await
        .expect("notices")
        .items;
    assert_eq!(
        told.iter().map(|notice| notice.kind).collect::<Vec<_>>(),
        [NoticeKind::JobWaits]
    );
    world
        .engine
        .cancel_job(&ada(), world.dataset, job.id)
        .await
        .expect("cancelled");
    world.finished(job.id).await;
    let told = world
        .engine
        .notices(&ada(), PageRequest::default())
        .await
        .expect("notices")
        .items;
    assert_eq!(
        told.iter().map(|notice| notice.kind).collect::<Vec<_>>(),
        [NoticeKind::JobEnded, NoticeKind::JobWaits]
    );
    world.end().await;
}
