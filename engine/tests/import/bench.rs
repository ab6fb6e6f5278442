//! What the tests of imports share: an open engine, and short words for its calls.

use domain::{
    access::Actor,
    id::{DatasetId, ProfileId},
    problem::Code,
    profile::ProfileDetail,
};
use engine::{
    Engine, Error, OpenOptions,
    clock::Clock,
    import::{ImportKind, ImportOptions, ImportReport, ListMode},
};
use std::io::Cursor;

pub(super) const CDNOW: &[u8] = include_bytes!("../../data/cdnow_purchases.csv.gz");

/// An open engine on a directory of its own, with its first dataset.
pub(super) struct Bench {
    pub(super) engine: Engine,
    pub(super) dataset: DatasetId,
    pub(super) dir: tempfile::TempDir,
}

pub(super) fn operator() -> Actor {
    Actor::operator(0)
}

pub(super) async fn open(dir: &tempfile::TempDir) -> Engine {
    Engine::open(OpenOptions {
        dir: dir.path().to_path_buf(),
        clock: Clock::system(),
    })
    .await
    .unwrap()
}

impl Bench {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let engine = open(&dir).await;
        let dataset = engine.dataset(&operator(), "main").await.unwrap().id;
        Self { engine, dataset, dir }
    }

    pub(super) async fn import(
        &self,
        kind: ImportKind,
        options: ImportOptions,
        text: &str,
    ) -> Result<ImportReport, Error> {
        let input = Cursor::new(text.as_bytes().to_vec());
        self.engine
            .import(&operator(), self.dataset, kind, options, input)
            .await
    }

    pub(super) async fn profiles(&self, text: &str) -> ImportReport {
        self.import(ImportKind::Profiles, ImportOptions::default(), text)
            .await
            .unwrap()
    }

    pub(super) async fn events(&self, text: &str) -> ImportReport {
        self.import(ImportKind::Events, ImportOptions::default(), text)
            .await
            .unwrap()
    }

    pub(super) async fn list(&self, name: &str, mode: ListMode, text: &str) -> Result<ImportReport, Error> {
        let options = ImportOptions {
            list: Some(name.to_owned()),
            mode,
            ..ImportOptions::default()
        };
        self.import(ImportKind::Lists, options, text).await
    }

    pub(super) async fn find(&self, identity: &str) -> Option<ProfileDetail> {
        self.engine
            .profile_by_identity(&operator(), self.dataset, identity)
            .await
            .ok()
    }

    pub(super) async fn id(&self, identity: &str) -> Option<ProfileId> {
        self.find(identity).await.map(|found| found.profile.id)
    }

    pub(super) async fn counts(&self) -> (i64, i64) {
        let engine = &self.engine;
        // Figures are kept for a moment, so another handle on the same numbers is asked: the preview of a rule.
        let all = engine
            .preview(&operator(), self.dataset, "bucket(0, 100)")
            .await
            .unwrap()
            .count;
        let mut events = 0;
        for row in engine
            .profiles(
                &operator(),
                self.dataset,
                domain::profile::ProfileQuery::default(),
            )
            .await
            .unwrap()
            .items
        {
            events += engine
                .profile(&operator(), self.dataset, row.id)
                .await
                .unwrap()
                .events_total;
        }
        (all, events)
    }
}

pub(super) fn numbers(report: &ImportReport) -> (i64, i64, i64, i64) {
    (report.accepted, report.created, report.updated, report.rejected)
}

pub(super) fn code(result: Result<ImportReport, Error>) -> Code {
    result.unwrap_err().into_problem().code
}
