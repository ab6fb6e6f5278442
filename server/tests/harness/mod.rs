//! What the tests against the real binary share: a data directory of their own, the command line, a server on a free
//! port, and a plain HTTP client that follows nothing.
#![expect(dead_code, reason = "each test file uses a part of it")]
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::Duration,
};

const LETHE: &str = env!("CARGO_BIN_EXE_lethe");
/// People whom `people` makes; the first half is in the group `go`.
pub(crate) const PEOPLE: i64 = 40;

/// A data directory that goes when the test ends.
pub(crate) struct Home {
    dir: tempfile::TempDir,
}

/// What a command came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The JSON that was printed.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a directory"),
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Where such files are.
    pub(crate) fn folder(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// Writes a file beside the data directory.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, text).expect("write");
        path.display().to_string()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(LETHE);
        command.args(args).arg("--data").arg(self.data());
        for name in [
            "LETHE_NOW",
            "LETHE_DATA",
            "LETHE_CONFIG",
            "LETHE_LISTEN",
            "LETHE_LOG",
            "LETHE_ADMIN_PASSWORD",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Runs a command.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }

    /// Runs a command with something on its standard input.
    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Ran {
        let mut command = self.command(args);
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("run lethe");
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
        Ran::of(&child.wait_with_output().expect("lethe ends"))
    }

    /// Runs a command that must succeed, and reads its JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        let ran = self.run(&all);
        assert_eq!(ran.code, 0, "{args:?}: {} {}", ran.out, ran.err);
        ran.json()
    }

    /// Imports `PEOPLE` people, half of them in the group `go`, and makes the segments `Go` and `Stay`.
    pub(crate) fn people(&self) {
        let mut csv = String::from("user_id,email,group\n");
        for i in 0..PEOPLE {
            let group = if i < PEOPLE / 2 { "go" } else { "stay" };
            csv.push_str(&format!("u{i},u{i}@example.com,{group}\n"));
        }
        let file = self.file("people.csv", &csv);
        let report = self.json(&["import", "profiles", &file, "--dataset", "main"]);
        assert_eq!(report["created"], PEOPLE);
        for (name, group) in [("Go", "go"), ("Stay", "stay")] {
            let rule = format!("attr.group = \"{group}\"");
            self.json(&[
                "segment",
                "create",
                name,
                "--dataset",
                "main",
                "--kind",
                "rule",
                "--rule",
                &rule,
            ]);
        }
    }

    /// A token as `KEY_ID.SECRET`.
    pub(crate) fn token(&self, scope: &str, dataset: &str) -> String {
        let made = self.json(&["token", "create", "test", "--dataset", dataset, "--scope", scope]);
        format!(
            "{}.{}",
            made["key_id"].as_str().expect("key"),
            made["secret"].as_str().expect("secret")
        )
    }

    /// Starts a server and waits until it says where it listens.
    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, more: &[&str]) -> Server {
        self.spawn("serve", more)
    }

    /// Starts a server with the sample; also says who may log in.
    pub(crate) fn demo(&self) -> Server {
        self.spawn("demo", &[])
    }

    fn spawn(&self, deed: &str, more: &[&str]) -> Server {
        let mut args = vec![deed, "--json", "--listen", "127.0.0.1:0"];
        args.extend(more);
        let mut command = self.command(&args);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("serve");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("a line");
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let address = said["address"].as_str().expect("an address").to_owned();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0);
        Server {
            child,
            address,
            said,
            agent: config.build().into(),
        }
    }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    /// All that it said when it was ready.
    pub(crate) said: Value,
    agent: ureq::Agent,
}

/// An HTTP answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// The refusal's code.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

impl Server {
    /// Sends anything.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            "" => self.agent.run(request.body(()).expect("a request")),
            body => self.agent.run(request.body(body.to_owned()).expect("a request")),
        };
        let mut answer = answer.expect("an answer");
        let headers = answer.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("").to_owned()))
            .collect();
        Reply {
            status: answer.status().as_u16(),
            headers,
            text: answer.body_mut().read_to_string().unwrap_or_default(),
        }
    }

    /// Calls the API with a token.
    pub(crate) fn api(&self, token: &str, method: &str, path: &str, body: &str) -> Reply {
        let authorization = format!("Bearer {token}");
        let mut headers = vec![("authorization", authorization.as_str())];
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        self.send(method, &format!("/api/v1{path}"), &headers, body)
    }

    /// Looks at a job until it has ended.
    pub(crate) fn ended(&self, token: &str, id: &str) -> Value {
        self.ended_in("main", token, id)
    }

    pub(crate) fn ended_in(&self, dataset: &str, token: &str, id: &str) -> Value {
        for _ in 0..600 {
            let job = self
                .api(
                    token,
                    "GET",
                    &format!("/datasets/{dataset}/deletion-jobs/{id}"),
                    "",
                )
                .json();
            if job["finished_at"].is_string() {
                return job;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("the job {id} did not end");
    }

    /// Asks it to stop, and waits.
    pub(crate) fn stop(mut self) -> i32 {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().expect("kill");
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The id of a segment by name.
pub(crate) fn segment_id(home: &Home, name: &str) -> String {
    home.json(&["segment", "show", name, "--dataset", "main"])["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}
