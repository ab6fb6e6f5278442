//! What the fault tests share: a small prepared data directory that is copied for every run, the binary under a plan of
//! faults, a seeded draw, and the judge.

use faults::oracle::{self, Before, Meanwhile};
use serde_json::Value;
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use std::{
    collections::BTreeSet,
    fs,
    future::Future,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    sync::OnceLock,
    thread::sleep,
    time::Duration,
};
use tempfile::TempDir;

pub(crate) const LETHE: &str = env!("CARGO_BIN_EXE_lethe");
/// People of a prepared directory; every second one is to go.
pub(crate) const PEOPLE: usize = 36;
/// People of the directory from which a few are to go.
const MANY: usize = 160;
/// More than a batch may hold: this person goes bit by bit.
const EVENTS_OF_P10: usize = 26;
/// Rows to a slice or batch, so that these few people take many steps.
const SLICES: &str = "slices=7";
/// Ends the process in good order as soon as there is no job left to carry out.
const END: &str = "runner.idle:1+=end";
/// How long a process may take before it counts as stuck, in looks of 2 ms.
const LOOKS: u32 = 30_000;

/// A data directory, ready to be copied, and what is known of the people in it.
pub(crate) struct Prepared {
    home: TempDir,
    pub(crate) before: Before,
    pub(crate) meanwhile: Meanwhile,
}

impl Prepared {
    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// A copy of its own for one run.
    pub(crate) fn copy(&self) -> Run<'_> {
        let home = tempfile::tempdir().expect("a directory");
        let data = home.path().join("data");
        copy_all(&self.data(), &data);
        Run {
            prepared: self,
            home,
            history: Vec::new(),
        }
    }
}

/// Copies a data directory that nobody has open.
pub(crate) fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("readable").flatten() {
        let (kind, target) = (entry.file_type().expect("a type"), to.join(entry.file_name()));
        if kind.is_dir() {
            copy_all(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// One run: a directory, and what was done to it so far, which a failure prints.
pub(crate) struct Run<'a> {
    prepared: &'a Prepared,
    home: TempDir,
    history: Vec<String>,
}

impl Run<'_> {
    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Serves under a plan until it ends by itself. True: the plan killed it; false: it came to an end in good order.
    pub(crate) fn serve(&mut self, plan: &str) -> bool {
        let plan = format!("{plan},{SLICES},{END}");
        let log = self.log();
        let status = ended(spawn(&self.data(), &plan, &log), &log);
        self.end(&plan, status, &log)
    }

    /// Serves and is killed after this long, unless it came to an end before. True: it was killed.
    pub(crate) fn kill_after(&mut self, wait: Duration) -> bool {
        let plan = format!("{SLICES},{END}");
        let log = self.log();
        let mut child = spawn(&self.data(), &plan, &log);
        sleep(wait);
        child.kill().expect("kill -9");
        let status = child.wait().expect("it is dead");
        self.end(&format!("kill after {wait:?}"), status, &log)
    }

    fn log(&self) -> PathBuf {
        self.home.path().join(format!("log{}", self.history.len()))
    }

    fn end(&mut self, plan: &str, status: ExitStatus, log: &Path) -> bool {
        use std::os::unix::process::ExitStatusExt as _;
        let said = fs::read_to_string(log).unwrap_or_default();
        let killed = status.signal() == Some(9);
        self.history.push(format!("{plan}: {status}\n{said}"));
        assert!(
            killed || status.success(),
            "it failed\n{}",
            self.history.join("\n")
        );
        killed
    }

    /// Lets the job end without faults, and judges. The sentence of a failure holds everything that was done.
    pub(crate) fn judged(&mut self) -> Result<(), String> {
        self.judged_after(&self.prepared.meanwhile.clone())
    }

    fn judged_after(&mut self, meanwhile: &Meanwhile) -> Result<(), String> {
        let killed = self.serve("");
        assert!(!killed, "killed without a plan: {}", self.history.join("\n"));
        let verdict = block_on(oracle::judge(&self.data(), &self.prepared.before, meanwhile));
        // The log of a file that another process holds cannot be emptied, and the scan says so.
        let scan = |()| {
            if meanwhile.open_elsewhere {
                Ok(())
            } else {
                scanned(&self.data())
            }
        };
        let receipts = |()| crate::receipts::judge(&self.data());
        let verdict = verdict.and_then(scan).and_then(receipts);
        verdict.map_err(|broken| format!("{broken}\n{}", self.history.join("\n")))
    }

    /// The same, where another process has the files open.
    pub(crate) fn must_hold_beside_another(&mut self) {
        let meanwhile = Meanwhile {
            open_elsewhere: true,
            ..self.prepared.meanwhile.clone()
        };
        if let Err(broken) = self.judged_after(&meanwhile) {
            panic!("{broken}");
        }
    }

    /// Judges the end of a run that must hold.
    pub(crate) fn must_hold(&mut self) {
        if let Err(broken) = self.judged() {
            panic!("{broken}");
        }
    }
}

/// Dead bytes of a directory whose job was scrubbed, counted by the binary itself.
fn scanned(data: &Path) -> Result<(), String> {
    let claimed = block_on(number(
        data,
        "SELECT count(*) FROM jobs WHERE scrubbed_at IS NOT NULL",
    ));
    if claimed == 0 {
        return Ok(());
    }
    let out = Command::new(LETHE).arg("scan").arg("--data").arg(data).output();
    let out = out.expect("run lethe");
    if out.status.success() {
        return Ok(());
    }
    Err(format!(
        "invariant 7: {}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    ))
}

/// Starts a server under a plan; what it logs goes to a file.
pub(crate) fn spawn(data: &Path, plan: &str, log: &Path) -> Child {
    let log = fs::File::create(log).expect("a log");
    Command::new(LETHE)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env("LETHE_FAULT", plan)
        .env("LETHE_LOG", "warn")
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log)
        .spawn()
        .expect("serve")
}

/// Waits for a process that ends by itself.
pub(crate) fn ended(mut child: Child, log: &Path) -> ExitStatus {
    for _ in 0..LOOKS {
        if let Some(status) = child.try_wait().expect("looked at") {
            return status;
        }
        sleep(Duration::from_millis(2));
    }
    child.kill().expect("kill");
    child.wait().expect("dead");
    panic!("it never ended: {}", fs::read_to_string(log).unwrap_or_default());
}

/// Runs a command that must succeed, and reads its JSON.
pub(crate) fn lethe(data: &Path, args: &[&str]) -> Value {
    let out = Command::new(LETHE)
        .args(args)
        .args(["--json", "--data"])
        .arg(data)
        .output();
    let out = out.expect("run lethe");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.success(),
        "{args:?}: {text}{}",
        String::from_utf8_lossy(&out.stderr)
    );
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}: {text}"))
}

