//! kill -9 at any instant: the real binary is killed again and again in the middle of one job, and the job ends with
//! exact counts all the same. Everything is done and looked at through the binary, as an operator would.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says why and ends"
)]

use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

const LETHE: &str = env!("CARGO_BIN_EXE_lethe");
/// People in the dataset; half of them are in the segment.
const PEOPLE: i64 = 4_000;
/// Where the server is killed, in milliseconds after it was started. They differ so that every phase is met.
const INSTANTS: [u64; 9] = [40, 90, 160, 250, 340, 430, 60, 520, 200];

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

#[test]
fn a_job_that_is_killed_again_and_again_ends_with_exact_counts() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data");
    let mut people = String::from("user_id,email,group\n");
    for i in 0..PEOPLE {
        people.push_str(&format!(
            "k{i},k{i}@example.com,{}\n",
            if i % 2 == 0 { "go" } else { "stay" }
        ));
    }
    let file = dir.path().join("people.csv");
    fs::write(&file, people).expect("write");
    lethe(
        &data,
        &[
            "import",
            "profiles",
            file.to_str().expect("utf-8"),
            "--dataset",
            "main",
        ],
    );
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
            "attr.group = \"go\"",
        ],
    );
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
        "--confirm-count",
        &half,
        "--consent",
        "--max-rate",
        "1500",
    ];
    let job = lethe(&data, &start)["id"].as_str().expect("an id").to_owned();
    for after in INSTANTS {
        let mut server = serve(&data);
        sleep(Duration::from_millis(after));
        server.kill().expect("kill -9");
        server.wait().expect("it is dead");
    }
    let mut server = serve(&data);
    wait_for_socket(&data);
    let ended = (0..600).find_map(|_| {
        sleep(Duration::from_millis(100));
        let shown = lethe(&data, &["job", "show", &job]);
        let counts = &shown["counts"];
        let number = |name: &str| {
            counts[name]
                .as_i64()
                .unwrap_or_else(|| panic!("no {name}: {shown}"))
        };
        let sum = ["deleted", "spared", "held", "failed", "gone", "left"]
            .into_iter()
            .map(number)
            .sum::<i64>();
        assert_eq!(number("matched"), sum, "{shown}");
        shown["finished_at"].is_string().then_some(shown)
    });
    let ended = ended.expect("the job ends by itself after the restarts");
    assert_eq!(ended["state"], "completed", "{ended}");
    assert_eq!(
        (
            ended["counts"]["matched"].as_i64(),
            ended["counts"]["deleted"].as_i64()
        ),
        (Some(PEOPLE / 2), Some(PEOPLE / 2)),
        "{ended}"
    );
    assert_eq!(count(&data, "attr.group = \"go\""), 0);
    assert_eq!(count(&data, "attr.group = \"stay\" and email is set"), PEOPLE / 2);
    server.kill().expect("kill");
    server.wait().expect("dead");
}
