//! A small world for tests of the engine: a real data directory, people with known numbers, and a way to wait for jobs.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]

use domain::{
    access::Actor,
    id::{DatasetId, JobId, SegmentId},
    job::{Job, JobSpec, JobState, OnActiveCampaign},
    segment::{SegmentKind, SegmentSpec},
    suppression::Suppress,
};
use engine::{
    Engine, HealthOptions, OpenOptions, Tasks,
    clock::Clock,
    import::{ImportKind, ImportOptions, ImportReport},
};
use std::{io::Cursor, time::Duration};

/// An open engine on a directory of its own.
pub(crate) struct World {
    /// The directory; removed at the end.
    pub(crate) dir: tempfile::TempDir,
    /// The engine.
    pub(crate) engine: Engine,
    /// The dataset `main`.
    pub(crate) dataset: DatasetId,
    tasks: Option<Tasks>,
}

impl World {
    /// A new world with running tasks.
    pub(crate) async fn new() -> Self {
        Self::with(Clock::system(), HealthOptions::default()).await
    }

    /// A world on a directory, with running tasks.
    pub(crate) async fn on(dir: tempfile::TempDir) -> Self {
        Self::at(dir, Clock::system(), HealthOptions::default()).await
    }

    /// The same with a clock and limits of its own.
    pub(crate) async fn with(clock: Clock, health: HealthOptions) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        Self::at(dir, clock, health).await
    }

    /// The same in a directory of the caller's.
    pub(crate) async fn at(dir: tempfile::TempDir, clock: Clock, health: HealthOptions) -> Self {
        let (engine, dataset) = open(dir.path(), clock, health).await;
        let tasks = Some(engine.start_tasks());
        Self {
            dir,
            engine,
            dataset,
            tasks,
        }
    }

    /// A new world in which nobody carries out jobs or copies anything to the warehouse.
    pub(crate) async fn idle() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (engine, dataset) = open(dir.path(), Clock::system(), HealthOptions::default()).await;
        Self {
            dir,
            engine,
            dataset,
            tasks: None,
        }
    }

    /// Who asks.
    pub(crate) fn actor() -> Actor {
        Actor::operator(0)
    }

    /// Stops the tasks and opens the same directory again.
    pub(crate) async fn restart(self) -> Self {
        Self::on(self.keep_dir().await).await
    }

    /// Ends the world in order, and keeps its directory.
    pub(crate) async fn keep_dir(mut self) -> tempfile::TempDir {
        if let Some(tasks) = self.tasks.take() {
            tasks.stop().await;
        }
        self.engine.close().await;
        self.dir
    }

    /// Ends the world in order.
    pub(crate) async fn end(mut self) {
        if let Some(tasks) = self.tasks.take() {
            tasks.stop().await;
        }
        self.engine.close().await;
    }

    /// Imports a CSV.
    pub(crate) async fn import(&self, kind: ImportKind, csv: &str) -> ImportReport {
        let input = Cursor::new(csv.as_bytes().to_vec());
        let report = self
            .engine
            .import(
                &Self::actor(),
                self.dataset,
                kind,
                ImportOptions::default(),
                input,
            )
            .await
            .expect("import");
        assert_eq!(report.rejected, 0, "{:?}", report.errors);
        report
    }

    /// People p1 to pN: half are in group a, half in b; everybody has an e-mail and three visits.
    pub(crate) async fn people(&self, n: usize) {
        let mut people = String::from("user_id,email,group,no\n");
        let mut events = String::from("user_id,event,timestamp,value\n");
        for i in 1..=n {
            people.push_str(&format!(
                "p{i},p{i}@example.com,{},{i}\n",
                if i % 2 == 0 { "a" } else { "b" }
            ));
            for day in 1..=3 {
                events.push_str(&format!("p{i},visit,2026-01-0{day}T10:00:00Z,1.5\n"));
            }
        }
        self.import(ImportKind::Profiles, &people).await;
        self.import(ImportKind::Events, &events).await;
    }

    /// A purchase of each of these people.
    pub(crate) async fn purchases(&self, people: impl Iterator<Item = usize>) {
        let mut events = String::from("user_id,event,timestamp,value\n");
        for i in people {
            events.push_str(&format!("p{i},purchase,2026-02-01T10:00:00Z,10\n"));
        }
        self.import(ImportKind::Events, &events).await;
    }

    /// A rule segment.
    pub(crate) async fn segment(&self, name: &str, rule: &str) -> SegmentId {
        let spec = SegmentSpec {
            name: name.to_owned(),
            kind: SegmentKind::Rule,
            rule: Some(rule.to_owned()),
        };
        self.engine
            .create_segment(&Self::actor(), self.dataset, spec)
            .await
            .expect("a segment")
            .id
    }

    /// Starts a job that must be accepted.
    pub(crate) async fn start(&self, spec: JobSpec) -> Job {
        self.engine
            .start_job(&Self::actor(), self.dataset, spec, None)
            .await
            .expect("a job")
            .job()
    }

    /// The job now.
    pub(crate) async fn job(&self, id: JobId) -> Job {
        let job = self
            .engine
            .job_anywhere(&Self::actor(), id)
            .await
            .expect("the job");
        assert!(job.counts.hold(), "{:?}", job.counts);
        job
    }

    /// Waits until the job satisfies the condition; a minute is more than enough.
    pub(crate) async fn until(&self, id: JobId, what: impl Fn(&Job) -> bool) -> Job {
        for _ in 0..6_000 {
            let job = self.job(id).await;
            if what(&job) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the job never got there: {:?}", self.job(id).await);
    }

    /// Waits for the end.
    pub(crate) async fn finished(&self, id: JobId) -> Job {
        self.until(id, |job| job.state.terminal()).await
    }

    /// How many profiles the dataset has.
    pub(crate) async fn profiles(&self) -> i64 {
        self.engine
            .figures(&Self::actor(), self.dataset)
            .await
            .expect("figures")
            .profiles
    }

    /// A second connection to the store's file, for planting and for looking.
    pub(crate) async fn sql(&self) -> sqlx::SqliteConnection {
        use sqlx::ConnectOptions as _;
        sqlx::sqlite::SqliteConnectOptions::new()
            .filename(self.dir.path().join("lethe.db"))
            .busy_timeout(Duration::from_secs(20))
            .connect()
            .await
            .expect("a second connection")
    }

    /// Waits until a number out of the store's file is this one: what is done in slices afterwards.
    pub(crate) async fn comes_to(&self, sql: &'static str, wanted: i64) {
        for _ in 0..6_000 {
            if self.number(sql).await == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{sql} never came to {wanted}");
    }

    /// One number out of the store's file.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&mut self.sql().await)
            .await
            .expect(sql)
    }
}

async fn open(dir: &std::path::Path, clock: Clock, health: HealthOptions) -> (Engine, DatasetId) {
    let options = OpenOptions {
        dir: dir.to_owned(),
        clock,
    };
    let engine = Engine::open_with(options, health).await.expect("open");
    let dataset = engine.dataset(&World::actor(), "main").await.expect("main").id;
    (engine, dataset)
}

/// A plain request to delete a segment.
pub(crate) fn spec(segment: SegmentId, name: &str, count: i64) -> JobSpec {
    JobSpec {
        segment_id: segment,
        consent: true,
        confirm_name: name.to_owned(),
        confirm_count: count,
        count_tolerance: 0,
        plan_hash: None,
        reason: None,
        start_at: None,
        start_zone: None,
        wait_seconds: 0,
        max_rate: None,
        quiet_hours: None,
        spare_changed: true,
        retry_passes: 1,
        on_active_campaign: OnActiveCampaign::Block,
        queue: false,
        force: false,
        export: false,
        suppress: Suppress::Late,
    }
}

/// Whether anybody has been deleted yet.
pub(crate) fn begun(job: &Job) -> bool {
    job.state == JobState::Deleting && job.counts.deleted > 0
}