/// Runs something that waits, here and now.
pub(crate) fn block_on<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(what)
}

/// Runs statements on the store behind the engine's back; nobody else has it open.
pub(crate) async fn plant(data: &Path, sql: &'static str) {
    let mut conn = connect(data).await;
    sqlx::raw_sql(sql).execute(&mut conn).await.expect(sql);
    conn.close().await.expect("closed");
}

/// One number out of the store.
pub(crate) async fn number(data: &Path, sql: &'static str) -> i64 {
    let mut conn = connect(data).await;
    let found = sqlx::query_scalar(sql).fetch_one(&mut conn).await.expect(sql);
    conn.close().await.expect("closed");
    found
}

/// Numbers out of the store.
pub(crate) async fn numbers(data: &Path, sql: &'static str) -> BTreeSet<i64> {
    let mut conn = connect(data).await;
    let found: Vec<i64> = sqlx::query_scalar(sql).fetch_all(&mut conn).await.expect(sql);
    conn.close().await.expect("closed");
    found.into_iter().collect()
}

pub(crate) async fn connect(data: &Path) -> sqlx::SqliteConnection {
    let options = SqliteConnectOptions::new().filename(data.join("lethe.db"));
    options
        .busy_timeout(Duration::from_secs(20))
        .connect()
        .await
        .expect("open")
}

/// People p1 to pN, in the group `go` or not, each with two events, p10 with many; and the segment `Go`.
fn people(home: &Path, n: usize, goes: impl Fn(usize) -> bool) -> PathBuf {
    let data = home.join("data");
    let (mut people, mut events) = (
        String::from("user_id,email,group\n"),
        String::from("user_id,event,timestamp,value,page\n"),
    );
    for i in 1..=n {
        let group = if goes(i) { "go" } else { "stay" };
        people.push_str(&format!("p{i},p{i}@example.com,{group}\n"));
        for day in 1..=(if i == 10 { EVENTS_OF_P10 } else { 2 }) {
            events.push_str(&format!("p{i},visit,2026-01-{day:02}T10:00:00Z,1.5,/page/{i}\n"));
        }
    }
    for (kind, text) in [("profiles", people), ("events", events)] {
        let file = home.join(format!("{kind}.csv"));
        fs::write(&file, text).expect("written");
        let file = file.to_str().expect("utf-8");
        lethe(&data, &["import", kind, file, "--dataset", "main"]);
    }
    let rule = "attr.group = \"go\"";
    lethe(
        &data,
        &[
            "segment",
            "create",
            "Go",
            "--dataset",
            "main",
            "--kind",
            "rule",
            "--rule",
            rule,
        ],
    );
    data
}

/// Asks for the job; nobody is there to carry it out yet.
pub(crate) fn ask(data: &Path, count: usize, more: &[&str]) -> String {
    let count = count.to_string();
    let start = [
        "job",
        "start",
        "--dataset",
        "main",
        "--segment",
        "Go",
        "--confirm-name",
        "Go",
    ];
    let sure = ["--confirm-count", &count, "--consent"];
    let job = lethe(data, &[&start[..], &sure[..], more].concat());
    job["id"].as_str().expect("an id").to_owned()
}

