//! kill -9 at any instant: the real binary is killed again and again in the middle of one job, and the job ends with
//! exact counts all the same. Everything is done and looked at through the binary, as an operator would.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]

use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

const LETHE: &str = env!("CARGO_BIN_EXE_lethe");
/// People in the dataset; half of them are in the segment.
const PEOPLE: i64 = 6_000;
/// Where the server is killed, in milliseconds after it was started. They differ so that every phase is met.
const INSTANTS: [u64; 9] = [40, 300, 160, 450, 340, 430, 60, 620, 400];

/// At least so many of the kills must have met the job half done.
const MIDWAY_MIN: usize = 3;

fn lethe(data: &Path, args: &[&str]) -> Value {
    let out = Command::new(LETHE)
        .args(args)
        .args(["--json", "--data"])
        .arg(data)
        .output()
        .expect("run lethe");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.success(),
        "{args:?}: {text}{}",
        String::from_utf8_lossy(&out.stderr)
    );
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}: {text}"))
}

fn serve(data: &Path) -> Child {
    Command::new(LETHE)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("serve")
}

fn wait_for_socket(data: &Path) {
    for _ in 0..600 {
        if std::os::unix::net::UnixStream::connect(data.join("lethe.sock")).is_ok() {
            return;
        }
        sleep(Duration::from_millis(20));
    }
    panic!("the server never listened");
}

fn count(data: &Path, rule: &str) -> i64 {
    lethe(data, &["segment", "preview", "--dataset", "main", "--rule", rule])["count"]
        .as_i64()
        .expect("a count")
}

/// Half of the people go, half stay; the job that deletes the first half at so many a second has been asked for and not
/// begun.
fn asked(dir: &Path, data: &Path, rate: &str) -> Value {
    let mut people = String::from("user_id,email,group\n");
    for i in 0..PEOPLE {
        let group = if i % 2 == 0 { "go" } else { "stay" };
        people.push_str(&format!("k{i},k{i}@example.com,{group}\n"));
    }
    let file = dir.join("people.csv");
    fs::write(&file, people).expect("write");
    lethe(
        data,
        &[
            "import",
            "profiles",
            file.to_str().expect("utf-8"),
            "--dataset",
            "main",
        ],
    );
    let segment = [
        "segment",
        "create",
        "Go",
        "--dataset",
        "main",
        "--kind",
        "rule",
        "--rule",
    ];
    lethe(data, &[&segment[..], &["attr.group = \"go\""]].concat());
    let half = (PEOPLE / 2).to_string();
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
    let sure = ["--confirm-count", &half, "--consent", "--max-rate", rate];
    lethe(data, &[&start[..], &sure[..]].concat())
}

fn id(job: &Value) -> String {
    job["id"].as_str().expect("an id").to_owned()
}

/// Looks at the job until it has ended; at every look the counts must add up.
fn ended(data: &Path, job: &str) -> Value {
    for _ in 0..600 {
        sleep(Duration::from_millis(100));
        let shown = lethe(data, &["job", "show", job]);
        let number = |name: &str| {
            shown["counts"][name]
                .as_i64()
                .unwrap_or_else(|| panic!("no {name}: {shown}"))
        };
        let parts = ["deleted", "spared", "held", "failed", "gone", "left"];
        assert_eq!(
            number("matched"),
            parts.into_iter().map(number).sum::<i64>(),
            "{shown}"
        );
        if shown["finished_at"].is_string() {
            return shown;
        }
    }
    panic!("the job never ended");
}

#[test]
fn a_job_that_is_killed_again_and_again_ends_with_exact_counts() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data");
    let job = id(&asked(dir.path(), &data, "1500"));
    let mut seen = BTreeSet::new();
    for after in INSTANTS {
        let mut server = serve(&data);
        sleep(Duration::from_millis(after));
        server.kill().expect("kill -9");
        server.wait().expect("it is dead");
        let deleted = lethe(&data, &["job", "show", &job])["counts"]["deleted"].as_i64();
        seen.insert(deleted.expect("a count"));
    }
    let midway = seen
        .iter()
        .filter(|deleted| (1..PEOPLE / 2).contains(*deleted))
        .count();
    assert!(
        midway >= MIDWAY_MIN,
        "too few kills in the middle of the job to prove anything: {seen:?}"
    );
    let mut server = serve(&data);
    wait_for_socket(&data);
    let ended = ended(&data, &job);
    assert_eq!(ended["state"], "completed", "{ended}");
    assert_eq!(ended["counts"]["matched"].as_i64(), Some(PEOPLE / 2), "{ended}");
    assert_eq!(ended["counts"]["deleted"].as_i64(), Some(PEOPLE / 2), "{ended}");
    assert_eq!(count(&data, "attr.group = \"go\""), 0);
    assert_eq!(count(&data, "attr.group = \"stay\" and email is set"), PEOPLE / 2);
    server.kill().expect("kill");
    server.wait().expect("dead");
}

/// Instants after the second job was seen at work, in milliseconds.
const IN_SECOND: [u64; 4] = [0, 90, 30, 150];

#[test]
fn a_plan_that_is_killed_in_its_second_job_again_and_again_goes_on_by_itself_to_exact_counts() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data");
    lethe(&data, &["limits", "set", "--job-seconds-max", "1"]);
    let first = asked(dir.path(), &data, "1000");
    assert_eq!(
        (first["plan"]["job"].as_i64(), first["plan"]["of"].as_i64()),
        (Some(1), Some(3)),
        "{first}"
    );
    let number: i64 = id(&first).parse().expect("a number");
    let jobs = [0, 1, 2].map(|behind| (number + behind).to_string());
    let mut midway = 0;
    for after in IN_SECOND {
        let mut server = serve(&data);
        wait_for_socket(&data);
        let mut second = Value::Null;
        for _ in 0..1_000 {
            second = lethe(&data, &["job", "show", &jobs[1]]);
            if second["state"] == "deleting" || second["finished_at"].is_string() {
                break;
            }
            sleep(Duration::from_millis(5));
        }
        assert!(
            second["started_at"].is_string(),
            "the second job never began: {second}"
        );
        sleep(Duration::from_millis(after));
        server.kill().expect("kill -9");
        server.wait().expect("it is dead");
        let [one, two, three] = jobs.each_ref().map(|job| lethe(&data, &["job", "show", job]));
        assert_eq!(one["counts"]["deleted"].as_i64(), Some(1_000), "{one}");
        assert_eq!(three["counts"]["matched"].as_i64(), Some(1_000), "{three}");
        midway += usize::from(two["state"] == "deleting");
    }
    assert!(midway >= 1, "no kill met the second job at work");
    let mut server = serve(&data);
    wait_for_socket(&data);
    for job in &jobs {
        let ended = ended(&data, job);
        assert_eq!(ended["state"], "completed", "{ended}");
        assert_eq!(ended["counts"]["deleted"].as_i64(), Some(1_000), "{ended}");
    }
    assert_eq!(count(&data, "attr.group = \"go\""), 0);
    assert_eq!(count(&data, "attr.group = \"stay\" and email is set"), PEOPLE / 2);
    server.kill().expect("kill");
    server.wait().expect("dead");
}
