//! Legal holds through the main job: who is held is never deleted, is named as left over with the hold, and goes once the
//! hold has ended.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{
    hold::{Hold, HoldSpec},
    id::HoldId,
    job::{Became, JobState, Outcome},
    page::PageRequest,
    problem::{Code, Problem},
};
use engine::Error;
use world::{World, begun, spec};

fn problem<T>(result: engine::Result<T>) -> Problem {
    match result {
        Err(Error::Problem(problem)) => problem,
        Err(other) => panic!("not a problem: {other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

fn on_people(name: &str, people: &[&str]) -> HoldSpec {
    HoldSpec {
        name: name.to_owned(),
        reason: "Letter of the court".to_owned(),
        people: people.iter().map(|text| (*text).to_owned()).collect(),
        rule: None,
    }
}

fn on_rule(name: &str, rule: &str) -> HoldSpec {
    HoldSpec {
        people: Vec::new(),
        rule: Some(rule.to_owned()),
        ..on_people(name, &[])
    }
}

async fn set(world: &World, spec: HoldSpec) -> Hold {
    world
        .engine
        .create_hold(&World::actor(), world.dataset, spec)
        .await
        .expect("a hold")
}

async fn end(world: &World, id: HoldId) -> Hold {
    world
        .engine
        .end_hold(&World::actor(), world.dataset, id, "The matter is closed")
        .await
        .expect("ended")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_held_stays_and_is_named_with_the_hold_and_goes_when_it_has_ended() {
    let world = World::new().await;
    world.people(200).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    // p2 by its user id, p4 by its e-mail and by a second, younger hold; p1 is not in the segment.
    let first = set(&world, on_people("Matter 7", &["p2", "P4@example.com", "p1"])).await;
    assert_eq!((first.named, first.held), (3, 3));
    let rule = set(&world, on_rule("Audit", "attr.no <= 8")).await;
    assert_eq!(rule.held, 8);
    let impact = world
        .engine
        .impact(&World::actor(), world.dataset, segment, None)
        .await
        .expect("impact");
    assert_eq!((impact.profiles, impact.held), (100, 4), "p2, p4, p6, p8");
    let job = world.start(spec(segment, "A", 100)).await;
    let job = world.finished(job.id).await;
    assert_eq!(job.state, JobState::CompletedWithLeftovers);
    assert_eq!((job.counts.deleted, job.counts.held, job.counts.left), (96, 4, 0));
    let left = world
        .engine
        .leftovers(&World::actor(), world.dataset, job.id, PageRequest::default())
        .await
        .expect("leftovers");
    let named: Vec<(Option<String>, Became, String)> = left
        .items
        .into_iter()
        .map(|row| (row.title, row.outcome, row.reason))
        .collect();
    let line = |who: &str, hold: &str| {
        let reason = format!("Under the legal hold “{hold}”.");
        (Some(who.to_owned()), Became::Not(Outcome::Held), reason)
    };
    assert_eq!(
        named,
        [
            line("p2", "Matter 7"),
            line("p4", "Matter 7"),
            line("p6", "Audit"),
            line("p8", "Audit")
        ]
    );
    assert_eq!(world.number("SELECT sum(held) FROM job_batches").await, 4);
    // Ended, a hold holds nobody and keeps no list of whom it held.
    let ended = end(&world, first.id).await;
    assert_eq!((ended.named, ended.held, ended.in_force()), (3, 0, false));
    end(&world, rule.id).await;
    assert_eq!(world.number("SELECT count(*) FROM hold_people").await, 0);
    world
        .engine
        .enable_segment(&World::actor(), world.dataset, segment)
        .await
        .expect("enabled");
    let again = world.start(spec(segment, "A", 4)).await;
    let again = world.finished(again.id).await;
    assert_eq!((again.state, again.counts.deleted), (JobState::Completed, 4));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_is_set_while_a_job_runs_holds_whoever_is_still_there() {
    let world = World::new().await;
    world.people(2_000).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let mut wish = spec(segment, "A", 1_000);
    wish.max_rate = Some(400);
    let job = world.start(wish).await;
    world.until(job.id, begun).await;
    // The last of the segment in id order: not yet reached at this rate.
    let hold = set(&world, on_people("Late", &["p2000", "p1998"])).await;
    assert_eq!(hold.held, 2);
    world
        .engine
        .set_job_rate(&World::actor(), world.dataset, job.id, None)
        .await
        .expect("no limit");
    let job = world.finished(job.id).await;
    assert_eq!((job.counts.deleted, job.counts.held), (998, 2), "{job:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_very_many_events_is_held_too_and_so_is_one_who_no_longer_matches() {
    let world = World::new().await;
    world.people(4).await;
    let mut events = String::from("user_id,event,timestamp\n");
    for n in 0..10_050 {
        events.push_str(&format!(
            "p2,visit,2026-01-01T00:{:02}:{:02}Z\n",
            n / 60 % 60,
            n % 60
        ));
    }
    world.import(engine::import::ImportKind::Events, &events).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    set(&world, on_people("Matter", &["p2", "p4"])).await;
    let mut wish = spec(segment, "A", 2);
    wish.wait_seconds = 2;
    let job = world.start(wish).await;
    world.until(job.id, |job| job.state == JobState::Scheduled).await;
    world
        .import(engine::import::ImportKind::Profiles, "user_id,group\np4,b\n")
        .await;
    let job = world.finished(job.id).await;
    assert_eq!(
        (job.counts.held, job.counts.spared, job.counts.deleted),
        (2, 0, 0)
    );
    assert_eq!(world.profiles().await, 4);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_hold_is_refused_and_names_nobody() {
    let world = World::idle().await;
    world.people(4).await;
    let (engine, actor) = (&world.engine, World::actor());
    let refused = problem(
        engine
            .create_hold(
                &actor,
                world.dataset,
                on_people("M", &["p1", "secret@example.com"]),
            )
            .await,
    );
    assert_eq!(
        (refused.code, refused.field.as_deref()),
        (Code::NobodyKnown, Some("people"))
    );
    assert!(
        refused.message.contains("number 2") && !refused.message.contains("secret"),
        "{}",
        refused.message
    );
    assert_eq!(world.number("SELECT count(*) FROM hold_people").await, 0);
    for (spec, code) in [
        (on_rule("M", "emial is set"), Code::RuleInvalid),
        (on_people("M", &[]), Code::Invalid),
        (
            HoldSpec {
                reason: " ".to_owned(),
                ..on_people("M", &["p1"])
            },
            Code::Invalid,
        ),
    ] {
        assert_eq!(
            problem(engine.create_hold(&actor, world.dataset, spec).await).code,
            code
        );
    }
    set(&world, on_people("M", &["p1"])).await;
    assert_eq!(
        problem(
            engine
                .create_hold(&actor, world.dataset, on_people("M", &["p2"]))
                .await
        )
        .code,
        Code::NameTaken
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_not_removed_from_under_a_hold_and_the_audit_log_names_nobody() {
    let world = World::idle().await;
    world.people(4).await;
    let (engine, actor) = (&world.engine, World::actor());
    set(&world, on_people("M", &["p1"])).await;
    let segment = world.segment("A", "attr.group = \"a\"").await;
    let hold = set(&world, on_rule("R", "in segment \"A\"")).await;
    assert_eq!((hold.rule.as_deref(), hold.held), (Some("in segment \"A\""), 2));
    let refused = problem(engine.delete_segment(&actor, world.dataset, segment).await);
    assert!(
        refused.code == Code::InUse && refused.message.contains("the legal hold R"),
        "{}",
        refused.message
    );
    end(&world, hold.id).await;
    engine
        .delete_segment(&actor, world.dataset, segment)
        .await
        .expect("removed");
    assert_eq!(
        problem(engine.end_hold(&actor, world.dataset, hold.id, "again").await).code,
        Code::StateRefused
    );
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE action LIKE 'hold.%' AND (detail LIKE '%p1%' OR detail LIKE '%court%')").await, 0);
    assert_eq!(
        world
            .number("SELECT count(*) FROM audit WHERE action LIKE 'hold.%'")
            .await,
        3
    );
    world.end().await;
}