/// A directory whose job has been confirmed and not begun.
pub(crate) fn confirmed() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let home = tempfile::tempdir().expect("a directory");
        let data = people(home.path(), PEOPLE, |i| i % 2 == 0);
        ask(&data, PEOPLE / 2, &[]);
        let before = block_on(oracle::look(&data)).expect("looked at");
        let meanwhile = Meanwhile::default();
        Prepared {
            home,
            before,
            meanwhile,
        }
    })
}

/// The same in a plan of three jobs.
pub(crate) fn planned() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let home = tempfile::tempdir().expect("a directory");
        let data = people(home.path(), PEOPLE, |i| i % 2 == 0);
        lethe(&data, &["limits", "set", "--job-seconds-max", "1"]);
        ask(&data, PEOPLE / 2, &["--max-rate", "6"]);
        let jobs = block_on(number(&data, "SELECT count(*) FROM jobs WHERE plan_of = 3"));
        assert_eq!(jobs, 3);
        // The limit has made the plan; from here on it would only take time.
        block_on(plant(&data, "UPDATE jobs SET max_rate = NULL"));
        let before = block_on(oracle::look(&data)).expect("looked at");
        let meanwhile = Meanwhile::default();
        Prepared {
            home,
            before,
            meanwhile,
        }
    })
}

/// A directory whose job is to write an export first.
pub(crate) fn exporting() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let home = tempfile::tempdir().expect("a directory");
        let data = people(home.path(), PEOPLE, |i| i % 2 == 0);
        ask(&data, PEOPLE / 2, &["--export"]);
        let before = block_on(oracle::look(&data)).expect("looked at");
        let meanwhile = Meanwhile::default();
        Prepared {
            home,
            before,
            meanwhile,
        }
    })
}

/// A directory with a few to go of many: each batch takes their look-up entries along, and there is no sweep.
pub(crate) fn few() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let home = tempfile::tempdir().expect("a directory");
        let data = people(home.path(), MANY, |i| i == 7 || i == 10);
        ask(&data, 2, &[]);
        let before = block_on(oracle::look(&data)).expect("looked at");
        let meanwhile = Meanwhile::default();
        Prepared {
            home,
            before,
            meanwhile,
        }
    })
}

/// A directory whose job has its list fixed and is to begin, while on the list some no longer match, some are gone by
/// another door, and newcomers have arrived: every outcome that a batch can have.
pub(crate) fn frozen() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let home = tempfile::tempdir().expect("a directory");
        let data = people(home.path(), PEOPLE, |i| i % 2 == 0);
        ask(&data, PEOPLE / 2, &["--wait-seconds", "3600"]);
        let log = home.path().join("log");
        // The list is fixed and the job is scheduled: nothing more happens, so it is killed when it looks once more.
        let status = ended(spawn(&data, "runner.look:6=kill", &log), &log);
        assert!(!status.success());
        let scheduled = block_on(number(&data, "SELECT count(*) FROM jobs WHERE state = 'scheduled'"));
        assert_eq!(scheduled, 1, "{}", fs::read_to_string(&log).unwrap_or_default());
        let before = block_on(oracle::look(&data)).expect("looked at");
        let file = home.path().join("changes.csv");
        fs::write(&file, "user_id,group\np4,stay\np8,stay\nnew1,go\nnew2,stay\n").expect("written");
        lethe(&data, &["import", "profiles", file.to_str().expect("utf-8"), "--dataset", "main"]);
        let who = |sql| block_on(numbers(&data, sql));
        let meanwhile = Meanwhile {
            must_stay: who("SELECT profile_id FROM identities WHERE kind = 1 AND value IN ('p4', 'p8')"),
            inserted: who("SELECT profile_id FROM identities WHERE kind = 1 AND value IN ('new1', 'new2')"),
            deleted: who("SELECT profile_id FROM identities WHERE kind = 1 AND value IN ('p6', 'p7')"),
            open_elsewhere: false,
        };
        block_on(plant(
            &data,
            "CREATE TEMP TABLE others AS SELECT profile_id AS id FROM identities WHERE kind = 1 AND value IN ('p6', 'p7');
             DELETE FROM events WHERE profile_id IN (SELECT id FROM others);
             DELETE FROM identities WHERE profile_id IN (SELECT id FROM others);
             DELETE FROM identity_lookup WHERE profile_id IN (SELECT id FROM others);
             DELETE FROM profiles WHERE id IN (SELECT id FROM others);
             UPDATE jobs SET start_at = 0, created_at = 0;",
        ));
        Prepared { home, before, meanwhile }
    })
}

/// A number from the environment, for `make soak` and for repeating a failed run.
#[expect(clippy::disallowed_methods, reason = "a test's own setting")]
pub(crate) fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
