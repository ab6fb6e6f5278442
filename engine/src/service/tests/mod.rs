//! Tests of the services on a real data directory.

mod access;
mod campaigns;
mod datasets;
mod decisions;
mod profiles;
mod segment_pages;
mod segments;
mod standing;
mod sweep;
mod usage;
mod uses;

use super::{Engine, OpenOptions};
use crate::{
    clock::Clock,
    error::{Error, Result},
    store::test_people::{self, TestPerson},
};
use domain::{
    access::{Actor, Powers, Role},
    id::{DatasetId, ProfileId, SegmentId},
    problem::{Code, Problem},
    profile::IdentityKind,
    segment::{Segment, SegmentKind, SegmentSpec},
    time::Timestamp,
};

/// 2018-01-01T00:00:00Z.
pub(super) const NOW: Timestamp = Timestamp::from_ms(1_514_764_800_000);

/// A data directory with the engine on it, and its first dataset.
pub(super) struct House {
    dir: tempfile::TempDir,
    pub(super) engine: Engine,
    pub(super) main: DatasetId,
}

impl House {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let engine = open(dir.path(), NOW).await;
        let main = engine.dataset(&Actor::system(), "main").await.expect("main").id;
        Self { dir, engine, main }
    }

    /// Closes the engine and opens it again so much later.
    pub(super) async fn later(self, ms: i64) -> Self {
        self.engine.close().await;
        let Self { dir, engine, main } = self;
        let at = engine.inner.store.clock.now().plus_ms(ms);
        drop(engine);
        // A task in the background may hold the engine, and with it the lock, a moment longer.
        for _ in 0..200 {
            if let Ok(engine) = try_open(dir.path(), at).await {
                return Self { dir, engine, main };
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the directory stays held");
    }

    pub(super) async fn person(&self, person: TestPerson<'_>) -> ProfileId {
        test_people::add(&self.engine.inner.store, self.main, &person).await
    }

    /// A person known by a user_id alone, with one attribute `group`.
    pub(super) async fn member(&self, user_id: &str, group: &str) -> ProfileId {
        let attributes = format!(r#"{{"group":"{group}"}}"#);
        self.person(TestPerson {
            identities: &[(IdentityKind::UserId, user_id)],
            attributes: &attributes,
            events: &[],
        })
        .await
    }

    pub(super) async fn rule(&self, name: &str, rule: &str) -> Segment {
        self.try_rule(name, rule).await.expect("a segment")
    }

    pub(super) async fn try_rule(&self, name: &str, rule: &str) -> Result<Segment> {
        let spec = SegmentSpec {
            name: name.to_owned(),
            kind: SegmentKind::Rule,
            rule: Some(rule.to_owned()),
        };
        self.engine.create_segment(&admin(), self.main, spec).await
    }

    pub(super) async fn list(&self, name: &str) -> Segment {
        let spec = SegmentSpec {
            name: name.to_owned(),
            kind: SegmentKind::List,
            rule: None,
        };
        self.engine
            .create_segment(&admin(), self.main, spec)
            .await
            .expect("a segment")
    }

    pub(super) async fn count(&self, id: SegmentId) -> i64 {
        let segment = self
            .engine
            .refresh_count(&admin(), self.main, id)
            .await
            .expect("a count");
        segment.count.expect("a count").value
    }
}

async fn try_open(dir: &std::path::Path, at: Timestamp) -> Result<Engine> {
    Engine::open(OpenOptions {
        dir: dir.to_owned(),
        clock: Clock::starting_at(at),
    })
    .await
}

async fn open(dir: &std::path::Path, at: Timestamp) -> Engine {
    try_open(dir, at).await.expect("an engine")
}

pub(super) fn admin() -> Actor {
    person_with(Role::Administrator)
}

pub(super) fn person_with(role: Role) -> Actor {
    Actor {
        name: "ada".to_owned(),
        powers: Powers::Person { role },
        dataset: None,
    }
}

/// The problem that a call was refused with.
#[track_caller]
pub(super) fn problem<T: std::fmt::Debug>(result: Result<T>) -> Problem {
    match result {
        Err(Error::Problem(problem)) => problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// The code that a call was refused with.
#[track_caller]
pub(super) fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    problem(result).code
}
